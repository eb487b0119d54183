import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Database, DatabaseEngine, DatabaseFailover, DatabaseRef, DrillFault } from '../../lib';
import { checksParameter, controlNames, ROUTING_REGION, restoreScheduleName } from '../../lib/decide/names';
import * as lab from '../../lib/lab/aws';
import { CloudWatchAlarms, CloudWatchMetrics } from '../../lib/runtime/adapters/cloudwatch';
import { RdsServiceLooks } from '../../lib/runtime/adapters/database/service-looks';
import { Route53HealthChecks } from '../../lib/runtime/adapters/drill/route53-health-checks';
import { S3Reports } from '../../lib/runtime/adapters/drill/s3-reports';
import { SchedulerSchedules } from '../../lib/runtime/adapters/drill/scheduler-schedules';
import { DynamoDbJournal } from '../../lib/runtime/adapters/dynamodb-journal';
import { LambdaFunctions } from '../../lib/runtime/adapters/lambda-functions';
import { SfnMachine } from '../../lib/runtime/adapters/sfn-machine';
import { SnsAnnouncer } from '../../lib/runtime/adapters/sns-announcer';
import { SsmRegistry } from '../../lib/runtime/adapters/ssm-registry';
import { SystemTime } from '../../lib/runtime/adapters/system';
import { ACCOUNT, inRegion, ofType, rendered, threeRegions } from '../support/apps';
import { allowed, type Call, exactness, resolver, STEP_FUNCTIONS_DELIVERS, statementsOf, unknownActions } from '../support/iam';
import { type ReachedByDrills, reachedByDrills } from './reached-by-drills';

const REGION = 'eu-central-1';
const names = controlNames('shop', REGION);
/** One pair for each kind of fault. */
const built = threeRegions({
  pairs: 3,
  drill: ({ standby }, n) => {
    if (n === 1) return { fault: DrillFault.metric() };
    if (n === 2) return { fault: DrillFault.healthCheckPath() };
    return {
      fault: DrillFault.functions({
        inject: lambda.Function.fromFunctionName(standby, 'Inject', 'break-it'),
        restore: lambda.Function.fromFunctionName(standby, 'Mend', 'mend-it'),
      }),
    };
  },
});
/** Databases that their own service fails over: the keeper looks at them. */
const PRIMARY = built.regions.primaryRegion;
const refOf = (id: string) => ({ id, endpoint: `${id}.abc.rds.example.com`, engine: DatabaseEngine.POSTGRESQL });
const watchedDatabases = [
  Database.multiAzInstance(DatabaseRef.instance(refOf('shop'))),
  Database.multiAzCluster(DatabaseRef.cluster(refOf('orders'))),
];
watchedDatabases.forEach((database, n) => {
  const pair = built.pairs[n];
  if (pair) new DatabaseFailover(built.regions.standby, `Database${n}`, { pair, database });
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

const time = new SystemTime();

/** The ports as the handlers wire them, each on the loopback services. */
const wired = () => {
  const roleArn = `arn:aws:iam::${ACCOUNT}:role/${names.scheduleRole}`;
  return {
    journal: new DynamoDbJournal(names.journalTable, time),
    registry: new SsmRegistry(names.registryPath, ROUTING_REGION),
    machine: new SfnMachine(arn('states', `stateMachine:${names.drillMachine}`)),
    checks: new Route53HealthChecks(ROUTING_REGION),
    schedules: new SchedulerSchedules({ group: names.scheduleGroup, roleArn, targetArn: fn(names.restoreFunction) }),
    alarms: new CloudWatchAlarms(),
    metrics: new CloudWatchMetrics(),
    reports: new S3Reports(bucket),
    announcer: new SnsAnnouncer(),
    functions: new LambdaFunctions(1000),
    serviceLooks: new RdsServiceLooks(),
  };
};
type Wired = ReturnType<typeof wired>;

/** Which function each of them invokes. */
const INVOKED: Readonly<Record<string, string>> = {
  'drill-step': fn('break-it'),
  restore: fn('mend-it'),
  keeper: fn(names.restoreFunction),
};
const checkIds = ofType(routing, 'AWS::Route53::HealthCheck').flatMap(([id]) => (/App[02]PrimaryCheck/.test(id) ? [id] : []));
const drilledByCheck = ['app0', 'app2'];
const item = { pair: 'app0', revision: 1, epoch: 0, lastDrills: [] };

/** What a port method asks AWS for. The endpoint answers errors where it has no data: the call counts. */
const WIRE: Readonly<Record<string, (ports: Wired, runner: string) => readonly Promise<unknown>[]>> = {
  'journal.read': ({ journal }) => [journal.read('app0')],
  'journal.write': ({ journal }) => [journal.write(item, 0)],
  'journal.once': ({ journal }) => [journal.once('one')],
  'registry.pair': ({ registry }) => [registry.pair('app0')],
  'registry.pairs': ({ registry }) => [registry.pairs()],
  'registry.checks': ({ registry }) =>
    drilledByCheck.map((pair) => registry.checks({ checksParameter: checksParameter('shop', pair) } as never)),
  'machine.start': ({ machine }) => [machine.start('d', {})],
  'checks.read': ({ checks }) => checkIds.map((id) => checks.read(id)),
  'checks.write': ({ checks }) => checkIds.map((id) => checks.write(id, 1, { path: '/x' })),
  'checks.observations': ({ checks }) => checkIds.map((id) => checks.observations(id)),
  'schedules.restoreAt': ({ schedules }) => [schedules.restoreAt(restoreScheduleName('d'), 1_800_000_000_000, {})],
  'schedules.remove': ({ schedules }) => [schedules.remove(restoreScheduleName('d'))],
  'alarms.states': ({ alarms }) => [REGION, ROUTING_REGION].map((region) => alarms.states(region, ['one'])),
  'metrics.publish': ({ metrics }) => [metrics.publish([{ name: 'A', value: 1, unit: 'Count', dimensions: {} }])],
  'reports.put': ({ reports }) => [reports.put('drills/app0/d.json', '{}', 'application/json')],
  'announcer.announce': ({ announcer }) => topicNames.map((topic) => announcer.announce(arn('sns', topic), {} as never)),
  'serviceLooks.look': ({ serviceLooks }) => [
    serviceLooks.look({ kind: 'instance', id: 'shop', region: PRIMARY }),
    serviceLooks.look({ kind: 'cluster', id: 'orders', region: PRIMARY }),
  ],
  'functions.invoke': ({ functions }, runner) => [functions.invoke(INVOKED[runner] ?? 'nobody', {})],
};
/** Reached, and no call of AWS: name servers and sites are asked directly. */
const OUTSIDE = ['dns.ask', 'dns.nameServers', 'dns.addresses', 'probe.probe'];
const RUNNERS = ['drill', 'drill-step', 'restore', 'keeper'] as const;

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
    ...on(names.machineRole, '*', ...STEP_FUNCTIONS_DELIVERS),
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
let found: ReachedByDrills = new Map();
const made = new Map<string, number>();
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
    new lab.Rds(new lab.InstanceBoard(time, [])),
  ]);
  found = await reachedByDrills();
  for (const runner of RUNNERS) {
    Object.assign(process.env, lab.clientEnvironment(endpoint.url, runner, REGION), {
      AWS_MAX_ATTEMPTS: '1',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    });
    const ports = wired();
    for (const method of found.get(runner) ?? []) {
      const before = endpoint.recordedCalls().length;
      await Promise.allSettled(WIRE[method]?.(ports, runner) ?? []);
      made.set(`${runner} ${method}`, endpoint.recordedCalls().length - before);
    }
  }
  recorded = endpoint.recordedCalls().map(({ handler, action, resource }) => ({
    role: ROLES[handler] ?? handler,
    action,
    resource,
    context: CONTEXT[action],
  }));
  await endpoint.close();
}, 60_000);

