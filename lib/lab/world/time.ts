/**
 * The lab's clock. One number fixes it for every process: lab time and real time are equal at `originMs`, and from
 * there lab time runs `scale` times as fast. `lib/lab/scaled-clock.ts` gives unchanged programs the same clock.
 */
import type { Time } from '../../runtime/ports';

export interface Clock {
  readonly scale: number;
  /** Real Unix time in ms at which lab time and real time are equal. */
  readonly originMs: number;
}

/** Environment variables that carry the clock to child processes. */
export const CLOCK_ENV = { scale: 'LAB_SCALE', originMs: 'LAB_EPOCH_MS' } as const;

export const toLabMs = (clock: Clock, realMs: number) => clock.originMs + (realMs - clock.originMs) * clock.scale;
export const toRealDelayMs = (clock: Clock, labMs: number) => labMs / clock.scale;

/** Environment of a child process that is to live in this clock, with `--require` of the scaled-clock bundle. */
export const clockEnv = (clock: Clock): Record<string, string> => ({
  [CLOCK_ENV.scale]: String(clock.scale),
  [CLOCK_ENV.originMs]: String(clock.originMs),
});

/** The port `Time`, and timers that can be cancelled: a world that closes must not wait for its checkers' sleep. */
export interface LabTime extends Time {
  /** Calls `then` once after `ms`, unless the returned function was called before. */
  after(ms: number, then: () => void): () => void;
}

/** Lab time over the real clock of this process. */
export class ScaledTime implements LabTime {
  public readonly clock: Clock;

  constructor(clock: Partial<Clock> = {}) {
    this.clock = { scale: clock.scale ?? 1, originMs: clock.originMs ?? Date.now() };
  }

  public nowMs(): number {
    return toLabMs(this.clock, Date.now());
  }

  public sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  public after(ms: number, then: () => void): () => void {
    const timer = setTimeout(then, toRealDelayMs(this.clock, ms));
    return () => clearTimeout(timer);
  }
}
