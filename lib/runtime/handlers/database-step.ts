import type { DatabaseStepInput } from '../../contracts/database';
import { ENV } from '../../contracts/environment';
import { namespaceOf } from '../../decide/names';
import { AuthoritativeDns } from '../adapters/authoritative-dns';
import { CloudWatchMetrics } from '../adapters/cloudwatch';
import { AwsApplications } from '../adapters/database/applications';
import { AwsDatabases } from '../adapters/database/databases';
import { DynamoDbLeases } from '../adapters/database/dynamodb-leases';
import { EventBridgeTransitions } from '../adapters/database/event-bridge-transitions';
import { AwsFences } from '../adapters/database/fences';
import { AwsLags } from '../adapters/database/lags';
import { LambdaHeartbeats } from '../adapters/database/lambda-heartbeats';
import { MetricLatchPanel } from '../adapters/database/latch-panel';
import { SsmDatabaseRegistry } from '../adapters/database/ssm-database-registry';
import { SsmWriterPointer } from '../adapters/database/writer-pointer';
import { DynamoDbJournal } from '../adapters/dynamodb-journal';
import { environment } from '../adapters/environment';
import { LambdaFunctions } from '../adapters/lambda-functions';
import { SnsAnnouncer } from '../adapters/sns-announcer';
import { SocketProbe } from '../adapters/socket-probe';
import { SsmRegistry } from '../adapters/ssm-registry';
import { JsonLog, SystemTime } from '../adapters/system';
import type { DatabasePorts } from '../drive/database/context';
import { databaseStep } from '../drive/database/step';
import { TransitionJournal } from '../drive/database/transition-journal';

const env = environment(ENV, ['journalTable', 'registryPath']);
/** Longest wait for a function of the user's, and for the heartbeat reader. */
const FUNCTION_LIMIT_MS = 20_000;
const READER_LIMIT_MS = 8_000;
const time = new SystemTime();
const functions = new LambdaFunctions(FUNCTION_LIMIT_MS);
const metrics = new CloudWatchMetrics();
const databaseRegistry = new SsmDatabaseRegistry(env.registryPath);
const log = new JsonLog('database-step');
const journal = new TransitionJournal(
  { journal: new DynamoDbJournal(env.journalTable, time), transitions: new EventBridgeTransitions(), time, log },
  { namespace: namespaceOf(env.registryPath), source: 'database-step' },
);
const ports: DatabasePorts = {
  time,
  metrics,
  databaseRegistry,
  log,
  dns: new AuthoritativeDns(),
  probe: new SocketProbe(time),
  journal,
  registry: new SsmRegistry(env.registryPath),
  databases: new AwsDatabases(functions),
  lags: new AwsLags(functions),
  heartbeats: new LambdaHeartbeats(new LambdaFunctions(READER_LIMIT_MS)),
  latchPanel: new MetricLatchPanel(metrics),
  fences: new AwsFences(functions),
  applications: new AwsApplications(functions),
  pointer: new SsmWriterPointer(),
  leases: new DynamoDbLeases(databaseRegistry),
  announcer: new SnsAnnouncer(),
};

/**
 * Every step of a database run. Calls: GetItem, PutItem; GetParameter, PutParameter; DescribeDBInstances, DescribeDBClusters,
 * DescribeGlobalClusters, PromoteReadReplica, FailoverGlobalCluster, SwitchoverGlobalCluster, StopDBInstance; GetMetricData,
 * PutMetricData; AssumeRole, DescribeNetworkAcls, ReplaceNetworkAclAssociation; UpdateService, StartInstanceRefresh, the
 * calls of an alias refresh; Invoke of reader and user's functions; Publish; PutEvents.
 */
export const handler = (event: DatabaseStepInput) => databaseStep(event, ports).finally(() => journal.settled());
