/** Budget, simulation and cost of an assembly, as `--json` prints it and the table shows it. */
import {
  type BudgetMode,
  type PairBudget,
  percentile,
  type Simulated,
  type Stage,
  shareWithin,
  simulate,
  TARGETS,
} from '../../lib/decide/budget';
import { type Cost, monthlyCost } from '../../lib/decide/cost';
import type { Assembly } from './assembly';

export const RESULT_SCHEMA = 'cdk-failover.budget-result/1';

export interface SimulationWanted {
  readonly runs: number;
  readonly seed: number;
}

/** Percentiles of one stage in one mode. */
export interface SimulatedStage {
  readonly mode: BudgetMode;
  readonly stage: Stage;
  readonly minSec: number;
  readonly p50Sec: number;
  readonly p95Sec: number;
  readonly p99Sec: number;
  readonly maxSec: number;
  /** Share of runs within the target, 0 to 1; absent for stages without one. */
  readonly withinTarget?: number;
}

export interface PairResult extends PairBudget {
  readonly simulation?: SimulationWanted & { readonly provenance: 'simulated'; readonly stages: readonly SimulatedStage[] };
}

export interface BudgetResult {
  readonly schema: typeof RESULT_SCHEMA;
  readonly pairs: readonly PairResult[];
  readonly cost: Cost;
}

/** Samples of a pair, kept only for charts. */
export type Samples = ReadonlyMap<string, readonly Simulated[]>;

export function budgetResult(
  assembly: Assembly,
  wanted: SimulationWanted | undefined,
): { result: BudgetResult; samples: Samples } {
  const samples = new Map<string, readonly Simulated[]>();
  const pairs = assembly.pairs.map((pair): PairResult => {
    if (!wanted) return pair;
    const simulated = simulate(pair.facts, { ...wanted, ...(pair.calibration ? { calibration: pair.calibration } : {}) });
    samples.set(pair.path, simulated);
    const stages = simulated.map((one) => stageOf(one, pair));
    return { ...pair, simulation: { ...wanted, provenance: 'simulated', stages } };
  });
  return { result: { schema: RESULT_SCHEMA, pairs, cost: monthlyCost(assembly.templates) }, samples };
}

function stageOf({ mode, stage, sortedSec }: Simulated, pair: PairBudget): SimulatedStage {
  const at = (share: number) => Number(percentile(sortedSec, share).toFixed(3));
  const target = TARGETS.find((known) => known === stage);
  const within = target ? { withinTarget: shareWithin(sortedSec, pair.targetsSec[target]) } : {};
  return { mode, stage, minSec: at(0), p50Sec: at(0.5), p95Sec: at(0.95), p99Sec: at(0.99), maxSec: at(1), ...within };
}
