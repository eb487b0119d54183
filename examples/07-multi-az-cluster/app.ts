import { App } from 'aws-cdk-lib';
import {
  AlertPath,
  AlertTarget,
  Database,
  DatabaseEngine,
  DatabaseFailover,
  DatabaseRef,
  FailoverDrill,
  FailoverPair,
  FailoverRegions,
  HealthProbe,
  Site,
} from 'cdk-failover';

const account = process.env.CDK_DEFAULT_ACCOUNT ?? '111111111111';
const zone = { hostedZoneId: 'Z0123456789ABCDEFGHIJ', zoneName: 'example.com' };

export function build(app: App): void {
  const regions = new FailoverRegions(app, 'Shop', { account, primary: 'eu-west-1', standby: 'eu-central-1', zone });
  const alerts = new AlertPath(app, 'Alerts', {
    regions,
    targets: [AlertTarget.pagerDuty({ secretName: 'pagerduty' }), AlertTarget.email('oncall@example.com')],
  });
  const pair = new FailoverPair(regions.routing, 'App', {
    regions,
    alerts,
    recordName: 'shop',
    primary: Site.ip('1.2.3.4'),
    standby: Site.ip('5.6.7.8'),
    health: HealthProbe.https({ failures: 2 }),
  });

  // Its keeper asks RDS who writes.
  new FailoverDrill(regions.standby, 'Drill', { pair });

  // #region database
  new DatabaseFailover(regions.standby, 'Db', {
    pair,
    database: Database.multiAzCluster(
      DatabaseRef.cluster({
        id: 'shop',
        endpoint: 'shop.cluster-abcdefghijkl.eu-west-1.rds.amazonaws.com',
        engine: DatabaseEngine.POSTGRESQL,
      }),
    ),
  });
  // #endregion
}

if (require.main === module) build(new App());
