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
  public leaseLost = false;
  public servers: readonly string[] | undefined;
  private lease: { readonly rvn: string; readonly sinceMs: number } | undefined;
  private outcome: { readonly outcome: Outcome; readonly sinceMs: number } | undefined;

  public probed(good: boolean): number {
    this.failures = good ? 0 : this.failures + 1;
    return this.failures;
  }

  /** How long this lease record has been seen unchanged, in ms. */
  public leaseUnchangedMs(rvn: string, nowMs: number): number {
    if (this.lease?.rvn !== rvn) this.lease = { rvn, sinceMs: nowMs };
    return nowMs - this.lease.sinceMs;
  }

  public get leaseRvn(): string | undefined {
    return this.lease?.rvn;
  }

  /** How long the outcome has been this one, in ms. */
  public lasts(outcome: Outcome, nowMs: number): number {
    if (this.outcome?.outcome !== outcome) this.outcome = { outcome, sinceMs: nowMs };
    return nowMs - this.outcome.sinceMs;
  }

  /** First evidence against the writer, or the end of it. */
  public writer(against: boolean, nowMs: number, gapsMs: Record<string, number>): void {
    if (!against) {
      this.writerSinceMs = undefined;
      this.gapsMs = {};
    } else if (this.writerSinceMs === undefined) {
      this.writerSinceMs = nowMs;
      this.gapsMs = gapsMs;
    }
  }
}
