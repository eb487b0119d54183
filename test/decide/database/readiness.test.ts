import { windowsMeet } from '../../../lib/decide/database/backup-windows';
import { boundDatabase } from '../../../lib/decide/database/order-rules';
import { type CandidateLook, type MemberLook, notReady, type ReadinessFacts } from '../../../lib/decide/database/readiness';
import { isLookDue, LOOK_MS, noteLook, noteToTell, type Readiness, toTell } from '../../../lib/decide/database/readiness-rules';
import { blankItem } from '../../../lib/decide/drill/rules';
import type { JournalItem } from '../../../lib/decide/journal';

const NOW = 1_800_000_000_000;

const source: ReadinessFacts['source'] = {
  id: 'app-a',
  region: 'eu-west-1',
  engine: 'postgres',
  look: { status: 'available', engine: 'postgres', engineVersion: '17.2', backupRetentionDays: 7 },
};
const seen: MemberLook = {
  status: 'available',
  engine: 'postgres',
  engineVersion: '17.2',
  replicaOf: 'app-a',
  replicating: true,
  backupRetentionDays: 7,
  backupWindow: '03:00-03:30',
  managedSecret: false,
};
const candidate = (change: Partial<CandidateLook> = {}): CandidateLook => ({
  id: 'app-b1',
  region: 'eu-central-1',
  engine: 'postgres',
  look: seen,
  samples: [{ kind: 'lag', atMs: NOW - 60_000, ms: 900 }],
  heartbeat: { unchangedForMs: 4_000, writerAnswers: true },
  ...change,
});
const looking = (change: Partial<MemberLook>) => ({ candidates: [candidate({ look: { ...seen, ...change } })] });
const fence = {
  kind: 'networkAcl',
  region: 'eu-west-1',
  denyAcl: 'acl-deny',
  openAcl: 'acl-open',
  subnets: ['subnet-1', 'subnet-2'],
} as const;
const allows = { 'acl-deny': false, 'acl-open': true };
const facts = (change: Partial<ReadinessFacts> = {}): ReadinessFacts => ({
  nowMs: NOW,
  kind: 'readReplicas',
  source,
  candidates: [candidate()],
  limits: { lagMs: 60_000, sampleAgeMs: 300_000 },
  heartbeatLimitMs: 30_000,
  beacons: [{ name: '_latch.app', says: 'healthy', because: '2 of 2' }],
  fences: [{ fence, seen: { aclOf: { 'subnet-1': 'acl-open', 'subnet-2': 'acl-open' }, allows } }],
  ...change,
});
const fenced = (aclOf: Readonly<Record<string, string>>, rules: Readonly<Record<string, boolean>> = allows) => ({
  fences: [{ fence, seen: { aclOf, allows: rules } }],
});

