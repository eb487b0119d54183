import { databaseMachine } from '../../../lib/decide/database/machine';
import { AslError, walk } from '../../../lib/lab/aws/asl';
import {
  asked,
  CALM_DEATH,
  figures,
  main,
  NO_FAULTS,
  type SettingChange,
  seedsFrom,
  simulateOne,
  simulateWorlds,
  tellWorld,
  type Walk,
} from '../../../lib/lab/simulated/database';

const seed = Number(process.env.SEED ?? 20261120);
const LIMIT_MS = 120_000;
/** Thousands more with `npm run simulate`, which runs a bundle and is faster. */
const WORLDS = 120;

describe('simulated worlds', () => {
  test(
    'keep every invariant, with faults at every call',
    async () => {
      const { worlds, broken, ended } = await simulateWorlds(seedsFrom(seed, WORLDS));
      // The timeline of the first broken world is what somebody needs at once.
      const told = await Promise.all(broken.map((b) => simulateOne(b.seed, { record: true }).then(tellWorld)));
      expect(told).toEqual([]);
      expect(worlds).toBe(WORLDS);
      expect(Math.min(ended.promoted, ended['given up'], ended.watching)).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );

  test('replay from their seed, event by event', async () => {
    const one = await simulateOne(seed, { record: true });
    const again = await simulateOne(seed, { record: true });
    expect(again.timeline).toEqual(one.timeline);
    expect((await simulateOne(seed + 1, { record: true })).timeline).not.toEqual(one.timeline);
  });
});

/** A short world, because it is lived through once per call. */
const SHORT: SettingChange = { ...CALM_DEATH, latchMs: 15_000, promotionMs: 60_000, fences: ['networkAcl'], describeLagMs: 0 };
/** Nothing is known of any replica's lag: everything is given back. */
const BACK: SettingChange = { ...SHORT, faults: { ...NO_FAULTS, lagHole: 1 } };

describe('a step function that dies', () => {
  test.each([
    ['promotes once all the same', SHORT, 'promoted'],
    ['gives everything back all the same', BACK, 'given up'],
  ] as const)(
    'at any of its calls %s',
    async (_name, change, ended) => {
      const calm = await simulateOne(seed, { change });
      expect(calm.ended).toBe(ended);
      const calls = calm.counts['step'] ?? 0;
      // One call in 23 per run, others with another SEED; `test/runtime` kills at every call with fixed fakes.
      for (let call = 1 + (seed % 23); call <= calls; call += 23) {
        for (const when of ['before', 'after'] as const) {
          const end = await simulateOne(seed, { change, crash: { runner: 'step', call, when } });
          expect([call, when, end.ended, end.broken]).toEqual([call, when, ended, []]);
        }
      }
    },
    LIMIT_MS,
  );
});

/** Lambda's answer and its errors, as Step Functions hands them over. */
const byMachine: Walk = (input, carry, time) =>
  walk(databaseMachine('arn:aws:lambda:eu-central-1:111111111111:function:step'), input, {
    time,
    context: {},
    task: async (_resource, parameters) => {
      const { Payload } = parameters as { readonly Payload: Parameters<typeof carry>[0] };
      try {
        return { Payload: await carry(Payload) };
      } catch (error) {
        throw new AslError('Lambda.Unknown', (error as Error).message);
      }
    },
  });

describe('the rendered machine', () => {
  test(
    'makes the same calls in the same order as the loop, over the same faults',
    async () => {
      const change = ({ faults }: { readonly faults: typeof NO_FAULTS }): SettingChange => ({
        twoRunners: false,
        faults: { ...faults, latency: 0, duplicate: 0 },
      });
      const told: string[] = [];
      const run = async (walked?: Walk) => {
        const calls = new Map<number, string>();
        await simulateWorlds(seedsFrom(seed, 24), { change, ...(walked ? { walk: walked } : {}) }, (end) =>
          calls.set(end.seed, end.calls.map((call) => `${call.step} ${call.verdict}`).join('\n')),
        );
        return calls;
      };
      const [loop, machine] = [await run(), await run(byMachine)];
      for (const [one, calls] of loop) if (calls !== machine.get(one)) told.push(`seed ${one}`);
      expect(told).toEqual([]);
      expect([...loop.values()].filter((calls) => calls.length > 0).length).toBeGreaterThan(5);
    },
    LIMIT_MS,
  );
});

describe('the figures of a failover', () => {
  test('stay near what the evidence needs, and far below the route by an alarm', async () => {
    const all = new Map((await figures(20261120, 20)).map((f) => [f.name, f]));
    expect(all.get('ratio: promote call without latch and fence, to the bound')?.p50Sec).toBeLessThan(1.2);
    expect(all.get('ratio: promote call without the latch, to the alarm route')?.p50Sec).toBeLessThan(0.4);
  }, 60_000);
});

describe('the command', () => {
  test('tells one world as a timeline', async () => {
    const lines: string[] = [];
    expect(await main(['--replay', '3'], (line) => lines.push(line))).toBe(0);
    expect(lines.join('\n')).toContain('seed 3: ');
  });

  test('fails on what it does not know', () => {
    expect(() => asked(['--world', '3'])).toThrow(
      '[BadArgument] --world 3; a whole number from 0; usage: simulate [--worlds N] [--seed S] | --replay S',
    );
  });
});
