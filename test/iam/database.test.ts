import { controlNames, databaseParameter } from '../../lib/decide/names';
import * as lab from '../../lib/lab/aws';
import { CloudWatchAlarms, CloudWatchMetrics } from '../../lib/runtime/adapters/cloudwatch';
import { Ec2AclLooks } from '../../lib/runtime/adapters/database/acl-looks';
import { AwsApplications } from '../../lib/runtime/adapters/database/applications';
import { AwsDatabases } from '../../lib/runtime/adapters/database/databases';
import { DynamoDbLeases, DynamoDbRenewals } from '../../lib/runtime/adapters/database/dynamodb-leases';
import { EventBridgeTransitions } from '../../lib/runtime/adapters/database/event-bridge-transitions';
import { AwsFences } from '../../lib/runtime/adapters/database/fences';
import { AwsLags } from '../../lib/runtime/adapters/database/lags';
import { LambdaHeartbeats } from '../../lib/runtime/adapters/database/lambda-heartbeats';
import { MetricLatchPanel } from '../../lib/runtime/adapters/database/latch-panel';
import { SsmDatabaseRegistry } from '../../lib/runtime/adapters/database/ssm-database-registry';
import { SsmWriterPointer } from '../../lib/runtime/adapters/database/writer-pointer';
import { DynamoDbJournal } from '../../lib/runtime/adapters/dynamodb-journal';
import { LambdaFunctions } from '../../lib/runtime/adapters/lambda-functions';
import { SfnMachine } from '../../lib/runtime/adapters/sfn-machine';
import { SnsAnnouncer } from '../../lib/runtime/adapters/sns-announcer';
import { SsmRegistry } from '../../lib/runtime/adapters/ssm-registry';
import { SystemTime } from '../../lib/runtime/adapters/system';
import { type databaseOf, everything, PRIMARY, STANDBY } from '../constructs/database/world';
import { transitionOf } from '../contracts';
import { ACCOUNT, inRegion, ofType, rendered } from '../support/apps';
import { allowed, type Call, exactness, resolver, STEP_FUNCTIONS_DELIVERS, statementsOf, unknownActions } from '../support/iam';
import { type Reached, reached } from './reached';

const seed = Number(process.env.SEED ?? 20261120);
const names = controlNames('shop', STANDBY);
const templates = rendered(everything().app);
const standby = inRegion(templates, STANDBY);
const statements = statementsOf(templates, { account: ACCOUNT });
const BEAT = 'cdk-failover-shop-app-beat';
const primary = inRegion(templates, PRIMARY);
/** Nobody else names this role. */
const RENEWER = ofType(primary, 'AWS::IAM::Role').find(([id]) => /^RenewerRole/.test(id))?.[0] ?? 'none';
const RENEWER_STARTER = ofType(primary, 'AWS::IAM::Role').find(([id]) => /^RenewerStarterRole/.test(id))?.[0] ?? 'none';
const ROLES: Readonly<Record<string, string>> = {
  prober: names.proberRole,
  'database-step': names.databaseStepRole,
  keeper: names.keeperRole,
  heartbeat: BEAT,
  'lease-renewer': RENEWER,
};
/** The keeper's other duties are those of drills: `exactness.test.ts` holds all of it. */
const whole = (role: string) => role !== names.keeperRole;
const ours = statements.filter(({ role }) =>
  [...Object.values(ROLES), names.databaseMachineRole, names.proberStarterRole, RENEWER_STARTER].includes(role),
);
const arn = (service: string, rest: string, region = STANDBY) => `arn:aws:${service}:${region}:${ACCOUNT}:${rest}`;
const fn = (name: string) => arn('lambda', `function:${name}`);
const text = (value: unknown) => resolver(standby, { account: ACCOUNT })(value);

