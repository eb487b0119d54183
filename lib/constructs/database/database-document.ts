import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { DATABASE_REGISTRATION_SCHEMA, type DatabaseRegistration, type LatchSettings } from '../../contracts/database';
import type { DatabaseKind as BudgetKind } from '../../decide/budget';
import type { FailoverPair } from '../dns';
import type { BoundDatabase, OrderedDatabase } from './database';
import type { DatabaseFailoverProps } from './database-failover';
import type { BoundRefresh } from './strategies/app-refresh';
import type { BoundFence } from './strategies/fence';
import { WRITER_TTL_SEC } from './strategies/writer-name';

/** Age of the newest heartbeat row above which the writer counts as dead, in ms. */
const HEARTBEAT_LIMIT_MS = 30_000;

export interface DocumentParts {
  readonly pair: FailoverPair;
  readonly props: DatabaseFailoverProps;
  readonly database: OrderedDatabase;
  readonly loss: Pick<DatabaseRegistration, 'dataLoss' | 'limits'>;
  readonly policy: DatabaseRegistration['trigger'];
  readonly latch: LatchSettings;
  readonly fences: readonly BoundFence[];
  readonly refresh: readonly BoundRefresh[];
  readonly reader?: lambda.IFunction;
  readonly lease?: DatabaseRegistration['lease'];
}

/** What the runtime is told. Says who writes in normal times, never who writes now. */
export function documentOf(parts: DocumentParts): DatabaseRegistration {
  const { pair, props, database, reader } = parts;
  const { regions } = pair;
  const { writer, globalCluster, handler } = database;
  const limitMs = props.heartbeat?.limit?.toMilliseconds() ?? HEARTBEAT_LIMIT_MS;
  return {
    schema: DATABASE_REGISTRATION_SCHEMA,
    pair: pair.pairName,
    namespace: regions.controlSetName,
    kind: database.kind,
    primaryRegion: regions.primaryRegion,
    standbyRegion: regions.standbyRegion,
    source: database.source,
    replicas: database.replicas,
    ...(globalCluster ? { globalCluster } : {}),
    ...(handler ? { orderFunction: handler.functionArn } : {}),
    trigger: parts.policy,
    ...parts.loss,
    ...(reader ? { heartbeat: { readerFunction: reader.functionArn, limitMs } } : {}),
    ...(parts.lease ? { lease: parts.lease } : {}),
    fences: parts.fences.map(({ settings }) => settings),
    latch: parts.latch,
    ...(writer ? { writerName: { name: writer.name, zoneId: writer.hostedZoneId, ttlSec: WRITER_TTL_SEC } } : {}),
    ...(props.writerParameter ? { writerParameter: props.writerParameter } : {}),
    refresh: parts.refresh.map(({ settings }) => settings),
  };
}

/** The way of the writer, as the budget knows it. */
export function budgetKind({ kind }: BoundDatabase): BudgetKind {
  switch (kind) {
    case 'multiAzInstance':
      return 'multi-az-instance';
    case 'multiAzCluster':
      return 'multi-az-cluster';
    case 'auroraCluster':
      return 'aurora-replica';
    case 'auroraGlobal':
      return 'aurora-global';
    case 'readReplicas':
    case 'custom':
      return 'replica-promotion';
  }
}
