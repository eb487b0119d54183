import { Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from '../internal/acknowledge';
import { assetPath } from '../internal/asset-path';
import { type Permission, permit, permitMore } from '../internal/permission';

export interface ControlFunctionProps {
  /** Name of the bundle in `assets/`. */
  readonly bundle: string;
  readonly description: string;
  readonly functionName: string;
  /** Left out: nobody else names the role. */
  readonly roleName?: string;
  readonly timeoutSec: number;
  /** Lambda gives processor in proportion to memory. */
  readonly memoryMb: number;
  /** Room that no other function of the account can take. */
  readonly concurrency: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly permissions: readonly Permission[];
  readonly key: kms.IKey;
  /** Where an asynchronous call ends that never succeeded. Left out: only called synchronously. */
  readonly deadLetters?: sqs.IQueue;
  /** Why an asynchronous call that never succeeded need not be heard of. */
  readonly unheard?: string;
  /** Tries after the first one of an asynchronous call. */
  readonly asyncRetries?: number;
  /** Age at which an asynchronous call is given up. */
  readonly asyncAge?: Duration;
  /** Network of what only a VPC reaches. Left out: outside every VPC. */
  readonly network?: {
    readonly vpc: ec2.IVpc;
    readonly vpcSubnets?: ec2.SubnetSelection;
    readonly securityGroups?: ec2.ISecurityGroup[];
  };
}

const TRACING: Permission = {
  sid: 'Tracing',
  actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
  resources: ['*'],
  wildcard: 'X-Ray has no resources: both calls accept "*" only.',
};

const OUTSIDE_VPC = {
  'NIST.800.53.R5-LambdaInsideVPC': 'A failover must not depend on a VPC, its endpoints or its address translation.',
};

const WITH_QUEUE = {
  'Serverless-LambdaAsyncFailureDestination': 'A call that never succeeded goes to the dead-letter queue, which has an alarm.',
};

const SYNCHRONOUS = {
  'NIST.800.53.R5-LambdaDLQ': 'Called synchronously, by one who sees the error and acts on it.',
  'Serverless-LambdaDLQ': 'Called synchronously, by one who sees the error and acts on it.',
};

/** What cdk-nag asks about calls that never succeeded. */
const heardBy = ({ deadLetters, unheard }: ControlFunctionProps): Record<string, string> => {
  if (deadLetters) return WITH_QUEUE;
  if (unheard === undefined) return SYNCHRONOUS;
  return Object.fromEntries([...Object.keys(WITH_QUEUE), ...Object.keys(SYNCHRONOUS)].map((rule) => [rule, unheard]));
};

/** Lambda makes the network interfaces of a function in a VPC in the name of the function's role. */
const NETWORK_INTERFACES: Permission = {
  sid: 'NetworkInterfaces',
  actions: ['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface'],
  resources: ['*'],
  wildcard: 'Lambda makes these calls without naming an interface; the function itself has no client for them.',
};

/** A Lambda function with a role of its own, whose rights are managed policies of our own and nothing else. */
export class ControlFunction extends Construct {
  public readonly function: lambda.Function;
  public readonly role: iam.Role;
  private readonly pairPolicies: PairPolicy[] = [];
  private readonly permitted = new Set<string>();

  public constructor(scope: Construct, id: string, props: ControlFunctionProps) {
    super(scope, id);
    const logGroup = new logs.LogGroup(this, 'Log', {
      encryptionKey: props.key,
      retention: logs.RetentionDays.SIX_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, 'Role', {
      roleName: props.roleName,
      description: props.description,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    const policy = new iam.ManagedPolicy(this, 'Policy', { description: props.description, roles: [this.role] });
    const platform: Permission[] = [
      { sid: 'Logs', actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
      TRACING,
    ];
    if (props.deadLetters) {
      platform.push({ sid: 'DeadLetters', actions: ['sqs:SendMessage'], resources: [props.deadLetters.queueArn] });
    }
    if (props.network) platform.push(NETWORK_INTERFACES);
    for (const permission of [...props.permissions, ...platform]) permit(policy, permission);

    const asynchronous = props.deadLetters !== undefined || props.unheard !== undefined;
    this.function = new lambda.Function(this, 'Function', {
      functionName: props.functionName,
      description: props.description,
      code: lambda.Code.fromAsset(assetPath(props.bundle)),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: props.memoryMb,
      timeout: Duration.seconds(props.timeoutSec),
      reservedConcurrentExecutions: props.concurrency,
      environment: { ...props.environment },
      // Without updates: the L2 would add inline policies for what `policy` says already.
      role: this.role.withoutPolicyUpdates(),
      logGroup,
      tracing: lambda.Tracing.ACTIVE,
      deadLetterQueue: props.deadLetters,
      ...props.network,
      ...(asynchronous ? { retryAttempts: props.asyncRetries, maxEventAge: props.asyncAge } : {}),
    });
    // Lambda checks on creation that the role may write to the dead-letter queue.
    this.function.node.addDependency(policy);
    acknowledge(this.function, { ...(props.network ? {} : OUTSIDE_VPC), ...heardBy(props) });
  }

  /** A right that a pair brings along. Pairs share statements; a policy that is full is followed by another one. */
  public permitForPair(permission: Permission): void {
    const { sid } = permission;
    const resources = permission.resources.filter((resource) => !this.permitted.has(`${sid} ${resource}`));
    if (resources.length === 0) return;
    for (const resource of resources) this.permitted.add(`${sid} ${resource}`);
    const needed = { ...permission, resources };
    const chars = charsOf(needed);
    const last = this.pairPolicies.at(-1);
    const room = last && last.chars + chars <= PAIR_POLICY_CHARS ? last : this.nextPairPolicy();
    const statement = room.statements.get(sid);
    if (statement === undefined) room.statements.set(sid, permit(room.policy, needed));
    else permitMore(room.policy, statement, needed);
    room.chars += chars;
  }

  private nextPairPolicy(): PairPolicy {
    const number = this.pairPolicies.length + 1;
    const policy = new iam.ManagedPolicy(this, number === 1 ? 'PairPolicy' : `PairPolicy${number}`, {
      description: 'What the pairs bring along',
      roles: [this.role],
    });
    const next = { policy, statements: new Map<string, iam.PolicyStatement>(), chars: 0 };
    this.pairPolicies.push(next);
    return next;
  }
}

interface PairPolicy {
  readonly policy: iam.ManagedPolicy;
  readonly statements: Map<string, iam.PolicyStatement>;
  chars: number;
}

/** A managed policy holds 6,144 characters. */
const PAIR_POLICY_CHARS = 5_600;
/** Room for an ARN that is only known at deploy time. */
const TOKEN_CHARS = 128;

/** Room that a permission takes at most: as a statement of its own, each value with quotes and a comma. */
const charsOf = ({ sid, actions, resources, conditions }: Permission): number =>
  [sid, ...actions, ...resources].reduce((sum, text) => sum + (Token.isUnresolved(text) ? TOKEN_CHARS : text.length) + 3, 60) +
  JSON.stringify(conditions ?? {}).length;
