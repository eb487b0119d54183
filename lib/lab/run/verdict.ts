/** The end of a run: numbers against targets, promises kept or broken, and the same as JSON. */
import { release } from 'node:os';
import type { Lab } from './lab';
import type { Figure, Outcome } from './outcome';
import type { StoryLine } from './story';
import type { Paint } from './view';

export const LAB_REPORT_SCHEMA = 'cdk-failover.lab-report/1';

export interface RunFacts {
  readonly scenario: string;
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

const TITLES: Readonly<Record<Figure['name'], string>> = { detection: 'detection', switch: 'switch', rto: 'RTO' };

export function verdictText(facts: RunFacts, paint: Paint): string {
  const { outcome } = facts;
  const ok = passed(outcome);
  const figures = outcome.figures.map(({ name, sec, targetSec, met, provenance }) =>
    [
      TITLES[name].padEnd(11),
      (sec === null ? 'never' : `${sec.toFixed(1)} s`).padStart(9),
      `${targetSec} s`.padStart(8),
      `   ${met ? paint.good('met   ') : paint.bad('missed')}`,
      `  ${provenance} (${originOf(facts)})`,
    ].join(''),
  );
  const { sampling } = outcome;
  const promises = outcome.expectations.map(
    ({ what, met, seen }) =>
      `${met ? paint.good('  ok  ') : paint.bad('  FAIL')} ${what}${met ? paint.quiet(`: ${seen}`) : `: ${seen}`}`,
  );
  return [
    '',
    paint.strong(`${''.padEnd(11)}${'took'.padStart(9)}${'target'.padStart(8)}   verdict  provenance`),
    ...figures,
    ...(sampling
      ? [
          '',
          `sampled every ${sampling.periodMs} ms; largest gap ${Math.round(sampling.largestGapMs)} ms, limit ${sampling.limitMs} ms (lab time)`,
        ]
      : []),
    ...facts.lab.world.assumptions.map(({ what, value, provenance }) => `${what}: ${value} (${provenance})`),
    '',
    ...promises,
    '',
    `${paint.strong(ok ? paint.good('PASSED') : paint.bad('FAILED'))} ${facts.scenario}: ${(facts.wallMs / 1_000).toFixed(1)} s of real time, scale ${facts.scale}, seed ${facts.seed}`,
    ...(outcome.figures.some(({ met }) => !met)
      ? ['A missed target is a finding, not a failure: docs/numbers.md says what 10 s x 3 can do.']
      : []),
    '',
  ].join('\n');
}

/** The run as a document; times in Unix ms of the lab's clock unless the name says otherwise. */
export function verdictJson(facts: RunFacts): string {
  const { lab, lines, outcome, ...rest } = facts;
  return `${JSON.stringify(
    {
      schema: LAB_REPORT_SCHEMA,
      ...rest,
      passed: passed(outcome),
      origin: originOf(facts),
      versions: { node: process.version, platform: `${process.platform} ${release()}` },
      assumptions: lab.world.assumptions,
      ...outcome,
      timeline: lines,
      truth: lab.world.truth.events,
      incidents: lab.pagerDuty.incidents(),
    },
    undefined,
    2,
  )}\n`;
}
