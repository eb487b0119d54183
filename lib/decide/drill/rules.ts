import type { EndedDrill, JournalItem, RestoreOutcome, RunningDrill, StepEntry, Undo } from '../journal';
import type { DrillStep } from '../plan';

/** What a rule makes of the item it was shown: a new item to write, or nothing to write; and its answer. */
export type Ruled<T> =
  | { readonly kind: 'write'; readonly item: JournalItem; readonly answer: T }
  | { readonly kind: 'keep'; readonly answer: T };

/** The journal keeps this many ended drills. */
export const LAST_DRILLS = 20;

const keep = <T>(answer: T): Ruled<T> => ({ kind: 'keep', answer });
const write = <T>(item: JournalItem, answer: T): Ruled<T> => ({ kind: 'write', item, answer });

/** The item of a pair that nobody has written yet. */
export const blankItem = (pair: string): JournalItem => ({ pair, revision: 0, epoch: 0, lastDrills: [] });

export interface Claim {
  readonly pair: string;
  readonly id: string;
  readonly level: RunningDrill['level'];
  readonly scenario: RunningDrill['scenario'];
  readonly requestedBy: string;
  readonly nowMs: number;
  readonly deadlineMs: number;
  readonly expectedAlarms: readonly string[];
}

export type ClaimAnswer =
  | { readonly kind: 'claimed' }
  /** This very drill holds the pair: a repeated request. */
  | { readonly kind: 'already' }
  | { readonly kind: 'refused'; readonly because: readonly string[] };

/** Takes the pair for one drill. An OBSERVE run changes nothing, so pause and incident do not stop it. */
export function claim(found: JournalItem | undefined, asked: Claim): Ruled<ClaimAnswer> {
  const item = found ?? blankItem(asked.pair);
  if (item.drill?.id === asked.id) return keep({ kind: 'already' });
  const because: string[] = [];
  const ended = item.lastDrills.find((drill) => drill.id === asked.id);
  if (ended) because.push(`drill ${asked.id} already ran: ${ended.verdict}`);
  if (item.drill) because.push(`drill ${item.drill.id} is running`);
  if (asked.level !== 'OBSERVE') because.push(...standing(item, asked.nowMs));
  if (because.length > 0) return keep({ kind: 'refused', because });
  const { pair: _pair, nowMs, ...rest } = asked;
  return write({ ...item, drill: { ...rest, startedAtMs: nowMs, steps: {} } }, { kind: 'claimed' });
}

/** Why the journal itself speaks against any drill that moves users. */
export function standing(item: JournalItem, nowMs: number): string[] {
  const because: string[] = [];
  if (item.incident) because.push(`incident ${item.incident.key} is open since ${iso(item.incident.sinceMs)}`);
  if (item.pausedUntilMs !== undefined && item.pausedUntilMs > nowMs) {
    because.push(`automation is paused until ${iso(item.pausedUntilMs)}`);
  }
  const hold = item.database?.latch.hold;
  if (hold && hold.untilMs > nowMs) {
    because.push(`the name is held on the primary until ${iso(hold.untilMs)} by ${hold.by}, whatever a drill breaks`);
  }
  return because;
}

export type BeginAnswer =
  | { readonly kind: 'go'; readonly drill: RunningDrill }
  /** The step already gave this answer: a repeated delivery. */
  | { readonly kind: 'done'; readonly outcome: string; readonly because?: readonly string[] }
  /** A measurement that began once is never begun again: half of one proves nothing. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'too-late'; readonly because: string }
  | { readonly kind: 'ended'; readonly verdict: string }
  | { readonly kind: 'no-drill' };

/** Steps that lead up to breaking something. Once the restore has begun they have no business any more. */
const BEFORE_RESTORE: readonly DrillStep[] = ['preflight', 'arm', 'measure'];

/** First write of every step. Two deliveries may both `go` where a step only looks; `measure` goes once. */
export function beginStep(found: JournalItem | undefined, drillId: string, step: DrillStep, nowMs: number): Ruled<BeginAnswer> {
  const drill = running(found, drillId);
  if (!found || !drill) return keep(notRunning(found, drillId));
  const entry = drill.steps[step];
  if (entry?.outcome !== undefined) return keep({ kind: 'done', outcome: entry.outcome, because: entry.because });
  if (step === 'measure' && entry) return keep({ kind: 'interrupted' });
  const late = BEFORE_RESTORE.includes(step) ? tooLate(drill, nowMs) : undefined;
  if (late) return keep({ kind: 'too-late', because: late });
  const next = withStep(drill, step, {
    beganAtMs: entry?.beganAtMs ?? nowMs,
    attempts: (entry?.attempts ?? 0) + 1,
  });
  return write({ ...found, drill: next }, { kind: 'go', drill: next });
}

/** Why nothing may be broken any more in this drill, or nothing. */
export function tooLate(drill: RunningDrill, nowMs: number): string | undefined {
  if (drill.steps['restore']) return 'the restore has begun';
  if (drill.stopRequested) return 'an operator stopped the drill';
  if (nowMs >= drill.deadlineMs) return `the deadline ${iso(drill.deadlineMs)} has passed`;
  return undefined;
}

export interface StepAnswer {
  readonly outcome: string;
  readonly because?: readonly string[];
  readonly result?: unknown;
}

/** Records what a step found. The first answer stays; the answer says whether it was ours. */
export function finishStep(
  found: JournalItem | undefined,
  drillId: string,
  step: DrillStep,
  said: StepAnswer,
  nowMs: number,
): Ruled<'recorded' | 'already' | 'not begun'> {
  const drill = running(found, drillId);
  const entry = drill?.steps[step];
  if (!found || !drill || !entry) return keep('not begun');
  if (entry.outcome !== undefined) return keep('already');
  const next: StepEntry = { ...entry, endedAtMs: nowMs, ...said };
  return write({ ...found, drill: withStep(drill, step, next) }, 'recorded');
}

