import { healthyAllowed } from '../timings/detection';
import type { Calibration } from './calibration';
import { modeBudgets } from './modes';
import { along, linesOf, quantileOf } from './points';
import { type BudgetLine, type BudgetMode, type ModeBudget, type PairFacts, STAGES, type Stage } from './types';

/** Repeatable draws: the same seed gives the same numbers in [0, 1) on every machine (a 32-bit Weyl sequence, mixed). */
export function drawsOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 4_294_967_296;
  };
}

/** Times of one stage in one mode, over all runs, in rising order. */
export interface Simulated {
  readonly mode: BudgetMode;
  readonly stage: Stage;
  readonly sortedSec: Float64Array;
}

export interface SimulationOptions {
  readonly runs: number;
  readonly seed: number;
  readonly calibration?: Calibration;
}

/**
 * Plays every mode of a pair `runs` times. Checkers are drawn one by one and the deciding one is picked, so detection does not
 * lean on the closed form; every other part is drawn from its four points.
 */
export function simulate(facts: PairFacts, options: SimulationOptions): readonly Simulated[] {
  const draw = drawsOf(options.seed);
  return modeBudgets(facts, options.calibration).flatMap((budget) =>
    budget.kind === 'never' ? [] : simulateMode(facts, budget, options.runs, draw),
  );
}

type Timed = Extract<ModeBudget, { readonly kind: 'timed' }>;

function simulateMode(facts: PairFacts, budget: Timed, runs: number, draw: () => number): readonly Simulated[] {
  const stages = STAGES.flatMap((stage) => {
    const path = budget.paths[stage];
    return path ? [{ stage, path, times: new Float64Array(runs) }] : [];
  });
  const lines = [...new Set(stages.flatMap(({ path }) => linesOf(path)))];
  const drawn = new Map<BudgetLine, number>();
  const timeOf = (line: BudgetLine) => drawn.get(line) ?? 0;
  for (let run = 0; run < runs; run++) {
    // One draw per part and run: detection, switch and RTO of a run are of the same outage.
    for (const line of lines)
      drawn.set(line, line.part === 'checkers' ? drawCheckers(facts, line, draw) : quantileOf(line, draw()));
    for (const { path, times } of stages) times[run] = along(path, timeOf);
  }
  return stages.map(({ stage, times }) => ({ mode: budget.mode, stage, sortedSec: times.sort() }));
}

/** Each checker turns at a uniform point of its round; the endpoint turns with the one that leaves too few healthy ones. */
function drawCheckers(facts: PairFacts, line: BudgetLine, draw: () => number): number {
  const { checkers } = facts.check;
  const turns = new Float64Array(checkers);
  for (let i = 0; i < checkers; i++) turns[i] = line.bestSec + (line.worstSec - line.bestSec) * draw();
  return turns.sort()[checkers - healthyAllowed(checkers) - 1] ?? line.worstSec;
}

/** @param share from 0 to 1, such as 0.5 for the median */
export function percentile(sortedSec: Float64Array, share: number): number {
  return sortedSec[Math.min(sortedSec.length - 1, Math.floor(share * sortedSec.length))] ?? Number.NaN;
}

/** Share of runs that stayed within the limit. */
export function shareWithin(sortedSec: Float64Array, limitSec: number): number {
  let [low, high] = [0, sortedSec.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sortedSec[middle] ?? 0) <= limitSec) low = middle + 1;
    else high = middle;
  }
  return sortedSec.length === 0 ? 0 : low / sortedSec.length;
}