/** Registrations as they will be deployed, every intrinsic resolved. */
const registered = (pair: string) => {
  const found = ofType(standby, 'AWS::SSM::Parameter').find(([, p]) => p.Properties.Name === databaseParameter('shop', pair));
  return JSON.parse(text(found?.[1].Properties.Value)) as ReturnType<typeof databaseOf>;
};
const [instances, aurora, custom] = [registered('app'), registered('global'), registered('own')];

const time = new SystemTime();
const quietly = (work: Promise<unknown>) => work.catch(() => undefined);
const functions = () => new LambdaFunctions(1000);

/** The ports as the handlers wire them, each on the loopback services. */
const wired = () => {
  const registry = new SsmRegistry(names.registryPath);
  const metrics = new CloudWatchMetrics();
  const databaseRegistry = new SsmDatabaseRegistry(names.registryPath);
  return {
    registry,
    metrics,
    databaseRegistry,
    journal: new DynamoDbJournal(names.journalTable, time),
    announcer: new SnsAnnouncer(),
    databases: new AwsDatabases(functions()),
    lags: new AwsLags(functions()),
    heartbeats: new LambdaHeartbeats(functions()),
    leases: new DynamoDbLeases({ database: async () => instances }),
    latchPanel: new MetricLatchPanel(metrics),
    fences: new AwsFences(functions()),
    aclLooks: new Ec2AclLooks(),
    applications: new AwsApplications(functions()),
    pointer: new SsmWriterPointer(),
    alarms: new CloudWatchAlarms(),
    machine: new SfnMachine(arn('states', `stateMachine:${names.databaseMachine}`)),
  };
};
type Wired = ReturnType<typeof wired>;

const all = [instances, aurora, custom];
const each = <T>(things: readonly T[], act: (thing: T) => Promise<unknown>) => things.map((thing) => () => act(thing));
const members = all.flatMap((database) => [database.source, ...database.replicas].map((member) => ({ database, member })));
const candidates = members.filter(({ database, member }) => member !== database.source);
/** There by a planned switchover, back by a failover. */
const promoted = all.flatMap((database) =>
  (database.kind === 'auroraGlobal' ? [database.source] : database.replicas).map((member) => ({ database, member })),
);
const fences = all.flatMap((database) => database.fences);
const topics = ofType(standby, 'AWS::SNS::Topic').map(([, topic]) => arn('sns', text(topic.Properties.TopicName)));
type Fence = (typeof fences)[number];
const isOwnAcl = (fence: Fence): fence is Extract<Fence, { kind: 'networkAcl' }> =>
  fence.kind === 'networkAcl' && fence.roleArn === undefined;
/** A role of another account: what it may do is that account's to say. */
const FENCE_ROLE = 'arn:aws:iam::222222222222:role/fence-shop';
const item = { pair: 'app', revision: 1, epoch: 0, lastDrills: [] };
const minuteAgo = () => time.nowMs() - 60_000;

