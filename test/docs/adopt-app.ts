import type { App } from 'aws-cdk-lib';
import { FailoverStack, HealthProbe, Site } from 'cdk-failover';

/** The pair of docs/adopt.md, which is put beside a record that is already there. */
export function build(app: App): FailoverStack {
  // #region pair
  const stack = new FailoverStack(app, 'Web', {
    env: { account: '111111111111', region: 'us-east-1' },
    zoneName: 'example.com',
    recordName: 'app-pair',
    health: HealthProbe.https({ host: 'app.example.com' }),
    primary: Site.ip('1.2.3.4'),
    standby: Site.ip('5.6.7.8'),
  });
  // #endregion
  return stack;
}
