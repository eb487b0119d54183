/**
 * What must hold in every world, each under its own name. `S` is looked at with every change, `E` when a world ends.
 * A world that breaks one stops there, so that its timeline ends with what broke.
 */
import type { FailoverEvent } from '../../../contracts/events';
import { REST_MS } from '../../../decide/database/promotion-rules';
import type { Loss } from '../../../decide/database/replica';
import type { DatabaseRun } from '../../../decide/database/state';
import { VERDICT_MS } from '../../../decide/database/watch-rules';
import type { JournalItem } from '../../../decide/journal';
import { alertEndings } from './alerts/endings';
import { endings } from './endings';
import type { Runner } from './invocation';
import { PAIR } from './registrations';
import { HEARTBEAT_MS } from './replication';
import { within } from './setting';
import type { WorldFigures } from './simulate';
import type { World } from './world';

export const INVARIANTS = {
  I1: 'two writers are never reachable at once',
  I2: 'nothing is promoted that lost more before the failure than was consented to',
  I3: 'after a promotion the name never answers the old primary',
  I4: 'what was given up leaves latch, fences and writer name as they were',
  I5: 'one incident per outage, closed once the pair serves again',
  I6: 'at most one promotion per outage, ordered by the run that holds the epoch',
  I7: 'the name changes sides at most twice per outage, and automation rests after it gave up',
  I8: 'once faults stop, every outage ends promoted, refused with a page, or recovered',
  I9: 'every acknowledged write older than the recorded loss is on the new writer',
  I10: 'what is reported is what happened',
  I11: 'an event that comes again changes nothing',
  I12: 'no run, lease or request is left held',
  I13: 'no function gives an order that is not its own',
  I14: 'only a dead writer is replaced by itself, and never while automation is paused',
  I15: 'epochs only grow, revisions count writes, and what is past the point of no return is never undone',
  I16: 'an old primary whose Region answers again after a promotion is fenced by itself',
  I17: 'what is over leaves no incident open, in whatever order its messages came',
  I18: 'no page is lost, whatever PagerDuty and the pager went through',
  I19: 'an outage opens one incident, however often its page comes',
} as const;
export type InvariantId = keyof typeof INVARIANTS;

export interface Broken {
  readonly invariant: InvariantId;
  readonly atMs: number;
  readonly because: string;
}

/** Clocks of the standby Region differ this much at most, and a tick passes between two looks. */
const CLOCK_MS = 6_000;

/** Orders that change who writes are the step function's own. */
const MAY_ORDER: readonly Runner[] = ['step'];

export class Invariants {
  public readonly broken: Broken[] = [];
  /** Incident key of each trigger of a run, per epoch. */
  private firstCallMs: number | undefined;
  private lastRun: DatabaseRun | undefined;
  private lost: WorldFigures['loss'];
  private readonly keys = new Map<number, Set<string>>();

  public constructor(
    private readonly world: World,
    private readonly stopAtFirst: boolean,
  ) {}

  public get stopped(): boolean {
    return this.stopAtFirst && this.broken.length > 0;
  }

  public breaks(invariant: InvariantId, because: string): void {
    if (this.stopped) return;
    this.broken.push({ invariant, atMs: this.world.nowMs(), because });
    this.world.note(() => `BROKEN ${invariant}: ${because}`);
  }

  /** Whatever is true now: two writers, and where the name leads. */
  public look(): void {
    const { world } = this;
    const nowMs = world.nowMs();
    if (world.setting.rebuilt) {
      this.lookOnTheWayBack(world.setting.rebuilt.id);
      return;
    }
    this.latchLifted();
    const promoted = world.service.promotions.find((p) => !p.fails);
    if (!promoted) return;
    const writers = world.service.promotions.filter((p) => world.service.writes(p.id, nowMs)).map((p) => p.id);
    if (world.traffic.answer() === 'primary') this.breaks('I3', `the name answers the primary after ${promoted.id} was promoted`);
    if (new Set(writers).size > 1) this.breaks('I1', `${writers.join(' and ')} take writes`);
    if (writers.length > 0 && world.oldReached())
      this.breaks('I1', `users reach the old writer while ${writers[0]} takes writes`);
  }

