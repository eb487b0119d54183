/** What a budget is added up from: each part whole, paths and forks, waivers, and the draws of a simulation. */
import {
  along,
  type BudgetLine,
  bestOf,
  criticalLines,
  type Demand,
  idleWaiversOf,
  judge,
  linesOf,
  type ModeBudget,
  modeBudgets,
  type PairFacts,
  type Path,
  pairBudget,
  percentile,
  quantileOf,
  shareWithin,
  simulate,
  worstOf,
} from '../../../lib/decide/budget';
import { drawsOf } from '../../../lib/decide/budget/simulate';
import { SPANS } from '../../../lib/decide/timings/spans';
import { DEFAULT_DEMAND, DEFAULT_FACTS, database, factsWith } from './support';

const timed = (facts: PairFacts, mode: string, calibration?: Parameters<typeof modeBudgets>[1]) => {
  const found = modeBudgets(facts, calibration).find((budget) => budget.mode === mode);
  if (found?.kind !== 'timed') throw new Error(`no times of ${mode}`);
  return found.paths;
};
const span = (part: BudgetLine['part'], id: keyof typeof SPANS): BudgetLine => {
  const { date: _read, ...points } = SPANS[id];
  return { part, ...points };
};
const ttl = (sec: number, what = `cached answer, ttl ${sec} s`): BudgetLine => ({
  part: 'ttl',
  bestSec: 0,
  p50Sec: sec / 2,
  p95Sec: sec * 0.95,
  worstSec: sec,
  what,
  provenance: 'documented',
  source: 'https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html',
});
const NO_LOSS: BudgetLine = {
  part: 'data',
  bestSec: 0,
  p50Sec: 0,
  p95Sec: 0,
  worstSec: 0,
  what: 'writes lost: none, replication is synchronous or waited for',
  provenance: 'documented',
  source: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html',
};
const CLIENT = span('client', 'client.reconnect');
const DNS = span('dns', 'dns.effective');
const LATCH = span('latch', 'latch.alarm');

