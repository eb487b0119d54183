import { App, Duration } from 'aws-cdk-lib';
import { InstanceClass, InstanceSize, InstanceType, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { DatabaseInstance, DatabaseInstanceEngine, PostgresEngineVersion } from 'aws-cdk-lib/aws-rds';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AlertPath,
  AlertTarget,
  CrossRegionReplica,
  Database,
  DatabaseEngine,
  DatabaseFailover,
  DatabaseRef,
  DataLoss,
  FailoverPair,
  FailoverRegions,
  Fence,
  HealthProbe,
  LagSource,
  Lease,
  LeaseRenewer,
  ReplicaEngine,
  ReplicationLagAlarms,
  Site,
  WriterName,
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

  // #region replica
  const vpc = Vpc.fromVpcAttributes(regions.standby, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['eu-central-1a', 'eu-central-1b'],
    isolatedSubnetIds: ['subnet-0123456789abcdef2', 'subnet-0123456789abcdef3'],
    isolatedSubnetRouteTableIds: ['rtb-0123456789abcdef2', 'rtb-0123456789abcdef3'],
  });
  const replica = new CrossRegionReplica(regions.standby, 'Replica', {
    sourceId: 'shop-a', // exists already in eu-west-1, with backups
    sourceRegion: 'eu-west-1',
    replicaId: 'shop-b',
    engine: DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17 }),
    instanceType: InstanceType.of(InstanceClass.M7G, InstanceSize.LARGE),
    vpc,
    preferredBackupWindow: '03:00-03:30', // a replica in "backing-up" cannot be promoted
  });
  // #endregion

  // #region database
  const failover = new DatabaseFailover(regions.standby, 'Db', {
    pair,
    database: Database.readReplicas({
      source: DatabaseRef.instance({
        id: 'shop-a',
        endpoint: 'shop-a.abcdefghijkl.eu-west-1.rds.amazonaws.com',
        engine: DatabaseEngine.POSTGRESQL,
      }),
      replicas: [
        DatabaseRef.instance({
          id: replica.instanceIdentifier,
          endpoint: 'shop-b.mnopqrstuvwx.eu-central-1.rds.amazonaws.com', // from the first deployment of the replica
          engine: DatabaseEngine.POSTGRESQL,
        }),
      ],
      writer: WriterName.privateZone({ hostedZoneId: 'Z9876543210ABCDEFGHIJ', name: 'db.shop.internal' }),
    }),
    heartbeat: {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      secret: Secret.fromSecretNameV2(regions.standby, 'Login', 'shop/heartbeat'),
    },
    lease: Lease.multiRegion(), // tells a primary that is cut off from a dead one
    dataLoss: DataLoss.upTo(Duration.seconds(60)), // more asks a person
    fences: [
      Fence.networkAcl({
        subnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
        denyAclId: 'acl-0123456789abcdef0',
        openAclId: 'acl-0123456789abcdef1',
      }),
    ],
    targets: { rto: Duration.minutes(40), trafficSwitch: Duration.minutes(10), rpo: Duration.minutes(3) }, // a promotion takes minutes
  });
  // #endregion

  // #region lease
  new LeaseRenewer(regions.primary, 'Renewer', {
    failover,
    vpc: Vpc.fromVpcAttributes(regions.primary, 'Vpc', {
      vpcId: 'vpc-0123456789abcdef1',
      availabilityZones: ['eu-west-1a', 'eu-west-1b'],
      isolatedSubnetIds: ['subnet-0123456789abcdef4', 'subnet-0123456789abcdef5'],
      isolatedSubnetRouteTableIds: ['rtb-0123456789abcdef4', 'rtb-0123456789abcdef5'],
    }),
    vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
    secret: Secret.fromSecretNameV2(regions.primary, 'Login', 'shop/renewer'),
  });
  // #endregion

  new ReplicationLagAlarms(regions.standby, 'Lag', {
    source: LagSource.rdsReplica(
      DatabaseInstance.fromDatabaseInstanceAttributes(regions.standby, 'ReplicaRef', {
        instanceIdentifier: replica.instanceIdentifier,
        instanceEndpointAddress: replica.endpointAddress,
        port: 5432,
        securityGroups: [],
      }),
      { engine: ReplicaEngine.POSTGRESQL, writerHeartbeat: Duration.seconds(10) },
    ),
    alerts,
  });
}

if (require.main === module) build(new App());
