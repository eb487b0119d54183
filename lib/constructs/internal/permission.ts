import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { acknowledge } from './acknowledge';

/** One right of a role: few calls on named things. */
export interface Permission {
  /** Says what the calls are for. */
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Why a resource holds a `*`. Without a reason cdk-nag fails the tests. */
  readonly wildcard?: string;
}

/** Adds a permission to a managed policy, and its reason to the policy's acknowledged findings. */
export function permit(policy: iam.ManagedPolicy, permission: Permission): iam.PolicyStatement {
  const { sid, actions, resources, conditions } = permission;
  const statement = new iam.PolicyStatement({ sid, actions: [...actions], resources: [...resources], conditions });
  policy.addStatements(statement);
  explainWildcards(policy, permission);
  return statement;
}

/** Adds the resources of a permission to a statement that `permit` made for its like. */
export function permitMore(policy: iam.ManagedPolicy, statement: iam.PolicyStatement, permission: Permission): void {
  statement.addResources(...permission.resources);
  explainWildcards(policy, permission);
}

function explainWildcards(policy: iam.ManagedPolicy, { resources, wildcard }: Permission): void {
  if (wildcard === undefined) return;
  const shown = resources.map((resource) => flatten(Stack.of(policy).resolve(resource))).filter((r) => r.includes('*'));
  for (const resource of shown) acknowledge(policy, { [`AwsSolutions-IAM5[Resource::${resource}]`]: wildcard });
}

/** Writes an intrinsic as cdk-nag does: `arn:<AWS::Partition>:...`. */
function flatten(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.map(flatten).join('');
  const [[name, argument]] = Object.entries(value) as [[string, unknown]];
  if (name === 'Ref') return `<${argument}>`;
  if (name === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`;
  if (name === 'Fn::Join') return flatten((argument as [string, unknown[]])[1]);
  return `<${name}>`;
}
