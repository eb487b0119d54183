/**
 * What a step may write into the journal. Each rule takes the item it was shown and answers with a new one or a reason;
 * the store writes it on the revision that was read, so whoever comes second reads again and meets the rule again.
 */
import type { Ruled } from '../drill/rules';
import type { JournalItem } from '../journal';
import { type DatabaseStep, FAILOVER_PLAN, isUndoStep, type UndoStep } from './plan';
import type { DatabaseRun, DatabaseState, RunStep } from './state';
import { type ControllerEvent, transitionOf } from './transitions';

export const keep = <T>(answer: T): Ruled<T> => ({ kind: 'keep', answer });

/** Name of an execution, and of the run in the journal. */
export const runId = (pair: string, epoch: number) => `${pair}-e${epoch}`;

/** PagerDuty's `dedup_key`: one incident per epoch. */
export const incidentKey = (pair: string, epoch: number) => `${pair}/${epoch}`;

/** Incident of a claim of another writer. */
export const claimKey = (pair: string, epoch: number) => `${incidentKey(pair, epoch)}/split-brain`;

/** Incident of what the prober pages while nothing runs: one for each outcome. */
export const watchKey = (pair: string, outcome: string) => `${pair}/watch/${outcome}`;

/** Incidents of what the prober told, or was about to tell, in its suspicion. */
export const suspectedIncidents = (pair: string, { suspect }: DatabaseState): readonly string[] =>
  [...new Set([...(suspect?.telling ?? []), ...(suspect?.paged ?? [])])].map((outcome) => watchKey(pair, outcome));

/** Incidents of attempts that were given up since the last one that was not: they stand open until the pair is served. */
export function givenUpIncidents(pair: string, { lastRuns }: DatabaseState): readonly string[] {
  const end = lastRuns.findIndex((run) => run.outcome !== 'rolled-back');
  return lastRuns.slice(0, end < 0 ? undefined : end).map((run) => incidentKey(pair, run.epoch));
}

/** Names one run at one generation. Every rule of a running step takes it. */
export interface RunKey {
  readonly run: string;
  readonly epoch: number;
}

export interface Held {
  readonly item: JournalItem;
  readonly database: DatabaseState;
  readonly run: DatabaseRun;
}

export type Lost = { readonly kind: 'lost'; readonly because: string };

/** The run, if it is still this one at this generation. */
export function held(found: JournalItem | undefined, key: RunKey): Held | Lost {
  const run = found?.database?.run;
  if (!found?.database || !run) return { kind: 'lost', because: `no run holds the pair, ${key.run} does not` };
  if (run.id !== key.run) return { kind: 'lost', because: `${run.id} holds the pair, not ${key.run}` };
  if (run.epoch !== key.epoch || found.epoch !== key.epoch) {
    return { kind: 'lost', because: `the epoch is ${found.epoch}, not ${key.epoch}` };
  }
  return { item: found, database: found.database, run };
}

/** The run was given up, or is being, and no other came after it: nothing that it still has under way may stand. */
export function isGivenUp(found: JournalItem | undefined, key: RunKey): boolean {
  const database = found?.database;
  if (!database || found.epoch !== key.epoch || database.active !== 'primary') return false;
  if (database.run) return database.run.id === key.run && database.run.rollback !== undefined;
  return database.lastRuns[0]?.id === key.run && database.lastRuns[0].outcome === 'rolled-back';
}

export const isLost = (value: object): value is Lost => 'kind' in value && value.kind === 'lost';

export function put<T>(item: JournalItem, database: DatabaseState, answer: T): Ruled<T> {
  return { kind: 'write', item: { ...item, database }, answer };
}

/** The same run with a change. */
export const withRun = (h: Held, change: Partial<DatabaseRun>): DatabaseState => ({
  ...h.database,
  run: { ...h.run, ...change },
});

/** Moves the state if a row allows it; a repeated step finds itself moved already and stays. */
export function moved(database: DatabaseState, on: ControllerEvent): DatabaseState {
  const row = transitionOf(database.state, on);
  return row ? { ...database, state: row.to } : database;
}

