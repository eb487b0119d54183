import type { Excess } from './excess';
import { lasting } from './words';
/** What each witness says about the primary, from what was seen. Unknown is a word of its own, with its reason. */

/** W1: Route 53's verdict about the primary's endpoint, through the beacon. */
export type OutsideWord = 'unhealthy' | 'healthy' | 'unknown';
/** W2: our own probe of the primary. `failing`: not often enough in a row yet. */
export type ProbeWord = 'failed' | 'failing' | 'good';
/** W3: the writer. `dead` is strong evidence; `silent` is weak: replication stands still, which a cut link explains too. */
export type WriterWord = 'dead' | 'silent' | 'alive' | 'unknown';
/** W4: whether the primary renews its lease. `none`: there is no lease. */
export type LeaseWord = 'expired' | 'renewed' | 'unknown' | 'none';

export interface Said<T> {
  readonly says: T;
  readonly because: string;
}

export interface Words {
  readonly outside: Said<OutsideWord>;
  readonly probe: Said<ProbeWord>;
  readonly writer: Said<WriterWord>;
  readonly lease: Said<LeaseWord>;
}

/** Failed ticks in a row before our own probe counts. */
export const FAILED_TICKS = 3;
/** Pause between two ticks, in ms. */
export const TICK_MS = 5_000;

export function probeWord(failuresInARow: number, because: string): Said<ProbeWord> {
  if (failuresInARow === 0) return { says: 'good', because: `our own probe answers: ${because}` };
  const says = failuresInARow >= FAILED_TICKS ? 'failed' : 'failing';
  return { says, because: `our own probe failed ${failuresInARow} times in a row, last: ${because}` };
}

export interface HeartbeatSeen {
  readonly id: string;
  readonly unchangedForMs: number;
  /** The newest row arrived at most so long ago: what a loss is judged by. */
  readonly arrivedWithinMs?: number;
  /** What looks at it add to its lag: the loss is judged by that where it is known. */
  readonly excess?: Excess;
  readonly writerAnswers: boolean | 'unknown';
}

/**
 * How long ago the newest row arrived at most. Each bound is true by its own stopwatch, so the smallest of them is: a reader that
 * is asked rarely knows little, and must not make a loss look larger than others know it to be. Never less than the row was
 * seen unchanged.
 */
export function arrivedWithin(unchangedForMs: number, ...bounds: readonly (number | undefined)[]): number | undefined {
  const known = bounds.filter((bound) => bound !== undefined);
  return known.length === 0 ? undefined : Math.max(unchangedForMs, Math.min(...known));
}

export interface WriterFacts {
  /** Readings of each candidate that could be read; absent without a heartbeat reader. */
  readonly heartbeat?: { readonly limitMs: number; readonly seen: readonly HeartbeatSeen[]; readonly unread: readonly string[] };
  /** The service's own word about the writer, where it says one without the primary's Region. */
  readonly serviceStatus?: string;
  /** What the replicas and their lag points show. Weak: they cannot tell a dead writer from a cut link. */
  readonly replication: readonly string[];
}

/** States in which the service itself says that a writer cannot write. */
const DEAD_STATES: readonly string[] = ['failed', 'stopped', 'inaccessible-encryption-credentials', 'storage-full'];

/** W3. Strong only when no candidate saw a new row for longer than the limit, and the writer refuses to answer. */
export function writerWord(facts: WriterFacts): Said<WriterWord> {
  const { serviceStatus } = facts;
  const heard = facts.heartbeat && heartbeatWord(facts.heartbeat);
  if (heard && heard.says !== 'unknown') return heard;
  if (serviceStatus !== undefined && DEAD_STATES.includes(serviceStatus)) {
    return { says: 'dead', because: `the service says that the writer is ${serviceStatus}` };
  }
  if (heard?.says === 'unknown' && facts.replication.length === 0) return heard;
  if (serviceStatus === 'available') return { says: 'alive', because: 'the service says that the writer is available' };
  if (facts.replication.length > 0) return { says: 'silent', because: facts.replication.join('; ') };
  return heard ?? { says: 'unknown', because: 'nothing says whether the writer lives' };
}

function heartbeatWord({ limitMs, seen, unread }: NonNullable<WriterFacts['heartbeat']>): Said<WriterWord> {
  if (seen.length === 0) return { says: 'unknown', because: `no heartbeat could be read: ${unread.join('; ')}` };
  if (seen.some((s) => s.writerAnswers === true)) return { says: 'alive', because: 'the writer answers' };
  const youngestMs = Math.min(...seen.map((s) => s.unchangedForMs));
  const rows = `the newest heartbeat row arrived ${lasting(youngestMs)} ago, limit ${lasting(limitMs)}`;
  const refuses = seen.some((s) => s.writerAnswers === false);
  if (!(youngestMs > limitMs)) return { says: refuses ? 'unknown' : 'alive', because: rows };
  if (refuses) return { says: 'dead', because: `${rows}; the writer does not answer` };
  return { says: 'silent', because: `${rows}; whether the writer answers is unknown` };
}

/** Whether this is evidence against the writer at all: its first moment is when the loss is judged. */
export function speaksAgainstWriter(facts: WriterFacts): boolean {
  const seen = facts.heartbeat?.seen ?? [];
  if (seen.some((s) => s.writerAnswers === true)) return false;
  if (seen.some((s) => s.writerAnswers === false)) return true;
  const word = writerWord(facts).says;
  return word === 'dead' || word === 'silent';
}
