import fc from 'fast-check';
import {
  afterRefusal,
  careOf,
  HOLD_MS,
  type LeaseLook,
  type LeaseRecord,
  type LeaseRun,
  type LeaseSeen,
  leaseForRun,
  leaseLost,
  leaseWord,
  RENEW_MS,
  STEAL_MS,
  standingOf,
  stillBelieved,
} from '../../../lib/decide/database/lease';
import { LEASE_REGION_SETS, regionSets, setOf, witnessFor } from '../../../lib/decide/database/lease-regions';

const record = (change: Partial<LeaseRecord> = {}): LeaseRecord => ({
  rvn: 'r5',
  epoch: 3,
  holder: 'shop-a',
  turn: 2,
  ...change,
});
const look = (change: Partial<LeaseRecord> = {}): LeaseLook => ({ kind: 'lease', ...record(change) });
const seen = (change: Partial<LeaseSeen> = {}, lease: Partial<LeaseRecord> = {}): LeaseSeen => ({
  lease: record(lease),
  writer: 'shop-a',
  unchangedForMs: 4_000,
  changed: true,
  ...change,
});

describe('the lease as a witness', () => {
  test.each<[string, Parameters<typeof leaseWord>[0], string, string, boolean | undefined]>([
    ['is none where there is no lease', undefined, 'none', 'there is no lease', undefined],
    ['is unknown where it cannot be read', { because: 'timed out' }, 'unknown', 'the lease cannot be read: timed out', true],
    ['is renewed once it was seen to change', seen(), 'renewed', 'the lease is unchanged for 4000 ms, limit 30000 ms', false],
    [
      'is expired once it stood still for the whole span',
      seen({ unchangedForMs: STEAL_MS, changed: false }),
      'expired',
      'the lease is unchanged for 30000 ms, limit 30000 ms',
      true,
    ],
    [
      'is not expired one millisecond before',
      seen({ unchangedForMs: STEAL_MS - 1 }),
      'renewed',
      'the lease is unchanged for 29999 ms, limit 30000 ms',
      false,
    ],
    [
      'is unknown to a fresh observer that saw one record only',
      seen({ changed: false }),
      'unknown',
      'the lease was watched for 4000 ms only',
      undefined,
    ],
    [
      'says nothing about a writer who does not hold it, however long it stands still',
      seen({ unchangedForMs: 900_000 }, { holder: 'shop-e3' }),
      'unknown',
      'the lease is held by shop-e3, not by shop-a',
      true,
    ],
    [
      'is lost by one observer who saw it stand still from the first look on, in other hands',
      seen({ unchangedForMs: STEAL_MS, changed: false }, { holder: 'shop-e3' }),
      'unknown',
      'the lease is held by shop-e3, not by shop-a',
      true,
    ],
    [
      'says nothing to a fresh observer about a writer who never renewed it',
      seen({ changed: false }, { turn: 0 }),
      'unknown',
      'shop-a never renewed the lease of epoch 3',
      undefined,
    ],
    [
      'says nothing about a writer who never renewed it',
      seen({ unchangedForMs: 900_000 }, { turn: 0 }),
      'unknown',
      'shop-a never renewed the lease of epoch 3',
      true,
    ],
  ])('%s', (_name, given, says, because, lost) => {
    expect([leaseWord(given), leaseLost(given)]).toEqual([{ says, because }, lost]);
  });
});

