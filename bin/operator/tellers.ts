/** Progress of something that runs, for a script, a log or a screen. */
import type { StepLine } from '../../lib/runtime/drive/operator/progress';
import { Colours, Frame, type Shell } from './shell';

export interface Progress {
  /** Headline of the screen. */
  readonly head: (paint: Colours) => string;
  readonly steps: readonly StepLine[];
  /** What a screen shows below the steps. Left out: the reasons of all of them. */
  readonly below?: readonly string[];
  /** What a script reads. */
  readonly document: object;
  readonly atMs: number;
}

export interface Ending {
  readonly text: (paint: Colours) => string;
  readonly document: object;
}

export interface Teller {
  tell(progress: Progress): void;
  end(ending: Ending): void;
}

export interface Telling {
  readonly json: boolean;
  readonly schema: string;
  readonly table: (steps: readonly StepLine[], paint: Colours) => string;
}

export function tellerFor(telling: Telling, shell: Shell): Teller {
  if (telling.json) return new JsonTeller(telling, shell);
  return shell.isTTY ? new ScreenTeller(telling, shell) : new LineTeller(telling, shell);
}

/** One JSON line for each change, the last with the end. */
class JsonTeller implements Teller {
  private last = '';

  public constructor(
    private readonly telling: Telling,
    private readonly shell: Shell,
  ) {}

  public tell({ steps, document, atMs }: Progress): void {
    const key = JSON.stringify([steps.map(({ state, outcome }) => [state, outcome]), document]);
    if (key === this.last) return;
    this.last = key;
    this.write({ kind: 'running', atMs, ...document, steps });
  }

  public end({ document }: Ending): void {
    this.write(document);
  }

  private write(said: object): void {
    this.shell.write(`${JSON.stringify({ schema: this.telling.schema, ...said })}\n`);
  }
}

/** A line when a step begins and a line when it ends. */
class LineTeller implements Teller {
  private readonly said = new Set<string>();
  private readonly paint: Colours;

  public constructor(
    private readonly telling: Telling,
    private readonly shell: Shell,
  ) {
    this.paint = new Colours(shell);
  }

  public tell({ steps, atMs }: Progress): void {
    for (const line of steps) {
      const key = `${line.step} ${line.state}`;
      if (line.state === 'waiting' || this.said.has(key)) continue;
      this.said.add(key);
      this.shell.write(`${new Date(atMs).toISOString()} ${this.telling.table([line], this.paint).trimStart()}`);
      for (const reason of line.because ?? []) this.shell.write(`  ${reason}\n`);
    }
  }

  public end({ text }: Ending): void {
    this.shell.write(text(this.paint));
  }
}

/** The whole of it, redrawn in place. */
class ScreenTeller implements Teller {
  private readonly frame: Frame;
  private readonly paint: Colours;

  public constructor(
    private readonly telling: Telling,
    private readonly shell: Shell,
  ) {
    this.frame = new Frame(shell);
    this.paint = new Colours(shell);
  }

  public tell({ head, steps, below }: Progress): void {
    const reasons = below ?? steps.flatMap((line) => line.because ?? []);
    const because = reasons.map((reason) => `  ${this.paint.doubt(reason)}\n`);
    this.frame.draw(`${head(this.paint)}\n${this.telling.table(steps, this.paint)}${because.join('')}`);
  }

  public end({ text }: Ending): void {
    this.shell.write(text(this.paint));
  }
}
