import {
  afterglows,
  daysSinceSuccess,
  isAbandoned,
  markAfterglow,
  mustRestore,
  noteWatched,
} from '../../../lib/decide/drill/keep';
import { closedPort, markerAnswer, type PreflightFacts, refusals } from '../../../lib/decide/drill/preflight';
import { blankItem } from '../../../lib/decide/drill/rules';
import { hourIn, outside } from '../../../lib/decide/drill/window';
import type { EndedDrill, RunningDrill } from '../../../lib/decide/journal';

const NOW = Date.UTC(2026, 10, 24, 10, 30);
const READY: PreflightFacts = {
  nowMs: NOW,
  standing: [],
  window: { fromHour: 9, toHour: 12, timeZone: 'Europe/Berlin' },
  servers: [{ server: 'ns1', name: 'primary', primaryBeacon: 'healthy', standbyBeacon: 'healthy' }],
  primary: { good: true, because: 'answered 200' },
  standby: { good: true, because: 'answered 200' },
  alarms: [{ name: 'a', region: 'us-east-1', state: 'OK' }],
  check: { kind: 'check', path: '/health', marker: { passes: false, because: 'answers 404' }, wayBack: { kind: 'proved' } },
};

describe('preflight', () => {
  test('finds nothing against a drill when all is well', () => {
    expect(refusals(READY)).toEqual([]);
  });

  test('fails with every reason at once', () => {
    const reasons = refusals({
      nowMs: NOW,
      standing: ['incident app/17 is open since 2026-11-24T09:59:00.000Z'],
      window: { fromHour: 22, toHour: 4, timeZone: 'Europe/Berlin' },
      servers: [
        { server: 'ns1', name: 'standby', primaryBeacon: 'unhealthy', standbyBeacon: 'unknown' },
        { server: 'ns2', name: 'unknown', primaryBeacon: 'healthy' },
        { server: 'ns3', name: 'other', primaryBeacon: 'healthy' },
      ],
      primary: { good: false, because: 'ECONNREFUSED' },
      standby: { good: false, because: 'answered 503' },
      alarms: [
        { name: 'a', region: 'us-east-1', state: 'ALARM' },
        { name: 'b', region: 'eu-central-1', state: 'INSUFFICIENT_DATA' },
        { name: 'c', region: 'eu-central-1', state: 'unknown: AccessDenied' },
      ],
      check: {
        kind: 'check',
        path: '/.well-known/failover-drill/app-old',
        marker: markerAnswer('/.well-known/failover-drill/app-tue', 302, 'answered 302'),
        wayBack: { kind: 'unknown', because: 'AccessDenied' },
      },
    });
    expect(reasons).toEqual([
      'incident app/17 is open since 2026-11-24T09:59:00.000Z',
      'it is 11 h in Europe/Berlin, outside the drill window 22 h to 4 h',
      'the primary does not answer its probe: ECONNREFUSED',
      'the standby does not answer its probe: answered 503',
      'the name answers the standby at ns1, not the primary',
      'the beacon of the primary is unhealthy at ns1',
      'the beacon of the standby is unknown at ns1',
      'the name answers nothing we can read at ns2, not the primary',
      'the name answers neither side at ns3, not the primary',
      'alarm a in us-east-1 is ALARM',
      'alarm b in eu-central-1 is INSUFFICIENT_DATA',
      'alarm c in eu-central-1 is unknown: AccessDenied',
      'the health check of the primary still carries /.well-known/failover-drill/app-old; restore its path, then deploy the pair again',
      'the primary answers 302 on /.well-known/failover-drill/app-tue, which Route 53 takes for healthy; answer 4xx or 5xx below /.well-known/failover-drill/',
      'the way back is not proved: AccessDenied',
    ]);
  });

  test('takes what it cannot see for a reason', () => {
    const blind = { kind: 'unknown', because: 'timed out' } as const;
    expect(
      refusals({ ...READY, servers: { kind: 'unknown', because: 'the name servers are unknown: timed out' }, check: blind }),
    ).toEqual(['the name servers are unknown: timed out', 'the health check of the primary cannot be read: timed out']);
    expect(
      refusals({ ...READY, check: { kind: 'check', marker: markerAnswer('/m', undefined, 'no answer within 2000 ms') } }),
    ).toEqual(['what the primary answers where the drill points its check is unknown: no answer within 2000 ms']);
  });

  test.each([
    [199, false],
    [200, true],
    [301, true],
    [399, true],
    [400, false],
    [503, false],
  ])('status %i on the marker path passes a health check: %s', (status, passes) => {
    expect(markerAnswer('/m', status, '')).toMatchObject({ passes });
  });

  test('the closed port is never the port of the check', () => {
    expect([closedPort(443), closedPort(9)]).toEqual([9, 10]);
  });
});

