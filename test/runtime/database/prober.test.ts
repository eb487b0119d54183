import type { DatabaseRegistration } from '../../../lib/contracts/database';
import { SERVERS_NEEDED } from '../../../lib/runtime/drive/database/look';
import { PROBER_KEY, probe, RUN_MS } from '../../../lib/runtime/drive/database/prober';
import { DatabaseProcess } from '../../fakes/database/process';
import { acquired, said, walked } from '../../fakes/database/run';
import { DatabaseWorld } from '../../fakes/database/world';
import type { Hook } from '../../fakes/process';

const oneRun = (world: DatabaseWorld, hook?: Hook) => new DatabaseProcess(world, hook).run((ports) => probe(ports));

/** EventBridge Scheduler starts a prober each minute; runs overlap. */
async function watch(world: DatabaseWorld, minutes: number, at: Readonly<Record<number, () => void>> = {}): Promise<void> {
  const runs: Promise<unknown>[] = [];
  await world.time.pass(600_000);
  for (let minute = 0; minute < minutes; minute += 1) {
    at[minute]?.();
    runs.push(oneRun(world).catch(() => undefined));
    await world.time.pass(60_000);
  }
  await world.time.run(Promise.all(runs));
}

const events = (world: DatabaseWorld) => world.announced.map((e) => `${e.action} ${e.type}`);
const make = (change: Partial<DatabaseRegistration> = {}) => new DatabaseWorld(change);
const fail = (): never => {
  throw new Error('no item');
};
const quickHeartbeat = { heartbeat: { readerFunction: 'reader', limitMs: 30_000 } };

describe('a prober', () => {
  test('says nothing and writes nothing about a pair while all is well', async () => {
    const world = make();
    const before = world.journal.peek('app')?.revision;
    await watch(world, 3);
    expect([world.announced, world.executions.size, world.journal.peek('app')?.revision]).toEqual([[], 0, before]);
    expect([...world.asked]).toEqual(['udp']);
    expect(new Set(world.metrics.map((m) => m.name))).toEqual(
      new Set([
        'DatabaseProberTicks',
        'DatabaseStuck',
        'DatabaseUnprotected',
        'DatabaseSplitBrain',
        'DatabaseStandbyWrites',
        'DatabaseEpoch',
      ]),
    );
  });

  test('takes the next epoch and starts one machine when site and writer are dead', async () => {
    const world = make(quickHeartbeat);
    await watch(world, 4, { 1: () => world.killPrimary() });
    expect([...world.executions.entries()]).toEqual([['app-e1', { pair: 'app', run: 'app-e1', epoch: 1 }]]);
    const run = world.state.run;
    expect([run?.automatic, run?.startedBy, world.journal.peek('app')?.incident?.key]).toEqual([true, 'prober', 'app/1']);
    expect((run?.failedAtMs ?? 0) - world.primary.diedAtMs).toBeGreaterThanOrEqual(0);
    expect((run?.failedAtMs ?? 0) - world.primary.diedAtMs).toBeLessThanOrEqual(5_000);
    if (!run) throw new Error('no run');
    expect(events(world)).toEqual(['trigger traffic-incident']);
    expect((await walked(world, run)).end).toBe('done');
    expect(world.state.active).toBe('standby');
    expect(events(world).slice(-2)).toEqual(['resolve failover-done', 'resolve primary-replaced']);
  });

  test('that dies between epoch and start is followed by one that starts the same machine', async () => {
    const world = make();
    await world.time.pass(600_000);
    world.killPrimary();
    let died = false;
    const first = oneRun(world, (call, phase) => {
      if (call !== 'machine.start' || phase !== 'before' || died) return 'live';
      died = true;
      return 'die';
    });
    await expect(world.time.run(first)).rejects.toThrow('died before machine.start');
    expect([world.journal.peek('app')?.epoch, world.executions.size]).toEqual([1, 0]);
    await world.time.run(oneRun(world));
    expect([[...world.executions.keys()], world.journal.peek('app')?.epoch]).toEqual([['app-e1'], 1]);
  });

  test('beside another one takes one epoch only', async () => {
    const world = make();
    await world.time.pass(600_000);
    world.killPrimary();
    await world.time.run(Promise.all([oneRun(world), oneRun(world)]));
    expect([world.journal.peek('app')?.epoch, world.executions.size]).toEqual([1, 1]);
  });

  test('ends when a newer one remembers as much, and at its time limit when none comes', async () => {
    const world = make();
    const alone = await world.time.run(oneRun(world));
    expect(alone).toEqual({ ticks: RUN_MS / 5_000, ended: 'time' });
    const older = oneRun(world);
    await world.time.pass(60_000);
    const newer = oneRun(world);
    const first = await world.time.run(older);
    expect([first.ended, first.ticks > 60_000 / 5_000 + 2]).toEqual(['newer run', true]);
    expect((await world.time.run(newer)).ended).toBe('time');
    expect(world.journal.peek(PROBER_KEY)?.epoch).toBe(3);
  });

  test('asks over TCP before it acts', async () => {
    const world = make();
    await watch(world, 3, { 1: () => world.killPrimary() });
    expect([...world.asked].sort()).toEqual(['tcp', 'udp']);
    expect(SERVERS_NEEDED).toBe(2);
  });
});

