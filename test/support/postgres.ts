import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const NOBODY = { uid: 65_534, gid: 65_534 };
/** PostgreSQL refuses to run as root. */
const USER = process.getuid?.() === 0 ? NOBODY : {};
const own = (path: string): void => {
  if (process.getuid?.() === 0) chownSync(path, NOBODY.uid, NOBODY.gid);
};

/** Folder with `initdb` and `postgres` of the system, if there is one. */
export function postgresFolder(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const packaged = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : [];
  const folders = [...packaged, ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))));
}

export interface PostgresServer {
  readonly port: number;
  /** Folder of its files. */
  readonly data: string;
  /** What `psql` prints, without names of columns. */
  sql(text: string): string;
  /** Again, after a stop. */
  start(): Promise<void>;
  /** Takes connections, and does nothing with them. */
  freeze(): void;
  thaw(): void;
  /** At once, as a machine that loses power. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export interface PostgresOptions {
  /** Of the command line. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A server that is stopped: its files are copied, and the copy follows it once it runs again. */
  readonly from?: PostgresServer;
}

/** A server with TLS on loopback. Needs `psql` for `sql`. */
export async function startPostgres(
  folder: string,
  tls: { readonly key: string; readonly cert: string },
  { settings: given = {}, from }: PostgresOptions = {},
): Promise<PostgresServer> {
  const home = mkdtempSync(join(tmpdir(), 'failover-pg-'));
  own(home);
  const data = join(home, 'data');
  if (from) copyOf(from, data);
  else fill(folder, data, tls);
  const port = await freePort();
  const settings = { port, ssl: 'on', listen_addresses: '127.0.0.1', unix_socket_directories: home, fsync: 'off', ...given };
  const source = from && {
    primary_conninfo: `host=127.0.0.1 port=${from.port} user=postgres`,
    wal_retrieve_retry_interval: '100ms',
  };
  const options = Object.entries({ ...settings, ...source }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const sql = (text: string) => {
    const asked = spawnSync('psql', ['-h', home, '-p', String(port), '-U', 'postgres', '-v', 'ON_ERROR_STOP=1', '-qAtc', text], {
      encoding: 'utf8',
    });
    if (asked.status !== 0) throw new Error(`psql: ${asked.stderr}`);
    return asked.stdout.trim();
  };
  let child: ChildProcess;
  const start = async () => {
    child = spawn(join(folder, 'postgres'), ['-D', data, ...options], { ...USER, cwd: home, stdio: 'ignore' });
    await ready(sql);
  };
  await start();
  const stop = () => ended(child);
  const close = async () => {
    await stop();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  return { port, data, sql, start, freeze: () => child.kill('SIGSTOP'), thaw: () => child.kill('SIGCONT'), stop, close };
}

function fill(folder: string, data: string, tls: { readonly key: string; readonly cert: string }): void {
  const made = spawnSync(join(folder, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'], {
    ...USER,
    cwd: '/',
  });
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  for (const [name, text] of Object.entries({ 'server.key': tls.key, 'server.crt': tls.cert })) {
    writeFileSync(join(data, name), text, { mode: 0o600 });
    own(join(data, name));
  }
  const local = [
    'local all all trust',
    'host all,replication postgres 127.0.0.1/32 trust',
    'hostssl all all 127.0.0.1/32 scram-sha-256',
  ];
  writeFileSync(join(data, 'pg_hba.conf'), `${local.join('\n')}\n`);
}

function copyOf(from: PostgresServer, data: string): void {
  cpSync(from.data, data, { recursive: true });
  rmSync(join(data, 'postmaster.pid'), { force: true });
  writeFileSync(join(data, 'standby.signal'), '');
  if (process.getuid?.() === 0) spawnSync('chown', ['-R', `${NOBODY.uid}:${NOBODY.gid}`, data]);
  chmodSync(data, 0o700);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGQUIT');
  await gone;
}

async function ready(sql: (text: string) => string): Promise<void> {
  for (let n = 0; n < 100; n += 1) {
    try {
      sql('select 1');
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error('the server does not start');
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
