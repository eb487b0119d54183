import validate from 'asl-validator';
import {
  type ChoiceState,
  drillMachine,
  LAST_STATE,
  longestCallSec,
  type Machine,
  type TaskState,
} from '../../lib/decide/machine';
import { DRILL_PLAN } from '../../lib/decide/plan';

const functions = {
  drillStep: 'arn:aws:lambda:eu-central-1:111111111111:function:cdk-failover-shop-drill-step',
  restore: 'arn:aws:lambda:eu-central-1:111111111111:function:cdk-failover-shop-restore',
};
const machine = drillMachine(functions);
const FAILED = 'the execution fails';

/** Every state that may follow: by answer, by caught failure, and by a failure that nothing catches. */
function successors({ States }: Machine, name: string): readonly string[] {
  const state = States[name];
  if (state === undefined || state.Type === 'Succeed') return [];
  if (state.Type === 'Choice') return [...state.Choices.map((c) => c.Next), state.Default];
  return [state.Next, ...(state.Catch ? state.Catch.map((c) => c.Next) : [FAILED])];
}

function reachable(of: Machine, from: string, without?: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const todo = from === without ? [] : [from];
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    seen.add(name);
    todo.push(...successors(of, name).filter((next) => next !== without && !seen.has(next)));
  }
  return seen;
}

const tasks = Object.entries(machine.States).filter((entry): entry is [string, TaskState] => entry[1].Type === 'Task');
const choices = Object.entries(machine.States).filter((entry): entry is [string, ChoiceState] => entry[1].Type === 'Choice');

test('the definition is legal for Step Functions', () => {
  expect(validate(structuredClone(machine))).toMatchObject({ isValid: true, errors: [] });
});

test('one state is named after each step of the plan, and calls the function that carries it', () => {
  expect(tasks.map(([name, state]) => [name, state.Parameters.FunctionName])).toEqual(
    DRILL_PLAN.map((s) => [s.step, s.carriedBy === 'restore' ? functions.restore : functions.drillStep]),
  );
  for (const [name, state] of tasks) {
    expect(state.Parameters.Payload).toEqual({
      'pair.$': '$.pair',
      'drillId.$': '$.drillId',
      'level.$': '$.level',
      'scenario.$': '$.scenario',
      step: name,
      caller: 'machine',
    });
  }
});

test('every state is reachable, and no other states are named', () => {
  const named = new Set(Object.keys(machine.States).flatMap((name) => successors(machine, name)));
  named.delete(FAILED);
  expect([...reachable(machine, machine.StartAt)].filter((name) => name !== FAILED).sort()).toEqual(
    Object.keys(machine.States).sort(),
  );
  expect([...named].filter((name) => !(name in machine.States))).toEqual([]);
});

test('once arm has begun, no way leads to an end without restore', () => {
  expect([...reachable(machine, 'arm', 'restore')].sort()).toEqual(['after arm', 'arm', 'measure']);
});

test('an answer without an outcome, or with one that nobody knows, takes the default', () => {
  expect(choices.map(([name, state]) => [name, state.Default])).toEqual([
    ['after preflight', 'report'],
    ['after arm', 'restore'],
  ]);
  for (const [, state] of choices) {
    for (const choice of state.Choices) expect(choice.And[0]).toEqual({ Variable: '$.answer.value.outcome', IsPresent: true });
  }
});

test('measure is tried again only when Lambda refused to start it; restore is tried for a quarter of an hour', () => {
  const retriesOf = (name: string) => (machine.States[name] as TaskState).Retry;
  expect(retriesOf('measure').map((r) => r.ErrorEquals)).toEqual([['Lambda.TooManyRequestsException']]);
  const [, always] = retriesOf('restore');
  expect(always?.ErrorEquals).toEqual(['States.ALL']);
  let waitedSec = 0;
  for (let n = 0; n < (always?.MaxAttempts ?? 0); n++) {
    waitedSec += Math.min((always?.IntervalSeconds ?? 0) * (always?.BackoffRate ?? 0) ** n, always?.MaxDelaySeconds ?? 0);
  }
  expect(waitedSec).toBeGreaterThanOrEqual(900);
});

test('a drill that ran to its report ends in one state, whatever the verdict', () => {
  expect(Object.entries(machine.States).filter(([, s]) => s.Type === 'Succeed')).toEqual([[LAST_STATE, { Type: 'Succeed' }]]);
  expect((machine.States['report'] as TaskState).Next).toBe(LAST_STATE);
});

test('no call outlives what Lambda allows', () => {
  expect([longestCallSec('drill-step'), longestCallSec('restore')]).toEqual([660, 120]);
  expect(longestCallSec('drill-step')).toBeLessThanOrEqual(900);
});
