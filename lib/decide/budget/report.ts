import type { Calibration } from './calibration';
import { type Fix, findFix } from './fixes';
import { type Cell, type Demand, idleWaivers, judge, type Miss } from './judge';
import { bestOf, linesOf, worstOf } from './points';
import {
  type BudgetLine,
  type BudgetMode,
  type ModeBudget,
  type PairFacts,
  STAGES,
  type Stage,
  type Targets,
  type Waiver,
} from './types';

/** Schema of `failover-budget.json` in the cloud assembly. */
export const BUDGET_SCHEMA = 'cdk-failover.budget/1';
export const BUDGET_FILE = 'failover-budget.json';

export interface Finding extends Miss {
  /** Found by trying; absent when no change that we know helps. */
  readonly fix?: Fix;
}

/** One stage in one mode. The middle points are there when the stage has a single part: a sum has no closed form. */
export interface StageTime {
  readonly stage: Stage;
  readonly bestSec: number;
  readonly p50Sec?: number;
  readonly p95Sec?: number;
  readonly worstSec: number;
}

export interface ModeReport {
  readonly mode: BudgetMode;
  /** Why nothing is ever detected; then there are no stages. */
  readonly never?: string;
  readonly stages: readonly StageTime[];
  readonly lines: readonly BudgetLine[];
}

/** The budget of one pair: what was asked, what the model says, what misses, and what was given up with which reason. */
export interface PairBudget {
  readonly pair: string;
  /** Path of the pair in the construct tree. */
  readonly path: string;
  readonly verdict: 'met' | 'at-risk' | 'impossible';
  readonly facts: PairFacts;
  readonly targetsSec: Targets;
  readonly calibration?: Calibration;
  readonly modes: readonly ModeReport[];
  readonly findings: readonly Finding[];
  /** Cells that miss and are given up. */
  readonly waived: readonly Cell[];
  readonly waivers: readonly Waiver[];
}

export interface BudgetFile {
  readonly schema: typeof BUDGET_SCHEMA;
  readonly pairs: readonly PairBudget[];
}

/** What does not depend on the name of a pair. Pairs of an app mostly ask the same of the same, so it is worked out once. */
type Verdict = Pick<PairBudget, 'verdict' | 'modes' | 'findings' | 'waived'>;
const known = new Map<string, Verdict>();

export function pairBudget(path: string, facts: PairFacts, demand: Demand): PairBudget {
  const key = JSON.stringify([{ ...facts, pair: '' }, demand]);
  const verdict = known.get(key) ?? verdictOf(facts, demand);
  known.set(key, verdict);
  return {
    pair: facts.pair,
    path,
    ...verdict,
    facts,
    targetsSec: demand.targets,
    ...(demand.calibration ? { calibration: demand.calibration } : {}),
    waivers: demand.waivers,
  };
}

function verdictOf(facts: PairFacts, demand: Demand): Verdict {
  const judgement = judge(facts, demand);
  const findings = judgement.misses.map((miss): Finding => {
    const fix = findFix(facts, demand, miss);
    return fix ? { ...miss, fix } : miss;
  });
  return {
    verdict: findings.some((f) => f.severity === 'impossible') ? 'impossible' : findings.length > 0 ? 'at-risk' : 'met',
    modes: judgement.modes.map(modeReport),
    findings,
    waived: judgement.cells.filter((cell) => cell.waived !== undefined && cell.verdict !== 'met'),
  };
}

/** Waivers that give up nothing; a typing error, or a leftover. */
export const idleWaiversOf = (facts: PairFacts, demand: Demand): readonly Waiver[] =>
  demand.waivers.length === 0 ? [] : idleWaivers(judge(facts, demand), demand.waivers);

function modeReport(budget: ModeBudget): ModeReport {
  if (budget.kind === 'never') return { mode: budget.mode, never: budget.because, stages: [], lines: [] };
  const stages = STAGES.flatMap((stage): StageTime[] => {
    const path = budget.paths[stage];
    if (!path) return [];
    const lines = linesOf(path);
    const [only] = lines;
    const middle = only && lines.length === 1 ? { p50Sec: only.p50Sec, p95Sec: only.p95Sec } : {};
    return [{ stage, bestSec: bestOf(path), ...middle, worstSec: worstOf(path) }];
  });
  const lines = [...new Set(STAGES.flatMap((stage) => linesOf(budget.paths[stage] ?? [])))];
  return { mode: budget.mode, stages, lines };
}
