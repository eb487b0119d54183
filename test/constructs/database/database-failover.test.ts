import { Duration } from 'aws-cdk-lib';
import { Beacons, FailoverDrill, RecoveryBudget } from '../../../lib';
import { PROBER_SEC } from '../../../lib/constructs/control/database-control';
import {
  Database,
  DatabaseEngine,
  DatabaseRef,
  DataLoss,
  Lease,
  TriggerPolicy,
  WriterName,
} from '../../../lib/constructs/database';
import { databaseMachine, longestDatabaseCallSec } from '../../../lib/decide/database/machine';
import { DATABASE_METRIC } from '../../../lib/decide/metrics';
import { ROUTING_REGION } from '../../../lib/decide/names';
import { RUN_MS } from '../../../lib/runtime/drive/database/prober';
import { ACCOUNT, inRegion, ofType, type Rendered, rendered } from '../../support/apps';
import { resolver } from '../../support/iam';
import {
  auroraGlobal,
  bind,
  cluster,
  databaseOf,
  everything,
  heartbeatIn,
  instance,
  PRIMARY,
  pairIn,
  replicas,
  STANDBY,
  world,
} from './world';

const full = everything();
const templates = rendered(full.app);
const standby = inRegion(templates, STANDBY);
const routing = inRegion(templates, ROUTING_REGION);

const infosOf = (construct: {
  readonly node: { readonly metadata: readonly { readonly type: string; readonly data?: unknown }[] };
}) => construct.node.metadata.filter(({ type }) => type === 'aws:cdk:info').map(({ data }) => String(data));
const namesOf = (template: Rendered, type: string, property: string) =>
  ofType(template, type).map(([, resource]) => resource.Properties[property]);
const minimal = (props = {}) => {
  const w = world();
  const db = bind(w, props);
  return { w, db, standby: inRegion(rendered(w.app), STANDBY) };
};

