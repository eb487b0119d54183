import { type Calibration, modeBudgets, pairBudget, readCalibration } from '../../../lib/decide/budget';
import { DEFAULT_DEMAND, DEFAULT_FACTS, drill } from './support';

const NOW = Date.UTC(2026, 10, 20);

const reading = (value: unknown) =>
  readCalibration(typeof value === 'string' ? value : JSON.stringify(value), DEFAULT_FACTS, NOW);
const dnsOf = (value: unknown): Calibration['dns'] => {
  const read = reading(value);
  if (read.kind === 'refused') throw new Error(read.because);
  return read.calibration.dns;
};

describe('drill reports', () => {
  test("give Route 53's own delay: the switch less the median of the checkers", () => {
    const dns = dnsOf([drill(31.9), drill(33.9), drill(36.9, { startedAtMs: Date.UTC(2026, 10, 17) })]);
    expect(dns).toMatchObject({ drills: 3, fromDay: '2026-11-03', toDay: '2026-11-17' });
    const { bestSec, p50Sec, p95Sec, worstSec } = dns.points;
    for (const [found, expected] of [
      [bestSec, 3],
      [p50Sec, 5],
      [p95Sec, 8],
      [worstSec, 8],
    ] as const) {
      expect(Math.abs(found - expected)).toBeLessThan(0.1);
    }
  });

  test('replace the assumed line, and say so', () => {
    const read = reading(drill(33.9));
    const calibration = read.kind === 'read' ? read.calibration : undefined;
    const [first] = modeBudgets(DEFAULT_FACTS, calibration);
    const dns = first?.kind === 'timed' ? first.paths.effective?.[1] : undefined;
    expect(dns).toMatchObject({ part: 'dns', provenance: 'measured', source: '1 drill, 2026-11-03' });
    const demand = { ...DEFAULT_DEMAND, ...(calibration ? { calibration } : {}) };
    // Detection is missed as before; the RTO is not, because the measured delay is short.
    expect(pairBudget('Web/App', DEFAULT_FACTS, demand).findings.map((f) => f.target)).toEqual(['detection']);
  });

  test('of other pairs, of OBSERVE, with gaps or without a switch are passed over', () => {
    const dns = dnsOf([
      drill(33.9),
      drill(90, { pair: 'shop' }),
      drill(90, { level: 'OBSERVE' }),
      drill(90, { sampling: { periodMs: 250, largestGapMs: 4_000, limitMs: 1_000, valid: false } }),
      drill(undefined),
    ]);
    expect(dns.drills).toBe(1);
  });

  test('that switched sooner than the median of the checkers mean no delay, never a negative one', () => {
    expect(dnsOf(drill(25)).points).toEqual({ bestSec: 0, p50Sec: 0, p95Sec: 0, worstSec: 0 });
  });
});

describe('fails on a file that is no calibration', () => {
  const again = 'copy the drill reports from the report bucket again';
  test.each<[string, unknown, string, string]>([
    ['truncated', JSON.stringify([drill(33)]).slice(0, 100), 'which is not complete JSON (100 characters)', again],
    ['empty', '', 'which is not complete JSON (0 characters)', again],
    [
      'of another schema version',
      [drill(33), { ...drill(33), schema: 'cdk-failover.drill-report/2' }],
      'whose report 2 has schema "cdk-failover.drill-report/2"; this version reads "cdk-failover.drill-report/1"',
      'use reports of this version, or the version of cdk-failover that wrote them',
    ],
    [
      'something else',
      { hello: 1 },
      'whose report 1 has schema none; this version reads "cdk-failover.drill-report/1"',
      'use reports of this version, or the version of cdk-failover that wrote them',
    ],
    [
      'nothing',
      'null',
      'whose report 1 has schema none; this version reads "cdk-failover.drill-report/1"',
      'use reports of this version, or the version of cdk-failover that wrote them',
    ],
    [
      'without its marks',
      { ...drill(33), marks: undefined },
      'whose report 1 (app-tue-1) is not complete: times, marks, results or sampling are missing',
      again,
    ],
    [
      'with a negative time',
      drill(33, { results: [{ name: 'rto', sec: -4, targetSec: 120, met: true, provenance: 'measured' }] }),
      'whose report 1 (app-tue-1) measured -4 s of rto; a time is never negative',
      `remove that report, or ${again}`,
    ],
    [
      'with a switch before the fault',
      drill(-2),
      'whose report 1 (app-tue-1) saw the switch 2 s before the fault; a time is never negative',
      `remove that report, or ${again}`,
    ],
    [
      'from the future',
      drill(33, { endedAtMs: Date.UTC(2027, 0, 1) }),
      'whose report 1 (app-tue-1) ended at 2027-01-01T00:00:00.000Z, in the future',
      'set the clock of this machine, or remove that report',
    ],
    [
      'without a drill of the pair',
      [drill(33, { pair: 'shop' })],
      'which has no valid TRAFFIC drill of the pair app that saw the switch (1 report read)',
      'run a drill first, or leave calibration out',
    ],
    [
      'without a drill',
      [],
      'which has no valid TRAFFIC drill of the pair app that saw the switch (0 reports read)',
      'run a drill first, or leave calibration out',
    ],
  ])('%s', (_name, value, because, wayOut) => {
    expect(reading(value)).toEqual({ kind: 'refused', because, wayOut });
  });
});
