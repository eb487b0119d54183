import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../lib/lab/postgres/server';
import type { ServerBinary } from './lab-sql';

const NOBODY = { uid: 65_534, gid: 65_534 };
/** MariaDB and MySQL refuse to run as root. */
const USER = process.getuid?.() === 0 ? NOBODY : {};
const own = (path: string): void => {
  if (process.getuid?.() === 0) chownSync(path, NOBODY.uid, NOBODY.gid);
};

export interface MysqlSettings {
  readonly tls: { readonly key: string; readonly cert: string };
  /** Of the command line, without `--`. `lower-case-table-names` must be the same for a copy. */
  readonly options?: Readonly<Record<string, string | number>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** A stopped server whose files are copied, as a snapshot does. */
  readonly from?: MysqlServer;
}

/** Settings that users have and that the SQL must not mind, all at once. */
export const ODD = {
  'sql-mode': 'ANSI_QUOTES,STRICT_ALL_TABLES,NO_ZERO_DATE,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES',
  'lower-case-table-names': 1,
  'character-set-server': 'utf16',
  'explicit-defaults-for-timestamp': 0,
  'default-time-zone': '+05:45',
  'transaction-isolation': 'SERIALIZABLE',
  autocommit: 0,
} as const;

/** A server on loopback. Needs the command line client, `mariadb` or `mysql`. */
export class MysqlServer {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly binary: ServerBinary,
    private readonly settings: MysqlSettings,
    public readonly home: string,
    public readonly port: number,
  ) {}

  public static async start(binary: ServerBinary, settings: MysqlSettings): Promise<MysqlServer> {
    const home = mkdtempSync(join(tmpdir(), 'failover-my-'));
    own(home);
    for (const [name, text] of Object.entries({ 'server.key': settings.tls.key, 'server.crt': settings.tls.cert })) {
      writeFileSync(join(home, name), text, { mode: 0o600 });
      own(join(home, name));
    }
    const server = new MysqlServer(binary, settings, home, await freePort('127.0.0.1'));
    server.fill();
    await server.start();
    return server;
  }

  /** What the client prints, without names of columns. Committed, whatever the server is set to. */
  public sql(text: string): string {
    const args = ['--no-defaults', '-uroot', `--socket=${this.socket}`, '-N', '-B'];
    const asked = spawnSync(CLIENT, args, { input: `set autocommit = 1;${text}`, encoding: 'utf8' });
    if (asked.status !== 0) throw new Error(`${CLIENT}: ${asked.error?.message ?? asked.stderr}`);
    return asked.stdout.trim();
  }

  public async start(): Promise<void> {
    const { environment, options } = this.settings;
    const log = openSync(this.log, 'a');
    const args = [...this.optionsOf({ ...FAST, ...options }), '--log-bin=bin', `--port=${this.port}`, '--bind-address=127.0.0.1'];
    const tls = [`--ssl-cert=${join(this.home, 'server.crt')}`, `--ssl-key=${join(this.home, 'server.key')}`];
    this.child = spawn(this.binary.path, [...args, ...tls, `--socket=${this.socket}`, `--pid-file=${join(this.home, 'pid')}`], {
      ...USER,
      cwd: this.home,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...environment },
    });
    for (let n = 0; n < 300 && this.child.exitCode === null; n += 1) {
      try {
        this.sql('select 1');
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    throw new Error(`${this.binary.path} does not start: ${readFileSync(this.log, 'utf8').slice(-2_000)}`);
  }

  /** Its process goes on to exist, and nothing in it moves. */
  public freeze(): void {
    this.child?.kill('SIGSTOP');
  }
  public thaw(): void {
    this.child?.kill('SIGCONT');
  }
  /** Orderly, so that its files can be copied. */
  public stop(): Promise<void> {
    return this.end('SIGTERM');
  }
  /** At once, as a machine that loses power. */
  public kill(): Promise<void> {
    return this.end('SIGKILL');
  }
  public async close(): Promise<void> {
    await this.kill();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  private get data(): string {
    return join(this.home, 'data');
  }
  private get socket(): string {
    return join(this.home, 's');
  }
  private get log(): string {
    return join(this.home, 'log');
  }

  private fill(): void {
    const { from, options } = this.settings;
    if (from) {
      cpSync(from.data, this.data, { recursive: true });
      rmSync(join(this.data, 'auto.cnf'), { force: true });
      if (process.getuid?.() === 0) spawnSync('chown', ['-R', `${NOBODY.uid}:${NOBODY.gid}`, this.data]);
      return;
    }
    const names = options?.['lower-case-table-names'];
    const some = this.optionsOf(names === undefined ? {} : { 'lower-case-table-names': names });
    const [command, args] =
      this.binary.engine === 'mariadb'
        ? ['mariadb-install-db', [...some, '--auth-root-authentication-method=normal', '--skip-test-db']]
        : [this.binary.path, [...some, '--initialize-insecure']];
    const made = spawnSync(command, args, { ...USER, cwd: this.home, encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`${command}: ${made.error?.message ?? made.stderr}`);
  }

  private optionsOf(options: Readonly<Record<string, string | number>>): string[] {
    const given = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    return ['--no-defaults', `--datadir=${this.data}`, ...given];
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    await gone;
  }
}

const FAST = { 'innodb-flush-log-at-trx-commit': 0, 'sync-binlog': 0 } as const;
const CLIENT = ['mariadb', 'mysql'].find((name) => spawnSync(name, ['--version']).status === 0) ?? 'mysql';
