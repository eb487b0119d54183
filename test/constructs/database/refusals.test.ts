import { Aws, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import {
  AppRefresh,
  Database,
  DatabaseEngine,
  DatabaseFailover,
  DataLoss,
  FailoverDrill,
  Fence,
  Latch,
  RecoveryBudget,
  TriggerPolicy,
  WriterName,
} from '../../../lib';
import { messageOf, warningsOf } from '../said';
import {
  auroraGlobal,
  bind,
  cluster,
  heartbeatIn,
  instance,
  PRIMARY,
  pairIn,
  replicas,
  STANDBY,
  type World,
  world,
} from './world';

const AT = ' (at Shop/Standby/AppDb)';
const fails = (props: Parameters<typeof bind>[1], w: World = world()) => messageOf(() => bind(w, props));
const elsewhere = (w: World) =>
  lambda.Function.fromFunctionArn(w.regions.standby, 'Elsewhere', `arn:aws:lambda:${PRIMARY}:111111111111:function:x`);
const subnets = { subnetIds: ['subnet-01234567'], denyAclId: 'acl-01234567', openAclId: 'acl-89abcdef' };

describe('fails on a database', () => {
  test.each<[string, () => Database, string]>([
    [
      'whose replica is in the primary’s Region',
      () => Database.readReplicas({ source: instance('shop-a'), replicas: [instance('shop-b', { region: PRIMARY })] }),
      `[ReplicaRegion] replicas[0] is in eu-west-1, the primary Region, and would fail with it; name a replica in the standby Region eu-central-1, such as a CrossRegionReplica${AT}`,
    ],
    [
      'whose replica is in a third Region',
      () => Database.readReplicas({ source: instance('shop-a'), replicas: [instance('shop-b', { region: 'eu-north-1' })] }),
      `[ReplicaRegion] replicas[0] is in eu-north-1, which is neither Region of the pair; name a replica in the standby Region eu-central-1, such as a CrossRegionReplica${AT}`,
    ],
    [
      'whose endpoints were mixed up',
      () =>
        Database.readReplicas({
          source: instance('shop-a', { endpoint: `shop-b.abc.${STANDBY}.rds.amazonaws.com` }),
          replicas: [instance('shop-b', { endpoint: `shop-a.abc.${PRIMARY}.rds.amazonaws.com` })],
        }),
      `[EndpointElsewhere] source.endpoint is "shop-b.abc.eu-central-1.rds.amazonaws.com", a name of eu-central-1; the database is looked for in eu-west-1; give the name of the one that is there${AT}\n` +
        `[EndpointElsewhere] replicas[0].endpoint is "shop-a.abc.eu-west-1.rds.amazonaws.com", a name of eu-west-1; the database is looked for in eu-central-1; give the name of the one that is there${AT}`,
    ],
    [
      'that lists its source as a replica',
      () => Database.readReplicas({ source: instance('shop-a'), replicas: [instance('shop-a', { region: PRIMARY })] }),
      `[SourceAsReplica] replicas[0] is "shop-a", the database that writes; a database cannot take over from itself; name its replica${AT}`,
    ],
    [
      'that lists a replica twice',
      () => replicas('shop-b', 'shop-b'),
      `[SameReplicaTwice] replicas[1] is "shop-b", which stands there already; each replica once; remove it${AT}`,
    ],
    [
      'without replicas',
      () => replicas(),
      `[NoReplica] replicas is empty, so nothing could take over; give at least one read replica of the standby Region, such as a CrossRegionReplica${AT}`,
    ],
    [
      'with more than four members',
      () => replicas('b1', 'b2', 'b3', 'b4'),
      `[TooManyReplicas] replicas has 4; at most 3, because 4 databases with the source have a place in the writer name; name the 3 that may take over${AT}`,
    ],
    [
      'whose replica has another engine',
      () =>
        Database.readReplicas({ source: instance('shop-a'), replicas: [instance('shop-b', { engine: DatabaseEngine.MYSQL })] }),
      `[EngineMismatch] replicas[0].engine is "mysql" but the source is "postgres"; a replica has its source's engine; correct one of them${AT}`,
    ],
    [
      'with an engine that cannot be promoted so',
      () => Database.multiAzInstance(instance('shop', { engine: 'oracle-ee' as DatabaseEngine })),
      `[DatabaseEngine] instance.engine is "oracle-ee"; postgres, mysql, mariadb can be here; use another engine, or Database.custom with a function of your own${AT}`,
    ],
    [
      'whose source is in another Region than the pair’s primary',
      () => Database.readReplicas({ source: instance('shop-a', { region: 'us-west-2' }), replicas: [instance('shop-b')] }),
      `[DatabaseRegion] source.region is "us-west-2"; it must be in the primary Region eu-west-1 of the pair; leave region out, or name another database${AT}`,
    ],
    [
      'that is a cluster where an instance belongs',
      () =>
        Database.readReplicas({
          source: instance('shop-a'),
          replicas: [cluster('shop-b', { engine: DatabaseEngine.POSTGRESQL })],
        }),
      `[DatabaseKind] replicas[0] is DatabaseRef.cluster; it must be a DB instance here; use DatabaseRef.instance${AT}`,
    ],
    [
      'with a name that no VPC is told, and a zone that is none',
      () =>
        Database.readReplicas({
          source: instance('shop-a'),
          replicas: [instance('shop-b')],
          writer: WriterName.privateZone({ hostedZoneId: 'zone', name: 'db' }),
        }),
      `[WriterZone] writer.hostedZoneId is "zone"; records in us-east-1 name the zone; give the id of the private hosted zone as plain text, such as Z0123456789ABCDEFGHIJ${AT}\n` +
        `[WriterNameFault] writer.name is "db" and it has no dot; give a full name inside the zone, such as db.shop.internal${AT}`,
    ],
    [
      'whose global cluster is an ARN',
      () =>
        Database.auroraGlobal({
          globalClusterId: 'arn:aws:rds::1:global-cluster:shop',
          primary: cluster('a'),
          standby: cluster('b'),
        }),
      `[DatabaseId] globalClusterId is "arn:aws:rds::1:global-cluster:shop"; RDS takes 1 to 63 lower-case letters, digits and single -, beginning with a letter; give the identifier as plain text, not the ARN${AT}`,
    ],
  ])('%s', (_name, make, text) => {
    expect(fails({ database: make() })).toBe(text);
  });

  test('with values that only its own Region knows, or that are none, all at once', () => {
    const database = Database.readReplicas({
      source: instance('Shop-A', { endpoint: Aws.STACK_NAME, port: 0 }),
      replicas: [instance('shop--b', { endpoint: 'nodot' }), instance('shop-c', { endpoint: '10.0.3.7' })],
    });
    expect(fails({ database })).toBe(
      [
        `[DatabaseText] source.endpoint is a value that is only known at deploy time; stacks of other Regions name the database too; deploy it first and give endpoint as plain text${AT}`,
        `[DatabaseId] source.id is "Shop-A"; RDS takes 1 to 63 lower-case letters, digits and single -, beginning with a letter; give the identifier, not the ARN${AT}`,
        `[DatabasePort] source.port is 0; a whole number from 1 to 65535; leave it out for the engine's own${AT}`,
        `[DatabaseId] replicas[0].id is "shop--b"; RDS takes 1 to 63 lower-case letters, digits and single -, beginning with a letter; give the identifier, not the ARN${AT}`,
        `[DatabaseEndpoint] replicas[0].endpoint is "nodot" and it has no dot; give the name that clients connect to, without a port${AT}`,
        `[DatabaseEndpoint] replicas[1].endpoint is "10.0.3.7" and it is an address; give the name that clients connect to, without a port${AT}`,
      ].join('\n'),
    );
  });

  test('with a custom handler in another Region', () => {
    const w = world();
    const database = Database.custom({ source: instance('a'), replicas: [instance('b')], handler: elsewhere(w) });
    expect(fails({ database }, w)).toBe(
      `[FunctionElsewhere] handler is in eu-west-1; the controller calls functions of the standby Region eu-central-1; put it there${AT}`,
    );
  });
});

describe('fails on a failover', () => {
  test.each<[string, Parameters<typeof bind>[1], string]>([
    [
      'without targets',
      { targets: undefined },
      `[TargetsRequired] targets is not set, and the default RTO of 120 s is out of reach: a promotion takes minutes; say what is accepted, such as targets: { rto: Duration.minutes(20) }, or use a Multi-AZ cluster, which fails over inside its Region in less than a minute${AT}`,
    ],
    [
      'that loses more than a replica may lag',
      { dataLoss: DataLoss.upTo(Duration.minutes(5)) },
      `[DataLoss] dataLoss.upTo is 300 s; more than 0 and at most 60 s, because a replica further behind is not promoted; give less, or DataLoss.any(), or DataLoss.never() to be asked each time${AT}`,
    ],
    [
      'that loses less than nothing',
      { dataLoss: DataLoss.upTo(Duration.seconds(0)) },
      `[DataLoss] dataLoss.upTo is 0 s; more than 0 and at most 60 s, because a replica further behind is not promoted; give less, or DataLoss.any(), or DataLoss.never() to be asked each time${AT}`,
    ],
    [
      'that goes by itself without strong evidence',
      { trigger: TriggerPolicy.unanimous() },
      `[WeakEvidence] trigger is TriggerPolicy.unanimous, but nothing proves that the writer is dead: lag points are a minute old; set heartbeat, or use TriggerPolicy.manual()${AT}`,
    ],
    [
      'by a quorum that one cut path could make up',
      { database: auroraGlobal(), trigger: TriggerPolicy.quorum(2) },
      `[Quorum] trigger is TriggerPolicy.quorum(2); 3, with a lease: only Route 53 may be silent, and a cut path silences our own probe and the heartbeat at once, so the lease must speak then; use TriggerPolicy.unanimous(), or set lease too${AT}`,
    ],
    [
      'with a fence that shuts nothing in',
      { fences: [Fence.networkAcl({ ...subnets, subnetIds: [], openAclId: subnets.denyAclId })] },
      `[FenceSubnets] fences[0].subnetIds is empty; a network ACL shuts subnets in; give those of the database${AT}\n` +
        `[FenceAcl] fences[0].denyAclId and openAclId are both "acl-01234567", which shuts nothing in; make a network ACL without an allow rule for denyAclId${AT}`,
    ],
    [
      'with a fence of things that are not there',
      { fences: [Fence.stopInstance(), Fence.networkAcl({ ...subnets, subnetIds: ['vpc-1'], denyAclId: 'deny' })] },
      `[FenceSubnets] fences[1].subnetIds has "vpc-1"; the standby Region names subnets of the primary Region; give ids as plain text, such as subnet-0123456789abcdef0${AT}\n` +
        `[FenceAcl] fences[1].denyAclId is "deny"; the standby Region names a network ACL of the primary Region; give its id as plain text, such as acl-0123456789abcdef0${AT}`,
    ],
    [
      'with a fence whose role nobody knows yet',
      {
        fences: [
          Fence.networkAcl({
            ...subnets,
            role: new iam.Role(new Stack(), 'Role', { assumedBy: new iam.AccountRootPrincipal() }),
          }),
        ],
      },
      `[FenceRole] fences[0].role has an ARN that is only known at deploy time; the standby Region names a role of the account that owns the subnets; give it by Role.fromRoleArn${AT}`,
    ],
    [
      'of Aurora with a fence for instances',
      { database: auroraGlobal(), fences: [Fence.stopInstance()] },
      `[FenceKind] fences[0] shuts in an RDS instance, but the database is Database.auroraGlobal; Aurora fences its old writer itself; leave it out, or use Fence.function${AT}`,
    ],
    [
      'with a parameter in a place of others',
      { writerParameter: '/cdk-failover/x' },
      `[WriterParameter] writerParameter is "/cdk-failover/x"; /aws and /ssm belong to AWS and /cdk-failover to registrations; choose a path of your own${AT}`,
    ],
    [
      'with a parameter that is no path',
      { writerParameter: 'db' },
      `[WriterParameter] writerParameter is "db"; a path of letters, digits and _.-/ that begins with /, as plain text; write it as /shop/db-writer${AT}`,
    ],
    [
      'with options that would do nothing, because the service fails over by itself',
      { database: Database.auroraCluster(cluster('shop')), dataLoss: DataLoss.any(), trigger: TriggerPolicy.manual() },
      `[ServiceFailsOver] dataLoss is set, but the service fails a Database.auroraCluster over by itself and nothing of ours is ordered; leave it out${AT}\n` +
        `[ServiceFailsOver] trigger is set, but the service fails a Database.auroraCluster over by itself and nothing of ours is ordered; leave it out${AT}`,
    ],
  ])('%s', (_name, props, text) => {
    expect(fails(props)).toBe(text);
  });

  test('with a heartbeat of the other Region, too short', () => {
    const w = world();
    const heartbeat = { ...heartbeatIn(w.regions.primary), limit: Duration.seconds(5) };
    expect(fails({ heartbeat }, w)).toBe(
      `[HeartbeatLimit] heartbeat.limit is 5 s; from 15 s, three beats of 5 s, to 300 s; a shorter one takes a pause for death${AT}\n` +
        `[HeartbeatElsewhere] heartbeat.vpc is in eu-west-1; the reader works while the primary Region is gone; name one of the standby Region eu-central-1${AT}\n` +
        `[HeartbeatElsewhere] heartbeat.secret is in eu-west-1; the reader works while the primary Region is gone; name one of the standby Region eu-central-1${AT}`,
    );
  });

  test('of Aurora with a heartbeat that could be read nowhere', () => {
    const w = world();
    expect(fails({ database: auroraGlobal(), heartbeat: heartbeatIn(w.regions.standby) }, w)).toBe(
      `[ReaderEndpoint] heartbeat is set, and the endpoint of standby does not answer before it writes; set standby.readerEndpoint, the cluster’s name with -ro-${AT}`,
    );
  });

  test('that calls or refreshes what is elsewhere', () => {
    const w = world();
    const there = elsewhere(w);
    expect(fails({ fences: [Fence.function(there)], refresh: [AppRefresh.function(there)] }, w)).toBe(
      `[RefreshElsewhere] refresh[0] is in eu-west-1; applications of the standby Region eu-central-1 are refreshed, the others are fenced; name those${AT}\n` +
        `[FunctionElsewhere] fences[0] is a function in eu-west-1; the controller calls functions of the standby Region eu-central-1; put it there and let it act across Regions${AT}`,
    );
  });

  test('in another stack than the standby’s', () => {
    const { app, pair } = world();
    const stack = new Stack(app, 'Own', { env: { region: STANDBY } });
    expect(messageOf(() => new DatabaseFailover(stack, 'Db', { pair, database: auroraGlobal(), targets: {} }))).toBe(
      '[WrongStack] scope is in stack Own; the controller of a database lives in the standby Region, where it works while the primary is gone; use regions.standby as scope (at Own/Db)',
    );
  });

  test('of a pair that has a database, or a budget, already', () => {
    const w = world();
    bind(w, { database: auroraGlobal() });
    expect(messageOf(() => new DatabaseFailover(w.regions.standby, 'Second', { pair: w.pair, database: auroraGlobal() }))).toBe(
      '[SecondDatabase] pair app has a database already; traffic can follow only one; bind the other to a pair of its own (at Shop/Standby/Second)',
    );
    const budgeted = world();
    new RecoveryBudget(budgeted.regions.routing, 'Budget', { pair: budgeted.pair });
    expect(fails({}, budgeted)).toBe(
      `[SecondBudget] targets is set, but pair app has a RecoveryBudget already; two would contradict each other; set the targets there${AT}`,
    );
  });

  test('of a pair that cannot be latched', () => {
    expect(fails({}, world({ latch: Latch.none() }))).toMatch(/^\[LatchNeeded\] latch is Latch\.none\(\)/);
  });

  test('whose registration does not fit into a parameter', () => {
    const subnetIds = Array.from({ length: 200 }, (_, n) => `subnet-0123456789abc${1000 + n}`);
    expect(fails({ fences: [Fence.networkAcl({ ...subnets, subnetIds })] })).toMatch(
      /^\[DatabaseTooLong\] the registration of the database has \d{4} characters; an SSM standard parameter holds 4096; give fewer fences, subnets or applications to refresh, or let one function stand for several \(at Shop\/Standby\/AppDb\)$/,
    );
  });
});

test('a database without alerts warns that nobody is told', () => {
  const db = bind(world());
  expect(warningsOf(db)).toEqual([
    'nobody is told what happens to the database of app.example.com; set alerts on the pair [ack: cdk-failover:NoAlerts]',
  ]);
});

test('a drilled pair may have a database: both tell through the same topics', () => {
  const w = world({}, { alerts: true });
  new FailoverDrill(w.regions.standby, 'Drill', { pair: w.pair });
  expect(() => bind(w)).not.toThrow();
  expect(pairIn(w.regions, 'Free').pairName).toBe('free');
});
