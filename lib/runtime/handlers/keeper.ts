import { ENV } from '../../contracts/environment';
import { AuthoritativeDns } from '../adapters/authoritative-dns';
import { CloudWatchAlarms, CloudWatchMetrics } from '../adapters/cloudwatch';
import { MetricLatchPanel } from '../adapters/database/latch-panel';
import { RdsServiceLooks } from '../adapters/database/service-looks';
import { DynamoDbJournal } from '../adapters/dynamodb-journal';
import { environment } from '../adapters/environment';
import { LambdaFunctions } from '../adapters/lambda-functions';
import { SnsAnnouncer } from '../adapters/sns-announcer';
import { SsmRegistry } from '../adapters/ssm-registry';
import { JsonLog, SystemTime } from '../adapters/system';
import { keep } from '../drive/keeper';

const env = environment(ENV, ['journalTable', 'registryPath', 'restoreFunctionArn']);
/** A restore for the keeper answers sooner; the next minute tries again. */
const RESTORE_LIMIT_MS = 45_000;
const time = new SystemTime();
const metrics = new CloudWatchMetrics();
const ports = {
  time,
  log: new JsonLog('keeper'),
  journal: new DynamoDbJournal(env.journalTable, time),
  registry: new SsmRegistry(env.registryPath),
  dns: new AuthoritativeDns(),
  alarms: new CloudWatchAlarms(),
  metrics,
  latchPanel: new MetricLatchPanel(metrics),
  announcer: new SnsAnnouncer(),
  functions: new LambdaFunctions(RESTORE_LIMIT_MS),
  serviceLooks: new RdsServiceLooks(),
  restoreFunction: env.restoreFunctionArn,
};

/** Runs every minute. Calls: DNS; GetItem, PutItem; GetParametersByPath; DescribeAlarms, PutMetricData; DescribeDBInstances, DescribeDBClusters; Publish; Invoke of the restore function. */
export const handler = () => keep(ports);