afterAll(() => {
  process.env = before;
});

test('every port method that a drill, its restore or the keeper reaches is known on the wire, and makes a call there', () => {
  const methods = new Set(RUNNERS.flatMap((runner) => [...(found.get(runner) ?? [])]));
  expect([...methods].filter((method) => !WIRE[method] && !OUTSIDE.includes(method))).toEqual([]);
  expect(Object.keys(WIRE).filter((method) => !methods.has(method))).toEqual([]);
  expect([...made].filter(([name, calls]) => calls === 0 && !OUTSIDE.includes(name.split(' ')[1] ?? ''))).toEqual([]);
  expect([...(found.get('restore') ?? [])].sort()).toEqual(
    ['checks.read', 'checks.write', 'functions.invoke', 'journal.read', 'journal.write', 'metrics.publish'].sort(),
  );
});

test('each call that is reached is allowed to its function, on a foreign account, Region or name it is denied, and no action is idle', () => {
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
  [
    'the keeper looks at a database of nobody',
    { role: names.keeperRole, action: 'rds:DescribeDBInstances', resource: arn('rds', 'db:other', PRIMARY) },
  ],
  [
    'the keeper looks at that id in another Region',
    { role: names.keeperRole, action: 'rds:DescribeDBInstances', resource: arn('rds', 'db:shop') },
  ],
  [
    'the keeper fails a cluster over',
    { role: names.keeperRole, action: 'rds:FailoverDBCluster', resource: arn('rds', 'cluster:orders', PRIMARY) },
  ],
  [
    'the keeper reboots an instance',
    { role: names.keeperRole, action: 'rds:RebootDBInstance', resource: arn('rds', 'db:shop', PRIMARY) },
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
