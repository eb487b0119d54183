/** Every way out with its price, its note and what it leaves; and the sentences that name it. */
import {
  DEFAULT_TARGETS,
  type Demand,
  type PairFacts,
  pairBudget,
  readCalibration,
  warningText,
} from '../../../lib/decide/budget';
import { findingText, priceText, seconds, TARGET_NAME } from '../../../lib/decide/budget/words';
import { DEFAULT_DEMAND, DEFAULT_FACTS, database, drill, factsWith } from './support';

const asking = (targets: Partial<typeof DEFAULT_TARGETS>): Demand => ({
  targets: { ...DEFAULT_TARGETS, ...targets },
  waivers: [],
});
const fixesOf = (facts: PairFacts, demand = DEFAULT_DEMAND) =>
  pairBudget('Web/App', facts, demand).findings.map(({ target, severity, fix }) => [target, severity, fix]);

const FAILURES = (before: number) => ({
  change: 'health failures: 2',
  monthlyUsd: 0,
  note: `changed in place; an outage of about 20 s moves the name, not only one of ${before} s`,
  clears: true,
});
const TTL = (sec: number, times: number) => ({
  change: `ttl: ${sec} s`,
  monthlyUsd: 0,
  note: `changed in place; resolvers ask up to ${times} times as often`,
  clears: true,
});
const NEW_CHECKS = 'replaces the checks, and new checks start healthy';
const FAST = { change: 'health interval: 10 s', monthlyUsd: 4, note: NEW_CHECKS, clears: true };
const HTTPS = {
  change: 'HealthProbe.https() in place of tcp',
  monthlyUsd: 4,
  note: `needs a health endpoint; ${NEW_CHECKS}`,
  clears: true,
};
const CNAME = {
  change: 'a CNAME to a regional name with ttl 30 s in place of the alias',
  monthlyUsd: 0,
  note: 'an alias to a load balancer keeps its fixed 60 s',
  clears: true,
};
const IN_REGION = {
  change: 'a Multi-AZ DB cluster in one Region in place of the cross-Region database',
  note: 'survives the loss of a zone, not of the Region; price depends on the instances',
  clears: true,
};
const two = { failures: 2 };

test.each<[string, PairFacts, Demand, unknown[][]]>([
  [
    'five failures',
    factsWith({ failures: 5 }),
    DEFAULT_DEMAND,
    [
      ['detection', 'impossible', FAILURES(50)],
      ['rto', 'at-risk', FAILURES(50)],
    ],
  ],
  [
    '30 s between probes',
    factsWith({ ...two, intervalSec: 30 }),
    DEFAULT_DEMAND,
    [
      ['detection', 'impossible', FAST],
      ['rto', 'at-risk', FAST],
    ],
  ],
  [
    'a TCP check',
    factsWith({ ...two, protocol: 'tcp' }),
    DEFAULT_DEMAND,
    [
      ['detection', 'at-risk', HTTPS],
      ['rto', 'at-risk', HTTPS],
    ],
  ],
  [
    'an alias',
    factsWith(two, { kind: 'elb-alias' }),
    DEFAULT_DEMAND,
    [
      ['switch', 'at-risk', CNAME],
      ['rto', 'at-risk', CNAME],
    ],
  ],
  [
    'an alias at the apex',
    factsWith(two, { kind: 'elb-alias', apex: true }),
    DEFAULT_DEMAND,
    [
      ['switch', 'at-risk', undefined],
      ['rto', 'at-risk', undefined],
    ],
  ],
  [
    'a ttl of 60 s',
    factsWith(two, { ttlSec: 60 }),
    DEFAULT_DEMAND,
    [
      ['switch', 'at-risk', TTL(30, 2)],
      ['rto', 'at-risk', TTL(30, 2)],
    ],
  ],
  ['a ttl of 45 s', factsWith(two, { ttlSec: 45 }), DEFAULT_DEMAND, [['rto', 'at-risk', TTL(30, 2)]]],
  ['a switch within 15 s', factsWith(two), asking({ switch: 15 }), [['switch', 'at-risk', TTL(10, 3)]]],
  ['a switch within 5 s', factsWith(two, { ttlSec: 10 }), asking({ switch: 5 }), [['switch', 'at-risk', undefined]]],
  [
    'detection within 12 s',
    factsWith(),
    asking({ detection: 12, rto: 900 }),
    [['detection', 'impossible', { ...FAILURES(30), clears: false }]],
  ],
  ['detection within 5 s', factsWith(two), asking({ detection: 5 }), [['detection', 'impossible', undefined]]],
  [
    'a Multi-AZ instance',
    factsWith(two, {}, database('multi-az-instance')),
    DEFAULT_DEMAND,
    [
      [
        'rto',
        'at-risk',
        {
          change: 'a Multi-AZ DB cluster in place of the Multi-AZ instance',
          note: 'price of two readable standbys',
          clears: true,
        },
      ],
    ],
  ],
  [
    'lone Aurora',
    factsWith(two, {}, database('aurora-alone')),
    DEFAULT_DEMAND,
    [['rto', 'at-risk', { change: 'an Aurora replica in the Region', note: 'price of one more instance', clears: true }]],
  ],
  [
    'Aurora Global',
    factsWith(two, {}, database('aurora-global', 60)),
    DEFAULT_DEMAND,
    [
      ['switch', 'at-risk', IN_REGION],
      ['rto', 'impossible', IN_REGION],
    ],
  ],
  [
    'a replica in another Region, within 20 minutes',
    factsWith(two, {}, database('replica-promotion', 60)),
    asking({ switch: 200, rto: 1_200 }),
    [
      [
        'rto',
        'at-risk',
        {
          change: 'Aurora Global Database in place of the cross-Region replica',
          note: 'price depends on the instances',
          clears: true,
        },
      ],
    ],
  ],
  [
    'two things at once, of which one is priced',
    factsWith(two, { ttlSec: 300 }, database('replica-promotion', 60)),
    asking({ rto: 5_000 }),
    [
      [
        'switch',
        'at-risk',
        { change: `ttl: 30 s and ${IN_REGION.change}`, note: `${TTL(30, 10).note}; ${IN_REGION.note}`, clears: true },
      ],
    ],
  ],
  [
    'two things at once, both priced',
    factsWith({ intervalSec: 30 }),
    asking({ rto: 900 }),
    [
      [
        'detection',
        'impossible',
        {
          change: 'health failures: 2 and health interval: 10 s',
          monthlyUsd: 4,
          note: `changed in place; an outage of about 60 s moves the name, not only one of 90 s; ${NEW_CHECKS}`,
          clears: true,
        },
      ],
    ],
  ],
])('the cheapest way out of %s', (_name, facts, demand, expected) => {
  expect(fixesOf(facts, demand)).toEqual(expected);
});