describe('a database', () => {
  test.each<[string, Partial<ReadinessFacts>]>([
    ['with a replica that follows the writer', {}],
    ['whose replica is being backed up, which is over soon', looking({ status: 'backing-up' })],
    ['at the limit of its lag', { candidates: [candidate({ samples: [{ kind: 'lag', atMs: NOW, ms: 60_000 }] })] }],
    [
      'at the limit of its heartbeat',
      { candidates: [candidate({ heartbeat: { unchangedForMs: 30_000, writerAnswers: true } })] },
    ],
    ['without a heartbeat', { candidates: [candidate({ heartbeat: undefined })], heartbeatLimitMs: undefined }],
    [
      'whose writer refuses the reader: the prober has that as evidence',
      { candidates: [candidate({ heartbeat: { unchangedForMs: 0, writerAnswers: false } })] },
    ],
    ['of whose engine the service says nothing', looking({ engine: undefined, engineVersion: undefined })],
    ['whose replicas have other minor versions', looking({ engineVersion: '17.1' })],
    [
      'outside RDS, which says nothing of backups and secrets',
      {
        kind: 'custom',
        source: { ...source, look: { status: 'x', backupRetentionDays: 0, managedSecret: true } },
        ...looking({ backupRetentionDays: 0, managedSecret: true }),
      },
    ],
    ['without fences', { fences: [] }],
    [
      'whose two candidates are backed up one after the other',
      { candidates: [candidate(), candidate({ id: 'app-b2', look: { ...seen, backupWindow: '03:30-04:00' } })] },
    ],
    [
      'one of whose candidates has no backups at all in a custom setting',
      { kind: 'custom', candidates: [candidate(), candidate({ id: 'app-b2', look: { ...seen, backupRetentionDays: 0 } })] },
    ],
  ])('%s is ready', (_name, change) => {
    expect(notReady(facts(change))).toEqual([]);
  });

  test.each<[string, Partial<ReadinessFacts>, readonly string[]]>([
    ['whose writer is not there', { source: { ...source, look: { absent: true } } }, ['there is no app-a in eu-west-1']],
    [
      'whose writer cannot be looked at',
      { source: { ...source, look: { unknown: 'AccessDenied' } } },
      ['app-a cannot be looked at: AccessDenied'],
    ],
    [
      'whose writer is itself a replica',
      { source: { ...source, look: { status: 'available', replicaOf: 'app-z' } } },
      ['app-a is registered as the writer and replicates from app-z'],
    ],
    [
      'whose writer is none in its global database',
      { source: { ...source, look: { status: 'available', isWriter: false } } },
      ['app-a is registered as the writer and replicates from another one'],
    ],
    [
      'whose writer has another engine, no backups and a secret of RDS',
      { source: { ...source, look: { status: 'available', engine: 'mysql', backupRetentionDays: 0, managedSecret: true } } },
      [
        'app-a runs mysql, registered as postgres',
        'app-a keeps no backups (retention 0 days), and RDS replicates only from what is backed up',
        'app-a has a password that RDS manages (MasterUserSecret), and no replica can be made of such an instance',
      ],
    ],
    [
      'whose replica is not there',
      { candidates: [candidate({ look: { absent: true } })] },
      ['there is no app-b1 in eu-central-1'],
    ],
    [
      'whose replica cannot be looked at',
      { candidates: [candidate({ look: { unknown: 'timed out' } })] },
      ['app-b1 cannot be looked at: timed out'],
    ],
    [
      'whose replica is itself a writer',
      looking({ isWriter: true, replicaOf: undefined }),
      ['app-b1 is registered as a replica and is itself a writer'],
    ],
    ['whose replica stands alone', looking({ replicaOf: undefined }), ['app-b1 replicates from nothing']],
    ['whose replica follows another', looking({ replicaOf: 'app-z' }), ['app-b1 replicates from app-z, not from app-a']],
    ['whose replication stands still', looking({ replicating: false }), ['replication to app-b1 stands still']],
    ['whose replica is stopped', looking({ status: 'stopped' }), ['app-b1 is stopped, not available']],
    ['whose replica has another engine', looking({ engine: 'mariadb' }), ['app-b1 runs mariadb, registered as postgres']],
    [
      'whose replica has no backups',
      looking({ backupRetentionDays: 0 }),
      ['app-b1 keeps no backups (retention 0 days), so that nothing could be restored after a promotion'],
    ],
    [
      'whose replica has a secret of RDS',
      looking({ managedSecret: true }),
      [
        'app-b1 has a password that RDS manages (MasterUserSecret), so that no primary could be rebuilt from it; use a secret of your own',
      ],
    ],
    [
      'of Aurora whose clusters have other versions',
      { kind: 'auroraGlobal', ...looking({ engineVersion: '17.1' }) },
      ['app-b1 runs 17.1 and app-a 17.2; a global database fails over between equal versions'],
    ],
    [
      'whose lag is unknown',
      { candidates: [candidate({ samples: [], samplesUnknown: 'throttled' })] },
      ['app-b1 could not be chosen: its lag is unknown: throttled'],
    ],
    [
      'without lag samples',
      { candidates: [candidate({ samples: [] })] },
      ['app-b1 could not be chosen: there is no lag sample from before the failure'],
    ],
    [
      'that lags one millisecond over the limit',
      { candidates: [candidate({ samples: [{ kind: 'lag', atMs: NOW, ms: 60_001 }] })] },
      ['app-b1 is 60.1 s behind, limit 60 s'],
    ],
    [
      'whose heartbeat cannot be read',
      { candidates: [candidate({ heartbeat: { unknown: 'no such table' } })] },
      ['the heartbeat on app-b1 cannot be read: no such table'],
    ],
    [
      'whose writer writes no heartbeat, and whose reader does not reach it',
      { candidates: [candidate({ heartbeat: { unchangedForMs: 30_001, writerAnswers: 'unknown' } })] },
      [
        'the heartbeat on app-b1 is unchanged for 30.1 s, limit 30 s',
        'the reader beside app-b1 cannot tell whether app-a answers, so that nothing would fail over by itself',
      ],
    ],
    [
      'all of whose candidates are backed up at once',
      { candidates: [candidate(), candidate({ id: 'app-b2', look: { ...seen, backupWindow: '03:29-04:00' } })] },
      [
        'all candidates are backed up at the same time (app-b1 at 03:00-03:30, app-b2 at 03:29-04:00 UTC), and none of them can be promoted meanwhile',
      ],
    ],
    ['whose lease cannot be read', { leaseUnknown: 'AccessDenied' }, ['the lease cannot be read: AccessDenied']],
    [
      'one of whose beacons is not seen',
      {
        beacons: [
          { name: '_latch.app', says: 'unknown', because: '1 of 2' },
          { name: '_sa.app', says: 'unhealthy', because: '2 of 2' },
        ],
      },
      ['the beacon _latch.app is unknown: 1 of 2', 'the beacon _sa.app is unhealthy: 2 of 2'],
    ],
    [
      'whose fence cannot be looked at',
      { fences: [{ fence, seen: { unknown: 'UnauthorizedOperation' } }] },
      ['fence networkAcl:acl-deny cannot be looked at: UnauthorizedOperation'],
    ],
    [
      'whose fence lets through',
      fenced({ 'subnet-1': 'acl-open', 'subnet-2': 'acl-open' }, { 'acl-deny': true, 'acl-open': true }),
      ['fence networkAcl:acl-deny: acl-deny has a rule that allows, so that it shuts nobody in'],
    ],
    [
      'whose fence and subnets are gone',
      fenced({ 'subnet-1': 'acl-open' }, {}),
      [
        'fence networkAcl:acl-deny: there is no acl-deny',
        'fence networkAcl:acl-deny: there is no acl-open',
        'fence networkAcl:acl-deny: there is no subnet-2',
      ],
    ],
    [
      'whose subnets are shut in, or would get an ACL that they never had',
      fenced({ 'subnet-1': 'acl-deny', 'subnet-2': 'acl-own' }),
      [
        'fence networkAcl:acl-deny: subnet-1 is shut in already',
        'fence networkAcl:acl-deny: subnet-2 has acl-own and would get acl-open back',
      ],
    ],
  ])('%s is not ready', (_name, change, because) => {
    expect(notReady(facts(change))).toEqual(because);
  });
});

