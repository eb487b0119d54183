import { CloudWatchClient, DescribeAlarmsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  GetHealthCheckCommand,
  GetHealthCheckStatusCommand,
  Route53Client,
  UpdateHealthCheckCommand,
} from '@aws-sdk/client-route-53';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateScheduleCommand, DeleteScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetParameterCommand, GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import fc from 'fast-check';
import {
  type AwsEndpoint,
  accessKeyOf,
  CloudWatch,
  DynamoDb,
  EventSource,
  type FunctionHost,
  type InvokeResult,
  Lambda,
  Parameters,
  queueUrl,
  Route53,
  S3,
  Scheduler,
  Secrets,
  Sns,
  Sqs,
  StepFunctions,
  startAwsEndpoint,
} from '../../../lib/lab/aws';
import { HealthChecks, Truth } from '../../../lib/lab/world';

const REGION = 'eu-central-1';
const TOPIC = `arn:aws:sns:${REGION}:111111111111:alerts`;
const MACHINE = `arn:aws:states:${REGION}:111111111111:stateMachine:drill`;

/** Time that a test moves by hand; sleepers wake when their time has come. */
class HandTime {
  private ms = Date.UTC(2026, 10, 20);
  private sleepers: { atMs: number; wake: () => void }[] = [];
  public nowMs = () => this.ms;
  public sleep = (ms: number) => new Promise<void>((wake) => this.sleepers.push({ atMs: this.ms + ms, wake }));
  public async pass(ms: number): Promise<void> {
    this.ms += ms;
    const due = this.sleepers.filter((one) => one.atMs <= this.ms);
    this.sleepers = this.sleepers.filter((one) => one.atMs > this.ms);
    for (const one of due) one.wake();
    for (let i = 0; i < 10; i++) await new Promise(setImmediate);
  }
}

class WrittenHost implements FunctionHost {
  public readonly invoked: { name: string; event: unknown }[] = [];
  public answer: (name: string, event: unknown) => InvokeResult = () => ({ kind: 'done', answer: { ok: true } });
  public has = (name: string, region: string) => region === REGION && name !== 'absent';
  public invoke = async (name: string, _region: string, event: unknown) => {
    this.invoked.push({ name, event });
    return this.answer(name, event);
  };
  public invokeLater = (name: string, region: string, event: unknown) => void this.invoke(name, region, event);
}

const time = new HandTime();
const host = new WrittenHost();
const parameters = new Map<string, string>();
const secrets = new Map([[`${REGION}:pagerduty`, 'key']]);
const checks = new HealthChecks({
  time: { nowMs: time.nowMs, sleep: time.sleep, after: () => () => undefined },
  truth: new Truth(time.nowMs),
  uniform: () => 0,
  resolve: () => undefined,
  onStatus: () => undefined,
  onDelete: () => undefined,
});
const queues = new Sqs(time, {
  alerts: { region: REGION, visibilitySec: 60, deadLetter: { queue: 'dead', maxReceives: 2 } },
  dead: { region: REGION, visibilitySec: 60 },
});
const sns = new Sns(time, queues, { [TOPIC]: ['alerts'] });
let healthy = 1;
const cloudWatch = new CloudWatch(
  time,
  [
    {
      name: 'primary-down',
      region: REGION,
      description: 'the primary is unhealthy',
      namespace: 'AWS/Route53',
      metric: 'HealthCheckStatus',
      periods: 1,
      sample: () => healthy,
      breaches: (v) => v < 1,
      topicArn: TOPIC,
    },
  ],
  (topic, subject, message) => void sns.publish(topic, subject, message),
);
const dynamo = new DynamoDb({ [`${REGION}/journal`]: ['pair'] });
const s3 = new S3([`${REGION}/reports`]);
const scheduler = new Scheduler(time, [`${REGION}/drills`], ({ targetArn, input }) => host.invokeLater(targetArn, REGION, input));
const machines = new StepFunctions(
  [
    {
      region: REGION,
      name: 'drill',
      definition: { StartAt: 'wait', States: { wait: { Type: 'Wait', Seconds: 5, Next: 'end' }, end: { Type: 'Succeed' } } },
    },
  ],
  {
    time,
    task: async () => undefined,
  },
);
const observation = { Region: 'us-west-1', IPAddress: '198.51.100.9', Status: 'Failure: HTTP Status Code 404 <bad> & "quoted"' };
const route53 = new Route53(time, {
  get: (id) => checks.get(id),
  update: (id, change, version) => checks.update(id, change, version),
  status: () => [
    {
      region: observation.Region,
      ipAddress: observation.IPAddress,
      status: observation.Status,
      checkedAtMs: 1_000,
      healthy: false,
    },
  ],
});
let endpoint: AwsEndpoint;

