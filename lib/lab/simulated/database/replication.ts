/**
 * Rows of the writer and what has arrived of them, computed for any moment instead of simulated row by row: a writer
 * commits all the time while it lives, and a replica shows what was committed `lagMs` ago.
 */
import type { HeartbeatReading, LagSample } from '../../../runtime/ports/database';
import { type ReplicaSetting, type Setting, type Span, within } from './setting';

/** The writer updates its heartbeat row this often, in ms. */
export const HEARTBEAT_MS = 10_000;
const MINUTE = 60_000;
/** A sample can be read this long after its minute. */
const INGESTION_MS = 40_000;

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
    const replica = this.replica(id);
    const untilMs = Math.min(nowMs, this.cuts.get(id) ?? nowMs);
    let newest = this.setting.brokenAtMs - 24 * 3_600_000;
    for (const [from, until] of this.flows.get(id) ?? []) {
      if (from > untilMs) break;
      newest = Math.max(newest, Math.min(until, untilMs) - (replica?.lagMs ?? 0));
    }
    return newest;
  }

  /** Newest heartbeat row and the moment it arrived. */
  public newestRow(id: string, nowMs: number): { readonly rowMs: number; readonly arrivedMs: number } {
    const rowMs = Math.floor(this.received(id, nowMs) / HEARTBEAT_MS) * HEARTBEAT_MS;
    const lagMs = this.replica(id)?.lagMs ?? 0;
    for (const [from, until] of this.flows.get(id) ?? []) {
      if (until - lagMs >= rowMs) return { rowMs, arrivedMs: Math.max(from, rowMs + lagMs) };
    }
    return { rowMs, arrivedMs: rowMs + lagMs };
  }

  public reading(id: string, nowMs: number, epoch: number, writerAnswers: boolean): HeartbeatReading {
    const { rowMs, arrivedMs } = this.newestRow(id, nowMs);
    const { readerBeganMs = 0, skewMs } = this.setting;
    // A reader that began after the last row has never seen another one: it knows the least, and no more.
    const blank = nowMs >= readerBeganMs && arrivedMs < readerBeganMs;
    return {
      kind: 'heartbeat',
      rowAtMs: rowMs + skewMs.primary,
      rowEpoch: epoch,
      unchangedForMs: Math.max(0, nowMs - (blank ? readerBeganMs : arrivedMs)),
      ...(blank ? {} : { arrivedWithinMs: Math.max(0, nowMs - arrivedMs) }),
      writerAnswers,
    };
  }

  /** One sample a minute, some missing, some -1: both are unknown. */
  public samples(id: string, fromMs: number, toMs: number, nowMs: number): LagSample[] {
    const samples: LagSample[] = [];
    const last = Math.min(toMs, nowMs - INGESTION_MS);
    for (let atMs = Math.ceil(fromMs / MINUTE) * MINUTE; atMs <= last; atMs += MINUTE) {
      const sample = this.sample(id, atMs);
      if (sample) samples.push(sample);
    }
    return samples;
  }

  private sample(id: string, atMs: number): LagSample | undefined {
    const drawn = this.drawn.get(id);
    const known = drawn?.get(atMs);
    const sample = known ?? this.draw(id, atMs);
    if (!known) drawn?.set(atMs, sample);
    return sample.kind === 'unknown' && sample.because === 'missing' ? undefined : sample;
  }

  private draw(id: string, atMs: number): LagSample {
    const { lagHole } = this.setting.faults;
    if (lagHole > 0 && this.uniform() < lagHole) {
      return { kind: 'unknown', atMs, because: this.uniform() < 0.5 ? 'missing' : 'lag is -1: replication does not run' };
    }
    return { kind: 'lag', atMs, ms: Math.max(0, atMs - this.received(id, atMs)) };
  }
}

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
