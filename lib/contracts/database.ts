import type { FenceSettings, RefreshSettings } from '../decide/database/settings';

export type { FenceSettings, RefreshSettings } from '../decide/database/settings';

/**
 * The database of a pair, as one JSON document in SSM beside the pair's registration (standby Region). At most 4,096
 * characters. Databases are named by id and endpoint, never owned: a promotion must not fight a deployment.
 */
export const DATABASE_REGISTRATION_SCHEMA = 'cdk-failover.database/1';

export interface DatabaseRegistration {
  readonly schema: typeof DATABASE_REGISTRATION_SCHEMA;
  readonly pair: string;
  readonly namespace: string;
  readonly kind: OrderedKind;
  readonly primaryRegion: string;
  readonly standbyRegion: string;
  readonly source: DatabaseMember;
  /** Candidates in the standby Region, at most 4 with the source. */
  readonly replicas: readonly DatabaseMember[];
  /** Aurora Global Database only. */
  readonly globalCluster?: string;
  /** `custom` only: function that carries orders on databases outside RDS. */
  readonly orderFunction?: string;
  readonly trigger: { readonly kind: 'unanimous' | 'manual' } | { readonly kind: 'quorum'; readonly of: number };
  readonly dataLoss: { readonly kind: 'never' | 'any' } | { readonly kind: 'upTo'; readonly ms: number };
  /** Heartbeat reader in the standby's VPC: strong evidence. Absent: lag points only. */
  readonly heartbeat?: { readonly readerFunction: string; readonly limitMs: number };
  readonly lease?: { readonly table: string; readonly region: string };
  readonly fences: readonly FenceSettings[];
  readonly latch: LatchSettings;
  readonly writerName?: { readonly name: string; readonly zoneId: string; readonly ttlSec: number };
  /** SSM parameter that clients without DNS read; holds a `WriterDocument`. Belongs to the runtime, not to a template. */
  readonly writerParameter?: string;
  readonly refresh: readonly RefreshSettings[];
  /** Highest lag before the failure, and oldest age of its sample, for a replica to be eligible. */
  readonly limits: { readonly lagMs: number; readonly sampleAgeMs: number };
}

/** The writer for clients that do not use DNS. Text of another shape counts as epoch 0. */
export interface WriterDocument {
  readonly endpoint: string;
  readonly epoch: number;
}

/** Kinds that the service itself never fails over: here the controller does. */
export type OrderedKind = 'readReplicas' | 'auroraGlobal' | 'custom';

export interface DatabaseMember {
  readonly id: string;
  readonly endpoint: string;
  /** Where rows are read while `endpoint` does not answer: the cluster of Aurora that does not write. */
  readonly readerEndpoint?: string;
  readonly port: number;
  readonly region: string;
  readonly engine: string;
  /** Lower is preferred where loss is equal. */
  readonly priority: number;
}

export interface LatchSettings {
  /** Frozen names: Route 53 copies an alarm when the check is attached, and a renamed alarm has no history. */
  readonly metric: string;
  readonly holdMetric: string;
  readonly generation: number;
  /** TXT names that show Route 53's verdict: `healthy` = not latched; allowed sides. */
  readonly beacons: { readonly latch: string; readonly primaryAllowed: string; readonly standbyAllowed: string };
}

/** Input of the database step function; every field is also in the journal, which decides. */
export interface DatabaseStepInput {
  readonly pair: string;
  readonly run: string;
  readonly epoch: number;
  readonly step: string;
}

export interface DatabaseStepOutput {
  /** A `StepVerdict`: chooses the next state. */
  readonly verdict: string;
  readonly waitSec: number;
  readonly because: readonly string[];
}

/** What the function of a `custom` database is asked. */
export interface OrderRequest {
  readonly action: 'look' | 'lag' | 'promote' | 'switchover';
  readonly pair: string;
  readonly member: DatabaseMember;
  /** With `promote` and `switchover`: an order with a lower epoch than one already carried out must be refused. */
  readonly epoch?: number;
  /** With `lag`: the window of samples, in Unix ms. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** Answer to `look`. */
export interface OrderFunctionView {
  /** `available`, `absent`, or any other word for a database that cannot take over now. */
  readonly status: string;
  readonly replicaOf?: string;
  readonly replicating?: boolean;
  readonly isWriter?: boolean;
}

/** Answer to `lag`, oldest first. A sample without `ms` is unknown. */
export interface OrderFunctionLag {
  readonly samples: readonly { readonly atMs: number; readonly ms?: number; readonly because?: string }[];
}

/** Answer to `promote` and `switchover`. Anything else counts as "may have happened". */
export interface OrderFunctionOutcome {
  readonly outcome: 'accepted' | 'already' | 'refused';
  readonly because?: string;
  /** With `refused`: whether asking again may help. */
  readonly retryable?: boolean;
}

/** What the function of a fence is asked; it answers `FenceAnswer`. */
export interface FenceRequest {
  readonly action: 'raise' | 'lower';
  readonly epoch: number;
}

/** `held`: whether the old writer is kept from writing now; verified, not believed. */
export interface FenceAnswer {
  readonly held: boolean;
  readonly because?: string;
  /** Nothing answered there at all: after two such answers in a row a failover does not wait for this fence any longer. */
  readonly unreachable?: boolean;
}

/** What the function that refreshes an application is asked; it answers `started` or `done`. */
export interface RefreshRequest {
  readonly action: 'refresh';
  /** The same for every repetition of one refresh. */
  readonly token: string;
}

export interface RefreshAnswer {
  readonly state: 'started' | 'done';
}

/** Partition key of a lease table; the item also has `rvn`, `epoch`, `holder` and `turn`. */
export const LEASE_KEY = 'pk';

/** Input of the heartbeat reader; it answers a `HeartbeatReading` or an `Unknown` of the ports. */
export interface HeartbeatRequest {
  readonly pair: string;
  /** Replica on which the row is read. */
  readonly member: DatabaseMember;
  /** Whose endpoint is asked whether it answers SQL. */
  readonly writer: DatabaseMember;
}

/** Where the heartbeat row lives: a schema in PostgreSQL, a database in MySQL. The row has `id` 1. */
export const HEARTBEAT_TABLE = 'cdk_failover.heartbeat';
