/** What starts, stops and steers runs: the prober's acquire, and what a person orders. */
import { blankItem, type Ruled } from '../drill/rules';
import type { JournalItem } from '../journal';
import { paused } from './promotion-rules';
import { held, incidentKey, isLost, keep, moved, put, type RunKey, runId, withRun } from './run-rules';
import type { DatabaseRun, DatabaseState, RunKind } from './state';
import { transitionOf } from './transitions';

/** Longest pause, in ms. Whoever needs more orders it again, and so remembers it. */
export const PAUSE_MAX_MS = 4 * 3_600_000;

export interface Members {
  readonly source: string;
  readonly replicas: readonly string[];
  readonly generation: number;
}

/** A database that was bound and never failed over. */
export const boundDatabase = (members: Members): DatabaseState => ({
  state: 'ARMED',
  active: 'primary',
  writer: members.source,
  latch: { on: false, generation: members.generation },
  writerName: Object.fromEntries(members.replicas.map((id) => [id, false])),
  lastRuns: [],
});

export interface Acquire {
  readonly pair: string;
  readonly kind: RunKind;
  readonly startedBy: string;
  readonly automatic: boolean;
  /** The generation that the caller saw. Another one means that somebody else came first. */
  readonly seenEpoch: number;
  readonly nowMs: number;
  readonly failedAtMs?: number;
  readonly gapsMs?: Readonly<Record<string, number>>;
  readonly unheardMs?: Readonly<Record<string, number>>;
  readonly excess?: DatabaseRun['excess'];
  readonly leaseRvn?: string;
  /** A person's consent that came with the order, in ms of lost writes. */
  readonly acceptLossMs?: number;
  readonly writesStopped?: boolean;
  /** Why a person fails over although the primary shows signs of life. */
  readonly forced?: string;
  readonly members: Members;
}

export type AcquireAnswer =
  | { readonly kind: 'acquired'; readonly run: DatabaseRun }
  | { readonly kind: 'refused'; readonly because: readonly string[]; readonly running?: DatabaseRun };

/** Takes the next epoch and begins a run, in one write. Says every reason against it at once. */
export function acquire(found: JournalItem | undefined, asked: Acquire): Ruled<AcquireAnswer> {
  const item = found ?? blankItem(asked.pair);
  const database = item.database ?? boundDatabase(asked.members);
  if (database.run) return keep({ kind: 'refused', because: [`${database.run.id} is under way`], running: database.run });
  const because = againstAcquire(item, database, asked);
  if (because.length > 0) return keep({ kind: 'refused', because });
  const epoch = item.epoch + 1;
  const run: DatabaseRun = {
    id: runId(asked.pair, epoch),
    kind: asked.kind,
    epoch,
    startedBy: asked.startedBy,
    automatic: asked.automatic,
    startedAtMs: asked.nowMs,
    failedAtMs: asked.failedAtMs ?? asked.nowMs,
    ...(asked.gapsMs ? { gapsMs: asked.gapsMs } : {}),
    ...(asked.unheardMs ? { unheardMs: asked.unheardMs } : {}),
    ...(asked.excess ? { excess: asked.excess } : {}),
    ...(asked.leaseRvn === undefined ? {} : { leaseRvn: asked.leaseRvn }),
    ...(asked.writesStopped ? { writesStopped: true } : {}),
    ...(asked.forced === undefined ? {} : { forced: asked.forced }),
    ...(asked.acceptLossMs === undefined
      ? {}
      : { consent: { by: asked.startedBy, epoch, lossMs: asked.acceptLossMs, atMs: asked.nowMs } }),
    steps: {},
  };
  const { restUntilMs: _rest, ...rested } = restedIfOver(database, asked.nowMs, asked.automatic);
  const next = moved({ ...rested, run }, asked.kind === 'failback' ? 'failback-acquired' : 'acquired');
  const incident = { key: incidentKey(asked.pair, epoch), sinceMs: asked.nowMs };
  return { kind: 'write', item: { ...item, epoch, incident, database: next }, answer: { kind: 'acquired', run } };
}

