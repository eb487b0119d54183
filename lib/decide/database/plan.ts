/**
 * The failover of a database as data: one row per step, with what must hold before it, its time limit and whether it can
 * be undone. Rendered as a Step Functions machine and walked by the `drive` loop, from this one source.
 */

export type DatabaseStep =
  | 'acquire'
  | 'assess'
  | 'stop_writes_to_primary'
  | 'verify_replica_sync'
  | 'latch'
  | 'promote_replica'
  | 'repoint_writer'
  | 'refresh_applications'
  | 'verify_functionality'
  | 'announce';

/** What a step says when it was called once: a runner calls it again after `again`. */
export type StepVerdict =
  /** Done; the next step follows. */
  | 'done'
  /** Not yet: call again after `waitSec`. */
  | 'again'
  /** A person is asked; call again, nothing else changes meanwhile. */
  | 'ask'
  /** Give up before the point of no return: undo what was begun, newest first. */
  | 'undo'
  /** Cannot go on after the point of no return: page, and try again only on a person's order. */
  | 'stuck'
  /** Another runner or a newer epoch holds the pair: stop without touching anything. */
  | 'lost';

export interface DatabasePlanStep {
  readonly step: DatabaseStep;
  /** Longest time for the step as a whole, in seconds, counted from its first call. */
  readonly limitSec: number;
  /** Longest time for one call, in seconds. */
  readonly callSec: number;
  /** Pause between two calls while the step answers `again`, in seconds. */
  readonly pollSec: number;
  /** `undo`: reversible until the promote call; `one-way`: from here on only forward; `forward`: after it. */
  readonly reversible: 'undo' | 'one-way' | 'forward';
  /** What follows when the limit is reached. `continue` only where staying is worse than going on without. */
  readonly onLimit: 'undo' | 'continue' | 'stuck';
}

export const FAILOVER_PLAN: readonly DatabasePlanStep[] = [
  { step: 'acquire', limitSec: 30, callSec: 10, pollSec: 2, reversible: 'undo', onLimit: 'undo' },
  { step: 'assess', limitSec: 60, callSec: 30, pollSec: 5, reversible: 'undo', onLimit: 'undo' },
  { step: 'stop_writes_to_primary', limitSec: 20, callSec: 30, pollSec: 2, reversible: 'undo', onLimit: 'continue' },
  // A person has an hour to consent to the loss; see `CONSENT_LIMIT_SEC`.
  { step: 'verify_replica_sync', limitSec: 3_600, callSec: 30, pollSec: 10, reversible: 'undo', onLimit: 'undo' },
  { step: 'latch', limitSec: 300, callSec: 30, pollSec: 5, reversible: 'undo', onLimit: 'undo' },
  { step: 'promote_replica', limitSec: 3_600, callSec: 60, pollSec: 10, reversible: 'one-way', onLimit: 'stuck' },
  { step: 'repoint_writer', limitSec: 300, callSec: 30, pollSec: 5, reversible: 'forward', onLimit: 'stuck' },
  { step: 'refresh_applications', limitSec: 300, callSec: 60, pollSec: 10, reversible: 'forward', onLimit: 'continue' },
  { step: 'verify_functionality', limitSec: 180, callSec: 60, pollSec: 5, reversible: 'forward', onLimit: 'stuck' },
  { step: 'announce', limitSec: 120, callSec: 30, pollSec: 5, reversible: 'forward', onLimit: 'continue' },
];

/** How long a person may take to consent before everything is rolled back. */
export const CONSENT_LIMIT_SEC = 3_600;

/** Longest wait for the replica to replay what the fenced primary still sent, in seconds. */
export const REPLAY_LIMIT_SEC = 10;