/** What a port method asks AWS for, with what is registered: the real adapter, on the kinds of database, fence and refresh that exist. */
const WIRE: Readonly<Record<string, (ports: Wired) => readonly (() => Promise<unknown>)[]>> = {
  'journal.read': ({ journal }) => [() => journal.read('app')],
  'journal.write': ({ journal }) => [() => journal.write(item, 0)],
  'registry.pair': ({ registry }) => [() => registry.pair('app')],
  'registry.pairs': ({ registry }) => [() => registry.pairs()],
  'registry.database': ({ databaseRegistry }) => [() => databaseRegistry.database('app')],
  'databases.look': ({ databases }) => each(members, ({ database, member }) => databases.look(database, member)),
  'databases.switchover': ({ databases }) =>
    each(candidates, ({ database, member }) => databases.switchover(database, member, 1)),
  'databases.promote': ({ databases }) => each(promoted, ({ database, member }) => databases.promote(database, member, 2)),
  'lags.samples': ({ lags }) =>
    each(members, ({ database, member }) => lags.samples(database, member, minuteAgo(), time.nowMs())),
  'heartbeats.read': ({ heartbeats }) => each(members, ({ database, member }) => heartbeats.read(database, member)),
  'leases.read': ({ leases }) => [() => leases.read('app')],
  'leases.offer': ({ leases }) => [() => leases.offer('app', 0, 'app-a')],
  'leases.take': ({ leases }) => [() => leases.take('app', 'r0', 1, 'app-e1')],
  'latchPanel.publish': ({ latchPanel }) => each(all, (database) => latchPanel.publish(database, { on: true, hold: false }, {})),
  'fences.raise': (ports) => each(fences, (fence) => ports.fences.raise(fence, 1)),
  'fences.lower': (ports) => each(fences, (fence) => ports.fences.lower(fence, 1)),
  'aclLooks.look': ({ aclLooks }) => each(fences.filter(isOwnAcl), (fence) => aclLooks.look(fence)),
  // An alias takes four calls until it has moved.
  'applications.refresh': ({ applications }) =>
    each(
      all.flatMap(({ refresh }) => [...refresh, ...refresh, ...refresh, ...refresh]),
      (what) => applications.refresh(what, 'app-e1'),
    ),
  'pointer.set': ({ pointer }) => [() => pointer.set(instances.writerParameter ?? '', 'x', 1)],
  'metrics.publish': ({ metrics }) => [() => metrics.publish([{ name: 'A', value: 1, unit: 'Count', dimensions: {} }])],
  'announcer.announce': ({ announcer }) => each(topics, (topic) => announcer.announce(topic, {} as never)),
  'alarms.states': ({ alarms }) => [() => alarms.states(STANDBY, ['one'])],
  'machine.start': ({ machine }) => [() => machine.start('app-e1', {})],
};
/** Reached, and no call of AWS: name servers and sites are asked directly. */
const OUTSIDE = ['dns.ask', 'dns.nameServers', 'dns.addresses', 'probe.probe'];
/** Where the renewer stands. */
const LEASES = { table: 'cdk-failover-shop-lease', region: PRIMARY };
const renewerDuty = async () => {
  const renewals = new DynamoDbRenewals(LEASES);
  await quietly(renewals.read('app'));
  await quietly(renewals.renew('app', 'shop-a', { epoch: 1, seenTurn: 1, turn: 2, sinceMs: 0 }));
};

/** What the journal of a runner puts on the bus beside the ports: no answer of it reaches a decision. */
const TELLING: readonly string[] = ['prober', 'step'];

/** A switchover comes before the failover back. */
const ORDERED = Object.keys(WIRE);

const HANDLERS = { prober: 'prober', step: 'database-step', keeper: 'keeper' } as const;
type OurRunner = keyof typeof HANDLERS;
const RUNNERS = Object.keys(HANDLERS) as OurRunner[];

const CONTEXT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'cloudwatch:PutMetricData': { 'cloudwatch:namespace': 'CdkFailover' },
};

