import { type Excess, excessBetween } from './excess';
import type { DatabaseRun } from './state';
import { lasting } from './words';

/**
 * Which replica takes over, and what that loses. Everything is judged at the moment of the failure: lag after it grows
 * for as long as the primary is dead and would refuse every real failover.
 */

export interface ReplicaLimits {
  /** Highest loss, in milliseconds of writes. */
  readonly lagMs: number;
  /** Oldest that the last sample before the failure may be, in milliseconds. */
  readonly sampleAgeMs: number;
}

export type LagPoint =
  | { readonly kind: 'lag'; readonly atMs: number; readonly ms: number }
  | { readonly kind: 'unknown'; readonly atMs: number; readonly because: string };

export interface CandidateFacts {
  readonly id: string;
  readonly priority: number;
  /** What the service said when it was looked at; absent when it could not be learned. */
  readonly view?: {
    readonly status: string;
    readonly replicaOf?: string;
    readonly isWriter?: boolean;
    /** The window of its daily backup, while that may be running now or soon. */
    readonly backupNear?: string;
  };
  readonly viewUnknown?: string;
  readonly samples: readonly LagPoint[];
  readonly samplesUnknown?: string;
  /** How long before the failure the newest heartbeat row arrived, in ms. */
  readonly gapMs?: number;
  /** With a heartbeat: nobody knows how long no row had arrived, only that it was at least so long. Never with `gapMs`. */
  readonly unheardMs?: number;
  /** What looks at it add to a lag of the minutes before, told at the failure. */
  readonly excess?: Excess;
}

export interface Loss {
  readonly ms: number;
  readonly basis: 'heartbeat delay' | 'heartbeat' | 'lag samples' | 'service';
  /** Less it cannot be, where `ms` is only known not to be exceeded. */
  readonly atLeastMs?: number;
  /** So much of `ms` may be none: a clock may have been set, a look came late, or another lag sample makes less of it. */
  readonly doubtMs?: number;
}

export type Judged =
  | {
      readonly kind: 'eligible';
      readonly id: string;
      readonly priority: number;
      readonly loss: Loss;
      readonly backupNear?: string;
    }
  | { readonly kind: 'ineligible'; readonly id: string; readonly because: string };

/** Samples of this span before the failure count. */
export const LOSS_WINDOW_MS = 120_000;

/** A sample is stamped with the beginning of its minute, and was taken somewhere in it. */
export const SAMPLE_MS = 60_000;

/** How far the clock of the observer, who says when the failure was, and that of the samples may be apart: an assumption. */
export const STAMP_MS = 5_000;

/** A lag may have been cut to whole seconds, and a clock that NTP slews by 500 ppm moves 150 ms while looks count. */
export const BLUR_MS = 1_150;

/**
 * What a run knows of the rows of one candidate. Without evidence that anybody gathered, as when a person orders it, nothing
 * is said; with evidence, a candidate that was not heard at all was silent for nobody knows how long.
 */
export function gapOf(
  { gapsMs, unheardMs, excess }: Pick<DatabaseRun, 'gapsMs' | 'unheardMs' | 'excess'>,
  id: string,
): Pick<CandidateFacts, 'gapMs' | 'unheardMs' | 'excess'> {
  if (gapsMs === undefined) return {};
  const gapMs = gapsMs[id];
  const more = excess?.[id];
  return { ...(gapMs === undefined ? { unheardMs: unheardMs?.[id] ?? 0 } : { gapMs }), ...(more ? { excess: more } : {}) };
}

/**
 * The loss, where looks at the replica bound how much more it may be than a lag of the minutes before. Of whole minutes before the
 * failure only: the sample of the minute in which it happened may have been taken after it, and would count the outage as lag.
 */
function boundOf({ excess, samples }: Pick<CandidateFacts, 'samples' | 'excess'>, failedAtMs: number): Loss | undefined {
  if (!excess) return undefined;
  const bounds = samples.flatMap((sample) => {
    const agoMs = failedAtMs - sample.atMs;
    if (sample.kind === 'unknown' || agoMs < SAMPLE_MS || !(sample.ms >= 0)) return [];
    const moreMs = excessBetween(excess, Math.max(agoMs - SAMPLE_MS - STAMP_MS, excess.agoMs), agoMs + STAMP_MS);
    return moreMs === undefined ? [] : [sample.ms + moreMs];
  });
  if (bounds.length === 0) return undefined;
  // Each of them holds by itself; the largest holds though one of them were wrong.
  const mostMs = Math.max(...bounds);
  const doubtMs = excess.doubtMs + mostMs - Math.min(...bounds);
  return {
    ms: Math.ceil(Math.max(0, mostMs) + BLUR_MS),
    basis: 'heartbeat delay',
    ...(doubtMs > 0 ? { doubtMs: Math.floor(doubtMs) } : {}),
  };
}

/**
 * Loss at the failure, never understated as far as lag samples tell: they are a minute apart. A heartbeat says how long nothing arrived, lag how old the newest arrival was, so the two add up.
 * Without any lag sample even a heartbeat proves nothing: a replica that is minutes behind receives rows as steadily.
 * Where the heartbeat should have told and did not, everything after the last sample counts as lost. Where looks at the replica
 * bound it, those decide.
 */
