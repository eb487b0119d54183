import { App, Duration, NestedStack, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Alarm, type CfnAlarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { AlertPath, AlertSeverity, AlertTarget, PagerDutyRegion, PagerDutySeverity } from '../../../lib/constructs/alert';
import { FailoverPair, Site } from '../../../lib/constructs/dns';
import { FailoverDrill } from '../../../lib/constructs/drill';
import { FailoverRegions } from '../../../lib/constructs/regions';
import { parseMessage } from '../../../lib/decide/alert';
import { idleAcknowledgements, nagFindings } from '../../support/nag';

const ACCOUNT = '111111111111';
const pagerDuty = () => AlertTarget.pagerDuty({ secretName: 'pagerduty' });
const email = () => AlertTarget.email('oncall@example.com');

const stackIn = (app: App, id: string, region?: string) =>
  new Stack(app, id, region ? { env: { account: ACCOUNT, region } } : {});

const alarmIn = (stack: Stack, id = 'Alarm', alarmDescription?: string) =>
  new Alarm(stack, id, {
    metric: new Metric({ namespace: 'Shop', metricName: 'Errors' }),
    threshold: 1,
    evaluationPeriods: 1,
    alarmDescription,
  });

/** One path in one stack with one alarm; as an account without a name, as `cdk synth` of a newcomer has it. */
function alone(targets = [pagerDuty(), email()], region?: string) {
  const app = new App();
  const stack = stackIn(app, 'Orders', region);
  const alerts = new AlertPath(stack, 'Alerts', { targets });
  alerts.addAlarm(alarmIn(stack));
  return { app, stack, alerts, template: Template.fromStack(stack) };
}

let common: ReturnType<typeof alone>;
beforeAll(() => {
  common = alone();
});

const resources = (template: Template, type: string) =>
  Object.values(template.findResources(type)).map((one) => one['Properties']);
const statements = (properties: { PolicyDocument: { Statement: Record<string, unknown>[] } }) =>
  properties.PolicyDocument.Statement;

describe('a foot', () => {
  test('has a topic per severity with a name that tells it, so that the sender knows', () => {
    const names = resources(common.template, 'AWS::SNS::Topic').map((one) => one.TopicName);
    expect(names).toEqual(['cdk-failover-Orders-Alerts-critical', 'cdk-failover-Orders-Alerts-warning']);
    const severities = names.map(
      (name) => parseMessage(JSON.stringify({ Message: '', TopicArn: `arn:aws:sns:r:a:${name}` }), 'm', 0).topic,
    );
    expect(severities).toEqual(['critical', 'warning']);
  });

  test('encrypts its topics with a key that admits the services that publish, without source conditions', () => {
    const [key] = resources(common.template, 'AWS::KMS::Key');
    expect(key).toMatchObject({ EnableKeyRotation: true });
    expect(key.KeyPolicy.Statement.find((one: { Sid?: string }) => one.Sid === 'Publishers')).toEqual({
      Sid: 'Publishers',
      Effect: 'Allow',
      Principal: { Service: ['cloudwatch.amazonaws.com', 'events.amazonaws.com', 'events.rds.amazonaws.com'] },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Resource: '*',
    });
    for (const topic of resources(common.template, 'AWS::SNS::Topic')) expect(topic.KmsMasterKeyId).toBeDefined();
  });

  test('admits each service to its topics only from its own account and Region, and nothing without TLS', () => {
    for (const policy of resources(alone(undefined, 'eu-west-1').template, 'AWS::SNS::TopicPolicy')) {
      const found = statements(policy);
      expect(found.filter((one) => one['Effect'] === 'Deny')).toEqual([
        expect.objectContaining({
          Action: 'sns:Publish',
          Principal: '*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      ]);
      const partition = { Ref: 'AWS::Partition' };
      const from = (service: string, rest: string) =>
        expect.objectContaining({
          Principal: { Service: `${service}.amazonaws.com` },
          Action: 'sns:Publish',
          Condition: { ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', ['arn:', partition, rest]] } } },
        });
      expect(found.filter((one) => one['Effect'] === 'Allow')).toEqual([
        from('cloudwatch', `:cloudwatch:eu-west-1:${ACCOUNT}:alarm:*`),
        from('events', `:events:eu-west-1:${ACCOUNT}:rule/*`),
        from('events.rds', `:rds:eu-west-1:${ACCOUNT}:*`),
      ]);
    }
  });

  test('tells the mailbox directly, but not of heartbeats', () => {
    const mails = resources(common.template, 'AWS::SNS::Subscription').filter((one) => one.Protocol === 'email');
    expect(mails).toHaveLength(2);
    for (const mail of mails) {
      expect(mail).toMatchObject({
        Endpoint: 'oncall@example.com',
        FilterPolicy: { kind: [{ 'anything-but': ['heartbeat'] }, { exists: false }] },
      });
    }
  });

  test('queues both topics for the sender, whole envelopes, with a dead-letter queue', () => {
    const queued = resources(common.template, 'AWS::SNS::Subscription').filter((one) => one.Protocol === 'sqs');
    expect(queued.map((one) => [one.RawMessageDelivery, Object.keys(one.RedrivePolicy)])).toEqual([
      [undefined, ['deadLetterTargetArn']],
      [undefined, ['deadLetterTargetArn']],
    ]);
    common.template.hasResourceProperties('AWS::SQS::Queue', {
      SqsManagedSseEnabled: true,
      VisibilityTimeout: 180,
      RedrivePolicy: { maxReceiveCount: 200 },
    });
  });

  test('sends with a function that is small, traced, bounded and without inline policies', () => {
    common.template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 256,
      Timeout: 90,
      ReservedConcurrentExecutions: 2,
      TracingConfig: { Mode: 'Active' },
      Environment: {
        Variables: Match.objectEquals({
          ROUTING_KEY_SECRET: 'pagerduty',
          PAGERDUTY_URL: 'https://events.pagerduty.com',
          QUEUE_URL: Match.anyValue(),
          DEAD_LETTER_QUEUE_URL: Match.anyValue(),
          CRITICAL_SEVERITY: 'critical',
          WARNING_SEVERITY: 'warning',
          ALERT_PATH: 'Alerts',
          ALERT_STACK: 'Orders',
        }),
      },
    });
    common.template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 5,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    common.template.resourceCountIs('AWS::IAM::Policy', 0);
    common.template.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: Match.anyValue(), RetentionInDays: 180 });
  });

  test('lets the sender read one secret by name and nothing that belongs to another Region', () => {
    const [policy] = resources(alone(undefined, 'eu-west-1').template, 'AWS::IAM::ManagedPolicy').filter((one) =>
      statements(one).some((two) => two['Sid'] === 'RoutingKey'),
    );
    const found = statements(policy);
    expect(found.map((one) => [one['Sid'], one['Action']])).toEqual([
      ['Queue', ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility']],
      ['DeadLetters', 'sqs:SendMessage'],
      ['RoutingKey', 'secretsmanager:GetSecretValue'],
      ['Alarms', 'cloudwatch:DescribeAlarms'],
      ['Logs', ['logs:CreateLogStream', 'logs:PutLogEvents']],
      ['Tracing', ['xray:PutTraceSegments', 'xray:PutTelemetryRecords']],
    ]);
    const partition = { Ref: 'AWS::Partition' };
    expect(found[2]?.['Resource']).toEqual({
      'Fn::Join': ['', ['arn:', partition, `:secretsmanager:eu-west-1:${ACCOUNT}:secret:pagerduty-??????`]],
    });
    expect(found[3]?.['Resource']).toEqual({ 'Fn::Join': ['', ['arn:', partition, `:cloudwatch:eu-west-1:${ACCOUNT}:alarm:*`]] });
  });
});

test('an alarm tells the topic of its severity when it fires and when it is over', () => {
  const app = new App();
  const stack = stackIn(app, 'Orders');
  const alerts = new AlertPath(stack, 'Alerts', { targets: [pagerDuty(), email()] });
  const [loud, quiet] = [alarmIn(stack, 'Loud'), alarmIn(stack, 'Quiet')];
  alerts.addAlarm(loud);
  alerts.addAlarm(quiet, { severity: AlertSeverity.WARNING });
  Template.fromStack(stack);
  for (const [alarm, severity] of [
    [loud, AlertSeverity.CRITICAL],
    [quiet, AlertSeverity.WARNING],
  ] as const) {
    const actions = [stack.resolve(alerts.topicIn(stack, severity).topicArn)];
    const { alarmActions, okActions } = alarm.node.defaultChild as CfnAlarm;
    expect([stack.resolve(alarmActions), stack.resolve(okActions)]).toEqual([actions, actions]);
  }
});

test('the documented defaults are the rendered ones, and every choice is rendered', () => {
  const { template } = alone([
    AlertTarget.pagerDuty({
      secretName: 'team/pagerduty',
      serviceRegion: PagerDutyRegion.EU,
      criticalAs: PagerDutySeverity.ERROR,
      warningAs: PagerDutySeverity.INFO,
    }),
    email(),
  ]);
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: {
        ROUTING_KEY_SECRET: 'team/pagerduty',
        PAGERDUTY_URL: 'https://events.eu.pagerduty.com',
        CRITICAL_SEVERITY: 'error',
        WARNING_SEVERITY: 'info',
      },
    },
  });
});