describe('the parts', () => {
  test('of a pair of addresses', () => {
    const checkers = {
      part: 'checkers',
      bestSec: expect.closeTo(20.45, 9),
      p50Sec: expect.closeTo(28.94, 1),
      p95Sec: expect.closeTo(30.1, 1),
      worstSec: expect.closeTo(30.6, 9),
      what: 'HTTPS check, 10 s x 3, 16 checkers',
      provenance: 'simulated',
      source: 'https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html',
    };
    expect(timed(DEFAULT_FACTS, 'refused')).toEqual({
      detection: [checkers],
      effective: [checkers, DNS],
      switch: [ttl(30), CLIENT],
      rto: [checkers, DNS, ttl(30), CLIENT],
    });
  });

  test('of an alias keep its own TTL', () => {
    expect(timed(factsWith({}, { kind: 'elb-alias', ttlSec: 5 }), 'refused').switch).toEqual([
      ttl(60, 'cached answer, alias to a load balancer with its fixed 60 s'),
      CLIENT,
    ]);
  });

  test('of each protocol are told apart, though they are computed once', () => {
    const what = (facts: PairFacts) => timed(facts, 'refused').detection?.map((part) => 'what' in part && part.what);
    expect(
      [{}, { protocol: 'http' as const }, { checkers: 6 }, { failures: 1 }, { intervalSec: 30 }].map((c) => what(factsWith(c))),
    ).toEqual([
      ['HTTPS check, 10 s x 3, 16 checkers'],
      ['HTTP check, 10 s x 3, 16 checkers'],
      ['HTTPS check, 10 s x 3, 6 checkers'],
      ['HTTPS check, 10 s x 1, 16 checkers'],
      ['HTTPS check, 30 s x 3, 16 checkers'],
    ]);
  });

  test.each([
    ['aurora-global', 'db.global-failover', 'db.global-endpoint'],
    ['replica-promotion', 'db.replica-promotion', 'db.writer-name'],
  ] as const)(
    'of a database in two Regions (%s): decided, fenced and latched, then promoted beside the switch',
    (kind, move, find) => {
      const {
        detection,
        effective,
        switch: switched,
        database: way,
        rto,
        rpo,
      } = timed(factsWith({}, {}, database(kind)), 'refused');
      const promotion = [span('database', move), span('writer', find)];
      expect(way).toEqual(promotion);
      expect(switched).toEqual([LATCH, ttl(30), CLIENT]);
      expect(effective).toEqual([...(detection ?? []), DNS]);
      expect(rto).toEqual([
        { fork: [[span('prober', 'decide.prober')], effective] },
        span('assess', 'decide.assess'),
        { fork: [[span('fence', 'fence')], [LATCH]] },
        { fork: [promotion, [ttl(30), CLIENT]] },
      ]);
      expect(rpo).toEqual([
        {
          part: 'data',
          bestSec: 0,
          p50Sec: 1,
          p95Sec: 30,
          worstSec: 210,
          what: 'writes lost, alarm over 30 s of lag, 60 s metric',
          provenance: 'assumed',
          source: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html',
        },
      ]);
    },
  );

  test.each([
    [60, 1, 30, 60, 'writes lost, bounded by the consent to 60 s'],
    [20, 1, 20, 20, 'writes lost, bounded by the consent to 20 s'],
    [0, 0, 0, 0, 'writes lost, bounded by the consent to 0 s'],
    [210, 1, 30, 210, 'writes lost, alarm over 30 s of lag, 60 s metric'],
    [900, 1, 30, 210, 'writes lost, alarm over 30 s of lag, 60 s metric'],
  ])('of a loss under a consent to %i s', (consentSec, p50Sec, p95Sec, worstSec, what) => {
    const [loss] = timed(factsWith({}, {}, database('aurora-global', consentSec)), 'refused').rpo ?? [];
    expect(loss).toMatchObject({ bestSec: 0, p50Sec, p95Sec, worstSec, what });
  });

  test.each([
    ['multi-az-instance', 'writer-lost', 'db.multi-az-instance', 'db.reconnect'],
    ['multi-az-cluster', 'writer-lost', 'db.multi-az-cluster', 'db.reconnect'],
    ['aurora-replica', 'writer-lost', 'db.aurora-replica', 'db.reconnect'],
    ['aurora-alone', 'writer-lost', 'db.aurora-alone', 'db.reconnect'],
    ['aurora-global', 'planned', 'db.global-switchover', 'db.global-endpoint'],
  ] as const)('of %s, %s', (kind, mode, move, find) => {
    const rto = [span('database', move), span('writer', find)];
    expect(timed(factsWith({}, {}, database(kind)), mode)).toEqual({ database: rto, rto, rpo: [NO_LOSS] });
  });

  test.each<[string, PairFacts, string[]]>([
    ['addresses', DEFAULT_FACTS, ['refused', 'http-500', 'slow', 'black-hole']],
    ['a TCP check', factsWith({ protocol: 'tcp' }), ['refused', 'http-500', 'slow', 'black-hole-tcp']],
    ['one Region', factsWith({}, {}, database('aurora-alone')), ['refused', 'http-500', 'slow', 'black-hole', 'writer-lost']],
    ['Aurora Global', factsWith({}, {}, database('aurora-global')), ['refused', 'http-500', 'slow', 'black-hole', 'planned']],
    ['two Regions', factsWith({}, {}, database('replica-promotion')), ['refused', 'http-500', 'slow', 'black-hole']],
  ])('fail in the modes of %s', (_name, facts, modes) => {
    expect(modeBudgets(facts).map(({ mode }) => mode)).toEqual(modes);
  });

  test('say why a TCP check never sees what the service answers', () => {
    const never: ModeBudget = {
      kind: 'never',
      mode: 'slow',
      because: 'a TCP check only connects: it never sees what the service answers',
    };
    expect(modeBudgets(factsWith({ protocol: 'tcp' })).find(({ mode }) => mode === 'slow')).toEqual(never);
  });

  test.each([
    [1, '2026-11-03', '1 drill, 2026-11-03'],
    [2, '2026-11-17', '2 drills, 2026-11-03 to 2026-11-17'],
  ])('of Route 53 by %i drills are measured', (drills, toDay, source) => {
    const points = { bestSec: 1, p50Sec: 2, p95Sec: 3, worstSec: 4 };
    const calibration = { dns: { points, drills, fromDay: '2026-11-03', toDay } };
    expect(timed(DEFAULT_FACTS, 'refused', calibration).effective?.[1]).toEqual({
      ...DNS,
      ...points,
      provenance: 'measured',
      source,
    });
  });
});

