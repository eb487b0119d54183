import { expectedTime, expectedTotal } from '../../../lib/decide/database/expected';
import { writesGoOn } from '../../../lib/decide/database/fences';
import { signsOfLife } from '../../../lib/decide/database/life';
import { FAILOVER_PLAN } from '../../../lib/decide/database/plan';
import type { Words } from '../../../lib/decide/database/witnesses';
import { lasting } from '../../../lib/decide/database/words';
import { SPANS } from '../../../lib/decide/timings/spans';

const words = (
  outside: Words['outside']['says'],
  probe: Words['probe']['says'],
  writer: Words['writer']['says'],
  lease: Words['lease']['says'] = 'none',
): Words => ({
  outside: { says: outside, because: 'beacon' },
  probe: { says: probe, because: 'probe' },
  writer: { says: writer, because: 'writer' },
  lease: { says: lease, because: 'lease' },
});
const outside = 'Route 53 calls the primary healthy: beacon';

test.each([
  ['a dead primary shows none', words('unhealthy', 'failed', 'dead'), []],
  ['what is unknown or silent is no sign of life', words('unknown', 'failing', 'silent', 'unknown'), []],
  ['a living writer behind a dead site is one', words('unhealthy', 'failed', 'alive'), ['writer']],
  ['a site that answers is one, while nothing proves the writer dead', words('unknown', 'good', 'unknown'), ['probe']],
  ['Route 53 alone is one', words('healthy', 'failing', 'silent'), [outside]],
  ['a writer that is proven dead outweighs a site that answers', words('healthy', 'good', 'dead'), []],
  ['a renewed lease outweighs everything', words('unhealthy', 'failed', 'dead', 'renewed'), ['lease']],
  ['all are said at once', words('healthy', 'good', 'alive', 'renewed'), ['writer', 'lease', 'probe', outside]],
])('%s', (_name, said, signs) => {
  expect(signsOfLife(said)).toEqual(signs);
});

test.each([
  ['a switchover stops writes by a function', 'switchover', [{ kind: 'function' }], undefined],
  [
    'a network ACL would cut replication too',
    'switchover',
    [{ kind: 'networkAcl' }],
    'a planned change needs a fence that stops writes and leaves replication alive, or writes stopped by hand',
  ],
  [
    'no fence reaches today’s writer on the way back',
    'failback',
    [{ kind: 'function' }],
    'today’s writer cannot be fenced from here, and nobody said that writes are stopped',
  ],
] as const)('%s', (_name, run, fences, because) => {
  expect(writesGoOn(run, { kind: 'readReplicas', fences })).toBe(because);
});

test('a run takes what its parts take, and is assumed as soon as one of them is', () => {
  const fenced = { kind: 'readReplicas', fences: [{}] };
  const parts = [
    SPANS['decide.assess'],
    SPANS.fence,
    SPANS['latch.alarm'],
    SPANS['db.replica-promotion'],
    SPANS['db.writer-name'],
  ];
  expect(expectedTotal(fenced, 'failover')).toEqual({
    typicalSec: parts.reduce((sum, { p50Sec }) => sum + p50Sec, 0),
    worstSec: parts.reduce((sum, { worstSec }) => sum + worstSec, 0),
    provenance: 'assumed',
  });
});

const REPLICAS = { kind: 'readReplicas', fences: [{}] };
const AURORA = { kind: 'auroraGlobal', fences: [] };
test.each<[string, Parameters<typeof expectedTime>[1], Parameters<typeof expectedTime>[2], readonly string[]]>([
  [
    'a failover of replicas',
    REPLICAS,
    'failover',
    [
      'assess: decide.assess',
      'stop_writes_to_primary: fence',
      'latch: latch.alarm',
      'promote_replica: db.replica-promotion',
      'repoint_writer: db.writer-name',
    ],
  ],
  [
    'a failover of replicas without a fence',
    { ...REPLICAS, fences: [] },
    'failover',
    ['assess: decide.assess', 'latch: latch.alarm', 'promote_replica: db.replica-promotion', 'repoint_writer: db.writer-name'],
  ],
  [
    'a failback, which neither fences nor latches',
    REPLICAS,
    'failback',
    ['assess: decide.assess', 'promote_replica: db.replica-promotion', 'repoint_writer: db.writer-name'],
  ],
  [
    'a failover of an Aurora Global Database',
    AURORA,
    'failover',
    ['assess: decide.assess', 'latch: latch.alarm', 'promote_replica: db.global-failover', 'repoint_writer: db.writer-name'],
  ],
  [
    'a switchover of an Aurora Global Database',
    AURORA,
    'switchover',
    ['assess: decide.assess', 'latch: latch.alarm', 'promote_replica: db.global-switchover', 'repoint_writer: db.writer-name'],
  ],
])('%s waits for its steps', (_name, database, run, lines) => {
  const times = FAILOVER_PLAN.flatMap(({ step }) => {
    const time = expectedTime(step, database, run);
    return time ? [{ step, ...time }] : [];
  });
  expect(times.map(({ step, id }) => `${step}: ${id}`)).toEqual(lines);
  for (const { id, typicalSec, worstSec, provenance } of times) {
    expect({ typicalSec, worstSec, provenance }).toEqual({
      typicalSec: SPANS[id].p50Sec,
      worstSec: SPANS[id].worstSec,
      provenance: SPANS[id].provenance,
    });
  }
});

test.each([
  [0, '0 s'],
  [1, '0.1 s'],
  [400, '0.4 s'],
  [119_901, '2 min'],
  [120_000, '2 min'],
  [119_900, '119.9 s'],
  [120_001, '2.1 min'],
  [-1_000, '-1 s'],
])('%i ms last %s', (ms, words) => {
  expect(lasting(ms)).toBe(words);
});
