import type { DrillStepInput } from '../../contracts/drill';
import { ENV } from '../../contracts/environment';
import { CloudWatchMetrics } from '../adapters/cloudwatch';
import { Route53HealthChecks } from '../adapters/drill/route53-health-checks';
import { DynamoDbJournal } from '../adapters/dynamodb-journal';
import { environment } from '../adapters/environment';
import { LambdaFunctions } from '../adapters/lambda-functions';
import { JsonLog, SystemTime } from '../adapters/system';
import { restore } from '../drive/restore';

const env = environment(ENV, ['journalTable', 'routingRegion']);
/** Longest time to wait for a function of the user's that mends. */
const FUNCTION_LIMIT_MS = 60_000;
const time = new SystemTime();
const ports = {
  time,
  log: new JsonLog('restore'),
  journal: new DynamoDbJournal(env.journalTable, time),
  checks: new Route53HealthChecks(env.routingRegion),
  functions: new LambdaFunctions(FUNCTION_LIMIT_MS),
  metrics: new CloudWatchMetrics(),
};

/** Puts things back; for the machine, the one-shot schedule, the keeper and people. Calls: GetItem, PutItem; GetHealthCheck, UpdateHealthCheck; PutMetricData; Invoke of the user's functions. */
export const handler = (event: DrillStepInput) => restore(event, ports);