describe('the heartbeat', () => {
  test('is published every day by a role that may do only that, as an event that the sender takes for one', () => {
    const [schedule] = resources(common.template, 'AWS::Scheduler::Schedule');
    expect(schedule).toMatchObject({ ScheduleExpression: 'rate(1 day)', State: 'ENABLED' });
    const input = JSON.parse(
      schedule.Target.Input['Fn::Join'][1].map((part: unknown) => (typeof part === 'string' ? part : 'topic')).join(''),
    );
    expect(input).toMatchObject({
      TopicArn: 'topic',
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'heartbeat' } },
    });
    const sent = input.Message.replace('<aws.scheduler.scheduled-time>', '2026-11-20T14:00:00Z');
    const received = parseMessage(JSON.stringify({ Message: sent, TopicArn: 'x-warning', MessageId: '1' }), 'm', 0);
    expect(received.alert).toMatchObject({
      kind: 'own',
      event: { type: 'heartbeat', action: 'note', atMs: Date.parse('2026-11-20T14:00:00Z') },
    });
  });

  test('is missed after 26 hours, and the warning topic hears of it', () => {
    const [silent] = resources(common.template, 'AWS::CloudWatch::Alarm').filter(
      (one) => one.MetricName === 'HeartbeatDelivered',
    );
    expect(silent).toMatchObject({
      Namespace: 'CdkFailover',
      Dimensions: [
        { Name: 'AlertPath', Value: 'Alerts' },
        { Name: 'Stack', Value: 'Orders' },
      ],
      Period: 3600,
      EvaluationPeriods: 26,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
    expect(JSON.stringify([silent.AlarmActions, silent.OKActions])).toMatch(/Warning.*Warning/);
  });

  test.each([
    ['ApproximateNumberOfMessagesVisible', 'AWS/SQS', 1],
    ['AlertDelaySeconds', 'CdkFailover', 600],
    ['Errors', 'AWS/Lambda', 1],
  ])('is not the only watch: %s alarms as critical', (MetricName, Namespace, Threshold) => {
    const [alarm] = resources(common.template, 'AWS::CloudWatch::Alarm').filter(
      (one) => one.MetricName === MetricName && one.Namespace === Namespace,
    );
    expect(alarm).toMatchObject({ Threshold, TreatMissingData: 'notBreaching' });
    expect(JSON.stringify([alarm.AlarmActions, alarm.OKActions])).toMatch(/Critical.*Critical/);
  });
});

