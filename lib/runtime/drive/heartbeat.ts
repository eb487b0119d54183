import type { HeartbeatRequest } from '../../contracts/database';
import { type Excess, excessOf, LOOKS_MS, type Look, PAUSE_MS } from '../../decide/database/excess';
import type { Unknown } from '../ports';
import type { HeartbeatReading } from '../ports/database';
import type { HeartbeatRow, SqlDatabases, Stopwatch } from '../ports/heartbeat';

interface Seen {
  readonly atMs: number;
  readonly epoch: number;
  /** By the reader's own stopwatch, when this row had been read for the first time. */
  readonly sinceMs: number;
  /** When this row was certainly not there yet: a look that began then saw an older one. */
  readonly notBeforeMs?: number;
  /** When the last look began that saw this row. */
  readonly lookedMs: number;
  /** Of the last minutes, while the epoch was this one. */
  readonly looks: Look[];
}

/** What one reader remembers of each replica. All its times are of one stopwatch. */
export class RowMemory {
  private readonly seen = new Map<string, Seen>();

  /** Nothing with the first look: what stood there may have stood there for any time. */
  public saw(
    key: string,
    row: HeartbeatRow,
    askedMs: number,
    answeredMs: number,
  ): Pick<HeartbeatReading, 'unchangedForMs' | 'arrivedWithinMs'> | undefined {
    const before = this.seen.get(key);
    const same = before !== undefined && before.atMs === row.atMs && before.epoch === row.epoch;
    const notBeforeMs = same ? before.notBeforeMs : before?.lookedMs;
    const sinceMs = same ? before.sinceMs : answeredMs;
    const bound = notBeforeMs === undefined ? {} : { notBeforeMs };
    const looks = recent(before, row, askedMs);
    looks.push(lookAt(row, askedMs, answeredMs));
    this.seen.set(key, { atMs: row.atMs, epoch: row.epoch, sinceMs, lookedMs: askedMs, looks, ...bound });
    if (before === undefined) return undefined;
    return {
      unchangedForMs: same ? Math.max(askedMs - before.sinceMs, 0) : 0,
      ...(notBeforeMs === undefined ? {} : { arrivedWithinMs: answeredMs - notBeforeMs }),
    };
  }

  /** By all looks up to the last one. */
  public excess(key: string): Excess | undefined {
    return excessOf(this.seen.get(key)?.looks ?? []);
  }
}

/** Another epoch is another writer, with a clock of its own; and what was before a pause says nothing any more. */
function recent(before: Seen | undefined, row: HeartbeatRow, nowMs: number): Look[] {
  if (before?.epoch !== row.epoch) return [];
  const { looks } = before;
  if (nowMs - before.lookedMs > PAUSE_MS) return [];
  while (looks[0] && nowMs - looks[0].askedMs > LOOKS_MS) looks.shift();
  return looks;
}

const lookAt = ({ atMs, replayedAtMs }: HeartbeatRow, askedMs: number, answeredMs: number): Look => ({
  askedMs,
  answeredMs,
  beatAtMs: atMs,
  ...(replayedAtMs === undefined ? {} : { replayedAtMs }),
});

/**
 * Reads the heartbeat row on a replica and says how long it has not changed, by this reader's own stopwatch: the clocks of
 * the writer and of the replica take no part. After a cold start nothing was seen yet, so the first look is unknown.
 */
export class HeartbeatReader {
  private readonly memory = new RowMemory();

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
    const seen = this.memory.saw(key, row, askedMs, this.stopwatch.elapsedMs());
    if (!seen) return { kind: 'unknown', because: `first look at ${member.id} since this reader started` };
    const reading = { kind: 'heartbeat', rowAtMs: row.atMs, rowEpoch: row.epoch, ...seen, writerAnswers } as const;
    // Nobody judges a loss while the writer answers.
    const excess = writerAnswers === true ? undefined : this.memory.excess(key);
    return excess ? { ...reading, excess } : reading;
  }
}
