import type { DrillStepInput } from '../../lib/contracts/drill';
import { markerPath } from '../../lib/decide/names';
import type { DrillStep } from '../../lib/decide/plan';
import { startDrill } from '../../lib/runtime/drive/drill/start';
import { drillStep } from '../../lib/runtime/drive/drill/steps';
import { restore } from '../../lib/runtime/drive/restore';
import { afterAnHour, INPUT, minute, pagesOf, said, started, walked } from '../fakes/drill';
import { type Hook, Process } from '../fakes/process';
import { registrationOf } from '../fakes/registration';
import { PRIMARY_CHECK, World } from '../fakes/world';

/** Nothing is left: the check is as before, the pair is free, no schedule waits, and somebody was told how it ended. */
function expectAsBefore(world: World, before: unknown): void {
  expect(world.snapshot()).toEqual(before);
  expect(world.journal.peek('app')?.drill).toBeUndefined();
  expect([...world.schedules.keys()]).toEqual([]);
  const told = world.reports.has('drills/app/app-tue.json') || said(world).some((what) => what.includes('drill-abandoned'));
  expect(told).toBe(true);
}

/** Calls with an effect, and reads on which an effect depends. A death at any other call is a death between two of these. */
const COUNTED = /^(journal|checks|registry|schedules|alarms|metrics|reports|announcer|functions)\./;

/** Lets the n-th counted call die, once. */
function deadly(n: number, phase: 'before' | 'after'): { hook: Hook; calls(): number; where(): string | undefined } {
  let calls = 0;
  let where: string | undefined;
  return {
    calls: () => calls,
    where: () => where,
    hook: (call, at) => {
      if (!COUNTED.test(call) || at !== phase) return 'live';
      calls += 1;
      if (calls !== n) return 'live';
      where = `${phase} ${call} (${n})`;
      return 'die';
    },
  };
}

/** As short as a drill can be, with a settle time of nothing: no alarm is expected. */
async function quick(): Promise<World> {
  const world = new World();
  world.registration = registrationOf({ ttlSec: 1, alarms: world.registration.alarms.filter((alarm) => !alarm.inDrill) });
  world.detectMs = 500;
  world.recoverMs = 500;
  await world.time.run(new Process(world).run((ports) => startDrill({ pair: 'app', id: 'tue' }, 'r', ports)));
  return world;
}

async function callsOfAWholeDrill(): Promise<number> {
  const world = await quick();
  const count = deadly(0, 'before');
  await walked(world, { hook: count.hook });
  return count.calls();
}

describe('a drill that dies', () => {
  test.each([
    ['the machine tries again', false],
    ['the machine is gone too', true],
  ] as const)(
    'at any call, before or after its effect, leaves everything as before when %s',
    async (_name, fragile) => {
      const calls = await callsOfAWholeDrill();
      expect(calls).toBeGreaterThan(40);
      for (let n = 1; n <= calls; n += 1) {
        for (const phase of ['before', 'after'] as const) {
          const world = await quick();
          const before = world.snapshot();
          const death = deadly(n, phase);
          await walked(world, { hook: death.hook, fragile });
          await afterAnHour(world);
          try {
            expect(death.where()).toBeDefined();
            expectAsBefore(world, before);
          } catch (error) {
            throw new Error(`died ${death.where()}: ${(error as Error).message}`);
          }
        }
      }
    },
    60_000,
  );

  test('in the middle of measuring is put back by the schedule at the deadline, and somebody is paged', async () => {
    const world = await started();
    const before = world.snapshot();
    let injected = false;
    const hook: Hook = (call, phase) => {
      if (call === 'checks.write' && phase === 'after' && world.checks.stored.get(PRIMARY_CHECK)?.path === markerPath('app-tue'))
        injected = true;
      return injected && call === 'dns.ask' ? 'die' : 'live';
    };
    await walked(world, { hook, fragile: true });
    expect(world.snapshot()).not.toEqual(before);
    for (let n = 0; n < 17; n += 1) await minute(world);
    expect(world.snapshot()).toEqual(before);
    await afterAnHour(world);
    expectAsBefore(world, before);
  });

  test('and whose schedule is lost is put back by the keeper, which pages and later resolves', async () => {
    const world = await started();
    const before = world.snapshot();
    await walked(world, {
      hook: (call, phase) => (call === 'dns.ask' && phase === 'before' && world.checks.writes.length > 1 ? 'die' : 'live'),
      fragile: true,
    });
    expect(world.snapshot()).not.toEqual(before);
    world.schedules.clear();
    await afterAnHour(world);
    expectAsBefore(world, before);
    expect(pagesOf(world)).toContain('drill-overdue');
    expect(said(world)).toContain('info drill-restored');
  });
});

