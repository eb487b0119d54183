/** One simulated world: what is true, and what every order does to it. Who acts in it is in `cast.ts`. */
import type { DatabaseRegistration, FenceSettings } from '../../../contracts/database';
import type { FailoverEvent } from '../../../contracts/events';
import type { JournalItem } from '../../../decide/journal';
import type { Unknown } from '../../../runtime/ports';
import type { FenceRaised, HeartbeatReading, OrderAnswer } from '../../../runtime/ports/database';
import { seededUniform } from '../random';
import { Scheduler } from '../scheduler';
import { AlertPath, type DecoratePager } from './alerts';
import { firstItem, firstWriter } from './beginning';
import { Invariants } from './invariants';
import { type CrashPoint, FaultPoints, type Runner } from './invocation';
import { FencesUp, Incidents, JournalStore, LeaseItem } from './parts';
import { databaseRegistrationOf, SOURCE } from './registrations';
import { Replication } from './replication';
import { DatabaseService } from './service';
import { EPOCH_MS, type Setting, within } from './setting';
import { Traffic } from './traffic';

export interface WorldOptions {
  /** Keeps every event for a timeline. */
  readonly record?: boolean;
  readonly crash?: CrashPoint;
  /** Told of every call that a function makes. */
  readonly called?: (runner: Runner, call: string) => void;
  /** False leaves a broken invariant to the caller and goes on. */
  readonly stopAtFirst?: boolean;
  readonly decoratePager?: DecoratePager;
}

export interface TimelineEntry {
  readonly atMs: number;
  readonly what: string;
}

export class World {
  public readonly scheduler = new Scheduler(EPOCH_MS);
  public readonly uniform: () => number;
  public readonly registration: DatabaseRegistration;
  public readonly traffic: Traffic;
  public readonly replication: Replication;
  public readonly service: DatabaseService;
  public readonly lease: LeaseItem;
  public readonly fences: FencesUp;
  public readonly incidents: Incidents;
  public readonly store: JournalStore;
  public readonly points: FaultPoints;
  public readonly invariants: Invariants;
  public readonly alerts: AlertPath;
  public readonly timeline: TimelineEntry[] = [];
  public readonly executions = new Set<string>();
  public readonly figures: { readonly name: string; readonly value: number; readonly atMs: number }[] = [];
  /** Where the writer name of the standby's applications leads. */
  public writerName: string;
  /** Last moment in which the old writer acknowledged a write of a user. */
  public lastAckMs = EPOCH_MS;
  /** A person's word, given with an order: nothing writes to today's writer any more. */
  public writesStopped = false;
  /** Set by the cast: begins an execution. */
  public startExecution: (name: string, input: unknown) => void = () => undefined;
  /** Set by the cast: people read their pages. */
  public told: (event: FailoverEvent) => void = () => undefined;
  private readonly refreshes = new Set<string>();
  private pointer: { endpoint: string; epoch: number } | undefined;
  private acking = true;
  private publishes = 0;
  /** When the faults stop; in a safety world never. */
  public faultsEndMs: number;

  public constructor(
    public readonly setting: Setting,
    private readonly options: WorldOptions = {},
  ) {
    const { scheduler } = this;
    // One stream for faults and one for the world, so that a change of one does not reshuffle the other.
    this.uniform = seededUniform(setting.seed ^ 0x5bd1e995);
    const truth = seededUniform(setting.seed ^ 0x2c1b3c6d);
    this.registration = databaseRegistrationOf(setting);
    this.writerName = firstWriter(setting);
    this.newestLead = this.writerName;
    this.faultsEndMs = setting.mode === 'safety' ? Number.MAX_SAFE_INTEGER : setting.faultsEndMs;
    this.points = new FaultPoints(scheduler, this.uniform, setting.faults, this.faultsEndMs, options.crash);
    this.alerts = new AlertPath(this, options.decoratePager);
    this.replication = new Replication(setting, truth);
    this.service = new DatabaseService(setting, SOURCE);
    this.lease = new LeaseItem();
    this.invariants = new Invariants(this, options.stopAtFirst ?? true);
    this.traffic = new Traffic(setting, scheduler, (subject, healthy) => {
      this.note(() => `Route 53: ${subject} is ${healthy ? 'healthy' : 'unhealthy'}`);
      if (subject === 'primary') this.alerts.verdict(() => this.traffic.verdict('primary'));
      this.changed();
    });
    this.fences = new FencesUp(setting, scheduler, (what) => {
      this.note(() => what);
      this.changed();
    });
    this.incidents = new Incidents((event) => {
      this.told(event);
      this.note(() => `event: ${event.action} ${event.incidentKey} (${event.type}, ${event.severity})`);
      this.invariants.heard(event);
    });
    this.store = new JournalStore(firstItem(setting), (before, after, by) => {
      this.invariants.written(before, after, by);
      if (this.options.record) this.noteWrite(before, after, by);
    });
    this.points.called = options.called;
    this.alerts.points.called = options.called;
    this.scheduleTruth();
    if (options.record) {
      this.points.observed = this.alerts.points.observed = ({ runner, call, fault }) => {
        if (fault) this.note(() => `${runner}: ${call} ${fault}`);
      };
    }
  }

