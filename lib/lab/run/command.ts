/** `failover lab`: reads its arguments, runs one scenario, prints what happened, and cleans up whatever comes. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openLab } from './lab';
import { type LabReport, labReport, reportJson } from './report/document';
import { SCENARIOS, type Scenario } from './scenarios';
import { labFiles } from './setting';
import { Story } from './story';
import { passed, type RunFacts, verdictText } from './verdict';
import { paintFor, type Screen, View } from './view';

export const DEFAULT_SCALE = 5;
/** Above this a real millisecond is so long that samples come too late. */
const SCALE_MAX = 20;
const DELAY_MAX_MS = 60_000;

const WIDTH = Math.max(...SCENARIOS.map(({ name }) => name.length)) + 2;
const LISTED = SCENARIOS.map(({ name, about }) => `${name.padEnd(WIDTH)}${about}`);

export const LAB_HELP = `failover lab [scenario] [options]

Plays a failover pair on this machine: two sites, name servers with Route 53's failover rules, 16 health checkers per
check, AWS services and PagerDuty on loopback. The functions that run are the bundles that would be deployed. Nothing
leaves the machine; no AWS account is needed.

Scenarios (the first is the default)
${LISTED.map((line) => `  ${line}`).join('\n')}

Options
  --list         print the scenarios
  --scale N      run N times as fast as real time, 1 to ${SCALE_MAX} (default ${DEFAULT_SCALE}; drill-abandoned 20)
  --real         the same as --scale 1
  --seed S       whole number that fixes the phases of the checkers (default: chosen and printed)
  --https        sites with TLS and a certificate of their own authority; costs more processor time
  --delay MS     longest time from a verdict to each name server, drawn anew each time (default 0; AWS publishes none)
  --html FILE    write the report as one page that opens offline: plots, marks, verdict, timeline
  --json FILE    write the report as JSON, with every sample
  --calls FILE   write each AWS call as one JSON line: handler, IAM action, resource, Region
  --debug        print the functions' logs and stack traces
  --help         print this

Exit code: 0 when the scenario kept its promises, 1 when not, 2 for wrong arguments. A missed target is reported, and is
no failure of the run.
`;

/** Wrong arguments; the message says which and what is allowed. */
export class UsageError extends Error {}

interface Wanted {
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

/** Draws a report as a page. Drawing is a large library: it is loaded when it is asked for. */
export type DrawPage = (report: LabReport) => Promise<string>;

/** @returns the exit code */
export async function labCommand(args: readonly string[], distCli: string, screen: Screen, draw: DrawPage): Promise<number> {
  const values = parsed(args);
  if (values.help) return say(screen, LAB_HELP);
  if (values.list) return say(screen, LISTED.map((line) => `${line}\n`).join(''));
  return play(values.wanted(), distCli, screen, draw);
}

function say(screen: Screen, text: string): number {
  screen.write(text);
  return 0;
}

function parsed(args: readonly string[]) {
  const options = {
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
  const { values, positionals } = parse(() => parseArgs({ args: [...args], options, allowPositionals: true }));
  const wanted = (): Wanted => {
    const [name = SCENARIOS[0]?.name ?? '', ...more] = positionals;
    const scenario = SCENARIOS.find((one) => one.name === name);
    if (!scenario || more.length > 0) {
      throw new UsageError(
        `no scenario is called ${[name, ...more].join(' ')}; there are ${SCENARIOS.map((one) => one.name).join(', ')}`,
      );
    }
    if (values.real && values.scale !== undefined) throw new UsageError('--real and --scale exclude each other');
    const scale = values.real ? 1 : number('--scale', values.scale ?? String(scenario.scale ?? DEFAULT_SCALE), 1, SCALE_MAX);
    const seed = number('--seed', values.seed ?? String(Date.now() % 1_000_000), 0, 2 ** 32 - 1);
    if (!Number.isInteger(seed)) throw new UsageError(`--seed is ${values.seed}; it must be a whole number`);
    return {
      scenario,
      scale,
      seed,
      protocol: values.https ? 'https' : 'http',
      delayMs: number('--delay', values.delay ?? '0', 0, DELAY_MAX_MS),
      html: values.html,
      json: values.json,
      calls: values.calls,
      debug: values.debug ?? false,
    };
  };
  return { help: values.help ?? false, list: values.list ?? false, wanted };
}

function parse<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most)) {
    throw new UsageError(`${name} is ${text}; it must be a number from ${least} to ${most}`);
  }
  return value;
}

async function play(wanted: Wanted, distCli: string, screen: Screen, draw: DrawPage): Promise<number> {
  const files = labFiles(distCli);
  const startedAtMs = Date.now();
  const { scenario, scale, seed, protocol, delayMs } = wanted;
  const view = new View(screen);
  screen.write(`${scenario.name}: ${scenario.about}\n\n`);
  const lab = await openLab({
    scale,
    files,
    protocol,
    delayMs,
    uniform: uniformFrom(seed),
    database: scenario.database ?? false,
  });
  const interrupt = onSignal();
  try {
    const story = new Story(lab);
    view.follow(lab, story);
    const outcome = await Promise.race([scenario.run(lab, story), interrupt.code]);
    view.end();
    if (typeof outcome === 'number') return outcome;
    const wallMs = Date.now() - startedAtMs;
    const facts: RunFacts = {
      scenario: scenario.name,
      about: scenario.about,
      mode: scenario.mode,
      scale,
      seed,
      protocol,
      startedAtMs,
      wallMs,
      lines: story.lines,
      outcome,
      lab,
    };
    screen.write(verdictText(facts, paintFor(screen), screen.columns));
    const report = labReport(facts, distCli);
    if (wanted.json) writeFileSync(wanted.json, reportJson(report));
    if (wanted.html) writeFileSync(wanted.html, await draw(report));
    if (wanted.calls) writeFileSync(wanted.calls, jsonLines(lab.endpoint.recordedCalls()));
    return passed(outcome) ? 0 : 1;
  } finally {
    view.end();
    interrupt.off();
    if (wanted.debug) screen.write(`${lab.host.log().join('\n')}\n`);
    // Children and sockets go, whatever came.
    await lab.close();
  }
}

const jsonLines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

/** Ctrl-C as a value: the exit code that shells expect, 128 and the number of the signal. */
function onSignal(): { readonly code: Promise<number>; off(): void } {
  let settle: (code: number) => void = () => undefined;
  const code = new Promise<number>((resolve) => {
    settle = resolve;
  });
  const onInt = () => settle(130);
  const onTerm = () => settle(143);
  process.once('SIGINT', onInt);
  process.once('SIGTERM', onTerm);
  return {
    code,
    off: () => {
      process.off('SIGINT', onInt);
      process.off('SIGTERM', onTerm);
    },
  };
}

/** A small generator of numbers from 0 to 1 that a seed fixes (xorshift, 32 bit). */
export function uniformFrom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}
