/** The run as a document: what `--json` writes and what the page is drawn from. */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import type { LabIncident } from '../../pagerduty';
import type { Assumption, TruthEvent } from '../../world';
import type { Outcome } from '../outcome';
import type { StoryLine } from '../story';
import { originOf, passed, type RunFacts, remarks } from '../verdict';
import { type Mark, marksOf } from './marks';
import type { Recording } from './recorder';

export const LAB_REPORT_SCHEMA = 'cdk-failover.lab-report/1';

/** Times in Unix ms of the lab's clock unless the name says otherwise. */
export interface LabReport extends Omit<RunFacts, 'lab' | 'lines' | 'outcome'>, Outcome {
  readonly schema: typeof LAB_REPORT_SCHEMA;
  readonly passed: boolean;
  /** Where the numbers are from, for people. */
  readonly origin: string;
  readonly versions: Readonly<Record<string, string>>;
  /** What one must know beside the numbers. */
  readonly remarks: readonly string[];
  readonly assumptions: readonly Assumption[];
  readonly marks: readonly Mark[];
  readonly recording: Recording;
  readonly timeline: readonly StoryLine[];
  readonly truth: readonly TruthEvent[];
  readonly incidents: readonly LabIncident[];
}

export function labReport(facts: RunFacts, distCli: string): LabReport {
  const { lab, lines, outcome, ...rest } = facts;
  return {
    schema: LAB_REPORT_SCHEMA,
    ...rest,
    passed: passed(outcome),
    origin: originOf(facts),
    versions: {
      'cdk-failover': ownVersion(distCli),
      node: process.version,
      platform: `${process.platform} ${release()}`,
      ...(lab.database ? { database: lab.database.pair.version } : {}),
    },
    remarks: remarks(facts),
    assumptions: [...lab.world.assumptions, ...(lab.database?.assumptions ?? [])],
    ...outcome,
    marks: marksOf(lab, outcome.marks),
    recording: lab.recorder.recording,
    timeline: lines,
    truth: lab.world.truth.events,
    incidents: lab.pagerDuty.incidents(),
  };
}

export const reportJson = (report: LabReport) => `${JSON.stringify(report, undefined, 2)}\n`;

/** The package lies beside its command line, installed or in a checkout. */
function ownVersion(distCli: string): string {
  try {
    return (JSON.parse(readFileSync(join(distCli, '..', 'package.json'), 'utf8')) as { version: string }).version;
  } catch {
    return 'unknown';
  }
}