describe('a restore', () => {
  const moved = async () => {
    const world = await started();
    const before = world.snapshot();
    const step = (name: DrillStep) =>
      world.time.run(new Process(world).run((ports) => drillStep({ ...INPUT, step: name }, ports)));
    await step('preflight');
    await step('arm');
    return { world, before, step };
  };
  const restored = (world: World, caller: DrillStepInput['caller']) =>
    world.time.run(new Process(world).run((ports) => restore({ ...INPUT, caller }, ports)));

  test('that comes too early forbids the measurement, and nothing is broken', async () => {
    const { world, before, step } = await moved();
    expect(await restored(world, 'schedule')).toEqual({ outcome: 'nothing to restore' });
    expect(await step('measure')).toEqual({ outcome: 'stopped', because: ['the restore has begun'] });
    expect(world.snapshot()).toEqual(before);
  });

  test('that comes in the middle of the measurement ends it', async () => {
    const { world, before } = await moved();
    const measuring = new Process(world).run((ports) => drillStep({ ...INPUT, step: 'measure' }, ports));
    world.detectMs = 60_000;
    await world.time.pass(10_000);
    expect(world.snapshot()).not.toEqual(before);
    expect(await restored(world, 'schedule')).toEqual({ outcome: 'restored' });
    expect(await world.time.run(measuring)).toMatchObject({ outcome: 'aborted', because: ['the restore has begun'] });
    expect(world.snapshot()).toEqual(before);
  });

  test('that overtakes the fault on its way makes the fault void', async () => {
    const { world, before } = await moved();
    let overtaken = false;
    // The process stands still between its decision to write and the write itself.
    const late = new Process(world, () => 'live');
    const ports = late.ports();
    const checks = {
      ...ports.checks,
      write: async (id: string, version: number, change: { readonly path?: string }) => {
        if (!overtaken) {
          overtaken = true;
          await restore({ ...INPUT, caller: 'person' }, new Process(world).ports());
        }
        return ports.checks.write(id, version, change);
      },
    };
    const answer = await world.time.run(drillStep({ ...INPUT, step: 'measure' }, { ...ports, checks }));
    expect(overtaken).toBe(true);
    expect(answer).toMatchObject({
      outcome: 'aborted',
      because: ['the health check was changed after the drill was armed; nothing was broken'],
    });
    expect(world.snapshot()).toEqual(before);
  });

  test('that overtakes the fault is run again by the measurement, should Route 53 count only writes that change something', async () => {
    const { world, before } = await moved();
    world.checks.countsEveryWrite = false;
    const ports = new Process(world).ports();
    let overtaken = false;
    const write: typeof ports.checks.write = async (id, version, change) => {
      if (!overtaken) {
        overtaken = true;
        await restore({ ...INPUT, caller: 'person' }, new Process(world).ports());
      }
      return ports.checks.write(id, version, change);
    };
    const answer = await world.time.run(
      drillStep({ ...INPUT, step: 'measure' }, { ...ports, checks: { ...ports.checks, write } }),
    );
    expect(answer).toMatchObject({ outcome: 'aborted', because: ['a restore ran while the fault was on its way'] });
    expect(world.snapshot()).toEqual(before);
  });

  test('fails to convince the report when the check carries the marker after all: pages, and the keeper puts it back', async () => {
    const world = await started();
    const before = world.snapshot();
    const { path } = await walked(world, {
      before: (step) => {
        if (step === 'report') world.checks.change(PRIMARY_CHECK, { path: markerPath('app-tue') });
      },
    });
    expect(path.at(-1)).toEqual({ step: 'report', outcome: 'not restored' });
    expect(pagesOf(world)).toEqual(['drill-not-restored']);
    await afterAnHour(world);
    expectAsBefore(world, before);
  });

  test('is not needed when a deployment came between arming and breaking: nothing is broken', async () => {
    const { world, step } = await moved();
    world.checks.change(PRIMARY_CHECK, { path: '/healthz' });
    expect(await step('measure')).toMatchObject({
      outcome: 'aborted',
      because: ['the health check was changed after the drill was armed; nothing was broken'],
    });
    expect(world.checks.stored.get(PRIMARY_CHECK)?.path).toBe('/healthz');
  });

  test('that runs late or again finds nothing to do and changes nothing', async () => {
    const world = await started();
    await walked(world);
    const writes = world.checks.writes.length;
    expect(await restored(world, 'schedule')).toMatchObject({ outcome: 'nothing to restore' });
    expect(await restored(world, 'person')).toMatchObject({ outcome: 'nothing to restore' });
    expect(world.checks.writes).toHaveLength(writes);
  });

  test('never writes over a deployment, and says so', async () => {
    const world = await started();
    let deployed = false;
    const { path } = await walked(world, {
      before: (step) => {
        if (step !== 'restore' || deployed) return;
        deployed = true;
        world.checks.change(PRIMARY_CHECK, { path: '/healthz' });
      },
    });
    expect(path.map(({ step, outcome }) => `${step}: ${outcome}`)).toEqual([
      'preflight: ready',
      'arm: armed',
      'measure: measured',
      'restore: changed by a deployment',
      'await_return: returned',
      'report: failed',
    ]);
    expect(world.checks.stored.get(PRIMARY_CHECK)?.path).toBe('/healthz');
    expect(JSON.parse(world.reports.get('drills/app/app-tue.json') ?? '{}').because).toContain(
      'expected: everything is put back; seen: changed by a deployment',
    );
  });

  test('reads again when a deployment wrote something else at the same moment', async () => {
    const { world, before } = await moved();
    world.detectMs = 60_000;
    const measuring = new Process(world).run((ports) => drillStep({ ...INPUT, step: 'measure' }, ports));
    await world.time.pass(5_000);
    const ports = new Process(world).ports();
    let raced = false;
    const checks = {
      ...ports.checks,
      write: async (id: string, version: number, change: { readonly path?: string }) => {
        if (!raced) {
          raced = true;
          world.checks.change(PRIMARY_CHECK, { port: 443 });
        }
        return ports.checks.write(id, version, change);
      },
    };
    expect(await world.time.run(restore({ ...INPUT, caller: 'person' }, { ...ports, checks }))).toEqual({ outcome: 'restored' });
    await world.time.run(measuring);
    expect(world.snapshot()).toEqual(before);
  });

  test('fails while Route 53 does not answer, and the keeper goes on until it does', async () => {
    const world = await started();
    const before = world.snapshot();
    const { path } = await walked(world, {
      before: (step) => {
        if (step === 'restore') world.checks.down = { kind: 'unknown', because: 'ServiceUnavailable' };
      },
    });
    expect(path.at(-1)).toEqual({ step: 'report', outcome: 'not restored' });
    expect(pagesOf(world)).toEqual(['drill-not-restored']);
    world.checks.down = undefined;
    await afterAnHour(world);
    expect(world.snapshot()).toEqual(before);
    expect(world.journal.peek('app')?.drill).toBeUndefined();
    expect(said(world)).toContain('info drill-restored');
  });
});