const client = <T>(make: new (config: object) => T, region = REGION, handler = 'drill-step'): T =>
  new make({
    endpoint: endpoint.url,
    region,
    maxAttempts: 1,
    credentials: { accessKeyId: accessKeyOf(handler), secretAccessKey: 'x' },
  });

const failure = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => {
      throw new Error('did not fail');
    },
    (e: Error & { $metadata?: { httpStatusCode?: number } }) => e,
  );
  return [error.name, error.$metadata?.httpStatusCode];
};

beforeAll(async () => {
  endpoint = await startAwsEndpoint(time, [
    cloudWatch,
    dynamo,
    s3,
    scheduler,
    machines,
    route53,
    sns,
    queues,
    new Lambda(host),
    new Parameters(parameters),
    new Secrets(secrets),
  ]);
});
afterAll(() => endpoint.close());

describe('DynamoDB', () => {
  const put = (item: object, rest: object = {}) =>
    client(DynamoDBClient).send(new PutItemCommand({ TableName: 'journal', Item: item as never, ...rest }));

  test('gives back any item that was put', async () => {
    const value = fc.oneof(
      fc.string().map((S) => ({ S })),
      fc.integer().map((n) => ({ N: String(n) })),
      fc.boolean().map((BOOL) => ({ BOOL })),
      fc.array(fc.string().map((S) => ({ S }))).map((L) => ({ L })),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), value), async (attributes) => {
        const item = { ...attributes, pair: { S: 'round-trip' } };
        await put(item);
        const { Item } = await client(DynamoDBClient).send(
          new GetItemCommand({ TableName: 'journal', Key: { pair: { S: 'round-trip' } } }),
        );
        expect(Item).toEqual(item);
      }),
      { numRuns: 20, seed: Number(process.env.SEED ?? 20261120) },
    );
  });

  test('lets one of two writers win who read the same revision', async () => {
    const write = (revision: number, seen: number) =>
      put(
        { pair: { S: 'shop' }, revision: { N: String(revision) } },
        {
          ConditionExpression: '#r = :seen',
          ExpressionAttributeNames: { '#r': 'revision' },
          ExpressionAttributeValues: { ':seen': { N: String(seen) } },
        },
      );
    await put({ pair: { S: 'shop' }, revision: { N: '1' } }, { ConditionExpression: 'attribute_not_exists(pair)' });
    await write(2, 1);
    expect(await failure(write(2, 1))).toEqual(['ConditionalCheckFailedException', 400]);
    expect(await failure(put({ pair: { S: 'shop' } }, { ConditionExpression: 'attribute_not_exists(pair)' }))).toEqual([
      'ConditionalCheckFailedException',
      400,
    ]);
  });

  test.each([
    ['a = :one AND (b <> :x OR NOT attribute_exists(a))', true],
    ['a BETWEEN :one AND :two', true],
    ['a IN (:two, :three)', false],
    ['begins_with(b, :y) AND m.c = :two', true],
    ['missing < :two', false],
    ['missing <> :two', true],
    ['a = :y', false],
  ])('evaluates %s as %s', async (ConditionExpression, met) => {
    const item = { pair: { S: 'c' }, a: { N: '1' }, b: { S: 'yes' }, m: { M: { c: { N: '2' } } } };
    await put(item);
    const values = { ':one': { N: '1' }, ':two': { N: '2.0' }, ':three': { N: '3' }, ':x': { S: 'x' }, ':y': { S: 'y' } };
    const used = Object.fromEntries(Object.entries(values).filter(([name]) => ConditionExpression.includes(name)));
    const written = put(item, {
      ConditionExpression,
      ...(Object.keys(used).length > 0 ? { ExpressionAttributeValues: used } : {}),
    });
    expect(
      await written.then(
        () => true,
        (e: Error) => (e.name === 'ConditionalCheckFailedException' ? false : e),
      ),
    ).toBe(met);
  });

  test('fails on a broken expression and on a table of another Region', async () => {
    expect(await failure(put({ pair: { S: 'x' } }, { ConditionExpression: 'pair = = :a' }))).toEqual([
      'ValidationException',
      400,
    ]);
    const elsewhere = client(DynamoDBClient, 'eu-west-1').send(
      new GetItemCommand({ TableName: 'journal', Key: { pair: { S: 'x' } } }),
    );
    expect(await failure(elsewhere)).toEqual(['ResourceNotFoundException', 400]);
  });
});

