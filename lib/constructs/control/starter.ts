import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { DrillRequest } from '../../contracts/drill';
import type { ControlNames } from '../../decide/names';
import { permit } from '../internal/permission';
import { invoke } from './permissions';

export interface StarterProps {
  readonly names: ControlNames;
  readonly deadLetters: sqs.IQueue;
  readonly restore: lambda.IFunction;
}

/** Everything that EventBridge Scheduler does for a control set: one group, one role that starts, one role that restores. */
export class Starter extends Construct {
  public readonly group: scheduler.ScheduleGroup;
  /** Passed to the one-shot schedules by the drill; may invoke the restore function and nothing else. */
  public readonly restoreRole: iam.Role;
  private readonly role: iam.Role;
  private readonly policy: iam.ManagedPolicy;
  private readonly deadLetters: sqs.IQueue;

  public constructor(scope: Construct, id: string, props: StarterProps) {
    super(scope, id);
    const { names } = props;
    this.deadLetters = props.deadLetters;
    this.group = new scheduler.ScheduleGroup(this, 'Group', { scheduleGroupName: names.scheduleGroup });
    this.restoreRole = this.schedulerRole('RestoreRole', names.scheduleRole, 'One-shot schedules of a drill restore it');
    const restore = new iam.ManagedPolicy(this, 'RestorePolicy', { roles: [this.restoreRole] });
    permit(restore, invoke('Restore', props.restore.functionArn));

    this.role = this.schedulerRole('Role', names.starterRole, 'Schedules start drills and the keeper');
    this.policy = new iam.ManagedPolicy(this, 'Policy', { roles: [this.role] });
    permit(this.policy, { sid: 'DeadLetters', actions: ['sqs:SendMessage'], resources: [props.deadLetters.queueArn] });
  }

  /** The keeper looks every minute. A run that failed is not repeated: the next minute comes. */
  public startKeeper(keeper: lambda.IFunction): void {
    permit(this.policy, invoke('Keep', keeper.functionArn));
    new scheduler.Schedule(this, 'Keeper', {
      description: 'Restores what is overdue, each minute',
      schedule: scheduler.ScheduleExpression.rate(Duration.minutes(1)),
      scheduleGroup: this.group,
      target: new targets.LambdaInvoke(keeper, {
        role: this.role.withoutPolicyUpdates(),
        retryAttempts: 0,
        maxEventAge: Duration.minutes(1),
        input: scheduler.ScheduleTargetInput.fromObject({}),
      }),
    });
  }

  public mayStart(drill: lambda.IFunction): void {
    permit(this.policy, invoke('Start', drill.functionArn));
  }

  /** A schedule of a drill. Its time is the drill's id, so that a second delivery of the same time is the same drill. */
  public scheduleDrill(
    scope: Construct,
    id: string,
    schedule: scheduler.ScheduleExpression,
    drill: lambda.IFunction,
    request: Omit<DrillRequest, 'id'>,
  ): scheduler.Schedule {
    const level = (request.level ?? 'TRAFFIC').toLowerCase();
    return new scheduler.Schedule(scope, id, {
      description: `${request.level} drill of ${request.pair}`,
      schedule,
      scheduleGroup: this.group,
      target: new targets.LambdaInvoke(drill, {
        role: this.role.withoutPolicyUpdates(),
        deadLetterQueue: this.deadLetters,
        // A drill that starts much later than planned may meet other people than planned.
        retryAttempts: 3,
        maxEventAge: Duration.minutes(10),
        input: scheduler.ScheduleTargetInput.fromObject({
          ...request,
          id: `${level}-${scheduler.ContextAttribute.scheduledTime}`,
        }),
      }),
    });
  }

  private schedulerRole(id: string, roleName: string, description: string): iam.Role {
    const stack = Stack.of(this);
    return new iam.Role(this, id, {
      roleName,
      description,
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': this.group.scheduleGroupArn } },
      }),
    });
  }
}
