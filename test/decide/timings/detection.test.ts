/** Detection times against distributions that can be written down: one, two and six checkers that probe without a round trip. */
import { allFacts, fact, numberOf } from '../../../lib/decide/timings';
import {
  detectedBy,
  detectedWithin,
  detectionTime,
  FAILURE_MODES,
  failingProbeSec,
  healthyAllowed,
  recoveryTime,
} from '../../../lib/decide/timings/detection';

const bare = (checkers: number, failures = 1) => ({ intervalSec: 10, failures, checkers, goodProbeSec: 0 });
const close = (times: Record<string, number>) =>
  Object.fromEntries(Object.entries(times).map(([name, sec]) => [name, expect.closeTo(sec, 6)]));

describe('the checker that decides', () => {
  test.each([
    ['the only one', 1, { bestSec: 0, medianSec: 5, p99Sec: 9.9, worstSec: 10 }],
    ['the later of two', 2, { bestSec: 0, medianSec: 10 * Math.sqrt(0.5), p99Sec: 10 * Math.sqrt(0.99), worstSec: 10 }],
  ])('is %s of %i', (_name, checkers, times) => {
    expect(detectionTime(bare(checkers), 'refused')).toEqual(close(times));
    expect(recoveryTime(bare(1), 'refused')).toEqual(close({ bestSec: 0, medianSec: 5, p99Sec: 9.9, worstSec: 10 }));
  });

  test('is the fifth of six, because one of six may stay healthy', () => {
    expect([1, 5, 6, 11, 12, 16, 17].map(healthyAllowed)).toEqual([0, 0, 1, 1, 2, 2, 3]);
    const x = detectionTime(bare(6), 'refused').medianSec / 10;
    expect(6 * x ** 5 - 5 * x ** 6).toBeCloseTo(0.5, 9);
    const back = recoveryTime(bare(6), 'refused').medianSec / 10;
    expect(1 - (1 - back) ** 6 - 6 * back * (1 - back) ** 5).toBeCloseTo(0.5, 9);
  });

  test.each([
    [0, 10],
    [0.25, 15],
    [0.81, 19],
    [1, 20],
  ])('has decided in the share %d of outages by %d s, with two checkers and two failures', (share, sec) => {
    expect(detectedBy(share, bare(2, 2), 'refused')).toBeCloseTo(sec, 6);
    expect(detectedWithin(sec, bare(2, 2), 'refused')).toBeCloseTo(share, 6);
  });

  test('never decides before the best case, and always by the worst', () => {
    const within = (sec: number) => detectedWithin(sec, bare(2, 2), 'refused');
    expect([within(0), within(9.9), within(10), within(20), within(99)]).toEqual([0, 0, 0, 1, 1]);
  });
});

test.each([
  ['refused', 0.5, [2 * 10.5 + 0.5, 10.5]],
  ['http-500', 0.5, [2 * 10.5 + 0.5, 10.5]],
  ['slow', 2.5, [2 * 12.5 + 2.5, 10.5]],
  ['black-hole', 4, [2 * 14 + 4, 10.5]],
  ['black-hole-tcp', 10, [2 * 20 + 10, 10.5]],
] as const)('%s: a failing probe takes %d s, on top of three rounds of 10 s', (mode, failing, [best, round]) => {
  const timing = { intervalSec: 10, failures: 3, goodProbeSec: 0.5 };
  expect(failingProbeSec(mode, 0.5)).toBe(failing);
  expect(detectionTime(timing, mode)).toMatchObject({ bestSec: best, worstSec: best + round });
  // The way back: three good probes, in a round that still begins with a failing one.
  expect(recoveryTime(timing, mode)).toMatchObject({ bestSec: 2 * 10.5 + 0.5, worstSec: 2 * 10.5 + 0.5 + 10 + failing });
});

test('what is left out is 16 checkers and 0.15 s for a good probe', () => {
  const timing = { intervalSec: 30, failures: 2 };
  for (const mode of FAILURE_MODES) {
    expect(detectionTime(timing, mode)).toEqual(detectionTime({ ...timing, checkers: 16, goodProbeSec: 0.15 }, mode));
  }
  expect(FAILURE_MODES).toEqual(['refused', 'http-500', 'slow', 'black-hole', 'black-hole-tcp']);
});

test('a fact without a note has none, and all of them come with their names', () => {
  expect(fact('check.interval.standard')).toEqual({
    id: 'check.interval.standard',
    value: 30,
    unit: 's',
    source: 'https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html',
    provenance: 'documented',
    date: '2026-11-20',
    what: 'standard request interval of one checker',
  });
  expect(allFacts().slice(0, 2)).toEqual([fact('check.interval.fast'), fact('check.interval.standard')]);
  expect(numberOf('check.interval.standard', 's')).toBe(30);
});
