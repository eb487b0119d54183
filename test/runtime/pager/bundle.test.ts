import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ENV } from '../../../lib/contracts/environment';
import type { JournalItem, RunningDrill } from '../../../lib/decide/journal';
import { controlNames, JOURNAL_KEY } from '../../../lib/decide/names';
import {
  type AwsEndpoint,
  CloudWatch,
  clientEnvironment,
  DynamoDb,
  queueUrl,
  Secrets,
  Sqs,
  startAwsEndpoint,
} from '../../../lib/lab/aws';
import { type LabPagerDuty, startPagerDuty } from '../../../lib/lab/pagerduty';
import { makeCertificates } from '../../../lib/lab/world/certificates';
import { HttpPagerDuty } from '../../../lib/runtime/adapters/pager/pagerduty';
import { ALARM_ARN, KEY, NEW_KEY, TOPIC } from './world';

/** The bundle that ships, with its own SDK clients, against servers that speak the protocols of AWS and PagerDuty. */

const REGION = 'eu-west-1';
const STANDBY = 'eu-central-1';
const TABLE = controlNames('shop', STANDBY).journalTable;
const ACCOUNT = '111111111111';

const time = { nowMs: () => Date.now(), sleep: (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms)) };
const secrets = new Map([[`${REGION}:pagerduty`, KEY]]);
const keys = new Set([KEY]);
const queues = new Sqs(time, { alerts: { region: REGION, visibilitySec: 180 }, dead: { region: REGION, visibilitySec: 180 } });
const environment: Record<string, string> = {};
const metrics: Record<string, unknown>[] = [];
const logs: Record<string, unknown>[] = [];

const journal = new DynamoDb({ [`${STANDBY}/${TABLE}`]: [JOURNAL_KEY] });
let aws: AwsEndpoint;
let pagerDuty: LabPagerDuty;
let child: ChildProcess;

const BUNDLE = join(__dirname, '../../../assets/pager/index.js');
/** Lambda's part: loads the bundle once, then answers one event after the other, with what was written meanwhile. */
const RUNNER = `
  let lines = [];
  process.stdout.write = process.stderr.write = (text) => { lines.push(String(text)); return true; };
  const { handler } = require(process.argv[1]);
  process.on('message', async (event) => {
    lines = [];
    const answer = await handler(event);
    process.send({ answer, lines });
  });
  process.on('disconnect', () => process.exit(0));
  process.send('ready');
`;

interface Told {
  readonly answer: { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] };
  readonly lines: readonly string[];
}

async function handler(event: unknown): Promise<Told['answer']> {
  child.send(event as object);
  const [told] = (await once(child, 'message')) as [Told];
  for (const line of told.lines.filter((one) => one.startsWith('{'))) {
    (line.startsWith('{"_aws"') ? metrics : logs).push(JSON.parse(line));
  }
  return told.answer;
}

