/** What a person sees: lines that stay, and below them, in a terminal, a panel that shows the present. */
import type { Lab } from './lab';
import { ALARMS, RECORD } from './setting';
import { journalOf } from './state';
import type { Story, StoryLine, Tone } from './story';

export interface Screen {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): void;
}

const REDRAW_MS = 200;
const WHO_WIDTH = 10;

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

export const paintFor = (screen: Screen) => new Paint(screen.isTTY && !process.env.NO_COLOR);

export class View {
  private readonly paint: Paint;
  private panelLines = 0;
  private timer: NodeJS.Timeout | undefined;
  private startedMs = 0;
  private ended = false;

  public constructor(private readonly screen: Screen) {
    this.paint = paintFor(screen);
  }

  public follow(lab: Lab, story: Story): void {
    this.startedMs = lab.time.nowMs();
    story.onLine((line) => {
      if (!this.ended) this.print(line, lab);
    });
    if (!this.screen.isTTY) return;
    this.timer = setInterval(() => this.draw(lab), REDRAW_MS);
    this.screen.write('\u001b[?25l');
  }

  public end(): void {
    if (this.ended) return;
    this.ended = true;
    clearInterval(this.timer);
    this.erase();
    if (this.screen.isTTY) this.screen.write('\u001b[?25h');
  }

  private print(line: StoryLine, lab: Lab): void {
    this.erase();
    const at = seconds(line.atMs - this.startedMs).padStart(8);
    const who = line.who.padEnd(WHO_WIDTH);
    this.screen.write(`${this.paint.quiet(at)}  ${this.paint.strong(who)}  ${this.paint.tone(line.tone, line.text)}\n`);
    if (this.screen.isTTY) this.draw(lab);
  }

  private erase(): void {
    if (this.panelLines > 0) this.screen.write(`\u001b[${this.panelLines}A\u001b[0J`);
    this.panelLines = 0;
  }

  private draw(lab: Lab): void {
    this.erase();
    // A line that wrapped would be two, and the next drawing would miss one.
    const lines = this.panel(lab).map((line) => crop(line, this.screen.columns - 1));
    this.panelLines = lines.length;
    this.screen.write(`${lines.join('\n')}\n`);
  }

  private panel(lab: Lab): string[] {
    const { paint } = this;
    const rule = paint.quiet('─'.repeat(Math.min(78, Math.max(20, this.screen.columns - 1))));
    const answers = lab.world.servers.map((server) => answerOf(lab, server)).join(' | ');
    const drill = journalOf(lab)?.drill;
    const step = drill
      ? (Object.entries(drill.steps).find(([, entry]) => entry.endedAtMs === undefined)?.[0] ?? 'between steps')
      : 'none';
    const alarm = lab.cloudWatch.stateOf(ALARMS.primary) ?? 'unknown';
    const open = lab.pagerDuty.open().length;
    return [
      rule,
      `${RECORD} answers ${paint.strong(answers)}   ${paint.quiet(`t ${seconds(lab.time.nowMs() - this.startedMs)}, ${lab.scale}x real time`)}`,
      ...(['primary', 'standby'] as const).map((site) => this.site(lab, site)),
      `drill ${paint.strong(step)}   alarm ${alarm === 'OK' ? paint.good(alarm) : paint.bad(alarm)}   open incidents ${open === 0 ? paint.good('0') : paint.bad(String(open))}`,
    ];
  }

  private site(lab: Lab, site: 'primary' | 'standby'): string {
    const { paint } = this;
    const check = lab.pair.checks[site];
    const { healthy, of } = lab.world.healthChecks.healthyCheckers(check) ?? { healthy: 0, of: 0 };
    const verdict = lab.world.healthChecks.healthy(check) ? paint.good('healthy') : paint.bad('unhealthy');
    const bar = paint.good('●'.repeat(healthy)) + paint.bad('○'.repeat(of - healthy));
    const broken = lab.world.sites[site].fault;
    const path = lab.world.healthChecks.get(check)?.config.path ?? '';
    return `${site.padEnd(8)} ${bar} ${verdict.padEnd(9)} ${paint.quiet(path)} ${broken ? paint.bad(`broken: ${broken}`) : ''}`;
  }
}

function answerOf(lab: Lab, server: Lab['world']['servers'][number]): string {
  const found = lab.world.zone.answer(RECORD, 'A', server.health);
  const value = found.kind === 'answer' ? found.sets.at(-1)?.values[0] : undefined;
  return value === lab.world.sites.primary.address ? 'primary' : value === lab.world.sites.standby.address ? 'standby' : 'nobody';
}

/** Cuts to a width on the screen; colour codes take none. */
export function crop(line: string, width: number): string {
  let seen = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
  return line.replace(/\u001b\[\d+m|./gu, (part) => (part.startsWith('\u001b') || ++seen <= width ? part : ''));
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