export type BeginAnswer =
  | { readonly kind: 'go'; readonly run: DatabaseRun; readonly step: RunStep }
  /** It already ended: a repeated call. */
  | { readonly kind: 'done'; readonly because: readonly string[] }
  | { readonly kind: 'rolling-back'; readonly because: readonly string[] }
  | { readonly kind: 'stuck'; readonly because: string }
  | { readonly kind: 'ended'; readonly outcome: string }
  | Lost;

/** First write of every step. Two runners may both `go`: every step looks before it acts. */
export function beginStep(
  found: JournalItem | undefined,
  key: RunKey,
  step: DatabaseStep | UndoStep,
  nowMs: number,
): Ruled<BeginAnswer> {
  const h = held(found, key);
  if (isLost(h)) {
    const ended = found?.database?.lastRuns.find((run) => run.id === key.run && run.epoch === key.epoch);
    return keep(ended ? { kind: 'ended', outcome: ended.outcome } : h);
  }
  if (h.database.state === 'STUCK') return keep({ kind: 'stuck', because: 'the run waits for a person to adopt it' });
  const entry = h.run.steps[step];
  if (isUndoStep(step)) {
    if (h.run.promoteRequested) return keep({ kind: 'stuck', because: 'a promotion was requested: nothing is undone any more' });
  } else {
    if (h.run.rollback) return keep({ kind: 'rolling-back', because: h.run.rollback.because });
    const missing = FAILOVER_PLAN.slice(
      0,
      FAILOVER_PLAN.findIndex((p) => p.step === step),
    ).find((p) => h.run.steps[p.step]?.outcome === undefined);
    if (missing) return keep({ kind: 'lost', because: `${step} was called before ${missing.step} ended` });
  }
  if (entry?.outcome !== undefined) return keep({ kind: 'done', because: entry.because ?? [] });
  const next: RunStep = {
    ...entry,
    beganAtMs: entry?.beganAtMs ?? nowMs,
    calledAtMs: nowMs,
    attempts: (entry?.attempts ?? 0) + 1,
  };
  const database = withRun(h, { steps: { ...h.run.steps, [step]: next } });
  return put(h.item, database, { kind: 'go', run: { ...h.run, steps: { ...h.run.steps, [step]: next } }, step: next });
}

export interface StepEnd {
  readonly outcome: 'done' | 'continued' | 'failed';
  readonly because: readonly string[];
}

/** The state that a finished step leads to. */
const AFTER: Readonly<Partial<Record<DatabaseStep | UndoStep, ControllerEvent>>> = {
  assess: 'assessed',
  verify_replica_sync: 'loss-accepted',
};

/** Records how a step ended. The first answer stays. */
export function finishStep(
  found: JournalItem | undefined,
  key: RunKey,
  step: DatabaseStep | UndoStep,
  end: StepEnd,
  nowMs: number,
): Ruled<{ readonly kind: 'recorded' } | Lost> {
  const h = held(found, key);
  if (isLost(h)) return keep(h);
  if (!isUndoStep(step) && h.run.rollback) return keep({ kind: 'lost', because: 'the run is being rolled back' });
  const entry = h.run.steps[step];
  if (!entry) return keep({ kind: 'lost', because: `${step} was never begun` });
  if (entry.outcome !== undefined) return keep({ kind: 'recorded' });
  const steps = { ...h.run.steps, [step]: { ...entry, ...end, endedAtMs: nowMs } };
  const on = AFTER[step];
  const database = withRun(h, { steps });
  return put(h.item, on ? moved(database, on) : database, { kind: 'recorded' });
}

/** Keeps what a later call of the same step needs. */
export function noteResult(
  found: JournalItem | undefined,
  key: RunKey,
  step: DatabaseStep | UndoStep,
  result: unknown,
): Ruled<{ readonly kind: 'recorded' } | Lost> {
  const h = held(found, key);
  if (isLost(h)) return keep(h);
  if (!isUndoStep(step) && h.run.rollback) return keep({ kind: 'lost', because: 'the run is being rolled back' });
  const entry = h.run.steps[step];
  if (!entry) return keep({ kind: 'lost', because: `${step} was never begun` });
  return put(h.item, withRun(h, { steps: { ...h.run.steps, [step]: { ...entry, result } } }), { kind: 'recorded' });
}

