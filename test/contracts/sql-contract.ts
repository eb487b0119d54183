import { connect, createServer } from 'node:net';
import type { DatabaseMember } from '../../lib/contracts/database';
import { makeCertificates } from '../../lib/lab/world/certificates';
import type { Login } from '../../lib/runtime/adapters/database/logins';
import { TlsSqlDatabases } from '../../lib/runtime/adapters/database/sql';
import type { HeartbeatWriter, SqlDatabases } from '../../lib/runtime/ports/heartbeat';
import { databaseOf } from '../fakes/database/world';
import { sqlOf } from '../support/docs-sql';
import { until } from '../support/until';

export const READER: Login = { kind: 'login', username: 'failover_reader', password: 'change-me' };
export const RENEWER: Login = { kind: 'login', username: 'failover_renewer', password: 'change-me' };

/** A real database server on loopback with TLS. */
export interface SqlServer {
  readonly port: number;
  /** As its owner. */
  sql(text: string): unknown;
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
  close(): Promise<void>;
}

export interface Dialect {
  /** As the blocks of docs/heartbeat.md name it. */
  readonly name: 'postgresql' | 'mysql';
  readonly engine: string;
  /** One statement by the real driver; over TLS unless told otherwise. */
  statement(port: number, login: Login, text: string, plain?: 'plain'): Promise<unknown>;
  /** A table that is none of the reader's business. */
  readonly orders: string;
  password(user: string, password: string): string;
  /** An instant in UTC, as the row takes it. */
  instant(text: string): string;
}

/** What ships. Rows and beats that only a busy machine kept from coming in time are asked for again. */
export function sqlWith(login: Login, authority?: string): SqlDatabases & HeartbeatWriter {
  const sql = new TlsSqlDatabases({ read: async () => login, forget: () => undefined }, authority);
  const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries += 1) {
      const answer = await ask();
      if (tries === 5 || !/in time|timeout|ETIMEDOUT/i.test(JSON.stringify(answer))) return answer;
    }
  };
  return {
    row: (member) => patiently(() => sql.row(member)),
    beat: (member, epoch) => patiently(() => sql.beat(member, epoch)),
    answers: (member) => sql.answers(member),
  };
}

export const memberAt = (port: number, engine: string, endpoint = 'localhost'): DatabaseMember => ({
  ...databaseOf().source,
  endpoint,
  port,
  engine,
});

const DENIED = /denied|permission|must be owner|privilege/i;
const ROW = 'cdk_failover.heartbeat';
/** The first bytes of a TLS record that opens a handshake. */
const CLIENT_HELLO = Buffer.from([0x16, 0x03]);
/** What nobody but the owner may. */
const FORBIDDEN = [
  `insert into ${ROW} (id, beat_at) values (2, current_timestamp)`,
  `delete from ${ROW}`,
  `drop table ${ROW}`,
  'create table cdk_failover.mine (id integer)',
  'create schema mine',
];

