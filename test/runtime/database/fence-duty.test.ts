import { FENCE_DUTY } from '../../../lib/decide/database/plan';
import { beginRebuild } from '../../../lib/decide/database/rebuild-rules';
import { lowerFences } from '../../../lib/runtime/drive/database/orders';
import { probe } from '../../../lib/runtime/drive/database/prober';
import { type ExecutionInput, runPlan } from '../../../lib/runtime/drive/database/walk';
import { transact } from '../../../lib/runtime/drive/transact';
import { DatabaseProcess } from '../../fakes/database/process';
import { carryIn, dieAt, outage, walked } from '../../fakes/database/run';
import { DatabaseWorld } from '../../fakes/database/world';
import type { Hook } from '../../fakes/process';

/** The primary's Region died, the standby writes, and no fence could be raised. */
async function served(change: ConstructorParameters<typeof DatabaseWorld>[0] = {}) {
  const world = new DatabaseWorld(change);
  const run = await outage(world);
  expect((await walked(world, run)).end).toBe('done');
  world.announced.length = 0;
  world.timeline.length = 0;
  return world;
}

/** One prober run, and then every execution that it started, each to its end. */
async function minute(world: DatabaseWorld, hook?: Hook): Promise<void> {
  const known = new Set(world.executions.keys());
  await world.time.run(new DatabaseProcess(world).run((ports) => probe(ports)));
  for (const [name, input] of world.executions) {
    if (known.has(name)) continue;
    await world.time.run(runPlan(input as ExecutionInput, carryIn(world, hook), world.time));
  }
}

const comesBack = (world: DatabaseWorld) => {
  world.primary = { ...world.primary, reachable: true, database: true };
  world.member('app-a').replicaOf = 'app-a';
};
const notes = (world: DatabaseWorld) => world.announced.filter((e) => e.type === 'old-writer-fenced');

describe('an old primary that comes back after a failover', () => {
  test('is fenced by itself, and it is said on the incident of the failover', async () => {
    const world = await served();
    expect(world.state.keptOut).toEqual({ id: 'app-a', epoch: 1, up: {} });
    comesBack(world);
    await minute(world);
    expect(world.timeline).toEqual(['fence acl-1']);
    expect(world.state.keptOut).toEqual({ id: 'app-a', epoch: 1, up: { 'networkAcl:acl-1': 'F3' } });
    expect(notes(world).map(({ incidentKey, action, summary }) => ({ incidentKey, action, summary }))).toEqual([
      {
        incidentKey: 'app/1',
        action: 'note',
        summary: 'app: the old primary app-a was fenced: networkAcl:acl-1 is up at F3',
      },
    ]);
  });

  test('is tried each minute while it does not answer, quietly, and once more only when it is fenced', async () => {
    const world = await served();
    for (let n = 0; n < 3; n += 1) await minute(world);
    expect([world.fences.size, notes(world)]).toEqual([0, []]);
    comesBack(world);
    for (let n = 0; n < 3; n += 1) await minute(world);
    expect([world.timeline, notes(world).length]).toEqual([['fence acl-1'], 1]);
  });

  test('is fenced while the promotion still runs', async () => {
    const world = new DatabaseWorld();
    const run = await outage(world);
    let fenced: readonly string[] = [];
    await world.time.run(
      runPlan(
        { pair: 'app', run: run.id, epoch: run.epoch },
        async (step) => {
          const answer = await carryIn(world)(step);
          if (step.step === 'promote_replica' && answer.verdict === 'again' && world.fences.size === 0) {
            comesBack(world);
            await carryIn(world)({ pair: 'app', run: run.id, epoch: run.epoch, step: FENCE_DUTY });
            fenced = [...world.fences];
          }
          return answer;
        },
        world.time,
      ),
    );
    expect([fenced, world.state.active]).toEqual([['acl-1'], 'standby']);
  });

  test('is fenced at once, by every fence anew, when it writes rows of its old epoch', async () => {
    const world = await served();
    comesBack(world);
    await minute(world);
    // Somebody swapped the ACL back by hand.
    world.fences.clear();
    await minute(world);
    expect(world.timeline).toEqual(['fence acl-1', 'fence acl-1']);
    expect(world.announced.map((e) => e.type)).toContain('split-brain');
  });

  test.each(['before', 'after'] as const)('is fenced though the function dies %s any of its calls', async (phase) => {
    for (let n = 0; n < 8; n += 1) {
      const world = await served();
      comesBack(world);
      await minute(world, dieAt(n, phase));
      expect([n, [...world.fences]]).toEqual([n, ['acl-1']]);
    }
  });
});

describe('nobody fences', () => {
  test('before a promotion was requested, nor by an order of an older epoch', async () => {
    const world = new DatabaseWorld();
    const run = await outage(world);
    const duty = { pair: 'app', run: run.id, epoch: run.epoch, step: FENCE_DUTY };
    world.primary.reachable = true;
    expect((await carryIn(world)(duty)).because).toEqual(['no old primary is kept out']);
    const later = await served();
    comesBack(later);
    expect((await carryIn(later)({ ...duty, epoch: 0 })).because).toEqual(['the epoch is 1, not 0']);
    expect([world.fences.size, later.fences.size]).toEqual([0, 0]);
  });

  test('what a person let through, also when they did so at that very moment', async () => {
    const world = await served();
    comesBack(world);
    await minute(world);
    const lower = () => new DatabaseProcess(world).run((ports) => lowerFences({ pair: 'app', by: 'ann' }, ports));
    expect((await world.time.run(lower())).kind).toBe('done');
    await minute(world);
    expect([world.fences.size, world.state.keptOut?.loweredBy]).toEqual([0, 'ann']);

    const raced = await served();
    comesBack(raced);
    const during: Hook = (call, phase) => {
      const item = raced.journal.peek('app');
      if (call === 'fences.raise' && phase === 'after' && item?.database?.keptOut)
        raced.journal.put({
          ...item,
          revision: item.revision + 1,
          database: { ...item.database, keptOut: { ...item.database.keptOut, loweredBy: 'ann' } },
        });
      return 'live';
    };
    await minute(raced, during);
    expect([raced.timeline, raced.fences.size, notes(raced)]).toEqual([['fence acl-1'], 0, []]);
  });

  test('where the old primary is being rebuilt', async () => {
    const world = await served();
    comesBack(world);
    const rebuilt = { id: 'app-a2', endpoint: 'a2', port: 5432, region: 'eu-west-1', engine: 'postgres' };
    await transact(world.journal, 'app', (item) => beginRebuild(item, rebuilt));
    await minute(world);
    expect(world.fences.size).toBe(0);
  });
});
