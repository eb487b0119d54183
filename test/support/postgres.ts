import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const NOBODY = { uid: 65_534, gid: 65_534 };

/** Folder with `initdb` and `postgres` of the system, if there is one. */
export function postgresFolder(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const packaged = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : [];
  const folders = [...packaged, ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))));
}

export interface PostgresServer {
  readonly port: number;
  sql(text: string): void;
  /** Takes connections, and does nothing with them. */
  freeze(): void;
  thaw(): void;
  /** At once, as a machine that loses power. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** A server with TLS on loopback. Needs `psql` for `sql`. */
export async function startPostgres(
  folder: string,
  tls: { readonly key: string; readonly cert: string },
): Promise<PostgresServer> {
  const home = mkdtempSync(join(tmpdir(), 'failover-pg-'));
  // PostgreSQL refuses to run as root.
  const user = process.getuid?.() === 0 ? NOBODY : {};
  const own = (path: string): void => {
    if (process.getuid?.() === 0) chownSync(path, NOBODY.uid, NOBODY.gid);
  };
  own(home);
  const data = join(home, 'data');
  const made = spawnSync(join(folder, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'], {
    ...user,
    cwd: home,
  });
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  for (const [name, text] of Object.entries({ 'server.key': tls.key, 'server.crt': tls.cert })) {
    writeFileSync(join(data, name), text, { mode: 0o600 });
    own(join(data, name));
  }
  const hba = 'local all all trust\nhost all postgres 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n';
  writeFileSync(join(data, 'pg_hba.conf'), hba);
  const port = await freePort();
  const settings = { port, ssl: 'on', listen_addresses: '127.0.0.1', unix_socket_directories: home, fsync: 'off' };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(folder, 'postgres'), ['-D', data, ...options], { ...user, cwd: home, stdio: 'ignore' });
  const sql = (text: string) => {
    const asked = spawnSync('psql', ['-h', home, '-p', String(port), '-U', 'postgres', '-v', 'ON_ERROR_STOP=1', '-qc', text]);
    if (asked.status !== 0) throw new Error(`psql: ${asked.stderr}`);
  };
  await ready(sql);
  const stop = () => ended(child);
  const close = async () => {
    await stop();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  return { port, sql, freeze: () => child.kill('SIGSTOP'), thaw: () => child.kill('SIGCONT'), stop, close };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGQUIT');
  await gone;
}

async function ready(sql: (text: string) => void): Promise<void> {
  for (let n = 0; n < 100; n += 1) {
    try {
      return sql('select 1');
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
