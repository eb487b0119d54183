import type { Time } from '../../runtime/ports';

/** A clock whose timers can be cancelled, as the world has it. */
export interface CancellableTime extends Time {
  after(ms: number, then: () => void): () => void;
}

/** Sleeps that end with the lab: after `stop` no sleeper wakes, so that nothing keeps a process alive. */
export class StoppableTime implements Time {
  private readonly pending = new Set<() => void>();
  private stopped = false;

  public constructor(private readonly base: CancellableTime) {}

  public nowMs(): number {
    return this.base.nowMs();
  }

  public sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.stopped) return;
      const cancel = this.base.after(ms, () => {
        this.pending.delete(cancel);
        resolve();
      });
      this.pending.add(cancel);
    });
  }

  public stop(): void {
    this.stopped = true;
    for (const cancel of this.pending) cancel();
    this.pending.clear();
  }
}
