import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DrillFault } from '../../lib';
import { checksParameter, controlNames, ROUTING_REGION, restoreScheduleName } from '../../lib/decide/names';
import * as lab from '../../lib/lab/aws';
import { CloudWatchAlarms, CloudWatchMetrics } from '../../lib/runtime/adapters/cloudwatch';
import { DynamoDbJournal } from '../../lib/runtime/adapters/dynamodb-journal';
import { LambdaFunctions } from '../../lib/runtime/adapters/lambda-functions';
import { Route53HealthChecks } from '../../lib/runtime/adapters/route53-health-checks';
import { S3Reports } from '../../lib/runtime/adapters/s3-reports';
import { SchedulerSchedules } from '../../lib/runtime/adapters/scheduler-schedules';
import { SfnMachine } from '../../lib/runtime/adapters/sfn-machine';
import { SnsAnnouncer } from '../../lib/runtime/adapters/sns-announcer';
import { SsmRegistry } from '../../lib/runtime/adapters/ssm-registry';
import { SystemTime } from '../../lib/runtime/adapters/system';
import { ACCOUNT, inRegion, ofType, rendered, threeRegions } from '../support/apps';
import { allowed, type Call, exactness, resolver, statementsOf, unknownActions } from '../support/iam';

const REGION = 'eu-central-1';
const names = controlNames('shop', REGION);
const built = threeRegions({
  drill: ({ standby }) => ({
    fault: DrillFault.functions({
      inject: lambda.Function.fromFunctionName(standby, 'Inject', 'break-it'),
      restore: lambda.Function.fromFunctionName(standby, 'Mend', 'mend-it'),
    }),
  }),
});
const templates = rendered(built.app);
const standby = inRegion(templates, REGION);
const routing = inRegion(templates, ROUTING_REGION);
const statements = statementsOf(templates, { account: ACCOUNT });
const ours = statements.filter(({ role }) => Object.values(names).includes(role));

const idOf = (type: string, like: RegExp, template = standby) =>
  ofType(template, type).find(([id]) => like.test(id))?.[0] ?? 'none';
const bucket = idOf('AWS::S3::Bucket', /Reports/);
const topicNames = ofType(standby, 'AWS::SNS::Topic').map(([, topic]) =>
  resolver(standby, { account: ACCOUNT })(topic.Properties.TopicName),
);
const checkId = idOf('AWS::Route53::HealthCheck', /rimary/, routing);
const arn = (service: string, rest: string, region = REGION) => `arn:aws:${service}:${region}:${ACCOUNT}:${rest}`;
const fn = (name: string) => arn('lambda', `function:${name}`);
const quietly = (work: Promise<unknown>) => work.catch(() => undefined);

/** What each handler does with its adapters, once each. The endpoint answers errors where it has no data: the call counts. */
const time = new SystemTime();
const journal = async () => {
  const table = new DynamoDbJournal(names.journalTable, time);
  await quietly(table.read('app0'));
  await quietly(table.write({ pair: 'app0', revision: 1, epoch: 0, lastDrills: [] }, 0));
};
const checks = async () => {
  const route53 = new Route53HealthChecks(ROUTING_REGION);
  await quietly(route53.read(checkId));
  await quietly(route53.write(checkId, 1, { path: '/x' }));
  return route53;
};
const registration = () => quietly(new SsmRegistry(names.registryPath).pair('app0'));
const announce = async () => {
  for (const topic of topicNames) await quietly(new SnsAnnouncer().announce(arn('sns', topic), {} as never));
};
const alarms = async () => {
  for (const region of [REGION, ROUTING_REGION]) await quietly(new CloudWatchAlarms().states(region, ['one']));
};
const metrics = () => quietly(new CloudWatchMetrics().publish([{ name: 'A', value: 1, unit: 'Count', dimensions: {} }]));

