/** The drill's machine as the console shows it, and what its plan promises. */
import { drillMachine, LAST_STATE, longestCallSec, type TaskState } from '../../lib/decide/machine';
import { DEADLINE_SEC, DRILL_PLAN, MEASURE_LIMIT_SEC, type PlanStep, RETURN_LIMIT_SEC } from '../../lib/decide/plan';

const { States, ...rest } = drillMachine({ drillStep: 'arn:step', restore: 'arn:restore' });
const task = (step: string, functionName = 'arn:step') => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: {
    FunctionName: functionName,
    Payload: {
      'pair.$': '$.pair',
      'drillId.$': '$.drillId',
      'level.$': '$.level',
      'scenario.$': '$.scenario',
      step,
      caller: 'machine',
    },
  },
});
const notStarted = {
  ErrorEquals: ['Lambda.TooManyRequestsException'],
  IntervalSeconds: 1,
  MaxAttempts: 5,
  BackoffRate: 2,
  MaxDelaySeconds: 10,
};
const again = (MaxAttempts: number) => ({
  ErrorEquals: ['States.ALL'],
  IntervalSeconds: 2,
  MaxAttempts,
  BackoffRate: 2,
  MaxDelaySeconds: 60,
});
const caught = (Next: string) => [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next }];

test('it begins with what it is for', () => {
  expect(rest).toEqual({ Comment: 'A failover drill: break, measure, restore, report', StartAt: 'preflight' });
});

test.each<[string, unknown]>([
  [
    'arm',
    {
      ...task('arm'),
      Comment: 'Record the undo, create the one-shot restore schedule, then break',
      ResultSelector: { 'value.$': '$.Payload' },
      ResultPath: '$.answer',
      TimeoutSeconds: 60,
      Retry: [notStarted, again(2)],
      Catch: caught('restore'),
      Next: 'after arm',
    },
  ],
  [
    'after arm',
    {
      Type: 'Choice',
      Choices: [
        {
          And: [
            { Variable: '$.answer.value.outcome', IsPresent: true },
            { Variable: '$.answer.value.outcome', StringEquals: 'armed' },
          ],
          Next: 'measure',
        },
      ],
      Default: 'restore',
    },
  ],
  [
    'measure',
    {
      ...task('measure'),
      Comment: 'Sample beacons, name and clients until the standby serves, or abort',
      ResultPath: null,
      TimeoutSeconds: 660,
      Retry: [notStarted],
      Catch: caught('restore'),
      Next: 'restore',
    },
  ],
  [
    'restore',
    {
      ...task('restore', 'arn:restore'),
      Comment: 'Put back what is still ours; safe to run twice',
      ResultPath: null,
      TimeoutSeconds: 120,
      Retry: [notStarted, again(20)],
      Catch: caught('report'),
      Next: 'await_return',
    },
  ],
  [
    'report',
    {
      ...task('report'),
      Comment: 'Judge, write the report, publish metrics',
      ResultPath: null,
      TimeoutSeconds: 120,
      Retry: [notStarted, again(10)],
      Next: 'done',
    },
  ],
  [LAST_STATE, { Type: 'Succeed' }],
])('%s is rendered whole', (name, state) => {
  expect(States[name]).toStrictEqual(state);
});

test('says what each step does, and where a step goes that kept failing', () => {
  const lines = Object.entries(States).flatMap(([name, s]) =>
    s.Type === 'Task' ? [`${name}: ${s.Comment} / ${(s as TaskState).Catch?.[0]?.Next ?? 'the execution fails'}`] : [],
  );
  expect(lines).toEqual([
    'preflight: Every reason not to start, all at once; nothing is touched / report',
    'arm: Record the undo, create the one-shot restore schedule, then break / restore',
    'measure: Sample beacons, name and clients until the standby serves, or abort / restore',
    'restore: Put back what is still ours; safe to run twice / report',
    'await_return: Wait until the name answers the primary again / report',
    'report: Judge, write the report, publish metrics / the execution fails',
  ]);
});

test('every way through ends in the report, and only the restore has a function of its own', () => {
  const after = Object.entries(States).flatMap(([name, s]) => (s.Type === 'Task' ? [[name, s.Next]] : []));
  expect(Object.fromEntries(after)).toEqual({
    preflight: 'after preflight',
    arm: 'after arm',
    measure: 'restore',
    restore: 'await_return',
    await_return: 'report',
    report: 'done',
  });
  expect(DRILL_PLAN.filter((plan) => plan.carriedBy === 'drill-step').map(({ step }) => step)).toEqual([
    'preflight',
    'arm',
    'measure',
    'await_return',
    'report',
  ]);
});

test('a drill is put back after 15 minutes at the latest, which is longer than it may measure', () => {
  expect([MEASURE_LIMIT_SEC, RETURN_LIMIT_SEC, DEADLINE_SEC]).toEqual([600, 600, 900]);
  expect(DRILL_PLAN.map(({ step, limitSec, retries }) => [step, limitSec, retries])).toEqual([
    ['preflight', 120, 2],
    ['arm', 60, 2],
    ['measure', 660, 0],
    ['restore', 120, 20],
    ['await_return', 660, 2],
    ['report', 120, 10],
  ]);
});

test('a plan whose last step branches ends where it names nothing else', () => {
  const only: PlanStep = { step: 'preflight', carriedBy: 'restore', limitSec: 7, retries: 0, next: { ready: 'arm' } };
  const machine = drillMachine({ drillStep: 'arn:step', restore: 'arn:restore' }, [only]);
  expect(machine.States['after preflight']).toMatchObject({ Default: 'done' });
  expect(machine.States['preflight']).toMatchObject({ Next: 'after preflight', Parameters: { FunctionName: 'arn:restore' } });
  expect(longestCallSec('restore', [only])).toBe(7);
});