/** Writes down how to put things back, before anything is broken. */
export function recordUndo(
  found: JournalItem | undefined,
  drillId: string,
  undo: Undo,
  nowMs: number,
): Ruled<{ readonly kind: 'recorded'; readonly drill: RunningDrill } | { readonly kind: 'refused'; readonly because: string }> {
  const drill = running(found, drillId);
  if (!found || !drill) return keep({ kind: 'refused', because: 'the drill does not run any more' });
  const late = tooLate(drill, nowMs);
  if (late) return keep({ kind: 'refused', because: late });
  if (drill.steps['measure']) return keep({ kind: 'refused', because: 'the measurement has begun' });
  const next = { ...drill, undo };
  return write({ ...found, drill: next }, { kind: 'recorded', drill: next });
}

/** The drill's last look at the primary, from which the pager judges; answers why to stop, if there is a reason. */
export function noteProbe(
  found: JournalItem | undefined,
  drillId: string,
  probe: { readonly good: boolean; readonly atMs: number },
  nowMs: number,
): Ruled<{ readonly stop?: string }> {
  const drill = running(found, drillId);
  if (!found || !drill) return keep({ stop: 'the drill does not run any more' });
  return write({ ...found, drill: { ...drill, lastPrimaryProbe: probe } }, { stop: tooLate(drill, nowMs) });
}

/** Asks a running drill to stop; without an id, whichever runs. */
export function requestStop(
  found: JournalItem | undefined,
  drillId?: string,
): Ruled<
  { readonly kind: 'stopping'; readonly drillId: string } | { readonly kind: 'refused'; readonly because: readonly string[] }
> {
  const drill = found?.drill;
  if (!found || !drill) return keep({ kind: 'refused', because: ['no drill is running'] });
  if (drillId !== undefined && drill.id !== drillId) {
    return keep({ kind: 'refused', because: [`drill ${drill.id} is running, not ${drillId}`] });
  }
  const answer = { kind: 'stopping', drillId: drill.id } as const;
  return drill.stopRequested ? keep(answer) : write({ ...found, drill: { ...drill, stopRequested: true } }, answer);
}

/** True when the world was seen as it was before, or in somebody else's hands. */
export const isFinal = (outcome: RestoreOutcome) => outcome !== 'not yet';

/** First write of every restore. Once it stands, no step of this drill breaks anything any more. */
export function beginRestore(
  found: JournalItem | undefined,
  drillId: string,
  nowMs: number,
): Ruled<{ readonly kind: 'go'; readonly drill: RunningDrill } | { readonly kind: 'no-drill'; readonly because: string }> {
  const drill = running(found, drillId);
  if (!found || !drill) return keep({ kind: 'no-drill', because: `drill ${drillId} does not hold the pair` });
  const entry = drill.steps['restore'];
  const next = withStep(drill, 'restore', { beganAtMs: entry?.beganAtMs ?? nowMs, attempts: (entry?.attempts ?? 0) + 1 });
  return write({ ...found, drill: next }, { kind: 'go', drill: next });
}

/** Records what a restore found. The first final outcome stays, a later look only renews `verifiedAtMs`. */
export function noteRestored(
  found: JournalItem | undefined,
  drillId: string,
  outcome: RestoreOutcome,
  by: string,
  atMs: number,
): Ruled<'recorded' | 'no-drill'> {
  const drill = running(found, drillId);
  if (!found || !drill) return keep('no-drill');
  const before = drill.restored;
  const verified = isFinal(outcome) ? { verifiedAtMs: atMs } : {};
  const settled = before && isFinal(before.outcome) && outcome !== 'changed by a deployment';
  const restored = settled ? { ...before, ...verified } : { outcome, by, atMs, ...verified };
  return write({ ...found, drill: { ...drill, restored } }, 'recorded');
}

/** Takes the drill off the pair and keeps what later questions need. */
export function endDrill(
  found: JournalItem | undefined,
  drillId: string,
  verdict: string,
  nowMs: number,
): Ruled<'ended' | 'already' | 'no-drill'> {
  const drill = running(found, drillId);
  if (!found || !drill) return keep(found?.lastDrills.some((d) => d.id === drillId) ? 'already' : 'no-drill');
  const ended: EndedDrill = {
    id: drill.id,
    level: drill.level,
    verdict,
    endedAtMs: nowMs,
    ...(drill.restored && isFinal(drill.restored.outcome) ? { restoredAtMs: drill.restored.atMs } : {}),
    expectedAlarms: drill.expectedAlarms,
  };
  const { drill: _drill, ...rest } = found;
  const passed = verdict === 'passed' && drill.level !== 'OBSERVE';
  return write(
    { ...rest, lastDrills: [ended, ...found.lastDrills].slice(0, LAST_DRILLS), ...(passed ? { lastSuccessAtMs: nowMs } : {}) },
    'ended',
  );
}

const running = (item: JournalItem | undefined, drillId: string) => (item?.drill?.id === drillId ? item.drill : undefined);

function notRunning(item: JournalItem | undefined, drillId: string): BeginAnswer {
  const ended = item?.lastDrills.find((drill) => drill.id === drillId);
  return ended ? { kind: 'ended', verdict: ended.verdict } : { kind: 'no-drill' };
}

const withStep = (drill: RunningDrill, step: DrillStep, entry: StepEntry): RunningDrill => ({
  ...drill,
  steps: { ...drill.steps, [step]: entry },
});

const iso = (ms: number) => new Date(ms).toISOString();
