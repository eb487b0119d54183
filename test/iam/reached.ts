import { COURSES, crashed, crashPoints, type Runner, seedsFrom, simulateWorlds } from '../../lib/lab/simulated/database';
import { acquired, walked } from '../fakes/database/run';
import { DatabaseWorld } from '../fakes/database/world';

/** Port methods that each runner reaches, such as `databases.promote`. */
export type Reached = ReadonlyMap<Runner, ReadonlySet<string>>;

const WORLDS = 200;
/** One in so many crash points: what a course does after a crash differs little from call to call. */
const CRASHES = 31;
/** A call of the fakes that the simulation knows by another name. */
const NAMES: Readonly<Record<string, string>> = { 'databaseRegistry.database': 'registry.database' };

/**
 * What prober, steps, keeper and people ask the world for: over worlds with faults, after crashes, and in a planned change
 * of Aurora, which no simulated world plays.
 */
export async function reached(seed: number): Promise<Reached> {
  const found = new Map<Runner, Set<string>>();
  const called = (runner: Runner, call: string) => {
    const calls = found.get(runner) ?? new Set();
    found.set(runner, calls.add(call));
  };
  await simulateWorlds(seedsFrom(seed, WORLDS), { called });
  for (const course of COURSES) {
    const { points } = await crashPoints(course, seed);
    for (const point of points.filter((_, n) => n % CRASHES === 0)) await crashed(course, point, seed, { called });
  }
  // Aurora is the one service that knows a planned change as an order of its own.
  const world = new DatabaseWorld({ kind: 'auroraGlobal' });
  const run = await acquired(world, { kind: 'switchover', automatic: false, startedBy: 'ann', writesStopped: true });
  const end = await walked(world, run, (call) => {
    called('step', NAMES[call] ?? call);
    return 'live';
  });
  if (end.end !== 'done') throw new Error(`the planned change ended ${end.end}`);
  return found;
}