describe('SSM and Secrets Manager', () => {
  test('a path is read in pages of ten, and a parameter by its name', async () => {
    for (let i = 0; i < 13; i++) parameters.set(`${REGION}:/cf/pair-${i}/registration`, `{"i":${i}}`);
    const ssm = client(SSMClient);
    const first = await ssm.send(new GetParametersByPathCommand({ Path: '/cf/', Recursive: true }));
    const second = await ssm.send(new GetParametersByPathCommand({ Path: '/cf/', Recursive: true, NextToken: first.NextToken }));
    expect([first.Parameters?.length, second.Parameters?.length, second.NextToken]).toEqual([10, 3, undefined]);
    const one = await ssm.send(new GetParameterCommand({ Name: '/cf/pair-7/registration' }));
    expect(one.Parameter?.Value).toBe('{"i":7}');
    expect(await failure(ssm.send(new GetParameterCommand({ Name: '/cf/none' })))).toEqual(['ParameterNotFound', 400]);
  });

  test('a secret is read in its own Region, and fails elsewhere', async () => {
    const read = (region: string) =>
      client(SecretsManagerClient, region).send(new GetSecretValueCommand({ SecretId: 'pagerduty' }));
    expect((await read(REGION)).SecretString).toBe('key');
    expect(await failure(read('eu-west-1'))).toEqual(['ResourceNotFoundException', 400]);
  });
});

describe('Scheduler', () => {
  const create = (name: string, at: string) =>
    client(SchedulerClient).send(
      new CreateScheduleCommand({
        Name: name,
        GroupName: 'drills',
        ScheduleExpression: `at(${at})`,
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'DELETE',
        Target: { Arn: 'restore', RoleArn: 'arn:aws:iam::111111111111:role/s', Input: '{"drillId":"a"}' },
      }),
    );
  const remove = (name: string) => client(SchedulerClient).send(new DeleteScheduleCommand({ Name: name, GroupName: 'drills' }));
  const fired = () => host.invoked.filter(({ name }) => name === 'restore').length;

  test('a one-shot schedule fires once and is gone; a removed one never fires', async () => {
    await create('restore-a', '2026-11-20T00:10:00');
    await create('restore-b', '2026-11-20T00:10:00');
    expect(await failure(create('restore-a', '2026-11-20T00:11:00'))).toEqual(['ConflictException', 409]);
    await remove('restore-b');
    await time.pass(599_000);
    expect(fired()).toBe(0);
    await time.pass(1_000);
    expect([fired(), scheduler.all()]).toEqual([1, []]);
    expect(await failure(remove('restore-a'))).toEqual(['ResourceNotFoundException', 404]);
    expect(await failure(create('restore-c', '2026-11-19T00:00:00'))).toEqual(['ValidationException', 400]);
  });
});

describe('Step Functions', () => {
  const start = (input: string) =>
    client(SFNClient).send(new StartExecutionCommand({ stateMachineArn: MACHINE, name: 'tue-1', input }));

  test('a name starts once: the same input finds the running execution, another input or an ended one is an error', async () => {
    const first = await start('{"pair":"shop"}');
    expect((await start('{"pair":"shop"}')).executionArn).toBe(first.executionArn);
    expect(await failure(start('{}'))).toEqual(['ExecutionAlreadyExists', 400]);
    await time.pass(5_000);
    expect(await machines.all()[0]?.ended).toEqual({ status: 'SUCCEEDED', output: { pair: 'shop' } });
    expect(await failure(start('{"pair":"shop"}'))).toEqual(['ExecutionAlreadyExists', 400]);
    expect(machines.all()).toHaveLength(1);
  });
});

