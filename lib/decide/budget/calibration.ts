import { type DrillReport, REPORT_SCHEMA } from '../drill/report-shape';
import { detectionTime } from '../timings/detection';
import type { PairFacts, Points } from './types';

/** What drills measured, in place of what the model assumes. */
export interface Calibration {
  /** Route 53's own delay: fault to the standby's answer on every name server, less the median of the checkers. */
  readonly dns: {
    readonly points: Points;
    readonly drills: number;
    /** Days of the first and of the last drill, UTC. */
    readonly fromDay: string;
    readonly toDay: string;
  };
}

export type CalibrationReading =
  | { readonly kind: 'read'; readonly calibration: Calibration }
  | { readonly kind: 'refused'; readonly because: string; readonly wayOut: string };

const refused = (because: string, wayOut: string): CalibrationReading => ({ kind: 'refused', because, wayOut });
const COPY_AGAIN = 'copy the drill reports from the report bucket again';

/**
 * Reads drill reports: one report, or an array of them. The first thing that is wrong refuses the whole file, because half a
 * calibration would pass for a measured one. Reports of other pairs, and drills that measured nothing, are passed over.
 */
export function readCalibration(text: string, facts: PairFacts, nowMs: number): CalibrationReading {
  const parsed = parse(text);
  if (parsed === undefined) {
    return refused(`which is not complete JSON (${text.length} characters)`, COPY_AGAIN);
  }
  const reports = Array.isArray(parsed) ? parsed : [parsed];
  const times: { readonly sec: number; readonly atMs: number }[] = [];
  for (const [i, report] of reports.entries()) {
    const fault = faultOf(report, i + 1, nowMs);
    if (fault) return fault;
    const measured = measuredOf(report as DrillReport, facts);
    if (measured) times.push(measured);
  }
  if (times.length === 0) {
    return refused(
      `which has no valid TRAFFIC drill of the pair ${facts.pair} that saw the switch (${reports.length} report${reports.length === 1 ? '' : 's'} read)`,
      'run a drill first, or leave calibration out',
    );
  }
  return { kind: 'read', calibration: { dns: summary(times) } };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function faultOf(report: unknown, number: number, nowMs: number): CalibrationReading | undefined {
  const schema = (report as Partial<DrillReport> | null)?.schema;
  if (schema !== REPORT_SCHEMA) {
    return refused(
      `whose report ${number} has schema ${JSON.stringify(schema) ?? 'none'}; this version reads "${REPORT_SCHEMA}"`,
      'use reports of this version, or the version of cdk-failover that wrote them',
    );
  }
  const drill = report as DrillReport;
  const name = `whose report ${number} (${drill.drillId})`;
  if (!isShaped(drill)) return refused(`${name} is not complete: times, marks, results or sampling are missing`, COPY_AGAIN);
  const negative = drill.results.find((result) => result.sec !== null && result.sec < 0);
  if (negative)
    return refused(
      `${name} measured ${negative.sec} s of ${negative.name}; a time is never negative`,
      `remove that report, or ${COPY_AGAIN}`,
    );
  const { t0, tS } = drill.marks;
  if (t0 !== undefined && tS !== undefined && tS < t0) {
    return refused(
      `${name} saw the switch ${(t0 - tS) / 1_000} s before the fault; a time is never negative`,
      `remove that report, or ${COPY_AGAIN}`,
    );
  }
  const endMs = Math.max(drill.startedAtMs, drill.endedAtMs);
  if (endMs > nowMs) {
    return refused(
      `${name} ended at ${dayAndTime(endMs)}, in the future`,
      'set the clock of this machine, or remove that report',
    );
  }
  return undefined;
}

const isShaped = (drill: DrillReport): boolean =>
  Number.isFinite(drill.startedAtMs) &&
  Number.isFinite(drill.endedAtMs) &&
  typeof drill.marks === 'object' &&
  drill.marks !== null &&
  typeof drill.sampling === 'object' &&
  drill.sampling !== null &&
  Array.isArray(drill.results);

function measuredOf(drill: DrillReport, facts: PairFacts) {
  const { t0, tS } = drill.marks;
  if (drill.pair !== facts.pair || drill.level !== 'TRAFFIC' || !drill.sampling.valid) return undefined;
  if (t0 === undefined || tS === undefined) return undefined;
  // A drill makes the check fail with an HTTP error, or a TCP check with a refused connection: the same times.
  const { medianSec } = detectionTime(facts.check, facts.check.protocol === 'tcp' ? 'refused' : 'http-500');
  return { sec: Math.max(0, (tS - t0) / 1_000 - medianSec), atMs: drill.startedAtMs };
}

function summary(times: readonly { readonly sec: number; readonly atMs: number }[]): Calibration['dns'] {
  const sorted = times.map((time) => time.sec).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const days = times.map((time) => dayAndTime(time.atMs).slice(0, 10)).sort();
  return {
    points: { bestSec: at(0), p50Sec: at(0.5), p95Sec: at(0.95), worstSec: at(1) },
    drills: times.length,
    fromDay: days[0] ?? '',
    toDay: days[days.length - 1] ?? '',
  };
}

/** ISO text of a Unix time; `Date` here only formats the number that it is given. */
const dayAndTime = (ms: number) => new Date(ms).toISOString();
