import * as fc from 'fast-check';
import {
  availability,
  chooseFailover,
  economics,
  FAILOVER_TYPES,
  MONTH_SEC,
  optimalThreshold,
  publishedAvailability,
  publishedPaybackMonths,
  publishedThreshold,
  SERVICES,
  thresholdCost,
} from '../../../lib/decide/availability';

const seed = Number(process.env.SEED ?? 20261120);

/** One outage a month of 0.72 h: 99.9 %. The standby is there 99.5 % of the time; failing over takes 0.67 h. */
const example = {
  outagesPerMonth: 1,
  repairSec: 0.72 * 3_600,
  rtoSec: 0.67 * 3_600,
  standbyAvailability: 0.995,
  commonCauseShare: 0,
  falseFailoversPerMonth: 0,
  switchSec: 0,
};

describe('availability', () => {
  test('the published formula promises 0.999994 for a failover that saves three minutes of 43', () => {
    expect(publishedAvailability(0.999, 0.995, 0.67 * 3_600)).toBeCloseTo(0.999994, 6);
    expect(availability(example)).toBeCloseTo(0.99907, 5);
    expect(availability({ ...example, rtoSec: 90 })).toBeCloseTo(0.99996, 5);
  });

  test('what hits both sides is repaired, not failed over', () => {
    const all = { ...example, rtoSec: 0, standbyAvailability: 1, commonCauseShare: 1 };
    expect(availability(all)).toBeCloseTo(1 - (0.72 * 3_600) / MONTH_SEC, 9);
    expect(availability({ ...all, commonCauseShare: 0.25 })).toBeCloseTo(1 - (0.18 * 3_600) / MONTH_SEC, 9);
  });

  test('a failover slower than the repair is no worse than none', () => {
    const slow = { ...example, rtoSec: 10 * example.repairSec };
    expect(availability(slow)).toBeCloseTo(1 - example.repairSec / MONTH_SEC, 12);
  });

  test('more outages than the month is long leave nothing', () => {
    expect(availability({ ...example, outagesPerMonth: 2_000 })).toBe(0);
  });

  test('needless failovers cost what a switch takes', () => {
    const quiet = { ...example, outagesPerMonth: 0 };
    expect(availability({ ...quiet, falseFailoversPerMonth: 10, switchSec: 60 })).toBeCloseTo(1 - 600 / MONTH_SEC, 9);
  });

  test('stays between 0 and 1, and a slower failover, a worse standby or more common causes never help', () => {
    const facts = fc.record({
      outagesPerMonth: fc.double({ min: 0, max: 50, noNaN: true }),
      repairSec: fc.double({ min: 0, max: 1e6, noNaN: true }),
      rtoSec: fc.double({ min: 0, max: 1e6, noNaN: true }),
      standbyAvailability: fc.double({ min: 0, max: 1, noNaN: true }),
      commonCauseShare: fc.double({ min: 0, max: 1, noNaN: true }),
      falseFailoversPerMonth: fc.double({ min: 0, max: 50, noNaN: true }),
      switchSec: fc.double({ min: 0, max: 1e4, noNaN: true }),
    });
    void fc.assert(
      fc.property(facts, (f) => {
        const a = availability(f);
        expect(a).toBeGreaterThanOrEqual(0);
        expect(a).toBeLessThanOrEqual(1);
        const worse = [
          { ...f, rtoSec: f.rtoSec * 2 + 1 },
          { ...f, standbyAvailability: f.standbyAvailability / 2 },
          { ...f, commonCauseShare: (f.commonCauseShare + 1) / 2 },
          { ...f, repairSec: f.repairSec * 2 + 1 },
        ];
        for (const w of worse) expect(availability(w)).toBeLessThanOrEqual(a + 1e-12);
      }),
      { seed },
    );
  });
});

/** 1,000 a minute of outage, one every two months; four stalls a month, of which 30 % fail the next check too. */
const stalls = {
  outagesPerMonth: 0.5,
  outageCostPerSec: 1_000 / 60,
  intervalSec: 10,
  stallsPerMonth: 4,
  stallGoesOn: 0.3,
  falseFailoverCost: 2_000,
};

