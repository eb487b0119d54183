/** Colours and widths of lines on a screen. */
import type { Tone } from '../story';

export interface Screen {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): void;
}

export class Paint {
  public constructor(private readonly on: boolean) {}

  public good = (text: string) => this.wrap(32, text);
  public bad = (text: string) => this.wrap(31, text);
  public quiet = (text: string) => this.wrap(2, text);
  public strong = (text: string) => this.wrap(1, text);
  public tone = (tone: Tone, text: string) => (tone === 'plain' ? text : this[tone](text));

  private wrap(code: number, text: string): string {
    return this.on ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

/** A screen on which a cursor can go up. */
export const interactive = (screen: Screen) => screen.isTTY && process.env.TERM !== 'dumb';

/** @see https://no-color.org */
export const paintFor = (screen: Screen) => new Paint(interactive(screen) && !process.env.NO_COLOR);

/** Cuts to a width on the screen; colour codes take none. */
export function crop(line: string, width: number): string {
  let seen = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
  return line.replace(/\u001b\[\d+m|./gu, (part) => (part.startsWith('\u001b') || ++seen <= width ? part : ''));
}

/** Breaks plain text between words into lines of at most `width`; a word that is longer is broken too. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const end = space > 0 ? space : width;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}
