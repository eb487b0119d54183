/**
 * Rows of the writer and what has arrived of them, computed for any moment instead of simulated row by row: a writer
 * commits all the time while it lives, and a replica shows what was committed `lagMs` ago.
 */
import { LOOKS_MS } from '../../../decide/database/excess';
import { TICK_MS } from '../../../decide/database/witnesses';
import { RowMemory } from '../../../runtime/drive/heartbeat';
import type { Unknown } from '../../../runtime/ports';
import type { HeartbeatReading, LagSample } from '../../../runtime/ports/database';
import type { HeartbeatRow } from '../../../runtime/ports/heartbeat';
import { EPOCH_MS, inside, type ReplicaSetting, type Setting, type Span, within } from './setting';

/** The writer updates its heartbeat row this often, in ms. */
export const HEARTBEAT_MS = 10_000;
const MINUTE = 60_000;
/** A prober that began a minute before the world ends so long after it began, if no other takes over. */
const EARLIER_MS = 70_000;

export class Replication {
  /** Spans in which rows flow, per replica. */
  private readonly flows = new Map<string, readonly Span[]>();
  private readonly cuts = new Map<string, number>();
  /** What each minute of each replica says; a sample stays what it was. */
  private readonly drawn = new Map<string, Map<number, LagSample>>();

  public constructor(
    private readonly setting: Setting,
    private readonly uniform: () => number,
  ) {
    for (const replica of this.replicas()) {
      this.flows.set(replica.id, flowOf(setting, replica));
      this.drawn.set(replica.id, new Map());
    }
  }

  /** Nothing arrives at a promoted replica any more. */
  public cut(id: string, atMs: number): void {
    if (!this.cuts.has(id)) this.cuts.set(id, atMs);
  }

  public replica(id: string): ReplicaSetting | undefined {
    const { rebuilt, replicas } = this.setting;
    return rebuilt?.id === id ? rebuilt : replicas.find((r) => r.id === id);
  }

  private replicas(): readonly ReplicaSetting[] {
    const { rebuilt, replicas } = this.setting;
    return rebuilt ? [...replicas, rebuilt] : replicas;
  }

  /** Newest commit of the old writer that the replica shows. */
  public received(id: string, nowMs: number): number {
    const untilMs = Math.min(nowMs, this.cuts.get(id) ?? nowMs);
    let newest = this.setting.brokenAtMs - 24 * 3_600_000;
    for (const [from, until] of this.flows.get(id) ?? []) {
      if (from > untilMs) break;
      const endMs = Math.min(until, untilMs);
      newest = Math.max(newest, endMs - this.delayMs(id, endMs));
    }
    return newest;
  }

  /** From commit to arrival. One that becomes slow falls behind by half a second each second, and catches up at once. */
  private delayMs(id: string, atMs: number): number {
    const replica = this.replica(id);
    const { lagMs = 0, slow } = replica ?? {};
    return slow && inside(slow.span, atMs) ? lagMs + Math.min(slow.ms, (atMs - slow.span[0]) / 2) : lagMs;
  }

  /** How much slower it became by then, since the last sample that could be read at `readMs`. */
  public unsampledMs(id: string, atMs: number, readMs: number): number {
    const { sampledMs, ingestionMs, faults } = this.setting;
    let takenMs = Math.floor((atMs - sampledMs) / MINUTE) * MINUTE + sampledMs;
    if (takenMs + ingestionMs > readMs) takenMs -= MINUTE;
    const sinceMs = faults.lagHole > 0 ? (this.replica(id)?.slow?.span[0] ?? atMs) : takenMs;
    return Math.max(0, this.delayMs(id, atMs) - this.delayMs(id, sinceMs));
  }

  /** Newest commit that was replayed: of an idle writer that is always a heartbeat row. */
  private replayed(id: string, nowMs: number): number {
    const newest = this.received(id, nowMs);
    return this.setting.idle ? rowOf(newest) : newest;
  }

  /** One of the readers looks; it remembers what it saw before. */
  public reading(id: string, nowMs: number, epoch: number, writerAnswers: boolean): HeartbeatReading | Unknown {
    const reader = this.reader(nowMs);
    const row = this.row(id, nowMs, epoch);
    const seen = reader.saw(id, row, nowMs, nowMs);
    if (!seen) return { kind: 'unknown', because: `first look at ${id} since this reader started` };
    const excess = writerAnswers ? undefined : reader.excess(id);
    return { kind: 'heartbeat', rowAtMs: row.atMs, rowEpoch: epoch, ...seen, writerAnswers, ...(excess ? { excess } : {}) };
  }

