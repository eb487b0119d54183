/**
 * What one world is like, drawn from its seed: what breaks and when, how the replicas stand, how the services behave and
 * how often each kind of fault comes. Rates are drawn per world, so that some worlds are calm and some are a storm.
 */
import type { RunKind } from '../../../decide/database/state';
import { seededUniform } from '../random';

/** From and until, in virtual ms. */
export type Span = readonly [number, number];

export const SCENARIOS = [
  'region dies',
  'writer dies',
  'region returns',
  'writer blinks',
  'web only',
  'partition only',
  'partition, then death',
] as const;
/** Those in which something may be promoted are drawn more often. */
const DRAWN_SCENARIOS: readonly Scenario[] = [
  ...SCENARIOS,
  'region dies',
  'writer dies',
  'region returns',
  'partition, then death',
];

/** What a person may order. */
export type Ordered = Exclude<RunKind, 'rebuild'>;

export type Scenario = (typeof SCENARIOS)[number];

export interface FaultRates {
  /** Calls that take a while instead of no time. */
  readonly latency: number;
  readonly throttle: number;
  /** The effect happens and the answer is lost. */
  readonly lostAnswer: number;
  readonly crashBefore: number;
  readonly crashAfter: number;
  /** Looks that show an older state, where the real service may. */
  readonly stale: number;
  /** Invocations that are made twice, at once or late. */
  readonly duplicate: number;
  /** Lag samples that are missing, or -1. */
  readonly lagHole: number;
  /** Alerts that are delivered twice, and that are delivered minutes late. */
  readonly alertTwice: number;
  readonly alertLate: number;
  /** Events that PagerDuty refuses for now. */
  readonly pagerDutyBusy: number;
}

export const NO_FAULTS: FaultRates = {
  latency: 0,
  throttle: 0,
  lostAnswer: 0,
  crashBefore: 0,
  crashAfter: 0,
  stale: 0,
  duplicate: 0,
  lagHole: 0,
  alertTwice: 0,
  alertLate: 0,
  pagerDutyBusy: 0,
};

export interface ReplicaSetting {
  readonly id: string;
  readonly priority: number;
  /** From commit on the writer to arrival on the replica, in ms. */
  readonly lagMs: number;
  readonly backingUp?: Span;
  /** No rows arrive meanwhile though the writer lives. */
  readonly stalled?: Span;
  /** It falls behind by so much more meanwhile, while rows go on arriving. */
  readonly slow?: { readonly span: Span; readonly ms: number };
  /** Promoted by hand at some time before, so that it is nobody's replica. */
  readonly alone: boolean;
}

export interface Setting {
  readonly seed: number;
  /** `safety`: faults go on for ever. `liveness`: they stop at `faultsEndMs` and the world must come to rest. */
  readonly mode: 'safety' | 'liveness';
  readonly scenario: Scenario;
  readonly faults: FaultRates;
  readonly faultsEndMs: number;
  readonly horizonMs: number;
  /** First thing that breaks. */
  readonly brokenAtMs: number;
  readonly siteDown: readonly Span[];
  readonly writerDown: readonly Span[];
  readonly linkDown: readonly Span[];
  /** Witnesses that the standby Region cannot reach for a while. */
  readonly blind: Readonly<Record<'dns' | 'probe' | 'heartbeat' | 'service' | 'lease', readonly Span[]>>;
  readonly replicas: readonly ReplicaSetting[];
  readonly heartbeat: boolean;
  /** The replicas say what they replayed, as PostgreSQL does. */
  readonly replays: boolean;
  /** Nobody but the heartbeat writes. */
  readonly idle: boolean;
  /** Environments of the heartbeat reader; any of them may be asked. */
  readonly readers: 1 | 2;
  /** The moment of each minute at which the service takes a lag sample, in ms. */
  readonly sampledMs: number;
  /** A sample can be read so long after it was taken, in ms: an assumption. */
  readonly ingestionMs: number;
  /** The writer's clock is set by so much. */
  readonly clockSet?: { readonly atMs: number; readonly ms: number };
  readonly lease: boolean;
  /** When the renewer beside the primary does not run, though its writer may live. */
  readonly renewerDown: readonly Span[];
  readonly fences: readonly ('networkAcl' | 'function' | 'stopInstance')[];
  readonly trigger: 'unanimous' | 'manual' | 'quorum';
  readonly dataLoss: { readonly kind: 'never' | 'any' } | { readonly kind: 'upTo'; readonly ms: number };
  readonly detectionMs: number;
  readonly recoveryMs: number;
  /** From a published latch value to a changed verdict. */
  readonly latchMs: number;
  /** From a changed verdict to each name server's answer. */
  readonly serverLagMs: readonly number[];
  readonly promotionMs: number;
  /** How far descriptions of databases lag behind. */
  readonly describeLagMs: number;
  readonly promotionFails: boolean;
  /** How far the clocks of the machines differ from true time, in ms. */
  readonly skewMs: { readonly prober: number; readonly step: number; readonly primary: number };
  readonly twoRunners: boolean;
  /** When a person pauses automation, and for how long. */
  readonly pause?: Span;
  /** How long a person takes to consent; absent: nobody does. */
  readonly consentAfterMs?: number;
  /** The heartbeat reader is started anew, and remembers nothing of before. */
  readonly readerBeganMs?: number;
  /** A person orders a failover, whatever the witnesses say. */
  readonly orderedAtMs?: number;
  /** What a person orders then. */
  readonly orderedRun: Ordered;
  /** Present: the world begins after a failover, with this replica of the new writer where the old primary stood. */
  readonly rebuilt?: ReplicaSetting;
}

