import type { Ruled } from '../drill/rules';
import type { JournalItem } from '../journal';
import { keptOutBy } from './kept-out';
import { held, isLost, keep, type Lost, moved, put, type RunKey, withRun } from './run-rules';
import type { DatabaseState, EndedRun } from './state';

/** The journal keeps this many ended runs. */
export const LAST_RUNS = 10;

/** Automation rests this long after a rollback or a refusal. */
export const REST_MS = 1_800_000;

export type PromotionAnswer =
  /** Written by this very call, so nobody asked the service before. */
  | { readonly kind: 'requested'; readonly candidate: string }
  /** Asked for before: look first. */
  | { readonly kind: 'already'; readonly candidate: string }
  | { readonly kind: 'refused'; readonly because: readonly string[] }
  | Lost;

/**
 * The point of no return, written ahead of the promote call. It demands everything that must hold before: a fence that
 * was tried, a loss within consent, a latch that was seen.
 */
export function requestPromotion(found: JournalItem | undefined, key: RunKey, nowMs: number): Ruled<PromotionAnswer> {
  const h = held(found, key);
  if (isLost(h)) return keep(h);
  const { run, database } = h;
  if (run.promoteRequested) return keep({ kind: 'already', candidate: run.promoteRequested.candidate });
  const because: string[] = [];
  if (run.rollback) because.push('the run is being rolled back');
  if (run.candidate === undefined) because.push('no candidate was chosen');
  if (run.steps['stop_writes_to_primary']?.outcome === undefined) because.push('no fence was tried');
  if (run.steps['verify_replica_sync']?.outcome !== 'done') because.push('the loss was not accepted');
  if (run.steps['latch']?.outcome !== 'done') because.push('the latch was not seen');
  if (!database.latch.on) because.push('the latch is off');
  if (run.automatic && paused(h.item, nowMs)) because.push('automation is paused');
  if (run.automatic && database.active !== 'primary') because.push('only a person moves the writer back');
  if (database.state !== 'LATCHING') because.push(`the controller is ${database.state}, not LATCHING`);
  if (because.length > 0 || run.candidate === undefined) return keep({ kind: 'refused', because });
  const next = withRun(h, { promoteRequested: { candidate: run.candidate, atMs: nowMs } });
  // After a planned change both sides may be wanted; only a failover leaves a writer that must not write again.
  const keptOut = run.kind === 'failover' ? { keptOut: keptOutBy(run, database.writer) } : {};
  return put(h.item, moved({ ...next, ...keptOut }, 'promotion-requested'), { kind: 'requested', candidate: run.candidate });
}

export const paused = (item: JournalItem, nowMs: number) => (item.pausedUntilMs ?? 0) > nowMs;

/** The candidate was seen standing alone and available: it writes from now on. */
export function notePromoted(
  found: JournalItem | undefined,
  key: RunKey,
  nowMs: number,
): Ruled<{ readonly kind: 'recorded' } | Lost> {
  const h = held(found, key);
  if (isLost(h)) return keep(h);
  const requested = h.run.promoteRequested;
  const entry = h.run.steps['promote_replica'];
  if (!requested || !entry) return keep({ kind: 'lost', because: 'no promotion was requested' });
  if (entry.outcome !== undefined) return keep({ kind: 'recorded' });
  const because = [`${requested.candidate} stands alone and is available`];
  const steps = { ...h.run.steps, promote_replica: { ...entry, outcome: 'done', because, endedAtMs: nowMs } };
  const active = h.run.kind === 'failback' ? ('primary' as const) : ('standby' as const);
  const next: DatabaseState = { ...withRun(h, { steps }), active, writer: requested.candidate };
  return put(h.item, moved(next, 'promoted'), { kind: 'recorded' });
}

/** Which writer record is answered; none of the candidates' on the way back. */
export function setWriterName(
  found: JournalItem | undefined,
  key: RunKey,
): Ruled<
  { readonly kind: 'set'; readonly database: DatabaseState } | { readonly kind: 'refused'; readonly because: string } | Lost