describe('Route 53', () => {
  const r53 = () => client(Route53Client, 'us-east-1');
  checks.create(
    {
      type: 'HTTP',
      ipAddress: '192.0.2.1',
      port: 80,
      path: '/health?a=1&b=2',
      fqdn: 'app.example.com',
      requestIntervalSec: 10,
      failureThreshold: 3,
      disabled: true,
    },
    'hc-1',
  );

  test('an update with the stored version is written and counted; an old version fails and changes nothing', async () => {
    const before = (await r53().send(new GetHealthCheckCommand({ HealthCheckId: 'hc-1' }))).HealthCheck;
    expect(before?.HealthCheckConfig).toMatchObject({
      Type: 'HTTP',
      ResourcePath: '/health?a=1&b=2',
      Port: 80,
      RequestInterval: 10,
      FailureThreshold: 3,
    });
    const update = (path: string) =>
      r53().send(
        new UpdateHealthCheckCommand({
          HealthCheckId: 'hc-1',
          HealthCheckVersion: before?.HealthCheckVersion,
          ResourcePath: path,
        }),
      );
    const after = (await update('/.well-known/x')).HealthCheck;
    expect([after?.HealthCheckVersion, after?.HealthCheckConfig?.ResourcePath]).toEqual([
      Number(before?.HealthCheckVersion) + 1,
      '/.well-known/x',
    ]);
    expect(await failure(update('/other'))).toEqual(['HealthCheckVersionMismatch', 409]);
    expect(checks.get('hc-1')?.config).toMatchObject({ path: '/.well-known/x', port: 80, failureThreshold: 3 });
    expect(await failure(r53().send(new GetHealthCheckCommand({ HealthCheckId: 'none' })))).toEqual(['NoSuchHealthCheck', 404]);
  });

  test('observations come per checker, and more than a burst of four in a second fails', async () => {
    await time.pass(10_000);
    const ask = () => r53().send(new GetHealthCheckStatusCommand({ HealthCheckId: 'hc-1' }));
    const [one] = (await ask()).HealthCheckObservations ?? [];
    const { Status, ...where } = observation;
    expect(one).toEqual({ ...where, StatusReport: { Status, CheckedTime: new Date(1_000) } });
    for (let i = 0; i < 3; i++) await ask();
    expect(await failure(ask())).toEqual(['Throttling', 400]);
    await time.pass(1_000);
    await ask();
  });
});

describe('Lambda and S3', () => {
  test('an invocation answers, fails with the type of the error, or is taken for later', async () => {
    const invoke = (name: string, InvocationType: 'RequestResponse' | 'Event' = 'RequestResponse') =>
      client(LambdaClient).send(new InvokeCommand({ FunctionName: name, InvocationType, Payload: Buffer.from('{"a":1}') }));
    const done = await invoke(`arn:aws:lambda:${REGION}:111111111111:function:user-inject`);
    expect([done.StatusCode, Buffer.from(done.Payload ?? []).toString(), done.FunctionError]).toEqual([
      200,
      '{"ok":true}',
      undefined,
    ]);
    host.answer = () => ({ kind: 'failed', errorType: 'TypeError', message: 'no' });
    const failed = await invoke('user-inject');
    expect([failed.FunctionError, Buffer.from(failed.Payload ?? []).toString()]).toEqual([
      'Unhandled',
      '{"errorType":"TypeError","errorMessage":"no"}',
    ]);
    expect((await invoke('user-inject', 'Event')).StatusCode).toBe(202);
    expect(await failure(invoke('absent'))).toEqual(['ResourceNotFoundException', 404]);
    host.answer = () => ({ kind: 'done', answer: { ok: true } });
  });

  test('an object is kept under its key with its whole body', async () => {
    const body = JSON.stringify({ text: 'ünïcode', long: 'x'.repeat(100_000) });
    await client(S3Client).send(
      new PutObjectCommand({ Bucket: 'reports', Key: 'shop/tue 1.json', Body: body, ContentType: 'application/json' }),
    );
    expect(s3.read('reports/shop/tue 1.json')).toBe(body);
    expect(await failure(client(S3Client).send(new PutObjectCommand({ Bucket: 'none', Key: 'x', Body: 'y' })))).toEqual([
      'NoSuchBucket',
      404,
    ]);
  });
});

