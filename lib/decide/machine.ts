/**
 * The drill plan as a Step Functions machine, in the Amazon States Language with JSONPath. Only Task, Choice and Succeed
 * are used, so that a test and the lab can walk the very definition that is deployed.
 *
 * State of an execution: `$` is a `DrillStepInput`; `$.answer` holds the last answer that a choice looks at, `$.error`
 * the last failure. Everything else is in the journal.
 */
import { DRILL_PLAN, type DrillStep, FIRST_STEP, type PlanStep } from './plan';

/** Whom the machine calls, by function ARN. */
export interface MachineFunctions {
  readonly drillStep: string;
  readonly restore: string;
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly MaxAttempts: number;
  readonly BackoffRate: number;
  readonly MaxDelaySeconds: number;
}

export interface TaskState {
  readonly Type: 'Task';
  readonly Comment: string;
  readonly Resource: string;
  readonly Parameters: { readonly FunctionName: string; readonly Payload: Readonly<Record<string, string>> };
  /** Keeps what the function returned and drops what Lambda says about the call. */
  readonly ResultSelector?: Readonly<Record<string, string>>;
  readonly ResultPath: string | null;
  readonly TimeoutSeconds: number;
  readonly Retry: readonly Retrier[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly ResultPath: string; readonly Next: string }[];
  readonly Next: string;
}

export type Comparison =
  | { readonly Variable: string; readonly IsPresent: boolean }
  | { readonly Variable: string; readonly StringEquals: string };

export interface ChoiceState {
  readonly Type: 'Choice';
  readonly Choices: readonly { readonly And: readonly Comparison[]; readonly Next: string }[];
  readonly Default: string;
}

export interface SucceedState {
  readonly Type: 'Succeed';
}

export interface Machine {
  readonly Comment: string;
  readonly StartAt: string;
  readonly States: Readonly<Record<string, TaskState | ChoiceState | SucceedState>>;
}

/** State in which every drill ends, passed or not: the verdict is in the report and its alarms, not in the execution. */
export const LAST_STATE = 'done';

const DESCRIPTIONS: Readonly<Record<DrillStep, string>> = {
  preflight: 'Every reason not to start, all at once; nothing is touched',
  arm: 'Record the undo, create the one-shot restore schedule, then break',
  measure: 'Sample beacons, name and clients until the standby serves, or abort',
  restore: 'Put back what is still ours; safe to run twice',
  await_return: 'Wait until the name answers the primary again',
  report: 'Judge, write the report, publish metrics',
};

/** A call that Lambda refused for want of room never ran, so that even a step without retries may be tried again. */
const NOT_STARTED: Retrier = {
  ErrorEquals: ['Lambda.TooManyRequestsException'],
  IntervalSeconds: 1,
  MaxAttempts: 5,
  BackoffRate: 2,
  MaxDelaySeconds: 10,
};

const again = (attempts: number): Retrier => ({
  ErrorEquals: ['States.ALL'],
  IntervalSeconds: 2,
  MaxAttempts: attempts,
  BackoffRate: 2,
  MaxDelaySeconds: 60,
});

const choiceName = (step: DrillStep) => `after ${step}`;

/** Outcomes that a step branches on, without `otherwise`. */
const branches = (step: PlanStep) =>
  Object.entries(step.next).filter((entry): entry is [string, DrillStep] => entry[0] !== 'otherwise' && entry[1] !== undefined);

function taskOf(step: PlanStep, functions: MachineFunctions): TaskState {
  const branching = branches(step).length > 0;
  return {
    Type: 'Task',
    Comment: DESCRIPTIONS[step.step],
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: {
      FunctionName: step.carriedBy === 'restore' ? functions.restore : functions.drillStep,
      Payload: {
        'pair.$': '$.pair',
        'drillId.$': '$.drillId',
        'level.$': '$.level',
        'scenario.$': '$.scenario',
        step: step.step,
        caller: 'machine',
      },
    },
    ...(branching ? { ResultSelector: { 'value.$': '$.Payload' }, ResultPath: '$.answer' } : { ResultPath: null }),
    TimeoutSeconds: step.limitSec,
    Retry: step.retries > 0 ? [NOT_STARTED, again(step.retries)] : [NOT_STARTED],
    ...(step.onError ? { Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: step.onError }] } : {}),
    Next: branching ? choiceName(step.step) : (step.next.otherwise ?? LAST_STATE),
  };
}

/** An answer without an outcome takes the default: a path that is missing would end the execution without a catch. */
function choiceOf(step: PlanStep): ChoiceState {
  const Variable = '$.answer.value.outcome';
  return {
    Type: 'Choice',
    Choices: branches(step).map(([outcome, Next]) => ({
      And: [
        { Variable, IsPresent: true },
        { Variable, StringEquals: outcome },
      ],
      Next,
    })),
    Default: step.next.otherwise ?? LAST_STATE,
  };
}

/**
 * Renders the plan: one Task per step, named as the step, and one Choice after each step that branches.
 *
 * The machine as a whole has no time limit: one that runs out would skip the restore. Each step has its own.
 */
export function drillMachine(functions: MachineFunctions, plan: readonly PlanStep[] = DRILL_PLAN): Machine {
  const states: Record<string, TaskState | ChoiceState | SucceedState> = {};
  for (const step of plan) {
    states[step.step] = taskOf(step, functions);
    if (branches(step).length > 0) states[choiceName(step.step)] = choiceOf(step);
  }
  states[LAST_STATE] = { Type: 'Succeed' };
  return { Comment: 'A failover drill: break, measure, restore, report', StartAt: FIRST_STEP, States: states };
}

/** Longest single call of a function, in seconds: its Lambda time limit. */
export const longestCallSec = (carriedBy: PlanStep['carriedBy'], plan: readonly PlanStep[] = DRILL_PLAN) =>
  Math.max(...plan.filter((step) => step.carriedBy === carriedBy).map((step) => step.limitSec));