/** What a test fixes; `undefined` takes away what was drawn. */
export type SettingChange = { readonly [K in keyof Setting]?: Setting[K] | undefined };

/** The day on which every world begins, in Unix ms. */
export const EPOCH_MS = 1_800_000_000_000;
const MINUTE = 60_000;
const FOREVER = Number.MAX_SAFE_INTEGER;

class Draw {
  private readonly uniform: () => number;

  public constructor(seed: number) {
    this.uniform = seededUniform(seed);
  }

  public between(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  public chance(p: number): boolean {
    return this.uniform() < p;
  }

  public one<T>(of: readonly T[]): T {
    return of[Math.min(of.length - 1, Math.floor(this.uniform() * of.length))] as T;
  }

  /** Most worlds have little or nothing of a fault, some have much. */
  public rate(most: number): number {
    return this.chance(0.4) ? 0 : most * this.uniform() ** 3;
  }
}

/** A world of a seed. `change` overrules what was drawn. */
export function settingOf(seed: number, change: SettingChange = {}): Setting {
  const d = new Draw(seed);
  const scenario = change.scenario ?? d.one(DRAWN_SCENARIOS);
  const brokenAtMs = EPOCH_MS + d.between(15, 75) * 1_000 + d.between(0, 999);
  const drawn = d.chance(0.5) ? ('safety' as const) : ('liveness' as const);
  const mode = change.mode ?? drawn;
  return {
    seed,
    mode,
    scenario,
    faults: {
      latency: d.rate(0.5),
      throttle: d.rate(0.15),
      lostAnswer: d.rate(0.1),
      crashBefore: d.rate(0.03),
      crashAfter: d.rate(0.03),
      stale: d.rate(0.5),
      duplicate: d.rate(0.2),
      lagHole: d.rate(0.3),
      ...alertTrouble(seed),
    },
    faultsEndMs: brokenAtMs + d.between(60, 1_200) * 1_000,
    horizonMs: brokenAtMs + (mode === 'safety' ? 40 : 150) * MINUTE,
    brokenAtMs,
    ...broken(d, scenario, brokenAtMs),
    blind: {
      dns: blindness(d, brokenAtMs),
      probe: blindness(d, brokenAtMs),
      heartbeat: blindness(d, brokenAtMs),
      service: blindness(d, brokenAtMs),
      lease: blindness(d, brokenAtMs),
    },
    replicas: ['r1', 'r2'].map((id, n) => replica(d, id, n, brokenAtMs)),
    heartbeat: d.chance(0.9),
    lease: d.chance(0.3),
    renewerDown: renewerDeath(d, brokenAtMs),
    fences: [
      ...(d.chance(0.5) ? ['function' as const] : []),
      ...(d.chance(0.6) ? ['networkAcl' as const] : []),
      ...(d.chance(0.3) ? ['stopInstance' as const] : []),
    ],
    trigger: d.chance(0.85) ? 'unanimous' : d.chance(0.5) ? 'manual' : 'quorum',
    dataLoss: d.chance(0.8) ? { kind: 'upTo', ms: 60_000 } : { kind: d.chance(0.5) ? 'never' : 'any' },
    detectionMs: d.between(21_000, 48_000),
    recoveryMs: d.between(20_000, 26_000),
    latchMs: d.between(15_000, 110_000),
    serverLagMs: [d.between(0, 6_000), d.between(0, 6_000), d.between(0, 6_000), d.between(0, 20_000)],
    promotionMs: d.between(60, 700) * 1_000,
    describeLagMs: d.between(0, 15_000),
    promotionFails: d.chance(0.05),
    skewMs: { prober: d.between(-500, 500), step: d.between(-500, 500), primary: d.between(-3_600_000, 3_600_000) },
    twoRunners: d.chance(0.3),
    ...(d.chance(0.1) ? { pause: pauseOf(d, brokenAtMs) } : {}),
    ...(d.chance(0.7) ? { consentAfterMs: d.between(20, 1_800) * 1_000 } : {}),
    ...(d.chance(0.08) ? { orderedAtMs: brokenAtMs + d.between(-30, 180) * 1_000 } : {}),
    orderedRun: d.chance(0.3) ? 'switchover' : 'failover',
    ...(change.scenario === undefined && d.chance(0.04) ? wayBack(d, brokenAtMs) : {}),
    ...(d.chance(0.2) ? { readerBeganMs: brokenAtMs + d.between(-20, 90) * 1_000 } : {}),
    replays: d.chance(0.75),
    idle: d.chance(0.3),
    readers: d.chance(0.75) ? 1 : 2,
    sampledMs: d.between(0, MINUTE - 1),
    ingestionMs: d.between(5_000, 60_000),
    ...(d.chance(0.1) ? { clockSet: { atMs: brokenAtMs - d.between(0, 300) * 1_000, ms: d.between(-20_000, 20_000) } } : {}),
    ...change,
  } as Setting;
}

/** From a stream of its own: what else is drawn stays what it was. */
function alertTrouble(seed: number) {
  const d = new Draw(seed ^ 0x1b56c4e9);
  return { alertTwice: d.rate(0.5), alertLate: d.rate(0.5), pagerDutyBusy: d.rate(0.9) };
}

/** After a failover, with the way back rebuilt: nothing breaks by itself, and a person orders the failback. */
export function wayBack(d: Pick<Draw, 'between'>, brokenAtMs: number) {
  return {
    siteDown: [],
    writerDown: [],
    linkDown: [],
    lease: false,
    rebuilt: { id: 'a2', priority: 0, lagMs: d.between(50, 5_000), alone: false },
    orderedAtMs: brokenAtMs,
    orderedRun: 'failback' as const,
  };
}

function pauseOf(d: Draw, brokenAtMs: number): Span {
  const from = brokenAtMs + d.between(-30, 200) * 1_000;
  return [from, from + d.between(60, 1_800) * 1_000];
}

function blindness(d: Draw, brokenAtMs: number): Span[] {
  if (!d.chance(0.2)) return [];
  const from = brokenAtMs + d.between(-60, 300) * 1_000;
  return [[from, from + d.between(5, 240) * 1_000]];
}

function renewerDeath(d: Draw, brokenAtMs: number): Span[] {
  if (!d.chance(0.25)) return [];
  const from = brokenAtMs + d.between(-60, 120) * 1_000;
  return [[from, d.chance(0.5) ? FOREVER : from + d.between(30, 400) * 1_000]];
}

function replica(d: Draw, id: string, n: number, brokenAtMs: number): ReplicaSetting {
  const stallFrom = brokenAtMs - d.between(1, 300) * 1_000;
  const backupFrom = brokenAtMs + d.between(-120, 240) * 1_000;
  return {
    id,
    priority: d.chance(0.5) ? n : 1 - n,
    lagMs: d.chance(0.8) ? d.between(50, 5_000) : d.between(5_000, 90_000),
    ...(d.chance(0.12) ? { stalled: [stallFrom, d.chance(0.5) ? FOREVER : stallFrom + d.between(30, 400) * 1_000] } : {}),
    ...(d.chance(0.15) ? { backingUp: [backupFrom, backupFrom + d.between(30, 240) * 1_000] } : {}),
    alone: d.chance(0.03),
    ...slowness(d, brokenAtMs),
  };
}

function slowness(d: Draw, brokenAtMs: number): Pick<ReplicaSetting, 'slow'> {
  if (!d.chance(0.2)) return {};
  const from = brokenAtMs - d.between(5, 300) * 1_000;
  return { slow: { span: [from, d.chance(0.7) ? FOREVER : from + d.between(10, 200) * 1_000], ms: d.between(1_000, 40_000) } };
}

type Broken = Pick<Setting, 'siteDown' | 'writerDown' | 'linkDown'>;

function broken(d: Draw, scenario: Scenario, atMs: number): Broken {
  const back = atMs + d.between(45, 500) * 1_000;
  const all = (span: Span): Broken => ({ siteDown: [span], writerDown: [span], linkDown: [span] });
  switch (scenario) {
    case 'region dies':
      return all([atMs, FOREVER]);
    case 'region returns':
      return all([atMs, back]);
    case 'writer dies': {
      // The site has nothing to read from; its own health says so a moment later.
      const site: Span = [atMs + d.between(0, 5) * 1_000, FOREVER];
      return { siteDown: [site], writerDown: [[atMs, FOREVER]], linkDown: [] };
    }
    case 'writer blinks': {
      const until = atMs + d.between(10, 70) * 1_000;
      return { siteDown: [[atMs, until]], writerDown: [[atMs, until]], linkDown: [] };
    }
    case 'web only':
      return { siteDown: [[atMs, d.chance(0.5) ? FOREVER : back]], writerDown: [], linkDown: [] };
    case 'partition only':
      return { siteDown: [], writerDown: [], linkDown: [[atMs, d.chance(0.3) ? FOREVER : back]] };
    case 'partition, then death': {
      const dies = atMs + d.between(20, 240) * 1_000;
      return { siteDown: [[dies, FOREVER]], writerDown: [[dies, FOREVER]], linkDown: [[atMs, FOREVER]] };
    }
  }
}

export const inside = (span: Span | undefined, atMs: number): boolean => span !== undefined && atMs >= span[0] && atMs < span[1];

export const within = (spans: readonly Span[], atMs: number): boolean => {
  for (let n = 0; n < spans.length; n += 1) if (inside(spans[n], atMs)) return true;
  return false;
};