describe('a path over several Regions', () => {
  const app = new App();
  const stacks = [stackIn(app, 'A', 'eu-west-1'), stackIn(app, 'B', 'eu-central-1'), stackIn(app, 'C', 'us-east-1')];
  const alerts = new AlertPath(app, 'Alerts', { targets: [pagerDuty(), email()] });
  for (const stack of stacks) alerts.addAlarm(alarmIn(stack));

  test('has a foot in the stack of each alarm, and no value crosses between them', () => {
    for (const stack of stacks) {
      const template = Template.fromStack(stack);
      template.resourceCountIs('AWS::SNS::Topic', 2);
      template.resourceCountIs('AWS::Lambda::Function', 1);
      expect(JSON.stringify(template.toJSON())).not.toMatch(/Fn::ImportValue|Fn::GetStackOutput|CrossRegionExport/);
      expect(template.toJSON()['Outputs']).toBeUndefined();
      expect(stack.dependencies).toEqual([]);
      for (const alarm of resources(template, 'AWS::CloudWatch::Alarm')) {
        for (const action of [...alarm.AlarmActions, ...alarm.OKActions]) expect(Object.keys(action)).toEqual(['Ref']);
      }
    }
  });

  test('makes no foot twice', () => {
    const foot = alerts.topicIn(stacks[0] as Stack, AlertSeverity.CRITICAL);
    expect(alerts.topicIn(stacks[0] as Stack, AlertSeverity.CRITICAL)).toBe(foot);
  });
});

