import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { drillMachine } from '../../decide/machine';
import type { ControlNames } from '../../decide/names';
import { permit } from '../internal/permission';
import { invoke, machinePlatform } from './permissions';

export interface DrillStateMachineProps {
  readonly names: ControlNames;
  readonly steps: lambda.IFunction;
  readonly restore: lambda.IFunction;
  readonly key: kms.IKey;
}

/** Step Functions Standard, from the plan in `decide`: what on-call sees of a drill. */
export function drillStateMachine(scope: Construct, { names, steps, restore, key }: DrillStateMachineProps): sfn.StateMachine {
  const stack = Stack.of(scope);
  const role = new iam.Role(scope, 'MachineRole', {
    roleName: names.machineRole,
    description: 'Carries a failover drill from step to step',
    assumedBy: new iam.ServicePrincipal('states.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  });
  const policy = new iam.ManagedPolicy(scope, 'MachinePolicy', { description: 'Carries a failover drill', roles: [role] });
  const functions = { drillStep: steps.functionArn, restore: restore.functionArn };
  for (const permission of [invoke('Steps', ...Object.values(functions)), ...machinePlatform]) permit(policy, permission);

  const machine = new sfn.StateMachine(scope, 'Machine', {
    stateMachineName: names.drillMachine,
    definitionBody: sfn.DefinitionBody.fromString(stack.toJsonString(drillMachine(functions))),
    role: role.withoutPolicyUpdates(),
    tracingEnabled: true,
    logs: {
      level: sfn.LogLevel.ALL,
      includeExecutionData: true,
      destination: new logs.LogGroup(scope, 'MachineLog', {
        // Under this prefix log delivery does not lengthen the account's resource policy.
        logGroupName: `/aws/vendedlogs/states/${names.drillMachine}`,
        encryptionKey: key,
        retention: logs.RetentionDays.SIX_MONTHS,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    },
  });
  machine.node.addDependency(policy);
  return machine;
}
