import { noteService, type ServiceSeen, type ServiceWatch, watchService } from '../../../lib/decide/database/service-watch';
import { GRACE_MS } from '../../../lib/decide/database/trigger';
import { blankItem } from '../../../lib/decide/drill/rules';

const T = 1_800_000_000_000;
const inZone = (zone: string, status = 'available'): ServiceSeen => ({ kind: 'member', status, writer: 'db', zone });
const of = (writer: string, status = 'available'): ServiceSeen => ({ kind: 'member', status, writer });
const inA: ServiceWatch = { verified: { writer: 'db', zone: 'eu-west-1a' } };
const away = (sec: number, paged = false): ServiceWatch => ({ ...inA, amiss: { sinceMs: T - sec * 1000, paged } });
const told = (before: ServiceWatch | undefined, seen: ServiceSeen, nowMs = T) =>
  watchService('shop', 'db', before, seen, nowMs).said.map((one) => `${one.action} ${one.severity} ${one.type} | ${one.summary}`);
const next = (before: ServiceWatch | undefined, seen: ServiceSeen, nowMs = T) =>
  watchService('shop', 'db', before, seen, nowMs).next;

describe('what one look at the service’s own word amounts to', () => {
  test.each<[string, ServiceWatch | undefined, ServiceSeen, readonly string[]]>([
    [
      'the first good look',
      undefined,
      inZone('eu-west-1a'),
      ['note info service-writer-verified | shop: db in eu-west-1a writes, says its service'],
    ],
    ['one more good look', inA, inZone('eu-west-1a'), []],
    ['a nightly backup', inA, inZone('eu-west-1a', 'backing-up'), []],
    ['work that somebody ordered', inA, inZone('eu-west-1a', 'upgrading'), []],
    [
      'a status in which nobody writes',
      inA,
      inZone('eu-west-1a', 'rebooting'),
      ['note warning service-failover-began | shop: db is rebooting; its service has 180 s to fail it over or to recover it'],
    ],
    ['the same, a moment before the grace is over', away(179.999), inZone('eu-west-1a', 'rebooting'), []],
    [
      'the same, when the grace is over',
      away(180),
      inZone('eu-west-1a', 'rebooting'),
      ['trigger critical database-incident | shop: db is rebooting; its service has not recovered it for 180 s'],
    ],
    ['the same, once paged', away(900, true), inZone('eu-west-1a', 'rebooting'), []],
    [
      'another zone after 90 s',
      away(90),
      inZone('eu-west-1b'),
      [
        'note info service-failover-done | shop: its service failed over: db in eu-west-1b writes, 90 s after it was first seen not to; before it was db in eu-west-1a',
      ],
    ],
    [
      'the same zone after 90 s',
      away(90),
      inZone('eu-west-1a'),
      [
        'note info service-writer-verified | shop: db in eu-west-1a writes, 90 s after it was first seen not to, says its service',
      ],
    ],
    [
      'another zone after a page',
      away(400, true),
      inZone('eu-west-1b'),
      [
        'note info service-failover-done | shop: its service failed over: db in eu-west-1b writes, 400 s after it was first seen not to; before it was db in eu-west-1a',
        'resolve info primary-recovered | shop: db in eu-west-1b writes again, 400 s after it was first seen not to',
      ],
    ],
    [
      'another zone, and no look in between saw it away',
      inA,
      inZone('eu-west-1b'),
      [
        'note info service-failover-done | shop: its service failed over: db in eu-west-1b writes, and was away for less than the time between two looks; before it was db in eu-west-1a',
      ],
    ],
    [
      'another instance of the cluster',
      { verified: { writer: 'db-1' } },
      of('db-2'),
      [
        'note info service-failover-done | shop: its service failed over: db-2 writes, and was away for less than the time between two looks; before it was db-1',
      ],
    ],
    ['a zone that was not said before', { verified: { writer: 'db' } }, inZone('eu-west-1a'), []],
    ['a zone that is not said any more', inA, of('db'), []],
    [
      'a cluster of which no instance is the writer',
      inA,
      { kind: 'member', status: 'available' },
      [
        'note warning service-failover-began | shop: db is available, and none of its instances is the writer; its service has 180 s to fail it over or to recover it',
      ],
    ],
    [
      'a database that is gone',
      inA,
      { kind: 'absent' },
      ['note warning service-failover-began | shop: db does not exist; its service has 180 s to fail it over or to recover it'],
    ],
    ['a Region that does not answer', inA, { kind: 'unknown', because: 'TimeoutError' }, []],
    ['a Region that does not answer, long after the grace', away(3600), { kind: 'unknown', because: 'TimeoutError' }, []],
  ])('%s', (_what, before, seen, said) => {
    expect(told(before, seen)).toEqual(said);
  });

  test('unknown keeps what was known, and has its reason until a look says something', () => {
    const unknown = next(away(60), { kind: 'unknown', because: 'TimeoutError' });
    expect(unknown).toEqual({ ...away(60), unknownBecause: 'TimeoutError' });
    expect(next(inA, inZone('eu-west-1a', 'upgrading'))).toEqual({
      ...inA,
      unknownBecause: 'db is upgrading, which says nothing about its writer',
    });
    expect(next(unknown, inZone('eu-west-1b'))).toEqual({ verified: { writer: 'db', zone: 'eu-west-1b' } });
  });

  test('a zone that is not said any more is remembered', () => {
    expect(next(inA, of('db'))).toEqual(inA);
  });

  test.each([
    ...['available', 'backing-up', 'configuring-enhanced-monitoring', 'configuring-iam-database-auth', 'configuring-log-exports'],
    ...['modifying', 'resetting-master-credentials', 'storage-config-upgrade', 'storage-initialization'],
    ...['storage-optimization', 'update-iam-db-auth'],
  ])('a writer that is %s writes', (status) => {
    expect(watchService('shop', 'db', inA, inZone('eu-west-1a', status), T)).toStrictEqual({ next: inA, said: [] });
  });

  test.each(['converting-to-vpc', 'creating', 'maintenance', 'migrating', 'moving-to-vpc', 'renaming', 'upgrading'])(
    'a database that is %s was ordered to be, and nothing is known of its writer',
    (status) => {
      expect(watchService('shop', 'db', away(900), of('db', status), T)).toStrictEqual({
        next: { ...away(900), unknownBecause: `db is ${status}, which says nothing about its writer` },
        said: [],
      });
    },
  );

  const key = { incidentKey: 'shop/watch/database' };
  const amiss = (sinceMs: number, paged: boolean) => ({ amiss: { sinceMs, paged } });
  test.each<[string, ServiceWatch | undefined, ServiceSeen, number, ReturnType<typeof watchService>]>([
    [
      'a first look, without a zone',
      undefined,
      of('db'),
      T,
      {
        next: { verified: { writer: 'db' } },
        said: [
          {
            type: 'service-writer-verified',
            ...key,
            action: 'note',
            severity: 'info',
            summary: 'shop: db writes, says its service',
            details: { writer: 'db' },
          },
        ],
      },
    ],
    [
      'another instance, without a zone',
      { verified: { writer: 'db-1', zone: 'eu-west-1a' } },
      of('db-2'),
      T,
      {
        next: { verified: { writer: 'db-2' } },
        said: [
          {
            type: 'service-failover-done',
            ...key,
            action: 'note',
            severity: 'info',
            summary:
              'shop: its service failed over: db-2 writes, and was away for less than the time between two looks; before it was db-1 in eu-west-1a',
            details: { writer: 'db-2', before: { writer: 'db-1', zone: 'eu-west-1a' } },
          },
        ],
      },
    ],
    [
      'a database that nobody ever saw writing',
      undefined,
      { kind: 'absent' },
      T,
      {
        next: amiss(T, false),
        said: [
          {
            type: 'service-failover-began',
            ...key,
            action: 'note',
            severity: 'warning',
            summary: 'shop: db does not exist; its service has 180 s to fail it over or to recover it',
            details: {},
          },
        ],
      },
    ],
    [
      'one that stops writing',
      inA,
      of('db', 'rebooting'),
      T,
      {
        next: { ...inA, ...amiss(T, false) },
        said: [
          {
            type: 'service-failover-began',
            ...key,
            action: 'note',
            severity: 'warning',
            summary: 'shop: db is rebooting; its service has 180 s to fail it over or to recover it',
            details: { before: inA.verified },
          },
        ],
      },
    ],
    [
      'one that is not recovered',
      { ...inA, ...amiss(T, false) },
      of('db', 'rebooting'),
      T + GRACE_MS,
      {
        next: { ...inA, ...amiss(T, true) },
        said: [
          {
            type: 'database-incident',
            ...key,
            action: 'trigger',
            severity: 'critical',
            summary: 'shop: db is rebooting; its service has not recovered it for 180 s',
            details: { sec: 180, because: 'db is rebooting' },
          },
        ],
      },
    ],
  ])('%s is told and written down', (_name, before, seen, nowMs, decision) => {
    expect(watchService('shop', 'db', before, seen, nowMs)).toStrictEqual(decision);
  });

  test('carries seconds, place and what was before for machines, on the incident of the pair’s database', () => {
    expect(watchService('shop', 'db', away(90), inZone('eu-west-1b'), T).said).toMatchObject([
      {
        incidentKey: 'shop/watch/database',
        details: { sec: 90, writer: 'db', zone: 'eu-west-1b', before: { writer: 'db', zone: 'eu-west-1a' } },
      },
    ]);
  });

  test('a clock that was set back shortens nothing below zero and pages nothing', () => {
    const ahead: ServiceWatch = { ...inA, amiss: { sinceMs: T + GRACE_MS, paged: false } };
    expect(told(ahead, inZone('eu-west-1a', 'rebooting'))).toEqual([]);
    expect(told(ahead, inZone('eu-west-1a'))).toEqual([
      'note info service-writer-verified | shop: db in eu-west-1a writes, 0 s after it was first seen not to, says its service',
    ]);
  });
});

describe('the journal', () => {
  const item = { ...blankItem('shop'), epoch: 4, service: inA };

  test('is written only where something changed, and only over what was decided on', () => {
    expect(noteService(item, 'shop', inA, inA)).toEqual({ kind: 'keep', answer: 'unchanged' });
    expect(noteService(item, 'shop', undefined, away(0))).toEqual({ kind: 'keep', answer: 'overtaken' });
    expect(noteService(item, 'shop', inA, away(0))).toEqual({
      kind: 'write',
      item: { ...item, service: away(0) },
      answer: 'noted',
    });
    expect(noteService(undefined, 'shop', undefined, inA)).toEqual({
      kind: 'write',
      item: { ...blankItem('shop'), service: inA },
      answer: 'noted',
    });
  });
});
