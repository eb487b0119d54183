/** When the database is looked at, and when somebody is told. */
import type { Ruled } from '../drill/rules';
import type { JournalItem } from '../journal';
import { keep } from './run-rules';

export interface Readiness {
  /** Last look, in Unix ms. */
  readonly checkedAtMs: number;
  /** Every reason that it found. */
  readonly because: readonly string[];
  /** When somebody was told last; absent while nobody has to be. */
  readonly pagedAtMs?: number;
  /** Its incident may be open: noted before the page. */
  readonly telling?: true;
}

/** An incident that is open or may be, and has to be closed once nothing is found any more. */
const isTold = ({ telling, pagedAtMs }: Readiness): boolean => telling === true || pagedAtMs !== undefined;

/** Pause between two looks in ms: while all is well, before the second opinion that a page takes, and until it is mended. */
export const LOOK_MS = { ready: 86_400_000, doubted: 300_000, paged: 3_600_000 } as const;

/** Whether it is time to look. While anything speaks against the primary, and behind a promotion, other pages say more; a drill makes a beacon lie. */
export function isLookDue(item: JournalItem, nowMs: number): boolean {
  const { database, readiness, drill } = item;
  if (drill && drill.level !== 'OBSERVE') return false;
  if (!database || database.run || database.suspect || database.active !== 'primary') return false;
  if (!readiness) return true;
  const pauseMs =
    readiness.because.length === 0
      ? LOOK_MS[isTold(readiness) ? 'doubted' : 'ready']
      : LOOK_MS[readiness.pagedAtMs === undefined ? 'doubted' : 'paged'];
  // A clock that went back must not put the look off for longer than a pause.
  return Math.abs(nowMs - readiness.checkedAtMs) >= pauseMs;
}

/** What to tell. One look that found something is not enough: a lost answer is unknown, and unknown is a reason. */
export function toTell(before: Readiness | undefined, because: readonly string[], nowMs: number): 'page' | 'resolve' | 'nothing' {
  if (because.length === 0) return before && isTold(before) ? 'resolve' : 'nothing';
  if (!before || before.because.length === 0) return 'nothing';
  const fresh = before.pagedAtMs !== undefined && nowMs - before.pagedAtMs < LOOK_MS.ready;
  return fresh ? 'nothing' : 'page';
}

/** Remembers what is about to be told: that it may be open, or that it is over. */
export function noteToTell(found: JournalItem | undefined, what: 'page' | 'resolve'): Ruled<void> {
  if (!found?.readiness) return keep(undefined);
  const readiness: Readiness = what === 'page' ? { ...found.readiness, telling: true } : { ...found.readiness, because: [] };
  return { kind: 'write', item: { ...found, readiness }, answer: undefined };
}

/** Remembers the look, after it was told. Where the one before found nothing, its end may have been told: nobody counts as paged. */
export function noteLook(found: JournalItem | undefined, because: readonly string[], told: boolean, nowMs: number): Ruled<void> {
  if (!found) return keep(undefined);
  if (because.length === 0) {
    return { kind: 'write', item: { ...found, readiness: { checkedAtMs: nowMs, because } }, answer: undefined };
  }
  const { telling, because: before = [], pagedAtMs: earlierMs } = found.readiness ?? {};
  const pagedAtMs = told ? nowMs : before.length > 0 ? earlierMs : undefined;
  const readiness: Readiness = {
    checkedAtMs: nowMs,
    because,
    ...(pagedAtMs === undefined ? {} : { pagedAtMs }),
    ...(telling ? { telling } : {}),
  };
  return { kind: 'write', item: { ...found, readiness }, answer: undefined };
}
