/** What `failover lab` takes, and what it says about it. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SCENARIOS, type Scenario } from './scenarios';
import { wrap } from './view';

const DEFAULT_SCALE = 5;
/** Above this a real millisecond is so long that samples come too late. */
const SCALE_MAX = 20;
const DELAY_MAX_MS = 60_000;

const WIDTH = Math.max(...SCENARIOS.map(({ name }) => name.length)) + 2;
export const LISTED = SCENARIOS.map(({ name, about }) => `${name.padEnd(WIDTH)}${about}`);
/** Of the help, without its indentation. */
const LINE = 116;
const [DEFAULT] = SCENARIOS;
const helpOf = ({ name, about }: Scenario) =>
  wrap(about, LINE - WIDTH)
    .map((part, i) => `  ${(i === 0 ? name : '').padEnd(WIDTH)}${part}`)
    .join('\n');
const FASTER = SCENARIOS.flatMap(({ name, scale }) => (scale === undefined ? [] : [`${name} ${scale}`]));

export const LAB_HELP = `failover lab [scenario] [options]

Plays a failover pair on this machine, breaks it, and says what happened: two sites, name servers with Route 53's
failover rules, 16 health checkers per check, AWS services and PagerDuty, all on loopback. The functions that run are
the bundles that would be deployed. Nothing leaves the machine; no AWS account is needed.

Scenarios (left out: ${DEFAULT?.name}; those with a database start two PostgreSQL servers)
${SCENARIOS.map(helpOf).join('\n')}

How it runs
  --scale N      N times as fast as real time, 1 to ${SCALE_MAX} (default ${[DEFAULT_SCALE, ...FASTER].join('; ')}); slower is more exact
  --real         the same as --scale 1
  --seed S       whole number that fixes the phases of the checkers (default: chosen, and printed at the end)
  --https        sites with TLS and a certificate of their own authority; costs more processor time
  --delay MS     longest time from a verdict to each name server, drawn anew each time, up to ${DELAY_MAX_MS}
                 (default 0; AWS publishes none)

What it leaves
  --html FILE    the report as one page that opens offline: marks, plots, verdict, timeline
  --json FILE    the report as JSON, with every sample
  --calls FILE   each AWS call as one JSON line: handler, IAM action, resource, Region
  --debug        print the functions' logs, and stack traces

  --list         print the scenarios
  --help         print this

Examples
  failover lab
  failover lab database --html report.html
  failover lab black-hole --real --seed 7

Exit code: 0 when the scenario kept its promises, 1 when not, 2 for wrong arguments, 130 after Ctrl-C. A missed target
is reported, and is no failure of the run.
`;

/** Wrong arguments; the message says which and what is allowed. */
export class UsageError extends Error {}

export interface Wanted {
  readonly scenario: Scenario;
  readonly scale: number;
  readonly seed: number;
  readonly protocol: 'http' | 'https';
  readonly delayMs: number;
  readonly html?: string;
  readonly json?: string;
  readonly calls?: string;
  readonly debug: boolean;
}

const OPTIONS = {
  list: { type: 'boolean' },
  real: { type: 'boolean' },
  https: { type: 'boolean' },
  debug: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  scale: { type: 'string' },
  seed: { type: 'string' },
  delay: { type: 'string' },
  html: { type: 'string' },
  json: { type: 'string' },
  calls: { type: 'string' },
} as const;

const parsed = (args: readonly string[]) => parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });

export function wantedOf(args: readonly string[]): 'help' | 'list' | Wanted {
  const { values, positionals } = parse(() => parsed(args));
  if (values.help) return 'help';
  if (values.list) return 'list';
  if (values.real && values.scale !== undefined) throw new UsageError('--real and --scale exclude each other');
  const scenario = scenarioOf(positionals);
  for (const option of ['html', 'json', 'calls'] as const) writable(`--${option}`, values[option]);
  return {
    scenario,
    scale: values.real ? 1 : number('--scale', values.scale ?? String(scenario.scale ?? DEFAULT_SCALE), 1, SCALE_MAX),
    seed: whole('--seed', values.seed ?? String(Date.now() % 1_000_000), 2 ** 32 - 1),
    protocol: values.https ? 'https' : 'http',
    delayMs: number('--delay', values.delay ?? '0', 0, DELAY_MAX_MS),
    html: values.html,
    json: values.json,
    calls: values.calls,
    debug: values.debug ?? false,
  };
}

function scenarioOf([name = DEFAULT?.name ?? '', ...more]: readonly string[]): Scenario {
  if (more.length > 0) throw new UsageError(`one scenario is played at a time, not ${[name, ...more].join(' and ')}`);
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (scenario) return scenario;
  throw new UsageError(`no scenario is called ${name}; there are ${SCENARIOS.map((one) => one.name).join(', ')}`);
}

/** What Node says about arguments, in its first sentence; the others are about Node. */
function parse<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UsageError((error as Error).message.split(/\.\s/)[0]?.replace(/\.$/, ''));
  }
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most)) {
    throw new UsageError(`${name} is ${text}; it must be a number from ${least} to ${most}`);
  }
  return value;
}

function whole(name: string, text: string, most: number): number {
  const value = number(name, text, 0, most);
  if (!Number.isInteger(value)) throw new UsageError(`${name} is ${text}; it must be a whole number`);
  return value;
}

/** Found out before the run, not after it. */
function writable(name: string, file: string | undefined): void {
  if (file === undefined) return;
  try {
    const there = existsSync(file);
    if (there && statSync(file).isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
    accessSync(there ? file : dirname(resolve(file)), constants.W_OK);
  } catch (error) {
    throw new UsageError(`${name} is "${file}", which cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}
