import { drillMachine } from '../../../lib/decide/machine';
import { DRILL_PLAN } from '../../../lib/decide/plan';
import { AslError, type AslMachine, type WalkHooks, walk } from '../../../lib/lab/aws';

/** Time in which a sleep is only written down; a limit of a task therefore never wins unless the test lets it. */
class WrittenTime {
  public readonly slept: number[] = [];
  public readonly limits: (() => void)[] = [];
  public nowMs = () => 0;
  public sleep = (ms: number): Promise<void> => {
    this.slept.push(ms);
    return ms >= 100_000 ? new Promise((resolve) => this.limits.push(resolve)) : Promise.resolve();
  };
}

const walkWith = async (machine: AslMachine, input: unknown, task: (parameters: unknown, call: number) => Promise<unknown>) => {
  const time = new WrittenTime();
  const entered: string[] = [];
  let calls = 0;
  const hooks: WalkHooks = {
    time,
    task: (_resource, parameters) => task(parameters, ++calls),
    entered: (state) => void entered.push(state),
    context: { Execution: { Name: 'tue-1' } },
  };
  const end = await walk(machine, input, hooks);
  return { end, entered, slept: time.slept, calls };
};

const failing = (error: string) => Promise.reject(new AslError(error, 'because'));

const one = (state: Partial<AslMachine['States'][string]>): AslMachine => ({
  StartAt: 'call',
  States: {
    call: { Type: 'Task', Resource: 'r', End: true, ...state },
    rescue: { Type: 'Succeed' },
    never: { Type: 'Fail', Error: 'Never', Cause: 'wrong way' },
  },
});

describe('a task', () => {
  test('gets its parameters filled from the input and the context', async () => {
    const seen: unknown[] = [];
    const machine = one({ Parameters: { name: 'x', payload: { 'pair.$': '$.pair', 'run.$': '$$.Execution.Name' } } });
    await walkWith(machine, { pair: 'shop' }, async (parameters) => seen.push(parameters));
    expect(seen).toEqual([{ name: 'x', payload: { pair: 'shop', run: 'tue-1' } }]);
  });

  test.each([
    ['replaces the input without a ResultPath', {}, { ok: true }],
    ['keeps the input when ResultPath is null', { ResultPath: null }, { pair: 'shop' }],
    ['puts the result where ResultPath says', { ResultPath: '$.answer.last' }, { pair: 'shop', answer: { last: { ok: true } } }],
    [
      'selects a part first',
      { ResultSelector: { 'v.$': '$.ok' }, ResultPath: '$.answer' },
      { pair: 'shop', answer: { v: true } },
    ],
  ])('%s', async (_name, state, output) => {
    const { end } = await walkWith(one(state), { pair: 'shop' }, async () => ({ ok: true }));
    expect(end).toEqual({ status: 'SUCCEEDED', output });
  });

  test('is tried again with growing waits up to a cap, and each retrier counts its own attempts', async () => {
    const machine = one({
      Retry: [
        { ErrorEquals: ['Throttled'], IntervalSeconds: 1, MaxAttempts: 5, BackoffRate: 2, MaxDelaySeconds: 3 },
        { ErrorEquals: ['States.ALL'], IntervalSeconds: 7, MaxAttempts: 1 },
      ],
    });
    const { end, slept, calls } = await walkWith(machine, {}, (_p, call) =>
      call <= 3 ? failing('Throttled') : call === 4 ? failing('Other') : Promise.resolve('done'),
    );
    expect({ end, slept, calls }).toEqual({
      end: { status: 'SUCCEEDED', output: 'done' },
      slept: [1_000, 2_000, 3_000, 7_000],
      calls: 5,
    });
  });

  test('goes where its catcher says once the retries are used up, with the error in place', async () => {
    const machine = one({
      Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 2 }],
      Catch: [
        { ErrorEquals: ['Other'], Next: 'never' },
        { ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'rescue' },
      ],
    });
    const { end, calls } = await walkWith(machine, { pair: 'shop' }, () => failing('Broken'));
    expect(calls).toBe(3);
    expect(end).toEqual({ status: 'SUCCEEDED', output: { pair: 'shop', error: { Error: 'Broken', Cause: 'because' } } });
  });

  test('fails the execution when nothing catches', async () => {
    const { end } = await walkWith(one({ Catch: [{ ErrorEquals: ['Other'], Next: 'rescue' }] }), {}, () => failing('Broken'));
    expect(end).toEqual({ status: 'FAILED', error: 'Broken', cause: 'because' });
  });

  test('that does not answer in time is a timeout, which States.TaskFailed does not cover', async () => {
    const time = new WrittenTime();
    const machine = one({
      TimeoutSeconds: 120,
      Catch: [
        { ErrorEquals: ['States.TaskFailed'], Next: 'never' },
        { ErrorEquals: ['States.Timeout'], ResultPath: null, Next: 'rescue' },
      ],
    });
    const walked = walk(machine, { pair: 'shop' }, { time, task: () => new Promise(() => undefined), context: {} });
    await new Promise(setImmediate);
    for (const limit of time.limits) limit();
    expect(await walked).toEqual({ status: 'SUCCEEDED', output: { pair: 'shop' } });
  });

  test('fails on a path that is not in the input, and States.ALL does not catch that', async () => {
    const machine = one({ Parameters: { 'pair.$': '$.missing' }, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'rescue' }] });
    const { end } = await walkWith(machine, {}, async () => 'never called');
    expect(end).toEqual({ status: 'FAILED', error: 'States.Runtime', cause: "the path '$.missing' is not in the input" });
  });
});

