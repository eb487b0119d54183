import { App, type Stack, Stack as StackOf } from 'aws-cdk-lib';
import { type DatabaseFailover, FailoverRegions } from '../../../lib';
import { Lease, LeaseRenewer, type LeaseRenewerProps, TriggerPolicy } from '../../../lib/constructs/database';
import { LEASE_METRIC } from '../../../lib/decide/metrics';
import { RENEWER_MS } from '../../../lib/runtime/drive/database/renew';
import { ACCOUNT, inRegion, ofType, rendered, ZONE } from '../../support/apps';
import { messageOf, warningsOf } from '../said';
import { bind, databaseOf, heartbeatIn, PRIMARY, pairIn, renewerNetwork, replicas, STANDBY, type World, world } from './world';

const TABLE = 'cdk-failover-shop-lease';
const WITNESS = 'eu-west-2';

const leased = (lease: Lease | undefined, w: World = world({}, { alerts: true })) => ({
  ...w,
  db: bind(w, { ...(lease ? { lease } : {}), heartbeat: heartbeatIn(w.regions.standby) }),
});
const renewerOf = (db: DatabaseFailover, stack: Stack, props: Partial<LeaseRenewerProps> = {}) =>
  new LeaseRenewer(stack, 'Renewer', { failover: db, ...renewerNetwork(stack), ...props });
const infosOf = (db: DatabaseFailover) =>
  db.node.metadata
    .filter(({ type, data }) => type === 'aws:cdk:info' && String(data).includes('cdk-failover:Lease'))
    .map(({ data }) => String(data));

