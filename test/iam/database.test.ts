import { controlNames, databaseParameter } from '../../lib/decide/names';
import * as lab from '../../lib/lab/aws';
import { CloudWatchMetrics } from '../../lib/runtime/adapters/cloudwatch';
import { Ec2AclLooks } from '../../lib/runtime/adapters/database/acl-looks';
import { AwsApplications } from '../../lib/runtime/adapters/database/applications';
import { AwsDatabases } from '../../lib/runtime/adapters/database/databases';
import { AwsFences } from '../../lib/runtime/adapters/database/fences';
import { AwsLags } from '../../lib/runtime/adapters/database/lags';
import { LambdaHeartbeats } from '../../lib/runtime/adapters/database/lambda-heartbeats';
import { SsmDatabaseRegistry } from '../../lib/runtime/adapters/database/ssm-database-registry';
import { SsmWriterPointer } from '../../lib/runtime/adapters/database/writer-pointer';
import { DynamoDbJournal } from '../../lib/runtime/adapters/dynamodb-journal';
import { LambdaFunctions } from '../../lib/runtime/adapters/lambda-functions';
import { SfnMachine } from '../../lib/runtime/adapters/sfn-machine';
import { SnsAnnouncer } from '../../lib/runtime/adapters/sns-announcer';
import { SsmRegistry } from '../../lib/runtime/adapters/ssm-registry';
import { SystemTime } from '../../lib/runtime/adapters/system';
import { type databaseOf, everything, PRIMARY, STANDBY } from '../constructs/database/world';
import { ACCOUNT, inRegion, ofType, rendered } from '../support/apps';
import { allowed, type Call, exactness, resolver, statementsOf, unknownActions } from '../support/iam';

const names = controlNames('shop', STANDBY);
const templates = rendered(everything().app);
const standby = inRegion(templates, STANDBY);
const statements = statementsOf(templates, { account: ACCOUNT });
const BEAT = 'cdk-failover-shop-app-beat';
const ROLES: Readonly<Record<string, string>> = {
  prober: names.proberRole,
  'database-step': names.databaseStepRole,
  heartbeat: BEAT,
};
const ours = statements.filter(({ role }) =>
  [...Object.values(ROLES), names.databaseMachineRole, names.proberStarterRole].includes(role),
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

/** What both do. */
async function watch(): Promise<void> {
  const table = new DynamoDbJournal(names.journalTable, time);
  await quietly(table.read('app'));
  await quietly(table.write({ pair: 'app', revision: 1, epoch: 0, lastDrills: [] }, 0));
  await quietly(new SsmDatabaseRegistry(names.registryPath).database('app'));
  await quietly(new CloudWatchMetrics().publish([{ name: 'A', value: 1, unit: 'Count', dimensions: {} }]));
  for (const [, topic] of ofType(standby, 'AWS::SNS::Topic')) {
    await quietly(new SnsAnnouncer().announce(arn('sns', text(topic.Properties.TopicName)), {} as never));
  }
  for (const database of [instances, aurora, custom]) {
    for (const member of [database.source, ...database.replicas]) {
      await quietly(new AwsDatabases(functions()).look(database, member));
      await quietly(new AwsLags(functions()).samples(database, member, time.nowMs() - 60_000, time.nowMs()));
      await quietly(new LambdaHeartbeats(functions()).read(database, member));
    }
  }
}

const DUTIES: Readonly<Record<string, () => Promise<unknown>>> = {
  prober: async () => {
    await watch();
    await quietly(new SsmRegistry(names.registryPath).pairs());
    for (const fence of instances.fences) if (fence.kind === 'networkAcl') await quietly(new Ec2AclLooks().look(fence));
    await quietly(new SfnMachine(arn('states', `stateMachine:${names.databaseMachine}`)).start('app-e1', {}));
  },
  'database-step': async () => {
    await watch();
    await quietly(new SsmRegistry(names.registryPath).pair('app'));
    for (const database of [instances, aurora, custom]) {
      // There by a planned switchover, back by a failover.
      for (const replica of database.replicas) await quietly(new AwsDatabases(functions()).switchover(database, replica, 1));
      const back = database.kind === 'auroraGlobal' ? [database.source] : database.replicas;
      for (const candidate of back) await quietly(new AwsDatabases(functions()).promote(database, candidate, 2));
      for (const fence of database.fences) await quietly(new AwsFences(functions()).raise(fence, 1));
      for (const fence of database.fences) await quietly(new AwsFences(functions()).lower(fence, 1));
      for (const what of database.refresh) {
        for (let call = 0; call < 4; call++) await quietly(new AwsApplications(functions()).refresh(what, 'app-e1'));
      }
    }
    await quietly(new SsmWriterPointer().set(instances.writerParameter ?? '', 'x', 1));
  },
};

const CONTEXT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'cloudwatch:PutMetricData': { 'cloudwatch:namespace': 'CdkFailover' },
};

/** Calls that AWS makes in a role's name, which no SDK of ours shows. */
function platformCalls(): readonly Call[] {
  const idOf = (type: string, like: RegExp) => ofType(standby, type).find(([id]) => like.test(id))?.[0] ?? 'none';
  const on = (role: string, resource: string, ...actions: string[]) => actions.map((action) => ({ role, action, resource }));
  const log = (like: RegExp) => arn('logs', `log-group:${idOf('AWS::Logs::LogGroup', like)}:*`);
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
    ...on(names.databaseMachineRole, '*', ...traces, 'logs:CreateLogDelivery'),
    ...on(names.proberStarterRole, fn(names.proberFunction), 'lambda:InvokeFunction'),
  ];
}

/** Orders that must have been seen, so that a duty that ends early is noticed. */
const ORDERS = [
  'rds:PromoteReadReplica',
  'rds:FailoverGlobalCluster',
  'rds:SwitchoverGlobalCluster',
  'rds:StopDBInstance',
  'ec2:ReplaceNetworkAclAssociation',
  'lambda:UpdateAlias',
  'ecs:UpdateService',
  'autoscaling:StartInstanceRefresh',
  'ssm:PutParameter',
];
const group = (id: string, name: string) => arn('autoscaling', `autoScalingGroup:${id}:autoScalingGroupName/${name}`);

let recorded: readonly Call[] = [];
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
    new lab.Ec2(acls, ['acl-0123456789abcdef0']),
    new lab.Ecs([`${STANDBY}/shop/web`]),
    new lab.AutoScaling([`${STANDBY}/workers`]),
  ] as never);
  for (const [handler, duty] of Object.entries(DUTIES)) {
    Object.assign(process.env, lab.clientEnvironment(endpoint.url, handler, STANDBY), {
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
}, 30_000);

afterAll(() => {
  process.env = before;
});

test('each call of prober, steps and reader is allowed, on a foreign account, Region or name it is denied, and no statement is idle', () => {
  expect(recorded.length).toBeGreaterThan(60);
  expect(ORDERS.filter((order) => !recorded.some(({ action }) => action === order))).toEqual([]);
  expect(exactness(ours, [...recorded, ...platformCalls()])).toEqual({
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
  ['a step changes records', step('route53:ChangeResourceRecordSets', '*')],
  ['a step changes a health check', step('route53:UpdateHealthCheck', '*')],
  ['a step takes a role', step('sts:AssumeRole', `arn:aws:iam::${ACCOUNT}:role/${names.databaseStepRole}`)],
])('it is denied that %s', (_what, call) => {
  expect(allowed(statements, call)).toBe(false);
});
