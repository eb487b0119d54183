import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type AlertPath, AlertSeverity } from '../alert';
import { Problems, warn } from '../internal/problems';
import type { BoundLag } from './bound-lag';
import type { LagSource } from './lag-source';

/** Lag above which somebody is paged, in seconds. */
const THRESHOLD_SEC = 30;

/** Which lag is watched, and who is told. */
export interface ReplicationLagAlarmsProps {
  /** Where the lag is read. */
  readonly source: LagSource;
  /**
   * Lag above which somebody is paged, in whole seconds.
   *
   * PostgreSQL without a `writerHeartbeat` pages above 330 s at the earliest: an idle writer looks up to 5 min behind.
   *
   * @default Duration.seconds(30)
   */
  readonly threshold?: Duration;
  /**
   * Where the alarms go.
   *
   * @default - alarms without actions, and a synth warning
   */
  readonly alerts?: AlertPath;
}

/**
 * Alarms on one replica, in the replica's Region: lag too high, replication stopped, data missing.
 *
 * - `lagAlarm`: above the threshold in 2 of 3 minutes; critical. Missing data is breaching: an unknown lag is no small lag.
 * - `stoppedAlarm`: the lag is negative, which is how RDS says that replication does not run; an alarm on "greater than" never
 *   sees it. 2 of 3 minutes, critical. Missing data leaves it as it is.
 * - `missingAlarm`: no datapoint in 3 minutes; warning, because `lagAlarm` has paged by then. It says why.
 *
 * At the first deployment, and for a replica that is still being created, missing data makes them fire until the first
 * datapoint arrives.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Monitoring.html
 */
export class ReplicationLagAlarms extends Construct {
  /** Lag above the threshold, or unknown. */
  public readonly lagAlarm: cloudwatch.Alarm;
  /** Replication does not run. For `LagSource.rdsReplica` only: other sources have no negative value that says so. */
  public readonly stoppedAlarm?: cloudwatch.Alarm;
  /** No data. */
  public readonly missingAlarm: cloudwatch.Alarm;

  private readonly lag: BoundLag;

  /** @throws WrongRegion, ReplicaEngine, WriterHeartbeat, LagFactor or LagThreshold; all that apply at once. */
  constructor(scope: Construct, id: string, props: ReplicationLagAlarmsProps) {
    super(scope, id);
    const problems = new Problems();
    const thresholdSec = secondsOf(props.threshold, problems);
    const lag = props.source._bind({ scope: this, thresholdSec, problems });
    problems.throwAt(this);
    if (!lag) throw new Error('a lag source that cannot be bound has a problem');

    this.lag = lag;
    this.lagAlarm = this.makeLagAlarm();
    if (lag.negativeIsStopped) this.stoppedAlarm = this.makeStoppedAlarm();
    this.missingAlarm = this.makeMissingAlarm();

    props.alerts?.addAlarm(this.lagAlarm, { severity: AlertSeverity.CRITICAL });
    if (this.stoppedAlarm) props.alerts?.addAlarm(this.stoppedAlarm, { severity: AlertSeverity.CRITICAL });
    props.alerts?.addAlarm(this.missingAlarm, { severity: AlertSeverity.WARNING });
    if (!props.alerts) warn(this, 'NoAlerts', 'nobody is told when replication lags or stops; set alerts');
    if (lag.warning) warn(this, lag.warning.code, lag.warning.text);
  }

  /** The lag in the source's own unit, seconds for RDS and milliseconds for Aurora: the maximum of each minute, negative while replication is stopped. */
  public metricLag(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return options ? this.lag.metric.with(options) : this.lag.metric;
  }

  private makeLagAlarm(): cloudwatch.Alarm {
    const { pageSec, factor } = this.lag;
    return new cloudwatch.Alarm(this, 'Lag', {
      alarmDescription: `Replication lags more than ${pageSec} s, or its lag is unknown. A promotion now would lose that much.`,
      metric: this.metricLag(),
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: pageSec / factor,
      datapointsToAlarm: 2,
      evaluationPeriods: 3,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
  }

  private makeStoppedAlarm(): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, 'Stopped', {
      alarmDescription: 'Replication does not run. RDS ends it for good after 30 days.',
      // The minimum: one -1 among good points of a minute must not hide.
      metric: this.metricLag({ statistic: cloudwatch.Stats.MINIMUM }),
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 0,
      datapointsToAlarm: 2,
      evaluationPeriods: 3,
      treatMissingData: cloudwatch.TreatMissingData.IGNORE,
    });
  }

  private makeMissingAlarm(): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, 'Missing', {
      alarmDescription: 'No datapoint about replication: its source, its replica or the metric is gone.',
      metric: this.metricLag({ statistic: cloudwatch.Stats.SAMPLE_COUNT }),
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 3,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
  }
}

function secondsOf(threshold: Duration | undefined, problems: Problems): number {
  if (threshold === undefined) return THRESHOLD_SEC;
  if (threshold.isUnresolved()) {
    problems.add(
      'LagThreshold',
      'threshold is only known at deploy time; the page threshold is computed from it; give a plain Duration',
    );
    return THRESHOLD_SEC;
  }
  const sec = threshold.toMilliseconds() / 1000;
  problems.addIf(
    !Number.isInteger(sec) || sec < 1,
    'LagThreshold',
    `threshold is ${sec} s; lag is counted in whole seconds; give at least 1 s`,
  );
  return sec;
}
