/** Keeps what a run prints as a page of the docs. What repeats an earlier line is folded here, never by hand. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Planned } from '../arguments';
import type { Screen } from '../view';

/** A line of the story: when, who, what. */
const LINE = /^ *(\d+\.\d) s {2}(\S+(?: \S+)*?) {2,}(.*)$/;
/** Steps that are called again and again, and complaints that come again. */
const FOLDED = ['database', 'drill', 'lab'];

export interface Recorded {
  readonly screen: Screen;
  /** Writes the page; called when the verdict was printed. */
  readonly keep: () => void;
}

/** @param folder left out: nothing is kept */
export function recorded(screen: Screen, folder: string | undefined, { scenario, scale }: Planned, seed: number): Recorded {
  if (folder === undefined) return { screen, keep: () => undefined };
  const said: string[] = [];
  const tee: Screen = {
    isTTY: false,
    columns: Number.POSITIVE_INFINITY,
    write: (text) => {
      said.push(text);
      screen.write(text);
    },
  };
  const keep = () => {
    const command = `npm run lab -- ${scenario.name} --scale ${scale} --seed ${seed} --record docs/lab`;
    const text = folded(said.join('').trimEnd().split('\n')).join('\n');
    const page = [
      `# ${scenario.name}`,
      '',
      `Recorded by \`${command}\`. Lines that repeat an earlier one are folded. [What it means](../lab.md).`,
      '',
      '```text',
      text,
      '```',
      '',
    ];
    writeFileSync(join(folder, `${scenario.name}.md`), page.join('\n'));
  };
  return { screen: tee, keep };
}

/** Of lines that differ in their numbers only, the first stays and says how many followed, and until when. */
export function folded(lines: readonly string[]): string[] {
  const kept: { line: string; more: number; untilSec?: string }[] = [];
  const firsts = new Map<string, (typeof kept)[number]>();
  for (const line of lines) {
    const [, atSec, who = '', text = ''] = LINE.exec(line) ?? [];
    const key = FOLDED.includes(who) ? `${who} ${text.replace(/\d+/g, '#')}` : undefined;
    const first = key === undefined ? undefined : firsts.get(key);
    if (first) {
      first.more += 1;
      first.untilSec = atSec;
      continue;
    }
    const entry = { line, more: 0 };
    kept.push(entry);
    if (key !== undefined) firsts.set(key, entry);
  }
  return kept.map(({ line, more, untilSec }) => (more === 0 ? line : `${line} (and ${more} more, until ${untilSec} s)`));
}
