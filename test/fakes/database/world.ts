import { DATABASE_REGISTRATION_SCHEMA, type DatabaseMember, type DatabaseRegistration } from '../../../lib/contracts/database';
import type { FailoverEvent } from '../../../lib/contracts/events';
import { boundDatabase, type Members } from '../../../lib/decide/database/order-rules';
import type { DatabaseState } from '../../../lib/decide/database/state';
import { blankItem } from '../../../lib/decide/drill/rules';
import type { AclLooks, HeartbeatReading, LagSample, MemberView, OrderAnswer } from '../../../lib/runtime/ports/database';
import { FakeJournal } from '../fake-journal';
import { registrationOf } from '../registration';
import { VirtualTime } from '../virtual-time';
import { FakeLease } from './lease';

const member = (id: string, region: string, priority: number): DatabaseMember => ({
  id,
  endpoint: `${id}.${region}.example.com`,
  port: 5432,
  region,
  engine: 'postgres',
  priority,
});

/** PostgreSQL with two candidates, a heartbeat, a network ACL, a writer parameter and one ECS service. */
export const databaseOf = (change: Partial<DatabaseRegistration> = {}): DatabaseRegistration => ({
  schema: DATABASE_REGISTRATION_SCHEMA,
  pair: 'app',
  namespace: 'web',
  kind: 'readReplicas',
  primaryRegion: 'eu-west-1',
  standbyRegion: 'eu-central-1',
  source: member('app-a', 'eu-west-1', 0),
  replicas: [member('app-b1', 'eu-central-1', 0), member('app-b2', 'eu-central-1', 1)],
  trigger: { kind: 'unanimous' },
  dataLoss: { kind: 'upTo', ms: 60_000 },
  heartbeat: { readerFunction: 'reader', limitMs: 30_000 },
  fences: [{ kind: 'networkAcl', region: 'eu-west-1', subnets: ['subnet-1'], denyAcl: 'acl-1', openAcl: 'acl-0' }],
  latch: {
    metric: 'latch-app-1',
    holdMetric: 'hold-app-1',
    generation: 1,
    beacons: { latch: '_latch.app.example.com', primaryAllowed: '_pa.app.example.com', standbyAllowed: '_sa.app.example.com' },
  },
  writerParameter: '/app/writer',
  refresh: [{ kind: 'ecsService', cluster: 'c', service: 's' }],
  limits: { lagMs: 60_000, sampleAgeMs: 300_000 },
  ...change,
});

export const membersOf = (database: DatabaseRegistration): Members => ({
  source: database.source.id,
  replicas: database.replicas.map((r) => r.id),
  generation: database.latch.generation,
});

export interface FakeMember {
  status: string;
  replicaOf?: string;
  isWriter?: boolean;
  /** Lag that its samples show while it replicates. */
  lagMs: number;
  lagUnknown?: string;
  /** Set by a promote order: stands alone from then on. */
  aloneAtMs?: number;
  /** Time of its newest heartbeat row, by nobody's clock but the world's. */
  rowAtMs: number;
}

/** The world around a database failover, without chance: what is asked for happens, after fixed times. */
export class DatabaseWorld {
  public readonly time = new VirtualTime();
  public readonly journal = new FakeJournal();
  public readonly registration = registrationOf();
  public database: DatabaseRegistration;
  public readonly members = new Map<string, FakeMember>();
  public readonly servers = ['192.0.2.53', '192.0.2.54'];
  /** Transports of the questions that were answered. */
  public readonly asked = new Set<string>();
  public readonly refreshed = new Set<string>();
  /** While true, nothing is announced. */
  public deaf: boolean | 'over' = false;
  /** Servers that answer nothing. */
  public readonly silent = new Set<string>();
  public published = { latch: false, hold: false, writers: {} as Readonly<Record<string, boolean>> };
  public latchVisibleAtMs = 0;
  private latchSeen = false;
  public readonly fences = new Set<string>();
  /** What the primary's Region says to every order of a fence. */
  public fenceRefused: string | undefined;
  /** What a look at the network ACLs shows. */
  public acls: Awaited<ReturnType<AclLooks['look']>> = {
    kind: 'acls',
    aclOf: { 'subnet-1': 'acl-0' },
    allows: { 'acl-0': true, 'acl-1': false },
  };
  public readonly pointers = new Map<string, { endpoint: string; epoch: number }>();
  public readonly executions = new Map<string, unknown>();
  public readonly announced: (FailoverEvent & { topic: string })[] = [];
  public readonly metrics: { name: string; value: number }[] = [];
  public readonly orders: string[] = [];
  public readonly timeline: string[] = [];
  /** Promotions that had an effect, and whether the latch was in force everywhere by then. */
  public readonly promotions: { readonly id: string; readonly latchSeen: boolean }[] = [];
  /** When the primary's machine died, and whether its web and database live. */
  public primary = { web: true, database: true, reachable: true, diedAtMs: 0 };
  public standby = { web: true };
  public readonly lease = new FakeLease({ turn: 1 });
  /** Answers that the next orders get in place of the world's own; the effect comes with `effect`. */
  public readonly answers: { readonly answer: OrderAnswer; readonly effect: boolean }[] = [];
  public promoteMs = 180_000;
  public latchMs = 60_000;