describe('the words', () => {
  const miss = (facts: PairFacts, demand: Demand, severity: 'at-risk' | 'impossible') =>
    warningText(pairBudget('Web/App', facts, demand), severity);

  test('say when nothing helps, and name each way out once', () => {
    expect(miss(factsWith(two, { kind: 'elb-alias', apex: true }), DEFAULT_DEMAND, 'at-risk')).toBe(
      'pair app: switch 60 s is missed at worst: refused 61 s, HTTP error 61 s, slow answer 61 s, black hole 61 s; ' +
        'most of it is cached answer, alias to a load balancer with its fixed 60 s: 60 s at worst (documented). ' +
        'RTO 120 s is missed at worst: refused 141.4 s, HTTP error 141.4 s, slow answer 145.4 s, black hole 149.2 s; ' +
        "most of it is Route 53: the checkers' verdict to changed answers: 60 s at worst (assumed). " +
        'No change that the model knows meets switch and RTO; or waive it with a reason in RecoveryBudget',
    );
  });

  test('say what only becomes possible', () => {
    expect(miss(factsWith(), asking({ detection: 12, rto: 900 }), 'impossible')).toBe(
      'pair app: detection 12 s is impossible: best case refused 20.4 s, HTTP error 20.4 s, slow answer 26.4 s, black hole 32 s; ' +
        'most of it is HTTPS check, 10 s x 3, 16 checkers: 42.1 s at worst (simulated). ' +
        'Cheapest change that makes possible detection: health failures: 2 (no cost; changed in place; an outage of about 20 s ' +
        'moves the name, not only one of 30 s); or raise the target, or waive it with a reason in RecoveryBudget',
    );
  });

  test('of a price, of seconds and of targets', () => {
    const fix = { change: 'c', note: 'n', clears: true };
    expect(
      [undefined, 0, 4].map((monthlyUsd) => priceText({ ...fix, ...(monthlyUsd === undefined ? {} : { monthlyUsd }) })),
    ).toEqual(['price not known here', 'no cost', 'at most 4 USD a month at list price, assumed']);
    expect([0.04, 0.05, 30, 30.26].map(seconds)).toEqual(['0 s', '0.1 s', '30 s', '30.3 s']);
    expect(TARGET_NAME).toEqual({ detection: 'detection', switch: 'switch', rto: 'RTO', rpo: 'RPO' });
  });

  test('of a finding of which nothing is detected name no part', () => {
    const cells = [{ target: 'rto', mode: 'slow', verdict: 'never', because: 'b' }] as const;
    expect(findingText({ target: 'rto', targetSec: 120, severity: 'impossible', cells })).toBe(
      'RTO 120 s is impossible: best case slow answer never detected',
    );
  });

  test('of an impossible target leave out what is possible at worst only, and a planned switchover', () => {
    const cells = [
      { target: 'rto', mode: 'refused', verdict: 'missed', bestSec: 200, worstSec: 300 },
      { target: 'rto', mode: 'planned', verdict: 'at-risk', bestSec: 1, worstSec: 400 },
    ] as const;
    const finding = { target: 'rto', targetSec: 120, cells } as const;
    expect(findingText({ ...finding, severity: 'impossible' })).toBe('RTO 120 s is impossible: best case refused 200 s');
    expect(findingText({ ...finding, severity: 'at-risk' })).toBe(
      'RTO 120 s is missed at worst: refused 300 s, planned switchover 400 s',
    );
  });
});

