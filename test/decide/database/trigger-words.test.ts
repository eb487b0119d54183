/** Every decision of the trigger with all that it says: pages carry the first two reasons, the log all of them. */
import { decideTrigger, GRACE_MS, type Outcome, type Policy, pageAfterMs, rowFor } from '../../../lib/decide/database/trigger';
import type { LeaseWord, OutsideWord, ProbeWord, Words, WriterWord } from '../../../lib/decide/database/witnesses';

const heard = ['said of Route 53', 'said of our probe', 'said of the writer', 'said of the lease'];
const words = (outside: OutsideWord, probe: ProbeWord, writer: WriterWord, lease: LeaseWord = 'none'): Words => ({
  outside: { says: outside, because: 'said of Route 53' },
  probe: { says: probe, because: 'said of our probe' },
  writer: { says: writer, because: 'said of the writer' },
  lease: { says: lease, because: 'said of the lease' },
});
const unanimous: Policy = { kind: 'unanimous' };
const decided = (said: Words, change: Partial<Parameters<typeof decideTrigger>[0]> = {}) => {
  const facts = { words: said, policy: unanimous, writerForMs: GRACE_MS, notReady: [], ...change };
  const { outcome, row, because } = decideTrigger(facts);
  expect(because.slice(-4)).toEqual(heard);
  return [outcome, row, ...because.slice(0, -4)];
};

describe('each row', () => {
  test.each<[Words, Outcome, number, string]>([
    [
      words('unhealthy', 'failed', 'dead', 'renewed'),
      'traffic',
      10,
      'the primary renews its lease, so its writer accepts writes',
    ],
    [words('unknown', 'failed', 'alive', 'renewed'), 'traffic', 10, 'the primary renews its lease, so its writer accepts writes'],
    [
      words('healthy', 'failed', 'dead'),
      'partition',
      20,
      'only we cannot reach the primary: the path between the Regions is broken',
    ],
    [words('unhealthy', 'failed', 'dead'), 'failover', 30, 'site and writer are dead'],
    [words('unhealthy', 'failed', 'silent'), 'ask', 40, 'the site is down, and the evidence against the writer is weak'],
    [words('unhealthy', 'failed', 'alive'), 'traffic', 41, 'the site is down and the writer lives'],
    [words('unhealthy', 'failed', 'unknown'), 'traffic', 42, 'the site is down; nothing proves that the writer is dead'],
    [words('unknown', 'failed', 'alive'), 'partition', 43, 'we cannot reach the primary, nor learn what Route 53 says'],
    [words('unknown', 'failed', 'silent'), 'partition', 43, 'we cannot reach the primary, nor learn what Route 53 says'],
    [
      words('unhealthy', 'good', 'dead'),
      'database',
      50,
      'the site answers and its writer is dead: the service may be failing over inside its Region',
    ],
    [words('unhealthy', 'good', 'alive'), 'outside', 60, 'we reach the primary and Route 53 does not'],
    [words('unhealthy', 'failing', 'dead'), 'hold', 70, 'a missed probe is not an outage'],
    [words('healthy', 'good', 'alive'), 'hold', 90, 'the primary answers'],
    [words('unknown', 'good', 'silent'), 'hold', 90, 'the primary answers'],
  ])('%j: %s by row %i', (said, outcome, row, because) => {
    expect(decided(said)).toEqual([outcome, row, because]);
    expect(rowFor(said).row).toBe(row);
  });
});

const dead = words('unhealthy', 'failed', 'dead');
const DEAD = 'site and writer are dead';

describe('where a person is asked', () => {
  test.each<[string, Words, Policy, readonly string[]]>([
    ['the trigger is manual', dead, { kind: 'manual' }, ['the trigger is manual']],
    [
      'Route 53 is not heard',
      words('unknown', 'failed', 'dead'),
      unanimous,
      ['2 of 3 witnesses speak against the primary, all must'],
    ],
    [
      'the lease is not read',
      words('unhealthy', 'failed', 'dead', 'unknown'),
      unanimous,
      ['3 of 4 witnesses speak against the primary, all must'],
    ],
    [
      'a quorum is not met',
      words('unknown', 'failed', 'dead', 'expired'),
      { kind: 'quorum', of: 4 },
      ['3 witnesses speak against the primary, 4 must'],
    ],
    [
      'one cut path explains it all, whatever the quorum',
      words('unknown', 'failed', 'dead'),
      { kind: 'quorum', of: 2 },
      ['only what comes over our own path speaks against the primary: Route 53 is not heard, and there is no lease'],
    ],
  ])('because %s', (_name, said, policy, missing) => {
    expect(decided(said, { policy })).toEqual(['ask', 30, DEAD, ...missing]);
  });

  test.each<[string, Words, Policy]>([
    ['all four agree', words('unhealthy', 'failed', 'dead', 'expired'), unanimous],
    ['a quorum of three is met without a lease', dead, { kind: 'quorum', of: 3 }],
    ['a quorum of three is met by the lease', words('unknown', 'failed', 'dead', 'expired'), { kind: 'quorum', of: 3 }],
  ])('nobody is when %s', (_name, said, policy) => {
    expect(decided(said, { policy })).toEqual(['failover', 30, DEAD]);
  });

  test('whoever would fail over and must not says why, all at once', () => {
    expect(decided(dead, { notReady: ['paused', 'no replica'] })).toEqual(['blocked', 30, DEAD, 'paused', 'no replica']);
  });
});

test('a dead writer behind a living site has a grace, in which its own service may recover it', () => {
  const site = 'the site answers and its writer is dead: the service may be failing over inside its Region';
  const said = words('healthy', 'good', 'dead');
  const wait = 'the service has 180000 ms to recover it, 179999 ms have passed';
  expect(decided(said, { writerForMs: GRACE_MS - 1 })).toEqual(['hold', 50, site, wait]);
  expect(decided(said)).toEqual(['database', 50, site]);
});

test.each<[Outcome, ReturnType<typeof pageAfterMs>]>([
  ['ask', { lastsMs: 0, suspectMs: 0 }],
  ['blocked', { lastsMs: 0, suspectMs: 0 }],
  ['database', { lastsMs: 0, suspectMs: 0 }],
  ['traffic', { lastsMs: 15_000, suspectMs: 0 }],
  ['partition', { lastsMs: 45_000, suspectMs: 90_000 }],
  ['outside', { lastsMs: 45_000, suspectMs: 90_000 }],
  ['failover', undefined],
  ['hold', undefined],
])('%s is paged after %j', (outcome, after) => {
  expect(pageAfterMs(outcome)).toEqual(after);
});
