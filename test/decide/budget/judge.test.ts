import {
  bestOf,
  type DatabaseKind,
  findFix,
  idleWaiversOf,
  judge,
  linesOf,
  modeBudgets,
  type PairFacts,
  pairBudget,
  type Target,
  warningText,
  worstOf,
} from '../../../lib/decide/budget';
import { DEFAULT_DEMAND, DEFAULT_FACTS, database, factsWith } from './support';

const budgetOf = (facts: PairFacts, demand = DEFAULT_DEMAND) => pairBudget('Web/App', facts, demand);
const fixesOf = (facts: PairFacts) => budgetOf(facts).findings.map((f) => [f.target, f.severity, f.fix?.change, f.fix?.clears]);
const boundsOf = (facts: PairFacts, mode: string, stage: 'switch' | 'rto' | 'rpo' | 'effective') => {
  const budget = modeBudgets(facts).find((b) => b.mode === mode);
  const path = (budget?.kind === 'timed' && budget.paths[stage]) || [];
  return [bestOf(path), worstOf(path)].map((sec) => Number(sec.toFixed(2)));
};

describe('two addresses with the defaults', () => {
  test('say in one text what is missed, what costs most and what to change', () => {
    expect(warningText(budgetOf(DEFAULT_FACTS), 'at-risk')).toBe(
      'pair app: detection 30 s is missed at worst: refused 30.6 s, HTTP error 30.6 s, slow answer 36.6 s, black hole 42.1 s; ' +
        'most of it is HTTPS check, 10 s x 3, 16 checkers: 42.1 s at worst (simulated). ' +
        'RTO 120 s is missed at worst: refused 121.6 s, HTTP error 121.6 s, slow answer 127.6 s, black hole 133.2 s; ' +
        "most of it is Route 53: the checkers' verdict to changed answers: 60 s at worst (assumed). " +
        'Cheapest change that meets detection and RTO: health failures: 2 (no cost; changed in place; an outage of about 20 s ' +
        'moves the name, not only one of 30 s); or waive it with a reason in RecoveryBudget',
    );
  });

  test('with failures 2 nothing is found', () => {
    expect(budgetOf(factsWith({ failures: 2 }))).toMatchObject({ verdict: 'met', findings: [], waived: [] });
  });

  test('every part says where its number is from', () => {
    for (const budget of modeBudgets(factsWith({}, {}, database('aurora-global')))) {
      const paths = budget.kind === 'timed' ? Object.values(budget.paths) : [];
      for (const line of paths.flatMap(linesOf)) {
        expect(line.source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
        expect(['simulated', 'documented', 'assumed']).toContain(line.provenance);
      }
    }
  });
});

describe('what a pair is made of', () => {
  test('a TCP check never sees an HTTP error or a slow answer, and takes 10 s for a packet that is dropped', () => {
    const { findings } = budgetOf(factsWith({ protocol: 'tcp' }));
    expect(findings.map((f) => [f.target, f.severity, f.cells.map((c) => [c.mode, c.verdict])])).toEqual([
      [
        'detection',
        'at-risk',
        [
          ['refused', 'at-risk'],
          ['http-500', 'never'],
          ['slow', 'never'],
          ['black-hole-tcp', 'missed'],
        ],
      ],
      [
        'rto',
        'at-risk',
        [
          ['refused', 'at-risk'],
          ['http-500', 'never'],
          ['slow', 'never'],
          ['black-hole-tcp', 'at-risk'],
        ],
      ],
    ]);
    expect(warningText(budgetOf(factsWith({ protocol: 'tcp' })), 'at-risk')).toContain(
      'HTTP error never detected, slow answer never detected',
    );
  });

  test('an alias to a load balancer keeps its 60 s, whatever ttl says', () => {
    expect(boundsOf(factsWith({}, { kind: 'elb-alias', ttlSec: 5 }), 'refused', 'switch')).toEqual([0, 61]);
    expect(boundsOf(factsWith({}, { ttlSec: 5 }), 'refused', 'switch')).toEqual([0, 6]);
  });

  test('RTO is detection, the way into DNS, the cached answer and the client, one after the other', () => {
    expect(boundsOf(DEFAULT_FACTS, 'black-hole', 'effective')).toEqual([33, 102.15]);
    expect(boundsOf(DEFAULT_FACTS, 'black-hole', 'rto')).toEqual([33, 133.15]);
  });

  // Best and worst RTO and RPO: losing the writer for databases of one Region, losing the site for those of two.
  test.each<[DatabaseKind, string, number[], number[]]>([
    ['multi-az-instance', 'writer-lost', [61, 180], [0, 0]],
    ['multi-az-cluster', 'writer-lost', [11, 95], [0, 0]],
    ['aurora-replica', 'writer-lost', [16, 120], [0, 0]],
    ['aurora-alone', 'writer-lost', [301, 660], [0, 0]],
    ['aurora-global', 'planned', [25, 420], [0, 0]],
    // Slowest of prober and DNS, assess, slowest of fence and latch, then the promotion and its name.
    ['aurora-global', 'black-hole', [33 + 1 + 45 + 65, 102.15 + 8 + 120 + 720], [0, 210]],
    ['replica-promotion', 'black-hole', [33 + 1 + 45 + 185, 102.15 + 8 + 120 + 1875], [0, 210]],
  ])('%s, %s: RTO and RPO', (kind, mode, rto, rpo) => {
    const facts = factsWith({}, {}, database(kind));
    expect(boundsOf(facts, mode, 'rto')).toEqual(rto);
    expect(boundsOf(facts, mode, 'rpo')).toEqual(rpo);
  });

  test('consent bounds the loss: what would lose more waits for a person', () => {
    expect(boundsOf(factsWith({}, {}, database('aurora-global', 60)), 'refused', 'rpo')).toEqual([0, 60]);
  });

  test('a pair without a database promises nothing about lost writes', () => {
    expect(judge(DEFAULT_FACTS, DEFAULT_DEMAND).cells.filter((cell) => cell.target === 'rpo')).toEqual([]);
  });
});

describe('impossible and at risk', () => {
  test('30 s x 3 is impossible for detection, at risk for RTO', () => {
    const budget = budgetOf(factsWith({ intervalSec: 30 }));
    expect(budget.verdict).toBe('impossible');
    expect(fixesOf(factsWith({ intervalSec: 30 }))).toEqual([
      ['detection', 'impossible', 'health failures: 2 and health interval: 10 s', true],
      ['rto', 'at-risk', 'health failures: 2 and health interval: 10 s', true],
    ]);
    expect(warningText(budget, 'impossible')).toBe(
      'pair app: detection 30 s is impossible: best case refused 60.4 s, HTTP error 60.4 s, slow answer 66.5 s, black hole 72 s; ' +
        'most of it is HTTPS check, 30 s x 3, 16 checkers: 102.2 s at worst (simulated). ' +
        'Cheapest change that meets detection: health failures: 2 and health interval: 10 s (at most 4 USD a month at list price, ' +
        'assumed; changed in place; an outage of about 60 s moves the name, not only one of 90 s; replaces the checks, and new ' +
        'checks start healthy); or raise the target, or waive it with a reason in RecoveryBudget',
    );
  });

  test('one mode that can be met keeps a target possible', () => {
    const targets = { ...DEFAULT_DEMAND.targets, detection: 21 };
    const { findings } = budgetOf(DEFAULT_FACTS, { ...DEFAULT_DEMAND, targets });
    expect(findings[0]).toMatchObject({ target: 'detection', severity: 'at-risk' });
    expect(findings[0]?.cells.map((c) => c.verdict)).toEqual(['at-risk', 'at-risk', 'missed', 'missed']);
  });

  test('a waived mode counts neither way: waiving the last possible one makes the target impossible', () => {
    const targets = { ...DEFAULT_DEMAND.targets, detection: 21 };
    const waive = (mode: 'refused' | 'http-500') => ({ target: 'detection' as const, mode, reason: 'seldom' });
    const { findings, waived } = budgetOf(DEFAULT_FACTS, { targets, waivers: [waive('refused'), waive('http-500')] });
    expect(findings[0]).toMatchObject({ target: 'detection', severity: 'impossible' });
    expect(waived.map((c) => [c.mode, c.waived])).toEqual([
      ['refused', 'seldom'],
      ['http-500', 'seldom'],
    ]);
  });

  test('a waiver of everything leaves no finding and shows its reason everywhere', () => {
    const budget = budgetOf(DEFAULT_FACTS, { ...DEFAULT_DEMAND, waivers: [{ reason: 'a page with news' }] });
    expect(budget).toMatchObject({ verdict: 'met', findings: [] });
    expect(budget.waived).toHaveLength(8);
    expect(new Set(budget.waived.map((cell) => cell.waived))).toEqual(new Set(['a page with news']));
  });

  test('a waiver where nothing is missed is idle', () => {
    const idle = { target: 'switch' as const, reason: 'old' };
    const used = { target: 'rto' as const, reason: 'new' };
    expect(idleWaiversOf(DEFAULT_FACTS, { ...DEFAULT_DEMAND, waivers: [idle, used] })).toEqual([idle]);
  });

  test('a planned switchover that works does not make a failover possible', () => {
    const [rto] = budgetOf(factsWith({ failures: 2 }, {}, database('aurora-global', 60))).findings.filter(
      (f) => f.target === 'rto',
    );
    expect(rto).toMatchObject({ severity: 'impossible' });
    expect(warningText(budgetOf(factsWith({ failures: 2 }, {}, database('aurora-global', 60))), 'impossible')).not.toContain(
      'planned',
    );
  });
});

describe('the way out', () => {
  test.each<[string, PairFacts, (string | boolean | undefined)[][]]>([
    [
      'an alias is left for a CNAME',
      factsWith({ failures: 2 }, { kind: 'elb-alias', ttlSec: 60 }),
      [
        ['switch', 'at-risk', 'a CNAME to a regional name with ttl 30 s in place of the alias', true],
        ['rto', 'at-risk', 'a CNAME to a regional name with ttl 30 s in place of the alias', true],
      ],
    ],
    [
      'the apex cannot leave its alias',
      factsWith({ failures: 2 }, { kind: 'elb-alias', ttlSec: 60, apex: true }),
      [
        ['switch', 'at-risk', undefined, undefined],
        ['rto', 'at-risk', undefined, undefined],
      ],
    ],
    [
      'a long ttl is shortened',
      factsWith({ failures: 2 }, { ttlSec: 300 }),
      [
        ['switch', 'at-risk', 'ttl: 30 s', true],
        ['rto', 'at-risk', 'ttl: 30 s', true],
      ],
    ],
    [
      'TCP needs two changes',
      factsWith({ protocol: 'tcp' }),
      [
        ['detection', 'at-risk', 'health failures: 2 and HealthProbe.https() in place of tcp', true],
        ['rto', 'at-risk', 'health failures: 2 and HealthProbe.https() in place of tcp', true],
      ],
    ],
    [
      'a Multi-AZ instance becomes a cluster',
      factsWith({ failures: 2 }, {}, database('multi-az-instance')),
      [['rto', 'at-risk', 'a Multi-AZ DB cluster in place of the Multi-AZ instance', true]],
    ],
    [
      'lone Aurora gets a replica',
      factsWith({ failures: 2 }, {}, database('aurora-alone')),
      [['rto', 'at-risk', 'an Aurora replica in the Region', true]],
    ],
  ])('%s', (_name, facts, expected) => {
    expect(fixesOf(facts)).toEqual(expected);
  });

  test('an RDS promotion misses 120 s, and 20 minutes need Aurora Global', () => {
    const facts = factsWith({ failures: 2 }, {}, database('replica-promotion', 60));
    const rto = (sec: number) =>
      budgetOf(facts, { ...DEFAULT_DEMAND, targets: { ...DEFAULT_DEMAND.targets, rto: sec } }).findings.find(
        (f) => f.target === 'rto',
      );
    expect(rto(120)).toMatchObject({ severity: 'impossible', costliest: { part: 'database', worstSec: 1_800 } });
    expect(rto(1_200)?.fix?.change).toBe('Aurora Global Database in place of the cross-Region replica');
  });

  test('applied, a way out that clears leaves nothing of its finding', () => {
    const demand = DEFAULT_DEMAND;
    const facts = factsWith({ failures: 5 }, { ttlSec: 120 });
    for (const miss of judge(facts, demand).misses) {
      const fix = findFix(facts, demand, miss);
      expect(fix?.clears).toBe(true);
      const repaired = {
        failures: fix?.change.includes('failures: 2') ? 2 : 5,
        ttlSec: fix?.change.includes('ttl: 30') ? 30 : fix?.change.includes('ttl: 10') ? 10 : 120,
      };
      const left = judge(factsWith({ failures: repaired.failures }, { ttlSec: repaired.ttlSec }), demand).misses;
      expect(left.map((m): Target => m.target)).not.toContain(miss.target);
    }
  });

  test('a change that only makes a target possible says so', () => {
    const targets = { ...DEFAULT_DEMAND.targets, detection: 12 };
    const [finding] = budgetOf(factsWith({ intervalSec: 10, failures: 3 }), { ...DEFAULT_DEMAND, targets }).findings;
    expect(finding).toMatchObject({ severity: 'impossible', fix: { change: 'health failures: 2', clears: false } });
  });
});
