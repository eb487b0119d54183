/**
 * The drill as data: its steps, who carries each one, and what follows. It is rendered as a Step Functions machine
 * (`machine.ts`) and walked by the lab, from this one source.
 */

export type DrillStep = 'preflight' | 'arm' | 'measure' | 'restore' | 'await_return' | 'report';

export interface PlanStep {
  readonly step: DrillStep;
  /** `restore` has its own function and role, so that it works when the rest of the drill does not. */
  readonly carriedBy: 'drill-step' | 'restore';
  /** Longest time for one call, in seconds. */
  readonly limitSec: number;
  /** How often a failed call is tried again. `measure` never is: half a measurement proves nothing. */
  readonly retries: number;
  /** Where a step goes once its retries are used up; absent means the machine fails. */
  readonly onError?: DrillStep;
  /** Steps that follow when the outcome of this one is the key; `otherwise` for the rest. */
  readonly next: Readonly<Record<string, DrillStep>> & { readonly otherwise?: DrillStep };
}

/** Longest time that a drill may keep the primary's health check on the marker path, in seconds. */
export const MEASURE_LIMIT_SEC = 600;

/** Longest wait for the name to answer the primary again after the restore, in seconds. */
export const RETURN_LIMIT_SEC = 600;

/** From the claim of a drill until the keeper and the one-shot schedule put everything back, in seconds. */
export const DEADLINE_SEC = 900;

export const DRILL_PLAN: readonly PlanStep[] = [
  {
    step: 'preflight',
    carriedBy: 'drill-step',
    limitSec: 120,
    retries: 2,
    onError: 'report',
    next: { ready: 'arm', otherwise: 'report' },
  },
  {
    step: 'arm',
    carriedBy: 'drill-step',
    limitSec: 60,
    retries: 2,
    onError: 'restore',
    next: { armed: 'measure', otherwise: 'restore' },
  },
  {
    step: 'measure',
    carriedBy: 'drill-step',
    limitSec: MEASURE_LIMIT_SEC + 60,
    retries: 0,
    onError: 'restore',
    next: { otherwise: 'restore' },
  },
  { step: 'restore', carriedBy: 'restore', limitSec: 120, retries: 20, onError: 'report', next: { otherwise: 'await_return' } },
  {
    step: 'await_return',
    carriedBy: 'drill-step',
    limitSec: RETURN_LIMIT_SEC + 60,
    retries: 2,
    onError: 'report',
    next: { otherwise: 'report' },
  },
  { step: 'report', carriedBy: 'drill-step', limitSec: 120, retries: 10, next: {} },
];

export const FIRST_STEP: DrillStep = 'preflight';
