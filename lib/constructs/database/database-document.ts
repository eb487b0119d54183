import { Stack } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { DATABASE_REGISTRATION_SCHEMA, type DatabaseRegistration, type LatchSettings } from '../../contracts/database';
import { databaseParameter } from '../../decide/names';
import { numberOf } from '../../decide/timings';
import type { FailoverPair } from '../dns';
import { refuse } from '../internal/problems';
import { keepId } from '../internal/stable-id';
import type { FailoverRegions } from '../regions';
import type { OrderedDatabase } from './database';
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

/** Room for a value that is only known at deploy time; an ARN of ours has at most 120 characters. */
const TOKEN_CHARS = 128;

/** Tells prober, steps and keeper what the database is: one parameter in the standby Region. */
export function writeDatabase(scope: Construct, regions: FailoverRegions, document: DatabaseRegistration): void {
  const most = numberOf('ssm.parameter.chars', 'chars');
  const length = JSON.stringify(document).replace(/\$\{Token\[[^\]]*\]\}/g, 'x'.repeat(TOKEN_CHARS)).length;
  if (length > most) {
    refuse(
      scope,
      'DatabaseTooLong',
      `the registration of the database has ${length} characters; an SSM standard parameter holds ${most}; give fewer fences, subnets or applications to refresh, or let one function stand for several`,
    );
  }
  const parameter = new ssm.StringParameter(scope, 'Registration', {
    parameterName: databaseParameter(regions.controlSetName, document.pair),
    description: `What the database of the failover pair ${document.pair} is`,
    stringValue: Stack.of(scope).toJsonString(document),
  });
  keepId(parameter, regions.controlSetName, document.pair, 'database');
}
