import type { Time } from '../../lib/runtime/ports';

/** Time that moves only when everybody sleeps. Many may sleep at once; the earliest wakes first. */
export class VirtualTime implements Time {
  private readonly sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  private offsetMs = 0;

  constructor(private trueMs = Date.UTC(2026, 10, 24, 10, 0, 0)) {}

  public nowMs(): number {
    return this.trueMs + this.offsetMs;
  }

  /** Never set: what has really passed. */
  public elapsedMs(): number {
    return this.trueMs;
  }

  public sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      const atMs = this.trueMs + Math.max(ms, 0);
      let at = this.sleepers.length;
      while (at > 0 && (this.sleepers[at - 1]?.atMs ?? 0) > atMs) at -= 1;
      this.sleepers.splice(at, 0, { atMs, wake });
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
