import * as lambda from 'aws-cdk-lib/aws-lambda';
import { FailoverRegions } from '../../../lib';
import { DrillFault } from '../../../lib/constructs/drill';
import { drillMachine } from '../../../lib/decide/machine';
import { controlNames } from '../../../lib/decide/names';
import { ACCOUNT, inRegion, ofType, oneStack, type Rendered, rendered, threeRegions } from '../../support/apps';

const names = controlNames('shop', 'eu-central-1');
const { app, regions } = threeRegions({ pairs: 2 });
const templates = rendered(app);
const standby = inRegion(templates, 'eu-central-1');
const routing = inRegion(templates, 'us-east-1');

const propertiesOf = (template: Rendered, type: string) => ofType(template, type).map(([, resource]) => resource.Properties);
const functions = propertiesOf(standby, 'AWS::Lambda::Function').filter((f) => f.FunctionName);
const functionNamed = (name: string) => functions.find((f) => f.FunctionName === name);

test('there is one control set for all pairs, and controlOf gives the same one again', () => {
  expect(FailoverRegions.controlOf(regions)).toBe(FailoverRegions.controlOf(regions));
  expect(functions.map((f) => f.FunctionName).sort()).toEqual(
    [names.drillFunction, names.drillStepFunction, names.restoreFunction, names.keeperFunction].sort(),
  );
});

test('every function is small, traced, reserved, logged and encrypted by its own log group, on the newest runtime', () => {
  for (const fn of functions) {
    expect(fn).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
      Handler: 'index.handler',
      ReservedConcurrentExecutions: expect.any(Number),
      LoggingConfig: { LogGroup: { Ref: expect.stringContaining('Log') } },
    });
    expect([256, 512]).toContain(fn.MemorySize);
  }
  for (const group of propertiesOf(standby, 'AWS::Logs::LogGroup')) {
    expect(group).toMatchObject({ KmsKeyId: expect.anything(), RetentionInDays: expect.any(Number) });
  }
});

test('functions that are called asynchronously have a dead-letter queue; the steps are not', () => {
  const withQueue = functions.filter((f) => f.DeadLetterConfig).map((f) => f.FunctionName);
  expect(withQueue.sort()).toEqual([names.drillFunction, names.restoreFunction, names.keeperFunction].sort());
});

test('a function may run as long as its longest step, and Lambda allows that', () => {
  expect(functionNamed(names.drillStepFunction).Timeout).toBe(660);
  expect(functionNamed(names.restoreFunction).Timeout).toBe(120);
  expect(functionNamed(names.keeperFunction).Timeout).toBeLessThan(60);
});

test('the handlers find every environment variable that they read', () => {
  const keys = (name: string) => Object.keys(functionNamed(name).Environment.Variables).sort();
  expect(keys(names.drillFunction)).toEqual(['JOURNAL_TABLE', 'MACHINE_ARN', 'REGISTRY_PATH']);
  expect(keys(names.drillStepFunction)).toEqual([
    'JOURNAL_TABLE',
    'REGISTRY_PATH',
    'REPORT_BUCKET',
    'RESTORE_FUNCTION_ARN',
    'ROUTING_REGION',
    'SCHEDULE_GROUP',
    'SCHEDULE_ROLE_ARN',
  ]);
  expect(keys(names.restoreFunction)).toEqual(['JOURNAL_TABLE', 'ROUTING_REGION']);
  expect(keys(names.keeperFunction)).toEqual(['JOURNAL_TABLE', 'REGISTRY_PATH', 'RESTORE_FUNCTION_ARN']);
});

test('the journal outlives its stack, can go back in time, and needs no key of ours', () => {
  const [[, table]] = ofType(standby, 'AWS::DynamoDB::Table') as [[string, (typeof standby.resources)[string]]];
  expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  expect(table.Properties).toMatchObject({
    TableName: names.journalTable,
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    DeletionProtectionEnabled: true,
    BillingMode: 'PAY_PER_REQUEST',
  });
  expect(table.Properties.SSESpecification).toBeUndefined();
});

test('reports are encrypted, versioned, private, and sent over TLS only', () => {
  const [bucket] = propertiesOf(standby, 'AWS::S3::Bucket');
  expect(bucket).toMatchObject({
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
    },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    VersioningConfiguration: { Status: 'Enabled' },
    LifecycleConfiguration: {
      Rules: [{ ExpirationInDays: 1096, NoncurrentVersionExpiration: { NoncurrentDays: 30 }, Status: 'Enabled' }],
    },
  });
  const [policy] = propertiesOf(standby, 'AWS::S3::BucketPolicy');
  expect(policy.PolicyDocument.Statement[0]).toMatchObject({
    Effect: 'Deny',
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  });
});