  /** Users go back once the rebuilt replica writes, and not before; by then nothing writes to the standby any more. */
  private lookOnTheWayBack(id: string): void {
    const { world } = this;
    const writes = world.service.writes(id, world.nowMs());
    if (writes && !world.writesStopped) this.breaks('I1', `users write to the standby while ${id} takes writes`);
    if (!writes && world.traffic.answer() === 'primary') this.breaks('I3', `the name answers the primary before ${id} writes`);
  }

  public promoteCalled(id: string, epoch: number, by: Runner): void {
    this.firstCallMs ??= this.world.nowMs();
    const item = this.world.store.read(PAIR);
    const run = item?.database?.run;
    if (!MAY_ORDER.includes(by)) this.breaks('I13', `${by} ordered a promotion`);
    if (run?.promoteRequested?.candidate !== id) {
      this.breaks('I15', `the promotion of ${id} was ordered before the journal said so`);
    }
    if (item && epoch > item.epoch) this.breaks('I15', `an order carries epoch ${epoch}, the journal ${item.epoch}`);
  }

  public fenceOrdered(kind: string, by: Runner): void {
    if (!MAY_ORDER.includes(by)) this.breaks('I13', `${by} ordered the fence ${kind}`);
  }

  /** The order had its effect: from here on there is no way back. */
  public promoted(id: string, epoch: number): void {
    const { world } = this;
    const nowMs = world.nowMs();
    const item = world.store.read(PAIR);
    const run = item?.database?.run;
    const real = world.service.promotions.filter((p) => !p.fails);
    if (real.length > (world.setting.rebuilt ? 2 : 1)) this.breaks('I6', `${real.map((p) => p.id).join(' and ')} were promoted`);
    if (!run || run.epoch !== epoch) this.breaks('I6', `epoch ${epoch} promoted, the journal holds ${run?.epoch ?? 'no run'}`);
    if (world.traffic.answer() === 'primary') this.breaks('I3', `${id} is promoted while the name answers the primary`);
    if (!world.traffic.isLatched()) this.breaks('I3', `${id} is promoted before the latch holds`);
    if (run?.automatic) this.automatic(item as JournalItem);
    if (run?.fence !== undefined && world.writerUp() && world.fences.up.size === 0) {
      this.breaks('I10', `the fence ${run.fence} is recorded, and the old writer still takes writes`);
    }
    this.loss(id, nowMs, run);
    this.look();
  }

  private automatic(item: JournalItem): void {
    const { world } = this;
    const { setting } = world;
    const nowMs = world.nowMs();
    const requestedMs = item.database?.run?.promoteRequested?.atMs ?? nowMs;
    const { paused } = this;
    if (paused && paused.fromMs + CLOCK_MS < requestedMs && requestedMs + CLOCK_MS < paused.untilMs) {
      this.breaks('I14', 'promoted while automation is paused');
    }
    if (setting.lease && world.lease.holder !== item.database?.run?.id) {
      this.breaks('I14', `promoted by itself while ${world.lease.holder} holds the lease`);
    }
    const died = setting.writerDown.some(([from]) => from <= requestedMs);
    // Without a lease a writer that nobody reaches cannot be told from a dead one.
    const cutOff = within(setting.linkDown, requestedMs) && within(setting.siteDown, requestedMs) && !setting.lease;
    // A quorum with a silent Route 53 rests on the lease, which a dead renewer leaves alone too.
    const unrenewed = setting.trigger === 'quorum' && setting.renewerDown.some(([from]) => from <= requestedMs);
    if (!died && !cutOff && !(unrenewed && within(setting.linkDown, requestedMs)))
      this.breaks('I14', 'promoted though the writer never failed');
    if (setting.trigger === 'manual') this.breaks('I14', 'promoted by itself though the trigger is manual');
  }

