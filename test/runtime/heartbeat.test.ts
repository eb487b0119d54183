import { createServer } from 'node:net';
import fc from 'fast-check';
import * as lab from '../../lib/lab/aws';
import { type Login, SecretLogins } from '../../lib/runtime/adapters/database/logins';
import { TlsSqlDatabases } from '../../lib/runtime/adapters/database/sql';
import { HeartbeatReader } from '../../lib/runtime/drive/heartbeat';
import type { SqlDatabases } from '../../lib/runtime/ports/heartbeat';
import { databaseOf } from '../fakes/database/world';
import { against, HandTime } from '../support/against';

const database = databaseOf();
const [member, other] = database.replicas;
if (!member || !other) throw new Error('the registration has two replicas');
const request = { pair: 'app', member, writer: database.source };

/** A row and a stopwatch that the test moves. */
function reader() {
  const at = { ms: 0, row: { kind: 'row' as const, atMs: 1_000, epoch: 0 }, answers: true as boolean | 'unknown' };
  const sql: SqlDatabases = { row: async () => at.row, answers: async () => at.answers };
  return { at, reader: new HeartbeatReader(sql, { elapsedMs: () => at.ms }) };
}

describe('a heartbeat reading', () => {
  test('fails as unknown at the first look after a cold start, and says at the second how long the row stood still', async () => {
    const { at, reader: cold } = reader();
    expect(await cold.read(request)).toEqual({ kind: 'unknown', because: 'first look at app-b1 since this reader started' });
    at.ms += 5_000;
    expect(await cold.read(request)).toEqual({
      kind: 'heartbeat',
      rowAtMs: 1_000,
      rowEpoch: 0,
      unchangedForMs: 5_000,
      writerAnswers: true,
    });
    at.row = { ...at.row, atMs: 11_000 };
    at.ms += 5_000;
    expect(await cold.read(request)).toMatchObject({ unchangedForMs: 0, rowAtMs: 11_000 });
  });

  test('a clock of the writer that stands in the past or the future changes nothing', async () => {
    const { at, reader: warm } = reader();
    await warm.read(request);
    for (const atMs of [4_000_000_000_000, 5]) {
      at.row = { ...at.row, atMs };
      at.ms += 90_000;
      expect(await warm.read(request)).toMatchObject({ unchangedForMs: 0 });
      at.ms += 7_000;
      expect(await warm.read(request)).toMatchObject({ unchangedForMs: 7_000 });
    }
  });

  test('each replica is watched by itself, and a new epoch is a new row', async () => {
    const { at, reader: warm } = reader();
    await warm.read(request);
    at.ms += 60_000;
    expect(await warm.read({ ...request, member: other })).toMatchObject({ kind: 'unknown' });
    at.row = { ...at.row, epoch: 1 };
    expect(await warm.read(request)).toMatchObject({ unchangedForMs: 0, rowEpoch: 1 });
  });

  test('never says longer than the row has really stood still', async () => {
    const step = fc.record({ ms: fc.nat(20_000), beats: fc.boolean(), tookMs: fc.nat(4_000) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        let [ms, atMs, changedMs, tookMs] = [0, 1, 0, 0];
        const sql: SqlDatabases = {
          row: async () => {
            ms += tookMs;
            return { kind: 'row', atMs, epoch: 0 };
          },
          answers: async () => true,
        };
        const watched = new HeartbeatReader(sql, { elapsedMs: () => ms });
        for (const next of steps) {
          ms += next.ms;
          if (next.beats) [atMs, changedMs] = [atMs + 1, ms];
          tookMs = next.tookMs;
          const reading = await watched.read(request);
          if (reading.kind === 'heartbeat') expect(reading.unchangedForMs).toBeLessThanOrEqual(ms - changedMs);
        }
      }),
      { seed: Number(process.env['SEED'] ?? 20261120) },
    );
  });

  test('fails as unknown, with the reason, when the row cannot be read', async () => {
    const sql: SqlDatabases = { row: async () => ({ kind: 'unknown', because: 'no table' }), answers: async () => false };
    expect(await new HeartbeatReader(sql, { elapsedMs: () => 0 }).read(request)).toEqual({
      kind: 'unknown',
      because: 'no table',
    });
  });
});

const login = (change: Partial<Login> = {}): Login => ({
  kind: 'login',
  username: 'failover_reader',
  password: 'change-me',
  ...change,
});
const sqlWith = (given: Login, authority?: string) =>
  new TlsSqlDatabases({ read: async () => given, forget: () => undefined }, authority);
const here = (port: number, engine = 'postgres') => ({ ...database.source, endpoint: 'localhost', port, engine });

describe.each(['postgres', 'mysql', 'mariadb', 'aurora-postgresql', 'aurora-mysql'])('a writer of engine %s', (engine) => {
  test('does not answer where nobody listens', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    expect(await sqlWith(login()).answers(here(port, engine))).toBe(false);
  });

  test('does not answer where the connection breaks at once', async () => {
    const server = createServer((socket) => socket.resetAndDestroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    expect(await sqlWith(login()).answers(here(port, engine))).toBe(false);
    await new Promise((resolve) => server.close(resolve));
  });

  test('is unknown where its name does not resolve', async () => {
    expect(await sqlWith(login()).answers({ ...here(1, engine), endpoint: 'nobody.invalid' })).toBe('unknown');
  });
});

test('a login is read once, and again after a database refused it; a secret of another shape is unknown', async () => {
  const values: lab.Values = new Map([
    ['eu-central-1:reader', '{"username":"u","password":"p","dbname":"shop"}'],
    ['eu-central-1:odd', 'text'],
  ]);
  const made = await against(new HandTime(), [new lab.Secrets(values)], () => ({ logins: new SecretLogins('reader') }));
  expect(await made.logins.read()).toEqual({ kind: 'login', username: 'u', password: 'p', dbname: 'shop' });
  values.set('eu-central-1:reader', '{"username":"u","password":"new"}');
  expect(await made.logins.read()).toMatchObject({ password: 'p' });
  made.logins.forget();
  expect(await made.logins.read()).toEqual({ kind: 'login', username: 'u', password: 'new' });
  expect(await new SecretLogins('odd').read()).toEqual({
    kind: 'unknown',
    because: 'secret odd is not JSON with username and password',
  });
  expect(await new SecretLogins('none').read()).toMatchObject({ kind: 'unknown' });
  await made.close();
});
