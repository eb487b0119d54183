import { expectedTime, expectedTotal } from '../../../lib/decide/database/expected';
import { writesGoOn } from '../../../lib/decide/database/fences';
import { signsOfLife } from '../../../lib/decide/database/life';
import type { Words } from '../../../lib/decide/database/witnesses';
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
  expect(expectedTime('stop_writes_to_primary', { ...fenced, fences: [] }, 'failover')).toBeUndefined();
  expect(expectedTime('promote_replica', { ...fenced, kind: 'auroraGlobal' }, 'failback')?.id).toBe('db.global-switchover');
  expect(expectedTime('latch', fenced, 'failback')).toBeUndefined();
});