describe('the other states', () => {
  const choice: AslMachine = {
    StartAt: 'choose',
    States: {
      choose: {
        Type: 'Choice',
        Choices: [
          {
            And: [
              { Variable: '$.a', IsPresent: true },
              { Variable: '$.a', StringEquals: 'x' },
            ],
            Next: 'wait',
          },
          { Not: { Variable: '$.b', IsPresent: false }, Next: 'fail' },
        ],
        Default: 'end',
      },
      wait: { Type: 'Wait', Seconds: 5, Next: 'end' },
      fail: { Type: 'Fail', Error: 'Wrong', Cause: 'b was there' },
      end: { Type: 'Succeed' },
    },
  };

  test.each([
    ['the first rule that holds is taken, and Wait sleeps', { a: 'x', b: 1 }, ['choose', 'wait', 'end'], [5_000], 'SUCCEEDED'],
    ['a later rule is taken, and Fail fails', { a: 'y', b: 1 }, ['choose', 'fail'], [], 'FAILED'],
    ['no rule holds, so the default is taken', {}, ['choose', 'end'], [], 'SUCCEEDED'],
  ])('%s', async (_name, input, states, waits, status) => {
    const { end, entered, slept } = await walkWith(choice, input, async () => undefined);
    expect({ status: end.status, entered, slept }).toEqual({ status, entered: states, slept: waits });
  });

  test('fails instead of walking in a circle for ever', async () => {
    const { end } = await walkWith(
      { StartAt: 'a', States: { a: { Type: 'Wait', Seconds: 1, Next: 'a' } } },
      {},
      async () => undefined,
    );
    expect(end).toEqual({ status: 'FAILED', error: 'States.Runtime', cause: 'the history has more than 25000 events' });
  });
});

describe('the deployed drill machine', () => {
  const machine = drillMachine({ drillStep: 'arn:step', restore: 'arn:restore' }) as unknown as AslMachine;
  const input = { pair: 'shop', drillId: 'tue-1', level: 'TRAFFIC', scenario: 'primary_crash' };
  const stepOf = (parameters: unknown) => (parameters as { Payload: { step: string } }).Payload.step;

  const walkDrill = async (outcome: (step: string) => Promise<string>) => {
    const steps: string[] = [];
    const { end } = await walkWith(machine, input, async (parameters) => {
      const step = stepOf(parameters);
      if (steps.at(-1) !== step) steps.push(step);
      return { Payload: { outcome: await outcome(step) } };
    });
    return { end: end.status, steps };
  };

  test('walks every step of the plan when all goes well', async () => {
    const good: Record<string, string> = { preflight: 'ready', arm: 'armed' };
    expect(await walkDrill(async (step) => good[step] ?? 'done')).toEqual({
      end: 'SUCCEEDED',
      steps: DRILL_PLAN.map(({ step }) => step),
    });
  });

  test('breaks nothing when preflight refuses', async () => {
    expect(await walkDrill(async () => 'refused')).toEqual({ end: 'SUCCEEDED', steps: ['preflight', 'report'] });
  });

  test('fails into the restore when the measurement dies', async () => {
    const good: Record<string, string> = { preflight: 'ready', arm: 'armed' };
    const walked = await walkDrill((step) =>
      step === 'measure' ? failing('Runtime.ExitError') : Promise.resolve(good[step] ?? 'done'),
    );
    expect(walked).toEqual({ end: 'SUCCEEDED', steps: DRILL_PLAN.map(({ step }) => step) });
  });
});
