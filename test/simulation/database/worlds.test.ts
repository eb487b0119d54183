import { execFile } from 'node:child_process';
import { databaseMachine } from '../../../lib/decide/database/machine';
import { AslError, walk } from '../../../lib/lab/aws/asl';
import {
  asked,
  CALM_DEATH,
  COURSES,
  type Decorate,
  figures,
  losses,
  main,
  type NO_FAULTS,
  PAIR,
  type Setting,
  type SettingChange,
  seedsFrom,
  settingOf,
  settled,
  simulateOne,
  simulateWorlds,
  turned,
  type Walk,
} from '../../../lib/lab/simulated/database';

const seed = Number(process.env.SEED ?? 20261120);
const LIMIT_MS = 300_000;
const WORLDS = 5_000;

/** `npm run simulate`, in a process of its own: the bundle in plain Node is several times as fast as a module in jest. */
function simulate(...given: string[]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/simulate.mjs', ...given], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr });
    });
  });
}

describe('simulated worlds', () => {
  test(
    'keep every invariant, with faults at every call',
    async () => {
      const { code, output } = await simulate('--worlds', String(WORLDS), '--seed', String(seed));
      // The timeline of the first broken world is what somebody needs at once.
      expect(code === 0 ? '' : output).toBe('');
      const ended = new Map(
        [...output.matchAll(/(\d+) (promoted|given up|watching|worlds)\b(?!\/s)/g)].map(([, n, what]) => [what, Number(n)]),
      );
      expect(ended.get('worlds')).toBe(WORLDS);
      expect(Math.min(...['promoted', 'given up', 'watching'].map((end) => ended.get(end) ?? 0))).toBeGreaterThan(WORLDS / 20);
    },
    LIMIT_MS,
  );

  test(
    'meet every kind of trouble',
    async () => {
      const { met } = await simulateWorlds(seedsFrom(seed, 250), { mostBroken: 250 });
      expect([...met.keys()].sort()).toEqual([
        'alerts delivered again after their end',
        'alerts delivered late',
        'alerts delivered twice',
        'crashes after a call',
        'crashes before a call',
        'events that PagerDuty refuses',
        'looks with dns cut off',
        'looks with heartbeat cut off',
        'looks with lease cut off',
        'looks with probe cut off',
        'looks with service cut off',
        'lost answers',
        'probers twice at once',
        'second runners of a run',
        'slow calls',
        'stale looks',
        'steps again, late and out of order',
        'steps twice at once',
        'throttled calls',
      ]);
    },
    LIMIT_MS,
  );

  const drawn = [...seedsFrom(seed, 400)].map((one) => settingOf(one));
  const leased = drawn.filter(({ lease }) => lease);
  const dark = ({ siteDown, linkDown, writerDown }: Setting) => siteDown.length + linkDown.length > 0 && writerDown.length === 0;
  test.each([
    ['a writer that dies with its renewer', leased.filter((s) => s.writerDown.length > 0)],
    ['a renewer that dies before its writer, or without it', leased.filter((s) => s.renewerDown.length > 0)],
    ['a renewer that renews while its site is dark or cut off', leased.filter((s) => dark(s) && s.renewerDown.length === 0)],
    ['two candidates', drawn.filter((s) => s.replicas.filter((r) => !r.alone).length > 1)],
    ['clocks that differ', drawn.filter((s) => s.skewMs.prober !== s.skewMs.step && s.skewMs.primary !== 0)],
    ['a person who orders a failover', drawn.filter((s) => s.orderedAtMs !== undefined && s.orderedRun === 'failover')],
    ['a person who orders a switchover', drawn.filter((s) => s.orderedAtMs !== undefined && s.orderedRun === 'switchover')],
    ['a person who orders a failback', drawn.filter((s) => s.orderedAtMs !== undefined && s.orderedRun === 'failback')],
  ])('have %s', (_name, found) => expect(found.length).toBeGreaterThan(2));

  test('are the same whether their microtasks are drained by a tick or by a turn of the event loop', async () => {
    const lived = async (settle: () => Promise<void>) => {
      const ends: unknown[] = [];
      await simulateWorlds(seedsFrom(seed, 12), { settle, record: true }, (end) => ends.push(end));
      return ends;
    };
    expect(await lived(settled)).toEqual(await lived(turned));
  });

  test('replay from their seed, event by event', async () => {
    const one = await simulateOne(seed, { record: true });
    const again = await simulateOne(seed, { record: true });
    expect(again.timeline).toEqual(one.timeline);
    expect((await simulateOne(seed + 1, { record: true })).timeline).not.toEqual(one.timeline);
  });
});

