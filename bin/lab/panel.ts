/** What every plot of the report shares: one width, one time axis, and the marks as lines from top to bottom. */
import type { TopLevelSpec } from 'vega-lite';
import type { LabReport } from '../../lib/lab/run/report/document';
import { type Axis, secOf } from './series';

export const WIDTH = 990;
const LEFT = 130;
const RIGHT = 60;
/** Of the texts on a plot, in pixels of the drawing. */
export const FONT_SIZE = 12;

/** Colours of the page; a dark background has others. */
export const COLOUR = {
  primary: 'var(--blue)',
  standby: 'var(--orange)',
  nobody: 'var(--grey)',
  good: 'var(--good)',
  bad: 'var(--bad)',
  text: 'var(--text)',
  quiet: 'var(--quiet)',
  line: 'var(--line)',
  ground: 'var(--ground)',
} as const;

/** Layers of a chart in the grammar of vega-lite, whose types are wider than any one chart. */
export type Layer = Readonly<Record<string, unknown>>;

export const xScale = (axis: Axis) => ({ domain: [axis.fromSec, axis.toSec], nice: false, zero: false });

export const x = (axis: Axis, field = 'sec', last = false) => ({
  field,
  type: 'quantitative',
  title: last ? 'lab seconds since the fault (t0)' : null,
  scale: xScale(axis),
  axis: { grid: true, tickCount: 12, labelFlush: false },
});

/** Where a moment lies on the plot, in pixels. */
export const pixel = (axis: Axis, sec: number) => ((sec - axis.fromSec) / (axis.toSec - axis.fromSec)) * WIDTH;

/** The marks of the run as thin lines; what is measured is drawn through, the lab's truth dashed. */
export function markRules({ marks }: Pick<LabReport, 'marks'>, axis: Axis, last = false): Layer[] {
  const values = marks.map(({ name, atMs, origin }) => ({ name, origin, sec: secOf(axis, atMs) }));
  if (values.length === 0) return [];
  const strokeDash = {
    field: 'origin',
    type: 'nominal',
    legend: null,
    scale: {
      domain: ['measured', 'truth'],
      range: [
        [1, 0],
        [4, 3],
      ],
    },
  };
  return [
    {
      name: 'marks',
      data: { values },
      mark: { type: 'rule', color: COLOUR.quiet, opacity: 0.7 },
      encoding: { x: x(axis, 'sec', last), strokeDash },
    },
  ];
}

export interface PanelSpec {
  readonly height: number;
  readonly top?: number;
  readonly last?: boolean;
  readonly layers: readonly Layer[];
  readonly description: string;
}

export function panelSpec({ height, top = 6, last = false, layers, description }: PanelSpec): TopLevelSpec {
  return {
    description,
    width: WIDTH,
    height,
    autosize: { type: 'none' },
    padding: { left: LEFT, right: RIGHT, top, bottom: last ? 42 : 24 },
    background: null,
    layer: layers,
    config: {
      font: 'system-ui, sans-serif',
      view: { stroke: COLOUR.line },
      axis: {
        gridColor: COLOUR.line,
        gridOpacity: 0.5,
        domainColor: COLOUR.line,
        tickColor: COLOUR.line,
        labelColor: COLOUR.quiet,
        titleColor: COLOUR.quiet,
        labelFontSize: FONT_SIZE,
        titleFontSize: FONT_SIZE,
        titleFontWeight: 'normal',
        // Without a browser widths are guessed, and a guess cuts names off.
        labelLimit: 0,
      },
      text: { fontSize: FONT_SIZE, color: COLOUR.text },
    },
  } as unknown as TopLevelSpec;
}
