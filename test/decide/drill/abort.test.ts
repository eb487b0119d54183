/** When a fault took effect, when a measurement ends early, and the middle of the clients. */
import { abortReason } from '../../../lib/decide/drill/abort';
import { effective, type FaultFacts, UNMARKED } from '../../../lib/decide/drill/marks';
import { medianMs } from '../../../lib/decide/drill/report';

const T0 = Date.UTC(2026, 10, 24, 10);
const fault = (kind: FaultFacts['kind'] = 'healthCheckPath', change: Partial<FaultFacts> = {}): FaultFacts => ({
  kind,
  sentAtMs: T0 - 1_000,
  returnedAtMs: T0,
  ...change,
});

describe('when the fault took effect', () => {
  const seen = { ...UNMARKED, firstBadProbeMs: T0 + 300, tD: T0 + 25_000 };
  test.each<[FaultFacts, typeof seen, number, string]>([
    [fault('healthCheckPath', { firstFailingMs: T0 + 200 }), seen, 200, 'failing observation of a checker'],
    [fault('healthCheckPath', { firstFailingMs: T0 - 1_001 }), seen, 0, 'return of UpdateHealthCheck'],
    [fault('healthCheckPath', { firstFailingMs: T0 - 1_000 }), seen, -1_000, 'failing observation of a checker'],
    [fault('healthCheckPath', { firstFailingMs: T0 + 25_001 }), seen, 0, 'return of UpdateHealthCheck'],
    [fault(), seen, 0, 'return of UpdateHealthCheck'],
    [fault('functions'), seen, 300, 'first failed direct probe'],
    [fault('functions'), { ...seen, firstBadProbeMs: T0 - 2_000 }, 0, 'return of the inject function'],
    [fault('metric', { firstFailingMs: T0 + 200 }), seen, 0, 'return of PutMetricData'],
  ])('by %j', (facts, marked, offsetMs, source) => {
    expect(effective(facts, marked)).toEqual({ t0: T0 + offsetMs, t0Source: source });
  });
});

test.each<[readonly (number | null)[], number | null]>([
  [[], null],
  [[3], 3],
  [[1, 2], 1.5],
  [[9, 1, 5], 5],
  [[1, null], null],
  [[1, 2, null], 2],
  [[1, 2, 3, 4], 2.5],
  [[1, null, 3], 3],
  [[1, null, null], null],
])('the median of %j is %s', (clients, median) => {
  expect(medianMs(clients)).toBe(median);
});

const calm = {
  fault: 'healthCheckPath' as const,
  standbyFails: 0,
  abortAlarmsOn: [],
  alarmBlindReads: 0,
  largestGapMs: 0,
  limitReached: false,
};

test.each<[Partial<Parameters<typeof abortReason>[0]>, ReturnType<typeof abortReason>]>([
  [{}, undefined],
  [{ primaryBad: '503' }, { because: 'the primary itself does not answer: 503; this may be a real outage', realOutage: true }],
  [
    { fault: 'metric', primaryBad: '503' },
    { because: 'the primary itself does not answer: 503; this may be a real outage', realOutage: true },
  ],
  [{ fault: 'functions', primaryBad: '503' }, undefined],
  [
    { fault: 'metric', primaryBeacon: 'unhealthy' },
    { because: 'Route 53 calls the primary itself unhealthy; this may be a real outage', realOutage: true },
  ],
  [{ fault: 'metric', primaryBeacon: 'unknown' }, undefined],
  [{ primaryBeacon: 'unhealthy' }, undefined],
  [{ stop: 'ann said stop' }, { because: 'ann said stop', realOutage: false }],
  [{ standbyBeacon: 'unhealthy' }, { because: 'Route 53 calls the standby unhealthy', realOutage: false }],
  [{ standbyBeacon: 'unknown' }, undefined],
  [{ standbyFails: 3 }, { because: '3 direct probes of the standby failed in a row', realOutage: false }],
  [{ standbyFails: 2 }, undefined],
  [{ abortAlarmsOn: ['a', 'b'] }, { because: 'alarm a, b is on', realOutage: false }],
  [{ alarmBlindReads: 3 }, { because: 'the alarms that would stop the drill cannot be read', realOutage: false }],
  [{ alarmBlindReads: 2 }, undefined],
  [{ largestGapMs: 10_001 }, { because: 'nothing was seen for 10001 ms by the clock, which may have jumped', realOutage: false }],
  [{ largestGapMs: 10_000 }, undefined],
  [{ limitReached: true }, { because: 'the time limit for measuring was reached', realOutage: false }],
])('a measurement with %j ends: %j', (change, abort) => {
  expect(abortReason({ ...calm, ...change })).toEqual(abort);
});

test('fails first of all for a primary that does not answer, which may be a real outage', () => {
  expect(abortReason({ ...calm, primaryBad: 'ECONNREFUSED', stop: 'x', limitReached: true })).toEqual({
    because: 'the primary itself does not answer: ECONNREFUSED; this may be a real outage',
    realOutage: true,
  });
});
