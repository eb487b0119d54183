import type { RunningDrill } from '../journal';
import { type DrillReport, REPORT_SCHEMA } from './report-shape';
import type { MeasureResult, PreflightResult, ReturnResult } from './results';
import { expectationsOf, GAP_LIMIT_MS, judge, marksOf, resultsOf, type Targets } from './verdict';

/** What a drill by metric does not show. */
export const METRIC_LIMIT =
  'the fault was a metric: how long Route 53 took to notice it is the time of the drill’s alarm, not of the primary’s own health check, so detection and RTO are not judged';

const stepResult = <T>(drill: RunningDrill, step: string): T | undefined => drill.steps[step]?.result as T | undefined;

/** Everything the journal knows about one drill, as its report. */
export function reportOf(pair: string, drill: RunningDrill, targets: Targets, nowMs: number): DrillReport {
  const preflight = stepResult<PreflightResult>(drill, 'preflight');
  const measured = stepResult<MeasureResult>(drill, 'measure');
  const returned = stepResult<ReturnResult>(drill, 'await_return');
  const marks = marksOf(measured, returned);
  const broken = measured?.fault !== undefined;
  const results = broken ? resultsOf(marks, targets, measured.fault.kind) : [];
  const expectations = broken ? expectationsOf(drill, marks, measured) : [];
  const gapMs = measured?.seen.largestGapMs ?? 0;
  return {
    schema: REPORT_SCHEMA,
    drillId: drill.id,
    pair,
    level: drill.level,
    scenario: drill.scenario,
    startedAtMs: drill.startedAtMs,
    endedAtMs: nowMs,
    requestedBy: drill.requestedBy,
    ...judge(drill, results, expectations, measured),
    marks,
    results,
    ...(measured?.fault?.kind === 'metric' ? { limits: [METRIC_LIMIT] } : {}),
    expectations,
    restore: {
      outcome: drill.restored?.outcome ?? (drill.undo ? 'not yet' : 'nothing to restore'),
      ...(drill.restored ? { atMs: drill.restored.atMs, by: drill.restored.by } : {}),
      ...(marks.tB === undefined ? {} : { returnedAtMs: marks.tB }),
    },
    sampling: { periodMs: measured?.periodMs ?? 0, largestGapMs: gapMs, limitMs: GAP_LIMIT_MS, valid: gapMs <= GAP_LIMIT_MS },
    clientsMs: broken ? measured.servedAtMs.map((ms) => (ms === null || marks.t0 === undefined ? null : ms - marks.t0)) : [],
    certificates: preflight?.certificates ?? [],
    timeline: timelineOf(drill, measured, returned),
  };
}

function timelineOf(drill: RunningDrill, measured?: MeasureResult, returned?: ReturnResult): DrillReport['timeline'] {
  const steps = Object.entries(drill.steps).flatMap(([step, entry]) => [
    { atMs: entry.beganAtMs, what: `${step} began` },
    ...(entry.endedAtMs === undefined ? [] : [{ atMs: entry.endedAtMs, what: `${step}: ${entry.outcome ?? 'ended'}` }]),
  ]);
  const restored = drill.restored
    ? [{ atMs: drill.restored.atMs, what: `${drill.restored.outcome} by the ${drill.restored.by}` }]
    : [];
  return [...steps, ...(measured?.timeline ?? []), ...restored, ...(returned?.timeline ?? [])].sort((a, b) => a.atMs - b.atMs);
}

/** Half of the clients were served after this many ms; null when half were not. */
export function medianMs(clientsMs: readonly (number | null)[]): number | null {
  if (clientsMs.length === 0) return null;
  const sorted = clientsMs.map((ms) => ms ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.POSITIVE_INFINITY;
  const median = (upper + lower) / 2;
  return Number.isFinite(median) ? median : null;
}
