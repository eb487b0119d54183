/** What a drill leaves in the bucket: marks, results, expectations and verdict, and the page for people. */
import { noteOverduePaged } from '../../../lib/decide/drill/keep';
import { markdownOf } from '../../../lib/decide/drill/markdown';
import { type FaultFacts, UNMARKED } from '../../../lib/decide/drill/marks';
import { METRIC_LIMIT, reportOf } from '../../../lib/decide/drill/report';
import type { MeasureResult, PreflightResult, ReturnResult } from '../../../lib/decide/drill/results';
import { blankItem } from '../../../lib/decide/drill/rules';
import { GAP_LIMIT_MS } from '../../../lib/decide/drill/verdict';
import type { RunningDrill, StepEntry } from '../../../lib/decide/journal';

const T0 = Date.UTC(2026, 10, 24, 10);
const TARGETS = { detectionSec: 30, switchSec: 60, rtoSec: 120 };
const iso = (sec: number) => new Date(T0 + sec * 1000).toISOString();
const fault = (kind: FaultFacts['kind'] = 'healthCheckPath', change: Partial<FaultFacts> = {}): FaultFacts => ({
  kind,
  sentAtMs: T0 - 1_000,
  returnedAtMs: T0,
  ...change,
});
const measure = (change: Partial<MeasureResult> = {}): MeasureResult => ({
  fault: fault(),
  seen: { ...UNMARKED, tD: T0 + 25_000, tS: T0 + 26_000, largestGapMs: 300 },
  servedAtMs: [T0 + 40_000, T0 + 60_000],
  periodMs: 250,
  primaryFails: 0,
  standbyFails: 0,
  timeline: [{ atMs: T0, what: 'the fault was injected' }],
  ...change,
});
const preflight: PreflightResult = {
  servers: ['s'],
  certificates: [
    { site: 'primary', daysLeft: 40 },
    { site: 'standby', daysLeft: null, because: 'no tls' },
  ],
};
const returned: ReturnResult = { tB: T0 + 100_000, timeline: [{ atMs: T0 + 100_000, what: 'back' }] };
const step = (outcome: string, result?: unknown, because?: readonly string[]): StepEntry => ({
  beganAtMs: T0 - 5_000,
  endedAtMs: T0 - 4_000,
  attempts: 1,
  outcome,
  ...(result === undefined ? {} : { result }),
  ...(because === undefined ? {} : { because }),
});
const drill = (
  measured: MeasureResult | undefined,
  change: Partial<RunningDrill> = {},
  steps: Record<string, StepEntry> = {},
): RunningDrill => ({
  id: 'app-tue',
  level: 'TRAFFIC',
  scenario: 'primary_crash',
  requestedBy: 'jo',
  startedAtMs: T0 - 6_000,
  deadlineMs: T0 + 900_000,
  expectedAlarms: [],
  undo: { kind: 'healthCheckPath', checkId: 'c', path: '/health', marker: '/m' },
  restored: { outcome: 'restored', atMs: T0 + 90_000, by: 'machine' },
  steps: {
    preflight: step('ready', preflight),
    arm: step('armed'),
    ...(measured ? { measure: step('measured', measured) } : {}),
    await_return: step('returned', returned),
    ...steps,
  },
  ...change,
});
const reported = (measured?: MeasureResult, change: Partial<RunningDrill> = {}, steps: Record<string, StepEntry> = {}) =>
  reportOf('app', drill(measured, change, steps), TARGETS, T0 + 110_000);