describe('the registration', () => {
  test('says what the database is, and never who writes now', () => {
    expect(databaseOf(standby)).toEqual({
      schema: 'cdk-failover.database/1',
      pair: 'app',
      namespace: 'shop',
      kind: 'readReplicas',
      primaryRegion: PRIMARY,
      standbyRegion: STANDBY,
      source: {
        id: 'shop-a',
        endpoint: 'shop-a.abc.rds.example.com',
        port: 5432,
        region: PRIMARY,
        engine: 'postgres',
        priority: 0,
      },
      replicas: [
        { id: 'shop-b1', endpoint: 'shop-b1.abc.rds.example.com', port: 5432, region: STANDBY, engine: 'postgres', priority: 1 },
        { id: 'shop-b2', endpoint: 'shop-b2.abc.rds.example.com', port: 5432, region: STANDBY, engine: 'postgres', priority: 2 },
      ],
      trigger: { kind: 'unanimous' },
      dataLoss: { kind: 'upTo', ms: 60_000 },
      limits: { lagMs: 60_000, sampleAgeMs: 300_000 },
      heartbeat: { readerFunction: '<deploy>', limitMs: 30_000 },
      lease: { table: 'cdk-failover-shop-lease', region: STANDBY },
      fences: [
        { kind: 'function', name: expect.stringContaining(':function:fence-it') },
        {
          kind: 'networkAcl',
          region: PRIMARY,
          subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
          denyAcl: 'acl-0123456789abcdef0',
          openAcl: 'acl-0123456789abcdef1',
        },
        {
          kind: 'networkAcl',
          region: PRIMARY,
          roleArn: 'arn:aws:iam::222222222222:role/fence-shop',
          subnets: ['subnet-0123456789abcdef2'],
          denyAcl: 'acl-0123456789abcdef2',
          openAcl: 'acl-0123456789abcdef3',
        },
        { kind: 'stopInstance', region: PRIMARY, id: 'shop-a' },
      ],
      latch: {
        metric: 'Latch-g1',
        holdMetric: 'Hold-g1',
        generation: 1,
        beacons: {
          latch: '_latch._failover.app.example.com',
          primaryAllowed: '_allowed-primary._failover.app.example.com',
          standbyAllowed: '_allowed-standby._failover.app.example.com',
        },
      },
      writerName: { name: 'db.shop.internal', zoneId: 'Z9999999999ABCDEFGHIJ', ttlSec: 5 },
      writerParameter: '/shop/db-writer',
      refresh: [
        { kind: 'ecsService', cluster: 'shop', service: 'web' },
        { kind: 'autoScalingGroup', name: 'workers' },
        { kind: 'lambdaAlias', name: 'orders', alias: 'live' },
        { kind: 'function', name: expect.stringContaining(':function:refresh-it') },
      ],
    });
  });

  test('names the global cluster of Aurora, and the function of a custom database', () => {
    expect(databaseOf(standby, 'global')).toMatchObject({
      kind: 'auroraGlobal',
      globalCluster: 'shop',
      trigger: { kind: 'unanimous' },
      source: { id: 'shop-a', region: PRIMARY },
      replicas: [{ id: 'shop-b', region: STANDBY }],
    });
    expect(databaseOf(standby, 'own')).toMatchObject({
      kind: 'custom',
      orderFunction: expect.stringContaining(':function:order-it'),
      trigger: { kind: 'manual' },
    });
  });

  test.each([
    ['never', DataLoss.never(), { dataLoss: { kind: 'never' }, limits: { lagMs: 60_000, sampleAgeMs: 300_000 } }],
    ['upTo', DataLoss.upTo(Duration.seconds(5)), { dataLoss: { kind: 'upTo', ms: 5000 }, limits: { lagMs: 60_000 } }],
    ['any', DataLoss.any(), { dataLoss: { kind: 'any' }, limits: { lagMs: 2_592_000_000, sampleAgeMs: 300_000 } }],
  ])('carries DataLoss.%s', (_name, dataLoss, expected) => {
    expect(databaseOf(minimal({ dataLoss }).standby)).toMatchObject(expected);
  });

  test('uses the port of the engine, or the one that was given', () => {
    const mysql = { engine: DatabaseEngine.MYSQL };
    const database = Database.readReplicas({
      source: instance('a', mysql),
      replicas: [instance('b', { ...mysql, port: 3307 })],
    });
    const { source, replicas: takes } = databaseOf(minimal({ database }).standby);
    expect([source.port, takes[0]?.port]).toEqual([3306, 3307]);
  });
});

describe('the trigger', () => {
  test.each([
    [
      'is manual without strong evidence, and synth says why',
      {},
      'trigger is TriggerPolicy.manual(): nothing proves that the writer is dead, so a person starts a failover; for an automatic one, set heartbeat [ack: cdk-failover:Trigger]',
    ],
    [
      'is unanimous for Aurora, and synth says how to change it',
      { database: auroraGlobal() },
      "trigger is TriggerPolicy.unanimous(): it fails over by itself when Aurora says that its writer has failed; of a Region that answers nothing Aurora says nothing either, and a person is asked: set heartbeat to fail over by itself then too; for a person's order instead, set trigger: TriggerPolicy.manual() [ack: cdk-failover:Trigger]",
    ],
  ])('%s', (_name, props, text) => {
    expect(infosOf(minimal({ lease: Lease.none(), ...props }).db)).toEqual([text]);
  });

  test('is unanimous with a heartbeat reader', () => {
    const w = world();
    const db = bind(w, { heartbeat: heartbeatIn(w.regions.standby) });
    expect(infosOf(db)[0]).toMatch(/^trigger is TriggerPolicy\.unanimous\(\): the heartbeat shows whether the writer lives/);
  });

  test('is unanimous for Aurora with a reader of the standby cluster’s own name, which answers while it does not write', () => {
    const w = world();
    const readerEndpoint = 'shop-b.cluster-ro-abc.rds.example.com';
    const db = bind(w, { database: auroraGlobal({ readerEndpoint }), heartbeat: heartbeatIn(w.regions.standby) });
    expect(infosOf(db)[0]).toMatch(/^trigger is TriggerPolicy\.unanimous\(\): the heartbeat shows whether the writer lives/);
    const { heartbeat, replicas: takes } = databaseOf(inRegion(rendered(w.app), STANDBY));
    expect([heartbeat?.limitMs, takes[0]?.readerEndpoint]).toEqual([30_000, readerEndpoint]);
  });

  test('is the one that was set, and then nothing is said', () => {
    const { db, standby: template } = minimal({
      database: auroraGlobal(),
      trigger: TriggerPolicy.unanimous(),
      lease: Lease.none(),
    });
    expect(databaseOf(template).trigger).toEqual({ kind: 'unanimous' });
    expect(infosOf(db)).toEqual([]);
  });
});