describe('a function that dies', () => {
  test(
    'at any of its calls, before or after it, changes nothing about how a run ends',
    async () => {
      const { code, output } = await simulate('--crashes', '--seed', String(seed));
      expect(code === 0 ? '' : output).toBe('');
      const tried = [...output.matchAll(/^(\S+): \d+ calls, (\d+) crash points/gm)];
      expect(tried.map(([, course]) => course)).toEqual(COURSES.map(({ name }) => name));
      expect(Math.min(...tried.map(([, , points]) => Number(points)))).toBeGreaterThan(300);
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

describe('a stated loss', () => {
  test('is tighter by heartbeat delay, and never too small, though replicas fall behind after their last lag sample', async () => {
    const all = new Map((await losses(20261120, 15)).map(({ name, over }) => [name, over]));
    const [before, after] = [all.get('calm: by heartbeat and lag samples'), all.get('calm: by heartbeat delay')];
    expect(after?.p95Sec).toBeLessThan(before?.p95Sec ?? 0);
    for (const [name, { leastSec }] of all)
      if (name.endsWith('by heartbeat delay')) expect([name, leastSec > 0]).toEqual([name, true]);
    expect(all.get('replicas fall behind: by heartbeat and lag samples')?.leastSec).toBeLessThan(0);
  }, 60_000);
});

describe('the command', () => {
  test('tells one world as a timeline', async () => {
    const lines: string[] = [];
    expect(await main(['--replay', '3'], (line) => lines.push(line))).toBe(0);
    expect(lines.join('\n')).toContain('seed 3: ');
  });

  test('ends with 1 and tells how to see the world again, when an invariant breaks', async () => {
    const lines: string[] = [];
    const deaf: Decorate = (ports) => ({ ...ports, announcer: { announce: async () => undefined } });
    const change: SettingChange = { ...CALM_DEATH, trigger: 'manual' };
    expect(await main(['--worlds', '3', '--seed', '9'], (line) => lines.push(line), { change, decorate: deaf })).toBe(1);
    expect(lines.join('\n')).toContain(
      'BROKEN I8, once faults stop, every outage ends promoted, refused with a page, or recovered',
    );
    expect(lines).toContain('seed 9: npm run simulate -- --replay 9');
  });

  test('ends with 1 and names the crash, when a crash changes how a run ends', async () => {
    const lines: string[] = [];
    // Whoever takes the request for the promotion takes it for made: a crash in between leaves nothing promoted.
    const trusting: Decorate = (ports, world) => ({
      ...ports,
      databases: {
        ...ports.databases,
        look: (registration, member) =>
          world.store.read(PAIR)?.database?.run?.steps['promote_replica']?.attempts === 1
            ? ports.databases.look(registration, member)
            : Promise.resolve({ kind: 'member', id: member.id, status: 'available', backupRetentionDays: 7 }),
      },
    });
    expect(await main(['--crashes'], (line) => lines.push(line), { decorate: trusting })).toBe(1);
    const named = lines.find((line) => line.startsWith('crash '))?.match(/--crash (\S+)$/)?.[1] ?? '';
    expect(await main(['--crash', named], () => undefined, { decorate: trusting })).toBe(1);
    expect(await main(['--crash', named], () => undefined)).toBe(0);
  });

  test('fails on what it does not know', () => {
    expect(() => asked(['--world', '3'])).toThrow(
      '[BadArgument] --world 3; see usage; usage: simulate [--worlds N] [--seed S] | --replay S | --crashes | --crash COURSE/RUNNER/CALL/WHEN',
    );
    expect(() => asked(['--crash', 'failover/step/x/before'])).toThrow('[BadArgument] --crash failover/step/x/before');
    expect(asked(['--crashes', '--seed', '7'])).toMatchObject({ crashes: true, seed: 7 });
  });
});