/** Calls that AWS makes in a role's name, which no SDK of ours shows. */
function platformCalls(): readonly Call[] {
  const idOf = (type: string, like: RegExp) => ofType(standby, type).find(([id]) => like.test(id))?.[0] ?? 'none';
  const on = (role: string, resource: string, ...actions: string[]) => actions.map((action) => ({ role, action, resource }));
  const log = (like: RegExp) => arn('logs', `log-group:${idOf('AWS::Logs::LogGroup', like)}:*`);
  const renewerLog = ofType(primary, 'AWS::Logs::LogGroup').find(([id]) => /^RenewerLog/.test(id))?.[0];
  const traces = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'];
  const topicKey = arn('kms', `key/${idOf('AWS::KMS::Key', /^Alerts/)}`);
  const viaSns = { 'kms:ViaService': `sns.${STANDBY}.amazonaws.com` };
  const functionsOf: readonly (readonly [string, RegExp])[] = [
    [names.proberRole, /DatabaseProberLog/],
    [names.databaseStepRole, /DatabaseStepsLog/],
    [BEAT, /AppDbHeartbeatLog/],
  ];
  return [
    ...functionsOf.flatMap(([role, like]) => [
      ...on(role, log(like), 'logs:CreateLogStream', 'logs:PutLogEvents'),
      ...on(role, '*', ...traces),
    ]),
    ...[names.proberRole, names.databaseStepRole].flatMap((role) =>
      on(role, topicKey, 'kms:GenerateDataKey', 'kms:Decrypt').map((call) => ({ ...call, context: viaSns })),
    ),
    ...on(names.proberRole, arn('sqs', idOf('AWS::SQS::Queue', /ControlSet.*DeadLetters/)), 'sqs:SendMessage'),
    ...on(BEAT, arn('secretsmanager', 'secret:shop/heartbeat-AbCdEf'), 'secretsmanager:GetSecretValue'),
    ...on(BEAT, '*', 'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface'),
    ...on(names.databaseMachineRole, fn(names.databaseStepFunction), 'lambda:InvokeFunction'),
    ...on(names.databaseMachineRole, '*', ...STEP_FUNCTIONS_DELIVERS),
    ...on(names.proberStarterRole, fn(names.proberFunction), 'lambda:InvokeFunction'),
    ...on(RENEWER, arn('secretsmanager', 'secret:shop/beat-AbCdEf', PRIMARY), 'secretsmanager:GetSecretValue'),
    ...on(RENEWER, '*', 'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface', ...traces),
    ...on(RENEWER, arn('logs', `log-group:${renewerLog}:*`, PRIMARY), 'logs:CreateLogStream', 'logs:PutLogEvents'),
    ...on(RENEWER_STARTER, arn('lambda', 'function:cdk-failover-shop-app-lease', PRIMARY), 'lambda:InvokeFunction'),
  ];
}

const group = (id: string, name: string) => arn('autoscaling', `autoScalingGroup:${id}:autoScalingGroupName/${name}`);

let recorded: readonly Call[] = [];
let found: Reached = new Map();
/** Calls that were made in the name of the other account's role. */
let swapped = 0;
/** Runner and method, with the calls of AWS that it made. */
const made = new Map<string, number>();
const before = { ...process.env };

beforeAll(async () => {
  const members = [instances.source, ...instances.replicas];
  const board = new lab.InstanceBoard(
    time,
    members.map(({ id, region }, i) => ({
      id,
      region,
      engine: 'postgres',
      status: 'available',
      backupRetentionDays: 7,
      ...(i > 0 ? { source: 'shop-a' } : {}),
    })) as never,
  );
  const clusters = [aurora.source, ...aurora.replicas].map(({ id, region }) => ({ id, region, engine: 'aurora-postgresql' }));
  const acls = Object.fromEntries(
    ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'].map((subnet) => [`${PRIMARY}/${subnet}`, 'acl-0123456789abcdef1']),
  );
  const endpoint = await lab.startAwsEndpoint(time, [
    new lab.DynamoDb({}),
    new lab.Parameters(new Map()),
    new lab.CloudWatch(time, [], () => undefined),
    new lab.Sns(time, new lab.Sqs(time, {}), {}),
    new lab.Lambda({} as never, new lab.FunctionVersions([new lab.LabFunction(STANDBY, 'orders', 'live')])),
    new lab.StepFunctions([], {} as never),
    new lab.Rds(board, [new lab.GlobalClusterBoard(time, 'shop', clusters as never)], clusters as never),
    new lab.Ec2({ ...acls, [`${PRIMARY}/subnet-0123456789abcdef2`]: 'acl-0123456789abcdef3' }, [
      'acl-0123456789abcdef0',
      'acl-0123456789abcdef2',
    ]),
    new lab.Sts(time, [FENCE_ROLE]),
    new lab.EventBridge(time),
    new lab.Ecs([`${STANDBY}/shop/web`]),
    new lab.AutoScaling([`${STANDBY}/workers`]),
  ] as never);
  found = await reached(seed);
  for (const runner of RUNNERS) {
    Object.assign(process.env, lab.clientEnvironment(endpoint.url, HANDLERS[runner], STANDBY), {
      AWS_MAX_ATTEMPTS: '1',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    });
    const ports = wired();
    for (const method of ORDERED.filter((name) => found.get(runner)?.has(name))) {
      const before = endpoint.recordedCalls().length;
      for (const call of WIRE[method]?.(ports) ?? []) await quietly(call());
      made.set(`${runner} ${method}`, endpoint.recordedCalls().length - before);
    }
    if (TELLING.includes(runner)) await quietly(new EventBridgeTransitions().put([transitionOf(1)]));
  }
  Object.assign(process.env, lab.clientEnvironment(endpoint.url, 'lease-renewer', PRIMARY));
  await renewerDuty();
  swapped = endpoint.recordedCalls().filter(({ handler }) => handler === 'fence-shop').length;
  recorded = endpoint
    .recordedCalls()
    .filter(({ handler }) => handler !== 'fence-shop')
    .map(({ handler, action, resource }) => ({
      role: ROLES[handler] ?? handler,
      action,
      resource,
      context: CONTEXT[action],
    }));
  await endpoint.close();
}, 120_000);