describe('a run that wants the lease', () => {
  const run = (change: Partial<LeaseRun> = {}): LeaseRun => ({
    id: 'shop-e4',
    epoch: 4,
    startedBy: 'prober',
    automatic: true,
    leaseRvn: 'r5',
    ...change,
  });
  const person = { automatic: false, startedBy: 'jo', leaseRvn: undefined };
  const why = { ...person, forced: 'the witness Region is gone' };
  const forced = 'jo goes on without the lease: the witness Region is gone';
  test.each<[string, LeaseLook, LeaseRun, ReturnType<typeof leaseForRun>]>([
    ['takes the record that stood still', look(), run(), { kind: 'take', rvn: 'r5' }],
    ['has it already when it is called again', look({ epoch: 4, holder: 'shop-e4', turn: 0 }), run(), { kind: 'held' }],
    [
      'gives up when the primary renewed it',
      look({ rvn: 'r6' }),
      run(),
      { kind: 'undo', because: 'the primary renewed its lease' },
    ],
    [
      'gives up when no record was seen to stand still',
      look(),
      run({ leaseRvn: undefined }),
      { kind: 'undo', because: 'the primary renewed its lease' },
    ],
    [
      'gives up when somebody holds a newer epoch',
      look({ epoch: 5, holder: 'x' }),
      run(),
      { kind: 'undo', because: 'the lease is at epoch 5 already, held by x' },
    ],
    [
      'gives up when somebody else holds its epoch',
      look({ epoch: 4, holder: 'x' }),
      run(),
      { kind: 'undo', because: 'the lease is at epoch 4 already, held by x' },
    ],
    [
      'gives up before a newer record of its own name',
      look({ epoch: 5, holder: 'shop-e4' }),
      run(),
      { kind: 'undo', because: 'the lease is at epoch 5 already, held by shop-e4' },
    ],
    [
      'asks again when the lease cannot be read',
      { kind: 'unknown', because: 'timed out' },
      run(),
      { kind: 'again', because: 'the lease cannot be read: timed out' },
    ],
    [
      'gives up by itself when nobody ever held it',
      { kind: 'absent', because: 'no item' },
      run(),
      { kind: 'undo', because: 'nobody ever held the lease: no item' },
    ],
    ['writes the first record for a person', { kind: 'absent', because: 'no item' }, run(person), { kind: 'offer' }],
    ['takes it for a person while it is renewed', look({ rvn: 'r6' }), run(person), { kind: 'take', rvn: 'r6' }],
    [
      'asks again for a person when it cannot be read',
      { kind: 'unknown', because: 'timed out' },
      run(person),
      { kind: 'again', because: 'the lease cannot be read: timed out' },
    ],
    [
      'goes on without it when a person says so',
      { kind: 'unknown', because: 'timed out' },
      run(why),
      { kind: 'without', because: `the lease cannot be read: timed out; ${forced}` },
    ],
    [
      'goes on without a lease that is ahead when a person says so',
      look({ epoch: 9, holder: 'x' }),
      run(why),
      { kind: 'without', because: `the lease is at epoch 9 already, held by x; ${forced}` },
    ],
    ['takes it where it can, though forced', look(), run(why), { kind: 'take', rvn: 'r5' }],
  ])('%s', (_name, given, wanted, expected) => {
    expect(leaseForRun(given, wanted)).toEqual(expected);
  });

  test('automation takes only the very record that it saw, whatever stands there', () => {
    const records = fc.record({
      rvn: fc.constantFrom('r5', 'r6'),
      epoch: fc.nat(6),
      holder: fc.constantFrom('shop-a', 'shop-e4', 'x'),
      turn: fc.nat(3),
    });
    fc.assert(
      fc.property(records, fc.constantFrom('r5', undefined), (found, leaseRvn) => {
        const answer = leaseForRun({ kind: 'lease', ...found }, run({ leaseRvn }));
        expect(['offer', 'without']).not.toContain(answer.kind);
        if (answer.kind === 'take') expect([found.rvn, found.epoch < 4]).toEqual([leaseRvn, true]);
      }),
      { seed: Number(process.env['SEED'] ?? 20261120) },
    );
  });
});