/** The Region of the primary is gone with its API: what Aurora says about its writer cannot be heard. */
function auroraGone(change: Partial<DatabaseRegistration>): DatabaseWorld {
  const world = make({ kind: 'auroraGlobal', globalCluster: 'g', fences: [], ...change });
  const look = world.look.bind(world);
  world.look = (id) => {
    const view = look(id);
    if (world.primary.reachable || view.kind !== 'member') return view;
    return id === 'app-a' ? { kind: 'absent' } : { ...view, replicating: false };
  };
  return world;
}

describe('of an Aurora Global Database whose whole Region is silent', () => {
  test('a person is asked without a heartbeat: a cut link looks the same', async () => {
    const world = auroraGone({ heartbeat: undefined });
    await watch(world, 4, { 1: () => world.killPrimary() });
    expect([world.executions.size, events(world)]).toEqual([0, ['trigger failover-needs-person']]);
  });

  test('the failover begins by itself with one', async () => {
    const world = auroraGone(quickHeartbeat);
    await watch(world, 4, { 1: () => world.killPrimary() });
    expect([...world.executions.keys()]).toEqual(['app-e1']);
  });
});

describe('nothing is promoted', () => {
  const cases: readonly [string, Partial<DatabaseRegistration>, (w: DatabaseWorld) => void, readonly string[]][] = [
    [
      'when only the endpoint fails',
      {},
      (w) => {
        w.primary.web = false;
      },
      ['trigger traffic-incident'],
    ],
    [
      'when Route 53 still reaches the primary',
      {},
      (w) => {
        w.primary.reachable = false;
      },
      ['trigger partition-suspected'],
    ],
    [
      'when the trigger is manual',
      { trigger: { kind: 'manual' } },
      (w) => w.killPrimary(),
      ['trigger traffic-incident', 'trigger failover-needs-person'],
    ],
    [
      'when one name server alone answers',
      {},
      (w) => {
        w.killPrimary();
        w.silent.add('192.0.2.53');
      },
      ['trigger failover-needs-person'],
    ],
    ['when there is no heartbeat reader', { heartbeat: undefined }, (w) => w.killPrimary(), ['trigger traffic-incident']],
    [
      'when the standby is unhealthy',
      {},
      (w) => {
        w.killPrimary();
        w.standby.web = false;
      },
      ['trigger traffic-incident', 'trigger failover-blocked'],
    ],
  ];
  test.each(cases)('%s', async (_name, change, spoil, expected) => {
    const world = make(change);
    await watch(world, 5, { 1: () => spoil(world) });
    expect([world.executions.size, world.journal.peek('app')?.epoch]).toEqual([0, 0]);
    expect([...new Set(events(world))].sort()).toEqual([...expected].sort());
  });

  test('while the primary renews its lease', async () => {
    const world = make({ lease: { table: 't', region: 'eu-west-3' } });
    let n = 0;
    const renew = async () => {
      for (; n < 400; n += 1) {
        world.lease.record = { rvn: `r${n}`, epoch: 0, holder: 'app-a', turn: 1 };
        await world.time.sleep(5_000);
      }
    };
    const renewing = renew();
    await watch(world, 5, { 1: () => world.killPrimary() });
    expect(world.executions.size).toBe(0);
    await world.time.run(renewing);
  });

  test('while automation is paused, and somebody is paged', async () => {
    const world = make();
    const item = world.journal.peek('app');
    if (item) world.journal.put({ ...item, pausedUntilMs: world.time.nowMs() + 24 * 3_600_000 });
    await watch(world, 4, { 1: () => world.killPrimary() });
    expect([world.executions.size, said(world).includes('critical failover-blocked')]).toEqual([0, true]);
  });
});

