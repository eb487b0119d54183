import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { latchNames } from '../../../decide/latch';
import { pairDimensions } from '../../../decide/metrics';
import { METRIC_NAMESPACE } from '../../../decide/names';
import { acknowledge } from '../../internal/acknowledge';
import { keepId } from '../../internal/stable-id';
import type { FailoverRegions } from '../../regions';

/** Both alarms of a latch. */
export interface LatchAlarms {
  readonly latch: cloudwatch.Alarm;
  readonly hold: cloudwatch.Alarm;
}

/**
 * Alarms that health checks read, in the standby Region. Nothing here may change within a generation: Route 53 keeps a copy of
 * an alarm's settings from the day the check was attached.
 */
export function makeLatchAlarms(regions: FailoverRegions, pair: string, fqdn: string, generation: number): LatchAlarms {
  const { controlSetName, standby } = regions;
  const names = latchNames(controlSetName, pair, generation);
  const make = (what: 'latch' | 'hold', alarmName: string, metricName: string, alarmDescription: string) => {
    const alarm = new cloudwatch.Alarm(standby, `FailoverLatch-${alarmName}`, {
      alarmName,
      alarmDescription,
      metric: new cloudwatch.Metric({
        namespace: METRIC_NAMESPACE,
        metricName,
        dimensionsMap: pairDimensions(controlSetName, pair),
        // Two who publish in one minute and differ: the one who says "on" counts.
        statistic: cloudwatch.Stats.MAXIMUM,
        period: Duration.minutes(1),
      }),
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.MISSING,
    });
    keepId(alarm, controlSetName, pair, what, `g${generation}`);
    // A check that reads an alarm keeps reading it after its stack is gone.
    alarm.applyRemovalPolicy(RemovalPolicy.RETAIN);
    acknowledge(alarm, {
      'NIST.800.53.R5-CloudWatchAlarmAction': 'Health checks read this alarm; whoever sets it tells people by itself.',
    });
    return alarm;
  };
  return {
    latch: make('latch', names.alarm, names.metric, `In alarm: the primary of ${fqdn} is latched out. Read by health checks.`),
    hold: make('hold', names.holdAlarm, names.holdMetric, `In alarm: ${fqdn} stays on its primary. Read by health checks.`),
  };
}