test.each([
  [['03:00-03:30', '03:29-04:00'], true],
  [['03:00-03:30', '03:30-04:00'], false],
  [['23:50-00:20', '00:10-00:40'], true],
  [['03:00-05:00', '03:00-04:00', '04:00-05:00'], false],
  [['03:00-03:30', 'any'], false],
  [['03:00-03:30', 'x03:00-03:30'], false],
  [['03:00-03:30', '03:00-03:30x'], false],
  [['10:00-10:01', '10:00-11:00'], true],
  [['any'], false],
  [['03:00-03:01'], true],
  [[], false],
])('windows %j meet: %s', (windows, meet) => {
  expect(windowsMeet(windows)).toBe(meet);
});

const members = { source: 'app-a', replicas: ['app-b1'], generation: 1 };
const item = (readiness?: Readiness, change: Partial<JournalItem['database']> = {}): JournalItem => ({
  ...blankItem('app'),
  database: { ...boundDatabase(members), ...change },
  ...(readiness ? { readiness } : {}),
});
const looked = (agoMs: number, because: readonly string[] = [], pagedAgoMs?: number): Readiness => ({
  checkedAtMs: NOW - agoMs,
  because,
  ...(pagedAgoMs === undefined ? {} : { pagedAtMs: NOW - pagedAgoMs }),
});

describe('a look', () => {
  test.each<[string, JournalItem, boolean]>([
    ['is due when nobody ever looked', item(), true],
    ['is due a day after all was well', item(looked(LOOK_MS.ready)), true],
    ['is not due earlier', item(looked(LOOK_MS.ready - 1)), false],
    ['is due five minutes after something was found', item(looked(LOOK_MS.doubted, ['x'])), true],
    ['is not due earlier than that', item(looked(LOOK_MS.doubted - 1, ['x'])), false],
    ['is due an hour after a page', item(looked(LOOK_MS.paged, ['x'], 0)), true],
    ['is not due earlier than an hour', item(looked(LOOK_MS.paged - 1, ['x'], 0)), false],
    ['is due when the clock went back by a day', item(looked(-LOOK_MS.ready)), true],
    ['is not due without a database', blankItem('app'), false],
    ['is not due while the primary is spoken against', item(undefined, { suspect: { sinceMs: 1, because: [] } }), false],
    ['is not due once the standby writes', item(undefined, { active: 'standby' }), false],
    ['is not due while a drill holds the primary out', { ...item(), drill: { id: 'd', level: 'TRAFFIC' } as never }, false],
    ['is due while a drill only looks', { ...item(), drill: { id: 'd', level: 'OBSERVE' } as never }, true],
    ['is not due while a run goes on', item(undefined, { run: { id: 'app-e1' } as never }), false],
  ])('%s', (_name, given, due) => {
    expect(isLookDue(given, NOW)).toBe(due);
  });

  test('comes daily, again after 5 minutes of doubt, and hourly while it is paged', () => {
    expect(LOOK_MS).toEqual({ ready: 24 * 3_600_000, doubted: 5 * 60_000, paged: 3_600_000 });
  });
});

