import { keep } from '../../lib/runtime/drive/keeper';
import { drilled, metric } from '../fakes/drill';
import { Process } from '../fakes/process';
import { registrationOf } from '../fakes/registration';
import { PRIMARY_CHECK, World } from '../fakes/world';

describe('the keeper', () => {
  const tick = (world: World) => world.time.run(new Process(world).run((ports) => keep(ports)));

  test('sends an alarm that is still on five minutes after the restore again, as critical, once', async () => {
    const world = new World();
    await drilled(world);
    world.alarmStates.set('app-primary-unhealthy', 'ALARM');
    await tick(world);
    expect(world.announced.some((event) => event.type === 'drill-afterglow')).toBe(false);
    await world.time.pass(300_000);
    await tick(world);
    await tick(world);
    expect(world.announced.filter((event) => event.type === 'drill-afterglow')).toMatchObject([
      { severity: 'critical', action: 'trigger', topic: 'critical', details: { alarms: ['app-primary-unhealthy'] } },
    ]);
  });

  test('fails, and tries again, while those alarms cannot be read; in the end their silence pages', async () => {
    const world = new World();
    await drilled(world);
    world.alarmsDown = { kind: 'unknown', because: 'down' };
    await world.time.pass(300_000);
    await expect(tick(world)).rejects.toThrow('alarms of drill app-tue cannot be read');
    await world.time.pass(1_800_000);
    await tick(world);
    expect(world.announced.filter((event) => event.type === 'drill-afterglow')).toHaveLength(1);
  });

  test('publishes the age of the last passed drill once an hour, and each minute that nothing is left broken', async () => {
    const world = new World();
    await drilled(world);
    for (let n = 0; n < 3; n += 1) await tick(world);
    expect(metric(world, 'DaysSinceSuccessfulDrill')).toHaveLength(1);
    expect(metric(world, 'DrillNotRestored')).toEqual([0, 0, 0]);
    await world.time.pass(3_600_000);
    await tick(world);
    expect(metric(world, 'DaysSinceSuccessfulDrill')).toHaveLength(2);
  });

  test('wakes nobody for a drill that was restored in time and only takes long to end', async () => {
    const world = new World();
    const nowMs = world.time.nowMs();
    const restored = { outcome: 'restored', by: 'machine', atMs: nowMs, verifiedAtMs: nowMs } as const;
    const undo = { kind: 'healthCheckPath', checkId: PRIMARY_CHECK, path: '/health', marker: '/m' } as const;
    const drill = { id: 'app-x', level: 'TRAFFIC', scenario: 'primary_crash', requestedBy: 'me', expectedAlarms: [] } as const;
    world.journal.put({
      pair: 'app',
      revision: 1,
      epoch: 0,
      lastDrills: [],
      drill: { ...drill, startedAtMs: nowMs, deadlineMs: nowMs + 1, undo, restored, steps: {} },
    });
    await world.time.pass(60_000);
    await tick(world);
    expect(world.journal.peek('app')?.drill?.restored?.verifiedAtMs).toBe(world.time.nowMs());
    expect(world.announced.filter((event) => event.severity === 'critical')).toEqual([]);
  });

  test('pages once for an overdue drill, and again when the first page failed to go out', async () => {
    const world = new World();
    const nowMs = world.time.nowMs();
    world.checks.change(PRIMARY_CHECK, { path: '/m' });
    const undo = { kind: 'healthCheckPath', checkId: PRIMARY_CHECK, path: '/health', marker: '/m' } as const;
    const drill = { id: 'app-x', level: 'TRAFFIC', scenario: 'primary_crash', requestedBy: 'me', expectedAlarms: [] } as const;
    const running = { ...drill, startedAtMs: nowMs, deadlineMs: nowMs, undo, steps: {} };
    world.journal.put({ pair: 'app', revision: 1, epoch: 0, lastDrills: [], drill: running });
    const ports = new Process(world).ports();
    const announcer = {
      announce: async () => {
        throw new Error('no topic');
      },
    };
    world.checks.down = { kind: 'unknown', because: 'ServiceUnavailable' };
    await expect(world.time.run(keep({ ...ports, announcer }))).rejects.toThrow('no topic');
    for (let n = 0; n < 3; n += 1) await tick(world);
    expect(world.announced.map((event) => event.type)).toEqual(['drill-overdue']);
    expect(metric(world, 'DrillNotRestored').at(-1)).toBe(1);
    world.checks.down = undefined;
    await tick(world);
    expect(world.checks.stored.get(PRIMARY_CHECK)?.path).toBe('/health');
    expect(metric(world, 'DrillNotRestored').at(-1)).toBe(0);
    expect(world.announced.map((event) => event.type)).toEqual(['drill-overdue', 'drill-restored']);
  });

  test('puts back also while nobody can be told', async () => {
    const world = new World();
    const nowMs = world.time.nowMs();
    world.checks.change(PRIMARY_CHECK, { path: '/m' });
    const undo = { kind: 'healthCheckPath', checkId: PRIMARY_CHECK, path: '/health', marker: '/m' } as const;
    const drill = { id: 'app-x', level: 'TRAFFIC', scenario: 'primary_crash', requestedBy: 'me', expectedAlarms: [] } as const;
    const running = { ...drill, startedAtMs: nowMs, deadlineMs: nowMs, undo, steps: {} };
    world.journal.put({ pair: 'app', revision: 1, epoch: 0, lastDrills: [], drill: running });
    const announcer = {
      announce: async () => {
        throw new Error('no topic');
      },
    };
    await expect(world.time.run(keep({ ...new Process(world).ports(), announcer }))).rejects.toThrow('no topic');
    expect(world.checks.stored.get(PRIMARY_CHECK)?.path).toBe('/health');
  });

  test('keeps one pair although another one fails', async () => {
    const world = new World();
    const ports = new Process(world).ports();
    const pairs = async () => [registrationOf({ pair: 'bad' }), world.registration];
    const read = async (pair: string) => {
      if (pair === 'bad') throw new Error('no table');
      return world.journal.read(pair);
    };
    const kept = keep({ ...ports, registry: { ...ports.registry, pairs }, journal: { ...ports.journal, read } });
    await expect(kept).rejects.toThrow('not everything was kept: bad: keepDrill: no table');
    expect(metric(world, 'DrillNotRestored')).toEqual([0]);
  });
});
