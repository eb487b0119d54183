import { type Excess, excessLater } from '../../../decide/database/excess';
import type { Outcome } from '../../../decide/database/trigger';

/** What one prober run remembers of one pair. Durations are of its own clock only. */
export class PairMemory {
  public failures = 0;
  public ticks = 0;
  public published = 0;
  public stuckPaged = false;
  /** Since when the writer itself is spoken against. */
  public writerSinceMs: number | undefined;
  /** How long each candidate had seen no new row when that began, in ms. */
  public gapsMs: Record<string, number> = {};
  /** The same where only the least is known. */
  public unheardMs: Record<string, number> = {};
  /** What looks at each candidate added to its lag when that began. */
  public excess: Record<string, Excess> = {};
  /** Undefined where nobody knows yet, or there is no lease. */
  public leaseLost: boolean | undefined;
  public servers: readonly string[] | undefined;
  private lease: { readonly rvn: string; readonly sinceMs: number; readonly changed: boolean } | undefined;
  private standing: string | undefined;
  private outcome: { readonly outcome: Outcome; readonly sinceMs: number } | undefined;

  public probed(good: boolean): number {
    this.failures = good ? 0 : this.failures + 1;
    return this.failures;
  }

  /**
   * How long this lease record has been seen unchanged, in ms of the observer's stopwatch. Counted from the answer that showed it
   * first to the question that still found it: never longer than the truth.
   */
  public leaseSeen(
    rvn: string,
    askedMs: number,
    answeredMs: number,
  ): { readonly unchangedForMs: number; readonly changed: boolean } {
    const before = this.lease;
    if (before?.rvn === rvn) return { unchangedForMs: Math.max(askedMs - before.sinceMs, 0), changed: before.changed };
    this.lease = { rvn, sinceMs: answeredMs, changed: before !== undefined };
    return { unchangedForMs: 0, changed: before !== undefined };
  }

  /** The record that stood still long enough to be taken. */
  public leaseStood(stood: boolean): void {
    this.standing = stood ? this.lease?.rvn : undefined;
  }

  public get leaseRvn(): string | undefined {
    return this.standing;
  }

  /** How long the outcome has been this one, in ms. */
  public lasts(outcome: Outcome, nowMs: number): number {
    if (this.outcome?.outcome !== outcome) this.outcome = { outcome, sinceMs: nowMs };
    return nowMs - this.outcome.sinceMs;
  }

  /** First evidence against the writer, or the end of it. What was not known then may be learned later. */
  public writer(against: boolean, nowMs: number, heard: readonly Heard[]): void {
    if (!against) {
      this.writerSinceMs = undefined;
      this.gapsMs = {};
      this.unheardMs = {};
      this.excess = {};
      return;
    }
    this.writerSinceMs ??= nowMs;
    const sinceMs = nowMs - this.writerSinceMs;
    for (const { id, unchangedForMs, withinMs, excess } of heard) {
      if (excess) this.excess[id] ??= excessLater(excess, -sinceMs);
      if (this.gapsMs[id] !== undefined) continue;
      if (withinMs !== undefined) this.gapsMs[id] = Math.max(0, withinMs - sinceMs);
      else this.unheardMs[id] ??= unchangedForMs;
    }
  }

  /**
   * How long ago this row arrived at most, by the observer's own time: since its last look that showed another one. Nothing
   * while it has seen one row only.
   */
  public rowWithin(id: string, row: string, askedMs: number, answeredMs: number): number | undefined {
    const before = this.rows.get(id);
    const notBeforeMs = before?.row === row ? before.notBeforeMs : before?.lookedMs;
    this.rows.set(id, { row, lookedMs: askedMs, ...(notBeforeMs === undefined ? {} : { notBeforeMs }) });
    // A clock that went backwards knows nothing any more.
    if (before && answeredMs < before.lookedMs) this.rows.delete(id);
    return notBeforeMs === undefined || answeredMs < notBeforeMs ? undefined : answeredMs - notBeforeMs;
  }

  private readonly rows = new Map<string, { readonly row: string; readonly lookedMs: number; readonly notBeforeMs?: number }>();
}

/** What is known of the newest row of one candidate. `withinMs`: it arrived at most so long ago; absent: nobody knows. */
export interface Heard {
  readonly id: string;
  readonly unchangedForMs: number;
  readonly withinMs?: number;
  readonly excess?: Excess;
}