describe('failure threshold', () => {
  test('the published formula says 0 as soon as a missed failure costs more; ours says 4', () => {
    expect(publishedThreshold(2_000, 60_000, 0.5)).toBe(0);
    expect(publishedThreshold(60_000, 2_000, 0.5)).toBeCloseTo(6.802, 3);
    expect(optimalThreshold(stalls).exact).toBeCloseTo(3.9, 1);
    expect(optimalThreshold(stalls).failures).toBe(4);
  });

  test('a month costs the waiting in outages and the failovers for stalls', () => {
    // 0.5 outages x 16.67 x 10 s x 2, and 4 stalls x 30 % x 30 % x 2,000
    expect(thresholdCost(stalls, 2)).toBeCloseTo(166.667 + 720, 3);
    expect(optimalThreshold(stalls).costPerMonth).toBeCloseTo(333.333 + 64.8, 3);
  });

  test('cheap, reversible failovers deserve fewer failures: 2', () => {
    expect(optimalThreshold({ ...stalls, falseFailoverCost: 200 }).failures).toBe(2);
  });

  test('without outages waiting is free, with free failovers it is useless', () => {
    expect(optimalThreshold({ ...stalls, outagesPerMonth: 0 })).toMatchObject({ exact: Number.POSITIVE_INFINITY, failures: 10 });
    expect(optimalThreshold({ ...stalls, falseFailoverCost: 0 })).toMatchObject({ exact: 0, failures: 1 });
    expect(optimalThreshold({ ...stalls, stallGoesOn: 1 })).toMatchObject({ exact: 0, failures: 1 });
    expect(optimalThreshold({ ...stalls, outagesPerMonth: 0, falseFailoverCost: 0 })).toMatchObject({ exact: 0, failures: 1 });
  });

  test('no other threshold that Route 53 accepts costs less, and it is next to where the formula points', () => {
    const facts = fc.record({
      outagesPerMonth: fc.double({ min: 0.01, max: 10, noNaN: true }),
      outageCostPerSec: fc.double({ min: 0.01, max: 1_000, noNaN: true }),
      intervalSec: fc.constantFrom(10, 30),
      stallsPerMonth: fc.double({ min: 0.1, max: 100, noNaN: true }),
      stallGoesOn: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      falseFailoverCost: fc.double({ min: 1, max: 1e6, noNaN: true }),
    });
    void fc.assert(
      fc.property(facts, fc.integer({ min: 1, max: 10 }), (f, other) => {
        const best = optimalThreshold(f);
        expect(best.costPerMonth).toBeLessThanOrEqual(thresholdCost(f, other));
        expect(Math.abs(best.failures - Math.min(10, Math.max(1, best.exact)))).toBeLessThan(1);
      }),
      { seed },
    );
  });
});

/** Six weeks of work and a standby that costs 100 an hour; an outage of two hours every two months, 1,000 a minute. */
const dear = {
  implementation: 46_000,
  ongoingPerMonth: 73_980,
  outagesPerMonth: 0.5,
  repairMin: 120,
  rtoMin: 5,
  outageCostPerMin: 1_000,
};

