import { App, Duration, type Stack } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { AlertPath, AlertTarget, FailoverPair, type FailoverPairProps, FailoverRegions, Site } from '../../../lib';
import {
  AppRefresh,
  Database,
  DatabaseEngine,
  DatabaseFailover,
  type DatabaseFailoverProps,
  DatabaseRef,
  type DatabaseRefOptions,
  Fence,
  type HeartbeatReader,
  Lease,
  LeaseRenewer,
  type LeaseRenewerProps,
  WriterName,
} from '../../../lib/constructs/database';
import type { DatabaseRegistration } from '../../../lib/contracts/database';
import { databaseParameter } from '../../../lib/decide/names';
import { ACCOUNT, ofType, type Rendered, ZONE } from '../../support/apps';

export const PRIMARY = 'eu-west-1';
export const STANDBY = 'eu-central-1';

export const instance = (id: string, more: Partial<DatabaseRefOptions> = {}) =>
  DatabaseRef.instance({ id, endpoint: `${id}.abc.rds.example.com`, engine: DatabaseEngine.POSTGRESQL, ...more });

export const cluster = (id: string, more: Partial<DatabaseRefOptions> = {}) =>
  DatabaseRef.cluster({ id, endpoint: `${id}.cluster-abc.rds.example.com`, engine: DatabaseEngine.AURORA_POSTGRESQL, ...more });

export const replicas = (...ids: readonly string[]) =>
  Database.readReplicas({ source: instance('shop-a'), replicas: ids.map((id) => instance(id)) });

export const auroraGlobal = (standby: Partial<DatabaseRefOptions> = {}) =>
  Database.auroraGlobal({ globalClusterId: 'shop', primary: cluster('shop-a'), standby: cluster('shop-b', standby) });

export interface World {
  readonly app: App;
  readonly regions: FailoverRegions;
  readonly pair: FailoverPair;
  readonly alerts?: AlertPath;
}

/** A pair over three Regions, without a database. */
export function world(
  props: Partial<FailoverPairProps> = {},
  shape: { readonly alerts?: boolean; readonly context?: Record<string, unknown> } = {},
): World {
  const app = new App({ context: shape.context });
  const regions = new FailoverRegions(app, 'Shop', { account: ACCOUNT, primary: PRIMARY, standby: STANDBY, zone: ZONE });
  const alerts = shape.alerts
    ? new AlertPath(app, 'Alerts', {
        regions,
        targets: [AlertTarget.pagerDuty({ secretName: 'pagerduty' }), AlertTarget.email('oncall@example.com')],
      })
    : undefined;
  const pair = pairIn(regions, 'App', { alerts, ...props });
  return { app, regions, pair, alerts };
}

export const pairIn = (regions: FailoverRegions, id: string, props: Partial<FailoverPairProps> = {}) =>
  new FailoverPair(regions.routing, id, {
    regions,
    recordName: id.toLowerCase(),
    primary: Site.ip('1.2.3.4'),
    standby: Site.ip('5.6.7.8'),
    ...props,
  });

/** Binds a database with targets that a promotion can meet. */
export const bind = ({ regions, pair }: Pick<World, 'regions' | 'pair'>, props: Partial<DatabaseFailoverProps> = {}) =>
  new DatabaseFailover(regions.standby, `${pair.node.id}Db`, {
    pair,
    database: replicas('shop-b'),
    targets: { rto: Duration.minutes(30), detection: Duration.minutes(1), trafficSwitch: Duration.minutes(10) },
    ...props,
  });

/** A reader in a VPC of the standby stack. */
export const heartbeatIn = (stack: Stack): HeartbeatReader => ({
  vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['a', 'b'],
    privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  }),
  secret: secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'shop/heartbeat'),
});

/** Where a renewer stands beside its database. */
export const renewerNetwork = (stack: Stack): Pick<LeaseRenewerProps, 'vpc' | 'secret'> => ({
  vpc: ec2.Vpc.fromVpcAttributes(stack, 'RenewerVpc', {
    vpcId: 'vpc-0123456789abcdef1',
    availabilityZones: ['a', 'b'],
    privateSubnetIds: ['subnet-0123456789abcdef2', 'subnet-0123456789abcdef3'],
  }),
  secret: secretsmanager.Secret.fromSecretNameV2(stack, 'RenewerSecret', 'shop/beat'),
});

