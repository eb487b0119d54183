import { suspectedIncidents, watchKey } from '../database/run-rules';
import type { DatabaseState } from '../database/state';
import type { Outcome } from '../database/trigger';
import type { JournalItem } from '../journal';
import type { AlarmState, Received } from './types';

/** An alarm changes every 10 s at most, so a message younger than that, in ms, was not overtaken. */
export const ASK_AFTER_MS = 10_000;

/** From this age on, in ms, what the source says counts; before, its answer may be older than the message. */
export const SETTLED_MS = 60_000;

export type Source =
  | { readonly kind: 'alarm'; readonly name: string; readonly region: string }
  | { readonly kind: 'journal'; readonly pair: string };

/**
 * Whom to ask before sending; undefined when the message is fresh or nobody could know better. A trigger of ours is never fresh
 * enough: a run may end a moment after it said that it began.
 */
export function sourceToAsk(received: Received, attempt: number, nowMs: number): Source | undefined {
  const { alert } = received;
  const own = alert.kind === 'own' ? alert.event : undefined;
  if (own?.pair && own.action === 'trigger') return { kind: 'journal', pair: own.pair };
  const atMs = alert.kind === 'own' ? alert.event.atMs : alert.atMs;
  if (attempt <= 1 && nowMs - atMs < ASK_AFTER_MS) return undefined;
  if (alert.kind === 'alarm') return { kind: 'alarm', name: alert.name, region: alert.region };
  return own?.pair && own.action === 'resolve' ? { kind: 'journal', pair: own.pair } : undefined;
}

/**
 * What to do with a message after its source was asked.
 *
 * - `send`: as it is; `unsure` where the source could not be asked, so that it is asked again after the page.
 * - `over`: send a resolve in its place, because a trigger that was lost on the way back may have opened an incident.
 * - `superseded`: say nothing, the alarm is on again and its own message speaks.
 * - `wait`: try again later, because not knowing never closes an incident.
 */
export type SourceVerdict =
  | { readonly kind: 'send'; readonly because: string; readonly unsure?: true }
  | { readonly kind: 'over'; readonly because: string }
  | { readonly kind: 'superseded'; readonly because: string }
  | { readonly kind: 'wait'; readonly because: string; readonly atLeastSec: number };

export type AlarmNow = AlarmState | 'gone' | { readonly kind: 'unknown'; readonly because: string };

/**
 * Judges an alarm notification by the alarm's state now. A page is dropped, and an incident kept open, only on an answer
 * that cannot be older than the message.
 */
export function judgeAlarm(told: AlarmState, now: AlarmNow, ageMs: number): SourceVerdict {
  const resolves = told === 'OK';
  if (typeof now === 'object') {
    const because = `the alarm's state is unknown: ${now.because}`;
    return resolves ? { kind: 'wait', because, atLeastSec: 0 } : { kind: 'send', because, unsure: true };
  }
  if (now === 'gone') return { kind: 'send', because: 'the alarm does not exist any more' };
  const contradicted = resolves ? now === 'ALARM' : now === 'OK';
  if (!contradicted) return { kind: 'send', because: `the alarm is ${now}` };
  if (ageMs < SETTLED_MS) {
    return {
      kind: 'wait',
      because: `the alarm is said to be ${now}, which may be old news`,
      atLeastSec: Math.ceil((SETTLED_MS - ageMs) / 1000),
    };
  }
  return resolves
    ? { kind: 'superseded', because: 'the alarm is in ALARM again' }
    : { kind: 'over', because: 'the alarm is OK by now' };
}

/** What the prober pages while it suspects the primary, and resolves when it does not any more. */
const SUSPECTED: readonly Outcome[] = ['ask', 'blocked', 'database', 'traffic', 'partition', 'outside'];

/** What the journal answers, and why not where nobody could read it. */
type Asked = JournalItem | undefined | { readonly kind: 'unknown'; readonly because: string };

/**
 * Judges a stale trigger of ours by the journal. The complaint that a drill did not put things back ends with its restore,
 * what the prober suspects with the suspicion, the incident of a database run when the run is done, and that of one that was
 * given up when the pair is served again; so do doubts about latch and readiness. Their resolve may have come first: each of
 * these is in the journal before its resolve is told. A missed target, an outage or an afterglow stands.
 */
