import { INVARIANTS, seedsFrom, simulateWorlds, tellWorld } from '../../../lib/lab/simulated/database';
import { MUTANTS } from './mutants';

/** Fixed, so that a new SEED cannot spare a mutant by luck. */
const FIRST = 7_000;
const WORLDS = 3;
const LIMIT_MS = 60_000;

describe('planted bugs', () => {
  test('are at least 15, each under its own name', () => {
    expect(new Set(MUTANTS.map((m) => m.name)).size).toBe(MUTANTS.length);
    expect(MUTANTS.length).toBeGreaterThanOrEqual(15);
  });

  test.each(MUTANTS.map((m) => [m.killedBy, m.name, m] as const))(
    '%s kills a controller that %s',
    async (killedBy, _name, { change, decorate, decoratePager }) => {
      const planted = { change, decorate, decoratePager, mostBroken: WORLDS };
      const { broken } = await simulateWorlds(seedsFrom(FIRST, WORLDS), planted);
      const named = broken.flatMap((world) => world.broken.map((b) => `${b.invariant}: ${INVARIANTS[b.invariant]}`));
      expect(named).toContain(`${killedBy}: ${INVARIANTS[killedBy]}`);
    },
    LIMIT_MS,
  );

  test(
    'are what breaks those worlds: without them nothing does',
    async () => {
      for (const { change } of MUTANTS) {
        const { broken } = await simulateWorlds(seedsFrom(FIRST, 1), { change, record: true });
        expect(broken.map(tellWorld)).toEqual([]);
      }
    },
    LIMIT_MS,
  );
});
