/** What a drill sees: before it, at the sites, by its clients, and on the page afterwards. Whole answers. */
import { ALARM_BLIND_READS, abortReason, JUMP_MS, STANDBY_FAILS } from '../../../lib/decide/drill/abort';
import { lastServed, learned, mustAsk, nextServer, requested, warmClients } from '../../../lib/decide/drill/clients';
import { markdownOf } from '../../../lib/decide/drill/markdown';
import { mark, type Sample, UNMARKED } from '../../../lib/decide/drill/marks';
import { type MetricFacts, markerAnswer, type PreflightFacts, refusals } from '../../../lib/decide/drill/preflight';
import { type DrillReport, REPORT_SCHEMA } from '../../../lib/decide/drill/report-shape';
import { answersSide, recordTypes, type SiteAnswers, serves } from '../../../lib/decide/drill/site';

describe('a drill by metric', () => {
  const metric: MetricFacts = {
    alarm: 'app-drill',
    state: 'OK',
    beacons: [{ server: 'ns1', says: 'healthy' }],
    wayBack: { kind: 'proved' },
  };
  const good = { good: true, because: 'answered 200' };
  const facts = (change: Partial<MetricFacts>): PreflightFacts => ({
    nowMs: 0,
    standing: [],
    servers: [],
    primary: good,
    standby: good,
    alarms: [],
    metric: { ...metric, ...change },
  });
  test.each<[string, Partial<MetricFacts>, string[]]>([
    ['is ready', {}, []],
    ['is ready where a run must not write', { wayBack: undefined }, []],
    ['is refused when its alarm is on', { state: 'ALARM' }, ["alarm app-drill of the drill's metric is ALARM"]],
    [
      'is refused by each beacon that is not healthy',
      {
        beacons: [
          { server: 'ns1', says: 'unknown' },
          { server: 'ns2', says: 'healthy' },
          { server: 'ns3', says: 'unhealthy' },
        ],
      },
      ['the beacon of what the drill holds out is unknown at ns1', 'the beacon of what the drill holds out is unhealthy at ns3'],
    ],
    [
      'is refused without a way back',
      { wayBack: { kind: 'unknown', because: 'AccessDenied' } },
      ['the way back is not proved: AccessDenied'],
    ],
  ])('%s', (_name, change, because) => {
    expect(refusals(facts(change))).toEqual(because);
  });

  test('and every other, without a check watching the standby, is ready', () => {
    const { metric: _none, ...rest } = facts({});
    const server = { server: 'ns1', name: 'primary', primaryBeacon: 'healthy' } as const;
    const check = { kind: 'check', marker: markerAnswer('/m', 404, 'answered 404'), wayBack: { kind: 'proved' } } as const;
    expect(refusals({ ...rest, servers: [server], check })).toEqual([]);
    expect(check.marker).toEqual({ passes: false, because: 'answers 404' });
    expect(markerAnswer('/m', undefined, 'timed out')).toEqual({ kind: 'unknown', because: 'timed out' });
  });
});

test('what ends a drill counts from three on, and a hole from ten seconds on', () => {
  expect([STANDBY_FAILS, ALARM_BLIND_READS, JUMP_MS]).toEqual([3, 3, 10_000]);
  const calm = {
    fault: 'metric',
    standbyFails: 0,
    abortAlarmsOn: [],
    alarmBlindReads: 0,
    largestGapMs: 0,
    limitReached: false,
  } as const;
  expect(abortReason({ ...calm, primaryBeacon: 'healthy', standbyBeacon: 'healthy' })).toBeUndefined();
});

test('a probe of the primary marks its first failure and no other', () => {
  const probe = (atMs: number, good: boolean): Sample => ({ kind: 'primary', good, atMs });
  expect([probe(1, true), probe(2, false), probe(3, true), probe(4, false)].reduce(mark, UNMARKED)).toEqual({
    firstBadProbeMs: 2,
    largestGapMs: 0,
  });
});

test('a round keeps its time, and the first return to the primary', () => {
  const name = (atMs: number, ...servers: ('primary' | 'standby')[]): Sample => ({ kind: 'name', servers, atMs });
  const rounds = [name(1, 'primary'), name(2, 'standby'), name(5, 'primary', 'standby'), name(6, 'primary')];
  expect(rounds.reduce(mark, UNMARKED)).toEqual({ lastRoundMs: 6, largestGapMs: 3, tS: 2, flappedAtMs: 5 });
});

describe('a client', () => {
  const [first] = warmClients(['192.0.2.1'], 8, 1_000);
  if (!first) throw new Error('no client');

  test('begins with a warm answer and nothing asked', () => {
    expect(first).toEqual({ index: 0, values: ['192.0.2.1'], expiresAtMs: 2_000, asks: 0, streak: 0 });
  });

  test('keeps what it learned for a TTL, and without an answer asks again at once', () => {
    expect(learned(first, ['192.0.2.2'], 30, 2_000)).toEqual({ ...first, values: ['192.0.2.2'], expiresAtMs: 32_000, asks: 1 });
    expect(learned(first, undefined, 30, 2_000)).toEqual({ ...first, values: [], expiresAtMs: 2_000, asks: 1 });
    expect([mustAsk(first, 1_999), mustAsk({ ...first, values: [] }, 1_999)]).toEqual([false, true]);
  });

  test('goes round the servers, from its own place on', () => {
    const at = (index: number, asks: number) => nextServer({ ...first, index, asks }, ['a', 'b', 'c']);
    expect([at(0, 0), at(1, 0), at(1, 1), at(1, 2), at(5, 0)]).toEqual(['a', 'b', 'c', 'a', 'c']);
    expect(nextServer(first, [])).toBeUndefined();
  });

  test('counts good answers from the first of them, and forgets them at a bad one', () => {
    const two = requested(requested(first, true, 10), true, 20);
    expect(two).toEqual({ ...first, streak: 2, streakSinceMs: 10 });
    expect(requested(two, false, 30)).toEqual({ ...first, streak: 0, streakSinceMs: undefined });
    const served = { ...first, servedAtMs: 5 };
    expect(requested(served, false, 40)).toBe(served);
  });

  test('that was served last decides, in whatever order they stand', () => {
    expect(lastServed([30, 50, 10].map((servedAtMs) => ({ ...first, servedAtMs })))).toBe(50);
  });
});

