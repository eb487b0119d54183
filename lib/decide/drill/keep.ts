import type { EndedDrill, JournalItem, RunningDrill } from '../journal';
import { RETURN_LIMIT_SEC } from '../plan';
import { isFinal, type Ruled } from './rules';

/** Alarms of a drill that are still on this long after the restore are no longer the drill's. */
export const AFTERGLOW_MS = 300_000;
/** How long the keeper tries to read those alarms before their silence is news itself. */
export const AFTERGLOW_BLIND_MS = 1_800_000;
/** After its deadline a drill may still wait for the return and write its report; later its runner is dead. */
const ABANDONED_MS = (RETURN_LIMIT_SEC + 600) * 1000;
const DAY_MS = 86_400_000;

/** Past its deadline, and nobody has seen since then that everything is put back. */
export function mustRestore(drill: RunningDrill, nowMs: number): boolean {
  if (!drill.undo || nowMs < drill.deadlineMs) return false;
  return !drill.restored || !isFinal(drill.restored.outcome) || (drill.restored.verifiedAtMs ?? 0) < drill.deadlineMs;
}

/** Written after the page went out: a page may come twice, it may not get lost. */
export function noteOverduePaged(item: JournalItem | undefined, drillId: string): Ruled<'noted' | 'already'> {
  const drill = item?.drill;
  if (!item || drill?.id !== drillId || drill.overduePaged) return { kind: 'keep', answer: 'already' };
  return { kind: 'write', item: { ...item, drill: { ...drill, overduePaged: true } }, answer: 'noted' };
}

/** Nobody will end this drill any more. */
export const isAbandoned = (drill: RunningDrill, nowMs: number) =>
  nowMs >= drill.deadlineMs + ABANDONED_MS && !mustRestore(drill, nowMs);

/** Ended drills whose alarms must be looked at again. */
export const afterglows = (item: JournalItem, nowMs: number): readonly EndedDrill[] =>
  item.lastDrills.filter(
    (drill) => drill.restoredAtMs !== undefined && !drill.afterglowChecked && nowMs >= drill.restoredAtMs + AFTERGLOW_MS,
  );

export function markAfterglow(item: JournalItem | undefined, drillId: string): Ruled<'marked' | 'already'> {
  const drill = item?.lastDrills.find((ended) => ended.id === drillId);
  if (!item || !drill || drill.afterglowChecked) return { kind: 'keep', answer: 'already' };
  const lastDrills = item.lastDrills.map((ended) => (ended.id === drillId ? { ...ended, afterglowChecked: true } : ended));
  return { kind: 'write', item: { ...item, lastDrills }, answer: 'marked' };
}

/** Notes since when the pair is watched: the age of a drill that never passed counts from there, not from 1970. */
export function noteWatched(found: JournalItem | undefined, pair: string, nowMs: number): Ruled<JournalItem> {
  if (found?.watchedSinceMs !== undefined) return { kind: 'keep', answer: found };
  const item: JournalItem = { ...(found ?? { pair, revision: 0, epoch: 0, lastDrills: [] }), watchedSinceMs: nowMs };
  return { kind: 'write', item, answer: item };
}

/** Days since the last passed drill, or since the pair is watched. */
export function daysSinceSuccess(item: JournalItem, nowMs: number): number {
  const sinceMs = item.lastSuccessAtMs ?? item.watchedSinceMs ?? nowMs;
  return Math.max(nowMs - sinceMs, 0) / DAY_MS;
}
