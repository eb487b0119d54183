/** What a drill may be asked for, and the name that it gets. */
import fc from 'fast-check';
import { drillIdOf, isDrillId } from '../../../lib/decide/drill/ids';
import { readRequest } from '../../../lib/decide/drill/request';
import { restoreScheduleName } from '../../../lib/decide/names';

const seed = Number(process.env.SEED ?? 20261120);

describe('names of drills', () => {
  test.each([
    ['app', 'tue', 'app-tue'],
    ['app', 'app-tue', 'app-tue'],
    ['app', 'sched-2026-11-24T10:00:00Z', 'app-sched-2026-11-24T100000Z'],
    ['app', 'v1.2.3', 'app-v123'],
    ['app', 'app', 'app'],
    ['app', 'apptue', 'app-apptue'],
    ['app', `app-${'t'.repeat(60)}`, `app-${'t'.repeat(52)}`],
    ['shop', 'i'.repeat(51), `shop-${'i'.repeat(51)}`],
    // Names that do not fit end in a checksum of the pair. They must stay: a running drill is found by its name.
    ['shop', 'i'.repeat(52), `1ao-${'i'.repeat(52)}`],
    ['shop', 'i'.repeat(55), `1-${'i'.repeat(55)}`],
    ['p'.repeat(60), 'tue', `${'p'.repeat(46)}w22alx-tue`],
    ['q'.repeat(60), 'tue', `${'q'.repeat(46)}v75d01-tue`],
    [`shop-${'x'.repeat(45)}`, 'i'.repeat(8), `shop-${'x'.repeat(36)}3v6gt8-iiiiiiii`],
  ])('pair %s and id %s make %s', (pair, id, expected) => {
    expect(drillIdOf(pair, id)).toBe(expected);
  });

  test('two pairs never share a drill, and every name fits its service', () => {
    const pairs = fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/);
    const ids = fc.stringMatching(/^[a-z0-9]{1,48}$/);
    fc.assert(
      fc.property(pairs, pairs, ids, (one, two, id) => {
        fc.pre(one !== two && id.length <= 40);
        const name = restoreScheduleName(drillIdOf(one, id));
        expect(name.length).toBeLessThanOrEqual(64);
        expect(name).toMatch(/^[0-9a-zA-Z_.-]+$/);
        fc.pre(!two.startsWith(`${one}-`) && !one.startsWith(`${two}-`));
        expect(drillIdOf(one, id)).not.toBe(drillIdOf(two, id));
      }),
      { seed },
    );
  });

  test('an id is told from what would not fit', () => {
    for (const id of ['a', 'a'.repeat(48), 'A_z:0.9-']) expect([id, isDrillId(id)]).toEqual([id, true]);
    for (const id of ['', 'a'.repeat(49), 'a b', '!a', 'a!', ' a', 'a\n']) expect([id, isDrillId(id)]).toEqual([id, false]);
  });
});

describe('a request', () => {
  test('needs the pair alone', () => {
    expect(readRequest({ pair: 'app' })).toEqual({
      request: { pair: 'app', operation: 'start', level: 'TRAFFIC', scenario: 'primary_crash', requestedBy: 'unknown' },
    });
  });

  test('fails with every problem at once', () => {
    expect(
      readRequest({ pair: 'App', operation: 'go', level: 'traffic', scenario: 'x', id: 'a b', requestedBy: 7, dryRun: true }),
    ).toEqual({
      problems: [
        'pair is "App"; give the name of a pair: lower-case letters, digits and "-"',
        'operation is "go"; allowed: start, stop',
        'level is "traffic"; allowed: TRAFFIC, OBSERVE',
        'scenario is "x"; allowed: primary_crash',
        'id is "a b"; use letters, digits, "-", "_", ":" and ".", at most 48',
        'requestedBy is 7; give a text of at most 200 characters',
        'unknown: dryRun; known: pair, operation, level, scenario, id, requestedBy',
      ],
    });
  });

  test('is taken whole', () => {
    const request = {
      pair: 'a'.repeat(63),
      operation: 'stop',
      level: 'OBSERVE',
      scenario: 'primary_crash',
      id: 'tue',
      requestedBy: 'x'.repeat(200),
    };
    expect(readRequest(request)).toEqual({ request });
  });

  test.each<[Record<string, unknown>, string]>([
    [{}, 'pair is missing; give the name of a pair: lower-case letters, digits and "-"'],
    [{ pair: 5 }, 'pair is 5; give the name of a pair: lower-case letters, digits and "-"'],
    [{ pair: 'a b' }, 'pair is "a b"; give the name of a pair: lower-case letters, digits and "-"'],
    [{ pair: '_app' }, 'pair is "_app"; give the name of a pair: lower-case letters, digits and "-"'],
    [{ pair: 'app_' }, 'pair is "app_"; give the name of a pair: lower-case letters, digits and "-"'],
    [{ pair: 'a'.repeat(90) }, `pair is "${'a'.repeat(79)}; give the name of a pair: lower-case letters, digits and "-"`],
    [{ pair: 'app', id: 7 }, 'id is 7; use letters, digits, "-", "_", ":" and ".", at most 48'],
    [{ pair: 'app', id: null }, 'id is null; use letters, digits, "-", "_", ":" and ".", at most 48'],
    [{ pair: 'app', requestedBy: 'x'.repeat(201) }, `requestedBy is "${'x'.repeat(79)}; give a text of at most 200 characters`],
    [{ pair: 'app', when: 1, where: 2 }, 'unknown: when, where; known: pair, operation, level, scenario, id, requestedBy'],
  ])('%j fails: %s', (event, problem) => {
    expect(readRequest(event)).toEqual({ problems: [problem] });
  });

  test.each([
    ['app', '"app"'],
    [null, 'null'],
    [undefined, 'missing'],
    [['app'], '["app"]'],
  ])('%j fails, which is no object', (event, shown) => {
    expect(readRequest(event)).toEqual({ problems: [`the event is ${shown}; send an object such as {"pair":"app"}`] });
  });
});
