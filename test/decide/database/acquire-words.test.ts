/** What begins, settles and adopts a run: each item that is written, and each refusal, whole. */
import { type Acquire, acquire, adopt, boundDatabase, settle } from '../../../lib/decide/database/order-rules';
import type { DatabaseRun, DatabaseState, RunKind } from '../../../lib/decide/database/state';
import { blankItem } from '../../../lib/decide/drill/rules';
import type { JournalItem } from '../../../lib/decide/journal';
import { done, idle, item, KEY, NOW, refused, rollback } from './run-item';

const members = { source: 'a', replicas: ['b1', 'b2'], generation: 1 };
const asked = (change: Partial<Acquire> = {}): Acquire => ({
  pair: 'app',
  kind: 'failover',
  startedBy: 'prober',
  automatic: true,
  seenEpoch: 1,
  nowMs: NOW,
  members,
  ...change,
});
const begun: DatabaseRun = {
  id: 'app-e2',
  kind: 'failover',
  epoch: 2,
  startedBy: 'prober',
  automatic: true,
  startedAtMs: NOW,
  failedAtMs: NOW,
  steps: {},
};
const acquired = (run: DatabaseRun, change: Partial<DatabaseState> = {}, epoch = 2) => ({
  kind: 'write',
  item: {
    ...blankItem('app'),
    epoch,
    incident: { key: `app/${epoch}`, sinceMs: NOW },
    database: { ...boundDatabase(members), state: 'ASSESSING', ...change, run },
  },
  answer: { kind: 'acquired', run },
});
const member = { id: 'a2', endpoint: 'e', port: 1, region: 'r', engine: 'x' };
const serving = (change: Partial<DatabaseState> = {}) =>
  idle({ state: 'SERVING_STANDBY', active: 'standby', writer: 'b1', ...change });
const person = { automatic: false, startedBy: 'ann' };

test('a database that is bound is armed and not latched, and the name of no candidate is answered', () => {
  expect(boundDatabase(members)).toStrictEqual({
    state: 'ARMED',
    active: 'primary',
    writer: 'a',
    latch: { on: false, generation: 1 },
    writerName: { b1: false, b2: false },
    lastRuns: [],
  });
});

describe('a run that is taken', () => {
  test('carries no more than what was asked for', () => {
    expect(acquire(idle(), asked())).toStrictEqual(acquired(begun));
  });

  test('binds a pair that nobody knew', () => {
    const run = { ...begun, id: 'app-e1', epoch: 1 };
    expect(acquire(undefined, asked({ seenEpoch: 0 }))).toStrictEqual(acquired(run, {}, 1));
  });

  test('carries the moment of the failure, what was heard by then and the lease that stood still', () => {
    const excess = { b1: { agoMs: 4, ms: [20, 90], doubtMs: 7 } };
    const facts = { failedAtMs: NOW - 9, gapsMs: { b1: 5 }, unheardMs: { b2: 7 }, excess, leaseRvn: 'r5' };
    expect(acquire(idle({ state: 'SUSPECT' }), asked(facts))).toStrictEqual(acquired({ ...begun, ...facts }));
  });

  test('carries what a person said: the reason, the loss that is consented to, and that writes are stopped', () => {
    const said = { forced: 'I saw it burn', writesStopped: true };
    expect(acquire(idle(), asked({ ...person, ...said, acceptLossMs: 500 }))).toStrictEqual(
      acquired({ ...begun, ...person, ...said, consent: { by: 'ann', epoch: 2, lossMs: 500, atMs: NOW } }),
    );
  });

  test('goes back by the way back only, and keeps what was rebuilt', () => {
    const rebuilt = { ...member, replicating: true };
    expect(acquire(serving({ rebuilt }), asked({ ...person, kind: 'failback' }))).toStrictEqual(
      acquired({ ...begun, ...person, kind: 'failback' }, { state: 'FAILBACK', active: 'standby', writer: 'b1', rebuilt }),
    );
  });

  test('ends a rest that is over, or that a person breaks', () => {
    const resting = (untilMs: number) => idle({ state: 'ROLLED_BACK', restUntilMs: untilMs });
    expect(acquire(resting(NOW), asked())).toStrictEqual(acquired(begun));
    expect(acquire(resting(NOW + 1), asked(person))).toStrictEqual(acquired({ ...begun, ...person }));
  });
});