/** The database's registration in the standby stack; what is only known at deploy time reads `<deploy>`. */
export function databaseOf(standby: Rendered, pair = 'app'): DatabaseRegistration {
  const found = ofType(standby, 'AWS::SSM::Parameter').find(([, p]) => p.Properties.Name === databaseParameter('shop', pair));
  const value = found?.[1].Properties.Value;
  return JSON.parse(
    typeof value === 'string'
      ? value
      : value['Fn::Join'][1].map((part: unknown) => (typeof part === 'string' ? part : '<deploy>')).join(''),
  );
}

const ECS_CLUSTER = 'shop';

/** Everything a database can bring along, on one pair; an Aurora Global Database and a custom one on two more. */
export function everything(context?: Record<string, unknown>, ids = { network: true }): World {
  const w = world({}, { alerts: true, context });
  const { primary, standby } = w.regions;
  const failover = bind(w, {
    database: Database.readReplicas({
      source: instance('shop-a'),
      replicas: [instance('shop-b1'), instance('shop-b2')],
      writer: WriterName.privateZone({ hostedZoneId: 'Z9999999999ABCDEFGHIJ', name: 'db.shop.internal' }),
    }),
    heartbeat: ids.network ? heartbeatIn(standby) : undefined,
    fences: [
      Fence.function(lambda.Function.fromFunctionName(standby, 'FenceFn', 'fence-it')),
      Fence.networkAcl({
        subnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
        denyAclId: 'acl-0123456789abcdef0',
        openAclId: 'acl-0123456789abcdef1',
      }),
      Fence.networkAcl({
        subnetIds: ['subnet-0123456789abcdef2'],
        denyAclId: 'acl-0123456789abcdef2',
        openAclId: 'acl-0123456789abcdef3',
        role: iam.Role.fromRoleArn(standby, 'FenceRole', 'arn:aws:iam::222222222222:role/fence-shop'),
      }),
      Fence.stopInstance(),
    ],
    refresh: [
      AppRefresh.ecsService(
        ecs.FargateService.fromFargateServiceAttributes(standby, 'Service', {
          serviceName: 'web',
          cluster: ecs.Cluster.fromClusterAttributes(standby, 'Cluster', {
            clusterName: ECS_CLUSTER,
            vpc: heartbeatVpc(standby),
            securityGroups: [],
          }),
        }),
      ),
      AppRefresh.autoScalingGroup(autoscaling.AutoScalingGroup.fromAutoScalingGroupName(standby, 'Group', 'workers')),
      AppRefresh.lambdaAlias(
        lambda.Alias.fromAliasAttributes(standby, 'Alias', {
          aliasName: 'live',
          aliasVersion: lambda.Version.fromVersionArn(
            standby,
            'Version',
            `arn:aws:lambda:${STANDBY}:${ACCOUNT}:function:orders:1`,
          ),
        }),
      ),
      AppRefresh.function(lambda.Function.fromFunctionName(standby, 'RefreshFn', 'refresh-it')),
    ],
    writerParameter: '/shop/db-writer',
    lease: Lease.multiRegion(),
  });
  if (ids.network) new LeaseRenewer(primary, 'Renewer', { failover, ...renewerNetwork(primary) });
  bind({ regions: w.regions, pair: pairIn(w.regions, 'Global', { alerts: w.alerts }) }, { database: auroraGlobal() });
  bind(
    { regions: w.regions, pair: pairIn(w.regions, 'Own', { alerts: w.alerts }) },
    {
      database: Database.custom({
        source: instance('own-a'),
        replicas: [instance('own-b')],
        handler: lambda.Function.fromFunctionName(standby, 'Orders', 'order-it'),
      }),
    },
  );
  return w;
}

const heartbeatVpc = (stack: Stack) =>
  ec2.Vpc.fromVpcAttributes(stack, 'ClusterVpc', { vpcId: 'vpc-0123456789abcdef0', availabilityZones: ['a'] });