describe('the report of a drill', () => {
  test('that met everything', () => {
    const report = reported(measure());
    const { results, expectations, timeline, ...rest } = report;
    expect(rest).toEqual({
      schema: 'cdk-failover.drill-report/1',
      drillId: 'app-tue',
      pair: 'app',
      level: 'TRAFFIC',
      scenario: 'primary_crash',
      requestedBy: 'jo',
      startedAtMs: T0 - 6_000,
      endedAtMs: T0 + 110_000,
      verdict: 'passed',
      because: [],
      marks: {
        t0: T0,
        t0Source: 'return of UpdateHealthCheck',
        tD: T0 + 25_000,
        tS: T0 + 26_000,
        tR: T0 + 60_000,
        tB: T0 + 100_000,
      },
      restore: { outcome: 'restored', atMs: T0 + 90_000, by: 'machine', returnedAtMs: T0 + 100_000 },
      sampling: { periodMs: 250, largestGapMs: 300, limitMs: GAP_LIMIT_MS, valid: true },
      clientsMs: [40_000, 60_000],
      certificates: preflight.certificates,
    });
    expect(results).toEqual([
      { name: 'detection', sec: 25, targetSec: 30, met: true, provenance: 'measured' },
      { name: 'switch', sec: 1, targetSec: 60, met: true, provenance: 'measured' },
      { name: 'rto', sec: 60, targetSec: 120, met: true, provenance: 'measured' },
    ]);
    expect(expectations).toEqual([
      { name: 'detected', expected: 'Route 53 calls the primary unhealthy', seen: iso(25), met: true },
      { name: 'switched', expected: 'the name answers the standby on every server', seen: iso(26), met: true },
      { name: 'served', expected: 'every client is served by the standby', seen: iso(60), met: true },
      { name: 'stayed', expected: 'the name stays on the standby until the restore', seen: 'stayed', met: true },
      { name: 'standby kept serving', expected: 'no failed direct probe', seen: '0 failed', met: true },
      { name: 'restored', expected: 'everything is put back', seen: 'restored', met: true },
      { name: 'returned', expected: 'the name answers the primary on every server', seen: iso(100), met: true },
      { name: 'primary kept serving', expected: 'no failed direct probe', seen: '0 failed', met: true },
    ]);
    const [began, over] = [T0 - 5_000, T0 - 4_000];
    expect(timeline).toEqual([
      { atMs: began, what: 'preflight began' },
      { atMs: began, what: 'arm began' },
      { atMs: began, what: 'measure began' },
      { atMs: began, what: 'await_return began' },
      { atMs: over, what: 'preflight: ready' },
      { atMs: over, what: 'arm: armed' },
      { atMs: over, what: 'measure: measured' },
      { atMs: over, what: 'await_return: returned' },
      { atMs: T0, what: 'the fault was injected' },
      { atMs: T0 + 90_000, what: 'restored by the machine' },
      { atMs: T0 + 100_000, what: 'back' },
    ]);
  });

  test('that missed everything says each miss', () => {
    const seen = { ...UNMARKED, tD: T0 + 31_000, flappedAtMs: T0 + 50_000 };
    const report = reported(
      measure({ seen, servedAtMs: [T0 + 130_000, null], primaryFails: 2, standbyFails: 1 }),
      { restored: undefined },
      { await_return: step('not returned') },
    );
    expect([report.verdict, report.because]).toEqual([
      'failed',
      [
        'detection took 31 s, target 30 s',
        'switch took unknown time, target 60 s',
        'rto took unknown time, target 120 s',
        'expected: the name answers the standby on every server; seen: never',
        'expected: every client is served by the standby; seen: never',
        `expected: the name stays on the standby until the restore; seen: left at ${iso(50)}`,
        'expected: no failed direct probe; seen: 1 failed',
        'expected: everything is put back; seen: not yet',
        'expected: the name answers the primary on every server; seen: never',
        'expected: no failed direct probe; seen: 2 failed',
      ],
    ]);
    expect([report.clientsMs, report.restore]).toEqual([[130_000, null], { outcome: 'not yet' }]);
    expect(report.marks.tR).toBeUndefined();
  });

  test('by metric judges the switch alone and says what it does not show', () => {
    const report = reported(measure({ fault: fault('metric') }));
    expect([report.results.map(({ name }) => name), report.limits, report.verdict]).toEqual([
      ['switch'],
      [METRIC_LIMIT],
      'passed',
    ]);
    expect(report.expectations[0]).toEqual({
      name: 'held out',
      expected: 'Route 53 does not allow the primary any more',
      seen: iso(25),
      met: true,
    });
    expect(report.expectations.at(-1)?.name).toBe('primary kept serving');
  });

  test('by functions does not expect the primary to serve', () => {
    const report = reported(measure({ fault: fault('functions'), primaryFails: 9 }));
    expect([report.expectations.at(-1)?.name, report.verdict]).toEqual(['returned', 'passed']);
  });

  test('with a hole in its samples is invalid, first of all', () => {
    const seen = { ...UNMARKED, tD: T0 + 31_000, tS: T0 + 32_000, largestGapMs: GAP_LIMIT_MS + 1 };
    const report = reported(measure({ seen }));
    expect([report.verdict, report.because, report.sampling.valid]).toEqual([
      'invalid',
      ['the largest gap between samples was 1001 ms, limit 1000 ms', 'detection took 31 s, target 30 s'],
      false,
    ]);
  });

  test.each<[string, Record<string, StepEntry>, MeasureResult | undefined, string, readonly string[]]>([
    ['only looked', { preflight: step('observed') }, undefined, 'passed', []],
    ['was refused', { preflight: step('refused', undefined, ['a', 'b']) }, undefined, 'refused', ['a', 'b']],
    [
      'never came through its preflight',
      { preflight: { beganAtMs: 1, attempts: 1 } },
      undefined,
      'aborted',
      ['the preflight did not come to an end'],
    ],
    ['was not armed', { arm: step('not armed', undefined, ['no schedule']) }, undefined, 'aborted', ['no schedule']],
    ['was not armed, without a word', { arm: { beganAtMs: 1, attempts: 1 } }, undefined, 'aborted', ['the drill was not armed']],
    ['was interrupted', {}, undefined, 'aborted', ['the measurement was interrupted']],
    [
      'was aborted',
      { measure: step('aborted', measure({ standbyFails: 3 }), ['3 direct probes of the standby failed in a row']) },
      undefined,
      'aborted',
      ['3 direct probes of the standby failed in a row', 'expected: no failed direct probe; seen: 3 failed'],
    ],
  ])('that %s', (_name, steps, measured, verdict, because) => {
    const report = reported(measured, {}, steps);
    expect([report.verdict, report.because]).toEqual([verdict, because]);
  });

  test.each<[string, Partial<MeasureResult>, Partial<RunningDrill>, string[]]>([
    ['a gap of just the limit is valid', { seen: { ...measure().seen, largestGapMs: GAP_LIMIT_MS } }, {}, []],
    ['nothing to restore is restored', {}, { restored: { outcome: 'nothing to restore', atMs: T0 + 90_000, by: 'machine' } }, []],
    [
      'what a deployment changed is not',
      {},
      { restored: { outcome: 'changed by a deployment', atMs: T0 + 90_000, by: 'machine' } },
      ['expected: everything is put back; seen: changed by a deployment'],
    ],
    [
      'no client is no client served',
      { servedAtMs: [] },
      {},
      ['rto took unknown time, target 120 s', 'expected: every client is served by the standby; seen: never'],
    ],
    ['a target that is just met is met', { servedAtMs: [T0 + 120_000] }, {}, []],
    ['one millisecond more misses it', { servedAtMs: [T0 + 120_001] }, {}, ['rto took 120.001 s, target 120 s']],
  ])('judges that %s', (_name, measured, change, because) => {
    const report = reported(measure(measured), change);
    expect([report.verdict, report.because]).toEqual([because.length > 0 ? 'failed' : 'passed', because]);
  });

  test('that was refused says what is known, and nothing as measured', () => {
    const entry: StepEntry = { beganAtMs: T0, endedAtMs: T0 + 1_000, attempts: 1 };
    const refused = { ...drill(undefined), undo: undefined, restored: undefined, steps: { preflight: entry } };
    expect(reportOf('app', refused, TARGETS, T0 + 2_000)).toEqual({
      schema: 'cdk-failover.drill-report/1',
      drillId: 'app-tue',
      pair: 'app',
      level: 'TRAFFIC',
      scenario: 'primary_crash',
      requestedBy: 'jo',
      startedAtMs: T0 - 6_000,
      endedAtMs: T0 + 2_000,
      verdict: 'aborted',
      because: ['the preflight did not come to an end'],
      marks: {},
      results: [],
      expectations: [],
      restore: { outcome: 'nothing to restore' },
      sampling: { periodMs: 0, largestGapMs: 0, limitMs: GAP_LIMIT_MS, valid: true },
      clientsMs: [],
      certificates: [],
      timeline: [
        { atMs: T0, what: 'preflight began' },
        { atMs: T0 + 1_000, what: 'preflight: ended' },
      ],
    });
  });

  test('of which nothing was broken has neither results nor clients', () => {
    const report = reported(measure({ fault: undefined }), { undo: undefined, restored: undefined });
    expect([report.results, report.expectations, report.clientsMs, report.restore.outcome]).toEqual([
      [],
      [],
      [],
      'nothing to restore',
    ]);
    expect(report.marks).toEqual({ tB: T0 + 100_000 });
  });
});

