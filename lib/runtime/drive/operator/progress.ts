/** How far a drill is, step by step, with the time each step has taken, is expected to take, and may take. */
import type { RunningDrill } from '../../../decide/journal';
import { drillMachine } from '../../../decide/machine';
import { DRILL_PLAN, type DrillStep } from '../../../decide/plan';
import { numberOf } from '../../../decide/timings';
import { detectionTime, recoveryTime } from '../../../decide/timings/detection';
import { SPANS } from '../../../decide/timings/spans';

export interface StepLine {
  readonly step: DrillStep;
  readonly about: string;
  readonly state: 'waiting' | 'running' | 'done';
  readonly outcome?: string;
  readonly because?: readonly string[];
  /** Seconds that it took, or has run. */
  readonly elapsedSec?: number;
  readonly expected?: Expected;
  readonly limitSec: number;
}

export interface Expected {
  readonly typicalSec: number;
  readonly worstSec: number;
  readonly provenance: 'assumed';
}

/** A check of 10 s x 3, as pairs have when nothing else is written: a registration does not say. */
const CHECK = { intervalSec: numberOf('check.interval.fast', 's'), failures: 3 } as const;

/** Steps that wait for the outside world; the others are calls that take as long as they take. */
export function expectedOf(step: DrillStep, ttlSec: number): Expected | undefined {
  const delay = SPANS['dns.effective'];
  const made = (typical: number, worst: number): Expected => ({
    typicalSec: Math.round(typical),
    worstSec: Math.round(worst),
    provenance: 'assumed',
  });
  if (step === 'measure') {
    // The marker path answers 404: an error at once. The last client keeps the old answer for a whole TTL.
    const detection = detectionTime(CHECK, 'http-500');
    const client = SPANS['client.reconnect'];
    return made(
      detection.medianSec + delay.p50Sec + ttlSec + client.p50Sec,
      detection.worstSec + delay.worstSec + ttlSec + client.worstSec,
    );
  }
  if (step === 'await_return') {
    const recovery = recoveryTime(CHECK, 'http-500');
    return made(recovery.medianSec + delay.p50Sec, recovery.worstSec + delay.worstSec);
  }
  return undefined;
}

const ABOUT = drillMachine({ drillStep: '', restore: '' }).States;

/** The plan before anything ran: what will happen. */
export const planned = (ttlSec: number): readonly StepLine[] =>
  DRILL_PLAN.map(({ step, limitSec }) => {
    const state = ABOUT[step];
    const expected = expectedOf(step, ttlSec);
    return {
      step,
      about: state?.Type === 'Task' ? state.Comment : '',
      state: 'waiting',
      limitSec,
      ...(expected ? { expected } : {}),
    };
  });

export const progressOf = (drill: Pick<RunningDrill, 'steps'>, ttlSec: number, nowMs: number): readonly StepLine[] =>
  planned(ttlSec).map((line) => {
    const entry = drill.steps[line.step];
    if (!entry) return line;
    const done = entry.outcome !== undefined;
    return {
      ...line,
      state: done ? 'done' : 'running',
      elapsedSec: Math.max(0, ((entry.endedAtMs ?? nowMs) - entry.beganAtMs) / 1000),
      ...(done ? { outcome: entry.outcome } : {}),
      ...(entry.because ? { because: entry.because } : {}),
    };
  });
