import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import {
  AuroraMysqlEngineVersion,
  AuroraPostgresEngineVersion,
  DatabaseCluster,
  DatabaseClusterEngine,
  type IClusterEngine,
} from 'aws-cdk-lib/aws-rds';
import { GlobalLagMetric, LagSource, ReplicationLagAlarms } from 'cdk-failover';
import { messageOf } from '../said';

const AT = ' (at Db/Lag)';
const postgres = DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_16_4 });
const mysql = (full: string) => DatabaseClusterEngine.auroraMysql({ version: AuroraMysqlEngineVersion.of(full) });

const stackIn = (region: string) => new Stack(new App(), 'Db', { env: { region } });
const clusterIn = (stack: Stack, engine?: IClusterEngine) =>
  DatabaseCluster.fromDatabaseClusterAttributes(stack, 'Cluster', { clusterIdentifier: 'shop-b', engine });

function alarmsOf(source: (stack: Stack) => LagSource) {
  const stack = stackIn('eu-central-1');
  const made = new ReplicationLagAlarms(stack, 'Lag', { source: source(stack) });
  expect(made.stoppedAlarm).toBeUndefined();
  return Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
}

test('readers of a cluster: the slowest counts, 30 s are 30,000 ms, and silence says so', () => {
  const metric = {
    Namespace: 'AWS/RDS',
    MetricName: 'AuroraReplicaLag',
    Dimensions: [
      { Name: 'DBClusterIdentifier', Value: 'shop-b' },
      { Name: 'Role', Value: 'READER' },
    ],
    Period: 60,
  };
  expect(alarmsOf((stack) => LagSource.auroraReplica(clusterIn(stack, postgres)))).toEqual([
    expect.objectContaining({
      ...metric,
      Statistic: 'Maximum',
      Threshold: 30_000,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'breaching',
    }),
    expect.objectContaining({ ...metric, Statistic: 'SampleCount', Threshold: 1, TreatMissingData: 'breaching' }),
  ]);
});

test('one reader is watched by its own identifier', () => {
  const [lag] = alarmsOf((stack) => LagSource.auroraReplica(clusterIn(stack), { instanceIdentifier: 'shop-b-2' }));
  expect(lag).toMatchObject({ Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'shop-b-2' }], Threshold: 30_000 });
});

test.each<[string, IClusterEngine | undefined, string]>([
  ['PostgreSQL', postgres, 'AuroraGlobalDBRPOLag'],
  ['MySQL 3.04', mysql('8.0.mysql_aurora.3.04.0'), 'AuroraGlobalDBRPOLag'],
  ['MySQL 3.03', mysql('8.0.mysql_aurora.3.03.1'), 'AuroraGlobalDBReplicationLag'],
  ['MySQL 2.12', mysql('5.7.mysql_aurora.2.12.0'), 'AuroraGlobalDBRPOLag'],
  ['MySQL 2.11', mysql('5.7.mysql_aurora.2.11.4'), 'AuroraGlobalDBReplicationLag'],
  ['MySQL of an unknown version', DatabaseClusterEngine.AURORA_MYSQL, 'AuroraGlobalDBRPOLag'],
  ['an imported cluster that does not tell', undefined, 'AuroraGlobalDBRPOLag'],
])('the lag of a Global Database by engine: %s', (_name, engine, metric) => {
  const [lag] = alarmsOf((stack) => LagSource.auroraGlobal(clusterIn(stack, engine)));
  expect(lag).toMatchObject({
    MetricName: metric,
    Dimensions: [{ Name: 'DBClusterIdentifier', Value: 'shop-b' }],
    Threshold: 30_000,
  });
});

test('metric and Region of the source of a Global Database may be told', () => {
  const options = { metric: GlobalLagMetric.REPLICATION, sourceRegion: 'eu-west-1' };
  const [lag] = alarmsOf((stack) => LagSource.auroraGlobal(clusterIn(stack, postgres), options));
  expect(lag).toMatchObject({
    MetricName: 'AuroraGlobalDBReplicationLag',
    Dimensions: [
      { Name: 'DBClusterIdentifier', Value: 'shop-b' },
      { Name: 'SourceRegion', Value: 'eu-west-1' },
    ],
  });
});

test('fails in the Region of the writer', () => {
  const stack = stackIn('eu-west-1');
  const source = LagSource.auroraGlobal(clusterIn(stack, postgres), { sourceRegion: 'eu-west-1' });
  expect(messageOf(() => new ReplicationLagAlarms(stack, 'Lag', { source }))).toBe(
    '[WrongRegion] sourceRegion is "eu-west-1", where these alarms are too; a Global Database shows its lag in secondary Regions only; ' +
      `make the alarms in the stack of a secondary cluster${AT}`,
  );
});

test.each([LagSource.auroraReplica, LagSource.auroraGlobal])(
  'fails away from the cluster, and on a Multi-AZ cluster that is not Aurora, both at once: %p',
  (sourceOf) => {
    const app = new App();
    const there = new Stack(app, 'There', { env: { region: 'eu-west-1' } });
    const stack = new Stack(app, 'Db', { env: { region: 'eu-central-1' } });
    const engine = Object.create(DatabaseClusterEngine.AURORA_MYSQL, { engineType: { value: 'mysql' } });
    expect(messageOf(() => new ReplicationLagAlarms(stack, 'Lag', { source: sourceOf(clusterIn(there, engine)) }))).toBe(
      '[WrongRegion] source is in eu-west-1 but this stack is in eu-central-1; an alarm reads metrics of its own Region only; ' +
        `make the alarms in a stack of the cluster's Region${AT}\n` +
        '[ReplicaEngine] engine of There/Cluster is "mysql"; this lag exists for aurora-mysql, aurora-postgresql; ' +
        `use LagSource.rdsReplica, or LagSource.metric with a metric of your own${AT}`,
    );
  },
);
