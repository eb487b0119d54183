import * as fc from 'fast-check';
import { bestOf, modeBudgets, percentile, quantileOf, shareWithin, simulate, worstOf } from '../../../lib/decide/budget';
import { detectedBy, detectionTime, type FailureMode } from '../../../lib/decide/timings/detection';
import { SPANS } from '../../../lib/decide/timings/spans';
import { quantile, simulateOutages } from '../../../lib/lab/simulated';
import { DEFAULT_FACTS, database, factsWith } from './support';

const seed = Number(process.env.SEED ?? 20261120);
/** A percentile of some thousand runs is an estimate: its seed is fixed, so that a new SEED cannot miss by bad luck. */
const estimateSeed = 7;

const anyFacts = fc
  .record({
    protocol: fc.constantFrom('https' as const, 'http' as const, 'tcp' as const),
    intervalSec: fc.constantFrom(10, 30),
    failures: fc.integer({ min: 1, max: 10 }),
    checkers: fc.integer({ min: 6, max: 16 }),
    ttlSec: fc.integer({ min: 0, max: 600 }),
    kind: fc.constantFrom('record' as const, 'elb-alias' as const),
    database: fc.option(
      fc.constantFrom(
        'multi-az-instance',
        'multi-az-cluster',
        'aurora-replica',
        'aurora-alone',
        'aurora-global',
        'replica-promotion',
      ),
    ),
  })
  .map(({ protocol, intervalSec, failures, checkers, ttlSec, kind, database: db }) =>
    factsWith({ protocol, intervalSec, failures, checkers }, { kind, ttlSec }, db ? database(db as 'aurora-global') : undefined),
  );

describe('bounds and simulation', () => {
  test('no run of any stage is below the best or above the worst case, and detection comes within one interval of the worst', () => {
    void fc.assert(
      fc.property(anyFacts, fc.nat(), (facts, seeded) => {
        const budgets = modeBudgets(facts);
        for (const { mode, stage, sortedSec } of simulate(facts, { runs: 40, seed: seeded })) {
          const budget = budgets.find((b) => b.mode === mode);
          const path = (budget?.kind === 'timed' && budget.paths[stage]) || [];
          const [lowest = 0, highest = 0] = [sortedSec[0], sortedSec[sortedSec.length - 1]];
          expect(lowest).toBeGreaterThanOrEqual(bestOf(path) - 1e-9);
          expect(highest).toBeLessThanOrEqual(worstOf(path) + 1e-9);
          if (stage === 'detection') expect(worstOf(path) - highest).toBeLessThanOrEqual(facts.check.intervalSec);
        }
      }),
      { seed, numRuns: 40 },
    );
  });

  test('the worst detection of the event simulation is never above the worst case, nor an interval below it', () => {
    for (const mode of ['refused', 'http-500', 'slow', 'black-hole', 'black-hole-tcp'] as const) {
      for (const failures of [1, 2, 3]) {
        const { results } = simulateOutages({ mode, requestIntervalSec: 10, failureThreshold: failures, outages: 150, seed });
        const highest = Math.max(...results.map((r) => r.detectionSec ?? Number.NaN));
        const { worstSec } = detectionTime({ intervalSec: 10, failures }, mode);
        expect(highest).toBeLessThanOrEqual(worstSec + 1e-9);
        expect(worstSec - highest).toBeLessThan(10);
      }
    }
  });

  test('the same seed gives the same numbers, another seed others', () => {
    const run = (s: number) => simulate(DEFAULT_FACTS, { runs: 50, seed: s }).map((one) => [...one.sortedSec]);
    expect(run(3)).toEqual(run(3));
    expect(run(3)).not.toEqual(run(4));
  });
});

// Medians in seconds of 200,000 runs per cell: interval, failures, refused, status 500, answer after 3 s, SYN black hole.
const TABLE = [
  [10, 1, 8.6, 8.6, 10.6, 12.5],
  [10, 2, 18.7, 18.8, 22.7, 26.5],
  [10, 3, 28.8, 28.9, 34.8, 40.5],
  [30, 1, 25.3, 25.4, 27.3, 29.2],
  [30, 2, 55.4, 55.5, 59.4, 63.2],
  [30, 3, 85.5, 85.7, 91.5, 97.2],
] as const;
const MODES: readonly FailureMode[] = ['refused', 'http-500', 'slow', 'black-hole'];

describe.each(TABLE)('%i s x %i', (intervalSec, failures, ...medians) => {
  const facts = factsWith({ intervalSec, failures });
  const simulated = simulate(facts, { runs: 3_000, seed: estimateSeed });

  test('closed form, Monte Carlo, event simulation and the table of independent runs agree within 2 %', () => {
    for (const [i, mode] of MODES.entries()) {
      const expected = medians[i] ?? Number.NaN;
      const samples = simulated.find((one) => one.mode === mode && one.stage === 'detection')?.sortedSec ?? new Float64Array();
      const events = simulateOutages({
        mode,
        requestIntervalSec: intervalSec,
        failureThreshold: failures,
        outages: 400,
        seed: 20261120,
      });
      const ways = {
        closed: detectionTime({ intervalSec, failures }, mode).medianSec,
        monteCarlo: percentile(samples, 0.5),
        events: quantile(
          events.results.map((r) => r.detectionSec ?? Number.NaN),
          0.5,
        ),
      };
      for (const [way, sec] of Object.entries(ways)) {
        expect({ mode, way, off: Math.abs(sec / expected - 1) < 0.02 }).toEqual({ mode, way, off: true });
      }
    }
  });

  test('the 95th percentile of closed form and Monte Carlo agree within 2 %', () => {
    for (const mode of MODES) {
      const samples = simulated.find((one) => one.mode === mode && one.stage === 'detection')?.sortedSec ?? new Float64Array();
      expect(Math.abs(percentile(samples, 0.95) / detectedBy(0.95, { intervalSec, failures }, mode) - 1)).toBeLessThan(0.02);
    }
  });
});

describe('points of a distribution', () => {
  test.each(Object.entries(SPANS))('%s: its four points rise, and its quantiles go through them', (_id, span) => {
    const { bestSec, p50Sec, p95Sec, worstSec } = span;
    expect([bestSec, p50Sec, p95Sec, worstSec]).toEqual([bestSec, p50Sec, p95Sec, worstSec].sort((a, b) => a - b));
    expect([0, 0.5, 0.95, 1].map((share) => quantileOf(span, share))).toEqual([bestSec, p50Sec, p95Sec, worstSec]);
    expect(span.source).toMatch(/^https:\/\//);
  });

  test('drawn times have the points that they are drawn from', () => {
    const samples = simulate(DEFAULT_FACTS, { runs: 6_000, seed: estimateSeed });
    const change = samples.find((one) => one.mode === 'refused' && one.stage === 'switch')?.sortedSec ?? new Float64Array();
    expect(percentile(change, 0.5)).toBeCloseTo(15.5, 0);
    expect(shareWithin(change, 31)).toBe(1);
    expect(shareWithin(change, 15.5)).toBeCloseTo(0.5, 1);
    expect(shareWithin(change, -1)).toBe(0);
  });
});