test('a nested stack uses the foot of the stack that holds it', () => {
  const app = new App();
  const stack = stackIn(app, 'Outer');
  const nested = new NestedStack(stack, 'Inner');
  const alerts = new AlertPath(stack, 'Alerts', { targets: [pagerDuty(), email()] });
  alerts.addAlarm(alarmIn(nested));
  Template.fromStack(stack).resourceCountIs('AWS::SNS::Topic', 2);
  Template.fromStack(nested).resourceCountIs('AWS::SNS::Topic', 0);
});

describe('with the regions of a pair', () => {
  function drilled(withJournal: boolean) {
    const app = new App();
    const zone = { hostedZoneId: 'Z0123456789ABCDEFGHIJ', zoneName: 'example.com' };
    const regions = new FailoverRegions(app, 'Shop', { account: ACCOUNT, primary: 'eu-west-1', standby: 'eu-central-1', zone });
    const alerts = new AlertPath(app, 'Alerts', { targets: [pagerDuty(), email()], regions });
    const alarm = alarmIn(regions.routing, 'Down', 'The primary is unhealthy.');
    alerts.addAlarm(alarm, { pairName: 'app' });
    // The journal is made after the alarm was added.
    if (withJournal) {
      const sites = { primary: Site.ip('198.41.0.4'), standby: Site.ip('199.9.14.201') };
      new FailoverDrill(regions.standby, 'Drill', {
        pair: new FailoverPair(regions.routing, 'App', { regions, alerts, recordName: 'app', ...sites }),
      });
    }
    return Template.fromStack(regions.routing);
  }

  test('the sender reads the journal of the standby Region, by a name that is plain text', () => {
    const template = drilled(true);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { JOURNAL_TABLE: 'cdk-failover-shop-journal', JOURNAL_REGION: 'eu-central-1' } },
    });
    template.hasResourceProperties('AWS::IAM::ManagedPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Sid: 'Journal',
            Effect: 'Allow',
            Action: 'dynamodb:GetItem',
            Resource: {
              'Fn::Join': [
                '',
                ['arn:', { Ref: 'AWS::Partition' }, `:dynamodb:eu-central-1:${ACCOUNT}:table/cdk-failover-shop-journal`],
              ],
            },
          },
        ]),
      },
    });
  });

  test('the sender asks for nothing where no journal is', () => {
    expect(JSON.stringify(drilled(false).toJSON())).not.toMatch(/JOURNAL_|dynamodb/);
  });

  test('the description of the alarm names the pair, and the sender finds it there', () => {
    const [alarm] = resources(drilled(true), 'AWS::CloudWatch::Alarm').filter((one) => one.Namespace === 'Shop');
    expect(alarm.AlarmDescription).toBe('The primary is unhealthy. [failover pair app]');
    const Message = JSON.stringify({
      AlarmName: 'n',
      AlarmArn: 'a:b:c:d',
      NewStateValue: 'ALARM',
      AlarmDescription: alarm.AlarmDescription,
    });
    expect(parseMessage(JSON.stringify({ Message }), 'm', 0).alert).toMatchObject({ kind: 'alarm', pair: 'app' });
  });
});

describe('a path to mailboxes only', () => {
  test('has topics and no sender', () => {
    const { template } = alone([email(), AlertTarget.email('second@example.com')]);
    template.resourceCountIs('AWS::SNS::Topic', 2);
    template.resourceCountIs('AWS::SNS::Subscription', 4);
    for (const type of ['AWS::Lambda::Function', 'AWS::SQS::Queue', 'AWS::Scheduler::Schedule'])
      template.resourceCountIs(type, 0);
  });

  test('fails when it is asked for what a sender counts', () => {
    const { stack, alerts } = alone([email()]);
    expect(() => alerts.metricDelivered(stack)).toThrow(
      '[NoSender] targets has no PagerDuty target, so nothing is counted; add AlertTarget.pagerDuty(...) (at Orders/Alerts)',
    );
  });
});

describe('metrics', () => {
  test.each([
    ['metricDelivered', 'AlertsDelivered', 'Sum'],
    ['metricDelay', 'AlertDelaySeconds', 'Maximum'],
    ['metricHeartbeat', 'HeartbeatDelivered', 'Sum'],
    ['metricDeadLetters', 'ApproximateNumberOfMessagesVisible', 'Maximum'],
  ] as const)('%s is %s, %s over 5 minutes, and takes options', (method, metricName, statistic) => {
    const { alerts, stack } = common;
    expect(alerts[method](stack)).toMatchObject({ metricName, statistic, period: Duration.minutes(5) });
    expect(alerts[method](stack, { period: Duration.hours(1) }).period).toEqual(Duration.hours(1));
  });

  test('fails for a stack without a foot', () => {
    expect(() => common.alerts.metricDelay(new Stack(new App(), 'Other'))).toThrow(
      '[NoFoot] stack is Other, which has no alarm on this path; call addAlarm or topicIn first (at Orders/Alerts)',
    );
  });
});

