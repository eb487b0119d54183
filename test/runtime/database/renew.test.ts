import { HOLD_MS } from '../../../lib/decide/database/lease';
import { RENEWER_MS, type RenewerEnd, type RenewerPorts, renew } from '../../../lib/runtime/drive/database/renew';
import type { HeartbeatWriter } from '../../../lib/runtime/ports/heartbeat';
import { FakeLease } from '../../fakes/database/lease';
import { databaseOf } from '../../fakes/database/world';
import { VirtualTime } from '../../fakes/virtual-time';

const member = databaseOf().source;

/** A writer with one row, and a renewer beside it. Nothing happens but by the test. */
function make(lease = new FakeLease({ turn: 0 })) {
  const time = new VirtualTime();
  const world = {
    time,
    lease,
    row: { epoch: 0, beats: 0, epochs: [] as (number | undefined)[] },
    /** Set: the writer commits nothing. */
    refuses: undefined as string | undefined,
    /** Called when a row has committed and the renewal was not sent yet. */
    afterCommit: (): Promise<void> => Promise.resolve(),
    /** How long the process did not run, though time passed. */
    frozenMs: 0,
    logged: [] as string[],
    published: [] as number[],
  };
  const rows: HeartbeatWriter = {
    beat: async (_member, epoch) => {
      if (world.refuses !== undefined) return { kind: 'unknown', because: world.refuses };
      if (epoch !== undefined && epoch < world.row.epoch) return 'newer';
      world.row = { epoch: epoch ?? world.row.epoch, beats: world.row.beats + 1, epochs: [...world.row.epochs, epoch] };
      await world.afterCommit();
      return 'committed';
    },
  };
  const ports: RenewerPorts = {
    time,
    stopwatch: { elapsedMs: () => time.elapsedMs() + world.frozenMs },
    rows,
    lease,
    metrics: { publish: (values) => world.published.push(...Object.values(values).map(({ value }) => value)) },
    log: { info: () => undefined, error: (what, facts) => void world.logged.push(`${what}: ${facts?.['because']}`) },
  };
  const start = (): Promise<RenewerEnd> => renew(ports, { pair: 'app', member });
  return { world, start };
}

