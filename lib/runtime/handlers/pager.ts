import { ENV } from '../../contracts/environment';
import { pagerDimensions, severityMap } from '../../decide/alert';
import { QUICK } from '../adapters/clients';
import { CloudWatchAlarms } from '../adapters/cloudwatch';
import { DynamoDbJournal } from '../adapters/dynamodb-journal';
import { EmbeddedMetrics } from '../adapters/embedded-metrics';
import { environment } from '../adapters/environment';
import { HttpPagerDuty } from '../adapters/pager/pagerduty';
import { SqsAlertQueue } from '../adapters/pager/queue';
import { SecretRoutingKeys } from '../adapters/pager/secrets';
import { JsonLog, SystemChance, SystemTime } from '../adapters/system';
import { drivePager, type PagerPorts } from '../drive/pager';

const env = environment(ENV, [
  'routingKeySecret',
  'pagerDutyUrl',
  'queueUrl',
  'deadLetterQueueUrl',
  'criticalSeverity',
  'warningSeverity',
  'alertPath',
  'alertStack',
]);
const table = process.env[ENV.journalTable];
const time = new SystemTime();
const ports: PagerPorts = {
  time,
  chance: new SystemChance(),
  keys: new SecretRoutingKeys(env.routingKeySecret, time),
  pagerDuty: new HttpPagerDuty(env.pagerDutyUrl),
  queue: new SqsAlertQueue(env.queueUrl, env.deadLetterQueueUrl),
  alarms: new CloudWatchAlarms(QUICK),
  ...(table ? { journal: new DynamoDbJournal(table, time, process.env[ENV.journalRegion], QUICK) } : {}),
  metrics: new EmbeddedMetrics(pagerDimensions(env.alertPath, env.alertStack), time),
  log: new JsonLog('pager'),
};
const settings = { severities: severityMap(env.criticalSeverity, env.warningSeverity), startWithinMs: 20_000 };

interface SqsEvent {
  readonly Records: readonly {
    readonly messageId: string;
    readonly receiptHandle: string;
    readonly body: string;
    readonly attributes: { readonly ApproximateReceiveCount: string; readonly SentTimestamp: string };
  }[];
}

export const handler = async (event: SqsEvent) => {
  const messages = event.Records.map((record) => ({
    id: record.messageId,
    receipt: record.receiptHandle,
    body: record.body,
    attempt: Number(record.attributes.ApproximateReceiveCount),
    sentAtMs: Number(record.attributes.SentTimestamp),
  }));
  const again = await drivePager(messages, settings, ports);
  return { batchItemFailures: again.map((itemIdentifier) => ({ itemIdentifier })) };
};
