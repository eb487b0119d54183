import { spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';

export interface ServerBinary {
  readonly path: string;
  readonly engine: 'mysql' | 'mariadb' | 'postgres';
  readonly version: string;
}

/** Servers that `LAB_SQL` names, by a path or by a name on PATH: `LAB_SQL=mariadbd:/opt/mysql/bin/mysqld`. */
export function labServers(...engines: ServerBinary['engine'][]): ServerBinary[] {
  const named = (process.env['LAB_SQL'] ?? '').split(delimiter).filter(Boolean);
  return named.map(serverBinary).filter(({ engine }) => engines.includes(engine));
}

/** By what it says of itself: in Debian `mysqld` is a name of MariaDB. */
function serverBinary(path: string): ServerBinary {
  const { stdout, error } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  const [, version] = /(?:Ver|PostgreSQL\)) (\S+)/.exec(stdout ?? '') ?? [];
  if (version === undefined) throw new Error(`LAB_SQL names ${path}, which is no database server: ${error?.message ?? stdout}`);
  if (/PostgreSQL/.test(stdout)) return { path, version, engine: 'postgres' };
  return { path, version, engine: /mariadb/i.test(stdout) ? 'mariadb' : 'mysql' };
}

/** A group of tests for each server named; where none is, it is skipped: counted, and said aloud. */
export function withServers(title: string, servers: readonly ServerBinary[], tests: (server: ServerBinary) => void): void {
  for (const server of servers) describe(`${title}, ${server.engine} ${server.version}`, () => tests(server));
  if (servers.length > 0) return;
  process.stderr.write(`SKIPPED ${title}: LAB_SQL names no such server; CONTRIBUTING.md says how\n`);
  describe.skip(title, () => test('needs a server that LAB_SQL names', () => undefined));
}
