/** One page that opens offline: the distribution of each stage against its target, as SVG drawn here, and the table. */
import type { TopLevelSpec } from 'vega-lite';
import { type BudgetMode, findingText, MODE_NAME, type Simulated, type Stage, TARGETS } from '../../lib/decide/budget';
import { draw } from '../page/draw';
import { escaped, pageOf } from '../page/html';
import type { BudgetResult, PairResult, Samples } from './result';
import { tableText } from './table';

const STAGE_TITLE: Readonly<Record<Stage, string>> = {
  detection: 'Detection: outage to the verdict of the checkers',
  effective: 'DNS effective: outage to changed answers',
  switch: 'Switch: changed answer to a client on the standby',
  database: 'Database: until the new writer takes writes',
  rto: 'RTO: outage to a client served by the standby',
  rpo: 'RPO: writes that may be lost',
};

/** Of the page, after Okabe and Ito: they stay apart for colour-blind readers. */
const AREA = 'var(--blue)';
const TARGET_LINE = 'var(--orange)';
const BINS = 80;

export async function budgetPage(result: BudgetResult, samples: Samples): Promise<string> {
  const sections: string[] = [];
  for (const pair of result.pairs) sections.push(await pairSection(pair, samples.get(pair.path) ?? []));
  return pageOf({
    title: 'Recovery budget',
    style: STYLE,
    body: `<h1>Recovery budget</h1>\n${sections.join('\n')}\n<h2>Numbers</h2>\n<pre>${escaped(tableText(result))}</pre>`,
  });
}

async function pairSection(pair: PairResult, samples: readonly Simulated[]): Promise<string> {
  const { simulation } = pair;
  const charts: string[] = [];
  for (const stage of stagesOf(samples)) {
    const svg = await draw(
      chartSpec(
        stage,
        samples.filter((one) => one.stage === stage),
        targetOf(stage, pair),
      ),
    );
    const targetSec = targetOf(stage, pair);
    const limit = targetSec === undefined ? '' : ` <span>target ${targetSec} s</span>`;
    charts.push(`<figure><figcaption>${escaped(STAGE_TITLE[stage])}${limit}</figcaption>${svg}</figure>`);
  }
  const findings = pair.findings.map((finding) => {
    const fix = finding.fix ? ` <b>Fix: ${escaped(finding.fix.change)}.</b>` : '';
    return `<li>${escaped(findingText(finding))}.${fix}</li>`;
  });
  const list = findings.length > 0 ? `<ul>${findings.join('')}</ul>` : '<p>Every target is met in every failure mode.</p>';
  const delay = pair.calibration ? 'measured in drills' : 'assumed';
  const how = simulation
    ? `Simulated: ${simulation.runs} runs of each failure mode, seed ${simulation.seed}; Route 53's own delay is ${delay}.`
    : '';
  return `<section><h2>Pair ${escaped(pair.pair)}</h2>${list}<p>${how} Height is the share of outages; the line is the target.</p>
${charts.join('\n')}</section>`;
}

const stagesOf = (samples: readonly Simulated[]): readonly Stage[] => [...new Set(samples.map((one) => one.stage))];

function targetOf(stage: Stage, pair: PairResult): number | undefined {
  const target = TARGETS.find((known) => known === stage);
  return target && pair.targetsSec[target];
}

/** A strip for each failure mode, all on one axis. */
function chartSpec(stage: Stage, samples: readonly Simulated[], targetSec: number | undefined): TopLevelSpec {
  const topSec = Math.max(targetSec ?? 0, ...samples.map((one) => one.sortedSec[one.sortedSec.length - 1] ?? 0)) * 1.04 || 1;
  const values = samples.flatMap((one) => histogram(one, topSec));
  const order = samples.map((one) => MODE_NAME[one.mode]);
  const x: { field: 'sec'; type: 'quantitative'; title: string; scale: { domain: [number, number]; nice: boolean } } = {
    field: 'sec',
    type: 'quantitative',
    title: 'seconds',
    scale: { domain: [0, topSec], nice: false },
  };
  const target = targetSec === undefined ? [] : [{ targetSec }];
  return {
    data: { values },
    facet: {
      row: {
        field: 'mode',
        sort: order,
        title: null,
        header: { labelAngle: 0, labelAlign: 'left', labelFontSize: 12, labelColor: 'var(--text)' },
      },
    },
    spec: {
      width: 620,
      height: 44,
      layer: [
        {
          mark: { type: 'area', interpolate: 'step', color: AREA },
          encoding: { x, y: { field: 'share', type: 'quantitative', axis: null } },
        },
        ...target.map((datum) => ({
          data: { values: [datum] },
          mark: { type: 'rule' as const, color: TARGET_LINE, size: 2 },
          encoding: { x: { field: 'targetSec', type: 'quantitative' as const } },
        })),
      ],
    },
    resolve: { scale: { y: 'independent' } },
    spacing: 6,
    background: 'transparent',
    config: {
      view: { stroke: 'var(--line)' },
      font: 'system-ui, sans-serif',
      axis: {
        grid: false,
        domainColor: 'var(--line)',
        tickColor: 'var(--line)',
        labelColor: 'var(--quiet)',
        titleColor: 'var(--quiet)',
      },
    },
    description: `distribution of ${stage} per failure mode`,
  };
}

interface Bin {
  readonly mode: string;
  readonly sec: number;
  readonly share: number;
}

function histogram(
  { mode, sortedSec }: { readonly mode: BudgetMode; readonly sortedSec: Float64Array },
  topSec: number,
): readonly Bin[] {
  const width = topSec / BINS;
  const counts = new Array<number>(BINS).fill(0);
  for (const sec of sortedSec) {
    const bin = Math.min(BINS - 1, Math.floor(sec / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.map((count, i) => ({ mode: MODE_NAME[mode], sec: (i + 0.5) * width, share: count / sortedSec.length }));
}

const STYLE = `
  body { max-width: 60rem; }
  figure { margin: 1.5rem 0; }
  figcaption { font-weight: 600; }
  figcaption span { color: var(--orange); }`;