describe('the drill window', () => {
  const berlin = 'Europe/Berlin';
  test('goes by the clocks of its time zone, in summer and in winter', () => {
    expect(hourIn(berlin, Date.UTC(2026, 6, 1, 8))).toBe(10);
    expect(hourIn(berlin, Date.UTC(2026, 11, 1, 8))).toBe(9);
    expect(hourIn('Asia/Kolkata', Date.UTC(2026, 0, 1, 18, 29))).toBe(23);
    expect(hourIn('Asia/Kolkata', Date.UTC(2026, 0, 1, 18, 30))).toBe(0);
  });

  test.each([
    [9, 12, 9, true],
    [9, 12, 12, false],
    [22, 4, 23, true],
    [22, 4, 3, true],
    [22, 4, 4, false],
    [0, 24, 0, true],
  ])('%i to %i h holds %i h: %s', (fromHour, toHour, hour, inside) => {
    const said = outside({ fromHour, toHour, timeZone: 'UTC' }, Date.UTC(2026, 0, 1, hour));
    expect(said === undefined).toBe(inside);
  });

  test('fails for a time zone that nobody knows', () => {
    expect(outside({ fromHour: 0, toHour: 24, timeZone: 'Mars/Olympus' }, NOW)).toBe(
      'the drill window names the unknown time zone Mars/Olympus',
    );
  });
});

describe('the keeper', () => {
  const drill: RunningDrill = {
    id: 'app-tue',
    level: 'TRAFFIC',
    scenario: 'primary_crash',
    requestedBy: 'me',
    startedAtMs: 0,
    deadlineMs: 1_000,
    undo: { kind: 'healthCheckPath', checkId: 'c', path: '/health', marker: '/m' },
    expectedAlarms: [],
    steps: {},
  };
  const restored = (outcome: 'restored' | 'not yet', atMs: number, verifiedAtMs?: number) => ({
    ...drill,
    restored: { outcome, atMs, by: 'machine', ...(verifiedAtMs === undefined ? {} : { verifiedAtMs }) },
  });
  test.each([
    ['leaves a drill alone before its deadline', drill, 999, false],
    ['restores at the deadline', drill, 1_000, true],
    ['leaves alone what never had an undo', { ...drill, undo: undefined }, 5_000, false],
    ['restores what was not restored yet', restored('not yet', 900), 5_000, true],
    ['looks once more at what was restored before the deadline', restored('restored', 900, 900), 5_000, true],
    ['believes what was seen restored after the deadline', restored('restored', 900, 1_000), 5_000, false],
  ] as const)('%s', (_name, given, nowMs, expected) => {
    expect(mustRestore(given as RunningDrill, nowMs)).toBe(expected);
  });

  test('gives a drill up only when it is restored and its runner had its time', () => {
    const late = 1_000 + 20 * 60_000;
    expect(isAbandoned(restored('restored', 900, 1_000), late - 1)).toBe(false);
    expect(isAbandoned(restored('restored', 900, 1_000), late)).toBe(true);
    expect(isAbandoned(drill, late)).toBe(false);
  });

  test('looks at the alarms of a drill once, five minutes after its restore', () => {
    const ended = (change: Partial<EndedDrill>): EndedDrill => ({
      id: 'a',
      level: 'TRAFFIC',
      verdict: 'passed',
      endedAtMs: 0,
      expectedAlarms: ['x'],
      ...change,
    });
    const item = {
      ...blankItem('app'),
      lastDrills: [ended({ restoredAtMs: 0 }), ended({ id: 'b', restoredAtMs: 1 }), ended({ id: 'c' })],
    };
    expect(afterglows(item, 300_000).map((one) => one.id)).toEqual(['a']);
    const marked = markAfterglow(item, 'a');
    expect(marked.kind === 'write' && afterglows(marked.item, 300_000)).toEqual([]);
    expect(marked.kind === 'write' && markAfterglow(marked.item, 'a').kind).toBe('keep');
  });

  test('counts the age of a drill that never passed from when the pair was first seen', () => {
    const first = noteWatched(undefined, 'app', NOW);
    expect(first).toEqual({
      kind: 'write',
      item: { ...blankItem('app'), watchedSinceMs: NOW },
      answer: { ...blankItem('app'), watchedSinceMs: NOW },
    });
    expect(noteWatched(first.answer, 'app', NOW + 1)).toEqual({ kind: 'keep', answer: first.answer });
    expect(daysSinceSuccess(first.answer, NOW + 86_400_000)).toBe(1);
    expect(daysSinceSuccess({ ...first.answer, lastSuccessAtMs: NOW + 43_200_000 }, NOW + 86_400_000)).toBe(0.5);
  });
});