describe('the writer name', () => {
  const records = ofType(routing, 'AWS::Route53::RecordSetGroup')
    .map(([, r]) => r.Properties)
    .filter((r) => r.HostedZoneId === 'Z9999999999ABCDEFGHIJ')
    .flatMap((r) => r.RecordSets);

  test('is a chain of failover CNAMEs, the source at its end and without a check', () => {
    expect(records.map((r) => [r.Name, r.Failover, r.Type, r.TTL, r.ResourceRecords, r.HealthCheckId !== undefined])).toEqual([
      ['db.shop.internal.', 'PRIMARY', 'CNAME', '5', ['shop-b1.abc.rds.example.com.'], true],
      ['db.shop.internal.', 'SECONDARY', 'CNAME', '5', ['_writer-2.db.shop.internal.'], false],
      ['_writer-2.db.shop.internal.', 'PRIMARY', 'CNAME', '5', ['shop-b2.abc.rds.example.com.'], true],
      ['_writer-2.db.shop.internal.', 'SECONDARY', 'CNAME', '5', ['shop-a.abc.rds.example.com.'], false],
    ]);
  });

  test('answers a replica only while an alarm of the standby Region says so: its check is inverted, and new ones are unhealthy', () => {
    const checks = records.flatMap((r) => (r.HealthCheckId ? [routing.resources[r.HealthCheckId.Ref]?.Properties] : []));
    expect(checks.map((c) => c.HealthCheckConfig)).toEqual(
      ['shop-b1', 'shop-b2'].map((id) => ({
        Type: 'CLOUDWATCH_METRIC',
        AlarmIdentifier: { Name: `cdk-failover-shop-app-writer-${id}-g1`, Region: STANDBY },
        InsufficientDataHealthStatus: 'LastKnownStatus',
        Inverted: true,
      })),
    );
    expect(checks.map((c) => c.HealthCheckTags)).toEqual(
      ['shop-b1', 'shop-b2'].map((id) => [{ Key: 'Name', Value: `app writer ${id}` }]),
    );
  });

  test('rests on frozen alarms that outlive their stack: a change of any of these is a new generation', () => {
    const alarms = ofType(standby, 'AWS::CloudWatch::Alarm').filter(([, a]) => /-writer-/.test(a.Properties.AlarmName));
    expect(alarms.map(([id, a]) => [id, a['DeletionPolicy'], a.Properties])).toEqual(
      ['shop-b1', 'shop-b2'].map((candidate) => [
        `FailoverShopAppWriterShop${candidate.slice(5).toUpperCase()}G1`,
        'Retain',
        {
          AlarmName: `cdk-failover-shop-app-writer-${candidate}-g1`,
          AlarmDescription: expect.any(String),
          Namespace: 'CdkFailover',
          MetricName: 'Writer-g1',
          Dimensions: [
            { Name: 'Candidate', Value: candidate },
            { Name: 'ControlSet', Value: 'shop' },
            { Name: 'Pair', Value: 'app' },
          ],
          Statistic: 'Maximum',
          Period: 60,
          EvaluationPeriods: 1,
          Threshold: 1,
          ComparisonOperator: 'GreaterThanOrEqualToThreshold',
          TreatMissingData: 'missing',
        },
      ]),
    );
  });
});