afterAll(() => {
  process.env = before;
});

const reachedBy = (runner: OurRunner) => [...(found.get(runner) ?? [])];

describe('what the simulation reaches', () => {
  test('is known on the wire, and nothing on the wire is out of its reach', () => {
    const methods = new Set(RUNNERS.flatMap(reachedBy));
    expect([...methods].filter((method) => !WIRE[method] && !OUTSIDE.includes(method))).toEqual([]);
    expect(Object.keys(WIRE).filter((method) => !methods.has(method))).toEqual([]);
  });

  test('makes a call of AWS, wherever it is no question to the outside', () => {
    const quiet = [...made].flatMap(([name, calls]) => (calls === 0 ? [name] : []));
    expect(quiet).toEqual([]);
    expect(made.size).toBeGreaterThan(30);
  });

  test('is more than looking: each runner gets to what only it may do', () => {
    expect(reachedBy('prober')).toEqual(expect.arrayContaining(['machine.start', 'aclLooks.look', 'announcer.announce']));
    expect(reachedBy('step')).toEqual(
      expect.arrayContaining([
        'databases.promote',
        'databases.switchover',
        'fences.raise',
        'fences.lower',
        'applications.refresh',
        'pointer.set',
      ]),
    );
    expect(reachedBy('keeper')).toEqual(expect.arrayContaining(['latchPanel.publish', 'alarms.states']));
    const orders = [
      'databases.promote',
      'databases.switchover',
      'fences.raise',
      'fences.lower',
      'applications.refresh',
      'pointer.set',
    ];
    expect([...reachedBy('prober'), ...reachedBy('keeper')].filter((method) => orders.includes(method))).toEqual([]);
  });
});

test('each call that is reached is allowed to its runner, on a foreign account, Region or name it is denied, and no action is idle', () => {
  expect(recorded.length).toBeGreaterThan(60);
  expect(swapped).toBeGreaterThan(0);
  const { refused, tooWide, unused } = exactness(ours, [...recorded, ...platformCalls()]);
  expect({ refused, tooWide, unused: unused.filter((name) => whole(name.split(':')[0] ?? '')) }).toEqual({
    refused: [],
    // AWS chooses the id inside this ARN; the name behind it is held by a test below.
    tooWide: [`${names.databaseStepRole}: autoscaling:StartInstanceRefresh on ${group('foreign-*', 'workers')}`],
    unused: [],
  });
});

