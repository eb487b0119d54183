import type { Provenance } from '../../decide/provenance';
import type { Mark } from './report/marks';

/** One number of the verdict, held against its target. */
export interface Figure {
  readonly name: 'detection' | 'switch' | 'firstWrite' | 'rto' | 'rpo';
  /** Null when it was never seen. */
  readonly sec: number | null;
  readonly targetSec: number;
  readonly met: boolean;
  /** Rows that the seconds stand for. */
  readonly rows?: number;
  readonly provenance: Provenance;
}

/** One thing that a scenario promises. A broken promise fails the run; a missed target does not. */
export interface Expectation {
  readonly what: string;
  readonly met: boolean;
  readonly seen: string;
  /** True: however slow the machine, it must hold. Absent: a machine that starves the lab may break it. */
  readonly always?: true;
}

export interface Outcome {
  readonly figures: readonly Figure[];
  readonly expectations: readonly Expectation[];
  readonly sampling?: { readonly periodMs: number; readonly largestGapMs: number; readonly limitMs: number };
  /** Results that are no times, each with its provenance. */
  readonly notes?: readonly string[];
  /** Moments that the scenario knows; those of the world itself are added to them. */
  readonly marks?: readonly Mark[];
  /** The drill's own report, as it lies in the bucket. */
  readonly drillReport?: unknown;
}

export const SAMPLING_LIMIT_MS = 1_000;

export const expectation = (what: string, met: boolean, seen: unknown): Expectation => ({ what, met, seen: String(seen) });

/** A promise about data, which no slowness excuses. */
export const always = (what: string, met: boolean, seen: unknown): Expectation => ({
  ...expectation(what, met, seen),
  always: true,
});

export function figure(name: Figure['name'], ms: number | undefined, targetSec: number): Figure {
  const sec = ms === undefined ? null : Math.round(ms / 10) / 100;
  return { name, sec, targetSec, met: sec !== null && sec <= targetSec, provenance: 'measured' };
}

/** One mark as two watchers saw it: whoever measured, and the world itself. */
export interface Comparison {
  readonly what: string;
  readonly measuredMs: number | undefined;
  readonly trueMs: number | undefined;
  /** How often the measurer looked. */
  readonly periodMs: number;
}

/**
 * A watcher sees a change at its next sample, so it may be late by one sampling period - or by the largest gap between
 * samples, when the machine was busy - and never early.
 */
export function agreement(comparisons: readonly Comparison[], largestGapMs: number): Expectation[] {
  return comparisons.map(({ what, measuredMs, trueMs, periodMs }) => {
    const allowedMs = Math.max(periodMs, largestGapMs);
    const offMs = measuredMs === undefined || trueMs === undefined ? undefined : Math.round(measuredMs - trueMs);
    return expectation(
      `${what}: measurement and ground truth agree within one sampling period (${Math.round(allowedMs)} ms)`,
      offMs !== undefined && offMs >= -CLOCK_MS && offMs <= allowedMs + CLOCK_MS,
      offMs === undefined ? 'one of them never saw it' : `${offMs} ms apart`,
    );
  });
}

/** Two processes round the same clock; at a scale of 20 one real millisecond is 20 of the lab. */
const CLOCK_MS = 25;
