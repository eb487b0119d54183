/** Everything that a drill could leave behind, as one value: before and after must be equal. */
import { isDeepStrictEqual } from 'node:util';
import type { JournalItem } from '../../decide/journal';
import { JOURNAL_KEY } from '../../decide/names';
import type { Lab } from './lab';
import { type Expectation, expectation } from './outcome';
import { deadLetterName, FEET, NAMES, PAIR, STANDBY_REGION } from './setting';

export interface LabState {
  readonly healthChecks: unknown;
  readonly records: unknown;
  readonly schedules: readonly string[];
  readonly runningDrill: string;
  readonly deadLetters: number;
}

/** Versions only grow, so they are left out. */
export function stateOf(lab: Lab): LabState {
  return {
    healthChecks: lab.world.healthChecks.list().map(({ id, config }) => ({ id, config: { ...config } })),
    records: lab.world.zone.records,
    schedules: lab.scheduler.all().map(({ arn }) => arn),
    runningDrill: journalOf(lab)?.drill?.id ?? 'none',
    deadLetters: FEET.reduce((n, region) => n + lab.sqs.messages(deadLetterName(region)).length, 0),
  };
}

/** The journal as it lies in the table. */
export function journalOf(lab: Pick<Lab, 'dynamo'>): JournalItem | undefined {
  const items = lab.dynamo.items(STANDBY_REGION, NAMES.journalTable);
  // The prober keeps an item of its own beside those of the pairs.
  const document = items.find((item) => item[JOURNAL_KEY]?.S === `pair#${PAIR}`)?.document?.S;
  return typeof document === 'string' ? (JSON.parse(document) as JournalItem) : undefined;
}

export function asBefore(before: LabState, after: LabState): Expectation[] {
  return (Object.keys(before) as (keyof LabState)[]).map((key) =>
    expectation(
      `${WORDS[key]} as before`,
      isDeepStrictEqual(before[key], after[key]),
      isDeepStrictEqual(before[key], after[key])
        ? 'equal'
        : `${JSON.stringify(before[key])} became ${JSON.stringify(after[key])}`,
    ),
  );
}

const WORDS: Readonly<Record<keyof LabState, string>> = {
  healthChecks: 'health checks',
  records: 'records',
  schedules: 'one-shot schedules',
  runningDrill: 'running drill',
  deadLetters: 'dead letters',
};
