import { watchKey } from '../database/run-rules';
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

/** Whom to ask before sending; undefined when the message is fresh or nobody could know better. */
export function sourceToAsk(received: Received, attempt: number, nowMs: number): Source | undefined {
  const { alert } = received;
  const atMs = alert.kind === 'own' ? alert.event.atMs : alert.atMs;
  if (attempt <= 1 && nowMs - atMs < ASK_AFTER_MS) return undefined;
  if (alert.kind === 'alarm') return { kind: 'alarm', name: alert.name, region: alert.region };
  if (alert.kind === 'own' && alert.event.action === 'trigger' && alert.event.pair)
    return { kind: 'journal', pair: alert.event.pair };
  return undefined;
}

/**
 * What to do with a message after its source was asked.
 *
 * - `send`: as it is.
 * - `over`: send a resolve in its place, because a trigger that was lost on the way back may have opened an incident.
 * - `superseded`: say nothing, the alarm is on again and its own message speaks.
 * - `wait`: try again later, because not knowing never closes an incident.
 */
export type SourceVerdict =
  | { readonly kind: 'send'; readonly because: string }
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
    return resolves ? { kind: 'wait', because, atLeastSec: 0 } : { kind: 'send', because };
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

/**
 * Judges a stale trigger of ours by the journal. The complaint that a drill did not put things back ends with its restore,
 * what the prober suspects with the suspicion, and the incident of a database run when the run is done: their resolve may
 * have come first. A missed target, an outage, an afterglow or a run that was given up stands.
 */
export function judgeOwn(
  incidentKey: string,
  item: JournalItem | undefined | { readonly kind: 'unknown'; readonly because: string },
): SourceVerdict {
  if (item && 'kind' in item) return { kind: 'send', because: `the journal is unknown: ${item.because}` };
  const run = item?.database?.lastRuns.find(
    ({ epoch, outcome }) => incidentKey === `${item.pair}/${epoch}` && outcome === 'done',
  );
  if (run) return { kind: 'over', because: `${run.id} is done by now` };
  const database = item?.database;
  const suspected = item && SUSPECTED.some((outcome) => incidentKey === watchKey(item.pair, outcome));
  if (suspected && database && !database.suspect && !database.run) {
    return { kind: 'over', because: 'nothing speaks against the primary any more' };
  }
  const ended = item?.lastDrills.find((drill) => incidentKey === `${item.pair}/drill/${drill.id}/restore`);
  return ended?.restoredAtMs === undefined
    ? { kind: 'send', because: 'the journal does not say that it is over' }
    : { kind: 'over', because: `drill ${ended.id} is restored by now` };
}
