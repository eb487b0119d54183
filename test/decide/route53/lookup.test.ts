import { chooseFailover, type HealthOf, lookUp, type RecordSet } from '../../../lib/decide/route53';

const A = (name: string, values: string[], more: Partial<RecordSet> = {}): RecordSet => ({
  name,
  type: 'A',
  ttlSec: 30,
  values,
  ...more,
});
const pair = [
  A('app.example.com.', ['192.0.2.1'], { setIdentifier: 'p', failover: 'PRIMARY', healthCheckId: 'one' }),
  A('app.example.com.', ['192.0.2.2'], { setIdentifier: 's', failover: 'SECONDARY', healthCheckId: 'two' }),
];
const apex: RecordSet = { name: 'example.com.', type: 'NS', ttlSec: 60, values: ['ns1.example.com.'] };
const health =
  (one: boolean, two: boolean): HealthOf =>
  (id) =>
    id === 'one' ? one : id === 'two' ? two : undefined;
const values = (records: readonly RecordSet[], name: string, type: string, h: HealthOf = () => undefined) => {
  const found = lookUp('example.com', [apex, ...records], name, type, h);
  return found.kind === 'answer' ? found.sets.map((s) => `${s.name} ${s.type} ${s.ttlSec} ${s.values.join()}`) : found.kind;
};

describe('a failover pair answers', () => {
  test.each([
    ['the primary while both are healthy', true, true, '192.0.2.1'],
    ['the primary while only the standby is unhealthy', true, false, '192.0.2.1'],
    ['the standby while the primary is unhealthy', false, true, '192.0.2.2'],
    ['the primary when both are unhealthy', false, false, '192.0.2.1'],
  ])('%s', (_name, one, two, expected) => {
    expect(values(pair, 'app.example.com', 'A', health(one, two))).toEqual([`app.example.com A 30 ${expected}`]);
  });

  test('the standby, even if it is dead, when the standby has no check', () => {
    const unchecked = pair.map(({ healthCheckId, ...r }) => (r.failover === 'PRIMARY' ? { ...r, healthCheckId: 'one' } : r));
    expect(values(unchecked as RecordSet[], 'app.example.com', 'A', health(false, false))).toEqual([
      'app.example.com A 30 192.0.2.2',
    ]);
  });

  test('the primary while its check is unknown, because unknown counts as healthy here', () => {
    const onlyStandbyKnown: HealthOf = (id) => (id === 'two' ? true : undefined);
    expect(values(pair, 'app.example.com', 'A', onlyStandbyKnown)).toEqual(['app.example.com A 30 192.0.2.1']);
  });

  test('its only record, healthy or not', () => {
    expect(chooseFailover(undefined, 'standby', () => false)).toBe('standby');
    expect(chooseFailover('primary', undefined, () => false)).toBe('primary');
  });
});

describe('a zone answers', () => {
  const records: RecordSet[] = [
    ...pair,
    { name: 'www.example.com.', type: 'CNAME', ttlSec: 30, values: ['App.example.com.'] },
    { name: 'out.example.com.', type: 'CNAME', ttlSec: 30, values: ['elsewhere.example.net.'] },
    { name: 'loop.example.com.', type: 'CNAME', ttlSec: 1, values: ['loop.example.com.'] },
    { name: 'alias.example.com.', type: 'A', alias: { target: 'app.example.com.', evaluateTargetHealth: true } },
  ];
  test.each([
    ['a name in any case, as it was asked', 'APP.Example.COM', 'A', ['APP.Example.COM A 30 192.0.2.1']],
    [
      'a CNAME followed to the pair',
      'www.example.com',
      'A',
      ['www.example.com CNAME 30 App.example.com.', 'App.example.com. A 30 192.0.2.1'],
    ],
    ['a CNAME itself when it is asked for', 'www.example.com', 'CNAME', ['www.example.com CNAME 30 App.example.com.']],
    ['a CNAME that leaves the zone, alone', 'out.example.com', 'A', ['out.example.com CNAME 30 elsewhere.example.net.']],
    ['an alias under its own name with the TTL of its target', 'alias.example.com', 'A', ['alias.example.com A 30 192.0.2.1']],
    ['NODATA for a type that the name does not have', 'app.example.com', 'TXT', 'nodata'],
    ['NXDOMAIN for a name that does not exist', 'nobody.example.com', 'A', 'nxdomain'],
    ['REFUSED outside the zone', 'app.example.net', 'A', 'refused'],
    ['REFUSED for a name that only ends like the zone', 'notexample.com', 'A', 'refused'],
  ])('%s', (_name, name, type, expected) => {
    expect(values(records, name, type)).toEqual(expected);
  });

  test('NODATA for an empty name above an existing one', () => {
    expect(values([A('a.b.example.com.', ['192.0.2.9'])], 'b.example.com', 'A')).toBe('nodata');
  });

  test('a CNAME loop ends', () => {
    expect(values(records, 'loop.example.com', 'A')).toHaveLength(9);
  });

  test('an alias that evaluates its target is as healthy as the target, one that does not is healthy', () => {
    const sites = [A('a.example.com.', ['192.0.2.1'], { setIdentifier: 'x', failover: 'PRIMARY', healthCheckId: 'one' })];
    const aliased = (evaluateTargetHealth: boolean): RecordSet[] => [
      ...sites,
      {
        name: 'app.example.com.',
        type: 'A',
        setIdentifier: 'p',
        failover: 'PRIMARY',
        alias: { target: 'a.example.com.', evaluateTargetHealth },
      },
      A('app.example.com.', ['192.0.2.2'], { setIdentifier: 's', failover: 'SECONDARY' }),
    ];
    expect(values(aliased(true), 'app.example.com', 'A', health(false, true))).toEqual(['app.example.com A 30 192.0.2.2']);
    expect(values(aliased(false), 'app.example.com', 'A', health(false, true))).toEqual(['app.example.com A 30 192.0.2.1']);
  });
});
