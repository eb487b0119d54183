import { ENV } from '../../contracts/environment';
import { namespaceOf } from '../../decide/names';
import { AuthoritativeDns } from '../adapters/authoritative-dns';
import { CloudWatchMetrics } from '../adapters/cloudwatch';
import { Ec2AclLooks } from '../adapters/database/acl-looks';
import { AwsDatabases } from '../adapters/database/databases';
import { DynamoDbLeases } from '../adapters/database/dynamodb-leases';
import { EventBridgeTransitions } from '../adapters/database/event-bridge-transitions';
import { AwsLags } from '../adapters/database/lags';
import { LambdaHeartbeats } from '../adapters/database/lambda-heartbeats';
import { SsmDatabaseRegistry } from '../adapters/database/ssm-database-registry';
import { DynamoDbJournal } from '../adapters/dynamodb-journal';
import { environment } from '../adapters/environment';
import { LambdaFunctions } from '../adapters/lambda-functions';
import { SfnMachine } from '../adapters/sfn-machine';
import { SnsAnnouncer } from '../adapters/sns-announcer';
import { SocketProbe } from '../adapters/socket-probe';
import { SsmRegistry } from '../adapters/ssm-registry';
import { JsonLog, SystemTime } from '../adapters/system';
import { type ProberPorts, probe } from '../drive/database/prober';
import { TransitionJournal } from '../drive/database/transition-journal';

const env = environment(ENV, ['journalTable', 'registryPath', 'machineArn']);
/** A tick is due every 5 s: a function that takes longer is unknown in this one. */
const FUNCTION_LIMIT_MS = 5_000;
const time = new SystemTime();
const functions = new LambdaFunctions(FUNCTION_LIMIT_MS);
const databaseRegistry = new SsmDatabaseRegistry(env.registryPath);
const log = new JsonLog('prober');
const journal = new TransitionJournal(
  { journal: new DynamoDbJournal(env.journalTable, time), transitions: new EventBridgeTransitions(), time, log },
  { namespace: namespaceOf(env.registryPath), source: 'prober' },
);
const ports: ProberPorts = {
  time,
  stopwatch: { elapsedMs: () => performance.now() },
  metrics: new CloudWatchMetrics(),
  databaseRegistry,
  log,
  dns: new AuthoritativeDns(),
  probe: new SocketProbe(time),
  journal,
  registry: new SsmRegistry(env.registryPath),
  databases: new AwsDatabases(functions),
  lags: new AwsLags(functions),
  heartbeats: new LambdaHeartbeats(functions),
  leases: new DynamoDbLeases(databaseRegistry),
  announcer: new SnsAnnouncer(),
  machine: new SfnMachine(env.machineArn),
  aclLooks: new Ec2AclLooks(),
};

/**
 * Watches all databases of the control set; started every minute, ends when a newer run is as warm. Calls: GetItem, PutItem;
 * GetParameter, GetParametersByPath; DescribeDBInstances, DescribeDBClusters, DescribeGlobalClusters; DescribeNetworkAcls; GetMetricData,
 * PutMetricData; Invoke of readers and order functions; StartExecution; Publish; PutEvents. It orders nothing itself.
 */
export const handler = () => probe(ports).finally(() => journal.settled());