  /** What a look finds, by the writer's clock. */
  private row(id: string, nowMs: number, epoch: number): HeartbeatRow {
    const { replays } = this.setting;
    const stamp = (ms: number) => ms + this.clockMs(ms);
    const atMs = stamp(rowOf(this.received(id, nowMs)));
    return { kind: 'row', atMs, epoch, ...(replays ? { replayedAtMs: stamp(this.replayed(id, nowMs)) } : {}) };
  }

  private clockMs(atMs: number): number {
    const { skewMs, clockSet } = this.setting;
    return skewMs.primary + (clockSet && atMs >= clockSet.atMs ? clockSet.ms : 0);
  }

  private reader(nowMs: number): RowMemory {
    const { readerBeganMs = Number.MAX_SAFE_INTEGER } = this.setting;
    this.lookBefore(Math.min(nowMs, readerBeganMs));
    if (nowMs >= readerBeganMs && !this.began) {
      this.readers = this.readers.map(() => new RowMemory());
      this.began = true;
    }
    return this.anyReader();
  }
  private readers: readonly RowMemory[] = [];
  private began = false;
  private lookedMs = 0;

  private anyReader(): RowMemory {
    return this.readers[this.readers.length > 1 && this.uniform() < 0.5 ? 1 : 0] as RowMemory;
  }

  /** A prober of before the world had the readers look every 5 s, and lives on for a while. */
  private lookBefore(untilMs: number): void {
    if (this.readers.length === 0) {
      this.readers = Array.from({ length: this.setting.readers }, () => new RowMemory());
      this.lookedMs = EPOCH_MS - LOOKS_MS - this.uniform() * TICK_MS;
    }
    for (; this.lookedMs < Math.min(untilMs, EPOCH_MS + EARLIER_MS); this.lookedMs += TICK_MS) {
      for (const { id } of this.replicas())
        this.anyReader().saw(id, this.row(id, this.lookedMs, 0), this.lookedMs, this.lookedMs);
    }
  }

  /** One sample a minute, taken at some moment of it and stamped with its beginning; some are missing, some -1: both are unknown. */
  public samples(id: string, fromMs: number, toMs: number, nowMs: number): LagSample[] {
    const { sampledMs, ingestionMs } = this.setting;
    const samples: LagSample[] = [];
    for (let atMs = Math.ceil(fromMs / MINUTE) * MINUTE; atMs <= toMs; atMs += MINUTE) {
      const takenMs = atMs + sampledMs;
      if (takenMs + ingestionMs > nowMs) break;
      const sample = this.sample(id, atMs, takenMs);
      if (sample) samples.push(sample);
    }
    return samples;
  }

  private sample(id: string, atMs: number, takenMs: number): LagSample | undefined {
    const drawn = this.drawn.get(id);
    const known = drawn?.get(atMs);
    const sample = known ?? this.draw(id, atMs, takenMs);
    if (!known) drawn?.set(atMs, sample);
    return sample.kind === 'unknown' && sample.because === 'missing' ? undefined : sample;
  }

  private draw(id: string, atMs: number, takenMs: number): LagSample {
    const { lagHole } = this.setting.faults;
    if (lagHole > 0 && this.uniform() < lagHole) {
      return { kind: 'unknown', atMs, because: this.uniform() < 0.5 ? 'missing' : 'lag is -1: replication does not run' };
    }
    return { kind: 'lag', atMs, ms: Math.max(0, takenMs - this.replayed(id, takenMs)) };
  }
}

/** The heartbeat row that stands once everything up to this commit has arrived. */
const rowOf = (atMs: number) => Math.floor(atMs / HEARTBEAT_MS) * HEARTBEAT_MS;

/** Rows flow while the writer lives, the Regions reach each other and nothing stalls. */
function flowOf(setting: Setting, replica: ReplicaSetting): Span[] {
  if (replica.alone) return [];
  const blocked = [...setting.writerDown, ...setting.linkDown, ...(replica.stalled ? [replica.stalled] : [])];
  const edges = [...new Set(blocked.flat())].sort((a, b) => a - b);
  const flows: Span[] = [];
  let from = setting.brokenAtMs - 24 * 3_600_000;
  for (const edge of [...edges, Number.MAX_SAFE_INTEGER]) {
    if (edge <= from) continue;
    if (!within(blocked, from)) {
      const before = flows[flows.length - 1];
      if (before && before[1] === from) flows[flows.length - 1] = [before[0], edge];
      else flows.push([from, edge]);
    }
    from = edge;
  }
  return flows;
}
