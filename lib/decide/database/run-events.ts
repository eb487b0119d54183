import type { DatabaseStep, UndoStep } from './plan';

/**
 * The event that says that a step ended. A note, told once and only if possible: what must be heard - the beginning, the
 * question, the point of no return, the end - is told by the steps themselves until it is heard. A step that reached its
 * limit and was left behind says `-incomplete`.
 */
export const STEP_EVENTS: Readonly<Partial<Record<DatabaseStep | UndoStep, string>>> = {
  assess: 'replica-chosen',
  stop_writes_to_primary: 'writer-fenced',
  verify_replica_sync: 'loss-accepted',
  latch: 'primary-latched',
  promote_replica: 'replica-promoted',
  repoint_writer: 'writer-repointed',
  refresh_applications: 'applications-refreshed',
  verify_functionality: 'writer-verified',
  undo_latch: 'latch-lifted',
  undo_stop_writes_to_primary: 'fences-lowered',
};