const DUTIES: Readonly<Record<string, () => Promise<unknown>>> = {
  drill: async () => {
    await journal();
    await registration();
    await quietly(new SfnMachine(arn('states', `stateMachine:${names.drillMachine}`)).start('d', {}));
  },
  'drill-step': async () => {
    await journal();
    await registration();
    const registry = new SsmRegistry(names.registryPath, ROUTING_REGION);
    await quietly(registry.checks({ checksParameter: checksParameter('shop', 'app0') } as never));
    await quietly((await checks()).observations(checkId));
    const roleArn = `arn:aws:iam::${ACCOUNT}:role/${names.scheduleRole}`;
    const schedules = new SchedulerSchedules({ group: names.scheduleGroup, roleArn, targetArn: fn(names.restoreFunction) });
    await quietly(schedules.restoreAt(restoreScheduleName('d'), 1_800_000_000_000, {}));
    await quietly(schedules.remove(restoreScheduleName('d')));
    await alarms();
    await metrics();
    await quietly(new S3Reports(bucket).put('drills/app0/d.json', '{}', 'application/json'));
    await announce();
    await quietly(new LambdaFunctions(1000).invoke(fn('break-it'), {}));
  },
  restore: async () => {
    await journal();
    await checks();
    await quietly(new LambdaFunctions(1000).invoke(fn('mend-it'), {}));
  },
  keeper: async () => {
    await journal();
    await quietly(new SsmRegistry(names.registryPath).pairs());
    await alarms();
    await metrics();
    await announce();
    await quietly(new LambdaFunctions(1000).invoke(fn(names.restoreFunction), {}));
  },
};

const ROLES: Readonly<Record<string, string>> = {
  drill: names.drillRole,
  'drill-step': names.drillStepRole,
  restore: names.restoreRole,
  keeper: names.keeperRole,
};

/** Condition keys that AWS fills in. */
const CONTEXT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'iam:PassRole': { 'iam:PassedToService': 'scheduler.amazonaws.com' },
  'cloudwatch:PutMetricData': { 'cloudwatch:namespace': 'CdkFailover' },
};

/** Calls that AWS makes in a role's name, which no SDK of ours shows. */
function platformCalls(): readonly Call[] {
  const queue = arn('sqs', idOf('AWS::SQS::Queue', /ControlSet.*DeadLetters/));
  const logOf = (part: string) =>
    arn('logs', `log-group:${idOf('AWS::Logs::LogGroup', new RegExp(`ControlSetshop${part}Log`))}:*`);
  const traces = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'];
  const on = (role: string, resource: string, ...actions: string[]) => actions.map((action) => ({ role, action, resource }));
  const withKey = (role: string, key: string, service: string, ...actions: string[]) =>
    on(role, key, ...actions).map((call) => ({ ...call, context: { 'kms:ViaService': `${service}.${REGION}.amazonaws.com` } }));
  const topicKey = arn('kms', `key/${idOf('AWS::KMS::Key', /^(?!ControlSet)/)}`);
  const lambdas = (['Drill', 'DrillStep', 'Restore', 'Keeper'] as const).map(
    (part) => [part, ROLES[dashed(part)] ?? ''] as const,
  );
  return [
    ...lambdas.flatMap(([part, role]) => [
      ...on(role, logOf(part), 'logs:CreateLogStream', 'logs:PutLogEvents'),
      ...on(role, '*', ...traces),
      ...(part === 'DrillStep' ? [] : on(role, queue, 'sqs:SendMessage')),
    ]),
    ...withKey(names.drillStepRole, arn('kms', `key/${idOf('AWS::KMS::Key', /^ControlSet/)}`), 's3', 'kms:GenerateDataKey'),
    ...[names.drillStepRole, names.keeperRole].flatMap((role) =>
      withKey(role, topicKey, 'sns', 'kms:GenerateDataKey', 'kms:Decrypt'),
    ),
    ...on(names.machineRole, fn(names.drillStepFunction), 'lambda:InvokeFunction'),
    ...on(names.machineRole, fn(names.restoreFunction), 'lambda:InvokeFunction'),
    ...on(names.machineRole, '*', ...traces, 'logs:CreateLogDelivery'),
    ...on(names.starterRole, fn(names.drillFunction), 'lambda:InvokeFunction'),
    ...on(names.starterRole, fn(names.keeperFunction), 'lambda:InvokeFunction'),
    ...on(names.starterRole, queue, 'sqs:SendMessage'),
    ...on(names.scheduleRole, fn(names.restoreFunction), 'lambda:InvokeFunction'),
  ];
}

const dashed = (name: string) => name.replace(/(?<=[a-z])[A-Z]/g, (c) => `-${c}`).toLowerCase();

/** Schedules never fire here. */
const frozen = { nowMs: () => 0, sleep: () => new Promise<void>(() => undefined) };

