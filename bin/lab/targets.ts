/** The plot of what was promised and what it took: a bar from each beginning, on its target; the marks named above. */
import type { TopLevelSpec } from 'vega-lite';
import type { Figure } from '../../lib/lab/run/outcome';
import type { LabReport } from '../../lib/lab/run/report/document';
import type { Mark } from '../../lib/lab/run/report/marks';
import { TITLES, tookText } from '../../lib/lab/run/verdict';
import { COLOUR, FONT_SIZE, type Layer, markRules, panelSpec, pixel, WIDTH, x } from './panel';
import { type Axis, secOf } from './series';

const ROW_HEIGHT = 26;
const LABEL_HEIGHT = 17;
/** Width of a letter as drawn, at most, in pixels. */
const LETTER = 0.6 * FONT_SIZE;

/** The mark at which each time begins to run. */
const BEGINS: Readonly<Record<Exclude<Figure['name'], 'rpo'>, string>> = {
  detection: 't0',
  switch: 'tD',
  firstWrite: 't0',
  rto: 't0',
};

export function targetsSpec(report: LabReport, axis: Axis): TopLevelSpec {
  const bars = report.figures.flatMap((figure) => barOf(report, figure, axis));
  const labels = labelled(report.marks, axis);
  const rows = 1 + Math.max(...labels.map(({ row }) => row));
  const height = Math.max(8, ROW_HEIGHT * bars.length);
  return panelSpec({
    height,
    top: LABEL_HEIGHT * rows + 4,
    description: 'marks and targets',
    // Texts last, so that no line runs through them.
    layers: [...barLayers(bars, axis), ...markRules(report, axis), ...verdictLayers(bars, axis), ...labelLayers(labels, axis)],
  });
}

interface Bar {
  readonly row: string;
  readonly fromSec: number;
  readonly tookSec: number;
  readonly targetSec: number;
  readonly met: boolean;
  readonly text: string;
}

function barOf(report: LabReport, figure: Figure, axis: Axis): Bar[] {
  const { name, sec, met } = figure;
  if (name === 'rpo') return [];
  const begins = report.marks.find((mark) => mark.name === BEGINS[name]);
  if (!begins) return [];
  const fromSec = secOf(axis, begins.atMs);
  const endSec = fromSec + figure.targetSec;
  const beyond = endSec > axis.toSec ? ' (beyond this plot)' : '';
  return [
    {
      row: TITLES[name],
      fromSec,
      tookSec: fromSec + (sec ?? axis.toSec - fromSec),
      targetSec: Math.min(endSec, axis.toSec),
      met,
      text: `${tookText(figure, report.sampling?.largestGapMs ?? 0)}, target ${figure.targetSec} s${beyond}`,
    },
  ];
}

const rowsOf = (bars: readonly Bar[]): Layer => ({
  field: 'row',
  type: 'nominal',
  sort: bars.map(({ row }) => row),
  title: null,
  scale: { paddingInner: 0.25, paddingOuter: 0.15 },
});

function barLayers(bars: readonly Bar[], axis: Axis): Layer[] {
  if (bars.length === 0) return [];
  const y = rowsOf(bars);
  const color = {
    field: 'met',
    type: 'nominal',
    legend: null,
    scale: { domain: [true, false], range: [COLOUR.good, COLOUR.bad] },
  };
  const base = { data: { values: bars } };
  return [
    {
      ...base,
      name: 'targets',
      mark: { type: 'bar', color: COLOUR.line, clip: true },
      encoding: { x: x(axis, 'fromSec'), x2: { field: 'targetSec' }, y },
    },
    {
      ...base,
      name: 'took',
      mark: { type: 'bar', clip: true, height: { band: 0.7 } },
      encoding: { x: x(axis, 'fromSec'), x2: { field: 'tookSec' }, y, color },
    },
  ];
}

/** Beside both bars where there is room, else on what is left of the target, else within the bar of what it took. */
function verdictLayers(bars: readonly Bar[], axis: Axis): Layer[] {
  const y = rowsOf(bars);
  return bars.map((bar) => {
    const fits = (sec: number) => pixel(axis, sec) + (bar.text.length + 1) * LETTER < WIDTH;
    const beside = [Math.max(bar.targetSec, bar.tookSec), bar.tookSec].find(fits);
    const place = beside === undefined ? { align: 'right', dx: -6, color: COLOUR.ground } : { align: 'left', dx: 6 };
    return {
      name: `took_${bar.row.replace(' ', '_').toLowerCase()}`,
      data: { values: [{ ...bar, sec: beside ?? bar.tookSec }] },
      mark: { type: 'text', baseline: 'middle', ...place },
      encoding: { x: x(axis), y, text: { field: 'text' } },
    };
  });
}

interface Label {
  readonly text: string;
  readonly sec: number;
  readonly row: number;
}

/** A name stands right of its line, above the beginning of every line that it would cross. */
export function labelled(marks: readonly Mark[], axis: Axis): Label[] {
  const labels: Label[] = [];
  for (const { name, atMs } of [...marks].sort((a, b) => b.atMs - a.atMs)) {
    const sec = secOf(axis, atMs);
    const text = name === 't0' ? 't0' : `${name} ${sec.toFixed(1)}`;
    const endPixel = pixel(axis, sec) + (text.length + 1.5) * LETTER;
    const crossed = labels.filter((label) => pixel(axis, label.sec) < endPixel).map(({ row }) => row);
    labels.push({ text, sec, row: 1 + Math.max(-1, ...crossed) });
  }
  return labels;
}

function labelLayers(labels: readonly Label[], axis: Axis): Layer[] {
  const values = labels.map((label) => ({ ...label, y: -LABEL_HEIGHT * (label.row + 0.5) - 2 }));
  const y = { field: 'y', type: 'quantitative', scale: null, axis: null };
  return [
    {
      name: 'mark_lines',
      data: { values },
      mark: { type: 'rule', color: COLOUR.quiet, opacity: 0.7 },
      encoding: { x: x(axis), y, y2: { datum: 0 } },
    },
    {
      name: 'mark_names',
      data: { values },
      mark: { type: 'text', align: 'left', dx: 4, baseline: 'middle', fontWeight: 600 },
      encoding: { x: x(axis), y, text: { field: 'text' } },
    },
  ];
}