export function lossOf(
  facts: Pick<CandidateFacts, 'samples' | 'samplesUnknown' | 'gapMs' | 'unheardMs' | 'excess'>,
  failedAtMs: number,
  limits: ReplicaLimits,
): Loss | { readonly because: string } {
  if (facts.samplesUnknown !== undefined) return { because: `its lag is unknown: ${facts.samplesUnknown}` };
  const bound = boundOf(facts, failedAtMs);
  if (bound) return bound;
  const before = facts.samples.filter((s) => s.atMs <= failedAtMs);
  const last = before.reduce<LagPoint | undefined>((newest, s) => (newest && newest.atMs >= s.atMs ? newest : s), undefined);
  if (!last) return { because: 'there is no lag sample from before the failure' };
  if (last.kind === 'unknown') return { because: `its last lag sample before the failure is unknown: ${last.because}` };
  const ageMs = failedAtMs - last.atMs;
  if (ageMs >= limits.sampleAgeMs) {
    return { because: `its last lag sample is ${lasting(ageMs)} older than the failure, limit ${lasting(limits.sampleAgeMs)}` };
  }
  const window = before.filter((s) => s.atMs >= failedAtMs - LOSS_WINDOW_MS || s === last);
  const lagMs = Math.max(...window.map((s) => (s.kind === 'lag' ? s.ms : 0)));
  if (!Number.isFinite(lagMs) || lagMs < 0) return { because: `its lag of ${lagMs} ms is no lag` };
  // Whole and never less: a person types what the page shows.
  const { gapMs, unheardMs } = facts;
  if (gapMs !== undefined) return { ms: Math.ceil(lagMs + gapMs), basis: 'heartbeat' };
  if (unheardMs === undefined) return { ms: Math.ceil(lagMs), basis: 'lag samples' };
  const atLeastMs = Math.ceil(lagMs + unheardMs);
  return { ms: Math.max(atLeastMs, Math.ceil(last.ms + ageMs)), basis: 'lag samples', atLeastMs };
}

/** Whether one replica may take over from `writer`, with the reason when not. */
export function judge(facts: CandidateFacts, writer: string, failedAtMs: number, limits: ReplicaLimits): Judged {
  const no = (because: string): Judged => ({ kind: 'ineligible', id: facts.id, because });
  if (!facts.view) return no(`its state is unknown: ${facts.viewUnknown ?? 'nobody looked'}`);
  const { status, replicaOf, isWriter, backupNear } = facts.view;
  if (isWriter === true) return no('it is itself a writer');
  if (status !== 'available') return no(`it is ${status}, not available`);
  if (replicaOf === undefined) return no('it replicates from nothing');
  if (replicaOf !== writer) return no(`it replicates from ${replicaOf}, not from ${writer}`);
  const loss = lossOf(facts, failedAtMs, limits);
  if ('because' in loss) return no(loss.because);
  // What is only known not to be exceeded is a person's to accept; what is surely too much is nobody's.
  const leastMs = loss.atLeastMs ?? loss.ms - (loss.doubtMs ?? 0);
  if (leastMs > limits.lagMs) return no(`it would lose ${lasting(leastMs)} of writes, limit ${lasting(limits.lagMs)}`);
  return { kind: 'eligible', id: facts.id, priority: facts.priority, loss, ...(backupNear ? { backupNear } : {}) };
}

/** In the words of a page. */
export const lossText = ({ ms, basis, atLeastMs, doubtMs }: Loss): string => {
  if (atLeastMs !== undefined)
    return `at least ${lasting(atLeastMs)} and at most ${lasting(ms)} of writes, by ${basis}: the heartbeat reader began after the last row`;
  return `${lasting(ms)} of writes, by ${basis}${doubtMs === undefined ? '' : `, of which ${lasting(doubtMs)} may be none`}`;
};

export type Choice =
  | { readonly kind: 'chosen'; readonly id: string; readonly loss: Loss; readonly because: readonly string[] }
  | { readonly kind: 'none'; readonly because: readonly string[] };

/** Least loss, then priority, then id. One whose backup may be in the way of a promotion is taken only where no other is. */
export function bestReplica(
  candidates: readonly CandidateFacts[],
  writer: string,
  failedAtMs: number,
  limits: ReplicaLimits,
): Choice {
  const judged = candidates.map((facts) => judge(facts, writer, failedAtMs, limits));
  const refused = judged.flatMap((j) => (j.kind === 'ineligible' ? [`${j.id}: ${j.because}`] : []));
  const eligible = judged.flatMap((j) => (j.kind === 'eligible' ? [j] : []));
  const free = eligible.filter((j) => j.backupNear === undefined);
  const near = eligible.flatMap((j) =>
    j.backupNear === undefined ? [] : [`${j.id}: its backup may run now or soon, ${j.backupNear}`],
  );
  const best = (free.length > 0 ? free : eligible)
    .slice()
    .sort((a, b) => a.loss.ms - b.loss.ms || a.priority - b.priority || (a.id < b.id ? -1 : 1))[0];
  if (!best) return { kind: 'none', because: refused.length > 0 ? refused : ['there is no candidate'] };
  const why = `${best.id} loses ${lossText(best.loss)}`;
  return { kind: 'chosen', id: best.id, loss: best.loss, because: [why, ...near, ...refused] };
}