  /** What people really did, whatever the journal says of it. */
  public paused: { readonly fromMs: number; readonly untilMs: number } | undefined;
  public readonly consents = new Map<number, number>();
  private restUntilMs = 0;

  /** Both the recorded loss and the consent are held against what users really lose. */
  private loss(id: string, nowMs: number, run: NonNullable<JournalItem['database']>['run']): void {
    const { world } = this;
    const { setting, replication } = world;
    const recordedMs = run?.loss?.ms ?? 0;
    // A writer that dies after the link was cut is known to be dead only to within Route 53's verdict.
    const partedMs = setting.linkDown.some(([from]) => setting.writerDown.every(([died]) => from < died)) ? VERDICT_MS : 0;
    const blurMs = partedMs + this.blurMs(id, run?.loss?.basis);
    // A quorum accepts that one witness is silent, even the one that knows whether users are still served.
    if (setting.trigger === 'quorum') return;
    // A person who orders a failover of a living writer that cannot be fenced loses what it still writes.
    if (run && !run.automatic && !setting.writerDown.some(([from]) => from <= run.startedAtMs)) return;
    if (world.service.standing(id, nowMs)?.fails) return;
    const lostMs = Math.max(0, world.lastAckMs - replication.received(id, nowMs));
    this.lost ??= { statedMs: recordedMs, lostMs, asked: run?.asked !== undefined };
    const { dataLoss } = setting;
    const consentedMs = this.consents.get(run?.epoch ?? 0) ?? 0;
    const allowedMs = Math.max(dataLoss.kind === 'upTo' ? dataLoss.ms : 0, consentedMs);
    if (dataLoss.kind !== 'any' && recordedMs > allowedMs) {
      this.breaks('I2', `${recordedMs} ms were recorded as lost, ${allowedMs} ms are consented to`);
    }
    if (dataLoss.kind !== 'any' && lostMs > allowedMs + blurMs) {
      this.breaks('I2', `${lostMs} ms of acknowledged writes are lost, ${allowedMs} ms are consented to`);
    }
    this.best(id, nowMs, recordedMs, blurMs);
    if (lostMs > recordedMs + blurMs) {
      this.breaks('I9', `${lostMs} ms of acknowledged writes are lost, ${recordedMs} ms were recorded by ${run?.loss?.basis}`);
    }
  }

  /** Lag samples are a minute apart and tell of nothing between them; looks at what was replayed tell of everything. */
  private blurMs(id: string, basis: Loss['basis'] | undefined): number {
    if (basis === 'heartbeat delay') return 0;
    const { world, lastRun } = this;
    const judgedMs = lastRun?.steps['verify_replica_sync']?.endedAtMs ?? world.nowMs();
    const slowMs = world.replication.unsampledMs(id, world.lastAckMs, judgedMs);
    return CLOCK_MS + slowMs + (basis === 'heartbeat' ? HEARTBEAT_MS : 160_000);
  }

  /** The candidate that loses least is taken, as far as it could be promoted. */
  private best(id: string, nowMs: number, recordedMs: number, blurMs: number): void {
    const { replication, setting } = this.world;
    const lost = (replica: string) => this.world.lastAckMs - replication.received(replica, nowMs);
    for (const other of setting.replicas) {
      if (other.id === id || other.alone || other.stalled || other.backingUp || setting.faults.lagHole > 0) continue;
      if (lost(id) > lost(other.id) + blurMs + recordedMs) {
        this.breaks('I2', `${id} loses ${lost(id)} ms, ${other.id} would have lost ${lost(other.id)} ms`);
      }
    }
  }