describe('a lease in three Regions', () => {
  const { app, regions, db } = leased(Lease.multiRegion());
  renewerOf(db, regions.primary);
  const templates = rendered(app);
  const [primary, standby] = [inRegion(templates, PRIMARY), inRegion(templates, STANDBY)];

  test('is one strongly consistent table with two replicas and a witness, which outlives its stack', () => {
    const tables = ofType(primary, 'AWS::DynamoDB::GlobalTable');
    expect(tables).toHaveLength(1);
    const [, table] = tables[0] ?? [];
    expect(table?.Properties).toMatchObject({
      TableName: TABLE,
      MultiRegionConsistency: 'STRONG',
      GlobalTableWitnesses: [{ Region: WITNESS }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    });
    const replicas = table?.Properties.Replicas as { Region: string; DeletionProtectionEnabled: boolean }[];
    expect(replicas.map(({ Region, DeletionProtectionEnabled }) => [Region, DeletionProtectionEnabled]).sort()).toEqual([
      [STANDBY, true],
      [PRIMARY, true],
    ]);
    expect(table?.DeletionPolicy).toBe('Retain');
  });

  test('is known to the standby by name alone: its stack deploys while the primary Region is gone', () => {
    expect(ofType(standby, 'AWS::DynamoDB::GlobalTable')).toEqual([]);
    expect(databaseOf(standby).lease).toEqual({ table: TABLE, region: STANDBY });
    for (const [, template] of Object.entries(templates)) {
      expect(JSON.stringify(template)).not.toMatch(/CrossRegionExport|Fn::GetStackOutput/);
    }
    expect(regions.standby.dependencies.map((stack) => stack.node.path)).toEqual([]);
  });

  test('has an alarm for when nobody renews it, in the standby Region, on the alert path', () => {
    const found = ofType(standby, 'AWS::CloudWatch::Alarm').find(([, a]) => a.Properties.MetricName === 'DatabaseLeaseLost');
    expect(found?.[1].Properties).toMatchObject({
      AlarmName: 'cdk-failover-shop-app-database-lease-lost',
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      TreatMissingData: 'notBreaching',
    });
    expect(found?.[1].Properties.AlarmActions).toHaveLength(1);
    expect(found?.[1].Properties.OKActions).toHaveLength(1);
    expect(db.metricLeaseLost().metricName).toBe('DatabaseLeaseLost');
  });

  test('is renewed in the database’s VPC every minute, longer than a minute, with the names and nothing of another Region', () => {
    const [[, fn] = []] = ofType(primary, 'AWS::Lambda::Function').filter(
      ([, f]) => f.Properties.FunctionName === 'cdk-failover-shop-app-lease',
    );
    expect(fn?.Properties).toMatchObject({
      VpcConfig: { SubnetIds: ['subnet-0123456789abcdef2', 'subnet-0123456789abcdef3'] },
      Environment: {
        Variables: {
          CONTROL_SET: 'shop',
          PAIR: 'app',
          LEASE_TABLE: TABLE,
          LEASE_REGION: PRIMARY,
          DATABASE_SECRET: 'shop/beat',
        },
      },
    });
    expect(JSON.parse(String(fn?.Properties.Environment.Variables.LEASED_DATABASE))).toEqual({
      id: 'shop-a',
      endpoint: 'shop-a.abc.rds.example.com',
      port: 5432,
      region: PRIMARY,
      engine: 'postgres',
      priority: 0,
    });
    expect(Number(fn?.Properties.Timeout) * 1000).toBeGreaterThan(RENEWER_MS + 5_000);
    const schedules = ofType(primary, 'AWS::Scheduler::Schedule').map(([, s]) => s.Properties.ScheduleExpression);
    expect(schedules).toEqual(['rate(1 minute)']);
  });

  test('says who must agree', () => {
    expect(infosOf(db)).toEqual([
      `lease is in table ${TABLE} in eu-west-1 and eu-central-1: a failover starts when Route 53, our own probe, the evidence about the writer and the lease agree; while the lease cannot be read, only a person starts one [ack: cdk-failover:Lease]`,
    ]);
  });
});

test('renewals are a metric of the renewer’s own Region', () => {
  const { regions, db } = leased(Lease.multiRegion());
  const metric = renewerOf(db, regions.primary).metricRenewals();
  expect([metric.metricName, metric.region, metric.dimensions]).toEqual([
    LEASE_METRIC.renewals,
    PRIMARY,
    { ControlSet: 'shop', Pair: 'app', Database: 'shop-a' },
  ]);
});

test('two databases of a control set share the table, and fail to give it two witnesses', () => {
  const w = world();
  const other = { regions: w.regions, pair: pairIn(w.regions, 'Other') };
  const third = { regions: w.regions, pair: pairIn(w.regions, 'Third') };
  bind(w, { lease: Lease.multiRegion() });
  bind(other, { lease: Lease.multiRegion(), database: replicas('other-b') });
  expect(messageOf(() => bind(third, { lease: Lease.multiRegion({ witnessRegion: 'eu-west-3' }) }))).toBe(
    '[LeaseTable] lease.witnessRegion is "eu-west-3" for one database and "eu-west-2" for another; a control set has one table of leases; give both the same (at Shop/Primary/Leases)',
  );
  expect(ofType(inRegion(rendered(w.app), PRIMARY), 'AWS::DynamoDB::GlobalTable')).toHaveLength(1);
});

test('a witness table is taken by name, in its own Region, and nothing is made', () => {
  const { app, regions, db } = leased(Lease.witnessTable({ tableName: 'leases', region: 'eu-north-1' }));
  renewerOf(db, regions.primary);
  const templates = rendered(app);
  expect(databaseOf(inRegion(templates, STANDBY)).lease).toEqual({ table: 'leases', region: 'eu-north-1' });
  expect(Object.values(templates).flatMap((t) => ofType(t, 'AWS::DynamoDB::GlobalTable'))).toEqual([]);
  const text = JSON.stringify(inRegion(templates, PRIMARY));
  expect(text).toContain('"LEASE_REGION":"eu-north-1"');
});

test('without a lease nothing of it is there, and synth says what that means unless it was chosen', () => {
  const { app, db } = leased(undefined);
  const standby = inRegion(rendered(app), STANDBY);
  expect(databaseOf(standby).lease).toBeUndefined();
  expect(JSON.stringify(standby)).not.toContain('DatabaseLeaseLost');
  expect(infosOf(db)).toEqual([
    'lease is Lease.none(): a failover starts when Route 53, our own probe and the evidence about the writer agree, and to them a primary that is cut off from everybody outside looks dead; a lease can tell: set lease: Lease.multiRegion(), or say Lease.none() [ack: cdk-failover:Lease]',
  ]);
  expect(infosOf(leased(Lease.none()).db)).toEqual([]);
});

test('a quorum of three takes a lease, and synth says that the lease is among them', () => {
  const w = world();
  const db = bind(w, {
    lease: Lease.multiRegion(),
    heartbeat: heartbeatIn(w.regions.standby),
    trigger: TriggerPolicy.quorum(3),
  });
  expect(infosOf(db)[0]).toContain(
    'a failover starts when 3 of Route 53, our own probe, the evidence about the writer and the lease agree, the lease among them;',
  );
});

test('synth warns when nobody renews the lease, and not when a renewer stands beside the primary', () => {
  const alone = leased(Lease.multiRegion());
  rendered(alone.app);
  expect(warningsOf(alone.db)).toEqual([
    'lease is set, and no LeaseRenewer of this app stands in the primary Region; a lease that nobody renews keeps every failover for a person; add one, or leave lease out [ack: cdk-failover:NobodyRenews]',
  ]);
  const renewed = leased(Lease.multiRegion());
  renewerOf(renewed.db, renewed.regions.primary);
  rendered(renewed.app);
  expect(warningsOf(renewed.db)).toEqual([]);
});

const AT = ' (at Shop/Standby/AppDb)';
const SETS =
  'US: us-east-1, us-east-2, us-west-2; EU: eu-west-1, eu-west-2, eu-west-3, eu-central-1; AP: ap-northeast-1, ap-northeast-2, ap-northeast-3';
const THREE =
  "[LeaseRegions] lease is Lease.multiRegion(), which takes three Regions of one set of DynamoDB's multi-Region strong consistency";

describe('fails on a lease', () => {
  const between = (primary: string, standby: string): World => {
    const app = new App();
    const regions = new FailoverRegions(app, 'Shop', { account: ACCOUNT, primary, standby, zone: ZONE });
    return { app, regions, pair: pairIn(regions, 'App') };
  };
  test.each<[string, World, Lease, string]>([
    [
      'between Region sets',
      between('eu-west-1', 'us-west-2'),
      Lease.multiRegion(),
      `${THREE}; eu-west-1 and us-west-2 are in none (${SETS}); use Lease.witnessTable with a table in any third Region, or, if AWS has added these Regions, set witnessRegion and unlistedRegions: true${AT}`,
    ],
    [
      'with a witness outside the set',
      world(),
      Lease.multiRegion({ witnessRegion: 'eu-north-1' }),
      `${THREE}; eu-west-1, eu-central-1 and eu-north-1 are in none (${SETS}); use Lease.witnessTable with a table in any third Region, or, if AWS has added these Regions, set unlistedRegions: true${AT}`,
    ],
    [
      'whose witness is the standby',
      world(),
      Lease.multiRegion({ witnessRegion: STANDBY }),
      `${THREE}; witnessRegion is "eu-central-1"; give a third Region as plain text, or leave it out${AT}`,
    ],
    [
      'in unlisted Regions without a witness',
      between('eu-west-1', 'eu-north-1'),
      Lease.multiRegion({ unlistedRegions: true }),
      `${THREE}; eu-west-1 and eu-north-1 are in no set that this version knows; set witnessRegion beside unlistedRegions${AT}`,
    ],
    [
      'whose table is in the standby Region and has no name',
      world(),
      Lease.witnessTable({ tableName: 'a b', region: STANDBY }),
      `[LeaseTable] lease.tableName is "a b"; stacks of two Regions name the table; give its name as plain text, 3 to 255 letters, digits and _.-${AT}\n` +
        `[LeaseRegions] lease.region is "eu-central-1"; a table beside the primary dies with it, and one beside the standby cannot tell a primary that is cut off from a dead one; give a third Region as plain text${AT}`,
    ],
  ])('%s', (_name, w, lease, text) => {
    expect(messageOf(() => bind(w, { lease }))).toBe(text);
  });

  test('with a quorum of five', () => {
    const w = world();
    const props = { lease: Lease.multiRegion(), heartbeat: heartbeatIn(w.regions.standby), trigger: TriggerPolicy.quorum(5) };
    expect(messageOf(() => bind(w, props))).toBe(
      `[Quorum] trigger is TriggerPolicy.quorum(5); 3, with a lease: only Route 53 may be silent, and a cut path silences our own probe and the heartbeat at once, so the lease must speak then; use TriggerPolicy.quorum(3) or unanimous()${AT}`,
    );
  });

  test('and takes unlisted Regions by the user’s word', () => {
    const w = between('eu-west-1', 'eu-north-1');
    bind(w, { lease: Lease.multiRegion({ unlistedRegions: true, witnessRegion: 'eu-south-2' }) });
    const [[, table] = []] = ofType(inRegion(rendered(w.app), 'eu-west-1'), 'AWS::DynamoDB::GlobalTable');
    expect(table?.Properties.GlobalTableWitnesses).toEqual([{ Region: 'eu-south-2' }]);
  });
});

describe('a renewer', () => {
  test('beside a replica asks the standby’s copy of the table, and renews nothing for the primary', () => {
    const { app, regions, db } = leased(Lease.multiRegion());
    renewerOf(db, regions.standby);
    const standby = inRegion(rendered(app), STANDBY);
    const [[, fn] = []] = ofType(standby, 'AWS::Lambda::Function').filter(
      ([, f]) => f.Properties.FunctionName === 'cdk-failover-shop-app-lease',
    );
    expect(fn?.Properties.Environment.Variables).toMatchObject({
      LEASE_REGION: STANDBY,
      LEASED_DATABASE: expect.stringContaining('"id":"shop-b"'),
    });
    expect(warningsOf(db)).toHaveLength(1);
  });

  test('fails without a lease, elsewhere, and with a network of another Region; all at once', () => {
    const w = world();
    const db = bind(w);
    const stack = new StackOf(w.app, 'Third', { env: { account: ACCOUNT, region: 'eu-north-1' } });
    expect(messageOf(() => new LeaseRenewer(stack, 'Renewer', { failover: db, ...renewerNetwork(w.regions.primary) }))).toBe(
      '[NoLease] failover is Shop/Standby/AppDb, which has no lease; nothing would be renewed; set lease: Lease.multiRegion() there (at Third/Renewer)\n' +
        '[RenewerElsewhere] scope is in eu-north-1; a renewer stands beside its database; use a stack of one of their Regions: shop-a in eu-west-1, shop-b in eu-central-1 (at Third/Renewer)\n' +
        '[RenewerNetwork] vpc is in eu-west-1; the renewer is in eu-north-1 and works while every other Region is gone; name one of eu-north-1 (at Third/Renewer)\n' +
        '[RenewerNetwork] secret is in eu-west-1; the renewer is in eu-north-1 and works while every other Region is gone; name one of eu-north-1 (at Third/Renewer)',
    );
  });

  test('fails beside several replicas until one is named', () => {
    const w = world();
    const db = bind(w, { lease: Lease.multiRegion(), database: replicas('shop-b1', 'shop-b2') });
    expect(messageOf(() => renewerOf(db, w.regions.standby))).toBe(
      '[RenewerDatabase] databaseId is undefined; it names one database of eu-central-1; give one of shop-b1, shop-b2 (at Shop/Standby/Renewer)',
    );
  });
});
