import type { DatabaseRegistration } from '../../../lib/contracts/database';
import { LOOK_MS } from '../../../lib/decide/database/readiness-rules';
import { probe } from '../../../lib/runtime/drive/database/prober';
import { lookForReadiness } from '../../../lib/runtime/drive/database/readiness';
import { DatabaseProcess } from '../../fakes/database/process';
import { DatabaseWorld } from '../../fakes/database/world';
import type { Hook } from '../../fakes/process';

const DOUBT = LOOK_MS.doubted;
const DAY = LOOK_MS.ready;

/** A world whose database nobody has looked at yet. */
function unseen(change: Partial<DatabaseRegistration> = {}): DatabaseWorld {
  const world = new DatabaseWorld(change);
  const { readiness: _looked, ...item } = world.journal.peek('app') ?? fail();
  world.journal.put(item);
  return world;
}

const fail = (): never => {
  throw new Error('no item');
};
const look = (world: DatabaseWorld, hook?: Hook) =>
  world.time.run(new DatabaseProcess(world, hook).run((ports) => lookForReadiness(ports, world.registration, world.database)));
const later = async (world: DatabaseWorld, ms: number) => {
  await world.time.pass(ms);
  await look(world);
};
const events = (world: DatabaseWorld) => world.announced.map((e) => `${e.action} ${e.type} ${e.incidentKey}: ${e.summary}`);
const readiness = (world: DatabaseWorld) => world.journal.peek('app')?.readiness;

describe('the daily look', () => {
  test('finds nothing against a database that is ready, and looks again a day later', async () => {
    const world = unseen();
    await look(world);
    const revision = world.journal.peek('app')?.revision;
    expect([events(world), readiness(world)]).toEqual([[], { checkedAtMs: world.time.nowMs(), because: [] }]);
    await later(world, DAY - 1);
    expect(world.journal.peek('app')?.revision).toBe(revision);
    await later(world, 1);
    expect(readiness(world)?.checkedAtMs).toBe(world.time.nowMs());
  });

  test('pages every reason at once, after a second look, and resolves the page when all are mended', async () => {
    const world = unseen();
    world.member('app-b1').status = 'stopped';
    delete world.member('app-b2').replicaOf;
    world.acls = { kind: 'acls', aclOf: { 'subnet-1': 'acl-0' }, allows: { 'acl-0': true, 'acl-1': true } };
    await look(world);
    expect(events(world)).toEqual([]);
    await later(world, DOUBT);
    expect(events(world)).toEqual([
      'trigger database-not-ready app/watch/readiness: app: a failover would not go as planned: app-b1 is stopped, not available; ' +
        'app-b2 replicates from nothing; the heartbeat on app-b2 is unchanged for 5 min, limit 30 s; fence networkAcl:acl-1: acl-1 has a rule that allows, so that it shuts nobody in',
    ]);
    expect(world.announced[0]).toMatchObject({ severity: 'error', details: { because: readiness(world)?.because } });
    world.member('app-b1').status = 'available';
    world.member('app-b2').replicaOf = 'app-a';
    world.acls = { kind: 'acls', aclOf: { 'subnet-1': 'acl-0' }, allows: { 'acl-0': true, 'acl-1': false } };
    await later(world, LOOK_MS.paged);
    expect(events(world).slice(1)).toEqual([
      'resolve database-ready app/watch/readiness: app: nothing stands against a failover any more',
    ]);
    expect(readiness(world)).toEqual({ checkedAtMs: world.time.nowMs(), because: [] });
  });

  test('forgets what a second look does not find again', async () => {
    const world = unseen();
    world.member('app-b1').lagUnknown = 'throttled';
    await look(world);
    delete world.member('app-b1').lagUnknown;
    await later(world, DOUBT);
    expect([events(world), readiness(world)?.because]).toEqual([[], []]);
  });

  test('takes what cannot be read for a reason', async () => {
    const world = unseen();
    world.silent.add('192.0.2.53');
    world.acls = { kind: 'unknown', because: 'UnauthorizedOperation' };
    world.members.delete('app-a');
    world.member('app-b1').lagUnknown = 'no data';
    await look(world);
    const beacon = (name: string, healthy: number) =>
      `the beacon ${name} is unknown: ${name}: ${healthy} servers say healthy, 0 say unhealthy, of 2`;
    expect(readiness(world)?.because).toEqual([
      'there is no app-a in eu-west-1',
      'app-b1 could not be chosen: its last lag sample before the failure is unknown: no data',
      beacon('_latch.app.example.com', 1),
      beacon('_pa.app.example.com', 1),
      beacon('_sa.app.example.com', 1),
      beacon('_standby._failover.app.example.com', 1),
      'fence networkAcl:acl-1 cannot be looked at: UnauthorizedOperation',
    ]);
  });

  test('leaves a fence alone that takes the role of another account, and fences that cannot be looked at', async () => {
    const roleArn = 'arn:aws:iam::222222222222:role/fence';
    const world = unseen({
      fences: [
        { kind: 'networkAcl', region: 'eu-west-1', roleArn, subnets: ['subnet-1'], denyAcl: 'acl-1', openAcl: 'acl-0' },
        { kind: 'stopInstance', region: 'eu-west-1', id: 'app-a' },
        { kind: 'function', name: 'stop-writes' },
      ],
    });
    world.acls = { kind: 'unknown', because: 'asked' };
    await look(world);
    expect(readiness(world)?.because).toEqual([]);
  });

  test('is not taken while the primary is spoken against: other pages say more', async () => {
    const world = unseen();
    const item = world.journal.peek('app') ?? fail();
    world.journal.put({ ...item, database: { ...world.state, suspect: { sinceMs: 1, because: ['x'] } } });
    world.member('app-b1').status = 'stopped';
    await look(world);
    expect(readiness(world)).toBeUndefined();
  });

  test('crashes anywhere, and the next one tells what this one did not', async () => {
    for (let crash = 0; ; crash += 1) {
      const world = unseen();
      world.member('app-b1').status = 'stopped';
      await look(world);
      await world.time.pass(DOUBT);
      let calls = 0;
      let died = false;
      const hook: Hook = () => {
        calls += 1;
        if (calls - 1 !== crash) return 'live';
        died = true;
        return 'die';
      };
      await look(world, hook).catch(() => undefined);
      await look(world);
      const told = world.announced.map((e) => e.type);
      expect([told.includes('database-not-ready'), told.length <= 2, readiness(world)?.pagedAtMs]).toEqual([
        true,
        true,
        world.time.nowMs(),
      ]);
      if (!died) return;
    }
  });
});

test('a prober looks with its third tick, when its readers have seen two rows', async () => {
  const world = unseen();
  world.member('app-b1').status = 'stopped';
  await world.time.run(new DatabaseProcess(world).run((ports) => probe(ports)));
  expect(readiness(world)?.because).toEqual(['app-b1 is stopped, not available']);
});

test('a lease that cannot be read is a reason, where there is one', async () => {
  const world = unseen({ lease: { table: 'lease', region: 'eu-north-1' } });
  const unread = async () => ({ kind: 'unknown' as const, because: 'AccessDenied' });
  await world.time.run(
    new DatabaseProcess(world).run((ports) =>
      lookForReadiness({ ...ports, leases: { ...ports.leases, read: unread } }, world.registration, world.database),
    ),
  );
  expect(readiness(world)?.because).toEqual(['the lease cannot be read: AccessDenied']);
  const calm = unseen({ lease: { table: 'lease', region: 'eu-north-1' } });
  await look(calm);
  expect(readiness(calm)?.because).toEqual([]);
});
