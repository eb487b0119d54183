import type { Serves } from './site';

/** One thing seen, in the order of seeing. A round asks every server once; `atMs` is when its last answer came. */
export type Sample =
  | {
      readonly kind: 'beacon';
      readonly server: string;
      readonly says: 'healthy' | 'unhealthy' | 'unknown';
      readonly atMs: number;
    }
  | { readonly kind: 'name'; readonly servers: readonly Serves[]; readonly atMs: number }
  | { readonly kind: 'primary'; readonly good: boolean; readonly atMs: number };

export interface Marked {
  /** First failed direct probe of the primary after the fault. */
  readonly firstBadProbeMs?: number;
  /** First authoritative `unhealthy` about the primary. */
  readonly tD?: number;
  /** First time that the name answered the standby on every server. */
  readonly tS?: number;
  /** The name answered the primary again somewhere after tS. */
  readonly flappedAtMs?: number;
  readonly lastRoundMs?: number;
  readonly largestGapMs: number;
}

export const UNMARKED: Marked = { largestGapMs: 0 };

/** Takes one sample in. Earlier marks stay. */
export function mark(seen: Marked, sample: Sample): Marked {
  if (sample.kind === 'beacon') {
    return sample.says === 'unhealthy' && seen.tD === undefined ? { ...seen, tD: sample.atMs } : seen;
  }
  if (sample.kind === 'primary') {
    return !sample.good && seen.firstBadProbeMs === undefined ? { ...seen, firstBadProbeMs: sample.atMs } : seen;
  }
  return markName(seen, sample.servers, sample.atMs);
}

function markName(seen: Marked, servers: readonly Serves[], atMs: number): Marked {
  // A clock that jumps in either direction is a gap: nothing was measured across it.
  const gapMs = seen.lastRoundMs === undefined ? 0 : Math.abs(atMs - seen.lastRoundMs);
  const everywhere = servers.length > 0 && servers.every((s) => s === 'standby');
  const back = seen.tS !== undefined && servers.includes('primary');
  return {
    ...seen,
    lastRoundMs: atMs,
    largestGapMs: Math.max(seen.largestGapMs, gapMs),
    ...(everywhere && seen.tS === undefined ? { tS: atMs } : {}),
    ...(back && seen.flappedAtMs === undefined ? { flappedAtMs: atMs } : {}),
  };
}

export interface FaultFacts {
  readonly kind: 'healthCheckPath' | 'functions' | 'metric';
  /** When the call that breaks was sent, and when it returned. */
  readonly sentAtMs: number;
  readonly returnedAtMs: number;
  /** Earliest failing observation of a checker since then, if one was seen. */
  readonly firstFailingMs?: number;
}

export type T0Source =
  | 'failing observation of a checker'
  | 'return of UpdateHealthCheck'
  | 'first failed direct probe'
  | 'return of the inject function'
  | 'return of PutMetricData';

/** When the fault took effect, and what that rests on. */
export function effective(fault: FaultFacts, seen: Marked): { readonly t0: number; readonly t0Source: T0Source } {
  const before = (ms: number | undefined): ms is number => ms !== undefined && ms >= fault.sentAtMs && ms <= (seen.tD ?? ms);
  if (fault.kind === 'metric') return { t0: fault.returnedAtMs, t0Source: 'return of PutMetricData' };
  if (fault.kind === 'functions') {
    return before(seen.firstBadProbeMs)
      ? { t0: seen.firstBadProbeMs, t0Source: 'first failed direct probe' }
      : { t0: fault.returnedAtMs, t0Source: 'return of the inject function' };
  }
  return before(fault.firstFailingMs)
    ? { t0: fault.firstFailingMs, t0Source: 'failing observation of a checker' }
    : { t0: fault.returnedAtMs, t0Source: 'return of UpdateHealthCheck' };
}
