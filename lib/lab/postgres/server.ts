/** One PostgreSQL server: a direct child of this process, on loopback, without Unix sockets. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { ServerBinaries } from './binaries';
import type { Place } from './link';

const run = promisify(execFile);

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;
const LOOK_MS = 25;
const CONNECT_MS = 5_000;
/** A server that is stopped, or a machine that is busy, must not make anybody wait for ever. */
const ANSWER_MS = 30_000;

export interface ServerSettings {
  /** As the databases themselves say who they are. */
  readonly name: string;
  readonly folder: string;
  readonly place: Place;
  readonly lines: readonly string[];
}

export class PostgresServer {
  private child: ChildProcess | undefined;
  private kept: Promise<Client> | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private readonly said: string[] = [];

  public constructor(
    private readonly binaries: ServerBinaries,
    private readonly settings: ServerSettings,
  ) {}

  public get place(): Place {
    return this.settings.place;
  }

  public get running(): boolean {
    return this.child !== undefined;
  }

  public get log(): string {
    return this.said.join('');
  }

  /** Writes the settings and starts; resolves once it answers. */
  public async start(): Promise<void> {
    const { binaries, settings } = this;
    const { folder, name, place, lines } = settings;
    // A killed server leaves its lock behind, and the number of its process may be another's by now.
    rmSync(join(folder, 'postmaster.pid'), { force: true });
    writeFileSync(join(folder, 'lab.conf'), `${[...COMMON, `cluster_name = '${name}'`, ...lines].join('\n')}\n`);
    const child = spawn(binaries.postgres, ['-D', folder, '-h', place.host, '-p', String(place.port)], {
      ...binaries.user,
      cwd: binaries.home,
      env: binaries.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    child.once('exit', () => {
      if (this.child !== child) return;
      this.child = undefined;
      this.forget();
    });
    child.once('error', (error) => this.said.push(error.message));
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => this.said.push(text));
    await this.answering();
  }

  /** Shuts down in order; kills what does not end. */
  public async stop(): Promise<void> {
    const child = this.child;
    if (!child) return;
    // Fast shutdown: clients are sent away.
    child.kill('SIGINT');
    if (!(await ended(child, STOP_LIMIT_MS))) await this.kill();
  }

  /** The machine dies: the server and every process of it, in the middle of whatever they do. */
  public async kill(): Promise<void> {
    const child = this.child;
    if (!child?.pid) return;
    // Stopped first, so that it makes no new children. It may make one before it stands still, and a list that is read while
    // others end may miss one, so it is asked until nobody lives: a survivor would go on answering its client.
    child.kill('SIGSTOP');
    for (let living = await childrenOf(child.pid); living.length > 0; living = await childrenOf(child.pid)) {
      for (const pid of living) signal(pid, 'SIGKILL');
      await new Promise((resolve) => setImmediate(resolve));
    }
    child.kill('SIGKILL');
    await ended(child, STOP_LIMIT_MS);
  }

  /** One statement after the other, past every link, on a connection that is kept: a new one costs the server a process. */
  public query<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    const answer = this.turn.then(() => this.ask<Row>(sql, values));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  private async ask<Row extends object>(sql: string, values: readonly unknown[]): Promise<Row[]> {
    this.kept ??= this.connected();
    const mine = this.kept;
    try {
      return (await (await mine).query<Row>(sql, [...values])).rows;
    } catch (error) {
      // Whether the statement or the connection failed: the next one begins anew.
      this.forget(mine);
      throw error;
    }
  }

  private async connected(): Promise<Client> {
    const limits = { connectionTimeoutMillis: CONNECT_MS, query_timeout: ANSWER_MS };
    const client = new Client({ ...this.place, ...LOGIN, ...limits });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Ends a connection without waiting: a server that was killed never says goodbye. */
  private forget(which = this.kept): void {
    if (this.kept === which) this.kept = undefined;
    void which?.then((client) => client.end()).catch(() => undefined);
  }

  private async answering(): Promise<void> {
    const endMs = Date.now() + START_LIMIT_MS;
    for (;;) {
      try {
        await this.query('select 1');
        return;
      } catch (error) {
        if (!this.child || Date.now() > endMs) {
          await this.kill();
          throw new Error(`${this.settings.name} does not start: ${(error as Error).message}\n${this.log}`);
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    }
  }
}

export const LOGIN = { user: 'postgres', password: 'lab-only', database: 'postgres' } as const;

/** May read the heartbeat row and nothing else. */
export const READER_LOGIN = { ...LOGIN, user: 'failover_reader' } as const;

/** Durable, and quick to notice that a connection is gone; memory as small as a lab needs. */
const COMMON = [
  "unix_socket_directories = ''",
  'wal_level = replica',
  'wal_log_hints = on',
  'wal_retrieve_retry_interval = 200ms',
  'shared_buffers = 16MB',
  'autovacuum = off',
  'logging_collector = off',
];

/** A new cluster with nobody in it but the owner. */
export async function initCluster(binaries: ServerBinaries, folder: string): Promise<void> {
  const { initdb, user, environment, home } = binaries;
  await run(initdb, ['-D', folder, '-U', LOGIN.user, '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C'], {
    ...user,
    cwd: home,
    env: { ...environment },
  });
  appendFileSync(join(folder, 'postgresql.conf'), "include = 'lab.conf'\n");
}

/** A file that only the server may read: it refuses keys that others can. */
export function ownFile(binaries: ServerBinaries, path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o600);
  if (binaries.user) chownSync(path, binaries.user.uid, binaries.user.gid);
}

export function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function ended(child: ChildProcess, limitMs: number): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), limitMs);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
}

/** Those that live. Servers of PostgreSQL each lead a group of their own, so that only the parent tells whose they are. */
async function childrenOf(pid: number): Promise<number[]> {
  if (process.platform === 'linux') {
    return readdirSync(`/proc/${pid}/task`)
      .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number))
      .filter(isAlive);
  }
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,state=']);
  return stdout.split('\n').flatMap((line) => {
    const [child = '', parent, state = 'Z'] = line.trim().split(/\s+/);
    return Number(parent) === pid && !state.startsWith('Z') ? [Number(child)] : [];
  });
}

/** A parent that stands still does not bury its dead. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false;
  }
}
