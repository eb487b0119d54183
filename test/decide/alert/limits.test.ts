import fc from 'fast-check';
import {
  dedupKey,
  isoToMs,
  LIMITS,
  msToIso,
  pageFor,
  parseMessage,
  retryDelaySec,
  severityMap,
  utf8Bytes,
  withinLimits,
} from '../../../lib/decide/alert';

const runs = { seed: Number(process.env.SEED ?? 20261120), numRuns: 200 };
const severities = severityMap('critical', 'warning');
const anyText = fc.string({ unit: 'binary', maxLength: 3_000 });

test('a key within the limit stays as it is', () => {
  const key = 'k'.repeat(LIMITS.dedupKeyChars);
  expect(dedupKey(key)).toBe(key);
});

test('two keys stay two keys, however long they are', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 400 }),
      fc.string({ minLength: 1, maxLength: 9 }),
      fc.string({ minLength: 1, maxLength: 9 }),
      (base, a, b) => {
        fc.pre(a !== b);
        const long = base.padEnd(300, 'x');
        expect(dedupKey(long + a)).not.toBe(dedupKey(long + b));
        expect(dedupKey(long + a)).toBe(dedupKey(long + a));
        expect(dedupKey(long + a).length).toBeLessThanOrEqual(LIMITS.dedupKeyChars);
      },
    ),
    runs,
  );
});

test('a summary that is too long is cut where everybody sees it, and no character is halved', () => {
  const summary =
    withinLimits({ payload: { summary: '🙂'.repeat(900), source: 's', timestamp: 't', custom_details: {} } }).payload?.summary ??
    '';
  expect(summary.length).toBeLessThanOrEqual(1024);
  expect(summary).toMatch(/^(🙂)+… \[cut\]$/u);
});

test('whatever is in a message, an event comes out that keeps every limit and its key', () => {
  fc.assert(
    fc.property(
      anyText,
      anyText,
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom('trigger', 'note', 'resolve'),
      (summary, key, details, action) => {
        const own = {
          schema: 'cdk-failover.event/1',
          type: 't',
          pair: 'p',
          incidentKey: key,
          epoch: 0,
          atMs: 1,
          source: summary,
          action,
          severity: 'info',
          summary,
          details: { details },
        };
        const bodies = [own, { anything: details, summary }, summary].map((message) =>
          JSON.stringify({
            MessageId: 'm',
            TopicArn: 't-warning',
            Message: typeof message === 'string' ? message : JSON.stringify(message),
          }),
        );
        for (const body of bodies) {
          const { body: event, endpoint, key: identity } = pageFor(parseMessage(body, 'q', 1), severities);
          expect(utf8Bytes(JSON.stringify({ ...event, routing_key: 'k'.repeat(32) }))).toBeLessThanOrEqual(LIMITS.eventBytes);
          expect(event.payload?.summary.length ?? 1).toBeLessThanOrEqual(LIMITS.summaryChars);
          if (event.payload) expect(event.payload.summary.length).toBeGreaterThan(0);
          if (endpoint === 'enqueue') expect(event.dedup_key).toBe(dedupKey(identity));
        }
      },
    ),
    runs,
  );
});

test.each([
  ['plain', 'x'],
  ['escaped', '"\\\n'],
  ['control', '\u0001'],
  ['wide', '🙂'],
])('details of a megabyte of %s characters are cut visibly, and the event fits', (_name, unit) => {
  const message = { summary: 'big', blob: unit.repeat(1_000_000 / unit.length) };
  const { body } = pageFor(
    parseMessage(JSON.stringify({ MessageId: 'm', TopicArn: 't-critical', Message: JSON.stringify(message) }), 'q', 1),
    severities,
  );
  expect(utf8Bytes(JSON.stringify(body))).toBeLessThanOrEqual(LIMITS.eventBytes - 64);
  expect(body).toMatchObject({ dedup_key: 'cdk-failover/message/m', payload: { summary: 'big', severity: 'critical' } });
  expect(body.payload?.custom_details['cut']).toMatch(/^details of \d+ bytes do not fit into an event of 524288 bytes/);
});

test('bytes of UTF-8 are counted as Node counts them', () => {
  fc.assert(
    fc.property(anyText, (text) => expect(utf8Bytes(text)).toBe(Buffer.byteLength(text))),
    runs,
  );
});

test('waiting is never shorter than a second, never longer than 15 minutes and never shorter than PagerDuty asks for', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      fc.integer({ min: 0, max: 900 }),
      (attempt, uniform, atLeast) => {
        const sec = retryDelaySec(attempt, uniform, atLeast);
        expect(Number.isInteger(sec)).toBe(true);
        expect(sec).toBeGreaterThanOrEqual(Math.max(1, atLeast));
        expect(sec).toBeLessThanOrEqual(900);
      },
    ),
    runs,
  );
});

test('times are read and written as JavaScript does', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
      expect(msToIso(ms)).toBe(new Date(ms).toISOString());
      expect(isoToMs(new Date(ms).toISOString())).toBe(ms);
    }),
    runs,
  );
});

test.each([
  ['2026-11-20T14:00:00.000+0000', '2026-11-20T14:00:00.000Z'],
  ['2026-11-20T15:00:00+01:00', '2026-11-20T14:00:00.000Z'],
  ['2026-11-20T12:30:00.5-0130', '2026-11-20T14:00:00.500Z'],
  ['2026-11-20 14:00:00.000', '2026-11-20T14:00:00.000Z'],
  ['2028-02-29T23:59:59Z', '2028-02-29T23:59:59.000Z'],
  ['2026-11-20', '2026-11-20T00:00:00.000Z'],
])('%s is %s', (text, iso) => expect(msToIso(isoToMs(text) ?? 0)).toBe(iso));

test.each(['', 'yesterday', '14:00', '<aws.scheduler.scheduled-time>'])('%j is no time', (text) =>
  expect(isoToMs(text)).toBeUndefined(),
);
