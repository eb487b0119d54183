import { App } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { AlertTarget, FailoverStack, Site } from 'cdk-failover';

export function build(app: App): void {
  // #region stack
  new FailoverStack(app, 'Web', {
    env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: 'us-east-1' },
    zoneName: 'example.com',
    recordName: 'app',
    primary: Site.ip('1.2.3.4'), // HTTPS /health on port 443, every 10 s, 3 failures
    standby: Site.ip('5.6.7.8'),
    alerts: [AlertTarget.pagerDuty({ secretName: 'pagerduty' }), AlertTarget.email('oncall@example.com')],
    drillSchedule: ScheduleExpression.cron({ weekDay: 'TUE', hour: '10', minute: '0' }), // no schedule unless written
  });
  // #endregion
}

if (require.main === module) build(new App());