describe('the machinery', () => {
  test('is made once for all databases, with the first one', () => {
    const functions = namesOf(standby, 'AWS::Lambda::Function', 'FunctionName').filter(Boolean).sort();
    expect(functions).toEqual([
      'cdk-failover-shop-app-beat',
      'cdk-failover-shop-database-step',
      'cdk-failover-shop-drill',
      'cdk-failover-shop-drill-step',
      'cdk-failover-shop-keeper',
      'cdk-failover-shop-prober',
      'cdk-failover-shop-restore',
    ]);
    const bare = world();
    pairIn(bare.regions, 'Other');
    expect(inRegion(rendered(bare.app), STANDBY).text).not.toMatch(/prober|database/);
  });

  test('runs the prober each minute, longer than a minute, and never twice for one minute', () => {
    const [, prober] = ofType(standby, 'AWS::Lambda::Function').find(([, f]) => /-prober$/.test(f.Properties.FunctionName)) ?? [];
    expect(prober?.Properties).toMatchObject({ MemorySize: 512, Timeout: 150, Architectures: ['arm64'] });
    expect(PROBER_SEC * 1000).toBe(RUN_MS);
    const schedule = ofType(standby, 'AWS::Scheduler::Schedule').find(([, s]) => /database/i.test(s.Properties.Description));
    expect(schedule?.[1].Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      Target: { RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } },
    });
  });

  test('deploys the very machine that the plan renders', () => {
    const [, machine] =
      ofType(standby, 'AWS::StepFunctions::StateMachine').find(([, m]) => /-database$/.test(m.Properties.StateMachineName)) ?? [];
    const resolve = resolver(standby, { account: ACCOUNT });
    const arn = `arn:aws:lambda:${STANDBY}:${ACCOUNT}:function:cdk-failover-shop-database-step`;
    expect(JSON.parse(resolve(machine?.Properties.DefinitionString))).toEqual(JSON.parse(JSON.stringify(databaseMachine(arn))));
    const [, steps] =
      ofType(standby, 'AWS::Lambda::Function').find(([, f]) => /database-step$/.test(f.Properties.FunctionName)) ?? [];
    expect(steps?.Properties.Timeout).toBe(longestDatabaseCallSec());
  });

  test('reads the heartbeat from inside the given VPC, with room for every replica at once', () => {
    const [, reader] = ofType(standby, 'AWS::Lambda::Function').find(([, f]) => /-beat$/.test(f.Properties.FunctionName)) ?? [];
    expect(reader?.Properties).toMatchObject({
      VpcConfig: { SubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'] },
      ReservedConcurrentExecutions: 4,
      Environment: { Variables: { DATABASE_SECRET: 'shop/heartbeat' } },
    });
  });

  test('watches itself: alarms in the standby Region, each to a topic of that Region', () => {
    const alarms = ofType(standby, 'AWS::CloudWatch::Alarm')
      .map(([, a]) => a.Properties)
      .filter((a) => /^cdk-failover-shop-app-database/.test(a.AlarmName ?? ''));
    expect(alarms.map((a) => [a.AlarmName, a.MetricName, a.Threshold, a.EvaluationPeriods, a.TreatMissingData])).toEqual([
      ['cdk-failover-shop-app-database-unwatched', DATABASE_METRIC.ticks, 1, 3, 'breaching'],
      ['cdk-failover-shop-app-database-stuck', DATABASE_METRIC.stuck, 1, 1, 'ignore'],
      ['cdk-failover-shop-app-database-split-brain', DATABASE_METRIC.splitBrain, 1, 1, 'ignore'],
      ['cdk-failover-shop-app-database-unprotected', DATABASE_METRIC.unprotected, 1, 5, 'ignore'],
      ['cdk-failover-shop-app-database-lease-lost', DATABASE_METRIC.leaseLost, 1, 3, 'notBreaching'],
    ]);
    expect(alarms.every((a) => a.AlarmActions.length === 1 && a.OKActions.length === 1)).toBe(true);
  });

  test('passes on what RDS says about replicas, as a hint to people', () => {
    const patterns = ofType(standby, 'AWS::Events::Rule').map(([, r]) => r.Properties.EventPattern?.detail?.SourceIdentifier);
    expect(patterns.filter(Boolean)).toEqual([['shop-b1', 'shop-b2'], ['shop-b']]);
  });
});

