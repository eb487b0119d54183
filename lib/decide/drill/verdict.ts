import type { RunningDrill } from '../journal';
import { effective, type FaultFacts } from './marks';
import type { DrillExpectation, DrillMarks, DrillReport, DrillResult } from './report-shape';
import type { MeasureResult, ReturnResult } from './results';

/** The report is invalid when the sampling had a hole larger than this, in ms. */
export const GAP_LIMIT_MS = 1_000;

export interface Targets {
  readonly detectionSec: number;
  readonly switchSec: number;
  readonly rtoSec: number;
}

/** t0 to tB; a mark that was never seen is absent. */
export function marksOf(measured: MeasureResult | undefined, returned: ReturnResult | undefined): DrillMarks {
  const back = returned?.tB === undefined ? {} : { tB: returned.tB };
  if (!measured?.fault) return back;
  const { tD, tS } = measured.seen;
  const served = measured.servedAtMs;
  const tR = served.length > 0 && served.every((ms) => ms !== null) ? Math.max(...served) : undefined;
  return {
    ...effective(measured.fault, measured.seen),
    ...(tD === undefined ? {} : { tD }),
    ...(tS === undefined ? {} : { tS }),
    ...(tR === undefined ? {} : { tR }),
    ...back,
  };
}

/**
 * detection = tD - t0, switch = tS - tD, RTO = tR - t0; a target is missed when its span was not measured. A fault by metric
 * is detected by the drill's own alarm, and that is no detection of the primary: only the switch counts.
 */
export function resultsOf(marks: DrillMarks, targets: Targets, fault?: FaultFacts['kind']): DrillResult[] {
  const line = (name: DrillResult['name'], from: number | undefined, to: number | undefined, targetSec: number): DrillResult => {
    // Name and beacon are answered by different records: the switch may be seen one sample before the verdict.
    const sec = from === undefined || to === undefined ? null : Math.max(to - from, 0) / 1000;
    return { name, sec, targetSec, met: sec !== null && sec <= targetSec, provenance: 'measured' };
  };
  if (fault === 'metric') return [line('switch', marks.tD, marks.tS, targets.switchSec)];
  return [
    line('detection', marks.t0, marks.tD, targets.detectionSec),
    line('switch', marks.tD, marks.tS, targets.switchSec),
    line('rto', marks.t0, marks.tR, targets.rtoSec),
  ];
}

/** What must happen when the primary crashes, and what must not. */
export function expectationsOf(drill: RunningDrill, marks: DrillMarks, measured: MeasureResult): DrillExpectation[] {
  const at = (ms: number | undefined) => (ms === undefined ? 'never' : new Date(ms).toISOString());
  const line = (name: string, expected: string, seen: string, met: boolean): DrillExpectation => ({ name, expected, seen, met });
  const restored = drill.restored?.outcome ?? 'not yet';
  const flap = measured.seen.flappedAtMs;
  const lines = [
    measured.fault?.kind === 'metric'
      ? line('held out', 'Route 53 does not allow the primary any more', at(marks.tD), marks.tD !== undefined)
      : line('detected', 'Route 53 calls the primary unhealthy', at(marks.tD), marks.tD !== undefined),
    line('switched', 'the name answers the standby on every server', at(marks.tS), marks.tS !== undefined),
    line('served', 'every client is served by the standby', at(marks.tR), marks.tR !== undefined),
    line(
      'stayed',
      'the name stays on the standby until the restore',
      flap === undefined ? 'stayed' : `left at ${at(flap)}`,
      flap === undefined,
    ),
    line('standby kept serving', 'no failed direct probe', `${measured.standbyFails} failed`, measured.standbyFails === 0),
    line('restored', 'everything is put back', restored, restored === 'restored' || restored === 'nothing to restore'),
    line('returned', 'the name answers the primary on every server', at(marks.tB), marks.tB !== undefined),
  ];
  if (measured.fault?.kind === 'functions') return lines;
  const kept = line(
    'primary kept serving',
    'no failed direct probe',
    `${measured.primaryFails} failed`,
    measured.primaryFails === 0,
  );
  return [...lines, kept];
}

export type Verdict = DrillReport['verdict'];

/** The verdict and every reason for it. */
export function judge(
  drill: RunningDrill,
  results: readonly DrillResult[],
  expectations: readonly DrillExpectation[],
  measured: MeasureResult | undefined,
): { readonly verdict: Verdict; readonly because: readonly string[] } {
  const preflight = drill.steps['preflight'];
  if (preflight?.outcome !== 'ready') {
    const because = preflight?.because ?? ['the preflight did not come to an end'];
    if (preflight?.outcome === 'observed') return { verdict: 'passed', because: [] };
    return { verdict: preflight?.outcome === 'refused' ? 'refused' : 'aborted', because };
  }
  if (drill.steps['arm']?.outcome !== 'armed') {
    return { verdict: 'aborted', because: drill.steps['arm']?.because ?? ['the drill was not armed'] };
  }
  const step = drill.steps['measure'];
  if (!measured || step?.outcome !== 'measured') {
    return {
      verdict: 'aborted',
      because: [...(step?.because ?? ['the measurement was interrupted']), ...misses([], expectations)],
    };
  }
  const because = misses(results, expectations);
  const gapMs = measured.seen.largestGapMs;
  if (gapMs > GAP_LIMIT_MS) {
    return {
      verdict: 'invalid',
      because: [`the largest gap between samples was ${gapMs} ms, limit ${GAP_LIMIT_MS} ms`, ...because],
    };
  }
  return { verdict: because.length === 0 ? 'passed' : 'failed', because };
}

function misses(results: readonly DrillResult[], expectations: readonly DrillExpectation[]): string[] {
  return [
    ...results
      .filter((r) => !r.met)
      .map((r) => `${r.name} took ${r.sec === null ? 'unknown time' : `${r.sec} s`}, target ${r.targetSec} s`),
    ...expectations.filter((e) => !e.met).map((e) => `expected: ${e.expected}; seen: ${e.seen}`),
  ];
}
