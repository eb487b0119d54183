/** Opens a page in a real browser without a screen, and says what came of it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const chromium = [process.env['CHROMIUM'] ?? '', ...PLACES].find((place) => place !== '' && existsSync(place));

/** Quiet, and nobody's own profile; no name resolves, so that nothing leaves the machine. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND',
  '--enable-logging=stderr',
];

export interface Opened {
  /** The document after it was loaded and laid out, as HTML. */
  readonly dom: string;
  /** What the page's console got: exceptions, violations of its policy, messages. */
  readonly console: readonly string[];
  /** Addresses that the page itself asked the network for; the browser's own are not among them. */
  readonly requests: readonly string[];
}

/** A group of tests that need a browser. Where there is none, the group is skipped: counted, and said aloud. */
export function withChromium(title: string, tests: () => void): void {
  if (chromium !== undefined) {
    describe(title, tests);
    return;
  }
  const because = `no Chromium at ${PLACES.join(', ')}; set CHROMIUM, or apt-get install chromium`;
  process.stderr.write(`SKIPPED ${title}: ${because}\n`);
  describe.skip(`${title} (${because})`, tests);
}

export function openInChromium(file: string): Opened {
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  try {
    const netLog = join(profile, 'net-log.json');
    const args = [...FLAGS, `--user-data-dir=${profile}`, `--log-net-log=${netLog}`, '--dump-dom', pathToFileURL(file).href];
    const child = spawnSync(chromium ?? 'chromium', args, { encoding: 'utf8', timeout: 60_000, maxBuffer: 2 ** 26 });
    if (child.status !== 0) throw new Error(`Chromium ended with ${child.status ?? child.signal}:\n${child.stderr}`);
    return { dom: child.stdout, console: consoleOf(child.stderr), requests: requestsOf(readFileSync(netLog, 'utf8')) };
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
}

const consoleOf = (stderr: string) => stderr.split('\n').flatMap((line) => /:CONSOLE[:(]\d+\)?\] (.*)$/.exec(line)?.[1] ?? []);

interface NetLog {
  readonly constants: { readonly logEventTypes: Readonly<Record<string, number>> };
  readonly events: readonly { readonly type: number; readonly params?: { readonly url?: string; readonly initiator?: string } }[];
}

/** What no page has begun has no origin. */
function requestsOf(text: string): string[] {
  const { constants, events } = JSON.parse(text) as NetLog;
  const begun = events.filter(({ type }) => type === constants.logEventTypes['URL_REQUEST_START_JOB']);
  return begun.flatMap(({ params }) => (params?.url && params.initiator !== 'not an origin' ? [params.url] : []));
}