function againstAcquire(item: JournalItem, database: DatabaseState, asked: Acquire): string[] {
  const because = standingAgainst(item, database, asked.nowMs, asked.automatic);
  if (item.epoch !== asked.seenEpoch) because.push(`the epoch is ${item.epoch}, not ${asked.seenEpoch}: somebody came first`);
  const failback = asked.kind === 'failback';
  if (failback && database.rebuilt?.replicating !== true) {
    because.push('no rebuilt replica of today’s writer was seen replicating in the primary Region');
  }
  if (asked.kind !== 'failover' && asked.automatic) because.push(`only a person starts a ${asked.kind}`);
  if (!failback && database.active !== 'primary') because.push('the standby writes already');
  if (!failback && database.unprotectedSinceMs !== undefined) {
    because.push(`there has been no replica to take over since ${iso(database.unprotectedSinceMs)}`);
  }
  // A rest ends by itself, so a rolled-back pair whose rest is over counts as armed.
  const rested = restedIfOver(database, asked.nowMs, asked.automatic);
  if (!transitionOf(rested.state, failback ? 'failback-acquired' : 'acquired')) {
    because.push(`the controller is ${database.state}`);
  }
  return because;
}

/** Why nobody, or no automation, may begin a run now. */
export function standingAgainst(item: JournalItem, database: DatabaseState, nowMs: number, automatic: boolean): string[] {
  const because: string[] = [];
  if (item.drill && item.drill.level !== 'OBSERVE') because.push(`drill ${item.drill.id} is running`);
  if (automatic && paused(item, nowMs)) because.push(`automation is paused until ${iso(item.pausedUntilMs ?? nowMs)}`);
  if (automatic && resting(database, nowMs)) because.push(`automation rests until ${iso(database.restUntilMs ?? nowMs)}`);
  if (automatic && database.splitBrain) because.push(`another writer was claimed: ${database.splitBrain.because}`);
  return because;
}

const resting = (database: DatabaseState, nowMs: number) => (database.restUntilMs ?? 0) > nowMs;

const restedIfOver = (database: DatabaseState, nowMs: number, automatic: boolean): DatabaseState =>
  automatic && resting(database, nowMs) ? database : moved(database, 'rested');

const iso = (ms: number) => new Date(ms).toISOString();

/** Binds a database that the journal does not know yet, and ends a rest that is over. */
export function settle(found: JournalItem | undefined, pair: string, members: Members, nowMs: number): Ruled<JournalItem> {
  const item = found ?? blankItem(pair);
  const database = item.database ?? boundDatabase(members);
  const over = database.state === 'ROLLED_BACK' && !resting(database, nowMs);
  if (item.database && !over) return keep(item);
  const { restUntilMs: _rest, ...rest } = database;
  const next = { ...item, database: over ? moved(rest, 'rested') : database };
  return { kind: 'write', item: next, answer: next };
}

/** A person's consent to the loss that was shown. */
export function approve(
  found: JournalItem | undefined,
  asked: { readonly epoch: number; readonly by: string; readonly lossMs: number; readonly nowMs: number },
): Ruled<{ readonly kind: 'approved' } | { readonly kind: 'refused'; readonly because: string }> {
  const run = found?.database?.run;
  if (!found?.database || !run) return keep({ kind: 'refused', because: 'no run waits for consent' });
  if (run.epoch !== asked.epoch) return keep({ kind: 'refused', because: `the epoch is ${run.epoch}, not ${asked.epoch}` });
  if (run.rollback) return keep({ kind: 'refused', because: `${run.id} is being rolled back` });
  if (run.promoteRequested) return keep({ kind: 'refused', because: `${run.id} is promoting already` });
  if (found.database.state !== 'AWAITING_CONSENT' || !run.asked) {
    return keep({ kind: 'refused', because: `${run.id} does not wait for consent` });
  }
  if (asked.lossMs < run.asked.lossMs) {
    return keep({ kind: 'refused', because: `the loss shown is ${run.asked.lossMs} ms, the consent is to ${asked.lossMs} ms` });
  }
  const consent = { by: asked.by, epoch: asked.epoch, lossMs: asked.lossMs, atMs: asked.nowMs };
  return put(found, moved({ ...found.database, run: { ...run, consent } }, 'consented'), { kind: 'approved' });
}

