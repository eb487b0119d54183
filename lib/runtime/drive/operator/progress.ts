/** How far a drill is, step by step, with the time each step has taken, is expected to take, and may take. */
import type { PairRegistration } from '../../../contracts/registration';
import { isFinal } from '../../../decide/drill/rules';
import type { RunningDrill, StepEntry } from '../../../decide/journal';
import { drillMachine } from '../../../decide/machine';
import { DRILL_PLAN, type DrillStep } from '../../../decide/plan';
import type { Provenance } from '../../../decide/provenance';
import { numberOf } from '../../../decide/timings';
import { detectionTime, recoveryTime } from '../../../decide/timings/detection';
import { SPANS } from '../../../decide/timings/spans';
import { SETTLE_MS } from '../drill/await-return';

export interface StepLine {
  /** A step of the plan, as the machine calls it. */
  readonly step: string;
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
  readonly provenance: Provenance;
}

/** A check of 10 s x 3, as pairs have when nothing else is written: a registration does not say. */
const CHECK = { intervalSec: numberOf('check.interval.fast', 's'), failures: 3 } as const;

/** What of a pair decides how long its drill takes. */
export type Paced = Pick<PairRegistration, 'ttlSec' | 'alarms'>;

/** Steps that wait for the outside world; the others are calls that take as long as they take. */
export function expectedOf(step: DrillStep, { ttlSec, alarms }: Paced): Expected | undefined {
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
    const settleSec = alarms.some(({ inDrill }) => inDrill) ? SETTLE_MS / 1000 : 0;
    return made(Math.max(recovery.medianSec + delay.p50Sec, settleSec), Math.max(recovery.worstSec + delay.worstSec, settleSec));
  }
  return undefined;
}

/** From its first step to its report. */
export function expectedDrill(pair: Paced): Expected {
  const parts = DRILL_PLAN.flatMap(({ step }) => expectedOf(step, pair) ?? []);
  return {
    typicalSec: parts.reduce((sum, { typicalSec }) => sum + typicalSec, 0),
    worstSec: parts.reduce((sum, { worstSec }) => sum + worstSec, 0),
    provenance: 'assumed',
  };
}

const ABOUT = drillMachine({ drillStep: '', restore: '' }).States;

/** The plan before anything ran: what will happen. */
export const planned = (pair: Paced): readonly StepLine[] =>
  DRILL_PLAN.map(({ step, limitSec }) => {
    const state = ABOUT[step];
    const expected = expectedOf(step, pair);
    return {
      step,
      about: state?.Type === 'Task' ? state.Comment : '',
      state: 'waiting',
      limitSec,
      ...(expected ? { expected } : {}),
    };
  });

type Drill = Pick<RunningDrill, 'steps' | 'restored'>;

export const progressOf = (drill: Drill, pair: Paced, nowMs: number): readonly StepLine[] =>
  planned(pair).map((line) => {
    const entry = entryOf(drill, line.step);
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

/** The step that runs, if one does. */
export const runningStep = (drill: Drill): DrillStep | undefined =>
  DRILL_PLAN.map(({ step }) => step).find((step) => {
    const entry = entryOf(drill, step);
    return entry !== undefined && entry.outcome === undefined;
  });

/** The restore has its own entry, because others than the machine may carry it. */
function entryOf({ steps, restored }: Drill, step: string): StepEntry | undefined {
  const entry = steps[step];
  if (step !== 'restore' || !entry || !restored || !isFinal(restored.outcome)) return entry;
  return { ...entry, outcome: `${restored.outcome} by the ${restored.by}`, endedAtMs: restored.atMs };
}
