import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { RegisteredAlarm } from '../../contracts/registration';
import { METRIC, siteDimensions } from '../../decide/metrics';
import { METRIC_NAMESPACE, ROUTING_REGION } from '../../decide/names';
import { keepId } from '../internal/stable-id';
import type { FailoverRegions } from '../regions';
import type { PairPlan } from './pair-rules';

/** Share of checkers below which somebody should look, in percent: part of the world cannot reach the primary. */
export const REACH_PERCENT = 75;

/** An alarm, and what the registration says about it. */
export interface PairAlarm {
  readonly alarm: cloudwatch.Alarm;
  readonly registered: RegisteredAlarm;
}

/** Plain text, because the standby Region names the alarm too. */
const alarmName = (regions: FailoverRegions, plan: PairPlan, what: string) =>
  `cdk-failover-${regions.controlSetName}-${plan.name}-${what}`;

/** 1 while Route 53 calls the endpoint healthy, 0 while it does not. */
export const healthMetric = (healthCheckId: string, options: cloudwatch.MetricOptions = {}) =>
  checkMetric('HealthCheckStatus', healthCheckId, { statistic: cloudwatch.Stats.MINIMUM, ...options });

/** Percent of checkers that call the endpoint healthy. */
export const reachMetric = (healthCheckId: string, options: cloudwatch.MetricOptions = {}) =>
  checkMetric('HealthCheckPercentageHealthy', healthCheckId, { statistic: cloudwatch.Stats.AVERAGE, ...options });

const checkMetric = (metricName: string, healthCheckId: string, options: cloudwatch.MetricOptions) =>
  new cloudwatch.Metric({
    namespace: 'AWS/Route53',
    metricName,
    dimensionsMap: { HealthCheckId: healthCheckId },
    period: Duration.minutes(1),
    region: ROUTING_REGION,
    ...options,
  });

/** Days until the certificate of a site expires, as its last preflight saw it. */
export const certificateMetric = (
  regions: FailoverRegions,
  pair: string,
  side: 'primary' | 'standby',
  options: cloudwatch.MetricOptions = {},
) =>
  new cloudwatch.Metric({
    namespace: METRIC_NAMESPACE,
    metricName: METRIC.certificateDaysLeft,
    dimensionsMap: siteDimensions(regions.controlSetName, pair, side),
    statistic: cloudwatch.Stats.MINIMUM,
    period: Duration.days(1),
    region: regions.standbyRegion,
    ...options,
  });

/** Fires at the first datapoint that says unhealthy: it is the verdict of all checkers, so waiting for a second one only costs a minute. */
export function makeHealthAlarm(
  scope: Construct,
  regions: FailoverRegions,
  plan: PairPlan,
  side: 'primary' | 'standby',
  healthCheckId: string,
): PairAlarm {
  const name = alarmName(regions, plan, `${side}-health`);
  const alarm = new cloudwatch.Alarm(scope, `${side}-health-alarm`, {
    alarmName: name,
    alarmDescription: `Route 53 calls the ${side} of ${plan.fqdn} unhealthy, or has no data about it.`,
    metric: healthMetric(healthCheckId),
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    threshold: 1,
    evaluationPeriods: 1,
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
  keepId(alarm, regions.controlSetName, plan.name, side, 'health', 'alarm');
  // A drill makes the primary's alarm fire by design; the standby's alarm refuses or aborts it.
  const inDrill = side === 'primary';
  return { alarm, registered: { name, region: ROUTING_REGION, inDrill, blocksDrill: !inDrill } };
}

/** Early warning: three minutes in a row in which more than a quarter of the checkers fail. Missing data is the other alarm's business. */
export function makeReachAlarm(scope: Construct, regions: FailoverRegions, plan: PairPlan, healthCheckId: string): PairAlarm {
  const name = alarmName(regions, plan, 'primary-reach');
  const alarm = new cloudwatch.Alarm(scope, 'primary-reach-alarm', {
    alarmName: name,
    alarmDescription: `Less than ${REACH_PERCENT} % of Route 53's checkers reach the primary of ${plan.fqdn}; it turns unhealthy at 18 %.`,
    metric: reachMetric(healthCheckId),
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    threshold: REACH_PERCENT,
    evaluationPeriods: 3,
    treatMissingData: cloudwatch.TreatMissingData.IGNORE,
  });
  keepId(alarm, regions.controlSetName, plan.name, 'primary', 'reach', 'alarm');
  return { alarm, registered: { name, region: ROUTING_REGION, inDrill: true, blocksDrill: false } };
}
