/** What the prober may write: first evidence, pages, protection and claims of another writer. */
import type { Ruled } from '../drill/rules';
import type { JournalItem } from '../journal';
import { type Excess, excessLater } from './excess';
import { givenUpIncidents, keep, moved, put, suspectedIncidents } from './run-rules';
import type { DatabaseRun, DatabaseState, Suspicion } from './state';
import type { OutsideWord } from './witnesses';

export interface Seen {
  readonly nowMs: number;
  /** Since when the writer itself is spoken against, in this observer's memory. */
  readonly writerSinceMs?: number;
  readonly gapsMs?: Readonly<Record<string, number>>;
  readonly unheardMs?: Readonly<Record<string, number>>;
  readonly excess?: Readonly<Record<string, Excess>>;
  /** What Route 53 says of the primary. */
  readonly outside?: OutsideWord;
  readonly because: readonly string[];
}

/** Longest that Route 53 and its name servers take to turn their verdict on a dead endpoint, in ms: an assumption. */
export const VERDICT_MS = 60_000;

/**
 * When the writer failed, and how long each candidate had seen no new row by then. Evidence against it may begin long
 * before it dies, when only the link between the Regions is cut: until Route 53 was seen to call the primary unhealthy
 * users may write there, and all of that would be lost.
 */
export function failureOf(
  suspect: Suspicion | undefined,
  nowMs: number,
): Pick<DatabaseRun, 'gapsMs' | 'unheardMs' | 'excess'> & { readonly failedAtMs: number } {
  const sinceMs = suspect?.writerSinceMs ?? suspect?.sinceMs ?? nowMs;
  const failedAtMs = Math.max(sinceMs, (suspect?.outsideSinceMs ?? nowMs) - VERDICT_MS);
  if (!suspect?.gapsMs) return { failedAtMs };
  const laterMs = failedAtMs - sinceMs;
  return {
    failedAtMs,
    gapsMs: later(suspect.gapsMs, laterMs),
    ...(suspect.unheardMs ? { unheardMs: later(suspect.unheardMs, laterMs) } : {}),
    ...(suspect.excess ? { excess: eachLater(suspect.excess, laterMs) } : {}),
  };
}

const later = (gaps: Readonly<Record<string, number>>, byMs: number) =>
  Object.fromEntries(Object.entries(gaps).map(([id, ms]) => [id, ms + byMs]));

const eachLater = (excess: Readonly<Record<string, Excess>>, byMs: number) =>
  Object.fromEntries(Object.entries(excess).map(([id, one]) => [id, excessLater(one, byMs)]));

/** Keeps the first evidence. What stands already is older than what a new observer remembers, and stays. */
export function noteSuspicion(found: JournalItem | undefined, seen: Seen): Ruled<Suspicion | undefined> {
  const database = found?.database;
  if (!found || !database || database.run || database.active !== 'primary') return keep(database?.suspect);
  const before = standing(database.suspect);
  const writer = before?.writerSinceMs ?? seen.writerSinceMs;
  const outsideSinceMs = unhealthySince(before, seen);
  const gaps = gapsOf(before, seen);
  const known = before && before.writerSinceMs === writer && before.outsideSinceMs === outsideSinceMs;
  if (known && before === database.suspect && database.state !== 'ARMED' && gaps.added === 0) return keep(before);
  const { gapsMs, unheardMs, excess } = gaps;
  const { outsideSinceMs: _outside, ...rest } = before ?? {};
  const suspect: Suspicion = {
    ...rest,
    sinceMs: before?.sinceMs ?? seen.nowMs,
    because: seen.because,
    ...(writer === undefined ? {} : { writerSinceMs: writer }),
    ...(gapsMs === undefined ? {} : { gapsMs }),
    ...(unheardMs === undefined ? {} : { unheardMs }),
    ...(excess === undefined ? {} : { excess }),
    ...(outsideSinceMs === undefined ? {} : { outsideSinceMs }),
  };
  return put(found, moved({ ...database, suspect }, 'suspected'), suspect);
}

/** A suspicion that was over and is none any more: its incidents may be closed by now, so that nobody counts as paged. */
function standing(suspect: Suspicion | undefined): Suspicion | undefined {
  if (!suspect?.over) return suspect;
  const { over: _over, paged: _paged, ...rest } = suspect;
  return rest;
}

/**
 * What was known first stays. What was not is added by an observer who knows, never shorter than it may be: by how much
 * later the moment is from which the first one counted.
 */
function gapsOf(
  before: Suspicion | undefined,
  seen: Seen,
): Pick<Seen, 'gapsMs' | 'unheardMs' | 'excess'> & { readonly added: number } {
  const known = before?.gapsMs;
  if (!known) return { ...seen, added: 0 };
  const laterMs = Math.max(0, (before.writerSinceMs ?? 0) - (seen.writerSinceMs ?? before.writerSinceMs ?? 0));
  const fresh = Object.entries(seen.gapsMs ?? {}).filter(([id]) => known[id] === undefined);
  const bounded = Object.entries(seen.excess ?? {}).filter(([id]) => before.excess?.[id] === undefined);
  return {
    gapsMs: { ...later(Object.fromEntries(fresh), laterMs), ...known },
    ...(bounded.length > 0 ? { excess: { ...eachLater(Object.fromEntries(bounded), laterMs), ...before.excess } } : {}),
    added: fresh.length + bounded.length,
  };
}

