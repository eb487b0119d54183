import { Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { DrillRequest } from '../../contracts/drill';
import { drillMachine } from '../../decide/machine';
import { type ControlNames, controlNames } from '../../decide/names';
import { type AlertPath, AlertSeverity } from '../alert';
import type { FailoverRegions } from '../regions';
import { CheckPolicies } from './check-policies';
import { controlAlarms } from './control-alarms';
import type { ControlFunction } from './control-function';
import { type ControlledDatabase, DatabaseControl } from './database-control';
import { looks } from './database-permissions';
import { makeDrill, makeKeeper, makeRestore, makeSteps } from './drill-functions';
import * as may from './permissions';
import { Starter } from './starter';
import { stateMachine } from './state-machine';
import { controlKey, deadLetterQueue, journalTable, reportBucket } from './store';

/** Whose control set it is. */
export interface ControlSetProps {
  /** Stacks that the control set serves; it lives in the standby's. */
  readonly regions: FailoverRegions;
}

/** What a drilled pair brings along. */
export interface DrilledPair {
  readonly name: string;
  /** Absent when its drill changes no health check. */
  readonly primaryCheckId?: string;
  /** Its drill publishes the fault, and so does the restore. */
  readonly byMetric?: boolean;
  readonly topics: readonly sns.ITopic[];
  readonly inject?: lambda.IFunction;
  readonly restore?: lambda.IFunction;
  readonly alerts?: AlertPath;
}

/**
 * Journal, drill, restore and keeper of one `FailoverRegions`, shared by its pairs, in the standby Region.
 *
 * Made when the first drill needs it; `FailoverRegions.controlOf(regions)` gives it to you. The AWS account needs room for 28
 * reserved concurrent executions in the standby Region, so that no other function can keep a drill from being restored; with a
 * database 24 more, and two for each replica that a heartbeat reader reads. Journal, reports and key stay when the stack is
 * deleted; the journal's name is fixed, so import it when you deploy again.
 */
export class ControlSet extends Construct {
  /** One item per pair: what runs, what must be undone, what came out. Outlives its stack. */
  public readonly journal: dynamodb.ITable;
  /** What a schedule or a person invokes. */
  public readonly drillFunction: lambda.IFunction;
  /** Puts back what a drill broke. Idempotent; may be invoked by hand with `{ "pair": ..., "drillId": ... }`. */
  public readonly restoreFunction: lambda.IFunction;
  /** Each minute: restores what is overdue, publishes the age of the last passed drill. */
  public readonly keeperFunction: lambda.IFunction;
  /** Carries a drill, one named state per step. */
  public readonly machine: sfn.IStateMachine;
  /** Reports of drills, as JSON and Markdown, under `drills/`. */
  public readonly reports: s3.IBucket;

  private readonly names: ControlNames;
  private readonly key: kms.Key;
  private readonly shared: may.Shared;
  private readonly deadLetters: sqs.IQueue;
  private readonly steps: ControlFunction;
  private readonly restore: ControlFunction;
  private readonly keeper: ControlFunction;
  private readonly checks: CheckPolicies;
  private readonly starter: Starter;
  private readonly alarms: readonly cloudwatch.Alarm[];
  private readonly told = new Map<AlertPath, Set<cloudwatch.Alarm>>();
  private databases?: DatabaseControl;

  public constructor(scope: Construct, id: string, props: ControlSetProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const { regions } = props;
    const names = controlNames(regions.controlSetName, stack.region);
    this.names = names;
    this.key = controlKey(this);
    this.deadLetters = deadLetterQueue(this);
    this.journal = journalTable(this, names.journalTable);
    const bucket = reportBucket(this, this.key);
    this.reports = bucket;
    this.shared = { stack, tableArn: this.journal.tableArn, registryPath: names.registryPath };

    const parts = { names, shared: this.shared, key: this.key, deadLetters: this.deadLetters };
    this.restore = makeRestore(this, parts);
    this.starter = new Starter(this, 'Starter', { names, deadLetters: this.deadLetters, restore: this.restore.function });
    this.steps = makeSteps(this, parts, { bucket, restore: this.restore, starter: this.starter });
    const functions = { drillStep: this.steps.function.functionArn, restore: this.restore.function.functionArn };
    const machine = stateMachine(this, {
      name: names.drillMachine,
      roleName: names.machineRole,
      description: 'Carries a failover drill',
      definition: drillMachine(functions),
      calls: Object.values(functions),
      key: this.key,
    });
    this.machine = machine;
    const drill = makeDrill(this, parts, machine);
    this.keeper = makeKeeper(this, parts, this.restore);
    this.starter.startKeeper(this.keeper.function);
    this.starter.mayStart(drill.function);
    this.restoreFunction = this.restore.function;
    this.drillFunction = drill.function;
    this.keeperFunction = this.keeper.function;
    this.alarms = controlAlarms(this, { deadLetters: this.deadLetters, machine, keeper: this.keeper.function });

    this.checks = new CheckPolicies(regions.routing, `${id}Checks`, regions.controlSetName, names);
    // The roles are named there, not referenced. Between stacks `FailoverRegions` tells the order.
    if (regions.routing === stack) this.checks.node.addDependency(this.steps.role, this.restore.role);
  }

  /**
   * Registers a pair that is drilled.
   *
   * @internal
   */
  public _addPair(pair: DrilledPair): void {
    if (pair.primaryCheckId !== undefined) this.checks.addPair({ pair: pair.name, primary: pair.primaryCheckId });
    // The steps publish metrics anyway.
    if (pair.byMetric) this.restore.permitForPair(may.metrics);
    for (const announcer of [this.steps, this.keeper]) this.permitAnnouncing(announcer, pair.topics);
    if (pair.inject) this.steps.permitForPair(may.invoke('Inject', pair.inject.functionArn));
    if (pair.restore) this.restore.permitForPair(may.invoke('Mend', pair.restore.functionArn));
    if (pair.alerts) this.tell(pair.alerts, this.alarms, AlertSeverity.WARNING);
  }

  /**
   * Takes up the database of a pair; makes prober, steps and machine with the first one.
   *
   * @returns the heartbeat reader, where there is one
   * @internal
   */
  public _addDatabase(added: ControlledDatabase): lambda.IFunction | undefined {
    const { names, shared, key, deadLetters } = this;
    this.databases ??= new DatabaseControl(this, 'Database', { names, shared, key, deadLetters, group: this.starter.group });
    const { prober, steps, alarms } = this.databases;
    for (const announcer of [prober, steps, this.keeper]) this.permitAnnouncing(announcer, added.topics);
    if (added.alerts) {
      this.tell(added.alerts, this.alarms, AlertSeverity.WARNING);
      this.tell(added.alerts, alarms, AlertSeverity.CRITICAL);
    }
    return this.databases.add(added);
  }

  /**
   * Lets the keeper look at a database that its own service fails over, and say who writes.
   *
   * @internal
   */
  public _watchDatabase({ database, topics, alerts }: Pick<ControlledDatabase, 'database' | 'topics' | 'alerts'>): void {
    for (const permission of looks(this.shared.stack, database)) this.keeper.permitForPair(permission);
    this.permitAnnouncing(this.keeper, topics);
    if (alerts) this.tell(alerts, this.alarms, AlertSeverity.WARNING);
  }

  /**
   * Starts the drill function by a schedule.
   *
   * @internal
   */
  public _schedule(scope: Construct, id: string, when: scheduler.ScheduleExpression, request: Omit<DrillRequest, 'id'>): void {
    this.starter.scheduleDrill(scope, id, when, this.drillFunction, request);
  }

  /** Once per alert path and alarm: pairs share them. */
  private tell(alerts: AlertPath, alarms: readonly cloudwatch.Alarm[], severity: AlertSeverity): void {
    const told = this.told.get(alerts) ?? new Set<cloudwatch.Alarm>();
    this.told.set(alerts, told);
    for (const alarm of alarms) {
      if (!told.has(alarm)) alerts.addAlarm(alarm, { severity });
      told.add(alarm);
    }
  }

  private permitAnnouncing(announcer: ControlFunction, topics: readonly sns.ITopic[]): void {
    for (const topic of topics) {
      announcer.permitForPair({ sid: 'Announce', actions: ['sns:Publish'], resources: [topic.topicArn] });
      if (topic.masterKey) {
        announcer.permitForPair({
          sid: 'AnnounceKey',
          actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
          resources: [topic.masterKey.keyArn],
          conditions: { StringEquals: { 'kms:ViaService': `sns.${this.shared.stack.region}.amazonaws.com` } },
        });
      }
    }
  }
}
