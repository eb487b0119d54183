import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { InstanceType, Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  DatabaseInstance,
  DatabaseInstanceEngine,
  DatabaseInstanceReadReplica,
  type IInstanceEngine,
  MysqlEngineVersion,
  OracleEngineVersion,
  PostgresEngineVersion,
} from 'aws-cdk-lib/aws-rds';
import {
  type AddAlarmOptions,
  AlertPath,
  AlertTarget,
  LagSource,
  type RdsReplicaLagOptions,
  ReplicaEngine,
  ReplicationLagAlarms,
  type ReplicationLagAlarmsProps,
} from 'cdk-failover';
import { messageOf, warningsOf } from '../said';

const stackIn = (region?: string) => new Stack(new App(), 'Db', { env: { region } });

const replicaIn = (stack: Stack, engine?: IInstanceEngine) =>
  DatabaseInstance.fromDatabaseInstanceAttributes(stack, 'Replica', {
    instanceIdentifier: 'shop-b1',
    instanceEndpointAddress: 'shop-b1.example.net',
    port: 5432,
    securityGroups: [],
    engine,
  });

/** Alarms on an imported replica in eu-central-1. */
function lagOf(options: RdsReplicaLagOptions, props: Partial<ReplicationLagAlarmsProps> = {}, engine?: IInstanceEngine) {
  const stack = stackIn('eu-central-1');
  return new ReplicationLagAlarms(stack, 'Lag', { source: LagSource.rdsReplica(replicaIn(stack, engine), options), ...props });
}

const alarmsOf = (made: ReplicationLagAlarms) =>
  Object.fromEntries(
    Object.values(Template.fromStack(Stack.of(made)).findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => {
      const { AlarmDescription, ...rest } = Properties;
      return [AlarmDescription.split(' ').slice(0, 2).join(' '), rest];
    }),
  );

const heartbeat = { engine: ReplicaEngine.POSTGRESQL, writerHeartbeat: Duration.seconds(10) };
const NO_ALERTS = 'nobody is told when replication lags or stops; set alerts [ack: cdk-failover:NoAlerts]';
const AT = ' (at Db/Lag)';

describe('three alarms on a replica', () => {
  const made = lagOf(heartbeat);
  const alarms = alarmsOf(made);
  const metric = {
    Namespace: 'AWS/RDS',
    MetricName: 'ReplicaLag',
    Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'shop-b1' }],
    Period: 60,
    EvaluationPeriods: 3,
  };

  test('lag above the documented default of 30 s in 2 of 3 minutes; unknown lag is no small lag', () => {
    expect(alarms['Replication lags']).toEqual({
      ...metric,
      Statistic: 'Maximum',
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 30,
      DatapointsToAlarm: 2,
      TreatMissingData: 'breaching',
    });
  });

  test('replication stopped is a negative lag, which "greater than" never sees', () => {
    expect(alarms['Replication does']).toEqual({
      ...metric,
      Statistic: 'Minimum',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 0,
      DatapointsToAlarm: 2,
      TreatMissingData: 'ignore',
    });
  });

  test('no datapoint in three minutes says why', () => {
    expect(alarms['No datapoint']).toEqual({
      ...metric,
      Statistic: 'SampleCount',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
    });
  });

  test('are all there are, and can be used', () => {
    expect(Object.keys(alarms)).toHaveLength(3);
    expect([made.lagAlarm, made.stoppedAlarm, made.missingAlarm].every((alarm) => alarm !== undefined)).toBe(true);
    const lag = made.metricLag();
    expect([lag.namespace, lag.metricName, lag.statistic, lag.period.toSeconds()]).toEqual([
      'AWS/RDS',
      'ReplicaLag',
      'Maximum',
      60,
    ]);
    expect(made.metricLag({ period: Duration.minutes(5) }).period.toSeconds()).toBe(300);
  });

  test('warn that nobody is told', () => {
    expect(warningsOf(made)).toEqual([NO_ALERTS]);
  });
});

