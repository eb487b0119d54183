/** The budget as plain text for a terminal. */
import {
  type BudgetLine,
  findingText,
  MODE_NAME,
  type ModeReport,
  priceText,
  type StageTime,
  seconds,
  TARGET_NAME,
  TARGETS,
} from '../../lib/decide/budget';
import type { Cost } from '../../lib/decide/cost';
import type { BudgetResult, PairResult, SimulatedStage } from './result';

const STAGE_NAME: Readonly<Record<StageTime['stage'], string>> = {
  ...TARGET_NAME,
  effective: 'DNS effective',
  database: 'database',
};
const VERDICT = { met: 'every target is met', 'at-risk': 'at risk', impossible: 'IMPOSSIBLE' } as const;
const num = (sec: number | undefined) => (sec === undefined ? '-' : sec.toFixed(1));

export const tableText = ({ pairs, cost }: BudgetResult): string => [...pairs.map(pairText), costText(cost)].join('\n');

/** One pair, without the cost of the app. */
export function pairText(pair: PairResult): string {
  const { simulation } = pair;
  const middle = simulation
    ? `p50, p95 and p99 simulated: ${simulation.runs} runs, seed ${simulation.seed}`
    : 'p50 and p95 of sums: --simulate 20000 --seed 1';
  const rows = pair.modes.flatMap((mode) => modeRows(mode, pair));
  const head = [
    'seconds',
    'best',
    'p50',
    'p95',
    ...(simulation ? ['p99'] : []),
    'worst',
    'target',
    ...(simulation ? ['within'] : []),
  ];
  return [
    `Pair ${pair.pair} (${pair.path}): ${VERDICT[pair.verdict]}`,
    '',
    columns([head, ...rows]),
    `${pair.findings.length > 0 ? '! worst case over the target; ' : ''}${middle}`,
    '',
    'From',
    columns(uniqueLines(pair).map(sourceRow)),
    ...calibrationText(pair),
    '',
    ...findingsText(pair),
    ...waiversText(pair),
    '',
  ].join('\n');
}

function modeRows(mode: ModeReport, pair: PairResult): readonly (readonly string[])[] {
  const name = MODE_NAME[mode.mode];
  if (mode.never) return [[`${name}: never detected, ${mode.never}`]];
  return [
    [name],
    ...mode.stages.map((time) => {
      const simulated = pair.simulation?.stages.find((s) => s.mode === mode.mode && s.stage === time.stage);
      return stageRow(time, simulated, pair);
    }),
  ];
}

function stageRow(time: StageTime, simulated: SimulatedStage | undefined, pair: PairResult): readonly string[] {
  const target = TARGETS.find((known) => known === time.stage);
  const targetSec = target && pair.targetsSec[target];
  const missed = targetSec !== undefined && time.worstSec > targetSec ? ' !' : '';
  const tail = targetSec === undefined ? '-' : `${targetSec}${missed}`;
  const cells = [`  ${STAGE_NAME[time.stage]}`, num(time.bestSec)];
  if (!pair.simulation) return [...cells, num(time.p50Sec), num(time.p95Sec), num(time.worstSec), tail];
  const within = simulated?.withinTarget === undefined ? '-' : percent(simulated.withinTarget, time, targetSec ?? 0);
  return [...cells, num(simulated?.p50Sec), num(simulated?.p95Sec), num(simulated?.p99Sec), num(time.worstSec), tail, within];
}

/** Never 0 or 100 % because of rounding, or because so many runs did not happen to show it: that would promise too much. */
function percent(share: number, { bestSec, worstSec }: StageTime, targetSec: number): string {
  if (share < 0.01 && bestSec <= targetSec) return '< 1 %';
  if (share > 0.99 && worstSec > targetSec) return '> 99 %';
  return `${Math.round(share * 100)} %`;
}

function uniqueLines(pair: PairResult): readonly BudgetLine[] {
  const seen = new Map<string, BudgetLine>();
  for (const line of pair.modes.flatMap((mode) => mode.lines)) {
    if (!seen.has(`${line.part} ${line.what}`)) seen.set(`${line.part} ${line.what}`, line);
  }
  return [...seen.values()];
}

/** The checkers' time differs by mode and stands in the table above; every other part has one span. */
function sourceRow(line: BudgetLine): readonly string[] {
  const span = line.part === 'checkers' ? 'by mode' : `${num(line.bestSec)} to ${num(line.worstSec)}`;
  return [`  ${line.what}`, span, line.provenance, line.source];
}

function calibrationText({ calibration }: PairResult): readonly string[] {
  if (!calibration) return [];
  const { drills, fromDay, toDay } = calibration.dns;
  return [`Calibrated: Route 53's own delay is measured in ${drills} drill(s), ${fromDay} to ${toDay}`];
}

function findingsText({ findings }: PairResult): readonly string[] {
  return findings.flatMap((finding) => {
    const { fix } = finding;
    const way = fix
      ? `fix: ${fix.change} (${priceText(fix)}; ${fix.note})${fix.clears ? '' : '; still at risk then'}`
      : 'fix: no change that the model knows';
    return [`${finding.severity === 'impossible' ? 'ERROR' : 'WARNING'} ${findingText(finding)}`, `  ${way}`];
  });
}

function waiversText({ waived }: PairResult): readonly string[] {
  return waived.map(
    (cell) =>
      `waived: ${TARGET_NAME[cell.target]} in ${MODE_NAME[cell.mode]} (${cell.worstSec === undefined ? 'never detected' : seconds(cell.worstSec)}): ${cell.waived}`,
  );
}

function costText(cost: Cost): string {
  const row = (line: Cost['lines'][number], count = `${line.count}`) => [
    `  ${line.what}`,
    count,
    usd(line.usdPerMonth),
    line.provenance,
  ];
  return [
    'Cost per month, USD',
    columns([
      ...cost.lines.map((line) => row(line)),
      ['  together', '', usd(cost.usdPerMonth), 'without free tiers'],
      ['beside it'],
      ...cost.beside.map((line) => row(line)),
    ]),
    `Not counted: ${cost.notCounted}`,
    '',
  ].join('\n');
}

const usd = (value: number) => value.toFixed(2);

const isNumber = (cell: string) => /^(-|[<>]? ?[\d.]+( to [\d.]+)?( !| %)?)$/.test(cell);

/** Numbers stand on the right, words on the left; the head follows the column below it; a row of one cell is a heading. */
function columns(rows: readonly (readonly string[])[]): string {
  const full = rows.filter((row) => row.length > 1);
  const last = full[full.length - 1] ?? [];
  const widths = last.map((_, i) => Math.max(...full.map((row) => row[i]?.length ?? 0)));
  const pad = (cell: string, i: number) =>
    isNumber(cell) || isNumber(last[i] ?? '') ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0);
  return rows.map((row) => (row.length > 1 ? row.map(pad).join('  ').trimEnd() : row[0])).join('\n');
}
