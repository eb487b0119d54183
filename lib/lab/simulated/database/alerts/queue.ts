/** A standard queue of SQS: at least once, in no order, and what nobody deletes comes back. */
import type { QueuedMessage } from '../../../../runtime/ports';
import type { Scheduler } from '../../scheduler';

interface Kept {
  readonly id: string;
  readonly body: string;
  readonly sentAtMs: number;
  attempt: number;
  visibleAtMs: number;
}

/** As the construct sets them: twice the longest call, and how many messages a call gets at most. */
const VISIBILITY_MS = 180_000;
const BATCH = 5;

export class Queue {
  /** What nobody takes, with the reason. */
  public readonly dead: { readonly message: QueuedMessage; readonly because: string }[] = [];
  private readonly kept = new Map<string, Kept>();
  private arrivals = 0;

  /** @param wake called when a message can be received */
  public constructor(
    private readonly scheduler: Scheduler,
    private readonly uniform: () => number,
    private readonly wake: () => void,
  ) {}

  public get length(): number {
    return this.kept.size;
  }

  public send(body: string): void {
    this.arrivals += 1;
    const nowMs = this.scheduler.nowMs();
    const id = `q${this.arrivals}`;
    this.kept.set(id, { id, body, sentAtMs: nowMs, attempt: 0, visibleAtMs: nowMs });
    this.wake();
  }

  /** Some of what is visible, in any order; hidden from now on for a while. */
  public receive(): QueuedMessage[] {
    const nowMs = this.scheduler.nowMs();
    const visible = [...this.kept.values()].filter(({ visibleAtMs }) => visibleAtMs <= nowMs);
    const taken: QueuedMessage[] = [];
    while (visible.length > 0 && taken.length < BATCH) {
      const [one] = visible.splice(Math.floor(this.uniform() * visible.length), 1);
      if (!one) break;
      one.attempt += 1;
      this.hide(one, VISIBILITY_MS);
      const { id, body, attempt, sentAtMs } = one;
      taken.push({ id, body, attempt, sentAtMs, receipt: `${id}/${attempt}` });
    }
    return taken;
  }

  /** The receipt of an earlier delivery changes nothing. */
  public delay(receipt: string, sec: number): void {
    const [id, attempt] = receipt.split('/');
    const one = this.kept.get(id ?? '');
    if (one && String(one.attempt) === attempt) this.hide(one, sec * 1_000);
  }

  public delete(id: string): void {
    this.kept.delete(id);
  }

  private hide(one: Kept, ms: number): void {
    one.visibleAtMs = this.scheduler.nowMs() + ms;
    this.scheduler.at(one.visibleAtMs, this.wake);
  }
}
