import type { DatabaseRegistration } from '../../../lib/contracts/database';
import { HOLD_MS, STEAL_MS } from '../../../lib/decide/database/lease';
import { DATABASE_METRIC } from '../../../lib/decide/metrics';
import { PairMemory } from '../../../lib/runtime/drive/database/memory';
import { failover } from '../../../lib/runtime/drive/database/orders';
import { probe } from '../../../lib/runtime/drive/database/prober';
import { type RenewerEnd, renew } from '../../../lib/runtime/drive/database/renew';
import { DatabaseProcess } from '../../fakes/database/process';
import { walked } from '../../fakes/database/run';
import { DatabaseWorld } from '../../fakes/database/world';

/** Renewer, prober and steps as they ship, in one world with one table of leases. */

const leased = (change: Partial<DatabaseRegistration> = {}) =>
  new DatabaseWorld({ lease: { table: 't', region: 'eu-central-1' }, ...change });

interface Beside {
  /** Rows that were committed by it. */
  rows: number;
  ends: RenewerEnd[];
}

/** A renewer beside the primary, started each minute. `writes` says whether its writer commits. */
async function renewing(world: DatabaseWorld, minutes: number, beside: Beside, writes: () => boolean): Promise<void> {
  const { time } = world;
  const runs: Promise<unknown>[] = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    const run = renew(
      {
        time,
        stopwatch: { elapsedMs: () => time.elapsedMs() },
        rows: {
          beat: async () => {
            if (!writes()) return { kind: 'unknown', because: 'the writer does not answer' };
            beside.rows += 1;
            return 'committed';
          },
        },
        lease: world.lease,
        metrics: { publish: () => undefined },
        log: { info: () => undefined, error: () => undefined },
      },
      { pair: 'app', member: world.database.source },
    );
    runs.push(run.then((end) => beside.ends.push(end)));
    await time.sleep(60_000);
  }
  await Promise.all(runs);
}

/** A prober each minute, as the schedule starts it. */
async function watch(world: DatabaseWorld, minutes: number, at: Readonly<Record<number, () => void>> = {}): Promise<void> {
  const runs: Promise<unknown>[] = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    at[minute]?.();
    runs.push(new DatabaseProcess(world).run((ports) => probe(ports)).catch(() => undefined));
    await world.time.pass(60_000);
  }
  await world.time.run(Promise.all(runs));
}

const lost = (world: DatabaseWorld) => world.metrics.filter((m) => m.name === DATABASE_METRIC.leaseLost).map((m) => m.value);
const begun = (): Beside => ({ rows: 0, ends: [] });

test('a lease is offered by the prober, renewed beside the writer, taken by the failover and handed to the new writer', async () => {
  const world = leased();
  world.lease.record = undefined;
  const beside = begun();
  const agent = renewing(world, 30, beside, () => world.primary.database);
  await world.time.pass(600_000);
  await watch(world, 5, { 3: () => world.killPrimary() });
  const run = world.state.run;
  if (!run) throw new Error('no run');
  expect([run.automatic, await world.lease.read()]).toEqual([
    true,
    expect.objectContaining({ holder: 'app-a', epoch: 0, rvn: run.leaseRvn }),
  ]);
  expect((await walked(world, run)).end).toBe('done');
  expect(world.lease.record).toMatchObject({ holder: 'app-b1', epoch: 1, turn: 0 });

  // The old primary is back: it writes neither row nor lease.
  world.primary.database = true;
  const { rows } = beside;
  const renewals = world.lease.renewals.length;
  await world.time.run(agent);
  expect([beside.rows, world.lease.renewals.length]).toEqual([rows, renewals]);
  expect(beside.ends.at(-1)).toMatchObject({ ended: 'not the holder', because: 'the lease is held by app-b1 at epoch 1' });
});

test('a failover waits until the lease has stood still', async () => {
  const world = leased();
  const agent = renewing(world, 8, begun(), () => world.primary.database);
  await watch(world, 6, { 2: () => world.killPrimary() });
  expect((world.state.run?.startedAtMs ?? 0) - world.primary.diedAtMs).toBeGreaterThanOrEqual(STEAL_MS - 5_000);
  await world.time.run(agent);
});

