import type { DrillLevelName, DrillScenarioName } from '../decide/drill/report-shape';

export type { DrillLevelName, DrillScenarioName };

/** What a schedule or a person sends to the drill function. */
export interface DrillRequest {
  readonly pair: string;
  /** `start` when left out. `stop` asks a running drill to restore at once. */
  readonly operation?: 'start' | 'stop';
  /** `TRAFFIC` when left out: users really move to the standby and back. */
  readonly level?: DrillLevelName;
  readonly scenario?: DrillScenarioName;
  /**
   * Makes a repeated request one drill: letters, digits, `-`, `_`, `:` and `.`, at most 48. The drill's own id is
   * `<pair>-<id>` without `:` and `.`, and comes with the response. Left out: the id of the invocation, which a retry of
   * Lambda repeats. Schedules send `sched-<aws.scheduler.scheduled-time>`.
   */
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

export {
  type DrillExpectation,
  type DrillMarks,
  type DrillReport,
  type DrillResult,
  REPORT_SCHEMA,
} from '../decide/drill/report-shape';