beforeAll(async () => {
  const alarm = {
    name: 'shop-primary',
    region: REGION,
    namespace: 'n',
    metric: 'm',
    periods: 1,
    description: '',
    sample: () => 1,
    breaches: () => false,
  };
  aws = await startAwsEndpoint(time, [queues, new Secrets(secrets), new CloudWatch(time, [alarm], () => undefined), journal]);
  pagerDuty = await startPagerDuty(time, { routingKeys: keys });
  Object.assign(environment, clientEnvironment(aws.url, 'pager', REGION), {
    [ENV.journalTable]: TABLE,
    [ENV.journalRegion]: STANDBY,
    [ENV.routingKeySecret]: 'pagerduty',
    [ENV.pagerDutyUrl]: pagerDuty.url,
    [ENV.queueUrl]: queueUrl(aws.url, 'alerts'),
    [ENV.deadLetterQueueUrl]: queueUrl(aws.url, 'dead'),
    [ENV.criticalSeverity]: 'critical',
    [ENV.warningSeverity]: 'warning',
    [ENV.alertPath]: 'Alerts',
    [ENV.alertStack]: 'Shop',
  });
  child = spawn(process.execPath, ['-e', RUNNER, BUNDLE], { env: environment, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'message');
});

afterAll(async () => {
  child.disconnect();
  await Promise.all([aws.close(), pagerDuty.close()]);
});

const message = (state: string, atMs = Date.now()) => ({
  AlarmName: 'shop-primary',
  AlarmArn: ALARM_ARN,
  AlarmDescription: '[failover pair shop]',
  NewStateValue: state,
  OldStateValue: 'OK',
  NewStateReason: 'Threshold Crossed',
  StateChangeTime: new Date(atMs).toISOString().replace('Z', '+0000'),
});

/** Puts a message into the queue, delivers it once, and answers which calls that took. */
async function deliver(content: unknown, topic = TOPIC) {
  queues.send(
    'alerts',
    JSON.stringify({
      MessageId: 'sns-1',
      TopicArn: topic,
      Timestamp: new Date().toISOString(),
      Message: JSON.stringify(content),
    }),
  );
  const before = aws.recordedCalls().length;
  const [received] = queues.receive('alerts', 1);
  if (!received) throw new Error('no message');
  const { batchItemFailures } = await handler({
    Records: [
      {
        messageId: received.id,
        receiptHandle: received.receipt,
        body: received.body,
        attributes: { ApproximateReceiveCount: String(received.receives), SentTimestamp: String(received.sentAtMs) },
      },
    ],
  });
  const again = batchItemFailures.length > 0;
  queues.delete('alerts', received.id);
  const calls = aws
    .recordedCalls()
    .slice(before)
    .map((call) => `${call.action} ${call.resource}`);
  return { again, calls };
}

/** As the drill's own adapter writes it. */
const write = (Item: unknown) =>
  journal.answer(
    {
      service: 'dynamodb',
      region: STANDBY,
      handler: 'test',
      method: 'POST',
      path: '/',
      headers: { 'x-amz-target': 'x.PutItem' },
      body: Buffer.from(JSON.stringify({ TableName: TABLE, Item })),
    } as never,
    () => undefined,
  );

const secretCall = `secretsmanager:GetSecretValue arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:pagerduty-AbCdEf`;
const journalCall = `dynamodb:GetItem arn:aws:dynamodb:${STANDBY}:${ACCOUNT}:table/${TABLE}`;

test('a fresh alarm reads key and journal, pages, and counts', async () => {
  const { again, calls } = await deliver(message('ALARM'));
  expect([again, calls]).toEqual([false, [journalCall, secretCall]]);
  expect(pagerDuty.requests().map((one) => [one.status, one.why])).toEqual([[202, undefined]]);
  expect(pagerDuty.open().map((one) => one.dedupKey)).toEqual([ALARM_ARN]);
  expect(metrics.at(-1)).toMatchObject({
    AlertPath: 'Alerts',
    Stack: 'Shop',
    AlertsDelivered: 1,
    _aws: {
      CloudWatchMetrics: [
        { Namespace: 'CdkFailover', Dimensions: [['AlertPath', 'Stack']], Metrics: [{ Name: 'AlertsDelivered', Unit: 'Count' }] },
      ],
    },
  });
  expect(logs.at(-1)).toMatchObject({
    level: 'INFO',
    source: 'pager',
    message: 'alert',
    outcome: 'delivered',
    key: ALARM_ARN,
    action: 'trigger',
  });
});

test('an old alarm asks CloudWatch first, and is resolved when it is over', async () => {
  const { calls } = await deliver(message('ALARM', Date.now() - 120_000));
  expect(calls).toEqual([`cloudwatch:DescribeAlarms arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:*`]);
  expect(pagerDuty.open()).toEqual([]);
});

test('a busy PagerDuty puts the message off in the queue', async () => {
  pagerDuty.script({ status: 429, retryAfterSec: 60 });
  const { again, calls } = await deliver(message('ALARM'));
  expect(again).toBe(true);
  expect(calls).toEqual([journalCall, `sqs:ChangeMessageVisibility arn:aws:sqs:${REGION}:${ACCOUNT}:alerts`]);
  expect(metrics.at(-1)).toMatchObject({ AlertDelaySeconds: expect.any(Number) });
});

test('a rotated key is read again, and used from then on', async () => {
  keys.clear();
  keys.add(NEW_KEY);
  secrets.set(`${REGION}:pagerduty`, NEW_KEY);
  expect((await deliver({ hello: 'one' })).calls).toEqual([secretCall]);
  expect((await deliver({ hello: 'two' })).calls).toEqual([]);
  expect(
    pagerDuty
      .requests()
      .slice(-3)
      .map((one) => one.status),
  ).toEqual([400, 202, 202]);
});

test('what PagerDuty refuses ends in the dead-letter queue', async () => {
  pagerDuty.script({ status: 400 });
  const { again, calls } = await deliver(message('OK'));
  expect([again, calls]).toEqual([false, [secretCall, `sqs:SendMessage arn:aws:sqs:${REGION}:${ACCOUNT}:dead`]]);
  expect(queues.messages('dead').map((one) => JSON.parse(one.body).TopicArn)).toEqual([TOPIC]);
  expect(logs.at(-1)).toMatchObject({ level: 'ERROR', outcome: 'dead-letter' });
});

test('a running drill is found in the journal of the standby Region', async () => {
  const drill: RunningDrill = {
    id: 'tue-1',
    level: 'TRAFFIC',
    scenario: 'primary_crash',
    requestedBy: 'me',
    startedAtMs: Date.now(),
    deadlineMs: Date.now() + 600_000,
    lastPrimaryProbe: { good: true, atMs: Date.now() },
    expectedAlarms: ['shop-primary'],
    steps: {},
  };
  const item: JournalItem = { pair: 'shop', revision: 1, epoch: 0, lastDrills: [], drill };
  write({ [JOURNAL_KEY]: { S: 'pair#shop' }, document: { S: JSON.stringify(item) } });
  await deliver(message('ALARM'));
  expect(pagerDuty.open().find((one) => one.dedupKey === ALARM_ARN)).toMatchObject({
    severity: 'info',
    summary: expect.stringContaining('[DRILL]'),
  });
});

test('the sender fails at start with the names of what is missing', () => {
  const { [ENV.pagerDutyUrl]: _url, [ENV.queueUrl]: _queue, ...rest } = environment;
  const { stderr } = spawnSync(process.execPath, ['-e', 'require(process.argv[1])', BUNDLE], { env: rest, encoding: 'utf8' });
  expect(stderr).toContain('missing environment: PAGERDUTY_URL, QUEUE_URL');
});

test('the sender trusts PagerDuty by its certificate only', async () => {
  const { ca, site } = await makeCertificates(['localhost'], ['127.0.0.1'], Date.now());
  const server = await startPagerDuty(time, { routingKeys: new Set([KEY]), tls: site });
  const event = { event_action: 'resolve', dedup_key: 'k', routing_key: KEY };
  try {
    const stranger = await new HttpPagerDuty(server.url).post('enqueue', event);
    expect([stranger.kind, server.requests()]).toEqual(['network', []]);
    const known = await new HttpPagerDuty(server.url, undefined, ca).post('enqueue', event);
    expect(known).toMatchObject({ kind: 'status', status: 202 });
  } finally {
    await server.close();
  }
});