describe('economics', () => {
  test('the published formula pays back after minus 57 months; ours never', () => {
    expect(publishedPaybackMonths(dear)).toBeCloseTo(-56.7, 1);
    expect(economics(dear)).toEqual({
      benefitPerMonth: 57_500,
      firstYearRoiPercent: expect.closeTo(-26.1, 1),
      payback: { kind: 'never', because: 'it costs 73980 a month and saves 57500' },
    });
  });

  test('a standby that runs anyway pays back within a month', () => {
    expect(economics({ ...dear, ongoingPerMonth: 1_820 }).payback).toEqual({ kind: 'months', months: expect.closeTo(0.83, 2) });
  });

  test('what saves as much as it costs never pays, and what costs nothing has no return', () => {
    const even = { ...dear, ongoingPerMonth: 57_500 };
    const because = 'it costs 57500 a month and saves 57500';
    expect(economics(even).payback).toEqual({ kind: 'never', because });
    expect(economics({ ...even, ongoingPerMonth: 57_499 }).payback).toEqual({ kind: 'months', months: 46_000 });
    expect(economics({ ...dear, implementation: 0, ongoingPerMonth: 0 })).toEqual({
      benefitPerMonth: 57_500,
      firstYearRoiPercent: 0,
      payback: { kind: 'months', months: 0 },
    });
    expect(economics({ ...dear, ongoingPerMonth: 0 }).firstYearRoiPercent).toBeCloseTo(1_400, 6);
  });

  test('a failover slower than the repair saves nothing, so it never pays', () => {
    expect(economics({ ...dear, rtoMin: 240, ongoingPerMonth: 10 })).toMatchObject({
      benefitPerMonth: 0,
      payback: { kind: 'never', because: 'it costs 10 a month and saves 0' },
    });
  });
});

describe('decision matrix', () => {
  test.each(SERVICES)('%s: every way has a number, a provenance and a reason against it', (service) => {
    const ways = FAILOVER_TYPES.filter((way) => way.service === service);
    expect(ways.length).toBeGreaterThan(0);
    for (const way of ways) {
      expect(way.rtoSec).toBeGreaterThan(0);
      expect(way.notWhen.length).toBeGreaterThan(0);
    }
  });

  test.each([
    ['database', 300, 60, false, 'Multi-AZ instance'],
    ['database', 120, 60, false, 'Multi-AZ DB cluster, or Aurora with a replica'],
    ['database', 3_600, 300, true, 'cross-Region read replica, promoted'],
    ['database', 1_200, 300, true, 'Aurora Global Database'],
    ['web', 120, 0, true, 'failover pair, 10 s x 2, ttl 30 s'],
    ['files', 900, 900, true, 'S3 replication with time control, or a Multi-Region Access Point'],
  ] as const)('%s within %i s, losing at most %i s, a Region lost %s: %s', (service, rtoSec, rpoSec, survivesRegion, how) => {
    const choice = chooseFailover(service, { rtoSec, rpoSec, survivesRegion });
    expect(choice.kind === 'found' && choice.way.how).toBe(how);
  });

  test.each([
    [180, 0, 'Multi-AZ instance'],
    [179, 0, 'Multi-AZ DB cluster, or Aurora with a replica'],
    [95, 0, 'Multi-AZ DB cluster, or Aurora with a replica'],
    [94, 0, undefined],
  ])('a database within %i s, losing at most %i s, is the cheapest way that just keeps both: %s', (rtoSec, rpoSec, how) => {
    const choice = chooseFailover('database', { rtoSec, rpoSec, survivesRegion: false });
    expect(choice.kind === 'found' ? choice.way.how : undefined).toBe(how);
  });

  test('every service is looked at for its own ways alone', () => {
    const anything = { rtoSec: 1e6, rpoSec: 1e6, survivesRegion: true };
    expect(SERVICES.map((service) => [service, chooseFailover(service, anything)])).toEqual([
      ['database', expect.objectContaining({ way: expect.objectContaining({ how: 'cross-Region read replica, promoted' }) })],
      ['web', expect.objectContaining({ way: expect.objectContaining({ how: 'failover pair, 10 s x 2, ttl 30 s' }) })],
      ['api', expect.objectContaining({ way: expect.objectContaining({ how: 'latency records with a check each' }) })],
      ['files', expect.objectContaining({ way: expect.objectContaining({ rpoSec: 900 }) })],
      ['analytics', expect.objectContaining({ way: expect.objectContaining({ rtoSec: 1_800 }) })],
    ]);
  });

  test('what nothing can promise is said, with the nearest', () => {
    expect(chooseFailover('database', { rtoSec: 120, rpoSec: 0, survivesRegion: true })).toEqual({
      kind: 'none',
      because: 'the fastest way has RTO 965 s, the safest RPO 210 s at worst',
    });
  });
});
