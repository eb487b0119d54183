import type { DatabaseStepInput } from '../../../lib/contracts/database';
import { acquire } from '../../../lib/decide/database/order-rules';
import type { JournalItem } from '../../../lib/decide/journal';
import { databaseStep } from '../../../lib/runtime/drive/database/step';
import { TransitionJournal } from '../../../lib/runtime/drive/database/transition-journal';
import { runPlan } from '../../../lib/runtime/drive/database/walk';
import { transact } from '../../../lib/runtime/drive/transact';
import type { Journal } from '../../../lib/runtime/ports';
import { FakeBus } from '../../fakes/database/bus';
import { DatabaseProcess } from '../../fakes/database/process';
import { DatabaseWorld, membersOf } from '../../fakes/database/world';

const setUp = (mood: FakeBus['mood'] = 'takes') => {
  const world = new DatabaseWorld();
  const bus = new FakeBus();
  bus.mood = mood;
  const logged: string[] = [];
  const log = { info: () => undefined, error: (what: string) => void logged.push(what) };
  const toldBy = (source: string, journal: Journal = world.journal) =>
    new TransitionJournal({ journal, transitions: bus, time: world.time, log }, { namespace: 'web', source });
  return { world, bus, logged, toldBy };
};
type SetUp = ReturnType<typeof setUp>;

const begin = ({ world }: SetUp, journal: Journal, failedAtMs: number) =>
  transact(journal, 'app', (item) =>
    acquire(item, {
      pair: 'app',
      kind: 'failover',
      startedBy: 'prober',
      automatic: true,
      seenEpoch: 0,
      nowMs: world.time.nowMs(),
      failedAtMs,
      gapsMs: { 'app-b1': 5_000, 'app-b2': 5_000 },
      members: membersOf(world.database),
    }),
  );

/** Every call of a step is a process with a journal of its own, as a cold function has. */
const step =
  ({ world, toldBy }: SetUp) =>
  (input: DatabaseStepInput) =>
    new DatabaseProcess(world).run(async (ports) => {
      const journal = toldBy('database-step', ports.journal);
      return databaseStep(input, { ...ports, journal }).finally(() => journal.settled());
    });

async function failover(made: SetUp) {
  const { world, toldBy } = made;
  await world.time.pass(600_000);
  world.killPrimary();
  const failedAtMs = world.time.nowMs();
  await world.time.pass(60_000);
  await begin(made, toldBy('prober'), failedAtMs);
  const end = await world.time.run(runPlan({ pair: 'app', run: 'app-e1', epoch: 1 }, step(made), world.time));
  const { state, active, writer, lastRuns } = world.state;
  return { end: end.end, state, active, writer, ended: lastRuns[0]?.outcome, orders: world.orders, timeline: world.timeline };
}

describe('a whole failover', () => {
  test('tells each transition once, in order, with who made it', async () => {
    const made = setUp();
    expect(await failover(made)).toMatchObject({ end: 'done', state: 'SERVING_STANDBY' });
    expect(made.bus.taken.map(({ row, from, to, source, run }) => [row, from, to, source, run])).toEqual([
      [20, 'ARMED', 'ASSESSING', 'prober', 'app-e1'],
      [30, 'ASSESSING', 'FENCING', 'database-step', 'app-e1'],
      [42, 'FENCING', 'LATCHING', 'database-step', 'app-e1'],
      [50, 'LATCHING', 'PROMOTING', 'database-step', 'app-e1'],
      [51, 'PROMOTING', 'VERIFYING', 'database-step', 'app-e1'],
      [60, 'VERIFYING', 'SERVING_STANDBY', 'database-step', 'app-e1'],
    ]);
    expect(new Set(made.bus.taken.map(({ id }) => id)).size).toBe(6);
    expect(made.logged).toEqual([]);
  });

  test('steps that are called again tell nothing again', async () => {
    const made = setUp();
    await failover(made);
    const before = made.bus.taken.length;
    for (const name of ['assess', 'latch', 'promote_replica', 'announce'] as const)
      await made.world.time.run(step(made)({ pair: 'app', run: 'app-e1', epoch: 1, step: name } as DatabaseStepInput));
    expect(made.bus.taken.length).toBe(before);
  });

  test.each(['refuses', 'hangs'] as const)('is the same when the bus %s, and the log says so', async (mood) => {
    const made = setUp(mood);
    expect(await failover(made)).toEqual(await failover(setUp()));
    expect(made.bus.taken).toEqual([]);
    expect(new Set(made.logged)).toEqual(
      new Set([mood === 'hangs' ? 'transitions are still being told' : 'transitions were not told']),
    );
  });
});

describe('a write', () => {
  const moved = (item: JournalItem | undefined, state: 'SUSPECT' | 'ARMED'): JournalItem => {
    if (!item?.database) throw new Error('no database');
    return { ...item, revision: item.revision + 1, database: { ...item.database, state } };
  };

  test('that lost its race tells nothing', async () => {
    const { toldBy, bus } = setUp();
    const [one, two] = [toldBy('prober'), toldBy('prober')];
    const [a, b] = [await one.read('app'), await two.read('app')];
    const seen = a?.revision ?? 0;
    expect(await one.write(moved(a, 'SUSPECT'), seen)).toBe('written');
    expect(await two.write(moved(b, 'SUSPECT'), seen)).toBe('lost');
    await Promise.all([one.settled(), two.settled()]);
    expect(bus.taken.map(({ row }) => row)).toEqual([10]);
  });

  test('is compared with what it replaced, though another read saw it before its answer came', async () => {
    const { world, toldBy, bus } = setUp();
    const late: Journal = {
      read: (pair) => world.journal.read(pair),
      once: (key) => world.journal.once(key),
      write: async (item, seen) => {
        const answer = await world.journal.write(item, seen);
        await journal.read('app');
        return answer;
      },
    };
    const journal = toldBy('prober', late);
    const item = await journal.read('app');
    await journal.write(moved(item, 'SUSPECT'), item?.revision ?? 0);
    await journal.settled();
    expect(bus.taken.map(({ row }) => row)).toEqual([10]);
  });

  test('does not wait for the bus', async () => {
    const { world, toldBy } = setUp('hangs');
    const journal = toldBy('prober');
    const item = await journal.read('app');
    const atMs = world.time.nowMs();
    expect(await journal.write(moved(item, 'SUSPECT'), item?.revision ?? 0)).toBe('written');
    expect(world.time.nowMs()).toBe(atMs);
  });

  test('of what was not read here is logged, not guessed', async () => {
    const { world, toldBy, bus, logged } = setUp();
    const item = moved(world.journal.peek('app'), 'ARMED');
    world.journal.put(item);
    expect(await toldBy('prober').write(moved(item, 'SUSPECT'), item.revision)).toBe('written');
    expect([bus.taken, logged]).toEqual([[], ['a write was not told: what it replaced was not read here']]);
  });
});
