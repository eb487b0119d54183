import type { Stack } from 'aws-cdk-lib';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { DatabaseMember, FenceSettings, RefreshSettings } from '../../contracts/database';
import type { BoundDatabase } from '../database/database';
import type { BoundRefresh } from '../database/strategies/app-refresh';
import type { Permission } from '../internal/permission';
import type { Shared } from './permissions';

/** What prober and steps of databases may call, and on what: exactly what the adapters do. `test/iam` holds the two together. */

/** One database, by the name of its pair. */
export const databaseParameters = ({ stack, registryPath }: Shared): Permission => ({
  sid: 'Database',
  actions: ['ssm:GetParameter'],
  resources: [stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName: `${registryPath.slice(1)}*/database` })],
  wildcard: 'Pairs register after the control set is deployed; the path names the control set and the document.',
});

export const lags: Permission = {
  sid: 'Lag',
  actions: ['cloudwatch:GetMetricData'],
  resources: ['*'],
  wildcard: 'GetMetricData reads metrics, which have no resources.',
};

/** Transitions go onto the default bus of the standby Region. */
export const transitions = (stack: Stack): Permission => ({
  sid: 'Transitions',
  actions: ['events:PutEvents'],
  resources: [stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' })],
});

const arnIn = (stack: Stack, service: string, region: string, rest: string) =>
  `arn:${stack.partition}:${service}:${region}:${stack.account}:${rest}`;

const instanceArn = (stack: Stack, { region, id }: DatabaseMember) => arnIn(stack, 'rds', region, `db:${id}`);
const clusterArn = (stack: Stack, { region, id }: DatabaseMember) => arnIn(stack, 'rds', region, `cluster:${id}`);
const globalArn = (stack: Stack, id: string) => arnIn(stack, 'rds', '', `global-cluster:${id}`);

/** The login of whoever asks a database in SQL. */
export function logins({ secretFullArn, secretArn, encryptionKey, env }: secretsmanager.ISecret): readonly Permission[] {
  // Secrets Manager adds a dash and six characters to the name.
  const login = { sid: 'Login', actions: ['secretsmanager:GetSecretValue'], resources: [secretFullArn ?? `${secretArn}-??????`] };
  if (!encryptionKey) return [login];
  return [
    login,
    {
      sid: 'LoginKey',
      actions: ['kms:Decrypt'],
      resources: [encryptionKey.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${env.region}.amazonaws.com` } },
    },
  ];
}

/** The lease, in the Region in which it is asked for. */
export const lease = (stack: Stack, { table, region }: { readonly table: string; readonly region: string }): Permission => ({
  sid: 'Lease',
  actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
  resources: [arnIn(stack, 'dynamodb', region, `table/${table}`)],
});

/** Looking at every member, in its own Region. */
export function looks(stack: Stack, { kind, source, replicas, globalCluster, handler }: BoundDatabase): readonly Permission[] {
  const members = [source, ...replicas];
  if (kind === 'custom')
    return handler ? [{ sid: 'Orders', actions: ['lambda:InvokeFunction'], resources: [handler.functionArn] }] : [];
  if (kind === 'multiAzCluster' || kind === 'auroraCluster') {
    return [{ sid: 'LookCluster', actions: ['rds:DescribeDBClusters'], resources: [clusterArn(stack, source)] }];
  }
  if (kind !== 'auroraGlobal') {
    return [
      { sid: 'Look', actions: ['rds:DescribeDBInstances'], resources: members.map((member) => instanceArn(stack, member)) },
    ];
  }
  return [
    { sid: 'LookCluster', actions: ['rds:DescribeDBClusters'], resources: members.map((member) => clusterArn(stack, member)) },
    { sid: 'LookGlobal', actions: ['rds:DescribeGlobalClusters'], resources: [globalArn(stack, globalCluster ?? '')] },
  ];
}

/** The orders that change who writes. The source is among them for the way back: a rebuilt primary takes its old id. */
export function orders(stack: Stack, { kind, source, replicas, globalCluster }: BoundDatabase): readonly Permission[] {
  const members = [source, ...replicas];
  if (kind === 'readReplicas') {
    const instances = members.map((member) => instanceArn(stack, member));
    return [{ sid: 'Promote', actions: ['rds:PromoteReadReplica'], resources: instances }];
  }
  if (kind !== 'auroraGlobal') return [];
  const clusters = members.map((member) => clusterArn(stack, member));
  const global = globalArn(stack, globalCluster ?? '');
  return [
    {
      sid: 'GlobalOrder',
      actions: ['rds:FailoverGlobalCluster', 'rds:SwitchoverGlobalCluster'],
      resources: [...clusters, global],
    },
  ];
}

const aclLooks: Permission = {
  sid: 'FenceLook',
  actions: ['ec2:DescribeNetworkAcls'],
  resources: ['*'],
  wildcard: 'DescribeNetworkAcls has no resources.',
};

/** What the daily look sees of a fence. Without a role of another account: who may take it may also swap. */
export const fenceLooks = (fence: FenceSettings): readonly Permission[] =>
  fence.kind === 'networkAcl' && fence.roleArn === undefined ? [aclLooks] : [];

/** What a fence does in the primary Region. */
export function fencing(stack: Stack, fence: FenceSettings): readonly Permission[] {
  switch (fence.kind) {
    case 'networkAcl': {
      if (fence.roleArn !== undefined) return [{ sid: 'FenceRole', actions: ['sts:AssumeRole'], resources: [fence.roleArn] }];
      const arn = (rest: string) => arnIn(stack, 'ec2', fence.region, rest);
      return [
        {
          sid: 'FenceAcl',
          actions: ['ec2:ReplaceNetworkAclAssociation'],
          resources: [
            ...[fence.denyAcl, fence.openAcl].map((acl) => arn(`network-acl/${acl}`)),
            ...fence.subnets.map((subnet) => arn(`subnet/${subnet}`)),
          ],
        },
        aclLooks,
      ];
    }
    case 'stopInstance':
      return [
        { sid: 'FenceStop', actions: ['rds:StopDBInstance'], resources: [arnIn(stack, 'rds', fence.region, `db:${fence.id}`)] },
      ];
    case 'function':
      return [{ sid: 'FenceFunction', actions: ['lambda:InvokeFunction'], resources: [fence.name] }];
  }
}

/** What makes one application connect anew. */
export function refreshing(stack: Stack, { settings }: BoundRefresh): readonly Permission[] {
  switch (settings.kind) {
    case 'ecsService':
      return [
        {
          sid: 'RefreshService',
          actions: ['ecs:UpdateService'],
          resources: [arnIn(stack, 'ecs', stack.region, `service/${settings.cluster}/${settings.service}`)],
        },
      ];
    case 'autoScalingGroup':
      return [
        {
          sid: 'RefreshGroup',
          actions: ['autoscaling:StartInstanceRefresh'],
          resources: [arnIn(stack, 'autoscaling', stack.region, `autoScalingGroup:*:autoScalingGroupName/${settings.name}`)],
          wildcard: 'The ARN of a group holds an id that AWS chooses; the name at its end is the group’s.',
        },
      ];
    case 'lambdaAlias':
      return aliasPermissions(stack, settings);
    case 'function':
      return [{ sid: 'RefreshFunction', actions: ['lambda:InvokeFunction'], resources: [settings.name] }];
  }
}

/** Looks at the version that the alias serves, and gives the function a new one. */
function aliasPermissions(stack: Stack, { name }: Extract<RefreshSettings, { kind: 'lambdaAlias' }>): readonly Permission[] {
  const arn = arnIn(stack, 'lambda', stack.region, `function:${name}`);
  return [
    {
      sid: 'RefreshAliasLook',
      actions: ['lambda:GetAlias', 'lambda:GetFunctionConfiguration'],
      resources: [arn, `${arn}:*`],
      wildcard: 'Lambda numbers the versions of a function.',
    },
    {
      sid: 'RefreshAlias',
      actions: ['lambda:UpdateFunctionConfiguration', 'lambda:PublishVersion', 'lambda:UpdateAlias'],
      resources: [arn],
    },
  ];
}

export const writerParameter = ({ stack }: Shared, name: string): Permission => ({
  sid: 'WriterParameter',
  actions: ['ssm:GetParameter', 'ssm:PutParameter'],
  resources: [stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName: name.slice(1) })],
});
