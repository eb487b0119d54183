import type { Provenance } from '../provenance';
import type { T0Source } from './marks';

export type DrillLevelName = 'OBSERVE' | 'TRAFFIC';
export type DrillScenarioName = 'primary_crash';

export const REPORT_SCHEMA = 'cdk-failover.drill-report/1';

/** What a drill found, as it is kept in the bucket: `drills/<pair>/<drillId>.json`. */
export interface DrillReport {
  readonly schema: typeof REPORT_SCHEMA;
  readonly drillId: string;
  readonly pair: string;
  readonly level: DrillLevelName;
  readonly scenario: DrillScenarioName;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly requestedBy: string;
  /** `passed` needs every target met, every expectation true, a valid measurement and the way back seen. */
  readonly verdict: 'passed' | 'failed' | 'refused' | 'aborted' | 'invalid';
  readonly because: readonly string[];
  readonly marks: DrillMarks;
  readonly results: readonly DrillResult[];
  /** What this kind of fault does not show; absent when it shows everything. */
  readonly limits?: readonly string[];
  readonly expectations: readonly DrillExpectation[];
  readonly restore: { readonly outcome: string; readonly atMs?: number; readonly returnedAtMs?: number; readonly by?: string };
  readonly sampling: {
    readonly periodMs: number;
    readonly largestGapMs: number;
    readonly limitMs: number;
    readonly valid: boolean;
  };
  /** RTO of each client, in ms after t0; null for a client that never got ten good answers in a row. */
  readonly clientsMs: readonly (number | null)[];
  readonly certificates: readonly { readonly site: string; readonly daysLeft: number | null; readonly because?: string }[];
  readonly timeline: readonly { readonly atMs: number; readonly what: string }[];
}

/** Unix times in ms; absent when never seen. */
export interface DrillMarks {
  readonly t0?: number;
  /** What t0 rests on. */
  readonly t0Source?: T0Source;
  readonly tD?: number;
  readonly tS?: number;
  readonly tR?: number;
  readonly tB?: number;
}

export interface DrillResult {
  readonly name: 'detection' | 'switch' | 'rto';
  readonly sec: number | null;
  readonly targetSec: number;
  readonly met: boolean;
  readonly provenance: Provenance;
}

export interface DrillExpectation {
  readonly name: string;
  readonly expected: string;
  readonly seen: string;
  readonly met: boolean;
}