  public nowMs(): number {
    return this.scheduler.nowMs();
  }

  /** True while a call may still meet a fault. */
  public faulty(): boolean {
    return this.nowMs() < this.faultsEndMs;
  }

  /** No fault happens any more. */
  public stopFaults(): void {
    this.faultsEndMs = Math.min(this.faultsEndMs, this.nowMs());
    this.points.stop();
    this.alerts.points.stop();
  }

  public blind(witness: keyof Setting['blind']): boolean {
    if (!this.faulty() || !within(this.setting.blind[witness], this.nowMs())) return false;
    this.points.meet(`looks with ${witness} cut off`);
    return true;
  }

  public writerUp(): boolean {
    return !within(this.setting.writerDown, this.nowMs());
  }

  public linkUp(): boolean {
    return !within(this.setting.linkDown, this.nowMs());
  }

  public siteUp(): boolean {
    return !within(this.setting.siteDown, this.nowMs());
  }

  /** The old writer takes writes of whoever reaches it. */
  public oldWrites(): boolean {
    // After a failover what stood there was deleted to be rebuilt.
    return !this.setting.rebuilt && this.writerUp() && this.fences.up.size === 0;
  }

  /** A user's write can end on the old writer: through its own site, or across from the standby's applications. */
  public oldReached(): boolean {
    if (!this.oldWrites()) return false;
    if (this.traffic.answer() === 'primary') return this.siteUp();
    return this.linkUp() && this.writerName === SOURCE;
  }

  public writerAnswersSql(): boolean {
    return this.writerUp() && this.linkUp() && !this.fences.up.has('networkAcl');
  }

  /** The reader on the old primary itself, where it can be reached. */
  public ownRows(): HeartbeatReading | Unknown {
    if (this.setting.rebuilt || !this.writerAnswersSql()) return { kind: 'unknown', because: 'the writer does not answer' };
    const nowMs = this.nowMs();
    return { kind: 'heartbeat', rowAtMs: nowMs, rowEpoch: 0, unchangedForMs: 0, writerAnswers: true };
  }

  public rowEpoch(id: string): number {
    return this.service.writes(id, this.nowMs()) ? (this.service.standing(id, this.nowMs())?.epoch ?? 0) : 0;
  }

  public promote(id: string, epoch: number, by: Runner): OrderAnswer {
    this.invariants.promoteCalled(id, epoch, by);
    const answer = this.service.promote(id, epoch, this.nowMs());
    this.note(() => `${by}: promote ${id} at epoch ${epoch}: ${answer.kind}`);
    if (answer.kind !== 'accepted') return answer;
    const promotion = this.service.promotions[this.service.promotions.length - 1];
    if (promotion && !promotion.fails) {
      this.replication.cut(id, this.nowMs());
      this.scheduler.at(promotion.writableMs, () => {
        this.note(() => `${id} takes writes`);
        this.changed();
      });
    }
    this.invariants.promoted(id, epoch);
    return answer;
  }

  public raiseFence(fence: FenceSettings, epoch: number, by: Runner): FenceRaised {
    this.invariants.fenceOrdered(fence.kind, by);
    return this.fences.raise(fence, epoch);
  }