  constructor(change: Partial<DatabaseRegistration> = {}) {
    this.database = databaseOf(change);
    const nowMs = this.time.nowMs();
    this.members.set('app-a', { status: 'available', isWriter: true, lagMs: 0, rowAtMs: nowMs });
    for (const replica of this.database.replicas) {
      this.members.set(replica.id, { status: 'available', replicaOf: 'app-a', lagMs: 1_000, rowAtMs: nowMs });
    }
    const database = boundDatabase(membersOf(this.database));
    this.journal.put({ ...blankItem('app'), database, readiness: { checkedAtMs: nowMs, because: [] } });
  }

  public get state(): DatabaseState {
    const state = this.journal.peek('app')?.database;
    if (!state) throw new Error('no database in the journal');
    return state;
  }

  /** Machine room on fire: web and database of the primary are gone. */
  public killPrimary(): void {
    this.primary = { web: false, database: false, reachable: false, diedAtMs: this.time.nowMs() };
  }

  public member(id: string): FakeMember {
    const found = this.members.get(id);
    if (!found) throw new Error(`no member ${id}`);
    return found;
  }

  public look(id: string): MemberView | { readonly kind: 'absent' } {
    const found = this.members.get(id);
    if (!found) return { kind: 'absent' };
    this.progress(found);
    const { status, replicaOf, isWriter } = found;
    return {
      kind: 'member',
      id,
      status,
      ...(replicaOf === undefined ? {} : { replicaOf }),
      ...(isWriter === undefined ? {} : { isWriter }),
    };
  }

  private progress(m: FakeMember): void {
    if (m.aloneAtMs === undefined || this.time.nowMs() < m.aloneAtMs) return;
    m.status = 'available';
    delete m.replicaOf;
    m.isWriter = true;
  }

  public promote(id: string, epoch: number): OrderAnswer {
    this.orders.push(`promote ${id} e${epoch}`);
    const given = this.answers.shift();
    if (given && !given.effect) return given.answer;
    const own = this.carryOut(id);
    return given ? given.answer : own;
  }

  private carryOut(id: string): OrderAnswer {
    const m = this.member(id);
    this.progress(m);
    if (m.replicaOf === undefined) return { kind: 'refused', because: 'InvalidDBInstanceState', retryable: false };
    if (m.status !== 'available') return { kind: 'refused', because: 'InvalidDBInstanceState', retryable: false };
    m.status = 'modifying';
    m.aloneAtMs = this.time.nowMs() + this.promoteMs;
    this.timeline.push(`promote ${id}`);
    this.settleLatch();
    this.promotions.push({ id, latchSeen: this.latchSeen });
    return { kind: 'accepted' };
  }

  public samples(id: string, fromMs: number, toMs: number): LagSample[] {
    const m = this.member(id);
    const made: LagSample[] = [];
    for (let atMs = Math.ceil(fromMs / 60_000) * 60_000; atMs <= toMs; atMs += 60_000) {
      if (m.lagUnknown !== undefined) made.push({ kind: 'unknown', atMs, because: m.lagUnknown });
      else {
        const dead = m.replicaOf === 'app-a' && !this.primary.database && atMs > this.primary.diedAtMs;
        made.push({ kind: 'lag', atMs, ms: m.lagMs + (dead ? atMs - this.primary.diedAtMs : 0) });
      }
    }
    return made;
  }

  public heartbeat(id: string): HeartbeatReading {
    const nowMs = this.time.nowMs();
    const m = this.member(id);
    const writes = this.primary.database && !this.fences.has('acl-1') && m.replicaOf === 'app-a';
    if (writes) m.rowAtMs = nowMs;
    const frozenAtMs = writes ? nowMs : Math.max(m.rowAtMs, this.primary.database ? m.rowAtMs : this.primary.diedAtMs);
    return {
      kind: 'heartbeat',
      rowAtMs: m.rowAtMs,
      rowEpoch: 0,
      unchangedForMs: nowMs - frozenAtMs,
      writerAnswers: this.primary.database && this.primary.reachable && !this.fences.has('acl-1'),
    };
  }

  public publish(on: boolean, hold: boolean, writers: Readonly<Record<string, boolean>>): void {
    this.settleLatch();
    if (on !== this.published.latch) {
      this.latchVisibleAtMs = this.time.nowMs() + this.latchMs;
      this.timeline.push(on ? 'latch on' : 'latch off');
    }
    const named = (all: Readonly<Record<string, boolean>>) =>
      Object.keys(all)
        .filter((id) => all[id])
        .join();
    if (named(writers) !== named(this.published.writers)) this.timeline.push(`writer ${named(writers)}`);
    this.published = { latch: on, hold, writers };
  }

  private settleLatch(): void {
    if (this.time.nowMs() >= this.latchVisibleAtMs) this.latchSeen = this.published.latch;
  }

  /** What Route 53 says, `undefined` for no such beacon. */
  public beacon(name: string): 'healthy' | 'unhealthy' | undefined {
    this.settleLatch();
    const { beacons } = this.database.latch;
    const says = (up: boolean) => (up ? 'healthy' : 'unhealthy');
    if (name === beacons.latch) return says(!this.latchSeen);
    if (name === beacons.primaryAllowed) return says(this.primary.web && !this.latchSeen);
    if (name === beacons.standbyAllowed) return says(this.standby.web || this.latchSeen);
    if (name === this.registration.beacons.primary) return says(this.primary.web);
    if (name === this.registration.beacons.standby) return says(this.standby.web);
    return undefined;
  }
}
