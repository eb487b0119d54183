/** Where a text, a key and an event are cut, to the character; and which texts are times. */
import {
  cut,
  dedupKey,
  isoToMs,
  LIMITS,
  msToIso,
  PAGER_METRIC,
  pagerDimensions,
  utf8Bytes,
  withinLimits,
} from '../../../lib/decide/alert';
import type { PageBody } from '../../../lib/decide/alert/types';

test('the limits are those that PagerDuty documents', () => {
  expect(LIMITS).toEqual({ summaryChars: 1_024, dedupKeyChars: 255, eventBytes: 524_288, routingKeyChars: 32 });
});

test('names of metrics and dimensions stay: alarms and dashboards rest on them', () => {
  expect(PAGER_METRIC).toEqual({
    delivered: 'AlertsDelivered',
    deadLettered: 'AlertsDeadLettered',
    heartbeat: 'HeartbeatDelivered',
    delay: 'AlertDelaySeconds',
  });
  expect(pagerDimensions('Alerts', 'Shop')).toEqual({ AlertPath: 'Alerts', Stack: 'Shop' });
});

test.each([
  ['x'.repeat(20), 'x'.repeat(20)],
  ['x'.repeat(21), `${'x'.repeat(13)}… [cut]`],
  [`${'x'.repeat(12)}🙂${'x'.repeat(9)}`, `${'x'.repeat(12)}… [cut]`],
  [`${'x'.repeat(11)}🙂${'x'.repeat(9)}`, `${'x'.repeat(11)}🙂… [cut]`],
  [`🙂${'x'.repeat(30)}`, `🙂${'x'.repeat(11)}… [cut]`],
])('%s is cut to 20 characters', (text, short) => {
  expect(cut(text, 20)).toBe(short);
});

// Checksums by FNV-1a of 64 bits over UTF-16 units, computed apart. They must stay: an open incident is found by its key.
test.each([
  ['k'.repeat(255), 'k'.repeat(255)],
  ['k'.repeat(256), `${'k'.repeat(238)}#9464fb8317157025`],
  [`${'k'.repeat(237)}🙂${'k'.repeat(30)}`, `${'k'.repeat(237)}#d2298555e7def6eb`],
  [`${'x'.repeat(256)}800`, `${'x'.repeat(238)}#0f2773e9614d9c7f`],
])('the key %s', (key, short) => {
  expect(dedupKey(key)).toBe(short);
});

describe('an event', () => {
  const payload = { summary: 's', source: 'o', timestamp: 't', custom_details: { a: 1 } };
  const body = (change: Partial<NonNullable<PageBody['payload']>>): PageBody => ({
    event_action: 'trigger',
    dedup_key: 'k',
    payload: { ...payload, ...change },
  });

  test('without a payload, or within every limit, stays as it is', () => {
    const bare: PageBody = { event_action: 'resolve', dedup_key: 'k' };
    expect(withinLimits(bare)).toBe(bare);
    expect(withinLimits(body({}))).toEqual(body({}));
    const full = { component: 'c', group: 'g', class: 'l', severity: 'info' } as const;
    expect(withinLimits(body(full))).toEqual(body(full));
  });

  test('has each of its texts cut by itself', () => {
    const long = 'x'.repeat(1_025);
    const short = `${'x'.repeat(1_017)}… [cut]`;
    for (const name of ['summary', 'source', 'component', 'group', 'class'] as const) {
      expect(withinLimits(body({ [name]: long }))).toEqual(body({ [name]: short }));
    }
  });

  test('keeps its details up to the last byte, and then their beginning', () => {
    const room = 524_288 - 64;
    const taken = utf8Bytes(JSON.stringify(body({ custom_details: { text: '' } })));
    const fits = body({ custom_details: { text: 'x'.repeat(room - taken) } });
    expect(withinLimits(fits)).toEqual(fits);
    const text = 'x'.repeat(room - taken + 1);
    expect(withinLimits(body({ custom_details: { text } }))).toEqual(
      body({
        custom_details: {
          cut: `details of ${text.length + 11} bytes do not fit into an event of 524288 bytes; this is their beginning`,
          beginning: `{"text":"${'x'.repeat(64 * 1_024 - 9 - 7)}… [cut]`,
        },
      }),
    );
  });
});

test.each([
  ['', 0],
  ['~', 1],
  ['\u007f', 1],
  ['\u0080', 2],
  ['\u07ff', 2],
  ['\u0800', 3],
  ['\uffff', 3],
  ['🙂', 4],
  ['aé…🙂', 10],
])('%j takes %i bytes', (text, bytes) => {
  expect(utf8Bytes(text)).toBe(bytes);
});

const NOON = '2026-11-20T12:00:00.000Z';
test.each([
  ['2026-11-20T12:00Z', NOON],
  ['2026-11-20T12:00', NOON],
  ['2026-11-20 12:00', NOON],
  ['2026-11-20 12:00:00 Z', NOON],
  ['2026-11-20T12:00:00  +0000', NOON],
  ['2026-11-20 14:00:00 +02:00', NOON],
  ['  2026-11-20T12:00:00.000Z\n', NOON],
  ['2026-11-20T12:00:00.123456789Z', '2026-11-20T12:00:00.123Z'],
  ['2026-11-20T04:30-0730', NOON],
])('%j is %s', (text, iso) => expect(isoToMs(text)).toBe(Date.parse(iso)));

test.each([
  '2026-11-20x',
  'x2026-11-20',
  '2026-11-20T12',
  '2026-11-20T12:00:00.Z',
  '2026-11-20T12:00:00.1234567890Z',
  '2026-11-20T12:00:00,5Z',
  '2026-11-20_12:00',
  '2026-11-20T12:00+2',
  '2026-11-20Z',
  '26-11-20',
  '2026-11-2',
  '2026-1-20',
  '2026-13-01',
  '2026-11-20T25:00Z',
])('%j is no time', (text) => expect(isoToMs(text)).toBeUndefined());

test('a time that no date can hold is the last or the first one', () => {
  expect([msToIso(1e300), msToIso(8.64e15), msToIso(-1e300)]).toEqual([
    '+275760-09-13T00:00:00.000Z',
    '+275760-09-13T00:00:00.000Z',
    '-271821-04-20T00:00:00.000Z',
  ]);
});
