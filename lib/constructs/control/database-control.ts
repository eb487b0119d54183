import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ENV } from '../../contracts/environment';
import { RESERVED } from '../../decide/database/concurrency';
import { databaseMachine, longestDatabaseCallSec } from '../../decide/database/machine';
import type { ControlNames } from '../../decide/names';
import type { AlertPath } from '../alert';
import type { BoundDatabase } from '../database/database';
import type { BoundRefresh } from '../database/strategies/app-refresh';
import type { BoundFence } from '../database/strategies/fence';
import type { HeartbeatReader } from '../database/strategies/heartbeat-reader';
import { permit } from '../internal/permission';
import { ControlFunction } from './control-function';
import * as db from './database-permissions';
import { heartbeatReader } from './heartbeat-function';
import * as may from './permissions';
import { stateMachine } from './state-machine';

/** A run of the prober watches for so long; the next one begins each minute, so a late schedule leaves no gap. */
export const PROBER_SEC = 130;

export interface DatabaseControlProps {
  readonly names: ControlNames;
  readonly shared: may.Shared;
  readonly key: kms.IKey;
  readonly deadLetters: sqs.IQueue;
  readonly group: scheduler.IScheduleGroup;
}

/** What the database of a pair brings along. */
export interface ControlledDatabase {
  readonly pair: string;
  readonly database: BoundDatabase;
  readonly fences: readonly BoundFence[];
  readonly refresh: readonly BoundRefresh[];
  readonly topics: readonly sns.ITopic[];
  readonly alerts?: AlertPath;
  readonly writerParameter?: string;
  readonly lease?: { readonly table: string; readonly region: string };
  readonly heartbeat?: { readonly scope: Construct; readonly reader: HeartbeatReader };
}

/** Prober, steps and machine of all databases of a control set: one process watches them all. */
export class DatabaseControl extends Construct {
  public readonly prober: ControlFunction;
  public readonly steps: ControlFunction;
  public readonly machine: sfn.StateMachine;
  public readonly alarms: readonly cloudwatch.Alarm[];

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: DatabaseControlProps,
  ) {
    super(scope, id);
    const { names, key } = props;
    this.steps = this.makeSteps();
    this.machine = stateMachine(this, {
      name: names.databaseMachine,
      roleName: names.databaseMachineRole,
      description: 'Carries a database failover from step to step',
      definition: databaseMachine(this.steps.function.functionArn),
      calls: [this.steps.function.functionArn],
      key,
    });
    this.prober = this.makeProber();
    this.startProber();
    this.alarms = [this.brokenAlarm()];
  }

  /** Adds the rights that one database needs; returns its heartbeat reader, if it has one. */
  public add(added: ControlledDatabase): lambda.IFunction | undefined {
    const { stack } = this.props.shared;
    for (const permission of db.looks(stack, added.database)) {
      this.prober.permitForPair(permission);
      this.steps.permitForPair(permission);
    }
    for (const permission of db.orders(stack, added.database)) this.steps.permitForPair(permission);
    for (const fence of added.fences) {
      for (const permission of db.fencing(stack, fence.settings)) this.steps.permitForPair(permission);
      for (const permission of db.fenceLooks(fence.settings)) this.prober.permitForPair(permission);
    }
    for (const one of added.refresh) {
      for (const permission of db.refreshing(stack, one)) this.steps.permitForPair(permission);
    }
    if (added.writerParameter) {
      this.steps.permitForPair(db.writerParameter(this.props.shared, added.writerParameter));
    }
    if (added.lease) {
      for (const holder of [this.prober, this.steps]) holder.permitForPair(db.lease(stack, added.lease));
    }
    if (!added.heartbeat) return undefined;
    const reader = heartbeatReader(added.heartbeat.scope, {
      ...added.heartbeat.reader,
      pair: added.pair,
      replicas: added.database.replicas.length,
      names: this.props.names,
      key: this.props.key,
    });
    for (const caller of [this.prober, this.steps]) caller.permitForPair(may.invoke('Heartbeat', reader.functionArn));
    return reader;
  }

  private makeSteps(): ControlFunction {
    const { names, shared, key } = this.props;
    return new ControlFunction(this, 'Steps', {
      bundle: 'database-step',
      description: 'Carries the steps of a database failover: look, decide, act, record',
      functionName: names.databaseStepFunction,
      roleName: names.databaseStepRole,
      timeoutSec: longestDatabaseCallSec(),
      memoryMb: 512,
      concurrency: RESERVED.databaseStep,
      environment: { [ENV.journalTable]: names.journalTable, [ENV.registryPath]: names.registryPath },
      permissions: [
        may.journal(shared),
        may.registration(shared),
        db.databaseParameters(shared),
        db.lags,
        may.metrics,
        db.transitions(shared.stack),
      ],
      key,
    });
  }

  private makeProber(): ControlFunction {
    const { names, shared, key, deadLetters } = this.props;
    return new ControlFunction(this, 'Prober', {
      bundle: 'prober',
      description: 'Watches the databases of all pairs every 5 seconds and starts a failover when the writer is dead',
      functionName: names.proberFunction,
      roleName: names.proberRole,
      // Room to finish the last tick.
      timeoutSec: PROBER_SEC + 20,
      memoryMb: 512,
      concurrency: RESERVED.prober,
      environment: {
        [ENV.journalTable]: names.journalTable,
        [ENV.registryPath]: names.registryPath,
        [ENV.machineArn]: this.machine.stateMachineArn,
      },
      permissions: [
        may.journal(shared),
        may.registrations(shared),
        db.databaseParameters(shared),
        db.lags,
        may.metrics,
        db.transitions(shared.stack),
        { sid: 'Start', actions: ['states:StartExecution'], resources: [this.machine.stateMachineArn] },
      ],
      key,
      deadLetters,
      asyncRetries: 0,
      asyncAge: Duration.minutes(1),
    });
  }

  private startProber(): void {
    const { names, group } = this.props;
    const stack = Stack.of(this);
    const role = new iam.Role(this, 'StarterRole', {
      roleName: names.proberStarterRole,
      description: 'A schedule starts the prober',
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': group.scheduleGroupArn } },
      }),
    });
    permit(
      new iam.ManagedPolicy(this, 'StarterPolicy', { roles: [role] }),
      may.invoke('Probe', this.prober.function.functionArn),
    );
    new scheduler.Schedule(this, 'EachMinute', {
      description: 'Watches the databases, each minute',
      schedule: scheduler.ScheduleExpression.rate(Duration.minutes(1)),
      scheduleGroup: group,
      target: new targets.LambdaInvoke(this.prober.function, {
        role: role.withoutPolicyUpdates(),
        // The next minute comes.
        retryAttempts: 0,
        maxEventAge: Duration.minutes(1),
        input: scheduler.ScheduleTargetInput.fromObject({}),
      }),
    });
  }

  private brokenAlarm(): cloudwatch.Alarm {
    const { machine } = this;
    const minute = { period: Duration.minutes(1), statistic: cloudwatch.Stats.SUM };
    return new cloudwatch.Alarm(this, 'RunBroken', {
      alarmDescription: 'A database failover was stuck, stopped or failed before its end; adopt its epoch, or finish by hand.',
      metric: new cloudwatch.MathExpression({
        expression: 'failed + late + stopped',
        usingMetrics: {
          failed: machine.metricFailed(minute),
          late: machine.metricTimedOut(minute),
          stopped: machine.metricAborted(minute),
        },
        period: Duration.minutes(1),
        label: 'broken executions',
      }),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }
}
