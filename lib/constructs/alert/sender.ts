import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../../contracts/environment';
import { PAGER_METRIC, pagerDimensions } from '../../decide/alert/metrics';
import { METRIC_NAMESPACE } from '../../decide/names';
import { acknowledge } from '../internal/acknowledge';
import { assetPath } from '../internal/asset-path';
import { permit } from '../internal/permission';
import { PagerDutyRegion, PagerDutySeverity, type PagerDutyTargetOptions } from './alert-target';
import type { Foot } from './foot';

export interface SenderProps {
  readonly path: string;
  readonly foot: Foot;
  readonly pagerDuty: PagerDutyTargetOptions;
}

const URLS: Readonly<Record<PagerDutyRegion, string>> = {
  [PagerDutyRegion.US]: 'https://events.pagerduty.com',
  [PagerDutyRegion.EU]: 'https://events.eu.pagerduty.com',
};

/** Longest call: five messages may begin within 20 s, and the last one may wait for every time-out once. */
const CALL_SEC = 90;
/** Two calls at a time: PagerDuty takes about 120 events per minute and key. */
const CONCURRENCY = 2;
/** A crash comes back after 3 min, so 6 h of crashes are 120 deliveries; back-off needs about 60. */
const MOST_DELIVERIES = 200;

/** Queue and function that bring a foot's alerts to PagerDuty, and the dead-letter queue for what it does not take. */
export class Sender extends Construct {
  public readonly queue: sqs.Queue;
  public readonly deadLetters: sqs.Queue;
  public readonly function: lambda.Function;
  /** Everything that the function may do. */
  public readonly policy: iam.ManagedPolicy;
  public readonly alarms: readonly cloudwatch.Alarm[];
  private readonly dimensions: Record<string, string>;

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: SenderProps,
  ) {
    super(scope, id);
    this.dimensions = pagerDimensions(props.path, Stack.of(this).stackName);
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.deadLetters, { 'Serverless-SQSRedrivePolicy': 'This is the dead-letter queue.' });
    this.queue = new sqs.Queue(this, 'Queue', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(2 * CALL_SEC),
      retentionPeriod: Duration.days(1),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MOST_DELIVERIES },
    });
    this.subscribe();

    const logGroup = this.makeLogGroup();
    const role = new iam.Role(this, 'Role', {
      description: `Sends alerts of ${props.path} to PagerDuty`,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    this.policy = this.makePolicy(role, logGroup);
    this.function = this.makeFunction(role, logGroup);
    this.alarms = this.makeAlarms();
  }

  public metric(name: keyof typeof PAGER_METRIC, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRIC_NAMESPACE,
      metricName: PAGER_METRIC[name],
      dimensionsMap: this.dimensions,
      statistic: cloudwatch.Stats.SUM,
      period: Duration.minutes(5),
      ...options,
    });
  }

  /** Written out, because the L2 subscription would put the topics into the key's policy, which is a circle. */
  private subscribe(): void {
    const topics = Object.values(this.props.foot.topics);
    this.queue.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'FromTopics',
        principals: [new iam.ServicePrincipal('sns.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [this.queue.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': topics.map((topic) => topic.topicArn) } },
      }),
    );
    for (const [severity, topic] of Object.entries(this.props.foot.topics)) {
      new sns.Subscription(this, `From-${severity}`, {
        topic,
        protocol: sns.SubscriptionProtocol.SQS,
        endpoint: this.queue.queueArn,
        deadLetterQueue: this.deadLetters,
      });
    }
  }

  private makeLogGroup(): logs.LogGroup {
    const stack = Stack.of(this);
    const { key } = this.props.foot;
    key.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'Logs',
        principals: [new iam.ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
        actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
        resources: ['*'],
        conditions: {
          ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${stack.partition}:logs:${stack.region}:${stack.account}:*` },
        },
      }),
    );
    return new logs.LogGroup(this, 'Log', {
      encryptionKey: key,
      retention: logs.RetentionDays.SIX_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  private makePolicy(role: iam.Role, logGroup: logs.LogGroup): iam.ManagedPolicy {
    const stack = Stack.of(this);
    const policy = new iam.ManagedPolicy(this, 'Policy', { description: `Sends alerts of ${this.props.path}`, roles: [role] });
    permit(policy, {
      sid: 'Queue',
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
      resources: [this.queue.queueArn],
    });
    permit(policy, { sid: 'DeadLetters', actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] });
    permit(policy, {
      sid: 'RoutingKey',
      actions: ['secretsmanager:GetSecretValue'],
      // Secrets Manager adds a dash and six characters to the name.
      resources: [
        stack.formatArn({
          service: 'secretsmanager',
          resource: 'secret',
          resourceName: `${this.props.pagerDuty.secretName}-??????`,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
    });
    permit(policy, {
      sid: 'Alarms',
      actions: ['cloudwatch:DescribeAlarms'],
      resources: [
        stack.formatArn({
          service: 'cloudwatch',
          resource: 'alarm',
          resourceName: '*',
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
      wildcard: 'Any alarm of the Region may notify the topics; a delayed page asks for the state of that alarm. Reads only.',
    });
    permit(policy, { sid: 'Logs', actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] });
    permit(policy, {
      sid: 'Tracing',
      actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
      resources: ['*'],
      wildcard: 'X-Ray has no resources: both calls accept "*" only.',
    });
    return policy;
  }

  private makeFunction(role: iam.Role, logGroup: logs.LogGroup): lambda.Function {
    const { pagerDuty, path } = this.props;
    const sender = new lambda.Function(this, 'Function', {
      description: `Sends alerts of ${path} to PagerDuty`,
      code: lambda.Code.fromAsset(assetPath('pager')),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.seconds(CALL_SEC),
      reservedConcurrentExecutions: CONCURRENCY,
      environment: {
        [ENV.routingKeySecret]: pagerDuty.secretName,
        [ENV.pagerDutyUrl]: URLS[pagerDuty.serviceRegion ?? PagerDutyRegion.US],
        [ENV.queueUrl]: this.queue.queueUrl,
        [ENV.deadLetterQueueUrl]: this.deadLetters.queueUrl,
        [ENV.criticalSeverity]: pagerDuty.criticalAs ?? PagerDutySeverity.CRITICAL,
        [ENV.warningSeverity]: pagerDuty.warningAs ?? PagerDutySeverity.WARNING,
        [ENV.alertPath]: path,
        [ENV.alertStack]: Stack.of(this).stackName,
      },
      // Without updates: the L2 would add inline policies for what `policy` says already.
      role: role.withoutPolicyUpdates(),
      logGroup,
      tracing: lambda.Tracing.ACTIVE,
    });
    const source = sender.addEventSourceMapping('FromQueue', {
      eventSourceArn: this.queue.queueArn,
      batchSize: 5,
      maxConcurrency: CONCURRENCY,
      reportBatchItemFailures: true,
    });
    // Lambda checks on creation that the role may read the queue.
    source.node.addDependency(this.policy);
    acknowledge(source, {
      'Serverless-LambdaEventSourceMappingDestination':
        'Lambda has failure destinations for streams only; the queue has a dead-letter queue.',
    });
    const inQueue = 'Called by a queue, which keeps what fails; its dead-letter queue has an alarm.';
    acknowledge(sender, {
      'NIST.800.53.R5-LambdaInsideVPC': 'An alert must not depend on a VPC, its endpoints or its address translation.',
      'NIST.800.53.R5-LambdaDLQ': inQueue,
      'Serverless-LambdaDLQ': inQueue,
    });
    return sender;
  }

  private makeAlarms(): readonly cloudwatch.Alarm[] {
    const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, GREATER_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
    const { NOT_BREACHING } = cloudwatch.TreatMissingData;
    const minute = Duration.minutes(1);
    return [
      new cloudwatch.Alarm(this, 'Refused', {
        alarmDescription:
          'Alerts are in the dead-letter queue: PagerDuty refused them or did not answer for 6 hours. The attribute Reason says why.',
        metric: this.deadLetters.metricApproximateNumberOfMessagesVisible({
          period: minute,
          statistic: cloudwatch.Stats.MAXIMUM,
        }),
        threshold: 1,
        comparisonOperator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluationPeriods: 1,
        treatMissingData: NOT_BREACHING,
      }),
      new cloudwatch.Alarm(this, 'Delayed', {
        alarmDescription:
          'An alert waits for more than 10 minutes, because PagerDuty or the secret with its key does not answer.',
        metric: this.metric('delay', { statistic: cloudwatch.Stats.MAXIMUM, period: minute }),
        threshold: 600,
        comparisonOperator: GREATER_THAN_THRESHOLD,
        evaluationPeriods: 15,
        datapointsToAlarm: 1,
        treatMissingData: NOT_BREACHING,
      }),
      new cloudwatch.Alarm(this, 'Broken', {
        alarmDescription: 'The sender itself fails; alerts wait in its queue.',
        metric: this.function.metricErrors({ period: minute, statistic: cloudwatch.Stats.SUM }),
        threshold: 1,
        comparisonOperator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluationPeriods: 10,
        datapointsToAlarm: 2,
        treatMissingData: NOT_BREACHING,
      }),
    ];
  }
}
