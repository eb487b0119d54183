/** Where a database run is, step by step, with what each step took, should take and may take. */
import { expectedTime, type Paced } from '../../../../decide/database/expected';
import { databaseMachine } from '../../../../decide/database/machine';
import { type DatabaseStep, FAILOVER_PLAN, UNDO_PLAN, type UndoStep } from '../../../../decide/database/plan';
import type { DatabaseRun, RunKind } from '../../../../decide/database/state';
import type { StepLine } from '../progress';

const STATES = databaseMachine('').States;

function line(step: DatabaseStep | UndoStep, limitSec: number): StepLine {
  const state = STATES[step];
  return { step, about: state?.Type === 'Task' ? (state.Comment ?? '') : '', state: 'waiting', limitSec };
}

/** The plan before anything ran: what will happen. */
export const plannedRun = (database: Paced, kind: RunKind): readonly StepLine[] =>
  FAILOVER_PLAN.map(({ step, limitSec }) => {
    const expected = expectedTime(step, database, kind);
    return { ...line(step, limitSec), ...(expected ? { expected } : {}) };
  });

/** A run that is being rolled back shows what it had begun, and how that is undone. */
export function runProgress(run: DatabaseRun, database: Paced, nowMs: number): readonly StepLine[] {
  const plan = plannedRun(database, run.kind);
  const lines = run.rollback
    ? [...plan.filter(({ step }) => run.steps[step]), ...UNDO_PLAN.map(({ step, limitSec }) => line(step, limitSec))]
    : plan;
  return lines.map((one) => {
    const entry = run.steps[one.step];
    if (!entry) return one;
    const done = entry.outcome !== undefined || (run.rollback !== undefined && !one.step.startsWith('undo_'));
    const outcome = entry.outcome ?? (done ? 'given up' : undefined);
    return {
      ...one,
      state: done ? 'done' : 'running',
      elapsedSec: Math.max(0, ((entry.endedAtMs ?? run.rollback?.atMs ?? nowMs) - entry.beganAtMs) / 1000),
      ...(outcome === undefined ? {} : { outcome }),
      ...(entry.because ? { because: entry.because } : {}),
    };
  });
}

/** The step that runs, if one does. */
export const stepOfRun = (run: DatabaseRun): string | undefined =>
  [...UNDO_PLAN, ...FAILOVER_PLAN]
    .map(({ step }) => step)
    .find((step) => run.steps[step] !== undefined && run.steps[step]?.outcome === undefined);