describe('a database that its service fails over', () => {
  const inRegionWorld = (database: Database) => {
    const w = world({}, { alerts: true });
    const db = bind(w, { database, targets: undefined });
    return { db, templates: rendered(w.app) };
  };
  const multiAz = DatabaseRef.instance({ id: 'shop', endpoint: 'shop.abc.rds.example.com', engine: DatabaseEngine.MYSQL });

  test.each([
    ['multiAzInstance', () => Database.multiAzInstance(multiAz), [{ Name: 'DBInstanceIdentifier', Value: 'shop' }]],
    [
      'auroraCluster',
      () => Database.auroraCluster(cluster('shop')),
      [
        { Name: 'DBClusterIdentifier', Value: 'shop' },
        { Name: 'Role', Value: 'WRITER' },
      ],
    ],
  ])('of kind %s is watched in its own Region, and nothing that promotes is made', (_kind, make, dimensions) => {
    const made = inRegionWorld(make());
    const primary = inRegion(made.templates, PRIMARY);
    const alarm = ofType(primary, 'AWS::CloudWatch::Alarm').find(([, a]) =>
      /database-writer$/.test(a.Properties.AlarmName ?? ''),
    );
    expect(alarm?.[1].Properties).toMatchObject({
      MetricName: 'DatabaseConnections',
      Dimensions: dimensions,
      TreatMissingData: 'breaching',
    });
    expect(
      ofType(primary, 'AWS::Events::Rule').map(([, r]) => r.Properties.EventPattern?.detail?.SourceIdentifier),
    ).toContainEqual(['shop']);
    for (const template of made.templates) expect(template.text).not.toMatch(/prober|PromoteReadReplica|Latch-g1|StateMachine/);
    expect(made.db.alarms).toHaveLength(1);
  });

  test('of kind multiAzCluster is followed by its events', () => {
    const made = inRegionWorld(
      Database.multiAzCluster(
        DatabaseRef.cluster({ id: 'shop', endpoint: 'shop.cluster-abc.rds.example.com', engine: DatabaseEngine.POSTGRESQL }),
      ),
    );
    const [rule] = ofType(inRegion(made.templates, PRIMARY), 'AWS::Events::Rule').filter(([, r]) => r.Properties.EventPattern);
    expect(rule?.[1].Properties.EventPattern).toMatchObject({ source: ['aws.rds'], detail: { SourceIdentifier: ['shop'] } });
    expect(made.db.alarms).toEqual([]);
  });
});

