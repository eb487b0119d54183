import type { DatabaseMember, DatabaseRegistration, FenceSettings, RefreshSettings } from '../../contracts/database';
import type { ServiceDatabase } from '../../contracts/registration';
import type { Excess } from '../../decide/database/excess';
import type { LeaseBelief, LeaseLook } from '../../decide/database/lease';
import type { TransitionEvent } from '../../decide/database/transition-events';
import type { Unknown } from './index';

/** One look at a database member. */
export interface MemberView {
  readonly kind: 'member';
  readonly id: string;
  /** The service's own word, such as `available`, `backing-up`, `modifying`. */
  readonly status: string;
  /** Id of the source while it replicates; absent once it stands alone. */
  readonly replicaOf?: string;
  /** Whether replication is said to run; absent where the service does not say. */
  readonly replicating?: boolean;
  readonly engine?: string;
  readonly backupRetentionDays?: number;
  /** Daily window of its backups, in UTC, such as `03:00-03:30`. */
  readonly backupWindow?: string;
  /** Its master password is a secret that RDS manages. */
  readonly managedSecret?: boolean;
  readonly multiAz?: boolean;
  /** Aurora: this member is the writer of its global database. */
  readonly isWriter?: boolean;
  readonly engineVersion?: string;
  /** Availability Zone of an instance. */
  readonly zone?: string;
  /** Cluster: id of the instance that writes. */
  readonly writesBy?: string;
}

/** The answer to an order that changes who writes. `ambiguous`: it may have had its effect; look before asking again. */
export type OrderAnswer =
  | { readonly kind: 'accepted' }
  /** The service says that it is done or under way already. */
  | { readonly kind: 'already'; readonly because: string }
  | { readonly kind: 'refused'; readonly because: string; readonly retryable: boolean }
  | { readonly kind: 'ambiguous'; readonly because: string };

/** Orders to and looks at the database service. Every order is safe to repeat after a look. */
export interface Databases {
  look(registration: DatabaseRegistration, member: DatabaseMember): Promise<MemberView | { readonly kind: 'absent' } | Unknown>;
  promote(registration: DatabaseRegistration, candidate: DatabaseMember, epoch: number): Promise<OrderAnswer>;
  /** Aurora Global: planned, nothing lost. A different order from `promote`. */
  switchover(registration: DatabaseRegistration, candidate: DatabaseMember, epoch: number): Promise<OrderAnswer>;
}

/** Looks at a database that its own service fails over inside its Region; no order goes this way. */
export interface ServiceLooks {
  look(database: ServiceDatabase): Promise<MemberView | { readonly kind: 'absent' } | Unknown>;
}

/** One lag sample of a replica. `-1` and missing data arrive as `unknown`. */
export type LagSample =
  | { readonly kind: 'lag'; readonly atMs: number; readonly ms: number }
  | { readonly kind: 'unknown'; readonly atMs: number; readonly because: string };

export interface Lags {
  /** Samples of the window, oldest first. */
  samples(
    registration: DatabaseRegistration,
    member: DatabaseMember,
    fromMs: number,
    toMs: number,
  ): Promise<readonly LagSample[] | Unknown>;
}

/** What the reader in the standby's VPC saw: the newest heartbeat row on the replica, and whether the writer answers SQL. */
export interface HeartbeatReading {
  readonly kind: 'heartbeat';
  /** Commit time of the newest row, by the writer's clock. Only ever compared with other rows of the same writer. */
  readonly rowAtMs: number;
  readonly rowEpoch: number;
  /** The reader's own time since that row last changed, in ms. No clock of another machine takes part. */
  readonly unchangedForMs: number;
  /**
   * The newest row arrived at most so long ago: since the look that still saw an older one. `unchangedForMs` is the least;
   * death is judged by that, loss by this. Absent while this reader has seen one row only.
   */
  readonly arrivedWithinMs?: number;
  /** What this reader's looks add to a lag of the minutes before; absent while they are too few, or cannot say. */
  readonly excess?: Excess;
  readonly writerAnswers: boolean | 'unknown';
}

export interface Heartbeats {
  read(registration: DatabaseRegistration, member: DatabaseMember): Promise<HeartbeatReading | Unknown>;
}

export interface LatchPanel {
  /** Publishes what the journal wants; repeated each minute by the keeper. */
  publish(
    registration: Pick<DatabaseRegistration, 'pair' | 'namespace' | 'latch'>,
    latch: { readonly on: boolean; readonly hold: boolean; readonly generation?: number },
    writers: Readonly<Record<string, boolean>>,
  ): Promise<'published' | Unknown>;
}

/** `unreachable`: nothing answered at all, as opposed to throttled, refused or not finished. */
export type FenceRaised =
  | { readonly kind: 'up'; readonly level: string }
  | { readonly kind: 'down'; readonly because: string; readonly unreachable?: boolean };

export interface Fences {
  /** Puts one fence up; verified, not believed. */
  raise(fence: FenceSettings, epoch: number): Promise<FenceRaised>;
  /** Takes it down again; only before the point of no return, or by a person's order. */
  lower(
    fence: FenceSettings,
    epoch: number,
  ): Promise<{ readonly kind: 'lowered' } | { readonly kind: 'failed'; readonly because: string }>;
}

/** Network ACLs as they stand, looked at and never changed. */
export interface AclLooks {
  look(fence: Extract<FenceSettings, { kind: 'networkAcl' }>): Promise<
    | {
        readonly kind: 'acls';
        /** ACL of each subnet that was found. */
        readonly aclOf: Readonly<Record<string, string>>;
        /** By id, for those of the fence that exist: whether it has a rule that allows. */
        readonly allows: Readonly<Record<string, boolean>>;
      }
    | Unknown
  >;
}

export interface Applications {
  refresh(what: RefreshSettings, token: string): Promise<'started' | 'done' | Unknown>;
}

/** Endpoint of the writer for clients that do not use DNS: compare-and-set on the epoch. */
export interface WriterPointer {
  set(parameter: string, endpoint: string, epoch: number): Promise<'set' | 'newer' | Unknown>;
}

/** One record per pair, changed only by conditional writes. */
export interface Leases {
  /** `absent`: the table answers and holds no record of the pair. */
  read(pair: string): Promise<LeaseLook>;
  /** Takes the lease if `seenRvn` is still the record's; the epoch never falls. Hands it over, and gives it back, as well. */
  take(pair: string, seenRvn: string, epoch: number, holder: string): Promise<'taken' | 'lost' | Unknown>;
  /** Writes the first record of the pair. `lost`: there is one already. */
  offer(pair: string, epoch: number, holder: string): Promise<'taken' | 'lost' | Unknown>;
}

/** What the writer's renewer may do with its lease. */
export interface LeaseRenewals {
  read(pair: string): Promise<LeaseLook>;
  /** Changes the record, if it is still the holder's at this epoch and turn. */
  renew(pair: string, holder: string, belief: LeaseBelief): Promise<'renewed' | 'refused' | Unknown>;
}

export interface DatabaseRegistry {
  database(pair: string): Promise<DatabaseRegistration | { readonly kind: 'none' } | Unknown>;
}

/** Tells others of transitions that the journal holds. */
export interface Transitions {
  /** Throws when not every event was taken. */
  put(events: readonly TransitionEvent[]): Promise<void>;
}
