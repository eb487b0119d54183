/** What PagerDuty's answers mean, how long a message is tried, and which secrets hold a routing key. */
import { GIVE_UP_MS, isTooOld, judgeAnswer, retryDelaySec, routingKeyIn } from '../../../lib/decide/alert';

describe('an answer of PagerDuty', () => {
  const status = (code: number, retryAfterSec?: number) =>
    ({ kind: 'status', status: code, body: 'text', ...(retryAfterSec === undefined ? {} : { retryAfterSec }) }) as const;
  test.each([
    [400, false, 'check-key'],
    [401, false, 'check-key'],
    [403, false, 'check-key'],
    [400, true, 'dead-letter'],
    [401, true, 'dead-letter'],
    [403, true, 'dead-letter'],
    [404, false, 'dead-letter'],
    [413, false, 'dead-letter'],
    [302, false, 'dead-letter'],
    [300, false, 'dead-letter'],
    [199, false, 'dead-letter'],
    [407, false, 'dead-letter'],
  ])('%i (key checked: %s) means %s', (code, keyChecked, kind) =>
    expect(judgeAnswer(status(code), keyChecked)).toEqual({ kind, because: `PagerDuty answered ${code}: text` }),
  );

  test.each([
    [408, undefined, 0],
    [425, undefined, 0],
    [429, 60, 60],
    [500, undefined, 0],
    [599, -5, 0],
    [503, 5_000, 900],
  ])('%i that asks for %p s is tried again after at least %i s', (code, retryAfterSec, atLeastSec) => {
    const again = { kind: 'retry', because: `PagerDuty answered ${code}: text`, atLeastSec };
    expect(judgeAnswer(status(code, retryAfterSec), false)).toEqual(again);
    expect(judgeAnswer(status(code, retryAfterSec), true)).toEqual(again);
  });

  test.each([200, 202, 299])('%i is done', (code) => expect(judgeAnswer(status(code), false)).toEqual({ kind: 'done' }));

  test('that never came is tried again', () => {
    expect(judgeAnswer({ kind: 'network', because: 'ECONNRESET' }, true)).toEqual({
      kind: 'retry',
      because: 'PagerDuty did not answer: ECONNRESET',
      atLeastSec: 0,
    });
  });

  test('is quoted by its first 300 characters, and an empty one not at all', () => {
    const because = (body: string) => judgeAnswer({ kind: 'status', status: 404, body }, false);
    expect(because(`${'a'.repeat(300)}b`)).toMatchObject({ because: `PagerDuty answered 404: ${'a'.repeat(300)}` });
    expect(because('')).toMatchObject({ because: 'PagerDuty answered 404' });
  });

  test.each([
    [0, 0.999, 0, 5],
    [1, 0, 0, 1],
    [1, 0.999, 0, 5],
    [2, 0.999, 0, 10],
    [5, 0.5, 0, 40],
    [8, 0.999, 0, 640],
    [9, 0.999, 0, 900],
    [200, 0.999, 0, 900],
    [5_000, 0.5, 0, 450],
    [1, 0.1, 60, 60],
    [1, 0.1, 60.2, 61],
    [1, 0.1, 5_000, 900],
  ])('try %i with chance %d and at least %d s waits %d s', (attempt, uniform, atLeast, sec) => {
    expect(retryDelaySec(attempt, uniform, atLeast)).toBe(sec);
  });

  test('is waited for during 6 hours', () => {
    expect([isTooOld(GIVE_UP_MS - 1), isTooOld(GIVE_UP_MS), GIVE_UP_MS]).toEqual([false, true, 21_600_000]);
  });
});

describe('a routing key', () => {
  const key = 'R0UT1NGKEYR0UT1NGKEYR0UT1NGK_-+/';
  test.each([
    ['is the whole secret', key],
    ['may end in a line break', `${key}\n`],
    ['may be a field of JSON', JSON.stringify({ routingKey: key })],
  ])('%s', (_name, secret) => expect(routingKeyIn(secret)).toEqual({ kind: 'key', key }));

  test.each([
    ['too short', 'short', 5],
    ['too long', `${key}x`, 33],
    ['one with a space in it', `${key.slice(0, 16)} ${key.slice(17)}`, 32],
    ['one that begins with another character', `!${key.slice(1)}`, 32],
    ['one that ends in another character', `${key.slice(1)}!`, 32],
    ['JSON without the field', '{"key":"x"}', 0],
    ['JSON whose field is no text', '{"routingKey":5}', 0],
    ['JSON with a line break inside the field', JSON.stringify({ routingKey: `${key}\n` }), 33],
    ['null', 'null', 4],
    ['a number', '1234', 4],
    ['empty', '', 0],
  ])('fails when it is %s, without quoting the secret', (_name, secret, found) => {
    expect(routingKeyIn(secret)).toEqual({
      kind: 'unknown',
      because: `the secret holds no routing key: expected 32 characters, as text or as routingKey in JSON, found ${found}`,
    });
  });

  test('of digits alone is still a text', () => {
    const digits = '1'.repeat(32);
    expect(routingKeyIn(digits)).toEqual({ kind: 'key', key: digits });
  });
});