describe('a renewer', () => {
  const belief = { epoch: 3, seenTurn: 2, turn: 3, sinceMs: 1_000 };
  test('believes what it read, from the moment it asked, in a turn of its own', () => {
    expect(standingOf(record(), 'shop-a', 1_000)).toEqual({ kind: 'mine', belief });
    expect(standingOf(record({ holder: 'shop-e4', epoch: 4 }), 'shop-a', 1_000)).toEqual({
      kind: 'not-mine',
      because: 'the lease is held by shop-e4 at epoch 4',
    });
  });

  test('stops believing when its own stopwatch says so, before anybody may take the lease', () => {
    expect([HOLD_MS - 1, HOLD_MS].map((ms) => stillBelieved(belief, 1_000 + ms))).toEqual([true, false]);
    expect(HOLD_MS + RENEW_MS).toBeLessThan(STEAL_MS);
  });

  test.each<[string, Partial<LeaseRecord>, ReturnType<typeof afterRefusal>]>([
    [
      'stops for good when another holds it',
      { holder: 'shop-e4', epoch: 4 },
      { because: 'the lease is held by shop-e4 at epoch 4' },
    ],
    ['looks again when it was given back at a newer epoch', { epoch: 4, turn: 0 }, 'look-again'],
    ['stops when a newer run of itself took over', { turn: 3 }, { because: 'a newer run of the renewer holds turn 3' }],
  ])('%s', (_name, change, expected) => {
    expect(afterRefusal(record(change), belief, 'shop-a')).toEqual(expected);
  });
});

test.each<[string, LeaseLook, ReturnType<typeof careOf>]>([
  ['is well with the writer', look(), { kind: 'well' }],
  ['is well with the writer, though runs that took nothing have burnt epochs', look({ epoch: 1 }), { kind: 'well' }],
  ['is offered to the writer where there is none', { kind: 'absent', because: 'no item' }, { kind: 'offer' }],
  ['is handed over to the writer after a run', look({ holder: 'shop-e3' }), { kind: 'hand-over', rvn: 'r5' }],
  [
    'is amiss when it is ahead of the journal, and nobody moves it',
    look({ epoch: 4 }),
    { kind: 'amiss', because: 'the lease is at epoch 4, the journal at 3' },
  ],
  [
    'is amiss when it cannot be read',
    { kind: 'unknown', because: 'timed out' },
    { kind: 'amiss', because: 'the lease cannot be read: timed out' },
  ],
])('while nothing runs the lease %s', (_name, given, expected) => {
  expect(careOf(given, { epoch: 3, writer: 'shop-a' })).toEqual(expected);
});

test('a witness is left in a Region set for every two of its Regions, and for no two of different sets', () => {
  const all = Object.values(LEASE_REGION_SETS);
  for (const set of all) {
    expect(set.length).toBeGreaterThanOrEqual(3);
    for (const a of set) {
      for (const b of set.filter((region) => region !== a)) {
        const witness = witnessFor(a, b);
        expect([set.includes(witness ?? ''), witness === a, witness === b]).toEqual([true, false, false]);
      }
      for (const b of all.filter((other) => other !== set).flat())
        expect([setOf(a, b), witnessFor(a, b)]).toEqual([undefined, undefined]);
    }
  }
});

test.each([
  ['us-east-1', 'us-east-2', 'us-west-2'],
  ['us-west-2', 'us-east-1', 'us-east-2'],
  ['us-west-2', 'us-east-2', 'us-east-1'],
  ['eu-west-1', 'eu-central-1', 'eu-west-2'],
  ['eu-west-2', 'eu-west-3', 'eu-west-1'],
  ['ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3'],
  ['ap-northeast-3', 'ap-northeast-2', 'ap-northeast-1'],
  ['eu-west-1', 'us-east-1', undefined],
  ['eu-north-1', 'eu-west-1', undefined],
])('the witness of %s and %s is %s', (primary, standby, witness) => {
  expect(witnessFor(primary, standby)).toBe(witness);
});

test('the sets are said in one line', () => {
  expect(regionSets()).toBe(
    'US: us-east-1, us-east-2, us-west-2; EU: eu-west-1, eu-west-2, eu-west-3, eu-central-1; AP: ap-northeast-1, ap-northeast-2, ap-northeast-3',
  );
});