describe('a site', () => {
  const side: SiteAnswers = {
    answers: [
      { type: 'A', values: ['192.0.2.1', '192.0.2.2'] },
      { type: 'CNAME', values: ['A.example.com.'] },
      { type: 'A', values: ['192.0.2.3'] },
    ],
  };
  const other: SiteAnswers = { answers: [{ type: 'A', values: ['192.0.2.9'] }] };
  test.each<['A' | 'AAAA' | 'CNAME', string[] | undefined, boolean]>([
    ['A', ['192.0.2.2'], true],
    ['A', ['192.0.2.1', '192.0.2.3'], true],
    ['A', ['192.0.2.1', '192.0.2.9'], false],
    ['A', [], false],
    ['A', undefined, false],
    ['AAAA', ['192.0.2.1'], false],
    ['CNAME', ['a.EXAMPLE.com'], true],
    ['CNAME', ['a.example.com.'], true],
    ['CNAME', ['aXexample.com'], false],
  ])('answers type %s with %j: %s', (type, values, own) => {
    expect(answersSide(side, { type, values })).toBe(own);
  });

  test('renders each of its types once', () => expect(recordTypes(side)).toEqual(['A', 'CNAME']));

  test('is not known when nothing was asked, and other when the answer is of neither', () => {
    expect(serves([], side, other)).toBe('unknown');
    expect(serves([{ type: 'A', values: ['192.0.2.77'] }], side, other)).toBe('other');
    expect(serves([{ type: 'A', values: ['192.0.2.9'] }], side, other)).toBe('standby');
  });
});

test('the page of a drill by metric that missed everything, whole', () => {
  const at = (sec: number) => Date.UTC(2026, 10, 24, 10, 0, sec);
  const iso = (sec: number) => new Date(at(sec)).toISOString();
  const report: DrillReport = {
    schema: REPORT_SCHEMA,
    drillId: 'app-tue',
    pair: 'app',
    level: 'TRAFFIC',
    scenario: 'primary_crash',
    startedAtMs: at(0),
    endedAtMs: at(50),
    requestedBy: 'jo  | <ops>',
    verdict: 'failed',
    because: ['switch took unknown time,\ntarget 60 s', 'b'],
    marks: {},
    results: [{ name: 'switch', sec: null, targetSec: 60, met: false, provenance: 'measured' }],
    limits: ['one\nlimit', 'another'],
    expectations: [{ name: 'switched', expected: 'e', seen: 'never', met: false }],
    restore: { outcome: 'restored', atMs: at(40), by: 'keeper' },
    sampling: { periodMs: 250, largestGapMs: 300, limitMs: 1_000, valid: true },
    clientsMs: [12_340, 20_000, null],
    certificates: [{ site: 'standby', daysLeft: null }],
    timeline: [{ atMs: at(1), what: 'a `b`' }],
  };
  const never = 'never seen';
  expect(markdownOf(report)).toBe(
    [
      '# Drill app-tue: failed',
      '',
      `Pair \`app\`, level TRAFFIC, scenario primary_crash, asked by jo \\| \\<ops\\>, ${iso(0)} to ${iso(50)}.`,
      '',
      '- switch took unknown time, target 60 s',
      '- b',
      '',
      '## Results',
      '',
      '| What | Seconds | Target | Met | Provenance |',
      '| --- | --- | --- | --- | --- |',
      '| switch | unknown | 60 | no | measured |',
      '',
      'Not shown: one limit.',
      '',
      'Not shown: another.',
      '',
      'Clients (measured): worst unknown, median 20.0 s, of 3.',
      'Sampling (measured): every 250 ms, largest gap 300 ms, limit 1000 ms: valid.',
      '',
      '| Mark | Time | What |',
      '| --- | --- | --- |',
      `| t0 | ${never} | fault effective (not known) |`,
      `| tD | ${never} | first authoritative "unhealthy" |`,
      `| tS | ${never} | the name answers the standby on every server |`,
      `| tR | ${never} | the last client is served by the standby |`,
      `| tB | ${never} | the name answers the primary again on every server |`,
      '',
      '## Expectations',
      '',
      '| What | Expected | Seen | Met |',
      '| --- | --- | --- | --- |',
      '| switched | e | never | no |',
      '',
      '## Restore',
      '',
      `restored at ${iso(40)} by the keeper; the name answered the primary again: never seen.`,
      '',
      '## Certificates',
      '',
      '| Site | Days left |',
      '| --- | --- |',
      '| standby | unknown:  |',
      '',
      '## Timeline',
      '',
      '| Time | What |',
      '| --- | --- |',
      `| ${iso(1)} | a \\\`b\\\` |`,
      '',
    ].join('\n'),
  );
});