test('every action exists', async () => {
  expect(await unknownActions(ours)).toEqual([]);
});

const step = (action: string, resource: string): Call => ({ role: names.databaseStepRole, action, resource });

test.each<[string, Call]>([
  [
    'the prober shuts a subnet in',
    {
      role: names.proberRole,
      action: 'ec2:ReplaceNetworkAclAssociation',
      resource: arn('ec2', 'subnet/subnet-0123456789abcdef0', PRIMARY),
    },
  ],
  ['the prober promotes', { role: names.proberRole, action: 'rds:PromoteReadReplica', resource: arn('rds', 'db:shop-b1') }],
  [
    'the reader reads another secret',
    { role: BEAT, action: 'secretsmanager:GetSecretValue', resource: arn('secretsmanager', 'secret:pagerduty-AbCdEf') },
  ],
  [
    'a step promotes an instance of its own Region that is no replica of the pair',
    step('rds:PromoteReadReplica', arn('rds', 'db:billing')),
  ],
  [
    'the renewer deletes a lease',
    { role: RENEWER, action: 'dynamodb:DeleteItem', resource: arn('dynamodb', `table/${LEASES.table}`, PRIMARY) },
  ],
  [
    'the renewer writes the journal',
    { role: RENEWER, action: 'dynamodb:PutItem', resource: arn('dynamodb', `table/${names.journalTable}`) },
  ],
  ['a step deletes the table of leases', step('dynamodb:DeleteTable', arn('dynamodb', `table/${LEASES.table}`))],
  ['a step deletes a database', step('rds:DeleteDBInstance', arn('rds', 'db:shop-b1'))],
  ['a step changes a database', step('rds:ModifyDBInstance', arn('rds', 'db:shop-b1'))],
  ['a step stops a replica', step('rds:StopDBInstance', arn('rds', 'db:shop-b1'))],
  [
    'a step takes a cluster out of its global database',
    step('rds:RemoveFromGlobalCluster', `arn:aws:rds::${ACCOUNT}:global-cluster:shop`),
  ],
  [
    'a step shuts another subnet in',
    step('ec2:ReplaceNetworkAclAssociation', arn('ec2', 'subnet/subnet-0fedcba9876543210', PRIMARY)),
  ],
  [
    'a step changes the rules of a network ACL',
    step('ec2:ReplaceNetworkAclEntry', arn('ec2', 'network-acl/acl-0123456789abcdef0', PRIMARY)),
  ],
  ['a step refreshes another group', step('autoscaling:StartInstanceRefresh', group('1', 'billing'))],
  ['a step moves another alias', step('lambda:UpdateAlias', fn('billing'))],
  ['a step rewrites a registration', step('ssm:PutParameter', arn('ssm', 'parameter/cdk-failover/shop/app/database'))],
  ['a step puts events on another bus', step('events:PutEvents', arn('events', 'event-bus/billing'))],
  ['a step puts events in another Region', step('events:PutEvents', arn('events', 'event-bus/default', PRIMARY))],
  [
    'the keeper puts events',
    { role: names.keeperRole, action: 'events:PutEvents', resource: arn('events', 'event-bus/default') },
  ],
  ['a step changes records', step('route53:ChangeResourceRecordSets', '*')],
  ['a step changes a health check', step('route53:UpdateHealthCheck', '*')],
  ['a step takes another role of that account', step('sts:AssumeRole', FENCE_ROLE.replace('fence', 'admin'))],
  [
    'a step swaps there by its own role',
    step('ec2:ReplaceNetworkAclAssociation', arn('ec2', 'subnet/subnet-0123456789abcdef2', PRIMARY)),
  ],
  ['a step takes a role', step('sts:AssumeRole', `arn:aws:iam::${ACCOUNT}:role/${names.databaseStepRole}`)],
])('it is denied that %s', (_what, call) => {
  expect(allowed(statements, call)).toBe(false);
});
