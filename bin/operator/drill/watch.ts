import { drillIdOf } from '../../../lib/decide/drill/ids';
import type { EndedDrill, RunningDrill } from '../../../lib/decide/journal';
import { SystemTime } from '../../../lib/runtime/adapters/system';
import { progressOf, type StepLine } from '../../../lib/runtime/drive/operator/progress';
import { type WatchEnd, watchDrill } from '../../../lib/runtime/drive/operator/watch';
import { COMMON, read } from '../arguments';
import { CommandFailure, cannotReach, EXIT } from '../failure';
import { Colours, Frame, interrupt, type Shell } from '../shell';
import { type Drilled, drilled, drillId } from './pair';
import { stepTable } from './text';

const COMMAND = 'drill watch';
const OPTIONS = { ...COMMON, id: { type: 'string' } } as const;
export const WATCH_SCHEMA = 'cdk-failover.drill-progress/1';

export async function drillWatch(args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = read(COMMAND, args, OPTIONS, 1);
  const found = await drilled(COMMAND, positionals, values);
  const id = drillId(COMMAND, found.registration.pair, values.id);
  return followDrill(found, { id, json: values.json ?? false }, shell);
}

interface Wanted {
  readonly id?: string;
  readonly json: boolean;
}

/** @returns the exit code that the drill's verdict asks for */
export async function followDrill({ aws, registration }: Drilled, { id, json }: Wanted, shell: Shell): Promise<number> {
  const { pair, namespace } = registration;
  const time = new SystemTime();
  const stop = interrupt();
  const teller = json ? new JsonTeller(shell) : shell.isTTY ? new ScreenTeller(shell) : new LineTeller(shell);
  try {
    const end = await Promise.race([
      watchDrill(
        {
          pair,
          id: id === undefined ? undefined : drillIdOf(pair, id),
          open: () => !stop.asked(),
          tell: (drill, atMs) => teller.tell(drill, progressOf(drill, registration, atMs), atMs),
        },
        { journal: aws.journalOf(namespace), time },
      ),
      stop.code,
    ]);
    if (typeof end === 'number') {
      throw new CommandFailure(end, 'no longer watching; the drill goes on', `"failover drill abort ${pair}" ends it.`);
    }
    return codeOf(end, pair, teller);
  } finally {
    stop.off();
  }
}

function codeOf(end: WatchEnd, pair: string, teller: Teller): number {
  switch (end.kind) {
    case 'ended':
      teller.end(end.drill, pair);
      return end.drill.verdict === 'passed' ? EXIT.ok : EXIT.notOk;
    case 'nothing':
      throw new CommandFailure(EXIT.notOk, end.because, `Start one with "failover drill start ${pair}".`);
    case 'stuck':
      throw new CommandFailure(
        EXIT.notOk,
        end.because,
        `"failover status --pair ${pair}" shows the pair; docs/drill.md says how to restore by hand.`,
      );
    case 'unreachable':
      throw cannotReach(`the journal of ${pair} cannot be read`, end.because);
    case 'left':
      return EXIT.interrupted;
  }
}

interface Teller {
  tell(drill: RunningDrill, steps: readonly StepLine[], atMs: number): void;
  end(drill: EndedDrill, pair: string): void;
}

const ending = ({ id, verdict }: EndedDrill, pair: string, paint: Colours) =>
  `Drill ${id} ended: ${(verdict === 'passed' ? paint.good : paint.bad)(verdict)}.\nIts report: failover drill report ${pair} --id ${id}\n`;

/** One JSON line for each change, the last with the verdict. */
class JsonTeller implements Teller {
  private last = '';

  public constructor(private readonly shell: Shell) {}

  public tell(drill: RunningDrill, steps: readonly StepLine[], atMs: number): void {
    const key = changes(steps);
    if (key === this.last) return;
    this.last = key;
    const { id, level, startedAtMs, deadlineMs } = drill;
    this.write({
      kind: 'running',
      atMs,
      drill: { id, level, startedAtMs, deadlineMs, stopRequested: drill.stopRequested ?? false },
      steps,
    });
  }

  public end({ id, level, verdict, endedAtMs }: EndedDrill): void {
    this.write({ kind: 'ended', atMs: endedAtMs, drill: { id, level }, verdict });
  }

  private write(said: object): void {
    this.shell.write(`${JSON.stringify({ schema: WATCH_SCHEMA, ...said })}\n`);
  }
}

/** A line when a step begins and a line when it ends. */
class LineTeller implements Teller {
  private readonly said = new Set<string>();
  private readonly paint: Colours;

  public constructor(private readonly shell: Shell) {
    this.paint = new Colours(shell);
  }

  public tell(_drill: RunningDrill, steps: readonly StepLine[], atMs: number): void {
    for (const line of steps) {
      const key = `${line.step} ${line.state}`;
      if (line.state === 'waiting' || this.said.has(key)) continue;
      this.said.add(key);
      this.shell.write(`${new Date(atMs).toISOString()} ${stepTable([line], this.paint).trimStart()}`);
      for (const reason of line.because ?? []) this.shell.write(`  ${reason}\n`);
    }
  }

  public end(drill: EndedDrill, pair: string): void {
    this.shell.write(ending(drill, pair, this.paint));
  }
}

/** The whole drill, redrawn in place. */
class ScreenTeller implements Teller {
  private readonly frame: Frame;
  private readonly paint: Colours;

  public constructor(private readonly shell: Shell) {
    this.frame = new Frame(shell);
    this.paint = new Colours(shell);
  }

  public tell(drill: RunningDrill, steps: readonly StepLine[], atMs: number): void {
    const sec = (ms: number) => `${(ms / 1000).toFixed(0)} s`;
    const left = drill.deadlineMs - atMs;
    const head = `${this.paint.strong(drill.id)} (${drill.level}) for ${sec(atMs - drill.startedAtMs)}; ${
      left > 0 ? `put back in ${sec(left)} at the latest` : this.paint.bad('past its deadline: schedule and keeper put it back')
    }${drill.stopRequested ? this.paint.doubt('; told to stop') : ''}`;
    const because = steps.flatMap((line) => line.because ?? []).map((reason) => `  ${this.paint.doubt(reason)}\n`);
    this.frame.draw(`${head}\n${stepTable(steps, this.paint)}${because.join('')}`);
  }

  public end(drill: EndedDrill, pair: string): void {
    this.shell.write(ending(drill, pair, this.paint));
  }
}

const changes = (steps: readonly StepLine[]) => steps.map(({ state, outcome }) => `${state}${outcome ?? ''}`).join();