describe('a repeated delivery', () => {
  test('of every step at the same time leaves everything as before', async () => {
    const world = await started();
    const before = world.snapshot();
    await walked(world, { twice: true });
    await afterAnHour(world);
    expectAsBefore(world, before);
    expect(world.checks.writes.filter((write) => write.path === markerPath('app-tue')).length).toBeLessThanOrEqual(1);
  });

  test('of a measurement is interrupted and breaks nothing a second time', async () => {
    const world = await started();
    const step = (name: string) => new Process(world).run((ports) => drillStep({ ...INPUT, step: name }, ports));
    await world.time.run(step('preflight'));
    await world.time.run(step('arm'));
    const first = step('measure');
    expect(await world.time.run(step('measure'))).toEqual({
      outcome: 'interrupted',
      because: ['measure began before and did not end'],
    });
    expect(await world.time.run(first)).toEqual({ outcome: 'measured' });
    expect(await world.time.run(step('measure'))).toEqual({ outcome: 'measured' });
    expect(world.checks.writes.filter((write) => write.path === markerPath('app-tue'))).toHaveLength(1);
  });

  test('of any step after the end of the drill does nothing', async () => {
    const world = await started();
    await walked(world);
    const [writes, events] = [world.checks.writes.length, world.announced.length];
    for (const step of ['preflight', 'arm', 'measure', 'await_return', 'report']) {
      const answer = await world.time.run(new Process(world).run((ports) => drillStep({ ...INPUT, step }, ports)));
      expect(answer).toEqual({ outcome: 'ended', because: ['the drill ended: passed'] });
    }
    expect([world.checks.writes.length, world.announced.length]).toEqual([writes, events]);
  });

  test('of a request is the same drill, also when it comes again after the end', async () => {
    const world = await started();
    const again = () => world.time.run(new Process(world).run((ports) => startDrill({ pair: 'app', id: 'tue' }, 'x', ports)));
    expect(await again()).toEqual({ kind: 'already-started', drillId: 'app-tue', execution: 'execution:app-tue' });
    await walked(world);
    expect(await again()).toEqual({ kind: 'refused', because: ['drill app-tue already ran: passed'] });
  });
});
