import { keep } from '../../lib/runtime/drive/keeper';
import type { MemberView } from '../../lib/runtime/ports/database';
import { Process } from '../fakes/process';
import { registrationOf } from '../fakes/registration';
import { World } from '../fakes/world';

const member = (status: string, zone = 'eu-west-1a'): MemberView => ({ kind: 'member', id: 'shop', status, zone });
const cluster = (status: string, writesBy?: string): MemberView => ({
  kind: 'member',
  id: 'shop',
  status,
  ...(writesBy ? { writesBy } : {}),
});

/** A pair without a drill, whose database is failed over by its service. */
function watched(kind: 'instance' | 'cluster' = 'instance'): World {
  const world = new World();
  const serviceDatabase = { kind, id: 'shop', region: 'eu-west-1' } as const;
  world.registration = registrationOf({ drill: undefined, serviceDatabase });
  world.service = kind === 'instance' ? member('available') : cluster('available', 'shop-1');
  return world;
}

const work = (world: World) => new Process(world).run((ports) => keep(ports));
const types = (world: World) => world.announced.map(({ action, severity, type }) => `${action} ${severity} ${type}`);

/** The keeper's runs of so many seconds, one begun each minute. */
async function minutes(world: World, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const beganMs = world.time.nowMs();
    await world.time.run(work(world));
    await world.time.pass(Math.max(60_000 - (world.time.nowMs() - beganMs), 0));
  }
}

/** The same, with a change `afterMs` from now. */
async function minutesWith(world: World, count: number, afterMs: number, change: () => void): Promise<void> {
  const changed = world.time.sleep(afterMs).then(change);
  await minutes(world, count);
  await world.time.run(changed);
}

describe('the keeper and a database that its service fails over', () => {
  test('verifies the writer once, looks once a minute, and writes nothing more into the journal', async () => {
    const world = watched();
    await minutes(world, 5);
    expect(types(world)).toEqual(['note info service-writer-verified']);
    expect(world.serviceLooks).toHaveLength(5);
    expect(world.journal.peek('app')).toMatchObject({
      revision: 1,
      service: { verified: { writer: 'shop', zone: 'eu-west-1a' } },
    });
  });

  test('tells of a reboot with failover that is over in 90 s, with its seconds and its new zone, and pages nobody', async () => {
    const world = watched();
    await minutes(world, 1);
    world.service = member('rebooting');
    await minutesWith(world, 3, 90_000, () => {
      world.service = member('available', 'eu-west-1b');
    });
    expect(types(world).slice(1)).toEqual(['note warning service-failover-began', 'note info service-failover-done']);
    expect(world.announced.at(-1)).toMatchObject({
      summary:
        'app: its service failed over: shop in eu-west-1b writes, 90 s after it was first seen not to; before it was shop in eu-west-1a',
      details: { sec: 90, writer: 'shop', zone: 'eu-west-1b' },
      topic: 'warning',
      source: 'keeper',
      provenance: 'measured',
    });
  });

  test('looks every 5 s while nobody writes, and ends before the next minute begins', async () => {
    const world = watched();
    world.service = member('failed');
    const beganMs = world.time.nowMs();
    await world.time.run(work(world));
    expect(world.serviceLooks.map((atMs) => (atMs - beganMs) / 1000)).toEqual([0, 5, 10, 15, 20, 25, 30, 35]);
  });

  test('pages once when the service has not recovered it after 180 s, and resolves when it writes again', async () => {
    const world = watched('cluster');
    await minutes(world, 1);
    world.service = cluster('failing-over', 'shop-1');
    await minutes(world, 6);
    expect(types(world).slice(1)).toEqual(['note warning service-failover-began', 'trigger critical database-incident']);
    expect(world.announced.at(-1)).toMatchObject({
      summary: 'app: shop is failing-over; its service has not recovered it for 180 s',
      topic: 'critical',
    });
    world.service = cluster('available', 'shop-2');
    await minutes(world, 2);
    expect(types(world).slice(3)).toEqual(['note info service-failover-done', 'resolve info primary-recovered']);
    expect(world.announced.at(-1)?.incidentKey).toBe('app/watch/database');
  });

  test('says nothing while the Region is silent, before as after a failover began, and keeps the reason', async () => {
    const world = watched();
    await minutes(world, 1);
    const silent = { kind: 'unknown', because: 'TimeoutError: no answer within 3000 ms' } as const;
    world.service = silent;
    await minutes(world, 10);
    expect(types(world)).toEqual(['note info service-writer-verified']);
    expect(world.journal.peek('app')?.service).toEqual({
      verified: { writer: 'shop', zone: 'eu-west-1a' },
      unknownBecause: silent.because,
    });
    world.service = member('rebooting');
    await world.time.run(work(world));
    world.service = silent;
    await minutes(world, 10);
    expect(types(world).slice(1)).toEqual(['note warning service-failover-began']);
  });

  test('tells again what could not be told, and counts the grace from the first look', async () => {
    const world = watched();
    world.service = member('failed');
    const mute = {
      announce: async () => {
        throw new Error('no topic');
      },
    };
    const ports = new Process(world).ports();
    await expect(world.time.run(keep({ ...ports, announcer: mute }))).rejects.toThrow('keepServiceWatch: no topic');
    expect(world.journal.peek('app')?.service).toBeUndefined();
    await minutes(world, 1);
    expect(types(world)).toEqual(['note warning service-failover-began']);
    await minutes(world, 2);
    await expect(world.time.run(keep({ ...ports, announcer: mute }))).rejects.toThrow('keepServiceWatch: no topic');
    expect(world.journal.peek('app')?.service?.amiss?.paged).toBe(false);
    await minutes(world, 2);
    expect(types(world)).toEqual(['note warning service-failover-began', 'trigger critical database-incident']);
  });

  test('touches neither epoch nor writer of the journal, and asks nothing but looks of the service', async () => {
    const world = watched();
    const calls = new Set<string>();
    const hear = (call: string) => {
      calls.add(call);
      return 'live' as const;
    };
    world.service = member('failed');
    await world.time.run(new Process(world, hear).run((ports) => keep(ports)));
    expect([...calls].sort()).toEqual(
      ['announcer.announce', 'journal.read', 'journal.write', 'registry.pairs', 'serviceLooks.look'].sort(),
    );
    expect(world.journal.peek('app')).toMatchObject({ epoch: 0 });
    expect(world.journal.peek('app')?.database).toBeUndefined();
  });
});
