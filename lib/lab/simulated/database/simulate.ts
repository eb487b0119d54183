/** Runs worlds, one event after the other. */
import { FAILOVER_PLAN, UNDO_PLAN } from '../../../decide/database/plan';
import { Cast, type CastOptions } from './cast';
import type { Broken } from './invariants';
import { PAIR } from './registrations';
import { type Setting, type SettingChange, settingOf } from './setting';
import { type TimelineEntry, World, type WorldOptions } from './world';

export type SimulateOptions = WorldOptions &
  CastOptions & {
    /** Overrules what is drawn from a seed. */
    readonly change?: SettingChange | ((setting: Setting) => SettingChange);
    /** Waits until an event has set off all that it does; `settled` when left out. */
    readonly settle?: () => Promise<void>;
  };

export interface WorldEnd {
  readonly seed: number;
  readonly setting: Setting;
  readonly broken: readonly Broken[];
  readonly ended: 'promoted' | 'returned' | 'given up' | 'stuck' | 'watching' | 'under way';
  readonly events: number;
  readonly timeline: readonly TimelineEntry[];
  readonly calls: readonly { readonly step: string; readonly verdict: string }[];
  readonly figures: WorldFigures;
  /** Calls that each runner made. */
  readonly counts: Readonly<Record<string, number>>;
  /** How often each kind of trouble was met. */
  readonly met: ReadonlyMap<string, number>;
}

export interface WorldFigures {
  readonly brokenAtMs: number;
  /** When a run was begun, and when the first promote call was made. */
  readonly acquiredAtMs?: number;
  readonly promotedAtMs?: number;
  readonly fenceMs?: number;
  readonly latchMs?: number;
  /** What was stated before the promotion, what of the writes is gone, and whether a person was asked. */
  readonly loss?: { readonly statedMs: number; readonly lostMs: number; readonly asked: boolean };
}

const MINUTE = 60_000;
/** Keeper and prober begin anew each minute, and a prober takes over within 40 s. */
const REST_MS = 100_000;
/** Without faults: a new prober within a minute, and its page once a suspicion has lasted 90 s. */
const REST_AFTER_FAULTS_MS = 150_000;
const LOOK_MS = 20_000;
/** The pager gives every message up after 6 h. */
const ALERTED_MS = 7 * 3_600_000;

/** One world that can be moved on event by event. */
export class Simulation {
  private readonly world: World;
  private readonly cast: Cast;
  private phase = 'living' as 'living' | 'replaying' | 'alerting' | 'ended';
  private restless = '';
  private restlessSinceMs = 0;
  private rested = false;

  public constructor(
    public readonly seed: number,
    options: SimulateOptions = {},
  ) {
    const { change } = options;
    const setting = settingOf(seed, typeof change === 'function' ? change(settingOf(seed)) : change);
    this.world = new World(setting, options);
    this.cast = new Cast(this.world, options);
    this.watchForRest();
  }

  /** Does what happens next; false once the world has ended. */
  public advance(): boolean {
    const { world } = this;
    if (this.phase === 'ended') return false;
    if (world.invariants.stopped) return this.finish();
    if (this.phase === 'living' && (this.rested || world.nowMs() >= world.setting.horizonMs)) this.replay();
    const { alerts, scheduler } = world;
    const next = this.phase === 'alerting' || alerts.scheduler.nextMs() < scheduler.nextMs() ? alerts.scheduler : scheduler;
    if (next.nextMs() < (this.phase === 'alerting' ? world.nowMs() + ALERTED_MS : Number.POSITIVE_INFINITY)) return next.step();
    if (this.phase === 'alerting') world.invariants.endAlerts();
    return this.finish();
  }

  public end(): WorldEnd {
    const { world, seed, cast } = this;
    return {
      seed,
      setting: world.setting,
      broken: world.invariants.broken,
      ended: this.outcome(),
      events: world.scheduler.events,
      timeline: world.timeline,
      calls: cast.calls,
      figures: this.world.invariants.figures(),
      counts: { ...world.points.counts, pager: world.alerts.points.counts.pager },
      met: world.points.met,
    };
  }

  private outcome(): WorldEnd['ended'] {
    const { world } = this;
    const database = world.store.read(PAIR)?.database;
    if (database?.state === 'STUCK') return 'stuck';
    if (database?.run) return 'under way';
    const last = database?.lastRuns[0];
    if (last?.outcome === 'rolled-back') return 'given up';
    if (last?.kind === 'failback') return 'returned';
    return database?.active === 'standby' && !world.setting.rebuilt ? 'promoted' : 'watching';
  }