export function judgeOwn(incidentKey: string, item: Asked): SourceVerdict {
  if (item && 'kind' in item) return { kind: 'send', because: `the journal is unknown: ${item.because}`, unsure: true };
  const because = item && (runOver(incidentKey, item) ?? suspicionOver(incidentKey, item) ?? doubtOver(incidentKey, item));
  if (because) return { kind: 'over', because };
  if (item && isUntold(incidentKey, item)) {
    return { kind: 'send', because: 'a suspicion stands that does not say whether it was told', unsure: true };
  }
  const ended = item?.lastDrills.find((drill) => incidentKey === `${item.pair}/drill/${drill.id}/restore`);
  return ended?.restoredAtMs === undefined
    ? { kind: 'send', because: 'the journal does not say that it is over' }
    : { kind: 'over', because: `drill ${ended.id} is restored by now` };
}

/** Judges a stale resolve of ours: it may not close what the prober has told of again meanwhile. */
export function judgeOwnResolve(incidentKey: string, item: Asked): SourceVerdict {
  if (item && 'kind' in item) return { kind: 'wait', because: `the journal is unknown: ${item.because}`, atLeastSec: 0 };
  return item && isTold(incidentKey, item)
    ? { kind: 'superseded', because: 'the prober has told of it again' }
    : { kind: 'send', because: 'the journal does not say that it goes on' };
}

/** A run that is done, or about to say so, or that was given up before the pair was served again. */
function runOver(incidentKey: string, { pair, database }: JournalItem): string | undefined {
  if (!database) return undefined;
  const { run, lastRuns, recoveredEpoch = 0 } = database;
  if (run && incidentKey === `${pair}/${run.epoch}`) return endsWell(database) ? `${run.id} is done` : undefined;
  const at = lastRuns.findIndex(({ epoch }) => incidentKey === `${pair}/${epoch}`);
  const ended = lastRuns[at];
  if (!ended) return undefined;
  if (ended.outcome === 'done') return `${ended.id} is done by now`;
  const served = endsWell(database) || lastRuns.slice(0, at).some(({ outcome }) => outcome === 'done');
  return served || ended.epoch <= recoveredEpoch ? `${ended.id} was given up, and the pair is served again` : undefined;
}

function suspicionOver(incidentKey: string, { pair, database }: JournalItem): string | undefined {
  if (!database || !isSuspected(incidentKey, pair)) return undefined;
  const stands = database.suspect && !database.suspect.over && !endsWell(database);
  return stands ? undefined : 'nothing speaks against the primary any more';
}

/** It is of an earlier suspicion, or of a prober that notes later: whichever, the page may not be lost. */
const isUntold = (incidentKey: string, item: JournalItem): boolean =>
  item.database !== undefined && isSuspected(incidentKey, item.pair) && !isTold(incidentKey, item);

/** What the keeper says of the latch, and the prober of readiness. */
function doubtOver(incidentKey: string, { pair, latchDoubt, readiness }: JournalItem): string | undefined {
  const doubted = latchDoubt && !latchDoubt.over && (latchDoubt.paged || latchDoubt.telling);
  if (incidentKey === `${pair}/latch` && !doubted) return 'the latch is what the journal wants';
  const ready = readiness !== undefined && readiness.because.length === 0;
  return ready && incidentKey === watchKey(pair, 'readiness') ? 'nothing stands against a failover any more' : undefined;
}

const isSuspected = (incidentKey: string, pair: string) => SUSPECTED.some((outcome) => incidentKey === watchKey(pair, outcome));

const isTold = (incidentKey: string, { pair, database }: JournalItem): boolean =>
  database?.suspect !== undefined && !database.suspect.over && suspectedIncidents(pair, database).includes(incidentKey);

/** The last step has begun: it tells of a good end before the run is ended. */
const endsWell = ({ run, state }: DatabaseState): boolean => run?.steps['announce'] !== undefined && state !== 'STUCK';