describe('engines', () => {
  const threshold = (made: ReplicationLagAlarms) => alarmsOf(made)['Replication lags']?.Threshold;

  test.each<[string, RdsReplicaLagOptions, ReplicationLagAlarmsProps['threshold'], number]>([
    ['MySQL pages above the threshold', { engine: ReplicaEngine.MYSQL }, undefined, 30],
    ['MariaDB pages above the threshold', { engine: ReplicaEngine.MARIADB }, Duration.seconds(45), 45],
    ['PostgreSQL with a writer heartbeat pages above the threshold', heartbeat, Duration.seconds(60), 60],
    ['PostgreSQL without one pages above 330 s', { engine: ReplicaEngine.POSTGRESQL }, undefined, 330],
    ['PostgreSQL without one keeps a higher threshold', { engine: ReplicaEngine.POSTGRESQL }, Duration.minutes(10), 600],
  ])('%s', (_name, options, limit, expected) => {
    expect(threshold(lagOf(options, { threshold: limit }))).toBe(expected);
  });

  test('PostgreSQL without a writer heartbeat says how to page above 30 s', () => {
    expect(warningsOf(lagOf({ engine: ReplicaEngine.POSTGRESQL }))).toEqual([
      NO_ALERTS,
      'PostgreSQL shows up to 5 min of lag while its writer is idle, so this pages above 330 s, not 30 s; to page above 30 s, let something ' +
        'commit on the writer every few seconds and say so: writerHeartbeat: Duration.seconds(10) [ack: cdk-failover:IdleWriter]',
    ]);
  });

  test('the engine of an instance that tells it is used', () => {
    const postgres = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_16 });
    expect(threshold(lagOf({}, {}, postgres))).toBe(330);
    expect(threshold(lagOf({}, {}, DatabaseInstanceEngine.mysql({ version: MysqlEngineVersion.VER_8_0 })))).toBe(30);
  });

  test('fails on an instance that does not tell', () => {
    expect(messageOf(() => lagOf({}))).toBe(
      `[ReplicaEngine] engine of Db/Replica is unknown, and each engine counts lag in its own way; set engine, such as ReplicaEngine.POSTGRESQL${AT}`,
    );
  });

  test('fails on a read replica made here too, because aws-cdk-lib forgets its engine', () => {
    const stack = stackIn('eu-central-1');
    const replica = new DatabaseInstanceReadReplica(stack, 'Copy', {
      sourceDatabaseInstance: replicaIn(stack, DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_16 })),
      instanceType: new InstanceType('t4g.medium'),
      vpc: Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a', 'b'], privateSubnetIds: ['s1', 's2'] }),
    });
    expect(messageOf(() => new ReplicationLagAlarms(stack, 'Lag', { source: LagSource.rdsReplica(replica) }))).toBe(
      `[ReplicaEngine] engine of Db/Copy is unknown, and each engine counts lag in its own way; set engine, such as ReplicaEngine.POSTGRESQL${AT}`,
    );
    const source = LagSource.rdsReplica(replica, { engine: ReplicaEngine.MYSQL });
    expect(messageOf(() => new ReplicationLagAlarms(stack, 'Told', { source }))).toBe('nothing was thrown');
  });

  test('fails on an engine whose lag nobody explained to us', () => {
    expect(messageOf(() => lagOf({}, {}, DatabaseInstanceEngine.oracleEe({ version: OracleEngineVersion.VER_19 })))).toBe(
      '[ReplicaEngine] engine of Db/Replica is "oracle-ee"; lag is understood for postgres, mysql, mariadb; ' +
        `use LagSource.metric with a metric of your own${AT}`,
    );
  });

  test('fails when the engine contradicts the instance', () => {
    const mysql = DatabaseInstanceEngine.mysql({ version: MysqlEngineVersion.VER_8_0 });
    expect(messageOf(() => lagOf({ engine: ReplicaEngine.POSTGRESQL }, {}, mysql))).toBe(
      `[ReplicaEngine] engine is "postgres" but the instance is "mysql"; leave engine out${AT}`,
    );
  });
});

describe('numbers', () => {
  test.each<[string, RdsReplicaLagOptions, Duration | undefined, string]>([
    [
      'a heartbeat as slow as the threshold',
      { ...heartbeat, writerHeartbeat: Duration.seconds(30) },
      undefined,
      '[WriterHeartbeat] writerHeartbeat is 30 s; an idle writer looks that far behind, so it must be more than 0 and less than the threshold of ' +
        '30 s; commit more often or raise threshold',
    ],
    [
      'a heartbeat of an engine that needs none',
      { engine: ReplicaEngine.MYSQL, writerHeartbeat: Duration.seconds(10) },
      undefined,
      '[WriterHeartbeat] writerHeartbeat is set for mysql, whose lag is honest while the writer is idle; leave it out',
    ],
    [
      'no threshold',
      heartbeat,
      Duration.seconds(0),
      '[LagThreshold] threshold is 0 s; lag is counted in whole seconds; give at least 1 s',
    ],
    [
      'half a threshold',
      heartbeat,
      Duration.millis(30_500),
      '[LagThreshold] threshold is 30.5 s; lag is counted in whole seconds; give at least 1 s',
    ],
    [
      'a threshold that is only known at deploy time',
      heartbeat,
      Duration.seconds(new CfnParameter(new Stack(), 'Sec', { type: 'Number' }).valueAsNumber),
      '[LagThreshold] threshold is only known at deploy time; the page threshold is computed from it; give a plain Duration',
    ],
  ])('fails on %s', (_name, options, limit, text) => {
    const message = messageOf(() => lagOf(options, { threshold: limit }));
    expect(message.split('\n')[0]).toBe(text + AT);
  });
});