> {
  const h = held(found, key);
  if (isLost(h)) return keep(h);
  if (h.run.steps['promote_replica']?.outcome !== 'done') {
    return keep({ kind: 'refused', because: 'nothing was promoted yet' });
  }
  const writerName = Object.fromEntries(
    Object.keys(h.database.writerName).map((id) => [id, h.database.active === 'standby' && id === h.database.writer]),
  );
  const database = { ...h.database, writerName };
  const same = Object.entries(writerName).every(([id, on]) => h.database.writerName[id] === on);
  return same ? keep({ kind: 'set', database }) : put(h.item, database, { kind: 'set', database });
}

/** Gives up. Refused once a promotion may have happened: then there is no way back, only forward. */
export function rollBack(
  found: JournalItem | undefined,
  key: RunKey,
  because: readonly string[],
  nowMs: number,
): Ruled<{ readonly kind: 'rolling-back' } | { readonly kind: 'refused'; readonly because: string } | Lost> {
  const h = held(found, key);
  if (isLost(h)) return keep(h);
  if (h.run.promoteRequested) return keep({ kind: 'refused', because: 'a promotion was requested: nothing is undone any more' });
  if (h.run.rollback) return keep({ kind: 'rolling-back' });
  return put(h.item, withRun(h, { rollback: { atMs: nowMs, because } }), { kind: 'rolling-back' });
}

/** Past the point of no return and not able to go on. */
export function noteStuck(
  found: JournalItem | undefined,
  key: RunKey,
  because: readonly string[],
): Ruled<{ readonly kind: 'stuck'; readonly fresh: boolean } | { readonly kind: 'refused'; readonly because: string } | Lost> {
  const h = held(found, key);
  if (isLost(h)) return keep(h);
  if (h.database.state === 'STUCK') return keep({ kind: 'stuck', fresh: false });
  if (!h.run.promoteRequested) return keep({ kind: 'refused', because: 'nothing was promoted: there is a way back' });
  const next = moved({ ...h.database, run: { ...h.run, stuckBecause: because } }, 'gave-up');
  return put(h.item, next, { kind: 'stuck', fresh: true });
}

/** Takes a finished run off the pair. */
export function endRun(
  found: JournalItem | undefined,
  key: RunKey,
  because: readonly string[],
  nowMs: number,
): Ruled<
  { readonly kind: 'ended'; readonly database: DatabaseState } | { readonly kind: 'refused'; readonly because: string } | Lost
> {
  const h = held(found, key);
  if (isLost(h)) return keep(h);
  // After a rollback the first evidence stays: a later attempt must judge the loss at the same moment.
  const { run: _run, suspect, ...rest } = h.database;
  const { incident: _incident, ...item } = h.item;
  const back = h.run.rollback !== undefined;
  if (!back && h.run.steps['verify_functionality']?.outcome === undefined) {
    return keep({ kind: 'refused', because: 'the new writer was not verified' });
  }
  const failback = h.run.kind === 'failback';
  const on = back ? (failback ? 'failback-rolled-back' : 'rolled-back') : failback ? 'returned' : 'verified';
  const ended: EndedRun = {
    id: h.run.id,
    kind: h.run.kind,
    epoch: h.run.epoch,
    outcome: back ? 'rolled-back' : 'done',
    because,
    endedAtMs: nowMs,
    ...(h.run.loss && !back ? { lossMs: h.run.loss.ms } : {}),
  };
  const { rebuilt: _rebuilt, keptOut, ...gone } = rest;
  const next: DatabaseState = {
    ...(back ? rest : gone),
    ...(keptOut && !failback ? { keptOut } : {}),
    ...(back && suspect ? { suspect } : {}),
    lastRuns: [ended, ...h.database.lastRuns].slice(0, LAST_RUNS),
    ...(back ? { restUntilMs: nowMs + REST_MS } : { unprotectedSinceMs: nowMs }),
  };
  const database = moved(next, on);
  return { kind: 'write', item: { ...item, database }, answer: { kind: 'ended', database } };
}
