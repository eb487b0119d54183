import fc from 'fast-check';
import {
  CLIENTS,
  GOOD_IN_A_ROW,
  lastServed,
  learned,
  mustAsk,
  nextServer,
  requested,
  warmClients,
} from '../../../lib/decide/drill/clients';
import { effective, type FaultFacts, mark, type Sample, UNMARKED } from '../../../lib/decide/drill/marks';
import { beaconSays, type Serves, serves } from '../../../lib/decide/drill/site';
import { GAP_LIMIT_MS, resultsOf } from '../../../lib/decide/drill/verdict';

const seed = Number(process.env.SEED ?? 20261120);
const all = (samples: readonly Sample[]) => samples.reduce(mark, UNMARKED);
const name = (atMs: number, ...servers: Serves[]): Sample => ({ kind: 'name', servers, atMs });
const beacon = (atMs: number, says: 'healthy' | 'unhealthy' | 'unknown'): Sample => ({ kind: 'beacon', server: 's', says, atMs });

describe('marks', () => {
  test.each([
    [
      'tD is the first unhealthy beacon of any server',
      [beacon(1, 'healthy'), beacon(2, 'unhealthy'), beacon(3, 'unhealthy')],
      { tD: 2 },
    ],
    ['an unknown beacon is no verdict', [beacon(1, 'unknown')], {}],
    ['tS needs every server', [name(1, 'standby', 'primary'), name(2, 'standby', 'standby')], { tS: 2 }],
    ['a server that does not answer is not the standby', [name(1, 'standby', 'unknown')], {}],
    ['no server at all proves nothing', [name(1)], {}],
    ['tS stays where it was first seen', [name(1, 'standby'), name(2, 'primary'), name(3, 'standby')], { tS: 1, flappedAtMs: 2 }],
    ['an answer that fails after tS is no return', [name(1, 'standby'), name(2, 'unknown'), name(3, 'other')], { tS: 1 }],
  ])('%s', (_name, samples, expected) => {
    const { largestGapMs: _gap, lastRoundMs: _last, ...seen } = all(samples as Sample[]);
    expect(seen).toEqual(expected);
  });

  test.each([
    ['evenly', [0, 250, 500], 250],
    ['with a hole', [0, 250, 1_500, 1_750], 1_250],
    ['with a clock that jumps back', [10_000, 10_250, 4_000], 6_250],
  ])('the largest gap is seen when rounds come %s', (_name, times, gapMs) => {
    expect(all(times.map((ms) => name(ms, 'primary'))).largestGapMs).toBe(gapMs);
  });

  test('equal their definition over the whole history, whatever it is', () => {
    const sides = fc.constantFrom<Serves>('primary', 'standby', 'other', 'unknown');
    const rounds = fc.array(
      fc.tuple(fc.nat(900), fc.array(sides, { minLength: 1, maxLength: 4 }), fc.constantFrom('healthy', 'unhealthy', 'unknown')),
      {
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(rounds, (history) => {
        let atMs = 1;
        const samples = history.flatMap(([wait, servers, says]) => {
          atMs += wait;
          return [beacon(atMs, says as 'healthy'), name(atMs, ...servers)];
        });
        const seen = all(samples);
        const firstBad = samples.find((s) => s.kind === 'beacon' && s.says === 'unhealthy');
        const firstMoved = samples.find((s) => s.kind === 'name' && s.servers.every((side) => side === 'standby'));
        expect(seen.tD).toBe(firstBad?.atMs);
        expect(seen.tS).toBe(firstMoved?.atMs);
        expect(seen.largestGapMs).toBe(Math.max(0, ...history.slice(1).map(([wait]) => wait)));
      }),
      { seed },
    );
  });

  const path: FaultFacts = { kind: 'healthCheckPath', sentAtMs: 100, returnedAtMs: 120 };
  const functions: FaultFacts = { kind: 'functions', sentAtMs: 100, returnedAtMs: 120 };
  test.each([
    ['a failing observation of a checker', { ...path, firstFailingMs: 130 }, {}, 130, 'failing observation of a checker'],
    ['the return of the update when no observation was seen', path, {}, 120, 'return of UpdateHealthCheck'],
    ['not an observation from before the fault', { ...path, firstFailingMs: 99 }, {}, 120, 'return of UpdateHealthCheck'],
    ['not an observation after the verdict', { ...path, firstFailingMs: 900 }, { tD: 800 }, 120, 'return of UpdateHealthCheck'],
    ['the first failed direct probe of a real fault', functions, { firstBadProbeMs: 140 }, 140, 'first failed direct probe'],
    ['the return of the function when no probe failed', functions, {}, 120, 'return of the inject function'],
  ])('t0 is %s', (_name, fault, seen, t0, t0Source) => {
    expect(effective(fault as FaultFacts, { ...UNMARKED, ...seen })).toEqual({ t0, t0Source });
  });

  test('a span that was not measured is unknown and misses its target', () => {
    const targets = { detectionSec: 30, switchSec: 60, rtoSec: 120 };
    expect(resultsOf({ t0: 0, tD: 30_000, tS: 29_900 }, targets)).toEqual([
      { name: 'detection', sec: 30, targetSec: 30, met: true, provenance: 'measured' },
      { name: 'switch', sec: 0, targetSec: 60, met: true, provenance: 'measured' },
      { name: 'rto', sec: null, targetSec: 120, met: false, provenance: 'measured' },
    ]);
    expect(resultsOf({ t0: 0, tD: 30_001 }, targets)[0]?.met).toBe(false);
    expect(GAP_LIMIT_MS).toBe(1_000);
  });
});

describe('eight clients', () => {
  test('start with warm answers that run out evenly over one TTL', () => {
    expect(warmClients(['192.0.2.1'], 32, 1_000).map((client) => client.expiresAtMs)).toEqual([
      5_000, 9_000, 13_000, 17_000, 21_000, 25_000, 29_000, 33_000,
    ]);
  });

  test('keep an answer for its TTL, then ask the next server in turn', () => {
    const [client] = warmClients(['192.0.2.1'], 8, 0);
    if (!client) throw new Error('no client');
    expect([mustAsk(client, 999), mustAsk(client, 1_000)]).toEqual([false, true]);
    const next = learned(client, ['192.0.2.2'], 30, 1_000);
    expect([nextServer(client, ['a', 'b']), nextServer(next, ['a', 'b'])]).toEqual(['a', 'b']);
    expect(mustAsk(next, 30_999)).toBe(false);
    expect(mustAsk(learned(next, undefined, 0, 40_000), 40_000)).toBe(true);
  });

  test('are served at the first of ten good answers in a row from the standby, and not one earlier', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 80 }), (answers) => {
        const [client] = warmClients(['192.0.2.1'], 30, 0);
        if (!client) throw new Error('no client');
        const end = answers.reduce((state, good, at) => requested(state, good, at), client);
        const first = answers.findIndex(
          (_, at) => answers.slice(at, at + GOOD_IN_A_ROW).filter(Boolean).length === GOOD_IN_A_ROW,
        );
        expect(end.servedAtMs).toBe(first < 0 ? undefined : first);
      }),
      { seed, numRuns: 300 },
    );
  });

  test('count together only when the last one is served', () => {
    const clients = warmClients(['192.0.2.1'], 30, 0).map((client, n) => ({ ...client, servedAtMs: n * 10 }));
    expect(lastServed(clients)).toBe((CLIENTS - 1) * 10);
    expect(lastServed(clients.map((client, n) => (n === 3 ? { ...client, servedAtMs: undefined } : client)))).toBeUndefined();
    expect(lastServed([])).toBeUndefined();
  });
});

