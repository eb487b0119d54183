/** How long a failover waits for its evidence, against what that evidence needs at least. Simulated; not measured. */
import { quantile } from '../detection';
import type { Decorate } from './cast';
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

/** The same with replicas that are 0.05 to 5 s behind, whose promotion is consented to up to a loss of 30 s. */
const CALM_LOSS = ({ replicas: drawn }: Setting): SettingChange => ({
  ...CALM_DEATH,
  replicas: drawn.map(({ id, priority, lagMs }) => ({ id, priority, lagMs: lagMs % 5_000, alone: false })),
  dataLoss: { kind: 'upTo', ms: 30_000 },
  consentAfterMs: 30_000,
  clockSet: undefined,
});

/** As if no look said what a replica has replayed. */
const withoutReplays: Decorate = (ports) => ({
  ...ports,
  heartbeats: {
    read: async (registration, member) => {
      const reading = await ports.heartbeats.read(registration, member);
      if (reading.kind === 'unknown') return reading;
      const { excess: _excess, ...rest } = reading;
      return rest;
    },
  },
});

/** They fall behind by half a second a second for the last minute or two. */
const FALLING = (setting: Setting): SettingChange => {
  const span = [setting.brokenAtMs - 90_000, Number.MAX_SAFE_INTEGER] as const;
  const calm = CALM_LOSS(setting);
  return { ...calm, replicas: (calm.replicas ?? []).map((one) => ({ ...one, lagMs: 500, slow: { span, ms: 40_000 } })) };
};

export interface LossFigure {
  readonly name: string;
  /** By how much the stated loss is above the real one, in seconds; below 0 it was understated. */
  readonly over: { readonly leastSec: number; readonly p50Sec: number; readonly p95Sec: number };
  /** Share of promotions before which a person was asked. */
  readonly asked: number;
}

/** How tight the stated loss is, and whether it is ever too small. */
export async function losses(firstSeed: number, worlds: number): Promise<readonly LossFigure[]> {
  const of = async (name: string, change: (setting: Setting) => SettingChange, decorate?: Decorate): Promise<LossFigure> => {
    const found: NonNullable<WorldEnd['figures']['loss']>[] = [];
    const options = { change, mostBroken: worlds, ...(decorate ? { decorate } : {}) };
    await simulateWorlds(seedsFrom(firstSeed, worlds), options, ({ figures: { loss } }) => {
      if (loss) found.push(loss);
    });
    const over = found.map(({ statedMs, lostMs }) => (statedMs - lostMs) / 1_000);
    const asked = found.filter((loss) => loss.asked).length / found.length;
    return { name, over: { leastSec: Math.min(...over), p50Sec: quantile(over, 0.5), p95Sec: quantile(over, 0.95) }, asked };
  };
  const all: LossFigure[] = [];
  for (const [name, like, readers] of [
    ['calm', CALM_LOSS, 1],
    ['calm, two readers in turn', CALM_LOSS, 2],
    ['replicas fall behind', FALLING, 1],
  ] as const) {
    const change = (setting: Setting): SettingChange => ({ ...like(setting), replays: true, readers });
    all.push(
      await of(`${name}: by heartbeat and lag samples`, change, withoutReplays),
      await of(`${name}: by heartbeat delay`, change),
    );
  }
  return all;
}

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
