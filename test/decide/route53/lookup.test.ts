import { chooseFailover, type HealthOf, type Lookup, lookUp, type RecordSet, recordHealthy } from '../../../lib/decide/route53';

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

  test('the same, in whatever order the zone lists its records', () => {
    expect(values([...pair].reverse(), 'app.example.com', 'A', health(true, true))).toEqual(['app.example.com A 30 192.0.2.1']);
    expect(values([...pair].reverse(), 'app.example.com', 'A', health(false, true))).toEqual(['app.example.com A 30 192.0.2.2']);
  });

  test('a record without a check, whatever is said of checks', () => {
    expect([
      recordHealthy(undefined, () => false),
      recordHealthy('one', () => false),
      recordHealthy('gone', () => undefined),
    ]).toEqual([true, false, true]);
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

  const name = (n: string, type: RecordSet['type'], more: Partial<RecordSet> = {}): RecordSet => ({
    name: `${n}.example.com.`,
    type,
    ...more,
  });
  const toAlias = (n: string, to: string): RecordSet =>
    name(n, 'A', { alias: { target: `${to}.example.com.`, evaluateTargetHealth: true } });
  const toName = (n: string, to: string): RecordSet => name(n, 'CNAME', { ttlSec: 5, values: [`${to}.example.com.`] });
  /** c1 -> c2 -> ... -> c<length> -> end */
  const chain = (length: number, link: typeof toName) => [
    ...Array.from({ length }, (_, n) => link(`c${n + 1}`, n + 1 === length ? 'end' : `c${n + 2}`)),
    A('end.example.com.', ['192.0.2.7']),
  ];

  test.each<[string, RecordSet[], string, string, Lookup]>([
    [
      'NODATA with the CNAME that led there',
      [toName('c', 'end'), A('end.example.com.', ['192.0.2.7'])],
      'c.example.com',
      'TXT',
      { kind: 'nodata', sets: [{ name: 'c.example.com', type: 'CNAME', ttlSec: 5, values: ['end.example.com.'] }] },
    ],
    [
      'NXDOMAIN with the CNAME that led nowhere',
      [toName('c', 'end')],
      'c.example.com',
      'A',
      { kind: 'nxdomain', sets: [{ name: 'c.example.com', type: 'CNAME', ttlSec: 5, values: ['end.example.com.'] }] },
    ],
    ['NODATA for a CNAME that a name does not have', pair, 'app.example.com', 'CNAME', { kind: 'nodata', sets: [] }],
    [
      'NXDOMAIN for a name that another only ends like',
      [A('xb.example.com.', ['192.0.2.9'])],
      'b.example.com',
      'A',
      { kind: 'nxdomain', sets: [] },
    ],
    [
      'NODATA for an alias of a name without the type',
      [toAlias('a', 'end'), name('end', 'TXT')],
      'a.example.com',
      'A',
      { kind: 'nodata', sets: [] },
    ],
    [
      'the first of two weighted records',
      [
        A('w.example.com.', ['192.0.2.8'], { weight: 1, setIdentifier: 'x' }),
        A('w.example.com.', ['192.0.2.9'], { weight: 1, setIdentifier: 'y' }),
      ],
      'w.example.com',
      'A',
      { kind: 'answer', sets: [{ name: 'w.example.com', type: 'A', ttlSec: 30, values: ['192.0.2.8'] }] },
    ],
    [
      'a record without TTL and values as it stands',
      [name('bare', 'A')],
      'bare.example.com',
      'A',
      { kind: 'answer', sets: [{ name: 'bare.example.com', type: 'A', ttlSec: 0, values: [] }] },
    ],
  ])('%s', (_name, stand, asked, type, expected) => {
    expect(lookUp('example.com', [apex, ...stand], asked, type, () => undefined)).toEqual(expected);
  });

  test('a name at the end of eight CNAMEs or eight aliases, and none behind nine', () => {
    expect(values(chain(8, toName), 'c1.example.com', 'A')).toHaveLength(9);
    expect(values(chain(9, toName), 'c1.example.com', 'A')).toHaveLength(9);
    expect(values(chain(9, toName), 'c1.example.com', 'A').at(-1)).toBe('c9.example.com. CNAME 5 end.example.com.');
    expect(values(chain(8, toAlias), 'c1.example.com', 'A')).toEqual(['c1.example.com A 30 192.0.2.7']);
    expect(values(chain(9, toAlias), 'c1.example.com', 'A')).toBe('nodata');
  });

  test('NODATA for aliases that lead back to where they began, though each evaluates its target', () => {
    const round = [
      { ...toAlias('app', 'site'), setIdentifier: 'p', failover: 'PRIMARY' as const },
      { ...toAlias('app', 'site'), setIdentifier: 's', failover: 'SECONDARY' as const },
      toAlias('site', 'app'),
    ];
    expect(values(round, 'app.example.com', 'A')).toBe('nodata');
  });

  test('the standby of a pair of aliases whose primary leads to nothing healthy, or to nothing', () => {
    const target = (healthCheckId: string, type: RecordSet['type'] = 'A'): RecordSet =>
      name('site', type, { ttlSec: 30, values: ['192.0.2.3'], healthCheckId });
    const primary = { ...toAlias('app', 'site'), setIdentifier: 'p', failover: 'PRIMARY' as const };
    const standby = A('app.example.com.', ['192.0.2.2'], { setIdentifier: 's', failover: 'SECONDARY' });
    const answer = (...more: RecordSet[]) => values([primary, standby, ...more], 'app.example.com', 'A', health(true, false));
    expect(answer(target('one'))).toEqual(['app.example.com A 30 192.0.2.3']);
    expect(answer(target('two'))).toEqual(['app.example.com A 30 192.0.2.2']);
    expect(answer(target('one', 'AAAA'))).toEqual(['app.example.com A 30 192.0.2.2']);
    expect(answer()).toEqual(['app.example.com A 30 192.0.2.2']);
    const checked = { ...primary, healthCheckId: 'two' };
    expect(values([checked, standby, target('one')], 'app.example.com', 'A', health(true, false))).toEqual([
      'app.example.com A 30 192.0.2.2',
    ]);
    const [two, one] = [target('two'), { ...target('one'), setIdentifier: 'x', values: ['192.0.2.4'] }];
    expect(answer(two, one)).toEqual(['app.example.com A 30 192.0.2.3']);
  });
});
