import fc from 'fast-check';
import {
  afterProbe,
  CHECKER_REGIONS,
  CHECKERS_PER_HEALTH_CHECK,
  type CheckerView,
  checkHealthy,
  endpointHealthy,
  goodHttpStatus,
  HEALTHY_ABOVE_PERCENT,
  NEW_CHECKER,
  PROBE_LIMITS_MS,
  SEARCHED_BODY_BYTES,
} from '../../../lib/decide/route53';
import { healthyAllowed } from '../../../lib/decide/timings/detection';

const seed = Number(process.env.SEED ?? 20261120);
const viewAfter = (results: readonly boolean[], threshold: number, from: CheckerView = NEW_CHECKER) =>
  results.reduce((view, good) => afterProbe(view, good, threshold), from);

describe('one checker', () => {
  test('a new checker says healthy before its first probe', () => {
    expect(NEW_CHECKER).toEqual({ healthy: true, against: 0 });
  });

  test('probes as Route 53 documents it: limits, Regions, how many, and how much of a body is searched', () => {
    expect(PROBE_LIMITS_MS).toEqual({ connect: 4_000, response: 2_000, body: 2_000, tcpConnect: 10_000 });
    expect([SEARCHED_BODY_BYTES, CHECKERS_PER_HEALTH_CHECK, HEALTHY_ABOVE_PERCENT]).toEqual([5_120, 16, 18]);
    expect([...CHECKER_REGIONS].sort()).toEqual(
      'ap-northeast-1 ap-southeast-1 ap-southeast-2 eu-west-1 sa-east-1 us-east-1 us-west-1 us-west-2'.split(' '),
    );
  });

  test.each([
    ['turns with the third failure in a row at threshold 3', [false, false, false], 3, false],
    ['fails to turn with two failures at threshold 3', [false, false], 3, true],
    ['starts counting again after one good result', [false, false, true, false, false], 3, true],
    ['turns at once at threshold 1', [false], 1, false],
    ['needs three good results in a row to come back', [false, false, false, true, true, false, true, true], 3, false],
    ['comes back with the third good result', [false, false, false, true, true, true], 3, true],
  ])('%s', (_name, results, threshold, healthy) => {
    expect(viewAfter(results, threshold).healthy).toBe(healthy);
  });

  test('turns exactly when the last T results agree against it', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), fc.integer({ min: 1, max: 10 }), (results, threshold) => {
        // The model looks back at the whole history; the rule keeps one counter.
        let model = true;
        results.forEach((_, i) => {
          const last = results.slice(0, i + 1).slice(-threshold);
          if (last.length === threshold && last.every((good) => good !== model)) model = !model;
        });
        expect(viewAfter(results, threshold).healthy).toBe(model);
      }),
      { seed },
    );
  });

  test('healthy and unhealthy are mirror images: no separate recovery threshold', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), fc.integer({ min: 1, max: 10 }), (results, threshold) => {
        const down = viewAfter(results, threshold, { healthy: true, against: 0 });
        const up = viewAfter(
          results.map((good) => !good),
          threshold,
          { healthy: false, against: 0 },
        );
        expect(up).toEqual({ healthy: !down.healthy, against: down.against });
      }),
      { seed },
    );
  });
});

describe('the verdict over all checkers', () => {
  test.each([
    ['three of sixteen (18.75 %) keep an endpoint healthy', 3, 16, true],
    ['two of sixteen (12.5 %) do not', 2, 16, false],
    ['exactly 18 % is unhealthy', 9, 50, false],
    ['one checker more than 18 % is healthy', 10, 50, true],
    ['without any checker an endpoint counts as healthy', 0, 0, true],
  ])('%s', (_name, healthy, of, verdict) => {
    expect(endpointHealthy(healthy, of)).toBe(verdict);
  });

  test('turns exactly where the closed form of the detection time says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (checkers) => {
        expect(endpointHealthy(healthyAllowed(checkers), checkers)).toBe(false);
        expect(endpointHealthy(healthyAllowed(checkers) + 1, checkers)).toBe(true);
      }),
      { seed },
    );
  });

  test.each([
    ['a disabled check is healthy whatever the endpoint does', false, { disabled: true }, true],
    ['disabled and inverted is unhealthy', true, { disabled: true, inverted: true }, false],
    ['an inverted check turns a good endpoint into unhealthy', true, { inverted: true }, false],
    ['a plain check follows its endpoint', false, {}, false],
  ])('%s', (_name, endpoint, options, healthy) => {
    expect(checkHealthy(endpoint, options)).toBe(healthy);
  });

  test('2xx and 3xx are good, everything else is not', () => {
    expect([199, 200, 204, 301, 399, 400, 404, 500].map(goodHttpStatus)).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
