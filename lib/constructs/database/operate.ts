import { ArnFormat, type Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { controlNames, databaseParameter, registrationParameter } from '../../decide/names';
import { lags, looks, transitions } from '../control/database-permissions';
import type { FailoverPair } from '../dns';
import type { Permission } from '../internal/permission';
import type { BoundDatabase } from './database';

/** What the orders of one database touch. */
export interface Operated {
  readonly pair: FailoverPair;
  readonly database: BoundDatabase;
  /** Where others are told what a person ordered. */
  readonly warnings?: sns.ITopic;
  readonly reader?: lambda.IFunction;
  /** Table of the lease, and the Region in which the standby asks for it. */
  readonly lease?: { readonly table: string; readonly region: string };
}

/** What the command line calls for one pair, and on what. `test/iam/operator.test.ts` holds the two together. */
function operatorRights({ pair, database, warnings, reader, lease }: Operated): readonly Permission[] {
  const { regions, pairName } = pair;
  const stack: Stack = regions.standby;
  const names = controlNames(regions.controlSetName, regions.standbyRegion);
  const parameter = (name: string) =>
    stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName: name.replace(/^\//, '') });
  return [
    {
      sid: 'Pairs',
      actions: ['ssm:GetParametersByPath'],
      // Systems Manager asks for the right on the path itself.
      resources: [parameter('cdk-failover')],
    },
    {
      sid: 'Pair',
      actions: ['ssm:GetParameter'],
      resources: [registrationParameter, databaseParameter].map((nameOf) => parameter(nameOf(regions.controlSetName, pairName))),
    },
    {
      sid: 'Journal',
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
      resources: [stack.formatArn({ service: 'dynamodb', resource: 'table', resourceName: names.journalTable })],
      conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': `pair#${pairName}` } },
    },
    {
      sid: 'Start',
      actions: ['states:StartExecution'],
      resources: [
        stack.formatArn({
          service: 'states',
          resource: 'stateMachine',
          resourceName: names.databaseMachine,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
    },
    ...looks(stack, database),
    lags,
    transitions(stack),
    ...(reader ? [{ sid: 'Heartbeat', actions: ['lambda:InvokeFunction'], resources: [reader.functionArn] }] : []),
    ...(lease
      ? [
          {
            sid: 'Lease',
            actions: ['dynamodb:GetItem'],
            resources: [
              stack.formatArn({ service: 'dynamodb', region: lease.region, resource: 'table', resourceName: lease.table }),
            ],
          },
        ]
      : []),
    ...(warnings ? telling(stack, warnings) : []),
  ];
}

function telling(stack: Stack, topic: sns.ITopic): readonly Permission[] {
  const tell: Permission = { sid: 'Tell', actions: ['sns:Publish'], resources: [topic.topicArn] };
  if (!topic.masterKey) return [tell];
  return [
    tell,
    {
      sid: 'TellKey',
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      resources: [topic.masterKey.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `sns.${stack.region}.amazonaws.com` } },
    },
  ];
}

/** All of it as one grant. */
export function grantOperation(grantee: iam.IGrantable, operated: Operated): iam.Grant {
  return operatorRights(operated)
    .map(({ actions, resources, conditions }) =>
      iam.Grant.addToPrincipal({
        grantee,
        actions: [...actions],
        resourceArns: [...resources],
        ...(conditions ? { conditions: { ...conditions } } : {}),
      }),
    )
    .reduce((all, one) => all.combine(one));
}