describe('a page of the prober', () => {
  test('comes once while the suspicion lasts, and is resolved when it is over', async () => {
    const world = make();
    await watch(world, 8, {
      1: () => {
        world.primary.web = false;
      },
      5: () => {
        world.primary.web = true;
      },
    });
    expect(events(world)).toEqual(['trigger traffic-incident', 'resolve primary-recovered']);
    expect(new Set(world.announced.map((e) => e.incidentKey))).toEqual(new Set(['app/watch/traffic']));
    expect(world.state.state).toBe('ARMED');
  });

  test('about a dead database behind a living site waits for the service, then comes', async () => {
    const world = make();
    const spoil = () => {
      world.primary = { ...world.primary, database: false, diedAtMs: world.time.nowMs() };
    };
    await watch(world, 2, { 1: spoil });
    expect(events(world)).toEqual([]);
    await watch(world, 3);
    expect(events(world)).toEqual(['trigger database-incident']);
  });

  test('about a stuck run comes again with every prober', async () => {
    const world = make();
    const item = world.journal.peek('app');
    const run = {
      id: 'app-e1',
      kind: 'failover' as const,
      epoch: 1,
      startedBy: 'p',
      automatic: true,
      startedAtMs: 0,
      steps: { acquire: { beganAtMs: 0, attempts: 1 } },
    };
    if (item) world.journal.put({ ...item, epoch: 1, database: { ...world.state, state: 'STUCK', run } });
    await watch(world, 2);
    expect(events(world)).toEqual(['trigger failover-stuck', 'trigger failover-stuck']);
  });
});

test('a run that nobody carries any more is started again, once, and said', async () => {
  const world = make();
  const item = world.journal.peek('app');
  const steps = { acquire: { beganAtMs: 0, calledAtMs: 0, attempts: 1, outcome: 'done' } };
  const run = { id: 'app-e1', kind: 'failover' as const, epoch: 1, startedBy: 'p', automatic: true, startedAtMs: 0, steps };
  if (item) world.journal.put({ ...item, epoch: 1, database: { ...world.state, state: 'ASSESSING', run } });
  await watch(world, 2);
  expect([[...world.executions.keys()], events(world)]).toEqual([['app-e1-a1'], ['trigger run-taken-up']]);
  world.journal.put({ ...(world.journal.peek('app') ?? fail()), database: { ...world.state, state: 'STUCK' } });
  await world.time.pass(600_000);
  await watch(world, 1);
  expect([...world.executions.keys()]).toEqual(['app-e1-a1']);
});

test('a run whose execution ended before its first step was recorded is started again under another name', async () => {
  const world = make();
  await world.time.pass(600_000);
  await acquired(world, { nowMs: world.time.nowMs() + 600_000 });
  world.executions.set('app-e1', { pair: 'app' });
  await watch(world, 2);
  expect([...world.executions.keys()]).toEqual(['app-e1']);
  await watch(world, 1);
  expect([[...world.executions.keys()], events(world)]).toEqual([['app-e1', 'app-e1-a1'], ['trigger run-taken-up']]);
});

test('a prober that cannot read whether a newer one runs goes on watching', async () => {
  const world = make();
  let reads = 0;
  const { read } = world.journal;
  world.journal.read = async (pair) => {
    if (pair === PROBER_KEY) reads += 1;
    if (pair === PROBER_KEY && reads === 2) throw new Error('ProvisionedThroughputExceededException');
    return read.call(world.journal, pair);
  };
  const end = await world.time.run(oneRun(world));
  expect([end.ended, reads > 2]).toEqual(['time', true]);
});

describe('after a promotion', () => {
  const served = (world: DatabaseWorld) => {
    const item = world.journal.peek('app');
    if (item) {
      world.journal.put({
        ...item,
        epoch: 1,
        database: {
          ...world.state,
          state: 'SERVING_STANDBY',
          active: 'standby',
          writer: 'app-b1',
          latch: { on: true, generation: 1 },
        },
      });
    }
  };

  test('another writer that still writes is claimed and paged', async () => {
    const world = make();
    served(world);
    world.member('app-a').replicaOf = 'app-a';
    world.publish(true, false, {});
    await watch(world, 2);
    expect(world.state.splitBrain?.because).toContain('app-a wrote a row of epoch 0 0 s ago, the epoch is 1');
    expect(said(world)).toContain('critical split-brain');
  });

  test('a latch that does not show is paged', async () => {
    const world = make();
    served(world);
    world.killPrimary();
    await watch(world, 2);
    expect(world.state.splitBrain?.because).toContain('the latch does not show');
  });
});

test('a rollback is tried again after its rest, with the loss judged at the first failure', async () => {
  const world = make();
  await watch(world, 3, {
    1: () => {
      world.killPrimary();
    },
  });
  const first = world.state.run;
  if (!first) throw new Error('no run');
  world.silent.add('192.0.2.53');
  expect((await walked(world, first)).end).toBe('rolled_back');
  world.silent.clear();
  await watch(world, 3);
  expect(world.journal.peek('app')?.epoch).toBe(1);
  await world.time.pass(1_800_000);
  await watch(world, 2);
  const second = world.state.run;
  expect([second?.epoch, second?.failedAtMs]).toEqual([2, first.failedAtMs]);
  if (second) expect((await walked(world, second)).end).toBe('done');
});
