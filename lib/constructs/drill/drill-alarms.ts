import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { METRIC, pairDimensions } from '../../decide/metrics';
import { METRIC_NAMESPACE } from '../../decide/names';
import { AlertSeverity } from '../alert';
import { type FailoverPair, PairSide } from '../dns';

/** Certificates are renewed a month ahead by most authorities; three weeks say that it did not happen. */
const CERTIFICATE_DAYS = 21;

interface DrillAlarm {
  readonly alarm: cloudwatch.Alarm;
  readonly severity: AlertSeverity;
}

/** A metric of the drill of one pair, in the standby Region. */
export const drillMetric = (pair: FailoverPair, name: keyof typeof METRIC, options: cloudwatch.MetricOptions = {}) =>
  new cloudwatch.Metric({
    namespace: METRIC_NAMESPACE,
    metricName: METRIC[name],
    dimensionsMap: pairDimensions(pair.regions.controlSetName, pair.pairName),
    statistic: cloudwatch.Stats.MAXIMUM,
    period: Duration.minutes(1),
    region: pair.regions.standbyRegion,
    ...options,
  });

/** The alarms of one drill. A metric that comes once per drill keeps the state until the next drill: `IGNORE`. */
export function drillAlarms(scope: Construct, pair: FailoverPair, maxAge: Duration): readonly DrillAlarm[] {
  const { IGNORE, BREACHING } = cloudwatch.TreatMissingData;
  const make = alarmMaker(scope, pair);
  return [
    make('drill-targets', AlertSeverity.WARNING, {
      alarmDescription: `The last drill of ${pair.recordFqdn} missed a target, or could not measure it.`,
      metric: drillMetric(pair, 'targetsMissed'),
      treatMissingData: IGNORE,
    }),
    make('drill-failed', AlertSeverity.WARNING, {
      alarmDescription: `The last drill of ${pair.recordFqdn} did not pass; its report says why.`,
      metric: drillMetric(pair, 'failed'),
      treatMissingData: IGNORE,
    }),
    make('drill-not-restored', AlertSeverity.CRITICAL, {
      alarmDescription: `What a drill of ${pair.recordFqdn} broke is not put back after its deadline. Traffic stays on the standby.`,
      metric: drillMetric(pair, 'notRestored'),
      treatMissingData: IGNORE,
    }),
    make('drill-overdue', AlertSeverity.WARNING, {
      alarmDescription: `No drill of ${pair.recordFqdn} passed in ${maxAge.toDays()} days, or nobody counts the days.`,
      // An alarm looks back at most 7 days, so the age itself is the metric.
      metric: drillMetric(pair, 'daysSinceSuccess', { period: Duration.days(1) }),
      threshold: maxAge.toDays(),
      treatMissingData: BREACHING,
    }),
    ...certificateAlarms(pair, make),
  ];
}

type Make = (
  what: string,
  severity: AlertSeverity,
  props: Partial<cloudwatch.AlarmProps> & { metric: cloudwatch.IMetric },
) => DrillAlarm;

const alarmMaker =
  (scope: Construct, pair: FailoverPair): Make =>
  (what, severity, props) => ({
    severity,
    alarm: new cloudwatch.Alarm(scope, what, {
      alarmName: `cdk-failover-${pair.regions.controlSetName}-${pair.pairName}-${what}`,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      ...props,
    }),
  });

/** Health checks do not look at certificates; the drill's preflight does, for sites that are probed by https. */
function certificateAlarms(pair: FailoverPair, make: Make): readonly DrillAlarm[] {
  return [PairSide.PRIMARY, PairSide.STANDBY]
    .filter((side) => pair._registered?.[side].probe.protocol === 'https')
    .map((side) =>
      make(`${side}-certificate`, AlertSeverity.WARNING, {
        alarmDescription: `The certificate of the ${side} of ${pair.recordFqdn} expires in less than ${CERTIFICATE_DAYS} days.`,
        metric: pair.metricCertificateDaysLeft(side),
        threshold: CERTIFICATE_DAYS,
        comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        // Unknown days are neither good nor bad: the alarm says INSUFFICIENT_DATA.
        treatMissingData: cloudwatch.TreatMissingData.MISSING,
      }),
    );
}
