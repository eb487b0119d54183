/** What a person sees: lines that stay, and below them, in a terminal, a panel that shows the present. */
import type { Lab } from '../lab';
import type { Story, StoryLine } from '../story';
import { crop, interactive, type Paint, paintFor, type Screen, wrap } from './paint';
import { panel } from './panel';

const REDRAW_MS = 200;
const TIME_WIDTH = 8;
const WHO_WIDTH = 10;
/** Of a line, before its text. */
const INDENT = TIME_WIDTH + WHO_WIDTH + 4;
/** Narrower than that a text is not wrapped, but left to the terminal. */
const TEXT_WIDTH_MIN = 16;

/** The terminal shows all of an update at once, where it can: without it a panel flickers. */
const SYNCHRONIZED = ['\u001b[?2026h', '\u001b[?2026l'] as const;
const [HIDE_CURSOR, SHOW_CURSOR] = ['\u001b[?25l', '\u001b[?25h'] as const;
const TO_END_OF_LINE = '\u001b[K';

export class View {
  private readonly paint: Paint;
  private readonly live: boolean;
  private shown: readonly string[] = [];
  private timer: NodeJS.Timeout | undefined;
  private startedMs = 0;
  private ended = false;

  public constructor(private readonly screen: Screen) {
    this.paint = paintFor(screen);
    this.live = interactive(screen);
  }

  public follow(lab: Lab, story: Story): void {
    this.startedMs = lab.time.nowMs();
    story.onLine((line) => {
      if (!this.ended) this.put(this.lines(line), lab);
    });
    if (!this.live) return;
    this.timer = setInterval(() => this.put([], lab), REDRAW_MS);
    this.screen.write(HIDE_CURSOR);
  }

  public end(): void {
    if (this.ended) return;
    this.ended = true;
    clearInterval(this.timer);
    if (this.live) this.screen.write(`${this.up()}\u001b[0J${SHOW_CURSOR}`);
  }

  private lines({ atMs, who, tone, text }: StoryLine): string[] {
    const { paint } = this;
    const head = `${paint.quiet(seconds(atMs - this.startedMs).padStart(TIME_WIDTH))}  ${paint.strong(who.padEnd(WHO_WIDTH))}  `;
    const width = this.screen.columns - 1 - INDENT;
    const parts = this.live && width >= TEXT_WIDTH_MIN ? wrap(text, width) : [text];
    return parts.map((part, i) => `${i === 0 ? head : ' '.repeat(INDENT)}${paint.tone(tone, part)}`);
  }

  /** Writes lines where the panel was, and the panel below them, in one go. */
  private put(lines: readonly string[], lab: Lab): void {
    if (!this.live) {
      this.screen.write(lines.map((line) => `${line}\n`).join(''));
      return;
    }
    // A line that wrapped would be two, and the next drawing would miss one.
    const width = this.screen.columns - 1;
    const next = panel(lab, { paint: this.paint, width, startedMs: this.startedMs }).map((line) => crop(line, width));
    if (lines.length === 0 && next.join('\n') === this.shown.join('\n')) return;
    const text = [...lines, ...next].map((line) => `${line}${TO_END_OF_LINE}\n`).join('');
    this.screen.write(`${SYNCHRONIZED[0]}${this.up()}${text}\u001b[0J${SYNCHRONIZED[1]}`);
    this.shown = next;
  }

  private up(): string {
    // A key that was typed has moved the cursor to the right.
    return this.shown.length > 0 ? `\r\u001b[${this.shown.length}A` : '\r';
  }
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
