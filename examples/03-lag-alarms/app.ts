import { App, Duration, Stack } from 'aws-cdk-lib';
import { DatabaseInstance } from 'aws-cdk-lib/aws-rds';
import { AlertPath, AlertTarget, LagSource, ReplicaEngine, ReplicationLagAlarms } from 'cdk-failover';

export function build(app: App): void {
  // The Region of the replica: an alarm cannot read a metric of another Region.
  const stack = new Stack(app, 'Lag', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: 'eu-central-1' } });
  const alerts = new AlertPath(stack, 'Alerts', {
    targets: [AlertTarget.pagerDuty({ secretName: 'pagerduty' }), AlertTarget.email('oncall@example.com')],
  });

  // #region lag
  const replica = DatabaseInstance.fromDatabaseInstanceAttributes(stack, 'Replica', {
    instanceIdentifier: 'shop-b1',
    instanceEndpointAddress: 'shop-b1.abcdefghijkl.eu-central-1.rds.amazonaws.com',
    port: 5432,
    securityGroups: [],
  });
  new ReplicationLagAlarms(stack, 'ReplicaLag', {
    source: LagSource.rdsReplica(replica, {
      engine: ReplicaEngine.POSTGRESQL, // an imported instance does not tell
      writerHeartbeat: Duration.seconds(10), // something commits on the writer at least this often
    }),
    threshold: Duration.seconds(30),
    alerts,
  });
  // #endregion
}

if (require.main === module) build(new App());