/** What a server does with the SQL of docs/heartbeat.md and with what is shipped to ask it. */
export function sqlContract(dialect: Dialect, start: (tls: { key: string; cert: string }) => Promise<SqlServer>): void {
  let server: SqlServer;
  let authority: string;
  const here = (endpoint?: string) => memberAt(server.port, dialect.engine, endpoint);
  const beatAt = (text: string) => server.sql(`update ${ROW} set beat_at = ${dialect.instant(text)}`);

  /** Now, or once the machine is less busy. */
  const answered = (sql: SqlDatabases) => until(async () => (await sql.answers(here())) === true);

  beforeAll(async () => {
    const { ca, site } = await makeCertificates(['localhost'], [], Date.now());
    authority = ca;
    server = await start(site);
    server.sql(sqlOf(`${dialect.name}: row and reader`));
    server.sql(sqlOf(`${dialect.name}: renewer`));
    server.sql(`create table ${dialect.orders} (id integer primary key)`);
  }, 120_000);
  afterAll(() => server?.close());

  test('the row is read to the millisecond, with its epoch, and the server answers', async () => {
    const sql = sqlWith(READER, authority);
    expect(await sql.row(here())).toEqual({ kind: 'row', atMs: expect.any(Number), epoch: 0 });
    server.sql(sqlOf('both: after a promotion'));
    beatAt('2026-10-25 01:30:00.250');
    expect(await sql.row(here())).toEqual({ kind: 'row', atMs: Date.UTC(2026, 9, 25, 1, 30, 0, 250), epoch: 1 });
    await answered(sql);
  });

  test('a new epoch leaves the time of the row alone', async () => {
    server.sql(`update ${ROW} set epoch = 0`);
    beatAt('2026-11-20 12:00:00.500');
    server.sql(sqlOf('both: after a promotion'));
    expect(await sqlWith(READER, authority).row(here())).toMatchObject({ atMs: Date.UTC(2026, 10, 20, 12, 0, 0, 500) });
  });

  test.each([
    ['the reader', READER, [`update ${ROW} set epoch = 9`, ...FORBIDDEN]],
    ['the renewer', RENEWER, FORBIDDEN],
  ])('%s may do what it is for, and nothing else', async (_name, login, forbidden) => {
    await dialect.statement(server.port, login, `select * from ${ROW}`);
    for (const text of [...forbidden, `select * from ${dialect.orders}`]) {
      await expect(dialect.statement(server.port, login, text)).rejects.toThrow(DENIED);
    }
  });

  test('a renewer beats, and its epoch never falls', async () => {
    const sql = sqlWith(RENEWER, authority);
    beatAt('2026-11-20 12:00:00');
    expect(await sql.beat(here(), 7)).toBe('committed');
    const row = await sql.row(here());
    expect(row).toEqual({ kind: 'row', atMs: expect.any(Number), epoch: 7 });
    expect(row).not.toMatchObject({ atMs: Date.UTC(2026, 10, 20, 12) });
    expect(await sql.beat(here(), 6)).toBe('newer');
    expect(await sql.row(here())).toEqual(row);
    expect(await sql.beat(here())).toBe('committed');
    expect(await sql.row(here())).toMatchObject({ epoch: 7 });
    expect(await sqlWith(READER, authority).beat(here(), 8)).toEqual({ kind: 'unknown', because: expect.stringMatching(DENIED) });
  });

  test.each(['it\'s $1 and "50 %"', 'pÄss wörd 日本', ' lead;--trail '])('a password may be %s', async (password) => {
    server.sql(dialect.password('failover_reader', password));
    await answered(sqlWith({ ...READER, password }, authority));
    expect(await sqlWith(READER, authority).row(here())).toMatchObject({ kind: 'unknown' });
    server.sql(dialect.password('failover_reader', READER.password));
  });

  test('rows are read at the reader endpoint where there is one, and the writer is asked at its own', async () => {
    const shut = { ...here('shut.invalid'), readerEndpoint: 'localhost' };
    const sql = sqlWith(READER, authority);
    expect([(await sql.row(shut)).kind, await sql.answers(shut)]).toEqual(['row', 'unknown']);
  });

  test('fails as unknown when the certificate is not trusted, or is for another name', async () => {
    const because = expect.stringMatching(/certificate|altnames/i);
    expect(await sqlWith(READER).row(here())).toEqual({ kind: 'unknown', because });
    expect(await sqlWith(READER).answers(here())).toBe('unknown');
    const sql = sqlWith(READER, authority);
    await answered(sql);
    expect(await sql.row(here('127.0.0.1'))).toEqual({ kind: 'unknown', because });
    expect(await sql.answers(here('127.0.0.1'))).toBe('unknown');
  });

  test('nobody gets in without TLS', async () => {
    await expect(dialect.statement(server.port, READER, 'select 1', 'plain')).rejects.toThrow(/denied|no encryption|pg_hba/i);
  });

  test('fails as unknown when the login is refused, and forgets it', async () => {
    let forgotten = 0;
    const wrong = { ...READER, password: 'old' };
    const forget = () => {
      forgotten += 1;
    };
    const sql = new TlsSqlDatabases({ read: async () => wrong, forget }, authority);
    expect(await sql.row(here())).toEqual({ kind: 'unknown', because: expect.stringContaining('password') });
    expect(await sql.answers(here())).toBe('unknown');
    expect(await sql.beat(here())).toMatchObject({ kind: 'unknown' });
    expect(forgotten).toBe(2);
  });

  test('does not answer where the connection breaks in the middle of the TLS handshake', async () => {
    const middle = createServer((socket) => {
      const server = connect(here().port, '127.0.0.1').on('error', () => undefined);
      server.pipe(socket);
      socket.on('data', (part) => (part.includes(CLIENT_HELLO) ? socket.resetAndDestroy() : server.write(part)));
      socket.on('close', () => server.destroy());
    });
    await new Promise<void>((resolve) => middle.listen(0, '127.0.0.1', resolve));
    const { port } = middle.address() as { port: number };
    const answers = await sqlWith(READER, authority).answers({ ...here(), port });
    await new Promise((resolve) => middle.close(resolve));
    expect(answers).toBe(false);
  });

  test('a frozen server does not answer, and answers again once it moves', async () => {
    const sql = sqlWith(READER, authority);
    server.freeze();
    const answers = await sql.answers(here());
    server.thaw();
    expect(answers).toBe(false);
    await answered(sql);
  });

  test('fails as unknown without a row, and then without a table', async () => {
    const sql = sqlWith(RENEWER, authority);
    server.sql(`delete from ${ROW}`);
    const because = 'app-a: cdk_failover.heartbeat has no row with id 1';
    expect(await sql.row(here())).toEqual({ kind: 'unknown', because });
    expect(await sql.beat(here(), 8)).toEqual({ kind: 'unknown', because });
    server.sql(`drop table ${ROW}`);
    expect(await sql.row(here())).toMatchObject({ because: expect.stringMatching(/exist|denied/) });
    await answered(sql);
  });

  test('a server that was stopped does not answer', async () => {
    await server.stop();
    expect(await sqlWith(READER, authority).answers(here())).toBe(false);
  });
}
