/** The person or script at the other end. */
import { createInterface } from 'node:readline';

export interface Shell {
  readonly isTTY: boolean;
  readonly columns: number;
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  write(text: string): void;
  warn(text: string): void;
}

/** Ctrl-C and a polite end as a value, so that a command can say what goes on without it. */
export interface Interrupt {
  /** Settles with the exit code that shells expect. */
  readonly code: Promise<number>;
  asked(): boolean;
  off(): void;
}

export function interrupt(): Interrupt {
  let asked = false;
  let settle: (code: number) => void = () => undefined;
  const code = new Promise<number>((resolve) => {
    settle = resolve;
  });
  const on = (exit: number) => () => {
    if (asked) process.exit(exit);
    asked = true;
    settle(exit);
  };
  const onInt = on(130);
  const onTerm = on(143);
  process.on('SIGINT', onInt);
  process.on('SIGTERM', onTerm);
  return {
    code,
    asked: () => asked,
    off: () => {
      // On its way out; without a handler a second Ctrl-C would kill it, and its exit code would be lost.
      if (asked) return;
      process.off('SIGINT', onInt);
      process.off('SIGTERM', onTerm);
    },
  };
}

/** One line that a person types. @returns undefined when the input ended or Ctrl-C was pressed */
export async function ask(shell: Shell, question: string): Promise<string | undefined> {
  shell.write(question);
  // Without a terminal of its own: the question is written once, and what is typed is echoed by the real one.
  const lines = createInterface({ input: shell.input });
  const stop = interrupt();
  try {
    return await Promise.race([
      new Promise<string | undefined>((resolve) => {
        lines.once('line', resolve);
        lines.once('close', () => resolve(undefined));
      }),
      stop.code.then(() => undefined),
    ]);
  } finally {
    stop.off();
    lines.close();
  }
}

/** Redraws in place on a terminal; elsewhere every frame is printed. */
export class Frame {
  private lines = 0;

  public constructor(private readonly shell: Shell) {}

  public draw(text: string): void {
    if (this.shell.isTTY && this.lines > 0) this.shell.write(`\u001b[${this.lines}A\u001b[0J`);
    const shown = this.shell.isTTY
      ? text
          .split('\n')
          .map((line) => cropped(line, this.shell.columns - 1))
          .join('\n')
      : text;
    this.shell.write(shown);
    this.lines = shown.split('\n').length - 1;
  }
}

/** Colours only where a person looks. */
export class Colours {
  private readonly on: boolean;

  public constructor(shell: Pick<Shell, 'isTTY'>) {
    this.on = shell.isTTY && !process.env['NO_COLOR'];
  }

  public good = (text: string) => this.wrap(32, text);
  public bad = (text: string) => this.wrap(31, text);
  public doubt = (text: string) => this.wrap(33, text);
  public quiet = (text: string) => this.wrap(2, text);
  public strong = (text: string) => this.wrap(1, text);

  private wrap(code: number, text: string): string {
    return this.on ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

/** A line that wraps would be two, and the next drawing would miss one. Colour codes take no width. */
function cropped(line: string, width: number): string {
  let seen = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
  return line.replace(/\u001b\[\d+m|./gu, (part) => (part.startsWith('\u001b') || ++seen <= width ? part : ''));
}
