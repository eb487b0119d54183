import { Aws, Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { EVENT_SCHEMA, type FailoverEvent } from '../../contracts/events';
import { permit } from '../internal/permission';
import { type Foot, KIND_ATTRIBUTE } from './foot';
import type { Sender } from './sender';
import { AlertSeverity } from './severity';

export interface HeartbeatProps {
  readonly path: string;
  readonly foot: Foot;
  readonly sender: Sender;
}

/** Proves the way from topic to PagerDuty once a day, with a change event that pages nobody. */
export class Heartbeat extends Construct {
  /** Fires when no heartbeat was delivered for 26 hours. */
  public readonly alarm: cloudwatch.Alarm;

  public constructor(scope: Construct, id: string, props: HeartbeatProps) {
    super(scope, id);
    const topic = props.foot.topics[AlertSeverity.WARNING];
    const { role, policy } = this.makeRole(props);
    const schedule = new scheduler.Schedule(this, 'Schedule', {
      description: `Daily heartbeat of alert path ${props.path}`,
      // A rate without a start begins at once, so the alarm below is quiet soon after the first deployment.
      schedule: scheduler.ScheduleExpression.rate(Duration.days(1)),
      target: {
        bind: () => ({
          // The API itself, because the SNS target of Scheduler cannot set an attribute.
          arn: `arn:${Aws.PARTITION}:scheduler:::aws-sdk:sns:publish`,
          role,
          input: scheduler.ScheduleTargetInput.fromObject({
            TopicArn: topic.topicArn,
            Message: JSON.stringify(heartbeat(props.path, Stack.of(this).stackName)),
            MessageAttributes: { [KIND_ATTRIBUTE]: { DataType: 'String', StringValue: 'heartbeat' } },
          }),
          retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: 3_600 },
        }),
      },
    });
    // The first heartbeat comes at once, so all that it needs must be there.
    schedule.node.addDependency(policy, props.sender, topic);

    this.alarm = new cloudwatch.Alarm(this, 'Silent', {
      alarmDescription:
        'PagerDuty has taken no heartbeat for 26 hours: alerts may not arrive. Fires until the first heartbeat, too.',
      metric: props.sender.metric('heartbeat', { period: Duration.hours(1) }),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 26,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
    this.alarm.node.addDependency(schedule);
  }

  private makeRole({ path, foot }: HeartbeatProps): { role: iam.IRole; policy: iam.ManagedPolicy } {
    const stack = Stack.of(this);
    const role = new iam.Role(this, 'Role', {
      description: `Publishes the heartbeat of ${path}`,
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
    });
    const policy = new iam.ManagedPolicy(this, 'Policy', { description: `Publishes the heartbeat of ${path}`, roles: [role] });
    permit(policy, { sid: 'Publish', actions: ['sns:Publish'], resources: [foot.topics[AlertSeverity.WARNING].topicArn] });
    permit(policy, {
      sid: 'TopicKey',
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [foot.key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `sns.${stack.region}.amazonaws.com` } },
    });
    return { role: role.withoutPolicyUpdates(), policy };
  }
}

/** Scheduler writes the time, as text. */
const heartbeat = (path: string, stackName: string): Omit<FailoverEvent, 'atMs'> & { readonly atMs: string } => ({
  schema: EVENT_SCHEMA,
  type: 'heartbeat',
  pair: '',
  incidentKey: `cdk-failover/heartbeat/${stackName}/${path}`,
  epoch: 0,
  atMs: '<aws.scheduler.scheduled-time>',
  source: `alert path ${path} in stack ${stackName}`,
  provenance: 'measured',
  action: 'note',
  severity: 'info',
  summary: `Alert path ${path} in stack ${stackName} works`,
});
