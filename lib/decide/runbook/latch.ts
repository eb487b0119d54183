/** The latch by hand: what the keeper publishes each minute. */
import { latchMetrics } from '../latch/names';
import { METRIC_NAMESPACE } from '../names';
import { ask, aws, indented } from './shell';
import type { Bound } from './types';

export interface Wanted {
  readonly latch: boolean;
  /** Whose writer record is answered, by candidate. */
  readonly writers: Readonly<Record<string, boolean>>;
}

function put({ database }: Bound, { latch, writers }: Wanted): string {
  const data = latchMetrics(database, { on: latch, hold: false }, writers).map(({ name, value, unit, dimensions }) => ({
    MetricName: name,
    Value: value,
    Unit: unit,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  }));
  const options = [
    ['namespace', METRIC_NAMESPACE],
    ['metric-data', JSON.stringify(data)],
  ] as const;
  return aws('cloudwatch', 'put-metric-data', database.standbyRegion, ...options);
}

/** Says it each minute until it is interrupted; in a loop for one candidate only where it says that this one writes. */
export const sayEachMinute = (bound: Bound, wanted: Wanted, candidate?: string): readonly string[] => [
  `# in a terminal of its own${candidate === undefined ? '' : ', with CANDIDATE set there too'}, and it must go on`,
  `while ${candidate === undefined ? 'true' : `[ "$CANDIDATE" = ${candidate} ]`}; do\n${indented(put(bound, wanted))}\n  sleep 50\ndone`,
];

/** Long enough for Route 53 to have heard it, when the keeper does not say the same. */
export const sayForMinutes = (bound: Bound, wanted: Wanted): readonly string[] => [
  '# for more than three minutes, in case the keeper does not run',
  `for minute in 1 2 3 4; do\n${indented(put(bound, wanted))}\n  sleep 50\ndone`,
];

/** What Route 53 makes of it. */
export const askLatch = ({ pair, database }: Bound): readonly string[] =>
  [database.latch.beacons.latch, database.latch.beacons.primaryAllowed].map((name) => ask(pair, 'TXT', name));

/** No candidate's record is answered, or one. */
export const writersOf = ({ database }: Bound, writer?: string): Readonly<Record<string, boolean>> =>
  database.writerName ? Object.fromEntries(database.replicas.map(({ id }) => [id, id === writer])) : {};