describe('a calibration', () => {
  const NOW = Date.UTC(2026, 10, 20);
  const read = (value: unknown, facts = DEFAULT_FACTS) => readCalibration(JSON.stringify(value), facts, NOW);
  const missing = 'whose report 1 (app-tue-1) is not complete: times, marks, results or sampling are missing';
  test.each<[string, Record<string, unknown>]>([
    ['the time of its start', { startedAtMs: 'yesterday' }],
    ['the time of its end', { endedAtMs: null }],
    ['marks that are an object', { marks: 'none' }],
    ['marks', { marks: null }],
    ['sampling that is an object', { sampling: 5 }],
    ['sampling', { sampling: null }],
    ['results that are a list', { results: {} }],
  ])('fails for a report without %s', (_name, change) => {
    expect(read({ ...drill(33), ...change })).toEqual({
      kind: 'refused',
      because: missing,
      wayOut: 'copy the drill reports from the report bucket again',
    });
  });

  test('fails by the later of its two times, and not for one that ends just now', () => {
    const refused = { kind: 'refused', wayOut: 'set the clock of this machine, or remove that report' };
    const because = 'whose report 1 (app-tue-1) ended at 2026-11-20T00:00:00.001Z, in the future';
    expect(read(drill(33, { startedAtMs: NOW + 1 }))).toEqual({ ...refused, because });
    expect(read(drill(33, { endedAtMs: NOW })).kind).toBe('read');
  });

  test('takes a result of no time and of an unknown one, and a switch at the very fault', () => {
    const result = { name: 'rto', targetSec: 120, met: false, provenance: 'measured' } as const;
    expect(
      read(
        drill(0, {
          results: [
            { ...result, sec: 0 },
            { ...result, sec: null },
          ],
        }),
      ),
    ).toMatchObject({
      kind: 'read',
      calibration: { dns: { points: { bestSec: 0, worstSec: 0 } } },
    });
  });

  test('counts the reports that it read when none of them helps', () => {
    const foreign = drill(33, { pair: 'shop' });
    expect(read([foreign, foreign])).toMatchObject({
      because: 'which has no valid TRAFFIC drill of the pair app that saw the switch (2 reports read)',
    });
  });

  test('is whole: points by rank, drills, and the days of the first and the last', () => {
    const day = (n: number) => ({ startedAtMs: Date.UTC(2026, 10, n, 12) });
    const sec = (n: number) => 28.88 + n;
    const reports = [drill(sec(4), day(9)), drill(sec(1), day(5)), drill(sec(3), day(17)), drill(sec(2), day(6))];
    const dns = { drills: 4, fromDay: '2026-11-05', toDay: '2026-11-17' };
    const found = read(reports);
    expect(found).toMatchObject({ kind: 'read', calibration: { dns } });
    const { points } = found.kind === 'read' ? found.calibration.dns : { points: undefined };
    expect([points?.bestSec, points?.p50Sec, points?.p95Sec, points?.worstSec].map((n) => Math.round(n ?? -1))).toEqual([
      1, 3, 4, 4,
    ]);
  });

  test('of a TCP check takes off the median of refused connections, like that of an HTTP error', () => {
    const points = (facts: PairFacts) => {
      const found = read(drill(40), facts);
      return found.kind === 'read' ? found.calibration.dns.points.p50Sec : undefined;
    };
    expect(points(factsWith({ protocol: 'tcp' }))).toBeCloseTo(11.1, 0);
    expect(points(factsWith({ protocol: 'tcp' }))).toBe(points(factsWith()));
  });
});