test('the machine is the plan of decide, logs everything and is traced', () => {
  const [machine] = propertiesOf(standby, 'AWS::StepFunctions::StateMachine');
  expect(machine).toMatchObject({
    StateMachineName: names.drillMachine,
    LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: true },
    TracingConfiguration: { Enabled: true },
  });
  expect(machine.StateMachineType ?? 'STANDARD').toBe('STANDARD');
  const [joint, parts] = machine.DefinitionString['Fn::Join'] as [string, (string | { 'Fn::GetAtt': [string, string] })[]];
  const text = parts.map((part) => (typeof part === 'string' ? part : part['Fn::GetAtt'][0])).join(joint);
  const nameOf = (part: string) => (part.includes('Restore') ? 'restore' : 'steps');
  const definition = JSON.parse(text.replace(/"FunctionName":"([^"]+)"/g, (_, id: string) => `"FunctionName":"${nameOf(id)}"`));
  expect(definition).toEqual(JSON.parse(JSON.stringify(drillMachine({ drillStep: 'steps', restore: 'restore' }))));
});

test('the keeper runs every minute, and no failed run piles up', () => {
  const keeper = propertiesOf(standby, 'AWS::Scheduler::Schedule').find((s) => s.ScheduleExpression === 'rate(1 minute)');
  expect(keeper).toMatchObject({
    GroupName: expect.anything(),
    Target: { RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } },
  });
});

test('Scheduler takes its roles only for the schedules of this group', () => {
  const roles = propertiesOf(standby, 'AWS::IAM::Role').filter((r) =>
    [names.scheduleRole, names.starterRole].includes(r.RoleName),
  );
  expect(roles).toHaveLength(2);
  for (const role of roles) {
    expect(role.AssumeRolePolicyDocument.Statement).toMatchObject([
      {
        Principal: { Service: 'scheduler.amazonaws.com' },
        Condition: {
          StringEquals: {
            'aws:SourceAccount': ACCOUNT,
            'aws:SourceArn': { 'Fn::GetAtt': [expect.stringContaining('Group'), 'Arn'] },
          },
        },
      },
    ]);
  }
});

test('the rights on health checks live in the routing stack and name the roles of the standby', () => {
  const policies = propertiesOf(routing, 'AWS::IAM::ManagedPolicy').filter((p) => p.ManagedPolicyName);
  expect(policies.map((p) => [p.ManagedPolicyName, p.Roles])).toEqual([
    [names.drillChecksPolicy, [names.drillStepRole]],
    [names.restoreChecksPolicy, [names.restoreRole]],
  ]);
  expect(standby.text).not.toMatch(/route53:/);
});

test('in one stack the policies wait for the roles that they name', () => {
  const [template] = rendered(oneStack().app) as [Rendered];
  const policies = ofType(template, 'AWS::IAM::ManagedPolicy').filter(([, p]) => p.Properties.ManagedPolicyName);
  expect(policies.map(([, p]) => p.Properties.Roles)).toEqual([
    ['cdk-failover-web-drill-step-us-east-1'],
    ['cdk-failover-web-restore-us-east-1'],
  ]);
  for (const [, policy] of policies) {
    expect(policy.DependsOn).toEqual(
      expect.arrayContaining([expect.stringMatching(/DrillStepRole/), expect.stringMatching(/RestoreRole/)]),
    );
  }
});

test('alarms watch the keeper, the machine and lost calls, and are told once however many pairs share an alert path', () => {
  const alarms = ofType(standby, 'AWS::CloudWatch::Alarm').filter(([id]) => id.startsWith('ControlSet'));
  expect(
    alarms.map(([id, alarm]) => [
      id.replace(/[0-9A-F]{8}$/, ''),
      alarm.Properties.AlarmActions.length,
      alarm.Properties.TreatMissingData,
    ]),
  ).toEqual([
    ['ControlSetshopKeeperSilent', 1, 'breaching'],
    ['ControlSetshopDrillBroken', 1, 'notBreaching'],
    ['ControlSetshopCallsLost', 1, 'notBreaching'],
  ]);
});

test('functions of users may be called by exactly the handler that needs them', () => {
  const other = threeRegions({
    drill: (r) => ({
      fault: DrillFault.functions({
        inject: lambda.Function.fromFunctionName(r.standby, 'Inject', 'break-it'),
        restore: lambda.Function.fromFunctionName(r.standby, 'Mend', 'mend-it'),
      }),
    }),
  });
  const policies = ofType(inRegion(rendered(other.app), 'eu-central-1'), 'AWS::IAM::ManagedPolicy');
  const callers = (fn: string) =>
    policies
      .filter(([, p]) => JSON.stringify(p.Properties.PolicyDocument).includes(`function:${fn}`))
      .map(([id]) => id.replace(/[0-9A-F]{8}$/, ''));
  expect(callers('break-it')).toEqual(['ControlSetshopDrillStepPairPolicy']);
  expect(callers('mend-it')).toEqual(['ControlSetshopRestorePairPolicy']);
});