/** Automation watches and pages, and does not act, until then. `hold` also keeps traffic where it is. */
export function pause(
  found: JournalItem | undefined,
  asked: {
    readonly pair: string;
    readonly by: string;
    readonly untilMs: number;
    readonly nowMs: number;
    readonly hold?: boolean;
  },
): Ruled<{ readonly kind: 'paused' } | { readonly kind: 'refused'; readonly because: string }> {
  const forMs = asked.untilMs - asked.nowMs;
  if (!(forMs > 0)) return keep({ kind: 'refused', because: 'a pause ends in the future' });
  if (forMs > PAUSE_MAX_MS) return keep({ kind: 'refused', because: `a pause lasts ${PAUSE_MAX_MS / 3_600_000} h at most` });
  const item = { ...(found ?? blankItem(asked.pair)), pausedUntilMs: asked.untilMs };
  if (!asked.hold) return { kind: 'write', item, answer: { kind: 'paused' } };
  if (!item.database) return keep({ kind: 'refused', because: 'the pair has no database, so it has no hold' });
  if (item.database.active !== 'primary')
    return keep({ kind: 'refused', because: 'a hold keeps traffic at the primary; the standby writes' });
  const latch = { ...item.database.latch, hold: { untilMs: asked.untilMs, by: asked.by } };
  return put(item, { ...item.database, latch }, { kind: 'paused' });
}

export function resume(found: JournalItem | undefined): Ruled<{ readonly kind: 'resumed' } | { readonly kind: 'not-paused' }> {
  const held = found?.database?.latch.hold;
  if (!found || (found.pausedUntilMs === undefined && !held)) return keep({ kind: 'not-paused' });
  const { pausedUntilMs: _paused, ...item } = found;
  if (!item.database) return { kind: 'write', item, answer: { kind: 'resumed' } };
  const { hold: _hold, ...latch } = item.database.latch;
  return put(item, { ...item.database, latch }, { kind: 'resumed' });
}

/** A run that nobody called for this long has lost its runner, in ms: far more than any pause between two calls. */
export const ABANDONED_MS = 300_000;

/** Whether nobody carries a run any more, by its last call; by its begin where no call was ever recorded. */
export function isAbandoned(run: DatabaseRun, nowMs: number): boolean {
  const calls = Object.values(run.steps).map((s) => s.calledAtMs ?? s.beganAtMs);
  return nowMs - Math.max(run.adoptedAtMs ?? 0, ...(calls.length > 0 ? calls : [run.startedAtMs])) > ABANDONED_MS;
}

/** A run without a runner gets another one: two that carry it are as safe as one. A stuck one waits for a person. */
export function takeUp(
  found: JournalItem | undefined,
  key: RunKey,
  nowMs: number,
): Ruled<{ readonly kind: 'adopted'; readonly run: DatabaseRun } | { readonly kind: 'refused'; readonly because: string }> {
  if (found?.database?.state === 'STUCK') return keep({ kind: 'refused', because: 'a stuck run waits for a person' });
  const h = held(found, key);
  if (isLost(h)) return keep({ kind: 'refused', because: h.because });
  if (!isAbandoned(h.run, nowMs)) return keep({ kind: 'refused', because: `${h.run.id} is being carried` });
  return adopt(found, key, nowMs);
}

/** A person takes up a run whose runner is gone, or that is stuck. Only with the epoch it has. */
export function adopt(
  found: JournalItem | undefined,
  key: RunKey,
  nowMs: number,
): Ruled<{ readonly kind: 'adopted'; readonly run: DatabaseRun } | { readonly kind: 'refused'; readonly because: string }> {
  const h = held(found, key);
  if (isLost(h)) return keep({ kind: 'refused', because: h.because });
  const { stuckBecause: _stuck, ...was } = h.run;
  // Patience starts anew for what has not ended.
  const steps = Object.fromEntries(
    Object.entries(was.steps).map(([name, s]) => [
      name,
      s.outcome === undefined ? { ...s, beganAtMs: nowMs, calledAtMs: nowMs, attempts: 0 } : s,
    ]),
  );
  const run: DatabaseRun = { ...was, steps, adopted: (was.adopted ?? 0) + 1, adoptedAtMs: nowMs };
  const after = run.steps['promote_replica']?.outcome === 'done';
  const next = moved({ ...withRun(h, {}), run }, after ? 'adopted-after-promotion' : 'adopted-before-promotion');
  return put(h.item, next, { kind: 'adopted', run });
}
