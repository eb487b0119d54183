import type { Time } from '../../runtime/ports';
import { type Clock, toLabMs, toRealDelayMs } from './clock';

/** The port `Time`, and timers that can be cancelled: a world that closes must not wait for its checkers' sleep. */
export interface LabTime extends Time {
  /** Calls `then` once after `ms`, unless the returned function was called before. */
  after(ms: number, then: () => void): () => void;
}

/** Lab time over the real clock of this process. `lib/lab/scaled-clock.ts` gives unchanged programs the same time. */
export class ScaledTime implements LabTime {
  public readonly clock: Clock;

  /** @param clock left out: real speed, from now */
  constructor(clock: Partial<Clock> = {}) {
    this.clock = { scale: clock.scale ?? 1, originMs: clock.originMs ?? Date.now() };
  }

  public nowMs(): number {
    return Math.floor(toLabMs(this.clock, Date.now()));
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
