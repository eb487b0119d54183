/**
 * The plan of a database run as a Step Functions machine, in the Amazon States Language with JSONPath: one Task per
 * step, named as the step, with a Choice on its verdict and a Wait before it is called again. What follows a verdict
 * is `placeAfter`, the very function that the loop of the lab and the command line walks by.
 *
 * State of an execution: `$` is `{ pair, run, epoch }`, and `duty` where it carries no run; `$.answer` holds the last verdict, `$.error` the last failure.
 * Everything else is in the journal.
 */
import type { Comparison, Retrier, SucceedState, TaskState } from '../machine';
import {
  type AnyStep,
  CALL_RETRIES,
  type DatabasePlanStep,
  DUTY_PLAN,
  FAILOVER_PLAN,
  FENCE_DUTY,
  firstStep,
  placeAfter,
  placeAfterError,
  RETRY_FIRST_SEC,
  RETRY_MAX_SEC,
  type StepVerdict,
  UNDO_PLAN,
  type UndoPlanStep,
} from './plan';

export interface WaitState {
  readonly Type: 'Wait';
  readonly SecondsPath: string;
  readonly Next: string;
}

export interface FailState {
  readonly Type: 'Fail';
  readonly Error: string;
  readonly Cause: string;
}

export interface VerdictChoice {
  readonly Type: 'Choice';
  readonly Choices: readonly { readonly And: readonly Comparison[]; readonly Next: string }[];
  readonly Default: string;
}

export interface DatabaseMachine {
  readonly Comment: string;
  readonly StartAt: string;
  readonly States: Readonly<Record<string, TaskState | VerdictChoice | WaitState | SucceedState | FailState>>;
}

const DESCRIPTIONS: Readonly<Record<AnyStep, string>> = {
  acquire: 'Hold the epoch, take the lease where there is one, open the incident',
  assess: 'Choose the replica that loses least, by what was seen before the failure',
  stop_writes_to_primary: 'Fence the old writer as far as it answers, then let the replica catch up',
  verify_replica_sync: 'Hold the loss against what was consented to; ask a person when it is more',
  latch: 'Keep traffic off the old primary, and wait until Route 53 says so',
  promote_replica: 'Point of no return: write it down, then promote, then watch',
  repoint_writer: 'Writer name and parameter name the new writer',
  refresh_applications: 'Make applications let go of dead connections',
  verify_functionality: 'The new writer stands alone, its side is reached and answers',
  announce: 'Resolve the incident and end the run',
  undo_latch: 'Give traffic back to health',
  undo_stop_writes_to_primary: 'Lower what was fenced',
  undo_acquire: 'Say why it was given up, and rest',
  fence_old_writer: 'Raise the fences that the old primary could not be reached for',
};

const STUCK: FailState = {
  Type: 'Fail',
  Error: 'Stuck',
  Cause: 'Past the point of no return and not able to go on: somebody was paged, and adopts this epoch or finishes by hand',
};

const RETRY: Retrier = {
  ErrorEquals: ['States.ALL'],
  IntervalSeconds: RETRY_FIRST_SEC,
  MaxAttempts: CALL_RETRIES,
  BackoffRate: 2,
  MaxDelaySeconds: RETRY_MAX_SEC,
};

const choiceName = (step: string) => `after ${step}`;
const waitName = (step: string) => `wait for ${step}`;

function taskOf(plan: DatabasePlanStep | UndoPlanStep | typeof DUTY_PLAN, functionArn: string): TaskState {
  const { step } = plan;
  return {
    Type: 'Task',
    Comment: DESCRIPTIONS[step],
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: {
      FunctionName: functionArn,
      Payload: { 'pair.$': '$.pair', 'run.$': '$.run', 'epoch.$': '$.epoch', step },
    },
    ResultSelector: { 'value.$': '$.Payload' },
    ResultPath: '$.answer',
    // Lambda ends a call at its own limit; this one only catches an answer that never comes.
    TimeoutSeconds: plan.callSec + 10,
    Retry: [RETRY],
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: placeAfterError(step) }],
    Next: choiceName(step),
  };
}

const VERDICTS: readonly StepVerdict[] = ['done', 'again', 'ask', 'undo', 'lost'];

/** An answer without a verdict is no answer: it ends where somebody is paged. */
function choiceOf(step: AnyStep): VerdictChoice {
  const Variable = '$.answer.value.verdict';
  return {
    Type: 'Choice',
    Choices: VERDICTS.map((verdict) => {
      const next = placeAfter(step, verdict);
      return {
        And: [
          { Variable, IsPresent: true },
          { Variable, StringEquals: verdict },
        ],
        Next: next === step ? waitName(step) : next,
      };
    }),
    Default: step === FENCE_DUTY ? 'lost' : 'stuck',
  };
}

/**
 * Renders the machine. It has no time limit as a whole: one that runs out would leave a promotion half done. Each step
 * has its own, kept by the step itself.
 */
export function databaseMachine(functionArn: string): DatabaseMachine {
  const states: Record<string, DatabaseMachine['States'][string]> = {};
  states['begin'] = {
    Type: 'Choice',
    Choices: [
      {
        And: [
          { Variable: '$.duty', IsPresent: true },
          { Variable: '$.duty', StringEquals: FENCE_DUTY },
        ],
        Next: firstStep(FENCE_DUTY),
      },
    ],
    Default: firstStep(),
  };
  for (const plan of [...FAILOVER_PLAN, ...UNDO_PLAN]) {
    states[plan.step] = taskOf(plan, functionArn);
    states[choiceName(plan.step)] = choiceOf(plan.step);
    states[waitName(plan.step)] = { Type: 'Wait', SecondsPath: '$.answer.value.waitSec', Next: plan.step };
  }
  states[FENCE_DUTY] = taskOf(DUTY_PLAN, functionArn);
  states[choiceName(FENCE_DUTY)] = choiceOf(FENCE_DUTY);
  states['done'] = { Type: 'Succeed' };
  states['rolled_back'] = { Type: 'Succeed' };
  states['lost'] = { Type: 'Succeed' };
  states['stuck'] = STUCK;
  return { Comment: 'A database run: fence, latch, promote, verify', StartAt: 'begin', States: states };
}

/** Longest single call of the step function, in seconds: its Lambda time limit. */
export const longestDatabaseCallSec = () => Math.max(...[...FAILOVER_PLAN, ...UNDO_PLAN].map((p) => p.callSec));