describe('mistakes', () => {
  const make = (targets: AlertTarget[], id = 'Alerts') => new AlertPath(stackIn(new App(), 'Orders'), id, { targets });

  test('fails without a target', () => {
    expect(() => make([])).toThrow(
      '[NoTarget] targets is empty; at least 1; add AlertTarget.pagerDuty(...) or AlertTarget.email(...) (at Orders/Alerts)',
    );
  });

  test('fails with all mistakes at once', () => {
    const long = 'A'.repeat(65);
    let message = '';
    try {
      make(
        [
          AlertTarget.pagerDuty({ secretName: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:pagerduty' }),
          AlertTarget.pagerDuty({ secretName: '' }),
          AlertTarget.email('nobody'),
          email(),
          email(),
        ],
        long,
      );
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.split('\n')).toEqual([
      `[AlertPathName] id has 65 characters; at most 64, because it is part of topic names; use a shorter id (at Orders/${long})`,
      `[TooManyPagerDutyTargets] targets has 2 PagerDuty targets; at most 1 per path; make another AlertPath (at Orders/${long})`,
      `[SecretName] secretName is "arn:aws:secretsmanager:eu-west-1:111111111111:secret:pagerduty"; 1 to 512 letters, digits and /_+=.@-; give the name of the secret, not its ARN (at Orders/${long})`,
      `[SecretName] secretName is ""; 1 to 512 letters, digits and /_+=.@-; give the name of the secret, not its ARN (at Orders/${long})`,
      `[EmailAddress] address is "nobody"; a mailbox such as oncall@example.com; correct AlertTarget.email(...) (at Orders/${long})`,
      `[SameEmailTwice] address is "oncall@example.com" in more than one target; once is enough; remove the others (at Orders/${long})`,
    ]);
  });

  test('fails when an alarm is added twice', () => {
    const app = new App();
    const stack = stackIn(app, 'Orders');
    const alerts = new AlertPath(stack, 'Alerts', { targets: [pagerDuty(), email()] });
    const alarm = alarmIn(stack);
    alerts.addAlarm(alarm);
    expect(() => alerts.addAlarm(alarm)).toThrow(
      '[AlarmAddedTwice] alarm is Orders/Alarm, which this path has already; add each alarm once (at Orders/Alerts)',
    );
  });

  test('fails when two paths of one id meet in a stack', () => {
    const app = new App();
    const [one, two] = [stackIn(app, 'One'), stackIn(app, 'Two')];
    const target = stackIn(app, 'Target');
    new AlertPath(one, 'Alerts', { targets: [pagerDuty(), email()] }).addAlarm(alarmIn(target, 'A'));
    const second = new AlertPath(two, 'Alerts', { targets: [pagerDuty(), email()] });
    expect(() => second.addAlarm(alarmIn(target, 'B'))).toThrow(
      '[AlertPathName] id is Alerts, and another alert path with this id has a foot in stack Target; use another id (at Two/Alerts)',
    );
  });

  test.each([
    [
      'PagerDuty',
      pagerDuty,
      'targets has only PagerDuty; nobody would notice that it is broken; add AlertTarget.email(...) as a second target',
    ],
    [
      'a mailbox',
      email,
      'targets has only one mailbox; nobody would notice that it is broken; add AlertTarget.pagerDuty(...) as a second target',
    ],
  ])('a path that is only %s warns', (_name, target, text) => {
    const { stack } = alone([target()]);
    Annotations.fromStack(stack).hasWarning('/Orders/Alerts', `${text} [ack: cdk-failover:OnePath]`);
  });

  test('two targets do not warn', () => Annotations.fromStack(common.stack).hasNoWarning('*', Match.anyValue()));
});

describe('cdk-nag', () => {
  test.each([
    ['any account and Region', undefined],
    ['a named account and Region', 'eu-west-1'],
  ])('finds nothing in %s, and every acknowledgement still answers something', (_name, region) => {
    const { stack } = region ? alone(undefined, region) : common;
    expect(nagFindings(stack)).toEqual([]);
    expect(idleAcknowledgements(stack)).toEqual([]);
  });
});
