import { Duration } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { ENV } from '../../contracts/environment';
import { MAX_PAIRS } from '../../decide/limits';
import { longestCallSec } from '../../decide/machine';
import { type ControlNames, ROUTING_REGION } from '../../decide/names';
import { ControlFunction } from './control-function';
import * as may from './permissions';
import type { Starter } from './starter';

/** What every function of a control set shares. */
export interface SetParts {
  readonly names: ControlNames;
  readonly shared: may.Shared;
  readonly key: kms.IKey;
  readonly deadLetters: sqs.IQueue;
}

export interface StepParts {
  readonly bucket: s3.Bucket;
  readonly restore: ControlFunction;
  readonly starter: Starter;
}

/** Puts back what a drill broke. */
export function makeRestore(set: Construct, { names, shared, key, deadLetters }: SetParts): ControlFunction {
  return new ControlFunction(set, 'Restore', {
    bundle: 'restore',
    description: 'Puts back what a failover drill broke',
    functionName: names.restoreFunction,
    roleName: names.restoreRole,
    timeoutSec: longestCallSec('restore'),
    memoryMb: 512,
    concurrency: 5,
    environment: { [ENV.journalTable]: names.journalTable, [ENV.routingRegion]: ROUTING_REGION },
    permissions: [may.journal(shared)],
    key,
    deadLetters,
    asyncRetries: 2,
    asyncAge: Duration.hours(6),
  });
}

/** Carries the steps of a drill, all but the restore. */
export function makeSteps(set: Construct, { names, shared, key }: SetParts, parts: StepParts): ControlFunction {
  const { bucket, restore } = parts;
  const { group, restoreRole } = parts.starter;
  return new ControlFunction(set, 'DrillStep', {
    bundle: 'drill-step',
    description: 'Carries the steps of a failover drill, except the restore',
    functionName: names.drillStepFunction,
    roleName: names.drillStepRole,
    timeoutSec: longestCallSec('drill-step'),
    memoryMb: 512,
    // All pairs may drill at the same hour.
    concurrency: MAX_PAIRS,
    environment: {
      [ENV.journalTable]: names.journalTable,
      [ENV.registryPath]: names.registryPath,
      [ENV.routingRegion]: ROUTING_REGION,
      [ENV.scheduleGroup]: names.scheduleGroup,
      [ENV.scheduleRoleArn]: restoreRole.roleArn,
      [ENV.restoreFunctionArn]: restore.function.functionArn,
      [ENV.reportBucket]: bucket.bucketName,
    },
    permissions: [
      may.journal(shared),
      may.registration(shared),
      ...may.oneShotSchedules(shared, group.scheduleGroupName, restoreRole),
      may.alarms(shared),
      may.metrics,
      ...may.reports(shared, bucket, key),
    ],
    key,
  });
}

/** What a schedule or a person invokes. */
export function makeDrill(
  set: Construct,
  { names, shared, key, deadLetters }: SetParts,
  machine: sfn.IStateMachine,
): ControlFunction {
  return new ControlFunction(set, 'Drill', {
    bundle: 'drill',
    description: 'Starts or stops a failover drill: invoked by a schedule or a person',
    functionName: names.drillFunction,
    roleName: names.drillRole,
    timeoutSec: 30,
    memoryMb: 256,
    concurrency: 2,
    environment: {
      [ENV.journalTable]: names.journalTable,
      [ENV.registryPath]: names.registryPath,
      [ENV.machineArn]: machine.stateMachineArn,
    },
    permissions: [
      may.journal(shared),
      may.registration(shared),
      { sid: 'Start', actions: ['states:StartExecution'], resources: [machine.stateMachineArn] },
    ],
    key,
    deadLetters,
    asyncRetries: 2,
    asyncAge: Duration.minutes(10),
  });
}

/** Looks after the drills each minute. */
export function makeKeeper(
  set: Construct,
  { names, shared, key, deadLetters }: SetParts,
  restore: ControlFunction,
): ControlFunction {
  return new ControlFunction(set, 'Keeper', {
    bundle: 'keeper',
    description: 'Restores overdue failover drills and publishes the age of the last passed one',
    functionName: names.keeperFunction,
    roleName: names.keeperRole,
    timeoutSec: 55,
    memoryMb: 256,
    concurrency: 1,
    environment: {
      [ENV.journalTable]: names.journalTable,
      [ENV.registryPath]: names.registryPath,
      [ENV.restoreFunctionArn]: restore.function.functionArn,
    },
    permissions: [
      may.journal(shared),
      may.registrations(shared),
      may.invoke('Restore', restore.function.functionArn),
      may.alarms(shared),
      may.metrics,
    ],
    key,
    deadLetters,
    asyncRetries: 0,
    asyncAge: Duration.minutes(1),
  });
}