describe('a renewer', () => {
  test('renews every 5 s, each time after a row, and is followed by the next run', async () => {
    const { world, start } = make();
    const order: string[] = [];
    world.afterCommit = async () => void order.push(`row ${world.lease.renewals.length}`);
    const end = await world.time.run(start());
    expect(end).toEqual({ renewals: RENEWER_MS / 5_000, ended: 'time' });
    expect(order).toEqual(world.lease.renewals.map((_, n) => `row ${n}`));
    expect(world.published.reduce((sum, n) => sum + n, 0)).toBe(end.renewals);
    const next = await world.time.run(start());
    expect([next.ended, world.lease.record]).toEqual(['time', expect.objectContaining({ turn: 2, holder: 'app-a' })]);
  });

  test('does not renew while its row does not commit, and goes on when it does', async () => {
    const { world, start } = make();
    const running = start();
    await world.time.pass(11_000);
    world.refuses = 'cannot execute UPDATE in a read-only transaction';
    const before = world.lease.record?.rvn;
    await world.time.pass(40_000);
    expect(world.lease.record?.rvn).toBe(before);
    expect(world.logged[0]).toBe('no heartbeat row was committed: cannot execute UPDATE in a read-only transaction');
    world.refuses = undefined;
    await world.time.pass(10_000);
    expect(world.lease.record?.rvn).not.toBe(before);
    expect((await world.time.run(running)).ended).toBe('time');
  });

  test('that was paused between row and renewal does not renew by its old belief: it looks again first', async () => {
    const { world, start } = make();
    const running = start();
    await world.time.pass(11_000);
    const calls: string[] = [];
    for (const name of ['read', 'renew'] as const) {
      const real = world.lease[name].bind(world.lease) as (...given: unknown[]) => Promise<never>;
      jest.spyOn(world.lease, name).mockImplementation((...given: unknown[]) => {
        calls.push(`${name} after row ${world.row.beats}`);
        return real(...given);
      });
    }
    const { beats } = world.row;
    world.afterCommit = async () => {
      world.afterCommit = async () => undefined;
      await world.time.sleep(HOLD_MS);
    };
    await world.time.pass(4_500 + HOLD_MS);
    expect(world.logged).toEqual(['the lease was not renewed: the belief in it is too old: look again']);
    expect(calls).toEqual([`read after row ${beats + 1}`, `renew after row ${beats + 2}`]);
    await world.time.run(running);
  });

  test('that was paused while a failover took the lease writes neither row nor lease again', async () => {
    const { world, start } = make();
    const running = start();
    await world.time.pass(11_000);
    world.afterCommit = async () => {
      world.afterCommit = async () => undefined;
      await world.time.sleep(HOLD_MS - 5_000);
      await world.lease.take('app', world.lease.record?.rvn ?? '', 1, 'app-e1');
    };
    expect(await world.time.run(running)).toMatchObject({
      ended: 'not the holder',
      because: 'the lease is held by app-e1 at epoch 1',
    });
    const { beats } = world.row;
    expect(await world.time.run(start())).toMatchObject({ renewals: 0, ended: 'not the holder' });
    expect([world.row.beats, world.lease.record]).toEqual([beats, expect.objectContaining({ holder: 'app-e1', epoch: 1 })]);
  });

  test('whose writer was dead while a failover took the lease writes no row when the writer is back', async () => {
    const { world, start } = make();
    const running = start();
    await world.time.pass(11_000);
    world.refuses = 'the writer does not answer';
    await world.time.pass(2 * HOLD_MS);
    await world.lease.take('app', world.lease.record?.rvn ?? '', 1, 'app-e1');
    world.refuses = undefined;
    const { beats } = world.row;
    expect(await world.time.run(running)).toMatchObject({ because: 'the lease is held by app-e1 at epoch 1' });
    expect(world.row.beats).toBe(beats);
  });

  test('that was frozen while a failover took the lease writes no row when it thaws', async () => {
    const { world, start } = make();
    const running = start();
    await world.time.pass(11_000);
    await world.lease.take('app', world.lease.record?.rvn ?? '', 1, 'app-e1');
    world.frozenMs = HOLD_MS;
    const { beats } = world.row;
    expect(await world.time.run(running)).toMatchObject({ because: 'the lease is held by app-e1 at epoch 1' });
    expect(world.row.beats).toBe(beats);
  });

  test('goes on at the newer epoch when a run that was given up hands the lease back', async () => {
    const { world, start } = make();
    const running = start();
    await world.time.pass(11_000);
    await world.lease.take('app', world.lease.record?.rvn ?? '', 1, 'app-e1');
    await world.lease.take('app', world.lease.record?.rvn ?? '', 1, 'app-a');
    await world.time.pass(15_000);
    expect([world.lease.record, world.row.epoch]).toEqual([expect.objectContaining({ epoch: 1, turn: 1 }), 1]);
    expect((await world.time.run(running)).ended).toBe('time');
  });

  test('does not renew by an epoch that is older than its row', async () => {
    const { world, start } = make();
    world.row.epoch = 7;
    const end = await world.time.run(start());
    expect([end.renewals, world.logged[0]]).toEqual([
      0,
      'no heartbeat row was committed: the row carries a newer epoch than the lease',
    ]);
  });

  test('writes rows without an epoch while nobody can read the lease, and renews as soon as somebody can', async () => {
    const { world, start } = make();
    world.row.epoch = 3;
    world.lease.record = { rvn: 'r0', epoch: 3, holder: 'app-a', turn: 4 };
    world.lease.because = 'timed out';
    const running = start();
    await world.time.pass(21_000);
    expect([world.row.epochs, world.lease.renewals]).toEqual([[undefined, undefined, undefined, undefined, undefined], []]);
    world.lease.because = undefined;
    await world.time.pass(10_000);
    expect([world.row.epochs.at(-1), world.lease.renewals]).toEqual([3, [3, 3]]);
    await world.time.run(running);
  });

  test('whose renewal was not answered looks before it renews again', async () => {
    const { world, start } = make();
    const running = start();
    await world.time.pass(11_000);
    const renewal = jest.spyOn(world.lease, 'renew').mockImplementationOnce(async (pair, holder, belief) => {
      await FakeLease.prototype.renew.call(world.lease, pair, holder, belief);
      return { kind: 'unknown', because: 'TimeoutError' };
    });
    await world.time.pass(10_000);
    expect([renewal.mock.calls.length, world.lease.record?.turn]).toEqual([2, 2]);
    expect((await world.time.run(running)).ended).toBe('time');
  });

  test('of a newer run takes over from the older one, and one renews', async () => {
    const { world, start } = make();
    const older = start();
    await world.time.pass(62_000);
    const newer = start();
    expect(await world.time.run(older)).toMatchObject({
      ended: 'not the holder',
      because: 'a newer run of the renewer holds turn 2',
    });
    expect((await world.time.run(newer)).ended).toBe('time');
  });

  test('waits while nobody has offered it a lease, and says so', async () => {
    const { world, start } = make(new FakeLease());
    const running = start();
    await world.time.pass(11_000);
    expect([world.lease.record, world.logged[0]]).toEqual([undefined, 'the lease was not seen: no lease of app']);
    await world.lease.offer('app', 0, 'app-a');
    await world.time.pass(10_000);
    expect(world.lease.record).toMatchObject({ turn: 1 });
    await world.time.run(running);
  });
});
