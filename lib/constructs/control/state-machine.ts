import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { permit } from '../internal/permission';
import { invoke, machinePlatform } from './permissions';

export interface StateMachineProps {
  readonly name: string;
  readonly roleName: string;
  readonly description: string;
  /** In the Amazon States Language, from `decide`. */
  readonly definition: object;
  /** ARNs of the functions that it calls. */
  readonly calls: readonly string[];
  readonly key: kms.IKey;
}

/** Step Functions Standard, from a plan in `decide`: what on-call sees of a run. */
export function stateMachine(scope: Construct, props: StateMachineProps): sfn.StateMachine {
  const stack = Stack.of(scope);
  const { name, description, key } = props;
  const role = new iam.Role(scope, 'MachineRole', {
    roleName: props.roleName,
    description: `${description} from step to step`,
    assumedBy: new iam.ServicePrincipal('states.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  });
  const policy = new iam.ManagedPolicy(scope, 'MachinePolicy', { description, roles: [role] });
  for (const permission of [invoke('Steps', ...props.calls), ...machinePlatform]) permit(policy, permission);

  const machine = new sfn.StateMachine(scope, 'Machine', {
    stateMachineName: name,
    definitionBody: sfn.DefinitionBody.fromString(stack.toJsonString(props.definition)),
    role: role.withoutPolicyUpdates(),
    tracingEnabled: true,
    logs: {
      level: sfn.LogLevel.ALL,
      includeExecutionData: true,
      destination: new logs.LogGroup(scope, 'MachineLog', {
        // Under this prefix log delivery does not lengthen the account's resource policy.
        logGroupName: `/aws/vendedlogs/states/${name}`,
        encryptionKey: key,
        retention: logs.RetentionDays.SIX_MONTHS,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    },
  });
  machine.node.addDependency(policy);
  return machine;
}