describe('the alert path', () => {
  const delivered = () => host.invoked.filter(({ name }) => name === 'pager');

  test('what is published reaches the function through the queue; only what failed comes back, later, and in the end is dead', async () => {
    const source = new EventSource(time, queues, host, 'alerts', 'pager');
    const records = (n: number) =>
      (delivered()[n]?.event as { Records: { messageId: string; body: string }[] } | undefined)?.Records ?? [];
    host.answer = (_name, event) => ({
      kind: 'done',
      answer: {
        batchItemFailures: (event as { Records: { messageId: string }[] }).Records.slice(-1).map(({ messageId }) => ({
          itemIdentifier: messageId,
        })),
      },
    });
    for (const Message of ['good', 'bad']) queues.send('alerts', Message);
    await client(SNSClient).send(new PublishCommand({ TopicArn: TOPIC, Subject: 'hello', Message: '{"a":"<&>"}' }));
    await time.pass(0);
    const bodies = delivered().flatMap((_one, n) => records(n).map(({ body }) => body));
    expect(JSON.parse(bodies.at(-1) ?? '')).toMatchObject({
      Type: 'Notification',
      TopicArn: TOPIC,
      Subject: 'hello',
      Message: '{"a":"<&>"}',
    });
    const seen = delivered().length;
    await client(SQSClient).send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queueUrl(endpoint.url, 'alerts'),
        ReceiptHandle: queues.messages('alerts')[0]?.receipt,
        VisibilityTimeout: 5,
      }),
    );
    await time.pass(5_000);
    expect(delivered().length).toBe(seen + 1);
    await time.pass(60_000);
    await time.pass(60_000);
    expect([queues.messages('alerts').length, queues.messages('dead').length > 0]).toEqual([0, true]);
    host.answer = () => ({ kind: 'done', answer: null });
    await client(SQSClient).send(new SendMessageCommand({ QueueUrl: queueUrl(endpoint.url, 'dead'), MessageBody: 'by hand' }));
    expect(queues.messages('dead').at(-1)?.body).toBe('by hand');
    source.close();
  });

  test('an alarm fires once when its value breaches, once when it is good again, and answers its state', async () => {
    void cloudWatch.evaluateForever();
    const state = async () =>
      (await client(CloudWatchClient).send(new DescribeAlarmsCommand({ AlarmNames: ['primary-down'] }))).MetricAlarms?.[0]
        ?.StateValue;
    const before = queues.messages('alerts').length;
    healthy = 0;
    await time.pass(60_000);
    await time.pass(60_000);
    expect(await state()).toBe('ALARM');
    healthy = 1;
    await time.pass(60_000);
    expect(await state()).toBe('OK');
    const sent = queues
      .messages('alerts')
      .slice(before)
      .map(({ body }) => JSON.parse((JSON.parse(body) as { Message: string }).Message) as { NewStateValue: string });
    expect(sent.map(({ NewStateValue }) => NewStateValue)).toEqual(['ALARM', 'OK']);
  });

  test('metrics are kept with name, unit and dimensions', async () => {
    await client(CloudWatchClient).send(
      new PutMetricDataCommand({
        Namespace: 'CdkFailover',
        MetricData: [
          { MetricName: 'DrillRtoSeconds', Value: 61.5, Unit: 'Seconds', Dimensions: [{ Name: 'Pair', Value: 'shop' }] },
        ],
      }),
    );
    expect(cloudWatch.published()).toEqual([
      {
        atMs: expect.any(Number),
        region: REGION,
        namespace: 'CdkFailover',
        name: 'DrillRtoSeconds',
        value: 61.5,
        unit: 'Seconds',
        dimensions: { Pair: 'shop' },
      },
    ]);
  });
});

test('every call is recorded as IAM sees it: who, which action, on which resource, in which Region', async () => {
  const from = endpoint.recordedCalls().length;
  await client(Route53Client, 'us-east-1', 'restore').send(new GetHealthCheckCommand({ HealthCheckId: 'hc-1' }));
  await client(SSMClient, REGION, 'keeper').send(new GetParametersByPathCommand({ Path: '/cf/' }));
  expect(
    endpoint
      .recordedCalls()
      .slice(from)
      .map(({ atMs: _, ...call }) => call),
  ).toEqual([
    { handler: 'restore', action: 'route53:GetHealthCheck', resource: 'arn:aws:route53:::healthcheck/hc-1', region: 'us-east-1' },
    {
      handler: 'keeper',
      action: 'ssm:GetParametersByPath',
      resource: `arn:aws:ssm:${REGION}:111111111111:parameter/cf/`,
      region: REGION,
    },
  ]);
});