test('a renewer that dies while its writer lives promotes nothing, and is told by a metric', async () => {
  const world = leased();
  let alive = true;
  const agent = renewing(world, 3, begun(), () => alive);
  await watch(world, 2);
  expect(new Set(lost(world))).toEqual(new Set([0]));
  alive = false;
  await watch(world, 5);
  expect([world.executions.size, lost(world).slice(-3)]).toEqual([0, [1, 1, 1]]);
  await world.time.run(agent);
});

test('nothing is said of the lease while the standby writes', async () => {
  const world = leased();
  await watch(world, 4, { 1: () => world.killPrimary() });
  const run = world.state.run;
  if (!run) throw new Error('no run');
  await walked(world, run);
  const before = lost(world).length;
  await watch(world, 3);
  expect([world.state.active, lost(world).length]).toEqual(['standby', before]);
});

test('a primary that only we and users cannot reach keeps its lease and is not failed over, whatever the clocks do', async () => {
  const world = leased();
  // It renews so seldom that two looks see the same record.
  const slowly = (async () => {
    for (let n = 0; n < 60; n += 1) {
      await world.lease.renew('app', 'app-a', { epoch: 0, seenTurn: 1, turn: 1, sinceMs: 0 });
      await world.time.sleep(12_000);
    }
  })();
  const jumps = (async () => {
    for (let n = 0; n < 60; n += 1) {
      await world.time.sleep(7_000);
      world.time.jump(60_000);
    }
  })();
  await watch(world, 6, { 1: () => world.killPrimary() });
  expect([world.executions.size, world.journal.peek('app')?.epoch]).toEqual([0, 0]);
  await world.time.run(Promise.all([slowly, jumps]));
});

test('what a crash left with a run is handed to the writer by the next prober', async () => {
  const world = leased();
  world.lease.record = { rvn: 'x', epoch: 0, holder: 'app-e0', turn: 0 };
  await watch(world, 1);
  expect(world.lease.record).toMatchObject({ holder: 'app-a', epoch: 0, turn: 0 });
});

test('a lease that is ahead of the journal is moved by nobody', async () => {
  const world = leased();
  const ahead = { rvn: 'x', epoch: 9, holder: 'app-e9', turn: 0 };
  world.lease.record = ahead;
  await watch(world, 3);
  expect([world.lease.record, lost(world).includes(1)]).toEqual([ahead, true]);
});

test('an order of a person is refused while the lease is renewed, and with a reason goes ahead without a table that does not answer', async () => {
  const world = leased();
  const agent = renewing(world, 4, begun(), () => true);
  await world.time.pass(60_000);
  world.killPrimary();
  await world.time.pass(60_000);
  const order = (force?: string) =>
    world.time.run(
      new DatabaseProcess(world).run((ports) =>
        failover({ pair: 'app', by: 'ann', acceptLossMs: 3_600_000, ...(force ? { force } : {}) }, ports),
      ),
    );
  expect(await order()).toEqual({
    kind: 'refused',
    because: [expect.stringMatching(/^the primary lives: the lease is unchanged for \d+ ms, limit 30000 ms$/)],
  });
  await world.time.run(agent);
  world.lease.because = 'timed out';
  expect((await order('the witness Region is gone')).kind).toBe('started');
  const run = world.state.run;
  if (!run) throw new Error('no run');
  expect([(await walked(world, run)).end, world.state.active]).toEqual(['done', 'standby']);
  expect(world.announced.find((e) => e.type === 'failover-started')).toMatchObject({
    details: { forced: 'the witness Region is gone' },
  });
});

test('how long a record stands still is never said longer than it was', () => {
  const memory = new PairMemory();
  expect(memory.leaseSeen('r1', 0, 3_000)).toEqual({ unchangedForMs: 0, changed: false });
  // The answer of a look that began at 4 s came a minute later: what it shows was true at 4 s.
  expect(memory.leaseSeen('r1', 4_000, 64_000)).toEqual({ unchangedForMs: 1_000, changed: false });
  expect(memory.leaseSeen('r2', 65_000, 66_000)).toEqual({ unchangedForMs: 0, changed: true });
  expect(memory.leaseSeen('r2', 66_000 + HOLD_MS, 99_000)).toEqual({ unchangedForMs: HOLD_MS, changed: true });
});
