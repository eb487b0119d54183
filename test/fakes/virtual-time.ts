import type { Time } from '../../lib/runtime/ports';

/** Time that moves only when everybody sleeps. Many may sleep at once; the earliest wakes first. */
export class VirtualTime implements Time {
  private sleepers: { readonly atMs: number; readonly order: number; readonly wake: () => void }[] = [];
  private order = 0;
  private offsetMs = 0;

  constructor(private trueMs = Date.UTC(2026, 10, 24, 10, 0, 0)) {}

  public nowMs(): number {
    return this.trueMs + this.offsetMs;
  }

  public sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.order += 1;
      this.sleepers.push({ atMs: this.trueMs + Math.max(ms, 0), order: this.order, wake });
      this.sleepers.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
    });
  }

  /** Moves the clock that programs read, in either direction, and not the time that passes. */
  public jump(ms: number): void {
    this.offsetMs += ms;
  }

  /** Lets time pass until `wanted` settles. */
  public async run<T>(wanted: Promise<T>, limitMs = 24 * 3_600_000): Promise<T> {
    const untilMs = this.trueMs + limitMs;
    let settled = false;
    const settle = () => {
      settled = true;
    };
    wanted.then(settle, settle);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (settled) return wanted;
      const next = this.sleepers.shift();
      if (!next) throw new Error('everybody waits for something that never comes');
      if (next.atMs > untilMs) throw new Error(`not settled within ${limitMs} ms of virtual time`);
      this.trueMs = Math.max(this.trueMs, next.atMs);
      next.wake();
    }
  }

  /** Lets `ms` pass. */
  public pass(ms: number): Promise<void> {
    return this.run(this.sleep(ms));
  }
}
