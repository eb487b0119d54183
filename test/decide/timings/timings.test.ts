import * as fc from 'fast-check';
import { allFacts, fact, numberOf } from '../../../lib/decide/timings';
import {
  detectedWithin,
  detectionTime,
  FAILURE_MODES,
  healthyAllowed,
  recoveryTime,
} from '../../../lib/decide/timings/detection';

const seed = Number(process.env.SEED ?? 20261120);

describe('the facts', () => {
  test.each(allFacts().map((f) => [f.id, f] as const))('%s has a unit, a source, an origin and a date', (_id, f) => {
    expect(Number.isFinite(f.value)).toBe(true);
    expect(f.source).toMatch(/^https:\/\/[a-z0-9.]+\/\S+$/);
    expect(['measured', 'simulated', 'documented', 'assumed']).toContain(f.provenance);
    expect(f.date).toMatch(/^20\d\d-\d\d(-\d\d)?$/);
    expect(f.what.length).toBeGreaterThan(0);
  });

  test('prices are never more than assumed, because no price list was read', () => {
    const prices = allFacts().filter((f) => f.unit.startsWith('USD'));
    expect(prices.length).toBeGreaterThan(5);
    expect(prices.filter((f) => f.provenance !== 'assumed' || !f.note?.includes('list price'))).toEqual([]);
  });

  test('a fact carries its note', () => {
    expect(fact('rds.lag.stopped')).toEqual({
      id: 'rds.lag.stopped',
      value: -1,
      unit: 's',
      source: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Monitoring.html',
      provenance: 'documented',
      date: '2026-11-20',
      what: 'ReplicaLag while replication is not running, MySQL and MariaDB',
      note: 'an alarm on "greater than" never sees it',
    });
  });

  test('fails when a number is taken in another unit', () => {
    expect(() => numberOf('rds.lag.idle-postgres', 's')).toThrow('fact rds.lag.idle-postgres is in min, not in s');
  });
});

describe('detection time', () => {
  // Medians of 12,800 checkers on real sockets, probing 800 endpoints that were broken in these ways; loopback has no round trip.
  test.each([
    [3, 'refused', 28.5],
    [3, 'http-500', 28.6],
    [3, 'slow', 34.4],
    [3, 'black-hole', 40.2],
    [2, 'refused', 18.5],
    [2, 'http-500', 18.6],
    [2, 'slow', 22.4],
    [2, 'black-hole', 26.2],
    [1, 'refused', 8.5],
    [1, 'black-hole', 12.2],
  ] as const)('10 s x %i, %s: the median is within 2 %% of the run on real sockets', (failures, mode, measuredSec) => {
    const { medianSec } = detectionTime({ intervalSec: 10, failures, goodProbeSec: 0 }, mode);
    expect(Math.abs(medianSec / measuredSec - 1)).toBeLessThan(0.02);
  });

  test('10 s x 3 misses 30 s for a slow answer and for a black hole, always', () => {
    const timing = { intervalSec: 10, failures: 3 };
    expect(detectedWithin(30, timing, 'black-hole')).toBe(0);
    expect(detectionTime(timing, 'slow').medianSec).toBeGreaterThan(30);
    expect(detectedWithin(30, timing, 'refused')).toBeGreaterThan(0.9);
  });

  test('10 s x 2 meets 30 s in every HTTP mode', () => {
    for (const mode of FAILURE_MODES.filter((m) => m !== 'black-hole-tcp')) {
      expect(detectedWithin(30, { intervalSec: 10, failures: 2 }, mode)).toBe(1);
    }
  });

  test('16 checkers: two may stay healthy, the third keeps the endpoint healthy', () => {
    expect(healthyAllowed(16)).toBe(2);
  });

  test('best <= median <= p99 <= worst, more failures never detect sooner, and the share within a limit never falls', async () => {
    await fc.assert(
      fc.property(
        fc.constantFrom(10, 30),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 3, max: 64 }),
        fc.constantFrom(...FAILURE_MODES),
        fc.double({ min: 0, max: 400, noNaN: true }),
        (intervalSec, failures, checkers, mode, limitSec) => {
          const timing = { intervalSec, failures, checkers };
          const d = detectionTime(timing, mode);
          expect([d.bestSec, d.medianSec, d.p99Sec, d.worstSec]).toEqual(
            [d.bestSec, d.medianSec, d.p99Sec, d.worstSec].sort((a, b) => a - b),
          );
          expect(detectionTime({ ...timing, failures: failures + 1 }, mode).medianSec).toBeGreaterThan(d.medianSec);
          expect(detectedWithin(limitSec + 1, timing, mode)).toBeGreaterThanOrEqual(detectedWithin(limitSec, timing, mode));
          expect(detectedWithin(d.medianSec, timing, mode)).toBeCloseTo(0.5, 6);
        },
      ),
      { seed },
    );
  });

  test('the way back is faster than the way out: three checkers are enough', () => {
    const timing = { intervalSec: 10, failures: 3 };
    expect(recoveryTime(timing, 'refused').medianSec).toBeCloseTo(22.1, 1);
    for (const mode of FAILURE_MODES) {
      expect(recoveryTime(timing, mode).medianSec).toBeLessThan(detectionTime(timing, mode).medianSec);
    }
  });
});