let recorded: readonly Call[] = [];
const before = { ...process.env };

beforeAll(async () => {
  const endpoint = await lab.startAwsEndpoint(time, [
    new lab.DynamoDb({}),
    new lab.Parameters(new Map()),
    new lab.Route53(time, { read: () => undefined } as never),
    new lab.Scheduler(frozen, [`${REGION}/${names.scheduleGroup}`], () => undefined),
    new lab.CloudWatch(time, [], () => undefined),
    new lab.S3([]),
    new lab.Sns(time, new lab.Sqs(time, {}), {}),
    new lab.Lambda({} as never),
    new lab.StepFunctions([], {} as never),
  ]);
  for (const [handler, duty] of Object.entries(DUTIES)) {
    Object.assign(process.env, lab.clientEnvironment(endpoint.url, handler, REGION), {
      AWS_MAX_ATTEMPTS: '1',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    });
    await duty();
  }
  recorded = endpoint.recordedCalls().map(({ handler, action, resource }) => ({
    role: ROLES[handler] ?? handler,
    action,
    resource,
    context: CONTEXT[action],
  }));
  await endpoint.close();
});

afterAll(() => {
  process.env = before;
});

test('each call of the adapters is allowed, on a foreign account, Region or name it is denied, and no statement is idle', () => {
  expect(recorded.length).toBeGreaterThan(30);
  expect(exactness(ours, [...recorded, ...platformCalls()])).toEqual({ refused: [], tooWide: [], unused: [] });
});

test('every action exists', async () => {
  expect(await unknownActions(statements)).toEqual([]);
});

const check = (id: string) => `arn:aws:route53:::healthcheck/${id}`;
const standbyCheck = idOf('AWS::Route53::HealthCheck', /tandby/, routing);
const oneShot = (name: string) => arn('scheduler', `schedule/${names.scheduleGroup}/${name}`);

test.each<[string, Call]>([
  [
    'the drill moves the standby’s check',
    { role: names.drillStepRole, action: 'route53:UpdateHealthCheck', resource: check(standbyCheck) },
  ],
  ['the keeper touches a check', { role: names.keeperRole, action: 'route53:UpdateHealthCheck', resource: check(checkId) }],
  [
    'the drill function touches a check',
    { role: names.drillRole, action: 'route53:UpdateHealthCheck', resource: check(checkId) },
  ],
  ['anyone changes records', { role: names.drillStepRole, action: 'route53:ChangeResourceRecordSets', resource: '*' }],
  [
    'a schedule is made that is no restore',
    { role: names.drillStepRole, action: 'scheduler:CreateSchedule', resource: oneShot('daily') },
  ],
  [
    'the restore role goes to another service',
    {
      role: names.drillStepRole,
      action: 'iam:PassRole',
      resource: `arn:aws:iam::${ACCOUNT}:role/${names.scheduleRole}`,
      context: { 'iam:PassedToService': 'lambda.amazonaws.com' },
    },
  ],
  [
    'the starter role is passed on',
    {
      role: names.drillStepRole,
      action: 'iam:PassRole',
      resource: `arn:aws:iam::${ACCOUNT}:role/${names.starterRole}`,
      context: CONTEXT['iam:PassRole'],
    },
  ],
  [
    'metrics go to another namespace',
    {
      role: names.drillStepRole,
      action: 'cloudwatch:PutMetricData',
      resource: '*',
      context: { 'cloudwatch:namespace': 'AWS/Route53' },
    },
  ],
  [
    'a report leaves its prefix',
    { role: names.drillStepRole, action: 's3:PutObject', resource: `arn:aws:s3:::${bucket}/other/x` },
  ],
  [
    'the report key is used beside S3',
    {
      role: names.drillStepRole,
      action: 'kms:GenerateDataKey',
      resource: arn('kms', `key/${idOf('AWS::KMS::Key', /^ControlSet/)}`),
    },
  ],
  [
    'a one-shot schedule starts a drill',
    { role: names.scheduleRole, action: 'lambda:InvokeFunction', resource: fn(names.drillFunction) },
  ],
  [
    'the journal is deleted',
    { role: names.keeperRole, action: 'dynamodb:DeleteTable', resource: arn('dynamodb', `table/${names.journalTable}`) },
  ],
])('it is denied that %s', (_what, call) => {
  expect(allowed(statements, call)).toBe(false);
});
