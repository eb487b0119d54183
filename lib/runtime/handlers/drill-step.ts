import type { DrillStepInput } from '../../contracts/drill';
import { ENV } from '../../contracts/environment';
import { AuthoritativeDns } from '../adapters/authoritative-dns';
import { CloudWatchAlarms, CloudWatchMetrics } from '../adapters/cloudwatch';
import { Route53HealthChecks } from '../adapters/drill/route53-health-checks';
import { S3Reports } from '../adapters/drill/s3-reports';
import { SchedulerSchedules } from '../adapters/drill/scheduler-schedules';
import { DynamoDbJournal } from '../adapters/dynamodb-journal';
import { environment } from '../adapters/environment';
import { LambdaFunctions } from '../adapters/lambda-functions';
import { SnsAnnouncer } from '../adapters/sns-announcer';
import { SocketProbe } from '../adapters/socket-probe';
import { SsmRegistry } from '../adapters/ssm-registry';
import { JsonLog, SystemTime } from '../adapters/system';
import type { DrillPorts } from '../drive/drill/context';
import { drillStep } from '../drive/drill/steps';

const env = environment(ENV, [
  'journalTable',
  'registryPath',
  'routingRegion',
  'scheduleGroup',
  'scheduleRoleArn',
  'restoreFunctionArn',
  'reportBucket',
]);
/** Longest time to wait for a function of the user's that breaks or mends. */
const FUNCTION_LIMIT_MS = 60_000;
const time = new SystemTime();
const ports: DrillPorts = {
  time,
  log: new JsonLog('drill-step'),
  dns: new AuthoritativeDns(),
  probe: new SocketProbe(time),
  checks: new Route53HealthChecks(env.routingRegion),
  journal: new DynamoDbJournal(env.journalTable, time),
  registry: new SsmRegistry(env.registryPath, env.routingRegion),
  schedules: new SchedulerSchedules({
    group: env.scheduleGroup,
    roleArn: env.scheduleRoleArn,
    targetArn: env.restoreFunctionArn,
  }),
  alarms: new CloudWatchAlarms(),
  metrics: new CloudWatchMetrics(),
  reports: new S3Reports(env.reportBucket),
  announcer: new SnsAnnouncer(),
  functions: new LambdaFunctions(FUNCTION_LIMIT_MS),
};

/**
 * Every step of the machine but the restore. Calls: GetItem, PutItem; GetParameter here and in the routing Region;
 * CreateSchedule, DeleteSchedule; DescribeAlarms, PutMetricData; PutObject; Publish; Invoke of the user's functions;
 * GetHealthCheck, UpdateHealthCheck, GetHealthCheckStatus.
 */
export const handler = (event: DrillStepInput) => drillStep(event, ports);
