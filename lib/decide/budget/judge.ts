import type { Calibration } from './calibration';
import { modeBudgets } from './modes';
import { bestOf, criticalLines, worstOf } from './points';
import {
  type BudgetLine,
  type BudgetMode,
  type ModeBudget,
  type PairFacts,
  type Path,
  TARGETS,
  type Target,
  type Targets,
  type Waiver,
} from './types';

/** `missed`: even the best case is over the target. `at-risk`: the worst case is. `never`: the outage is not detected at all. */
export type Verdict = 'met' | 'at-risk' | 'missed' | 'never';

/** One target in one failure mode. Times are absent when the outage is never detected. */
export interface Cell {
  readonly target: Target;
  readonly mode: BudgetMode;
  readonly verdict: Verdict;
  readonly bestSec?: number;
  readonly worstSec?: number;
  /** Why nothing is detected. */
  readonly because?: string;
  /** The reason of the waiver that gives this cell up. */
  readonly waived?: string;
}

/** A target that the pair cannot promise, before anybody looked for a way out. */
export interface Miss {
  readonly target: Target;
  readonly targetSec: number;
  /** `impossible`: the best case misses in every failure mode that is not waived. */
  readonly severity: 'at-risk' | 'impossible';
  readonly cells: readonly Cell[];
  /** The part that the worst of these modes waits for longest; absent when nothing is detected. */
  readonly costliest?: BudgetLine;
}

/** What is asked of a pair. */
export interface Demand {
  readonly targets: Targets;
  readonly waivers: readonly Waiver[];
  readonly calibration?: Calibration;
}

export interface Judgement {
  readonly modes: readonly ModeBudget[];
  readonly cells: readonly Cell[];
  readonly misses: readonly Miss[];
}

/** Holds every failure mode against every target. */
export function judge(facts: PairFacts, demand: Demand): Judgement {
  const modes = modeBudgets(facts, demand.calibration);
  const cells = TARGETS.flatMap((target) => modes.flatMap((mode) => cellOf(mode, target, demand)));
  return { modes, cells, misses: TARGETS.flatMap((target) => missOf(target, modes, cells, demand)) };
}

function cellOf(budget: ModeBudget, target: Target, demand: Demand): readonly Cell[] {
  const { mode } = budget;
  const waiver = demand.waivers.find((w) => waives(w, target, mode));
  const waived = waiver ? { waived: waiver.reason } : {};
  if (budget.kind === 'never') {
    // Nothing switches when nothing is detected; the switch itself takes no time then.
    if (target !== 'detection' && target !== 'rto') return [];
    return [{ target, mode, verdict: 'never', because: budget.because, ...waived }];
  }
  const path = budget.paths[target];
  if (!path) return [];
  const bestSec = bestOf(path);
  const worstSec = worstOf(path);
  return [{ target, mode, verdict: verdictOf(bestSec, worstSec, demand.targets[target]), bestSec, worstSec, ...waived }];
}

export const waives = (waiver: Waiver, target: Target, mode: BudgetMode): boolean =>
  (waiver.target ?? target) === target && (waiver.mode ?? mode) === mode;

function verdictOf(bestSec: number, worstSec: number, targetSec: number): Verdict {
  if (bestSec > targetSec) return 'missed';
  return worstSec > targetSec ? 'at-risk' : 'met';
}

/** How one target stands, and nothing else: what the search for a way out asks many times. */
export function standing(facts: PairFacts, demand: Demand, target: Target): 'met' | Miss['severity'] {
  return severityOf(modeBudgets(facts, demand.calibration).flatMap((mode) => cellOf(mode, target, demand)));
}

function severityOf(cells: readonly Cell[]): 'met' | Miss['severity'] {
  const open = cells.filter((cell) => cell.waived === undefined);
  if (open.every((cell) => cell.verdict === 'met')) return 'met';
  // A planned switchover is no failure: that it works rescues nothing.
  const failures = open.filter((cell) => cell.mode !== 'planned');
  const hopeless = failures.length > 0 && failures.every((cell) => cell.verdict === 'missed' || cell.verdict === 'never');
  return hopeless ? 'impossible' : 'at-risk';
}

function missOf(target: Target, modes: readonly ModeBudget[], all: readonly Cell[], demand: Demand): readonly Miss[] {
  const cells = all.filter((cell) => cell.target === target);
  const severity = severityOf(cells);
  if (severity === 'met') return [];
  const bad = cells.filter((cell) => cell.waived === undefined && cell.verdict !== 'met');
  const costliest = costliestOf(target, modes, bad);
  return [{ target, targetSec: demand.targets[target], severity, cells: bad, ...(costliest ? { costliest } : {}) }];
}

function costliestOf(target: Target, modes: readonly ModeBudget[], bad: readonly Cell[]): BudgetLine | undefined {
  const paths = modes.flatMap((m): Path[] => {
    const path = m.kind === 'timed' && bad.some((cell) => cell.mode === m.mode) ? m.paths[target] : undefined;
    return path ? [path] : [];
  });
  const worst = paths.sort((a, b) => worstOf(b) - worstOf(a))[0] ?? [];
  return [...criticalLines(worst)].sort((a, b) => b.worstSec - a.worstSec)[0];
}

/** Waivers that give up nothing: of a target that is met, or of a mode that the pair does not have. */
export const idleWaivers = (judgement: Judgement, waivers: readonly Waiver[]): readonly Waiver[] =>
  waivers.filter((w) => !judgement.cells.some((cell) => cell.verdict !== 'met' && waives(w, cell.target, cell.mode)));