describe('the writer of a database that its service fails over', () => {
  const made = (order: 'drill first' | 'database first', database: Database) => {
    const w = world({}, { alerts: true });
    const drill = () => new FailoverDrill(w.regions.standby, 'Drill', { pair: w.pair });
    const db = () => bind(w, { database, targets: undefined });
    for (const make of order === 'drill first' ? [drill, db] : [db, drill]) make();
    return inRegion(rendered(w.app), STANDBY);
  };
  const shop = { id: 'shop', endpoint: 'shop.abc.rds.example.com', engine: DatabaseEngine.MYSQL };
  const registrationIn = (template: Rendered) =>
    JSON.stringify(ofType(template, 'AWS::SSM::Parameter').map(([, p]) => p.Properties.Value));

  test.each(['drill first', 'database first'] as const)('is looked at by the keeper of a drill, %s', (order) => {
    const template = made(order, Database.multiAzInstance(DatabaseRef.instance(shop)));
    expect(registrationIn(template)).toContain(
      String.raw`\"serviceDatabase\":{\"kind\":\"instance\",\"id\":\"shop\",\"region\":\"eu-west-1\"}`,
    );
    expect(template.text).toContain('rds:DescribeDBInstances');
    expect(template.text).not.toMatch(/prober|PromoteReadReplica|DescribeDBClusters/);
  });

  test('is an instance of its cluster, so the cluster is asked', () => {
    const template = made('drill first', Database.auroraCluster(cluster('shop')));
    expect(registrationIn(template)).toContain(String.raw`{\"kind\":\"cluster\",\"id\":\"shop\"`);
    expect(template.text).toContain('rds:DescribeDBClusters');
    expect(template.text).not.toContain('rds:DescribeDBInstances');
  });

  test.each<[string, Parameters<typeof world>[0], boolean, string]>([
    ['without a control set', {}, true, 'this control set has no keeper; a FailoverDrill brings one'],
    [
      'without beacons',
      { beacons: Beacons.none() },
      true,
      'beacons is Beacons.none(), so the pair is not registered; use Beacons.open()',
    ],
    ['without alerts', {}, false, 'the pair has no alerts; set them'],
  ])('is asked for by nobody %s, which is said', (_what, props, alerts, because) => {
    const w = world(props, { alerts });
    const db = bind(w, { database: Database.multiAzInstance(DatabaseRef.instance(shop)), targets: undefined });
    rendered(w.app);
    expect(infosOf(db).map((text) => text.replace(/ \[ack: .*/, ''))).toContain(
      `nobody asks the service who writes in the database of app.example.com, because ${because}`,
    );
  });
});

describe('the targets', () => {
  test('may stand in a RecoveryBudget that was made before', () => {
    const w = world();
    new RecoveryBudget(w.regions.routing, 'Budget', { pair: w.pair, targets: { rto: Duration.minutes(30) } });
    expect(() => bind(w, { targets: undefined })).not.toThrow();
  });

  test('are judged with the way of the writer', () => {
    const w = world();
    bind(w, { targets: { rto: Duration.minutes(2) } });
    const said = w.app
      .synth({ validateOnSynthesis: false })
      .stacks.flatMap(({ messages }) => messages.map((m) => String(m.entry.data)));
    expect(said.find((text) => text.includes('cdk-failover:BudgetImpossible'))).toMatch(/cross-Region replica promotion/);
  });
});

describe('templates know nothing of who writes', () => {
  test('so a deployment after a failover is the deployment before it', () => {
    const again = rendered(everything().app);
    expect(again.map(({ text }) => text)).toEqual(templates.map(({ text }) => text));
    for (const template of templates) expect(template.text).not.toMatch(/"active"|"epoch":\s*\d|writesNow/);
  });

  test('and a replica that was promoted is dropped from the list without touching latch, checks or journal', () => {
    const after = world();
    bind(after, { database: replicas('shop-b1') });
    const before = world();
    bind(before, { database: replicas('shop-b1', 'shop-b2') });
    const frozen = (w: ReturnType<typeof world>) =>
      rendered(w.app).flatMap(({ resources }) =>
        Object.entries(resources).filter(([, { Type }]) => /HealthCheck|RecordSet|Alarm|DynamoDB|StateMachine/.test(Type)),
      );
    expect(frozen(after)).toEqual(frozen(before));
  });
});

test('no value crosses a Region, and each stack stands alone', () => {
  for (const template of templates) {
    expect(template.text).not.toMatch(/CrossRegionExport(Reader|Writer)|Fn::GetStackOutput|Fn::ImportValue|"Export":/);
    for (const other of templates.filter((t) => t !== template)) expect(template.text).not.toContain(`"${other.name}"`);
  }
});

test('pairs with names of their own get records of their own', () => {
  const w = world();
  const writer = (name: string) => WriterName.privateZone({ hostedZoneId: 'Z1', name });
  bind(w, {
    database: Database.readReplicas({ source: instance('a1'), replicas: [instance('b1')], writer: writer('one.internal') }),
  });
  bind(
    { regions: w.regions, pair: pairIn(w.regions, 'Two') },
    { database: Database.readReplicas({ source: instance('a2'), replicas: [instance('b2')], writer: writer('two.internal') }) },
  );
  expect(() => rendered(w.app)).not.toThrow();
});