test('an overdue drill is noted once, and only its own', () => {
  const running = { ...blankItem('app'), drill: drill(undefined) };
  const noted = noteOverduePaged(running, 'app-tue');
  expect(noted).toEqual({
    kind: 'write',
    item: { ...running, drill: { ...running.drill, overduePaged: true } },
    answer: 'noted',
  });
  const already = { kind: 'keep', answer: 'already' };
  expect(noteOverduePaged(noted.kind === 'write' ? noted.item : undefined, 'app-tue')).toEqual(already);
  for (const found of [undefined, blankItem('app'), running]) expect(noteOverduePaged(found, 'app-wed')).toEqual(already);
});

describe('the page for people', () => {
  test('stands as a whole', () => {
    const report = reported(measure({ servedAtMs: [T0 + 40_000, T0 + 60_000] }));
    expect(markdownOf({ ...report, timeline: report.timeline.slice(-2), expectations: report.expectations.slice(0, 1) })).toBe(
      [
        '# Drill app-tue: passed',
        '',
        `Pair \`app\`, level TRAFFIC, scenario primary_crash, asked by jo, ${iso(-6)} to ${iso(110)}.`,
        '',
        '## Results',
        '',
        '| What | Seconds | Target | Met | Provenance |',
        '| --- | --- | --- | --- | --- |',
        '| detection | 25.0 | 30 | yes | measured |',
        '| switch | 1.0 | 60 | yes | measured |',
        '| rto | 60.0 | 120 | yes | measured |',
        '',
        'Clients (measured): worst 60.0 s, median 50.0 s, of 2.',
        'Sampling (measured): every 250 ms, largest gap 300 ms, limit 1000 ms: valid.',
        '',
        '| Mark | Time | What |',
        '| --- | --- | --- |',
        `| t0 | ${iso(0)} | fault effective (return of UpdateHealthCheck) |`,
        `| tD | ${iso(25)} | first authoritative "unhealthy" |`,
        `| tS | ${iso(26)} | the name answers the standby on every server |`,
        `| tR | ${iso(60)} | the last client is served by the standby |`,
        `| tB | ${iso(100)} | the name answers the primary again on every server |`,
        '',
        '## Expectations',
        '',
        '| What | Expected | Seen | Met |',
        '| --- | --- | --- | --- |',
        `| detected | Route 53 calls the primary unhealthy | ${iso(25)} | yes |`,
        '',
        '## Restore',
        '',
        `restored at ${iso(90)} by the machine; the name answered the primary again: ${iso(100)}.`,
        '',
        '## Certificates',
        '',
        '| Site | Days left |',
        '| --- | --- |',
        '| primary | 40 |',
        '| standby | unknown: no tls |',
        '',
        '## Timeline',
        '',
        '| Time | What |',
        '| --- | --- |',
        `| ${iso(90)} | restored by the machine |`,
        `| ${iso(100)} | back |`,
        '',
      ].join('\n'),
    );
  });

  test('says what is unknown, what was missed, and lets no text break out', () => {
    const report = reported(
      measure({ seen: { ...UNMARKED, largestGapMs: 2_000 }, servedAtMs: [null] }),
      { requestedBy: 'a|b\n<c>`\\', restored: undefined },
      { preflight: step('ready', { servers: [], certificates: [] }), await_return: step('not returned') },
    );
    const page = markdownOf({ ...report, timeline: [] });
    expect(page).toContain('asked by a\\|b \\<c\\>\\`\\\\, ');
    expect(page).toContain('- the largest gap between samples was 2000 ms, limit 1000 ms\n');
    expect(page).toContain('| detection | unknown | 30 | no | measured |');
    expect(page).toContain('Clients (measured): worst unknown, median unknown, of 1.');
    expect(page).toContain('largest gap 2000 ms, limit 1000 ms: invalid.');
    expect(page).toContain('| tD | never seen | first authoritative "unhealthy" |');
    expect(page).toContain('not yet; the name answered the primary again: never seen.');
    expect(page).not.toContain('## Certificates');
  });

  test('of a drill that broke nothing has no results', () => {
    const page = markdownOf(reported(undefined, {}, { preflight: step('refused', undefined, ['a']) }));
    expect(page).toContain('# Drill app-tue: refused\n');
    expect(page).not.toContain('## Results');
  });
});