describe('somebody', () => {
  test.each<[string, Readiness | undefined, readonly string[], 'page' | 'resolve' | 'nothing']>([
    ['is told nothing by a first look, because one may have missed an answer', undefined, ['x'], 'nothing'],
    ['is told nothing after a good one', looked(0), ['x'], 'nothing'],
    ['is paged by the second look in a row', looked(0, ['y']), ['x'], 'page'],
    ['is not paged twice a day', looked(0, ['x'], LOOK_MS.ready - 1), ['x'], 'nothing'],
    ['is paged again a day later', looked(0, ['x'], LOOK_MS.ready), ['x'], 'page'],
    ['is told when it is over', looked(0, ['x'], 1), [], 'resolve'],
    ['is told nothing when nothing was said', looked(0, ['x']), [], 'nothing'],
    ['is told that what may have been said is over', { ...looked(0, ['x']), telling: true }, [], 'resolve'],
    ['is told so again while that may not have been heard', { ...looked(0), telling: true }, [], 'resolve'],
    ['is told nothing while all is well', undefined, [], 'nothing'],
  ])('%s', (_name, before, because, what) => {
    expect(toTell(before, because, NOW)).toBe(what);
  });
});

test.each<[string, JournalItem | undefined, readonly string[], boolean, Readiness | undefined]>([
  ['a page is remembered', item(looked(1, ['x'])), ['x'], true, { checkedAtMs: NOW, because: ['x'], pagedAtMs: NOW }],
  ['an older page stays', item(looked(1, ['x'], 9)), ['x'], false, { checkedAtMs: NOW, because: ['x'], pagedAtMs: NOW - 9 }],
  ['what is over is forgotten', item(looked(1, ['x'], 9)), [], false, { checkedAtMs: NOW, because: [] }],
  [
    'what may have been said stays while it goes on',
    item({ ...looked(1, ['x']), telling: true }),
    ['x'],
    false,
    { checkedAtMs: NOW, because: ['x'], telling: true },
  ],
  [
    'after its end nobody counts as paged',
    item({ ...looked(1, [], 9), telling: true }),
    ['x'],
    false,
    { checkedAtMs: NOW, because: ['x'], telling: true },
  ],
  [
    'what may have been said is forgotten with its end',
    item({ ...looked(1), telling: true }),
    [],
    false,
    { checkedAtMs: NOW, because: [] },
  ],
  ['a first look is remembered', item(), ['x'], false, { checkedAtMs: NOW, because: ['x'] }],
  ['a pair without an item is left alone', undefined, [], false, undefined],
])('%s', (_name, found, because, told, readiness) => {
  const ruled = noteLook(found, because, told, NOW);
  expect(ruled.kind === 'write' ? ruled.item.readiness : undefined).toEqual(readiness);
});

test('what will be told is noted before: that it may be open, or that it is over', () => {
  const before = looked(1, ['x'], 9);
  expect(noteToTell(item(before), 'page')).toMatchObject({ kind: 'write', item: { readiness: { ...before, telling: true } } });
  expect(noteToTell(item(before), 'resolve')).toMatchObject({ kind: 'write', item: { readiness: { ...before, because: [] } } });
  expect([noteToTell(undefined, 'page').kind, noteToTell(item(), 'page').kind]).toEqual(['keep', 'keep']);
});

test('an end that may not have been heard is told again after 5 minutes, not after a day', () => {
  const due = (ago: number) => isLookDue(item({ ...looked(ago), telling: true }), NOW);
  expect([due(LOOK_MS.doubted - 1), due(LOOK_MS.doubted)]).toEqual([false, true]);
});
