/**
 * The lease: one record that the writer's renewer changes only after its heartbeat row has committed. Who may renew it, who
 * may take it, and what it says as a witness. No clock in the record: each side uses its own stopwatch, and whoever was
 * paused for longer than that allows for is stopped by the epoch.
 */
import type { LeaseWord, Said } from './witnesses';

/** One lease record. */
export interface LeaseRecord {
  /** Changes with every write; the same one again means that nobody wrote. */
  readonly rvn: string;
  readonly epoch: number;
  /** Id of the database that writes, or of the run that took the lease. */
  readonly holder: string;
  /** Counts the renewer's runs since the lease was handed over; 0 until the first renewal. */
  readonly turn: number;
}

/** Pause between two renewals, in ms. */
export const RENEW_MS = 5_000;
/** A record unchanged for this long on the observer's own stopwatch is not being renewed. */
export const STEAL_MS = 30_000;
/** A renewer that sent no successful renewal for this long, by its own stopwatch, knows nothing any more. */
export const HOLD_MS = 20_000;

/** What one observer has seen of a lease. */
export interface LeaseSeen {
  readonly lease: Pick<LeaseRecord, 'holder' | 'epoch' | 'turn'>;
  /** Who writes, by the journal. */
  readonly writer: string;
  /** How long this observer has seen this very record, in ms of its own stopwatch. */
  readonly unchangedForMs: number;
  /** Whether it saw another record before. */
  readonly changed: boolean;
}

/** W4, by how long one record was seen unchanged. Only the writer's own silence counts against it. */
export function leaseWord(seen: LeaseSeen | { readonly because: string } | undefined): Said<LeaseWord> {
  if (!seen) return { says: 'none', because: 'there is no lease' };
  if ('because' in seen) return { says: 'unknown', because: `the lease cannot be read: ${seen.because}` };
  const { lease, writer, unchangedForMs, changed } = seen;
  if (lease.holder !== writer) return { says: 'unknown', because: `the lease is held by ${lease.holder}, not by ${writer}` };
  if (lease.turn === 0) return { says: 'unknown', because: `${writer} never renewed the lease of epoch ${lease.epoch}` };
  const because = `the lease is unchanged for ${unchangedForMs} ms, limit ${STEAL_MS} ms`;
  if (unchangedForMs >= STEAL_MS) return { says: 'expired', because };
  if (!changed) return { says: 'unknown', because: `the lease was watched for ${unchangedForMs} ms only` };
  return { says: 'renewed', because };
}

/** Whether somebody must look after the lease; undefined while an observer is too young to know, or there is none. */
export function leaseLost(seen: Parameters<typeof leaseWord>[0]): boolean | undefined {
  if (!seen || ('lease' in seen && !seen.changed && seen.unchangedForMs < STEAL_MS)) return undefined;
  return leaseWord(seen).says !== 'renewed';
}

/** The holder's own belief that the lease is its. */
export interface LeaseBelief {
  readonly epoch: number;
  /** The turn that the record has now, and the one that this renewer writes. */
  readonly seenTurn: number;
  readonly turn: number;
  /** When it asked last, by its own stopwatch, before an answer that bears the belief out. */
  readonly sinceMs: number;
}

export type Standing =
  | { readonly kind: 'mine'; readonly belief: LeaseBelief }
  | { readonly kind: 'not-mine'; readonly because: string };

/** What a renewer may believe after a look that it began at `askedMs`. */
export function standingOf(lease: LeaseRecord, me: string, askedMs: number): Standing {
  if (lease.holder !== me) {
    return { kind: 'not-mine', because: `the lease is held by ${lease.holder} at epoch ${lease.epoch}` };
  }
  return { kind: 'mine', belief: { epoch: lease.epoch, seenTurn: lease.turn, turn: lease.turn + 1, sinceMs: askedMs } };
}

/** Whether the belief is young enough to renew by it. A process that was paused finds that it is not. */
export const stillBelieved = ({ sinceMs }: LeaseBelief, nowMs: number) => nowMs - sinceMs < HOLD_MS;

/** What was refused to a renewer, from the record that stands there now. */
export function afterRefusal(lease: LeaseRecord, belief: LeaseBelief, me: string): 'look-again' | { readonly because: string } {
  if (lease.holder !== me) return { because: `the lease is held by ${lease.holder} at epoch ${lease.epoch}` };
  // Given back to this database, by a run that was given up.
  if (lease.epoch !== belief.epoch) return 'look-again';
  return { because: `a newer run of the renewer holds turn ${lease.turn}` };
}

/** The run that wants the lease. */
export interface LeaseRun {
  readonly id: string;
  readonly epoch: number;
  readonly automatic: boolean;
  /** The record that the prober saw unchanged for `STEAL_MS`. */
  readonly leaseRvn?: string;
  readonly startedBy: string;
  /** Why a person goes on whatever the primary, and its lease, may say. */
  readonly forced?: string;
}

export type LeaseAnswer =
  | { readonly kind: 'held' }
  | { readonly kind: 'take'; readonly rvn: string }
  /** No record yet: it is written for this run. */
  | { readonly kind: 'offer' }
  | { readonly kind: 'without'; readonly because: string }
  | { readonly kind: 'again'; readonly because: string }
  | { readonly kind: 'undo'; readonly because: string };

/** What a reader of the lease was answered. `absent`: the table answers and holds no record. */
export type LeaseLook =
  | ({ readonly kind: 'lease' } & LeaseRecord)
  | { readonly kind: 'absent'; readonly because: string }
  | { readonly kind: 'unknown'; readonly because: string };

/** Whether a run that holds the epoch may have the lease too. Automation takes only the record that stood still. */
export function leaseForRun(look: LeaseLook, run: LeaseRun): LeaseAnswer {
  const forced = (because: string) =>
    run.forced === undefined
      ? undefined
      : ({ kind: 'without', because: `${because}; ${run.startedBy} goes on without the lease: ${run.forced}` } as const);
  if (look.kind === 'unknown') {
    const because = `the lease cannot be read: ${look.because}`;
    return forced(because) ?? { kind: 'again', because };
  }
  if (look.kind === 'absent') {
    return run.automatic ? { kind: 'undo', because: `nobody ever held the lease: ${look.because}` } : { kind: 'offer' };
  }
  if (look.epoch === run.epoch && look.holder === run.id) return { kind: 'held' };
  if (look.epoch >= run.epoch) {
    const because = `the lease is at epoch ${look.epoch} already, held by ${look.holder}`;
    return forced(because) ?? { kind: 'undo', because };
  }
  if (run.automatic && look.rvn !== run.leaseRvn) return { kind: 'undo', because: 'the primary renewed its lease' };
  return { kind: 'take', rvn: look.rvn };
}

export type LeaseCare =
  | { readonly kind: 'well' }
  | { readonly kind: 'offer' }
  | { readonly kind: 'hand-over'; readonly rvn: string }
  | { readonly kind: 'amiss'; readonly because: string };

/** While nothing runs the lease belongs to the writer at the journal's epoch. What a crash left behind is put right. */
export function careOf(look: LeaseLook, { epoch, writer }: { readonly epoch: number; readonly writer: string }): LeaseCare {
  if (look.kind === 'unknown') return { kind: 'amiss', because: `the lease cannot be read: ${look.because}` };
  if (look.kind === 'absent') return { kind: 'offer' };
  if (look.epoch > epoch) return { kind: 'amiss', because: `the lease is at epoch ${look.epoch}, the journal at ${epoch}` };
  return look.holder === writer ? { kind: 'well' } : { kind: 'hand-over', rvn: look.rvn };
}
