import { readFileSync } from 'node:fs';
import type { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { type Calibration, DEFAULT_TARGETS, readCalibration, type Target, type Targets } from '../../decide/budget';
import type { FailoverPair } from '../dns';
import { isKnown, Problems } from '../internal/problems';
import type { BudgetWaiver, RecoveryTargets } from './recovery-targets';

/** What is asked of a pair. */
export interface RecoveryBudgetProps {
  /** The pair whose budget it is. */
  readonly pair: FailoverPair;
  /**
   * Longest times that are accepted.
   *
   * @default - detection 30 s, switch 60 s, RTO 120 s, RPO 60 s
   */
  readonly targets?: RecoveryTargets;
  /**
   * Misses that are accepted, each with a reason.
   *
   * @default - none
   */
  readonly waivers?: BudgetWaiver[];
  /**
   * JSON file with drill reports, one or an array of them, as the drill wrote them to its bucket. Route 53's own delay, which
   * AWS does not publish, is then taken from the drills of this pair, and the budget says so.
   *
   * The path is relative to the folder in which the app runs.
   *
   * @default - the delay is assumed
   */
  readonly calibration?: string;
}

/**
 * Targets, waivers and calibration for the recovery budget of one pair.
 *
 * Every pair is judged at synth, also without this construct: then against the default targets. The verdict is
 *
 * - the error `cdk-failover:BudgetImpossible` when even the best case misses a target in every failure mode,
 * - one warning `cdk-failover:BudgetAtRisk` when the worst case misses one in some modes,
 *
 * each with the part that costs most and the cheapest change that helps, found by trying. All of it is written to
 * `failover-budget.json` in the cloud assembly, which `failover budget` prints.
 *
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
 */
export class RecoveryBudget extends Construct {
  /**
   * @throws TargetTime, WaiverReason, Calibration, SecondBudget; all that apply at once.
   */
  constructor(scope: Construct, id: string, props: RecoveryBudgetProps) {
    super(scope, id);
    const problems = new Problems();
    const targets = targetsOf(props.targets ?? {}, problems);
    for (const [i, { reason }] of (props.waivers ?? []).entries()) {
      problems.addIf(
        isKnown(reason) && reason.trim() === '',
        'WaiverReason',
        `waivers[${i}].reason is empty; it is all that a reader of the budget learns; say why the miss is accepted`,
      );
    }
    const calibration = calibrationOf(props, problems);
    const waivers = (props.waivers ?? []).map(({ reason, target, mode }) => ({
      reason,
      ...(target ? { target } : {}),
      ...(mode ? { mode } : {}),
    }));
    problems.addIf(
      !props.pair._budget.ask({ targets, waivers, ...(calibration ? { calibration } : {}) }),
      'SecondBudget',
      `pair ${props.pair.pairName} has a RecoveryBudget already; two would contradict each other; keep one`,
    );
    problems.throwAt(this);
  }
}

/** Targets in seconds, the default where nothing is said. */
export function targetsOf({ detection, trafficSwitch, rto, rpo }: RecoveryTargets, problems: Problems): Targets {
  return {
    detection: targetOf('detection', 'detection', detection, problems),
    switch: targetOf('switch', 'trafficSwitch', trafficSwitch, problems),
    rto: targetOf('rto', 'rto', rto, problems),
    rpo: targetOf('rpo', 'rpo', rpo, problems),
  };
}

/** An RPO of 0 is a target: nothing may be lost. No other time can be 0. */
function targetOf(target: Target, prop: string, given: Duration | undefined, problems: Problems): number {
  if (!given) return DEFAULT_TARGETS[target];
  if (given.isUnresolved()) {
    problems.add(
      'TargetTime',
      `targets.${prop} is only known at deploy time; the budget is judged at synth; give a number of seconds`,
    );
    return DEFAULT_TARGETS[target];
  }
  const sec = given.toSeconds({ integral: false });
  problems.addIf(
    sec <= 0 && target !== 'rpo',
    'TargetTime',
    `targets.${prop} is ${sec} s; nothing recovers in no time; give more than 0 s`,
  );
  return sec;
}

function calibrationOf({ calibration, pair }: RecoveryBudgetProps, problems: Problems): Calibration | undefined {
  if (calibration === undefined) return undefined;
  const bad = (because: string, wayOut: string) =>
    problems.add('Calibration', `calibration is "${calibration}", ${because}; ${wayOut}`);
  let text: string;
  try {
    text = readFileSync(calibration, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    bad(
      `which cannot be read (${code === 'ENOENT' ? 'no such file' : code})`,
      'put the drill reports there, or leave calibration out',
    );
    return undefined;
  }
  const reading = readCalibration(text, pair._budget.pairFacts, Date.now());
  if (reading.kind === 'read') return reading.calibration;
  bad(reading.because, reading.wayOut);
  return undefined;
}