describe('a path', () => {
  const part = (what: string, bestSec: number, worstSec: number): BudgetLine => ({
    ...NO_LOSS,
    what,
    bestSec,
    p50Sec: bestSec,
    p95Sec: worstSec,
    worstSec,
  });
  const [a, b, c, d] = [part('a', 1, 2), part('b', 5, 6), part('c', 2, 20), part('d', 1, 1)] as const;
  const path: Path = [a, { fork: [[b], [c, { fork: [[d], [a]] }]] }, d];
  test('adds up, and waits for the slowest branch, which need not be the same at best and at worst', () => {
    expect([bestOf(path), worstOf(path), along([], () => 1)]).toEqual([1 + 5 + 1, 2 + 22 + 1, 0]);
  });

  test('has its lines in order, and those that the worst case waits for', () => {
    expect(linesOf(path).map(({ what }) => what)).toEqual(['a', 'b', 'c', 'd', 'a', 'd']);
    expect(criticalLines(path).map(({ what }) => what)).toEqual(['a', 'c', 'a', 'd']);
    expect(criticalLines([{ fork: [] }])).toEqual([]);
  });

  test.each([
    [0, 10],
    [0.25, 15],
    [0.5, 20],
    [0.725, 25],
    [0.95, 30],
    [0.975, 40],
    [1, 50],
    [1.5, 50],
  ])('below the share %d of cases lie %d s, on straight lines', (share, sec) => {
    expect(quantileOf({ bestSec: 10, p50Sec: 20, p95Sec: 30, worstSec: 50 }, share)).toBeCloseTo(sec, 9);
  });
});

describe('a waiver', () => {
  const waived = (...waivers: Demand['waivers']) =>
    judge(DEFAULT_FACTS, { ...DEFAULT_DEMAND, waivers })
      .cells.filter((cell) => cell.waived)
      .map(({ target, mode }) => `${target} ${mode}`);
  test.each<[Demand['waivers'][number], string[]]>([
    [{ target: 'rto', mode: 'slow', reason: 'r' }, ['rto slow']],
    [{ target: 'switch', reason: 'r' }, ['switch refused', 'switch http-500', 'switch slow', 'switch black-hole']],
    [{ mode: 'slow', reason: 'r' }, ['detection slow', 'switch slow', 'rto slow']],
    [{ mode: 'planned', reason: 'r' }, []],
  ])('%j gives up %j', (waiver, cells) => {
    expect(waived(waiver)).toEqual(cells);
  });

  test('of a mode that the pair does not have, or of a target that is met, is idle', () => {
    const planned = { mode: 'planned', reason: 'r' } as const;
    const met = { target: 'switch', reason: 'r' } as const;
    const used = { mode: 'slow', reason: 'r' } as const;
    const idle = (...waivers: Demand['waivers']) => idleWaiversOf(DEFAULT_FACTS, { ...DEFAULT_DEMAND, waivers });
    expect([idle(), idle(planned, met, used)]).toEqual([[], [planned, met]]);
  });

  test('of what is never detected keeps its reason', () => {
    const waivers = [{ mode: 'slow', reason: 'the health path is a port' }] as const;
    const { cells, misses } = judge(factsWith({ protocol: 'tcp' }), { ...DEFAULT_DEMAND, waivers });
    const because = 'a TCP check only connects: it never sees what the service answers';
    expect(cells.filter(({ mode }) => mode === 'slow')).toEqual(
      ['detection', 'rto'].map((target) => ({ target, mode: 'slow', verdict: 'never', because, waived: waivers[0].reason })),
    );
    expect(misses.flatMap((miss) => miss.cells).some(({ mode }) => mode === 'slow')).toBe(false);
  });
});

describe('a target', () => {
  const targets = (detection: number): Demand => ({ ...DEFAULT_DEMAND, targets: { ...DEFAULT_DEMAND.targets, detection } });
  const tcp = factsWith({ protocol: 'tcp', failures: 2 });
  const verdicts = (facts: PairFacts, demand: Demand) =>
    judge(facts, demand)
      .cells.filter(({ target }) => target === 'detection')
      .map(({ verdict }) => verdict);
  test('is met by a worst case that just keeps it, and at risk by a best case that does', () => {
    const { bestSec = 0, worstSec = 0 } = judge(DEFAULT_FACTS, DEFAULT_DEMAND).cells[0] ?? {};
    expect(verdicts(DEFAULT_FACTS, targets(worstSec))[0]).toBe('met');
    expect(verdicts(DEFAULT_FACTS, targets(bestSec))[0]).toBe('at-risk');
    expect(verdicts(DEFAULT_FACTS, targets(bestSec - 0.001))[0]).toBe('missed');
  });

  test('that everything misses or never sees is impossible, and names what the worst case waits for longest', () => {
    const { misses } = judge(tcp, targets(5));
    expect(misses.map(({ target, targetSec, severity, costliest }) => [target, targetSec, severity, costliest?.what])).toEqual([
      ['detection', 5, 'impossible', 'TCP check, 10 s x 2, 16 checkers'],
      ['rto', 120, 'at-risk', "Route 53: the checkers' verdict to changed answers"],
    ]);
  });
});

