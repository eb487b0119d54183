import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { METRIC_NAMESPACE, ROUTING_REGION } from '../../decide/names';
import type { Permission } from '../internal/permission';

/** What each handler may call, and on what: exactly what the adapters do. `test/iam` holds the two together. */

/** Things of the control set that more than one handler touches. */
export interface Shared {
  readonly stack: Stack;
  readonly tableArn: string;
  readonly registryPath: string;
}

export const journal = ({ tableArn }: Shared): Permission => ({
  sid: 'Journal',
  actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
  resources: [tableArn],
});

/** One pair, by name. */
export const registration = ({ stack, registryPath }: Shared): Permission => ({
  sid: 'Registration',
  actions: ['ssm:GetParameter'],
  resources: [stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName: `${registryPath.slice(1)}*/registration` })],
  wildcard: 'Pairs register after the control set is deployed; the path names the control set and the document.',
});

/** All pairs. Systems Manager asks for the right on the path itself. */
export const registrations = ({ stack, registryPath }: Shared): Permission => {
  const path = stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName: registryPath.slice(1, -1) });
  return {
    sid: 'Registrations',
    actions: ['ssm:GetParametersByPath'],
    resources: [path, `${path}/*`],
    wildcard: 'Pairs register after the control set is deployed; the path names the control set.',
  };
};

export const alarms = ({ stack }: Shared): Permission => ({
  sid: 'Alarms',
  actions: ['cloudwatch:DescribeAlarms'],
  resources: [...new Set([stack.region, ROUTING_REGION])].map((region) =>
    stack.formatArn({
      service: 'cloudwatch',
      region,
      resource: 'alarm',
      resourceName: '*',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    }),
  ),
  wildcard: 'DescribeAlarms takes many names at once and is authorized on all alarms of the Region.',
});

export const metrics: Permission = {
  sid: 'Metrics',
  actions: ['cloudwatch:PutMetricData'],
  resources: ['*'],
  conditions: { StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE } },
  wildcard: 'PutMetricData has no resources; the condition names the namespace.',
};

/** The one-shot schedule that restores. Handing Scheduler any other role, or this one to any other service, is refused. */
export const oneShotSchedules = ({ stack }: Shared, group: string, role: iam.IRole): readonly Permission[] => [
  {
    sid: 'OneShot',
    actions: ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule'],
    resources: [stack.formatArn({ service: 'scheduler', resource: 'schedule', resourceName: `${group}/restore-*` })],
    wildcard: 'The name of a one-shot schedule ends with the id of its drill.',
  },
  {
    sid: 'OneShotRole',
    actions: ['iam:PassRole'],
    resources: [role.roleArn],
    conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
  },
];

export const reports = ({ stack }: Shared, bucket: s3.IBucket, key: kms.IKey): readonly Permission[] => [
  {
    sid: 'Reports',
    actions: ['s3:PutObject'],
    resources: [bucket.arnForObjects('drills/*')],
    wildcard: 'A report is named after its drill; the prefix is reserved for reports.',
  },
  {
    sid: 'ReportKey',
    actions: ['kms:GenerateDataKey'],
    resources: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `s3.${stack.region}.amazonaws.com` } },
  },
];

export const invoke = (sid: string, ...functionArns: readonly string[]): Permission => ({
  sid,
  actions: ['lambda:InvokeFunction'],
  resources: functionArns,
});

/** What Step Functions needs for logs and traces; none of these calls knows resources. */
export const machinePlatform: readonly Permission[] = [
  {
    sid: 'LogDelivery',
    actions: [
      'logs:CreateLogDelivery',
      'logs:GetLogDelivery',
      'logs:UpdateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:DescribeResourcePolicies',
      'logs:DescribeLogGroups',
    ],
    resources: ['*'],
    wildcard: 'Calls of log delivery accept "*" only; Step Functions makes them when logging is set up.',
  },
  {
    sid: 'Tracing',
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'],
    resources: ['*'],
    wildcard: 'X-Ray has no resources: these calls accept "*" only.',
  },
];