/** Fixes candidate and loss. After the promote call was requested they are history. */
export function noteAssessment(
  found: JournalItem | undefined,
  key: RunKey,
  candidate: string,
  loss: NonNullable<DatabaseRun['loss']>,
): Ruled<{ readonly kind: 'recorded' } | Lost> {
  const h = held(found, key);
  if (isLost(h)) return keep(h);
  if (h.run.promoteRequested || h.run.rollback) return keep({ kind: 'lost', because: 'the candidate is settled' });
  const same = h.run.candidate === candidate && JSON.stringify(h.run.loss) === JSON.stringify(loss);
  return same ? keep({ kind: 'recorded' }) : put(h.item, withRun(h, { candidate, loss }), { kind: 'recorded' });
}

export function noteFence(
  found: JournalItem | undefined,
  key: RunKey,
  fence: string,
): Ruled<{ readonly kind: 'recorded' } | Lost> {
  const h = held(found, key);
  if (isLost(h)) return keep(h);
  return h.run.fence === fence ? keep({ kind: 'recorded' }) : put(h.item, withRun(h, { fence }), { kind: 'recorded' });
}

/** Asks a person. The time of the first question stays, a larger loss is a new question. */
export function requestConsent(
  found: JournalItem | undefined,
  key: RunKey,
  lossMs: number,
  nowMs: number,
): Ruled<{ readonly kind: 'asked'; readonly atMs: number; readonly fresh: boolean } | Lost> {
  const h = held(found, key);
  if (isLost(h)) return keep(h);
  if (h.run.rollback || h.run.promoteRequested) return keep({ kind: 'lost', because: 'nothing is asked any more' });
  const asked = h.run.asked;
  if (asked && asked.lossMs >= lossMs && h.database.state === 'AWAITING_CONSENT') {
    return keep({ kind: 'asked', atMs: asked.atMs, fresh: false });
  }
  const next = moved(withRun(h, { asked: { lossMs, atMs: nowMs } }), 'consent-needed');
  return put(h.item, next, { kind: 'asked', atMs: nowMs, fresh: true });
}

/** The latch that everybody is to publish. Off only on the way back: a rollback, or a failback after its promotion. */
export function setLatch(
  found: JournalItem | undefined,
  key: RunKey,
  on: boolean,
): Ruled<
  { readonly kind: 'set'; readonly database: DatabaseState } | { readonly kind: 'refused'; readonly because: string } | Lost
> {
  const h = held(found, key);
  if (isLost(h)) return keep(h);
  const back = h.run.rollback !== undefined && h.run.promoteRequested === undefined;
  const returned = h.run.kind === 'failback' && h.database.active === 'primary';
  if (on && h.run.rollback) return keep({ kind: 'refused', because: 'the run is being rolled back' });
  if (!on && !back && !returned) return keep({ kind: 'refused', because: 'the standby may be writing: the latch stays on' });
  const writerName = namedWhileLatched(h, on);
  const same = Object.entries(writerName).every(([id, named]) => h.database.writerName[id] === named);
  if (h.database.latch.on === on && same) return keep({ kind: 'set', database: h.database });
  const database = { ...h.database, writerName, latch: { ...h.database.latch, on } };
  return put(h.item, database, { kind: 'set', database });
}

/**
 * How long a latch that was lifted may go on showing, in ms: the rest of its minute, the next one that says "off", and
 * 110 s from a datapoint to Route 53's verdict. Planned, not documented.
 */
export const LIFTED_LATCH_MS = 230_000;

/** How much longer the latch that shows may be the one of a run that was given up, in ms: what it shows is about to end. */
export function liftedLatchMs({ lastRuns }: Pick<DatabaseState, 'lastRuns'>, nowMs: number): number {
  const last = lastRuns[0];
  if (last?.outcome !== 'rolled-back' || last.kind === 'failback') return 0;
  return Math.max(0, LIFTED_LATCH_MS - Math.abs(nowMs - last.endedAtMs));
}

/**
 * The writer name leaves the old writer together with the latch, before anything is promoted: the standby's applications
 * would otherwise write to an old primary that returns. Until the promotion is over they find a read-only candidate.
 */
function namedWhileLatched({ database, run }: Held, on: boolean): DatabaseState['writerName'] {
  if (run.kind === 'failback') return database.writerName;
  return Object.fromEntries(Object.keys(database.writerName).map((id) => [id, on && id === run.candidate]));
}