describe('the budget of a pair', () => {
  test('holds what was asked, each mode, and its middle only where one part makes it', () => {
    const facts = factsWith({ protocol: 'tcp', failures: 2 }, {}, database('aurora-alone'));
    const calibration = {
      dns: { points: { bestSec: 1, p50Sec: 2, p95Sec: 3, worstSec: 4 }, drills: 1, fromDay: 'd', toDay: 'd' },
    };
    const demand: Demand = { ...DEFAULT_DEMAND, waivers: [{ target: 'detection', reason: 'r' }], calibration };
    const { modes, findings: _findings, waived, ...rest } = pairBudget('Web/App', facts, demand);
    expect(rest).toEqual({
      pair: 'app',
      path: 'Web/App',
      verdict: 'at-risk',
      facts,
      targetsSec: DEFAULT_DEMAND.targets,
      calibration,
      waivers: demand.waivers,
    });
    expect(waived.map(({ mode, verdict }) => [mode, verdict])).toEqual([
      ['http-500', 'never'],
      ['slow', 'never'],
      ['black-hole-tcp', 'at-risk'],
    ]);
    expect(modes.map(({ mode }) => mode)).toEqual(['refused', 'http-500', 'slow', 'black-hole-tcp', 'writer-lost']);
    expect(modes[1]).toEqual({
      mode: 'http-500',
      never: 'a TCP check only connects: it never sees what the service answers',
      stages: [],
      lines: [],
    });
    const writer = [span('database', 'db.aurora-alone'), span('writer', 'db.reconnect')];
    expect(modes[4]).toEqual({
      mode: 'writer-lost',
      stages: [
        { stage: 'database', bestSec: 301, worstSec: 660 },
        { stage: 'rto', bestSec: 301, worstSec: 660 },
        { stage: 'rpo', bestSec: 0, p50Sec: 0, p95Sec: 0, worstSec: 0 },
      ],
      lines: [...writer, NO_LOSS],
    });
  });

  test('of another name and path is the same otherwise', () => {
    const [one, other] = [DEFAULT_FACTS, { ...DEFAULT_FACTS, pair: 'shop' }].map((facts) =>
      pairBudget(facts.pair, facts, DEFAULT_DEMAND),
    );
    expect(other).toEqual({ ...one, pair: 'shop', path: 'shop', facts: { ...DEFAULT_FACTS, pair: 'shop' } });
    expect(one?.verdict).toBe('at-risk');
    expect(one && 'calibration' in one).toBe(false);
  });
});

describe('draws', () => {
  test('are the same on every machine, and lie evenly in [0, 1)', () => {
    const draw = drawsOf(7);
    expect([draw(), draw(), draw()]).toEqual(
      [0.8936956545803696, 0.9803904530126601, 0.1866056271828711].map((n) => expect.closeTo(n, 9)),
    );
  });

  test('of one run are of one outage: RTO is detection, Route 53 and switch of the same run', () => {
    const times = Object.fromEntries(
      simulate(DEFAULT_FACTS, { runs: 1, seed: 3 })
        .filter(({ mode }) => mode === 'slow')
        .map(({ stage, sortedSec }) => [stage, sortedSec[0] ?? Number.NaN]),
    );
    const { effective = 0, switch: switched = 0, rto } = times;
    expect(Object.keys(times)).toEqual(['detection', 'effective', 'switch', 'rto']);
    expect(rto).toBeCloseTo(effective + switched, 9);
  });

  test('of what is never detected there are none', () => {
    const modes = simulate(factsWith({ protocol: 'tcp' }), { runs: 1, seed: 3 }).map(({ mode }) => mode);
    expect([...new Set(modes)]).toEqual(['refused', 'black-hole-tcp']);
  });

  test('are counted by rank, and of nothing there is no percentile and no share', () => {
    const times = Float64Array.from([1, 2, 3, 4]);
    expect([0, 0.5, 0.74, 0.75, 1].map((share) => percentile(times, share))).toEqual([1, 3, 3, 4, 4]);
    expect([0.9, 1, 2.5, 4, 9].map((limit) => shareWithin(times, limit))).toEqual([0, 0.25, 0.5, 1, 1]);
    expect([percentile(new Float64Array(), 0.5), shareWithin(new Float64Array(), 1)]).toEqual([Number.NaN, 0]);
  });
});