const NO_WAY_BACK = 'no rebuilt replica of today’s writer was seen replicating in the primary Region';
test.each<[string, JournalItem, RunKind, Partial<Acquire>, readonly string[]]>([
  [
    'automation while it rests',
    idle({ state: 'ROLLED_BACK', restUntilMs: NOW + 1 }),
    'failover',
    {},
    ['automation rests until 1970-01-01T00:16:40.001Z', 'the controller is ROLLED_BACK'],
  ],
  ['a way back that nobody built', serving(), 'failback', person, [NO_WAY_BACK]],
  [
    'a way back that does not replicate yet',
    serving({ state: 'REBUILDING', rebuilt: { ...member, replicating: false } }),
    'failback',
    person,
    [NO_WAY_BACK, 'the controller is REBUILDING'],
  ],
  [
    'a way back by itself',
    serving({ rebuilt: { ...member, replicating: true } }),
    'failback',
    {},
    ['only a person starts a failback'],
  ],
  ['a way back of a primary that writes', idle(), 'failback', person, [NO_WAY_BACK, 'the controller is ARMED']],
  [
    'a failover to a standby that writes alone, seen too late',
    serving({ unprotectedSinceMs: NOW }),
    'failover',
    { ...person, seenEpoch: 0 },
    [
      'the epoch is 1, not 0: somebody came first',
      'the standby writes already',
      'there has been no replica to take over since 1970-01-01T00:16:40.000Z',
      'the controller is SERVING_STANDBY',
    ],
  ],
])('nobody begins %s', (_name, found, kind, change, because) => {
  expect(acquire(found, asked({ kind, ...change }))).toStrictEqual(refused(...because));
});

describe('a pair that is looked at', () => {
  const written = (found: JournalItem) => ({ kind: 'write', item: found, answer: found });
  const kept = (found: JournalItem) => ({ kind: 'keep', answer: found });
  const bound: JournalItem = { ...blankItem('app'), database: boundDatabase(members) };
  const resting = idle({ state: 'ROLLED_BACK', restUntilMs: NOW + 1 });

  test.each<[string, JournalItem | undefined, number, unknown]>([
    ['is bound when nobody knew it', undefined, NOW, written(bound)],
    ['is bound when only drills knew it', { ...blankItem('app'), revision: 7 }, NOW, written({ ...bound, revision: 7 })],
    ['stays as it is', idle(), NOW, kept(idle())],
    ['goes on resting', resting, NOW, kept(resting)],
    ['is armed when its rest is over', resting, NOW + 1, written(idle())],
    ['is left serving, whatever rest was left behind', serving({ restUntilMs: NOW }), NOW, kept(serving({ restUntilMs: NOW }))],
  ])('%s', (_name, found, nowMs, ruled) => {
    expect(settle(found, 'app', members, nowMs)).toStrictEqual(ruled);
  });
});

test.each<[string, Partial<DatabaseRun>, DatabaseState['state'], DatabaseState['state']]>([
  ['before the promotion', {}, 'STUCK', 'PROMOTING'],
  ['after the promotion', { steps: { promote_replica: done() } }, 'STUCK', 'VERIFYING'],
  ['that is not stuck', {}, 'FENCING', 'FENCING'],
  ['that is being given up', { rollback }, 'LATCHING', 'LATCHING'],
])('a run %s is adopted into its state', (_name, change, state, to) => {
  const ruled = adopt(item({ ...change, stuckBecause: ['x'] }, { state }), KEY, NOW);
  const { run } = item({ ...change, adopted: 1, adoptedAtMs: NOW }).database ?? {};
  expect(ruled).toStrictEqual({
    kind: 'write',
    item: item({ ...change, adopted: 1, adoptedAtMs: NOW }, { state: to }),
    answer: { kind: 'adopted', run },
  });
});
