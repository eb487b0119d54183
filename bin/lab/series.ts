/** What a plot needs out of a recording: rates out of counts, spans out of states, times since the fault. */
import type { LabReport } from '../../lib/lab/run/report/document';
import type { Origin, Value } from '../../lib/lab/run/report/recorder';

/** Shown before the fault, in seconds: what normal looks like. */
const BEFORE_SEC = 30;
/** More bins than that nobody could tell apart. */
const BINS_MAX = 400;

/** Lab seconds; 0 is the fault. */
export interface Axis {
  readonly zeroMs: number;
  readonly fromSec: number;
  readonly toSec: number;
}

export interface RatePoint {
  readonly sec: number;
  readonly perSec: number;
}

export interface Span {
  readonly fromSec: number;
  readonly toSec: number;
  readonly value: string;
}

export interface ValuePoint {
  readonly sec: number;
  readonly value: number;
}

export function axisOf({ marks, recording }: Pick<LabReport, 'marks' | 'recording'>): Axis {
  const [firstMs = 0] = recording.atMs;
  const lastMs = recording.atMs.at(-1) ?? firstMs;
  const zeroMs = marks.find(({ name }) => name === 't0')?.atMs ?? firstMs;
  const fromSec = Math.max((firstMs - zeroMs) / 1_000, -BEFORE_SEC);
  return { zeroMs, fromSec, toSec: Math.max((lastMs - zeroMs) / 1_000, fromSec + 1) };
}

export const secOf = (axis: Axis, atMs: number) => (atMs - axis.zeroMs) / 1_000;

export interface Read {
  readonly origin: Origin;
  readonly values: readonly Value[];
}

/** One column, or undefined when it was never recorded. */
export const columnOf = ({ recording }: Pick<LabReport, 'recording'>, key: string): Read | undefined =>
  recording.columns.find((column) => column.key === key && column.values.some((value) => value !== null));

/** How fast a count grew, in bins of a second or more. */
export function rates({ recording }: Pick<LabReport, 'recording'>, { values }: Read, axis: Axis): RatePoint[] {
  const binSec = Math.max(1, recording.periodMs / 1_000, Math.ceil((axis.toSec - axis.fromSec) / BINS_MAX));
  const points: RatePoint[] = [];
  let began: { readonly sec: number; readonly count: number } | undefined;
  for (const [i, atMs] of recording.atMs.entries()) {
    const count = values[i];
    const sec = secOf(axis, atMs);
    if (typeof count !== 'number' || sec < axis.fromSec) continue;
    if (began && sec - began.sec < binSec) continue;
    if (began) points.push({ sec: began.sec, perSec: (count - began.count) / (sec - began.sec) });
    began = { sec, count };
  }
  return points;
}

/** Stretches of one and the same value. */
export function spans({ recording }: Pick<LabReport, 'recording'>, { values }: Read, axis: Axis): Span[] {
  const found: { fromSec: number; toSec: number; value: string }[] = [];
  for (const [i, atMs] of recording.atMs.entries()) {
    const sec = Math.max(secOf(axis, atMs), axis.fromSec);
    const last = found.at(-1);
    if (last) last.toSec = sec;
    const value = values[i] ?? null;
    if (value !== null && last?.value !== String(value)) found.push({ fromSec: sec, toSec: sec, value: String(value) });
  }
  return found.filter(({ fromSec, toSec }) => toSec > fromSec);
}

/** A value over time, where it is known; of equal neighbours only the ends. */
export function steps({ recording }: Pick<LabReport, 'recording'>, { values }: Read, axis: Axis): ValuePoint[] {
  const points: ValuePoint[] = [];
  for (const [i, atMs] of recording.atMs.entries()) {
    const value = values[i];
    const sec = secOf(axis, atMs);
    if (typeof value !== 'number' || sec < axis.fromSec) continue;
    const [before, last] = points.slice(-2);
    if (before && last && before.value === value && last.value === value) points.pop();
    points.push({ sec, value });
  }
  return points;
}
