/** What `failover lab` takes, and what it says about it. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SCENARIOS, type Scenario } from './scenarios';
import { wrap } from './view';

const DEFAULT_SCALE = 5;
/** Above this a real millisecond is so long that samples come too late. */
const SCALE_MAX = 20;
const DELAY_MAX_MS = 60_000;

const WIDTH = Math.max(...SCENARIOS.map(({ name }) => name.length)) + 2;
const GROUPS = [...new Set(SCENARIOS.map(({ group }) => group))];
const inGroups = (lineOf: (scenario: Scenario) => string) =>
  GROUPS.flatMap((group) => [group, ...SCENARIOS.filter((one) => one.group === group).map(lineOf)]);
export const LISTED = inGroups(({ name, about }) => `  ${name.padEnd(WIDTH)}${about}`);
/** Stands for every scenario, one after the other. */
const ALL = 'all';
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

${inGroups(helpOf).join('\n')}

${ALL.padEnd(WIDTH)}  every one of them, one after the other, with a table at the end
Left out, it is ${DEFAULT?.name}. Those with a database start two PostgreSQL servers.

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
  --record DIR   what is printed, as DIR/<scenario>.md; lines that repeat an earlier one are folded
  --debug        print the functions' logs, and stack traces

  --list         print the scenarios
  --help         print this

Examples
  failover lab
  failover lab database --html report.html
  failover lab black-hole --real --seed 7
  failover lab all --seed 7

Exit code: 0 when every scenario that was played kept its promises, 1 when not, 2 for wrong arguments, 130 after Ctrl-C.
A missed target is reported, and is no failure of the run.
`;

/** Wrong arguments; the message says which and what is allowed. */
export class UsageError extends Error {}

/** One scenario, at its speed. */
export interface Planned {
  readonly scenario: Scenario;
  readonly scale: number;
}

export interface Wanted {
  readonly planned: readonly Planned[];
  readonly seed: number;
  readonly protocol: 'http' | 'https';
  readonly delayMs: number;
  readonly html?: string;
  readonly json?: string;
  readonly calls?: string;
  readonly record?: string;
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
  record: { type: 'string' },
} as const;

const parsed = (args: readonly string[]) => parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });

export function wantedOf(args: readonly string[]): 'help' | 'list' | Wanted {
  const { values, positionals } = parse(() => parsed(args));
  if (values.help) return 'help';
  if (values.list) return 'list';
  if (values.real && values.scale !== undefined) throw new UsageError('--real and --scale exclude each other');
  const scenarios = scenariosOf(positionals);
  for (const option of ['html', 'json', 'calls'] as const) {
    if (scenarios.length > 1 && values[option] !== undefined) throw new UsageError(`--${option} takes one scenario, not ${ALL}`);
    writable(`--${option}`, values[option]);
  }
  if (values.record !== undefined) writable('--record', join(values.record, `${scenarios[0]?.name}.md`));
  const scaleOf = ({ scale = DEFAULT_SCALE }: Scenario) =>
    values.real ? 1 : number('--scale', values.scale ?? String(scale), 1, SCALE_MAX);
  return {
    planned: scenarios.map((scenario) => ({ scenario, scale: scaleOf(scenario) })),
    seed: whole('--seed', values.seed ?? String(Date.now() % 1_000_000), 2 ** 32 - 1),
    protocol: values.https ? 'https' : 'http',
    delayMs: number('--delay', values.delay ?? '0', 0, DELAY_MAX_MS),
    html: values.html,
    json: values.json,
    calls: values.calls,
    record: values.record,
    debug: values.debug ?? false,
  };
}

function scenariosOf([name = DEFAULT?.name ?? '', ...more]: readonly string[]): readonly Scenario[] {
  if (more.length === 0 && name === ALL) return SCENARIOS;
  if (more.length > 0) throw new UsageError(`one scenario is played at a time, not ${[name, ...more].join(' and ')}`);
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (scenario) return [scenario];
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
