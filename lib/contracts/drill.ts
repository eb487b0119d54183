import type { Provenance } from '../decide/provenance';

export type DrillLevelName = 'OBSERVE' | 'TRAFFIC';
export type DrillScenarioName = 'primary_crash';

/** What a schedule or a person sends to the drill function. */
export interface DrillRequest {
  readonly pair: string;
  /** `start` when left out. `stop` asks a running drill to restore at once. */
  readonly operation?: 'start' | 'stop';
  /** `TRAFFIC` when left out: users really move to the standby and back. */
  readonly level?: DrillLevelName;
  readonly scenario?: DrillScenarioName;
  /** Makes a repeated request one drill: letters, digits, `-` and `_`, at most 48. Left out: made from time and chance. */
  readonly id?: string;
  /** Who asks; appears in the journal and the report. */
  readonly requestedBy?: string;
}

export type DrillResponse =
  | { readonly kind: 'started'; readonly drillId: string; readonly execution: string }
  | { readonly kind: 'already-started'; readonly drillId: string; readonly execution: string }
  | { readonly kind: 'stopping'; readonly drillId: string }
  | { readonly kind: 'refused'; readonly because: readonly string[] };

/** Input of every step of the machine, and of the restore function. */
export interface DrillStepInput {
  readonly pair: string;
  readonly drillId: string;
  readonly level: DrillLevelName;
  readonly scenario: DrillScenarioName;
  /** Step to carry; the restore function needs none. */
  readonly step?: string;
  /** Who calls the restore: the machine, the one-shot schedule, the keeper or a person. */
  readonly caller?: 'machine' | 'schedule' | 'keeper' | 'person';
}

/** What a step answers to the machine: `outcome` chooses the next state, the journal holds the rest. */
export interface DrillStepOutput {
  readonly outcome: string;
  readonly because?: readonly string[];
}

export const REPORT_SCHEMA = 'cdk-failover.drill-report/1';

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
  readonly t0Source?: 'failing observation of a checker' | 'return of UpdateHealthCheck' | 'first failed direct probe';
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
