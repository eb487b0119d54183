/** `failover lab`: reads its arguments, plays what was asked for, prints what happened, and cleans up whatever comes. */
import { writeFileSync } from 'node:fs';
import { closingTable, type Played } from './all';
import { LAB_HELP, LISTED, type Planned, type Wanted, wantedOf } from './arguments';
import { NoDatabaseError } from './database/open';
import { type Lab, openLab } from './lab';
import { type LabReport, labReport, reportJson } from './report/document';
import { recorded } from './report/record';
import { labFiles } from './setting';
import { Story } from './story';
import { passed, type RunFacts, verdictText } from './verdict';
import { paintFor, type Screen, View, wrap } from './view';

export { LAB_HELP, UsageError } from './arguments';

/** Draws a report as a page. Drawing is a large library: it is loaded when it is asked for. */
export type DrawPage = (report: LabReport) => Promise<string>;

/** @returns the exit code */
export async function labCommand(args: readonly string[], distCli: string, screen: Screen, draw: DrawPage): Promise<number> {
  const wanted = wantedOf(args);
  if (wanted === 'help') return say(screen, LAB_HELP);
  if (wanted === 'list') return say(screen, LISTED.map((line) => `${line}\n`).join(''));
  const [first] = wanted.planned;
  return wanted.planned.length === 1 && first
    ? play(first, wanted, distCli, screen, draw)
    : playAll(wanted, distCli, screen, draw);
}

/** One after the other; what cannot be played here is said aloud, and fails nothing. */
async function playAll(wanted: Wanted, distCli: string, screen: Screen, draw: DrawPage): Promise<number> {
  const played: Played[] = [];
  for (const planned of wanted.planned) {
    const startedAtMs = Date.now();
    const { name } = planned.scenario;
    try {
      const code = await play(planned, wanted, distCli, screen, draw);
      if (code > 1) return code;
      played.push({ name, verdict: code === 0 ? 'passed' : 'FAILED', wallMs: Date.now() - startedAtMs });
    } catch (error) {
      if (!(error instanceof NoDatabaseError)) throw error;
      played.push({ name, verdict: 'SKIPPED', because: error.message, wallMs: 0 });
    }
    screen.write('\n');
  }
  screen.write(closingTable(played, paintFor(screen)));
  return played.some(({ verdict }) => verdict === 'FAILED') ? 1 : 0;
}

function say(screen: Screen, text: string): number {
  screen.write(text);
  return 0;
}

async function play(planned: Planned, wanted: Wanted, distCli: string, shown: Screen, draw: DrawPage): Promise<number> {
  const files = labFiles(distCli);
  const startedAtMs = Date.now();
  const { scenario, scale } = planned;
  const { seed, protocol, delayMs } = wanted;
  const { screen, keep } = recorded(shown, wanted.record, planned, seed);
  const view = new View(screen);
  const title = wrap(`${scenario.name}: ${scenario.about}`, screen.columns - 1);
  screen.write(`${title.join('\n')}\n\n`);
  const lab = await openLab({
    scale,
    files,
    protocol,
    delayMs,
    uniform: uniformFrom(seed),
    database: scenario.database ?? false,
    ...(scenario.fault ? { fault: scenario.fault } : {}),
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
    keep();
    await leave(wanted, lab, labReport(facts, distCli), draw, screen);
    return passed(outcome) ? 0 : 1;
  } finally {
    view.end();
    interrupt.off();
    if (wanted.debug) screen.write(`${lab.host.log().join('\n')}\n`);
    // Children and sockets go, whatever came.
    await lab.close();
  }
}

/** Writes what was asked for, and says where it lies. */
async function leave(wanted: Wanted, lab: Lab, report: LabReport, draw: DrawPage, screen: Screen): Promise<void> {
  const { html, json, calls } = wanted;
  if (html) writeFileSync(html, await draw(report));
  if (json) writeFileSync(json, reportJson(report));
  if (calls) writeFileSync(calls, jsonLines(lab.endpoint.recordedCalls()));
  for (const file of [html, json, calls]) if (file) screen.write(`written: ${file}\n`);
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
