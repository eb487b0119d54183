import { App, Duration } from 'aws-cdk-lib';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AlertPath,
  AlertTarget,
  Database,
  DatabaseEngine,
  DatabaseFailover,
  DatabaseRef,
  DataLoss,
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

  const vpc = Vpc.fromVpcAttributes(regions.standby, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['eu-central-1a', 'eu-central-1b'],
    isolatedSubnetIds: ['subnet-0123456789abcdef2', 'subnet-0123456789abcdef3'],
    isolatedSubnetRouteTableIds: ['rtb-0123456789abcdef2', 'rtb-0123456789abcdef3'],
  });

  // #region database
  new DatabaseFailover(regions.standby, 'Db', {
    pair,
    database: Database.auroraGlobal({
      globalClusterId: 'shop',
      primary: DatabaseRef.cluster({
        id: 'shop-a',
        endpoint: 'shop-a.cluster-abcdefghijkl.eu-west-1.rds.amazonaws.com',
        engine: DatabaseEngine.AURORA_POSTGRESQL,
      }),
      standby: DatabaseRef.cluster({
        id: 'shop-b',
        endpoint: 'shop-b.cluster-mnopqrstuvwx.eu-central-1.rds.amazonaws.com',
        readerEndpoint: 'shop-b.cluster-ro-mnopqrstuvwx.eu-central-1.rds.amazonaws.com', // answers while it does not write
        engine: DatabaseEngine.AURORA_POSTGRESQL,
      }),
    }),
    // Of a Region that is silent as a whole Aurora says nothing; rows that stand still do.
    heartbeat: {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      secret: Secret.fromSecretNameV2(regions.standby, 'Login', 'shop/heartbeat'),
    },
    dataLoss: DataLoss.upTo(Duration.seconds(30)), // Aurora is about a second behind, and a row comes every 10 s
    targets: { rto: Duration.minutes(40), trafficSwitch: Duration.minutes(10), rpo: Duration.minutes(3) },
  });
  // #endregion
}

if (require.main === module) build(new App());