  public written(before: JournalItem | undefined, after: JournalItem, by: Runner): void {
    if (after.pair !== PAIR) return;
    this.lastRun = after.database?.run ?? this.lastRun;
    const was = before?.database;
    const is = after.database;
    if (before && after.revision !== before.revision + 1)
      this.breaks('I15', `${by} wrote revision ${after.revision} over ${before.revision}`);
    if (before && after.epoch < before.epoch) this.breaks('I15', `the epoch fell from ${before.epoch} to ${after.epoch}`);
    if (was?.run?.promoteRequested && is?.run?.id === was.run.id && !is.run.promoteRequested) {
      this.breaks('I15', 'a requested promotion was forgotten');
    }
    if (is?.run?.promoteRequested && is.run.rollback) this.breaks('I15', 'a promotion was requested and is rolled back');
    if (is?.active === 'standby' && is.latch.on === false)
      this.breaks('I3', 'the journal lets go of the latch while the standby writes');
    if (is?.run && was?.run && is.run.id !== was.run.id) this.breaks('I6', `${is.run.id} took the pair from ${was.run.id}`);
    if (is?.run && !was?.run) {
      this.lifted = false;
      this.began(after);
    }
    if (was?.run && !is?.run && is?.lastRuns[0]?.outcome === 'rolled-back') this.gaveUp(was.run);
    if (is?.active !== was?.active) this.served(after);
  }

  private gaveUp({ kind, steps }: DatabaseRun): void {
    this.restUntilMs = this.world.nowMs() + REST_MS;
    this.lifted = kind !== 'failback' && steps['latch'] !== undefined && steps['undo_latch']?.outcome === 'done';
    this.latchLifted();
  }

  /** A run that said that Route 53 shows its latch no longer was right, and stays right until another one begins. */
  private lifted = false;

  private latchLifted(): void {
    const database = this.world.store.read(PAIR)?.database;
    if (this.lifted && !database?.latch.on && this.world.traffic.isLatched())
      this.breaks('I4', 'a run was given up, and its latch shows after it was said to be lifted');
  }

  /** When things were done, for the figures of a campaign. */
  public figures(): WorldFigures {
    const { lastRun, firstCallMs } = this;
    const took = (step: string) => {
      const entry = lastRun?.steps[step];
      return entry?.endedAtMs === undefined ? undefined : entry.endedAtMs - entry.beganAtMs;
    };
    const fenceMs = took('stop_writes_to_primary');
    const latchMs = took('latch');
    return {
      brokenAtMs: this.world.setting.brokenAtMs,
      ...(lastRun ? { acquiredAtMs: lastRun.startedAtMs } : {}),
      ...(firstCallMs === undefined ? {} : { promotedAtMs: firstCallMs }),
      ...(fenceMs === undefined ? {} : { fenceMs }),
      ...(latchMs === undefined ? {} : { latchMs }),
      ...(this.lost === undefined ? {} : { loss: this.lost }),
    };
  }

  private began(after: JournalItem): void {
    const run = after.database?.run;
    if (!run?.automatic) return;
    if (this.world.nowMs() + CLOCK_MS < this.restUntilMs) this.breaks('I7', 'automation did not rest after it gave up');
  }

  private served(after: JournalItem): void {
    const { world } = this;
    const writer = after.database?.writer ?? '';
    if (!world.service.writes(writer, world.nowMs())) this.breaks('I10', `${writer} is said to write and does not`);
  }

  public heard(event: FailoverEvent): void {
    // What the prober and the keeper watch has incidents of its own.
    if (event.source !== 'database-step' || event.action !== 'trigger') return;
    const keys = this.keys.get(event.epoch) ?? new Set();
    keys.add(event.incidentKey);
    this.keys.set(event.epoch, keys);
    if (keys.size > 1) this.breaks('I5', `epoch ${event.epoch} opened ${[...keys].join(' and ')}`);
  }

  /** The world came to rest, or its time is over. */
  public end(cameToRest: boolean): void {
    for (const { invariant, because } of endings(this.world, cameToRest)) this.breaks(invariant, because);
  }

  /** Every message has reached its end. */
  public endAlerts(): void {
    for (const { invariant, because } of alertEndings(this.world)) this.breaks(invariant, because);
  }
}
