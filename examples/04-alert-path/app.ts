import { App, Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { AlertPath, AlertSeverity, AlertTarget, PagerDutyRegion } from 'cdk-failover';

export function build(app: App): void {
  const stack = new Stack(app, 'Orders', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: 'eu-west-1' } });
  const oldestOrder = new Alarm(stack, 'OldestOrder', {
    alarmDescription: 'An order waits longer than 5 minutes.',
    metric: new Metric({
      namespace: 'AWS/SQS',
      metricName: 'ApproximateAgeOfOldestMessage',
      dimensionsMap: { QueueName: 'orders' },
      statistic: 'Maximum',
      period: Duration.minutes(1),
    }),
    threshold: 300,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 3,
    datapointsToAlarm: 2,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });

  // #region alerts
  const alerts = new AlertPath(stack, 'Alerts', {
    targets: [
      AlertTarget.pagerDuty({ secretName: 'pagerduty', serviceRegion: PagerDutyRegion.EU }),
      AlertTarget.email('oncall@example.com'),
    ],
  });
  alerts.addAlarm(oldestOrder, { severity: AlertSeverity.WARNING });
  // #endregion
}

if (require.main === module) build(new App());
