import type { BudgetLine, Fork, Path, Points } from './types';

const KNOTS = [0, 0.5, 0.95, 1] as const;

/** The time below which this share, 0 to 1, of the cases lies: straight lines between the four points. */
export function quantileOf(points: Points, share: number): number {
  const values = [points.bestSec, points.p50Sec, points.p95Sec, points.worstSec];
  for (let i = 1; i < KNOTS.length; i++) {
    const [from = 0, to = 1] = [KNOTS[i - 1], KNOTS[i]];
    const [low = 0, high = 0] = [values[i - 1], values[i]];
    if (share <= to) return low + (high - low) * ((share - from) / (to - from));
  }
  return points.worstSec;
}

export const isFork = (step: BudgetLine | Fork): step is Fork => 'fork' in step;

/** Value of a path when each line takes `timeOf` it: parts add up, branches wait for the slowest. Exact, as both only grow. */
export function along(path: Path, timeOf: (line: BudgetLine) => number): number {
  let sec = 0;
  for (const step of path) {
    sec += isFork(step) ? Math.max(...step.fork.map((branch) => along(branch, timeOf))) : timeOf(step);
  }
  return sec;
}

export const bestOf = (path: Path) => along(path, (line) => line.bestSec);
export const worstOf = (path: Path) => along(path, (line) => line.worstSec);

/** Every line of a path, branches in their order. */
export const linesOf = (path: Path): readonly BudgetLine[] =>
  path.flatMap((step) => (isFork(step) ? step.fork.flatMap((branch) => linesOf(branch)) : [step]));

/** Lines that the worst case really waits for: of a fork, the slowest branch only. */
export const criticalLines = (path: Path): readonly BudgetLine[] =>
  path.flatMap((step) => {
    if (!isFork(step)) return [step];
    const slowest = [...step.fork].sort((a, b) => worstOf(b) - worstOf(a))[0] ?? [];
    return criticalLines(slowest);
  });