  public publishLatch(on: boolean, hold: boolean, writers: Readonly<Record<string, boolean>>, by: Runner): 'published' {
    this.note(() => `${by}: publishes latch ${on ? 'on' : 'off'}${hold ? ', hold on' : ''}, writers ${JSON.stringify(writers)}`);
    this.traffic.publish(on, hold);
    this.publishes += 1;
    const turn = this.publishes;
    const leads = Object.keys(writers).find((id) => writers[id]) ?? SOURCE;
    if (leads !== this.writerName) {
      this.scheduler.at(this.nowMs() + this.setting.latchMs, () => {
        // Alarms follow the newest value.
        if (turn < this.publishes && leads !== this.newestLead) return;
        this.writerName = leads;
        this.note(() => `the writer name leads to ${leads}`);
        this.changed();
      });
    }
    this.newestLead = leads;
    return 'published';
  }
  private newestLead: string;

  public alarmState(name: string): 'OK' | 'ALARM' {
    const { traffic } = this;
    return (name.includes('-hold-') ? traffic.isHeld() : traffic.isLatched()) ? 'ALARM' : 'OK';
  }

  public refresh(token: string): 'started' | 'done' {
    if (this.refreshes.has(token)) return 'done';
    this.refreshes.add(token);
    return 'started';
  }

  public point(endpoint: string, epoch: number): 'set' | 'newer' {
    if (this.pointer && this.pointer.epoch > epoch) return 'newer';
    this.pointer = { endpoint, epoch };
    this.note(() => `the writer parameter says ${endpoint} at epoch ${epoch}`);
    return 'set';
  }

  public get pointedAt(): string | undefined {
    return this.pointer?.endpoint;
  }

  public measure(metrics: readonly { readonly name: string; readonly value: number }[]): void {
    for (const { name, value } of metrics) this.figures.push({ name, value, atMs: this.nowMs() });
  }

  public startMachine(name: string, input: unknown): { kind: 'started' | 'exists'; execution: string } {
    const execution = `execution:${name}`;
    if (this.executions.has(name)) return { kind: 'exists', execution };
    this.executions.add(name);
    this.note(() => `execution ${name} begins`);
    this.startExecution(name, input);
    return { kind: 'started', execution };
  }

  public announce(topic: string, event: FailoverEvent): void {
    this.incidents.hear(event);
    this.alerts.tell(topic, event);
  }

  public note(what: () => string): void {
    if (this.options.record) this.timeline.push({ atMs: Math.max(this.nowMs(), this.alerts.scheduler.nowMs()), what: what() });
  }

  /** Something true changed: acknowledgements and invariants are looked at again. */
  public changed(): void {
    if (this.acking) this.lastAckMs = this.nowMs();
    this.acking = this.oldReached();
    this.invariants.look();
  }

  private scheduleTruth(): void {
    const { siteDown, writerDown, linkDown } = this.setting;
    const named = [
      ['the site of the primary', siteDown],
      ['the writer', writerDown],
      ['the link between the Regions', linkDown],
    ] as const;
    for (const [name, spans] of named) {
      for (const [from, until] of spans) {
        this.truth(from, `${name} fails`);
        this.truth(until, `${name} works again`);
      }
    }
  }

  private truth(atMs: number, what: string): void {
    if (atMs === Number.MAX_SAFE_INTEGER) return;
    this.scheduler.at(atMs, () => {
      this.note(() => what);
      this.changed();
    });
  }

  private noteWrite(before: JournalItem | undefined, after: JournalItem, by: Runner): void {
    const was = before?.database;
    const is = after.database;
    if (was?.state !== is?.state) this.note(() => `${by}: state ${was?.state} -> ${is?.state}, epoch ${after.epoch}`);
    for (const [step, entry] of Object.entries(is?.run?.steps ?? {})) {
      const earlier = was?.run?.steps[step];
      if (entry.outcome !== earlier?.outcome)
        this.note(() => `${by}: ${step} ${entry.outcome}: ${(entry.because ?? []).join('; ')}`);
    }
    if (is?.run?.rollback && !was?.run?.rollback) this.note(() => `${by}: rolls back: ${is.run?.rollback?.because.join('; ')}`);
    if (is?.run?.promoteRequested && !was?.run?.promoteRequested) {
      this.note(() => `${by}: promotion of ${is.run?.promoteRequested?.candidate} requested, loss ${is.run?.loss?.ms} ms`);
    }
  }
}
