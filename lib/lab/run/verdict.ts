/** The end of a run: numbers against targets, promises kept or broken. */
import { detectedWithin, detectionTime, type FailureMode } from '../../decide/timings/detection';
import type { Lab } from './lab';
import type { Expectation, Figure, Outcome } from './outcome';
import { TARGETS } from './setting';
import type { StoryLine } from './story';
import { type Paint, wrap } from './view';

export interface RunFacts {
  readonly scenario: string;
  readonly about: string;
  readonly mode: FailureMode;
  readonly scale: number;
  readonly seed: number;
  readonly protocol: 'http' | 'https';
  readonly startedAtMs: number;
  readonly wallMs: number;
  readonly lines: readonly StoryLine[];
  readonly outcome: Outcome;
  readonly lab: Lab;
}

export const passed = (outcome: Outcome) => outcome.expectations.length > 0 && outcome.expectations.every(({ met }) => met);

/** Where the lab's numbers are from; printed beside each of them. */
export const originOf = (facts: Pick<RunFacts, 'scale'>) =>
  `lab, ${facts.scale === 1 ? 'real time' : `scale ${facts.scale}`}, loopback`;

export const TITLES: Readonly<Record<Figure['name'], string>> = {
  detection: 'detection',
  switch: 'switch',
  firstWrite: 'first write',
  rto: 'RTO',
  rpo: 'RPO',
};

/** @param columns what a line of a promise may take; the report has the whole text */
export function verdictText(facts: RunFacts, paint: Paint, columns: number): string {
  const { outcome } = facts;
  const ok = passed(outcome);
  const figures = outcome.figures.flatMap((one) => figureLines(one, outcome.sampling?.largestGapMs ?? 0, originOf(facts), paint));
  const promises = outcome.expectations.map((one) => promiseLine(one, paint, columns));
  return [
    '',
    ...(figures.length > 0
      ? [paint.strong(`${''.padEnd(12)}${'took'.padStart(9)}${'target'.padStart(8)}   verdict  provenance`), ...figures, '']
      : []),
    ...remarks(facts).flatMap((text) => wrap(text, columns - 1)),
    '',
    ...promises,
    '',
    `${paint.strong(ok ? paint.good('PASSED') : paint.bad('FAILED'))} ${facts.scenario}: ${(facts.wallMs / 1_000).toFixed(1)} s of real time, scale ${facts.scale}, seed ${facts.seed}`,
    ...(outcome.figures.some(({ met }) => !met) ? [MISSED] : []),
    '',
  ].join('\n');
}

export const MISSED = 'A missed target is a finding about the settings, not a failure of the run.';

/** What one must know beside the numbers: how they were sampled, what is assumed, and that one run is not the rule. */
export function remarks({ lab, mode, outcome }: Pick<RunFacts, 'lab' | 'mode' | 'outcome'>): string[] {
  const { figures, notes = [], sampling } = outcome;
  const assumptions = [...lab.world.assumptions, ...(lab.database?.assumptions ?? [])];
  return [
    ...(sampling && sampling.periodMs > 0
      ? [
          `sampled every ${sampling.periodMs} ms; largest gap ${Math.round(sampling.largestGapMs)} ms, limit ${sampling.limitMs} ms (lab time)`,
        ]
      : []),
    ...(figures.length > 0
      ? [`10 s x 3 ${chances(mode, 3)}; 10 s x 2 ${chances(mode, 2)} (computed from documented rules)`]
      : []),
    ...notes,
    ...assumptions.map(({ what, value, provenance }) => `${what}: ${value} (${provenance})`),
  ];
}

function promiseLine({ what, met, seen }: Expectation, paint: Paint, columns: number): string {
  // What was broken is told in full.
  const rest =
    met && what.length + seen.length + 9 > columns ? `${seen.slice(0, Math.max(0, columns - what.length - 12))}...` : seen;
  return `${met ? paint.good('  ok  ') : paint.bad('  FAIL')} ${what}: ${met ? paint.quiet(rest) : rest}`;
}

/** What a check can do about such an outage, so that one run is not taken for the rule. */
function chances(mode: FailureMode, failures: number): string {
  const timing = { intervalSec: 10, failures, goodProbeSec: LOOPBACK_PROBE_SEC };
  const share = detectedWithin(TARGETS.detectionSec, timing, mode);
  const percent = share < 1 && share > 0.99 ? 'over 99' : Math.floor(100 * share);
  return `detects this in ${detectionTime(timing, mode).medianSec.toFixed(1)} s (median), within ${TARGETS.detectionSec} s in ${percent} % of outages`;
}

/** A good probe on loopback, in seconds. */
const LOOPBACK_PROBE_SEC = 0.01;

/** What is below the largest gap between samples is only known to be below it; rows are counted, not sampled. */
export function tookText({ sec, rows }: Figure, gapMs: number): string {
  if (sec === null) return 'never';
  const below = rows === undefined && sec * 1_000 < gapMs;
  return below ? `< ${(Math.ceil(gapMs / 100) / 10).toFixed(1)} s` : `${sec.toFixed(1)} s`;
}

export const rowsText = ({ rows }: Figure) =>
  rows === undefined ? '' : `${rows} acknowledged ${rows === 1 ? 'row' : 'rows'} lost`;

function figureLines(one: Figure, gapMs: number, origin: string, paint: Paint): string[] {
  const verdict = one.met ? paint.good('met   ') : paint.bad('missed');
  return [
    `${TITLES[one.name].padEnd(12)}${tookText(one, gapMs).padStart(9)}${`${one.targetSec} s`.padStart(8)}   ${verdict}   ${one.provenance} (${origin})`,
    ...(one.rows === undefined ? [] : [`${''.padEnd(13)}${rowsText(one)}`]),
  ];
}
