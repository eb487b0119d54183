import validate from 'asl-validator';
import { databaseMachine, longestDatabaseCallSec } from '../../../lib/decide/database/machine';
import { FAILOVER_PLAN, FENCE_DUTY, placeAfter, placeAfterError, UNDO_PLAN } from '../../../lib/decide/database/plan';

const ARN = 'arn:aws:lambda:eu-central-1:111111111111:function:cdk-failover-shop-database-step';
const machine = databaseMachine(ARN);
const steps = [...FAILOVER_PLAN, ...UNDO_PLAN].map((p) => p.step);
const FORWARD = ['repoint_writer', 'refresh_applications', 'verify_functionality', 'announce'];

function successors(name: string): readonly string[] {
  const state = machine.States[name];
  if (!state) throw new Error(`no state ${name}`);
  if (state.Type === 'Choice') return [...state.Choices.map((c) => c.Next), state.Default];
  if (state.Type === 'Task') return [state.Next, ...(state.Catch ?? []).map((c) => c.Next)];
  return state.Type === 'Wait' ? [state.Next] : [];
}

function reachable(from: string, without?: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const todo = [from];
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    seen.add(name);
    todo.push(...successors(name).filter((next) => next !== without && !seen.has(next)));
  }
  return seen;
}

test('the definition is legal for Step Functions', () => {
  expect(validate(structuredClone(machine))).toMatchObject({ isValid: true, errors: [] });
});

test('one state is named after each step, and all of them are reached', () => {
  const tasks = Object.entries(machine.States).flatMap(([name, s]) => (s.Type === 'Task' ? [name] : []));
  expect(tasks).toEqual([...steps, FENCE_DUTY]);
  expect([...reachable(machine.StartAt)].sort()).toEqual(Object.keys(machine.States).sort());
});

test('an execution that only fences the old writer reaches no step of a run, and is never stuck', () => {
  expect([...reachable(FENCE_DUTY)].sort()).toEqual([`after ${FENCE_DUTY}`, 'done', FENCE_DUTY, 'lost'].sort());
  expect(machine.States[machine.StartAt]).toMatchObject({ Default: 'acquire' });
});

test('the promotion is reached through the latch only, and the latch through the fence only', () => {
  expect(reachable('acquire', 'latch').has('promote_replica')).toBe(false);
  expect(reachable('acquire', 'stop_writes_to_primary').has('latch')).toBe(false);
});

test('no way leads from behind the promotion back to the undo', () => {
  for (const step of FORWARD) {
    expect([...reachable(step)].filter((name) => name.startsWith('undo_'))).toEqual([]);
  }
});

test('an undo follows the order newest first and never turns forward again', () => {
  expect(UNDO_PLAN.map((p) => placeAfter(p.step, 'done'))).toEqual([
    'undo_stop_writes_to_primary',
    'undo_acquire',
    'rolled_back',
  ]);
  for (const { step } of FAILOVER_PLAN) expect(reachable('undo_latch').has(step)).toBe(false);
});

test('an answer without a verdict and a call that keeps failing end where somebody is told', () => {
  for (const step of steps) {
    expect(machine.States[`after ${step}`]).toMatchObject({ Default: 'stuck' });
    expect(placeAfterError(step)).toBe(FORWARD.includes(step) || step.startsWith('undo_') ? 'stuck' : 'undo_latch');
  }
  expect(machine.States['stuck']).toMatchObject({ Type: 'Fail', Error: 'Stuck' });
});

test('every verdict of every step leads where the loop goes', () => {
  for (const step of steps) {
    const choice = machine.States[`after ${step}`];
    if (choice?.Type !== 'Choice') throw new Error(step);
    for (const { And, Next } of choice.Choices) {
      const verdict = And.flatMap((c) => ('StringEquals' in c ? [c.StringEquals] : []))[0] as Parameters<typeof placeAfter>[1];
      expect([step, verdict, Next.replace('wait for ', '')]).toEqual([step, verdict, placeAfter(step, verdict)]);
    }
  }
});

test('a call may take as long as the plan says', () => {
  expect(longestDatabaseCallSec()).toBe(60);
});