describe('which side answers', () => {
  const side = (v4: string, v6: string) => ({
    answers: [
      { type: 'A' as const, values: [v4] },
      { type: 'AAAA' as const, values: [v6] },
    ],
  });
  const [a, b] = [side('192.0.2.1', '2001:db8::1'), side('192.0.2.2', '2001:db8::2')];
  test.each([
    ['primary', ['192.0.2.1'], ['2001:db8::1'], 'primary'],
    ['standby, whatever the case', ['192.0.2.2'], ['2001:DB8::2'], 'standby'],
    ['neither when the types disagree', ['192.0.2.1'], ['2001:db8::2'], 'other'],
    ['neither when one type has no answer', ['192.0.2.1'], [], 'other'],
    ['unknown when one type could not be asked', ['192.0.2.1'], undefined, 'unknown'],
  ])('%s', (_name, v4, v6, expected) => {
    expect(
      serves(
        [
          { type: 'A', values: v4 },
          { type: 'AAAA', values: v6 },
        ],
        a,
        b,
      ),
    ).toBe(expected);
  });

  test('a beacon says healthy or unhealthy in one text, or nothing', () => {
    expect([['healthy'], ['unhealthy'], ['Healthy'], [], ['healthy', 'healthy'], undefined].map(beaconSays)).toEqual([
      'healthy',
      'unhealthy',
      'unknown',
      'unknown',
      'unknown',
      'unknown',
    ]);
  });
});
