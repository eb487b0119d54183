/** Virtual time: a heap of what happens next. No real clock, no real chance, so a seed replays everything. */

interface Entry {
  readonly atMs: number;
  /** Ties are broken by the order of arrival. */
  readonly order: number;
  act: (() => void) | undefined;
}

export class Scheduler {
  private readonly heap: Entry[] = [];
  private current: number;
  private arrivals = 0;
  private acted = 0;

  constructor(startMs = 0) {
    this.current = startMs;
  }

  public nowMs(): number {
    return this.current;
  }

  /** Things that happened so far. */
  public get events(): number {
    return this.acted;
  }

  /** Calls `act` once after `ms`, unless the returned function was called before. */
  public after(ms: number, act: () => void): () => void {
    const entry: Entry = { atMs: this.current + Math.max(0, ms), order: this.arrivals++, act };
    this.push(entry);
    return () => {
      entry.act = undefined;
    };
  }

  /** The same without a way to cancel: what a simulation does a million times. */
  public at(atMs: number, act: () => void): void {
    this.push({ atMs, order: this.arrivals++, act });
  }

  /** When the next thing happens that was not cancelled; infinity when nothing is left. */
  public nextMs(): number {
    while (this.heap[0] && !this.heap[0].act) this.pop();
    return this.heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Does the next thing; false when nothing is left. */
  public step(): boolean {
    const entry = this.pop();
    if (!entry) return false;
    this.current = Math.max(this.current, entry.atMs);
    const { act } = entry;
    entry.act = undefined;
    if (act) {
      this.acted++;
      act();
    }
    return true;
  }

  /** Goes on until `done` or nothing is left; time never passes `limitMs`. */
  public run(limitMs: number, done: () => boolean = () => false): void {
    while (!done() && this.heap.length > 0 && (this.heap[0] as Entry).atMs <= limitMs) this.step();
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!earlier(entry, above)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = entry;
  }

  private pop(): Entry | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && earlier(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!earlier(heap[child] as Entry, last)) break;
      heap[i] = heap[child] as Entry;
      i = child;
    }
    heap[i] = last;
    return first;
  }
}

const earlier = (a: Entry, b: Entry) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
