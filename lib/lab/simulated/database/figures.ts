/** How long a failover waits for its evidence, against what that evidence needs at least. Simulated; not measured. */
import { quantile } from '../detection';
import { HEARTBEAT_LIMIT_MS } from './registrations';
import { HEARTBEAT_MS } from './replication';
import { NO_FAULTS, type Setting, type SettingChange } from './setting';
import { seedsFrom, simulateWorlds, type WorldEnd } from './simulate';

/** A Region that dies for good with nothing else in the way: what a figure is about. */
export const CALM_DEATH: SettingChange = {
  scenario: 'region dies',
  mode: 'liveness',
  faults: NO_FAULTS,
  blind: { dns: [], probe: [], heartbeat: [], service: [], lease: [] },
  heartbeat: true,
  lease: false,
  trigger: 'unanimous',
  dataLoss: { kind: 'upTo', ms: 60_000 },
  twoRunners: false,
  promotionFails: false,
  pause: undefined,
  orderedAtMs: undefined,
  rebuilt: undefined,
  readerBeganMs: undefined,
  replicas: [
    { id: 'r1', priority: 0, lagMs: 400, alone: false },
    { id: 'r2', priority: 1, lagMs: 900, alone: false },
  ],
};

/** Three minutes of one datapoint each, and the time until the alarm's action runs: planned, not documented. */
const ALARM_POINTS_MS = 180_000;
const ALARM_ACTION_MS = 75_000;

export interface Figure {
  readonly name: string;
  readonly p50Sec: number;
  readonly p95Sec: number;
}

/** Seconds from the writer's death, per part; `bound` is what the witnesses need at least. */
export async function figures(firstSeed: number, worlds: number): Promise<readonly Figure[]> {
  const ends: WorldEnd[] = [];
  await simulateWorlds(seedsFrom(firstSeed, worlds), { change: CALM_DEATH }, (end) => ends.push(end));
  const done = ends.filter((end) => end.figures.promotedAtMs !== undefined && end.figures.latchMs !== undefined);
  const of = (name: string, sec: (end: WorldEnd) => number): Figure => {
    const all = done.map(sec);
    return { name, p50Sec: quantile(all, 0.5), p95Sec: quantile(all, 0.95) };
  };
  const since = (end: WorldEnd, atMs: number | undefined) => ((atMs ?? Number.NaN) - end.figures.brokenAtMs) / 1_000;
  const withoutLatch = (end: WorldEnd) => since(end, end.figures.promotedAtMs) - (end.figures.latchMs ?? 0) / 1_000;
  const withoutFence = (end: WorldEnd) => withoutLatch(end) - (end.figures.fenceMs ?? 0) / 1_000;
  const bound = (end: WorldEnd) => boundMs(end.setting) / 1_000;
  const alarm = (end: WorldEnd) => alarmMs(end.setting) / 1_000;
  return [
    of('evidence needed at least', bound),
    of('run begun', (end) => since(end, end.figures.acquiredAtMs)),
    of('tried to fence', (end) => (end.figures.fenceMs ?? 0) / 1_000),
    of('latch, apart', (end) => (end.figures.latchMs ?? 0) / 1_000),
    of('promote call, without the latch', withoutLatch),
    of('promote call', (end) => since(end, end.figures.promotedAtMs)),
    of('alarm route, without the latch', alarm),
    of('ratio: promote call without latch and fence, to the bound', (end) => withoutFence(end) / bound(end)),
    of('ratio: promote call without the latch, to the bound', (end) => withoutLatch(end) / bound(end)),
    of('ratio: promote call without the latch, to the alarm route', (end) => withoutLatch(end) / alarm(end)),
  ];
}

/** The slowest witness: Route 53 as seen at every server, three failed probes, a heartbeat that stays away. */
function boundMs({ brokenAtMs, detectionMs, serverLagMs, replicas }: Setting): number {
  const outside = detectionMs + Math.max(...serverLagMs);
  const silent = replicas.map(({ lagMs }) => {
    const arrived = Math.floor((brokenAtMs - lagMs) / HEARTBEAT_MS) * HEARTBEAT_MS + lagMs;
    return arrived + HEARTBEAT_LIMIT_MS - brokenAtMs;
  });
  return Math.max(outside, 10_000, ...silent);
}

function alarmMs({ brokenAtMs }: Setting): number {
  const minute = 60_000;
  return Math.ceil(brokenAtMs / minute) * minute - brokenAtMs + ALARM_POINTS_MS - minute + ALARM_ACTION_MS;
}
