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
  { step: 'verify_functionality', limitSec: 300, callSec: 60, pollSec: 5, reversible: 'forward', onLimit: 'stuck' },
  { step: 'announce', limitSec: 120, callSec: 30, pollSec: 5, reversible: 'forward', onLimit: 'continue' },
];

/** Undoes what the step after `undo_` did. Each may run at any time before the promote call, any number of times. */
export type UndoStep = 'undo_latch' | 'undo_stop_writes_to_primary' | 'undo_acquire';

export interface UndoPlanStep {
  readonly step: UndoStep;
  readonly limitSec: number;
  readonly callSec: number;
  readonly pollSec: number;
}

/** Newest first. An undo that reaches its limit is recorded as failed and paged; the next one follows all the same. */
export const UNDO_PLAN: readonly UndoPlanStep[] = [
  { step: 'undo_latch', limitSec: 300, callSec: 30, pollSec: 5 },
  { step: 'undo_stop_writes_to_primary', limitSec: 300, callSec: 60, pollSec: 10 },
  { step: 'undo_acquire', limitSec: 300, callSec: 30, pollSec: 5 },
];

export const FIRST_DATABASE_STEP: DatabaseStep = 'acquire';

/**
 * What an execution does that carries no run: raises the fences that the old primary's Region did not answer to during the
 * failover. Started each minute by the prober, which cannot order anything itself.
 */
export const FENCE_DUTY = 'fence_old_writer';
export type DutyStep = typeof FENCE_DUTY;
export const DUTY_PLAN = { step: FENCE_DUTY, callSec: 30 } as const;

export type AnyStep = DatabaseStep | UndoStep | DutyStep;

/** Where an execution begins. */
export const firstStep = (duty?: string): AnyStep => (duty === FENCE_DUTY ? FENCE_DUTY : FIRST_DATABASE_STEP);

/** How often a call that threw is made again, and the longest pause between two such calls, in seconds. */
export const CALL_RETRIES = 20;
export const RETRY_FIRST_SEC = 2;
export const RETRY_MAX_SEC = 30;

/** Where an execution ends. */
export type DatabaseEnd = 'done' | 'rolled_back' | 'stuck' | 'lost';

export type PlanPlace = AnyStep | DatabaseEnd;

const PLACES: readonly AnyStep[] = [...FAILOVER_PLAN.map((p) => p.step), ...UNDO_PLAN.map((p) => p.step), FENCE_DUTY];

export const isPlanStep = (step: string): step is AnyStep => (PLACES as readonly string[]).includes(step);

export const isUndoStep = (step: string): step is UndoStep => UNDO_PLAN.some((p) => p.step === step);

/** What follows a verdict: the same step again, another one, or an end. Machine and loop are both made from this. */
export function placeAfter(step: AnyStep, verdict: StepVerdict): PlanPlace {
  // The next minute tries again, so nothing that a duty says can leave it stuck.
  if (step === FENCE_DUTY) return verdict === 'done' ? 'done' : 'lost';
  switch (verdict) {
    case 'again':
    case 'ask':
      return step;
    case 'undo':
      // Behind the promotion there is no way back, and what asks for one has misunderstood.
      return placeAfterError(step);
    case 'stuck':
    case 'lost':
      return verdict;
    case 'done':
      return isUndoStep(step) ? nextUndo(step) : nextStep(step);
  }
}

/** What follows when a step kept throwing. The undo itself refuses once a promotion was requested. */
export function placeAfterError(step: AnyStep): PlanPlace {
  if (step === FENCE_DUTY) return 'lost';
  if (isUndoStep(step)) return 'stuck';
  return FAILOVER_PLAN.find((p) => p.step === step)?.reversible === 'forward' ? 'stuck' : 'undo_latch';
}

function nextStep(step: DatabaseStep): PlanPlace {
  return FAILOVER_PLAN[FAILOVER_PLAN.findIndex((p) => p.step === step) + 1]?.step ?? 'done';
}

function nextUndo(step: UndoStep): PlanPlace {
  return UNDO_PLAN[UNDO_PLAN.findIndex((p) => p.step === step) + 1]?.step ?? 'rolled_back';
}

/**
 * How long Route 53 may take to show a latch that was published, in seconds: its alarm at worst, and one more period of it
 * (assumed). One that was published and lifted before it was seen shows in between, so "not latched" counts only later.
 */
export const LATCH_SHOWS_SEC = 180;

/** How long a person may take to consent before everything is rolled back. */
export const CONSENT_LIMIT_SEC = 3_600;

/** Longest wait for the replica to replay what the fenced primary still sent, in seconds. */
export const REPLAY_LIMIT_SEC = 10;