  /**
   * At rest: nothing is scripted, nobody walks, and the journal has not moved for a while. Where a world must come to rest
   * without faults, they stop once it rests under them.
   */
  private watchForRest(): void {
    const { world, cast } = this;
    world.scheduler.after(LOOK_MS, () => {
      const nowMs = world.nowMs();
      const database = world.store.read(PAIR)?.database;
      const key = `${database?.state} ${database?.run?.id} ${cast.walking} ${database?.lastRuns.length}`;
      if (key !== this.restless) {
        this.restless = key;
        this.restlessSinceMs = nowMs;
      }
      const quietMs = nowMs - this.restlessSinceMs;
      const stuck = database?.state === 'STUCK' && quietMs > 8 * MINUTE;
      // A latch that was lifted before it was seen shows for some minutes yet; the keeper has that long to undo it.
      const follows = world.traffic.isLatched() === database?.latch.on || quietMs > 10 * MINUTE;
      const idle = !database?.run && cast.walking === 0 && follows;
      const rests = (idle || stuck) && quietMs >= REST_MS && !cast.scripted(nowMs);
      const lively = world.setting.mode === 'liveness';
      if (rests && lively) world.stopFaults();
      this.rested = rests && (!lively || nowMs - world.faultsEndMs >= REST_AFTER_FAULTS_MS);
      if (!this.rested) this.watchForRest();
    });
  }

  /** Every event of the last run once more, without faults: nothing may change. */
  private replay(): void {
    const { world, cast } = this;
    world.invariants.end(this.rested);
    const last = world.store.read(PAIR)?.database?.lastRuns[0];
    this.phase = 'replaying';
    if (!this.rested) {
      this.finish();
      return;
    }
    world.stopFaults();
    if (!last) {
      this.phase = 'alerting';
      return;
    }
    const before = JSON.stringify(world.store.read(PAIR)?.database?.lastRuns);
    const orders = world.service.promotions.length;
    const inputs = [...FAILOVER_PLAN, ...UNDO_PLAN].map(({ step }) => ({ pair: PAIR, run: last.id, epoch: last.epoch, step }));
    void Promise.all(inputs.map((input) => cast.replay(input).catch(() => undefined))).then(() => {
      const after = JSON.stringify(world.store.read(PAIR)?.database?.lastRuns);
      if (after !== before || world.service.promotions.length !== orders) {
        world.invariants.breaks('I11', 'a step of an ended run changed something');
      }
      this.phase = 'alerting';
    });
  }

  private finish(): false {
    this.phase = 'ended';
    return false;
  }
}

export interface Campaign {
  readonly worlds: number;
  readonly events: number;
  /** Calls that functions made, each with its fault point. */
  readonly calls: number;
  readonly met: ReadonlyMap<string, number>;
  readonly ended: Readonly<Record<WorldEnd['ended'], number>>;
  /** Worlds that broke an invariant, at most as many as asked for. */
  readonly broken: readonly WorldEnd[];
}

/**
 * Runs one world per seed, one after the other: what a world touches stays near the processor. Hands each end to `each`;
 * stops at `mostBroken` broken worlds.
 */
export async function simulateWorlds(
  seeds: Iterable<number>,
  options: SimulateOptions & { readonly mostBroken?: number } = {},
  each: (end: WorldEnd) => void = () => undefined,
): Promise<Campaign> {
  const { mostBroken = 1 } = options;
  const ended = { promoted: 0, returned: 0, 'given up': 0, stuck: 0, watching: 0, 'under way': 0 };
  const broken: WorldEnd[] = [];
  let worlds = 0;
  let events = 0;
  let calls = 0;
  const met = new Map<string, number>();
  for (const seed of seeds) {
    if (broken.length >= mostBroken) break;
    const end = await live(new Simulation(seed, options), options.settle ?? settled);
    worlds += 1;
    events += end.events;
    for (const made of Object.values(end.counts)) calls += made;
    for (const [trouble, n] of end.met) met.set(trouble, (met.get(trouble) ?? 0) + n);
    ended[end.ended] += 1;
    if (end.broken.length > 0) broken.push(end);
    each(end);
    // Timers and signals of the process have their turn.
    await turned();
  }
  return { worlds, events, calls, met, ended, broken };
}

/** Whatever an event set off is over before the next one happens. */
async function live(simulation: Simulation, settle: () => Promise<void>): Promise<WorldEnd> {
  await undefined; // From here on everything runs in a microtask, as `settled` needs it.
  do await settle();
  while (simulation.advance());
  return simulation.end();
}

/** Resolves once no microtask is left, when called from one: Node empties their queue before it looks at the next tick. */
export const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** The same by a turn of the event loop, which takes several times as long. */
export const turned = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function simulateOne(seed: number, options: SimulateOptions = {}): Promise<WorldEnd> {
  let end: WorldEnd | undefined;
  await simulateWorlds([seed], options, (one) => {
    end = one;
  });
  if (!end) throw new Error(`the world of seed ${seed} never ended`);
  return end;
}

/** Seeds in a row. */
export function* seedsFrom(first: number, count: number): Generator<number> {
  for (let n = 0; n < count; n += 1) yield first + n;
}

/** A broken world as text: seed, what broke, and what led there. */
export function tellWorld({ seed, setting, broken, timeline, ended }: WorldEnd): string {
  const since = (atMs: number) => `${((atMs - setting.brokenAtMs) / 1_000).toFixed(1).padStart(9)} s`;
  const head = `seed ${seed}: ${setting.scenario}, ${setting.mode}, ended ${ended}${broken.map((b) => `\n  ${b.invariant} at ${since(b.atMs).trim()}: ${b.because}`).join('')}`;
  return [head, ...timeline.map(({ atMs, what }) => `${since(atMs)}  ${what}`)].join('\n');
}
