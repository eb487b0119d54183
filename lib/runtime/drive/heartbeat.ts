import type { HeartbeatRequest } from '../../contracts/database';
import type { Unknown } from '../ports';
import type { HeartbeatReading } from '../ports/database';
import type { SqlDatabases, Stopwatch } from '../ports/heartbeat';

interface Seen {
  readonly atMs: number;
  readonly epoch: number;
  /** By the reader's own stopwatch, when this row had been read for the first time. */
  readonly sinceMs: number;
  /** When this row was certainly not there yet: a look that began then saw an older one. */
  readonly notBeforeMs?: number;
  /** When the last look began that saw this row. */
  readonly lookedMs: number;
}

/**
 * Reads the heartbeat row on a replica and says how long it has not changed, by this reader's own stopwatch: the clocks of
 * the writer and of the replica take no part. After a cold start nothing was seen yet, so the first look is unknown.
 */
export class HeartbeatReader {
  private readonly seen = new Map<string, Seen>();

  public constructor(
    private readonly sql: SqlDatabases,
    private readonly stopwatch: Stopwatch,
  ) {}

  public async read({ member, writer }: HeartbeatRequest): Promise<HeartbeatReading | Unknown> {
    // Taken before the question and, for a new row, after the answer: what is said is never longer than the truth.
    const askedMs = this.stopwatch.elapsedMs();
    const [row, writerAnswers] = await Promise.all([this.sql.row(member), this.sql.answers(writer)]);
    if (row.kind === 'unknown') return row;
    const key = `${member.id} ${member.endpoint}`;
    const before = this.seen.get(key);
    const same = before !== undefined && before.atMs === row.atMs && before.epoch === row.epoch;
    const notBeforeMs = same ? before.notBeforeMs : before?.lookedMs;
    const since = same ? before.sinceMs : this.stopwatch.elapsedMs();
    const bound = notBeforeMs === undefined ? {} : { notBeforeMs };
    this.seen.set(key, { atMs: row.atMs, epoch: row.epoch, sinceMs: since, lookedMs: askedMs, ...bound });
    if (before === undefined) return { kind: 'unknown', because: `first look at ${member.id} since this reader started` };
    const unchangedForMs = same ? Math.max(askedMs - before.sinceMs, 0) : 0;
    const within = notBeforeMs === undefined ? {} : { arrivedWithinMs: this.stopwatch.elapsedMs() - notBeforeMs };
    return { kind: 'heartbeat', rowAtMs: row.atMs, rowEpoch: row.epoch, unchangedForMs, ...within, writerAnswers };
  }
}
