/**
 * Route 53's part: verdicts on the endpoints, the copy of the latch alarm with its delay, the two calculated checks, and
 * what each name server answers a little later.
 */
import type { Scheduler } from '../scheduler';
import { type Setting, within } from './setting';

export type Subject = 'primary' | 'standby' | 'latch' | 'primaryAllowed' | 'standbyAllowed';

interface Turn {
  readonly atMs: number;
  readonly healthy: boolean;
}

const MINUTE = 60_000;

export class Traffic {
  private readonly turns: Record<Subject, Turn[]>;
  private latched: boolean;
  private held = false;
  /** Highest published value per minute: two publishers err towards latched. */
  private readonly minutes = new Map<number, { latch: number; hold: number }>();
  private judgedMinute = -1;
  private answered: 'primary' | 'standby';
  /** Times at which the name changed its side. */
  public readonly flips: { readonly atMs: number; readonly to: 'primary' | 'standby' }[] = [];

  public constructor(
    private readonly setting: Setting,
    private readonly scheduler: Scheduler,
    private readonly turned: (subject: Subject, healthy: boolean) => void,
  ) {
    const start = (healthy = true) => [{ atMs: 0, healthy }];
    this.latched = setting.rebuilt !== undefined;
    this.answered = this.latched ? 'standby' : 'primary';
    const open = start(!this.latched);
    this.turns = { primary: start(), standby: start(), latch: open, primaryAllowed: [...open], standbyAllowed: start() };
    for (const [from, until] of setting.siteDown) {
      if (until - from < setting.detectionMs) continue;
      this.at(from + setting.detectionMs, () => this.turn('primary', within(setting.siteDown, this.now()) === false));
      this.at(until + setting.recoveryMs, () => this.turn('primary', !within(setting.siteDown, this.now())));
    }
  }

  public answer(): 'primary' | 'standby' {
    return this.answered;
  }

  public isLatched(): boolean {
    return this.latched;
  }

  public isHeld(): boolean {
    return this.held;
  }

  public verdict(subject: Subject): boolean {
    const turns = this.turns[subject];
    return (turns[turns.length - 1] as Turn).healthy;
  }

  /** What a name server that lags behind says. */
  public seen(subject: Subject, atMs: number): boolean {
    const turns = this.turns[subject];
    for (let i = turns.length - 1; i > 0; i -= 1) if ((turns[i] as Turn).atMs <= atMs) return (turns[i] as Turn).healthy;
    return (turns[0] as Turn).healthy;
  }

  /** A published value counts for its minute; an alarm on the maximum follows it after a while. */
  public publish(latch: boolean, hold: boolean): void {
    const minute = Math.floor(this.now() / MINUTE);
    const known = this.minutes.get(minute) ?? { latch: 0, hold: 0 };
    const value = { latch: Math.max(known.latch, latch ? 1 : 0), hold: Math.max(known.hold, hold ? 1 : 0) };
    const grew = value.latch > known.latch || value.hold > known.hold;
    this.minutes.set(minute, value);
    if (grew) this.at(this.now() + this.setting.latchMs, () => this.judge(minute));
    else if (!latch) this.at((minute + 1) * MINUTE + this.setting.latchMs, () => this.judge(minute));
  }

  private judge(minute: number): void {
    if (minute < this.judgedMinute) return;
    this.judgedMinute = minute;
    const value = this.minutes.get(minute);
    if (!value) return;
    this.latched = value.latch > 0;
    this.held = value.hold > 0;
    this.turn('latch', !this.latched);
    this.settle();
  }

  private turn(subject: Subject, healthy: boolean): void {
    if (this.verdict(subject) === healthy) return;
    this.turns[subject].push({ atMs: this.now(), healthy });
    this.turned(subject, healthy);
    if (subject === 'primary' || subject === 'standby') this.settle();
  }

  private settle(): void {
    this.turn('primaryAllowed', (this.verdict('primary') || this.held) && !this.latched);
    this.turn('standbyAllowed', this.verdict('standby') || this.latched);
    // Both refused answers the primary: Route 53's own rule.
    const to = this.verdict('primaryAllowed') || !this.verdict('standbyAllowed') ? 'primary' : 'standby';
    if (to === this.answered) return;
    this.answered = to;
    this.flips.push({ atMs: this.now(), to });
  }

  private now(): number {
    return this.scheduler.nowMs();
  }

  private at(atMs: number, act: () => void): void {
    if (Number.isSafeInteger(atMs) && atMs < 8_000_000_000_000) this.scheduler.at(atMs, act);
  }
}