function unhealthySince(before: Suspicion | undefined, seen: Seen): number | undefined {
  if (seen.outside === 'healthy') return undefined;
  return before?.outsideSinceMs ?? (seen.outside === 'unhealthy' ? seen.nowMs : undefined);
}

/** The writer is heard again: what was said against it before is another story. */
export function clearWriter(found: JournalItem | undefined): Ruled<'cleared' | 'nothing'> {
  const database = found?.database;
  if (!found || !database?.suspect || database.run) return keep('nothing');
  if (database.suspect.writerSinceMs === undefined && database.suspect.gapsMs === undefined) return keep('nothing');
  const {
    writerSinceMs: _since,
    gapsMs: _gaps,
    unheardMs: _unheard,
    excess: _excess,
    ...suspect
  } = standing(database.suspect) ?? database.suspect;
  return put(found, { ...database, suspect }, 'cleared');
}

/**
 * Nobody speaks against the primary any more; answers the incidents that are to be closed. Noted before the first of them is,
 * so that a page of the same incident that comes late finds that it is over.
 */
export function noteOver(found: JournalItem | undefined): Ruled<readonly string[]> {
  const database = found?.database;
  if (!found || !database?.suspect || database.run) return keep([]);
  const open = [...suspectedIncidents(found.pair, database), ...givenUpIncidents(found.pair, database)];
  if (open.length === 0 || database.suspect.over) return keep(open);
  const recovered = database.lastRuns[0] ? { recoveredEpoch: database.lastRuns[0].epoch } : {};
  return put(found, { ...database, ...recovered, suspect: { ...database.suspect, over: true } }, open);
}

/** Forgets a suspicion once its incidents are closed; false where there is none to forget. */
export function clearSuspicion(found: JournalItem | undefined): Ruled<boolean> {
  const database = found?.database;
  if (!found || !database?.suspect || database.run) return keep(false);
  const { suspect: _over, ...rest } = database;
  return put(found, moved(rest, 'cleared'), true);
}

/** Remembers that an outcome is about to be told; false where there is nothing to tell any more. */
export function noteTelling(found: JournalItem | undefined, outcome: string): Ruled<boolean> {
  const database = found?.database;
  if (!found || !database?.suspect || database.run || database.suspect.over) return keep(false);
  if (database.suspect.telling?.includes(outcome)) return keep(true);
  const suspect = { ...database.suspect, telling: [...(database.suspect.telling ?? []), outcome] };
  return put(found, { ...database, suspect }, true);
}

/** Remembers that an outcome was paged; false when it was before. */
export function notePaged(found: JournalItem | undefined, outcome: string): Ruled<boolean> {
  const database = found?.database;
  if (!found || !database?.suspect || database.suspect.paged?.includes(outcome)) return keep(false);
  const suspect = { ...database.suspect, paged: [...(database.suspect.paged ?? []), outcome] };
  return put(found, { ...database, suspect }, true);
}

/** Whether a replica replicates from today's writer: nothing else could take over. */
export function noteProtection(found: JournalItem | undefined, isProtected: boolean, nowMs: number): Ruled<boolean> {
  const database = found?.database;
  if (!found || !database || database.run) return keep(false);
  const { unprotectedSinceMs, ...rest } = database;
  if (isProtected === (unprotectedSinceMs === undefined)) return keep(false);
  return put(found, isProtected ? rest : { ...database, unprotectedSinceMs: nowMs }, true);
}

/**
 * Keeps the first claim of another writer until a person has looked into it. Whenever one is seen no fence counts as
 * verified any more, so that all are raised anew. True for the first.
 */
export function noteSplitBrain(found: JournalItem | undefined, because: string, nowMs: number): Ruled<boolean> {
  const database = found?.database;
  if (!found || !database) return keep(false);
  const { keptOut, splitBrain } = database;
  const doubted = keptOut && Object.keys(keptOut.up).length > 0 ? { keptOut: { ...keptOut, up: {} } } : {};
  if (splitBrain && !('keptOut' in doubted)) return keep(false);
  const next = { ...database, ...doubted, splitBrain: splitBrain ?? { since: nowMs, because } };
  return put(found, next, splitBrain === undefined);
}

/** A person has looked: one of the two does not write any more. */
export function clearSplitBrain(
  found: JournalItem | undefined,
): Ruled<{ readonly because: string; readonly epoch: number } | undefined> {
  const database = found?.database;
  if (!found || !database?.splitBrain) return keep(undefined);
  const { splitBrain, ...rest } = database;
  return put(found, rest satisfies DatabaseState, { because: splitBrain.because, epoch: found.epoch });
}