describe('a metric of your own', () => {
  const own = (region?: string) =>
    new Metric({
      namespace: 'Shop',
      metricName: 'LagMs',
      dimensionsMap: { Replica: 'b1' },
      region,
      statistic: 'Average',
      period: Duration.minutes(5),
    });
  const made = (metric: Metric, factor: number, threshold?: Duration) =>
    new ReplicationLagAlarms(stackIn('eu-central-1'), 'Lag', { source: LagSource.metric(metric, factor), threshold });

  test('is read as the maximum of each minute, against the threshold in its own unit', () => {
    expect(alarmsOf(made(own('eu-central-1'), 0.001))['Replication lags']).toMatchObject({
      MetricName: 'LagMs',
      Dimensions: [{ Name: 'Replica', Value: 'b1' }],
      Statistic: 'Maximum',
      Period: 60,
      Threshold: 30_000,
    });
    expect(alarmsOf(made(own(), 60, Duration.minutes(3)))['Replication lags']).toMatchObject({ Threshold: 3 });
  });

  test('has no alarm on negative values, which mean nothing to us', () => {
    const alarms = made(own(), 1);
    expect(alarms.stoppedAlarm).toBeUndefined();
    expect(Object.keys(alarmsOf(alarms))).toEqual(['Replication lags', 'No datapoint']);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('fails on the factor %p', (factor) => {
    expect(messageOf(() => made(own(), factor))).toBe(
      `[LagFactor] toSecondsFactor is ${factor}; it multiplies the metric to seconds, so it is more than 0; give 1 for seconds, 0.001 for milliseconds${AT}`,
    );
  });

  test('fails in another Region', () => {
    expect(messageOf(() => made(own('eu-west-1'), 1))).toBe(
      '[WrongRegion] source is in eu-west-1 but this stack is in eu-central-1; an alarm reads metrics of its own Region only; ' +
        `make the alarms in a stack of the metric's Region${AT}`,
    );
  });
});

describe('Regions', () => {
  test('fails when the alarms are not in the Region of the replica', () => {
    const app = new App();
    const replica = replicaIn(new Stack(app, 'B', { env: { region: 'eu-central-1' } }));
    const stack = new Stack(app, 'Db', { env: { region: 'eu-west-1' } });
    expect(messageOf(() => new ReplicationLagAlarms(stack, 'Lag', { source: LagSource.rdsReplica(replica, heartbeat) }))).toBe(
      '[WrongRegion] source is in eu-central-1 but this stack is in eu-west-1; an alarm reads metrics of its own Region only; ' +
        `make the alarms in a stack of the replica's Region${AT}`,
    );
  });

  test('takes a stack that does not know its Region', () => {
    const stack = stackIn();
    const source = LagSource.rdsReplica(replicaIn(stack), heartbeat);
    expect(messageOf(() => new ReplicationLagAlarms(stack, 'Lag', { source }))).toBe('nothing was thrown');
  });
});

test('alerts get every alarm with its severity: what pages, and what says why', () => {
  class Heard extends AlertPath {
    public readonly alarms: [Alarm, AddAlarmOptions | undefined][] = [];
    public override addAlarm(alarm: Alarm, options?: AddAlarmOptions): void {
      this.alarms.push([alarm, options]);
    }
  }
  const stack = stackIn('eu-central-1');
  const alerts = new Heard(stack, 'Alerts', { targets: [AlertTarget.email('oncall@example.com')] });
  const made = new ReplicationLagAlarms(stack, 'Lag', { source: LagSource.rdsReplica(replicaIn(stack), heartbeat), alerts });
  expect(alerts.alarms).toEqual([
    [made.lagAlarm, { severity: 'critical' }],
    [made.stoppedAlarm, { severity: 'critical' }],
    [made.missingAlarm, { severity: 'warning' }],
  ]);
  expect(warningsOf(made)).toEqual([]);
});
