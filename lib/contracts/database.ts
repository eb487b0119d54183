/**
 * The database of a pair, as one JSON document in SSM beside the pair's registration (standby Region). At most 4,096
 * characters. Databases are named by id and endpoint, never owned: a promotion must not fight a deployment.
 */
export const DATABASE_REGISTRATION_SCHEMA = 'cdk-failover.database/1';

export interface DatabaseRegistration {
  readonly schema: typeof DATABASE_REGISTRATION_SCHEMA;
  readonly pair: string;
  readonly namespace: string;
  readonly kind: DatabaseKind;
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

export type DatabaseKind = 'multiAzInstance' | 'multiAzCluster' | 'auroraCluster' | 'readReplicas' | 'auroraGlobal' | 'custom';

export interface DatabaseMember {
  readonly id: string;
  readonly endpoint: string;
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

export type FenceSettings =
  | {
      readonly kind: 'networkAcl';
      readonly region: string;
      /** Role in the primary's Region or account that may swap; absent: the caller's own. */
      readonly roleArn?: string;
      /** Subnets of the old writer. Ids of associations would not do: each swap makes new ones. */
      readonly subnets: readonly string[];
      /** ACL that lets nothing through, made beforehand. */
      readonly denyAcl: string;
      /** ACL that the subnets have in peace, and get back. */
      readonly openAcl: string;
    }
  | { readonly kind: 'stopInstance'; readonly region: string; readonly id: string }
  | { readonly kind: 'function'; readonly name: string };

export type RefreshSettings =
  | { readonly kind: 'ecsService'; readonly cluster: string; readonly service: string }
  | { readonly kind: 'autoScalingGroup'; readonly name: string }
  | { readonly kind: 'lambdaAlias'; readonly name: string; readonly alias: string }
  | { readonly kind: 'function'; readonly name: string };

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
