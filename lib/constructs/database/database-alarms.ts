import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { DATABASE_METRIC, pairDimensions } from '../../decide/metrics';
import { METRIC_NAMESPACE } from '../../decide/names';
import { AlertSeverity } from '../alert';
import type { FailoverPair } from '../dns';

export interface DatabaseAlarm {
  readonly alarm: cloudwatch.Alarm;
  readonly severity: AlertSeverity;
}

/** A metric of the database of one pair, in the standby Region. */
export const databaseMetric = (pair: FailoverPair, name: keyof typeof DATABASE_METRIC, options: cloudwatch.MetricOptions = {}) =>
  new cloudwatch.Metric({
    namespace: METRIC_NAMESPACE,
    metricName: DATABASE_METRIC[name],
    dimensionsMap: pairDimensions(pair.regions.controlSetName, pair.pairName),
    statistic: cloudwatch.Stats.MAXIMUM,
    period: Duration.minutes(1),
    region: pair.regions.standbyRegion,
    ...options,
  });

/** The alarms of a database that is promoted. What nobody publishes keeps its state; that nobody looks is an alarm of its own. */
export function databaseAlarms(scope: Construct, pair: FailoverPair, leased: boolean): readonly DatabaseAlarm[] {
  const { IGNORE, BREACHING, NOT_BREACHING } = cloudwatch.TreatMissingData;
  const name = pair.recordFqdn;
  const make = (
    what: string,
    severity: AlertSeverity,
    props: Partial<cloudwatch.AlarmProps> & { metric: cloudwatch.IMetric },
  ) => ({
    severity,
    alarm: new cloudwatch.Alarm(scope, what, {
      alarmName: `cdk-failover-${pair.regions.controlSetName}-${pair.pairName}-${what}`,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: IGNORE,
      ...props,
    }),
  });
  return [
    make('database-unwatched', AlertSeverity.CRITICAL, {
      alarmDescription: `Nobody has looked at the database of ${name} for 3 minutes: it would not fail over by itself.`,
      metric: databaseMetric(pair, 'ticks', { statistic: cloudwatch.Stats.SUM }),
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 3,
      treatMissingData: BREACHING,
    }),
    make('database-stuck', AlertSeverity.CRITICAL, {
      alarmDescription: `A failover of the database of ${name} is past the point of no return and cannot go on.`,
      metric: databaseMetric(pair, 'stuck'),
    }),
    make('database-split-brain', AlertSeverity.CRITICAL, {
      alarmDescription: `Two databases of ${name} claim to write. Fence the old one before anything else.`,
      metric: databaseMetric(pair, 'splitBrain'),
    }),
    make('database-unprotected', AlertSeverity.WARNING, {
      alarmDescription: `Nothing could take over the database of ${name}: no replica replicates from its writer.`,
      metric: databaseMetric(pair, 'unprotected'),
      // A replica that reboots is back within minutes.
      evaluationPeriods: 5,
    }),
    ...(leased
      ? [
          make('database-lease-lost', AlertSeverity.WARNING, {
            alarmDescription: `The primary of ${name} writes, and nobody renews its lease: a failover by itself needs it renewed until the writer dies.`,
            metric: databaseMetric(pair, 'leaseLost'),
            evaluationPeriods: 3,
            datapointsToAlarm: 2,
            // Nobody publishes it while the standby writes.
            treatMissingData: NOT_BREACHING,
          }),
        ]
      : []),
  ];
}
