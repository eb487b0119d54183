import fc from 'fast-check';
import { backupNear } from '../../../lib/decide/database/backup-windows';
import {
  afterTry,
  fenceOrder,
  fencesAfter,
  fenceWords,
  fencing,
  highestFence,
  type RaisedFence,
} from '../../../lib/decide/database/fences';
import { gateLoss } from '../../../lib/decide/database/loss';
import { boundDatabase } from '../../../lib/decide/database/order-rules';
import { beginRebuild, noteRebuilt } from '../../../lib/decide/database/rebuild-rules';
import {
  bestReplica,
  type CandidateFacts,
  gapOf,
  judge,
  type LagPoint,
  LOSS_WINDOW_MS,
} from '../../../lib/decide/database/replica';
import { claimOf } from '../../../lib/decide/database/split-brain';
import type { Consent } from '../../../lib/decide/database/state';
import { clearSuspicion, failureOf, notePaged, noteProtection, noteSuspicion } from '../../../lib/decide/database/watch-rules';
import { blankItem } from '../../../lib/decide/drill/rules';

const seed = Number(process.env.SEED ?? 20261120);
const FAILED = 10_000_000;
const LIMITS = { lagMs: 60_000, sampleAgeMs: 300_000 };
const lag = (ms: number, beforeMs: number): LagPoint => ({ kind: 'lag', atMs: FAILED - beforeMs, ms });
const facts = (change: Partial<CandidateFacts> = {}): CandidateFacts => ({
  id: 'b1',
  priority: 0,
  view: { status: 'available', replicaOf: 'a' },
  samples: [lag(1_000, 30_000)],
  ...change,
});
const why = (change: Partial<CandidateFacts>) => {
  const judged = judge(facts(change), 'a', FAILED, LIMITS);
  return judged.kind === 'eligible' ? `loses ${judged.loss.ms} by ${judged.loss.basis}` : judged.because;
};

describe('a replica', () => {
  test.each<[string, Partial<CandidateFacts>, string]>([
    [
      'loses the highest lag of the two minutes before the failure',
      { samples: [lag(9_000, 100_000), lag(1_000, 10_000)] },
      'loses 9000 by lag samples',
    ],
    [
      'is not judged by lag after the failure',
      { samples: [lag(1_000, 10_000), lag(500_000, -60_000)] },
      'loses 1000 by lag samples',
    ],
    [
      'is not judged by lag of long before',
      { samples: [lag(59_000, LOSS_WINDOW_MS + 1), lag(1_000, 10_000)] },
      'loses 1000 by lag samples',
    ],
    [
      'is judged by its last sample, however old within the limit',
      { samples: [lag(7_000, 299_999)] },
      'loses 7000 by lag samples',
    ],
    ['adds what its heartbeat missed', { gapMs: 4_000 }, 'loses 5000 by heartbeat'],
    ['states whole milliseconds and never less, which a person can type', { gapMs: 4_000.2 }, 'loses 5001 by heartbeat'],
    [
      'loses everything after its last sample when nobody knows how long its heartbeat was away',
      { samples: [lag(1_000, 40_000)], unheardMs: 5_000 },
      'loses 41000 by lag samples',
    ],
    [
      'loses at least what its heartbeat was seen to miss',
      { samples: [lag(1_000, 2_000)], unheardMs: 30_000 },
      'loses 31000 by lag samples',
    ],
    [
      'stays eligible when it may lose too much, so that a person is asked',
      { samples: [lag(1_000, 110_000)], unheardMs: 0 },
      'loses 111000 by lag samples',
    ],
    [
      'fails when it loses too much for sure',
      { samples: [lag(1_000, 110_000)], unheardMs: 59_001 },
      'it would lose 60.1 s of writes, limit 60 s',
    ],
    ['is eligible at the limit', { samples: [lag(60_000, 1)] }, 'loses 60000 by lag samples'],
    ['fails one millisecond over it', { samples: [lag(60_001, 1)] }, 'it would lose 60.1 s of writes, limit 60 s'],
    [
      'fails with a sample that is too old',
      { samples: [lag(0, 300_000)] },
      'its last lag sample is 5 min older than the failure, limit 5 min',
    ],
    ['fails without a sample', { samples: [] }, 'there is no lag sample from before the failure'],
    [
      'fails with samples from after the failure only',
      { samples: [lag(0, -1)] },
      'there is no lag sample from before the failure',
    ],
    [
      'fails when its last sample is unknown',
      { samples: [lag(0, 60_000), { kind: 'unknown', atMs: FAILED, because: 'ReplicaLag is -1' }] },
      'its last lag sample before the failure is unknown: ReplicaLag is -1',
    ],
    [
      'fails when lag cannot be read, even with a heartbeat',
      { samples: [], samplesUnknown: 'throttled', gapMs: 1 },
      'its lag is unknown: throttled',
    ],
    ['fails with a negative lag', { samples: [lag(-1_000, 1)] }, 'its lag of -1000 ms is no lag'],
    ['fails with a lag that is no number', { samples: [lag(Number.NaN, 1)] }, 'its lag of NaN ms is no lag'],
    ['fails while it is backing up', { view: { status: 'backing-up', replicaOf: 'a' } }, 'it is backing-up, not available'],
    ['fails when it stands alone', { view: { status: 'available' } }, 'it replicates from nothing'],
    ['fails when it follows another', { view: { status: 'available', replicaOf: 'c' } }, 'it replicates from c, not from a'],
    [
      'fails when it is itself a writer',
      { view: { status: 'available', replicaOf: 'a', isWriter: true } },
      'it is itself a writer',
    ],
    ['fails when nobody could look', { view: undefined, viewUnknown: 'throttled' }, 'its state is unknown: throttled'],
  ])('%s', (_name, change, because) => {
    expect(why(change)).toBe(because);
  });

  test('is chosen by least loss, then priority, then id', () => {
    const chosen = (...all: CandidateFacts[]) => {
      const choice = bestReplica(all, 'a', FAILED, LIMITS);
      return choice.kind === 'chosen' ? choice.id : 'none';
    };
    expect(chosen(facts(), facts({ id: 'b2', samples: [lag(900, 1)], priority: 9 }))).toBe('b2');
    expect(chosen(facts({ priority: 1 }), facts({ id: 'b2' }))).toBe('b2');
    expect(chosen(facts({ id: 'b2' }), facts())).toBe('b1');
    expect(bestReplica([], 'a', FAILED, LIMITS)).toEqual({ kind: 'none', because: ['there is no candidate'] });
  });

  test('is never chosen over the limit, unknown, or because of what came after the failure', () => {
    const point = fc.oneof(
      fc.record({
        kind: fc.constant('lag' as const),
        atMs: fc.integer({ min: FAILED - 400_000, max: FAILED + 400_000 }),
        ms: fc.integer({ min: -1, max: 120_000 }),
      }),
      fc.record({
        kind: fc.constant('unknown' as const),
        atMs: fc.integer({ min: FAILED - 400_000, max: FAILED }),
        because: fc.constant('x'),
      }),
    );
    fc.assert(
      fc.property(
        fc.array(point, { maxLength: 8 }),
        fc.array(point, { maxLength: 4 }),
        fc.option(fc.nat(90_000)),
        (samples, later, gapMs) => {
          const after = later.map((p) => ({ ...p, atMs: FAILED + 1 + Math.abs(p.atMs - FAILED) }));
          const gap = gapMs === null ? {} : { gapMs };
          const alone = judge(facts({ samples, ...gap }), 'a', FAILED, LIMITS);
          expect(judge(facts({ samples: [...samples, ...after], ...gap }), 'a', FAILED, LIMITS)).toEqual(alone);
          if (alone.kind !== 'eligible') return;
          expect(alone.loss.ms).toBeLessThanOrEqual(LIMITS.lagMs);
          const before = samples.filter((p) => p.atMs <= FAILED && p.atMs >= FAILED - LOSS_WINDOW_MS);
          for (const p of before) if (p.kind === 'lag') expect(alone.loss.ms).toBeGreaterThanOrEqual(p.ms);
        },
      ),
      { seed, numRuns: 500 },
    );
  });
});

describe('a replica whose backup is near', () => {
  const view = { status: 'available', replicaOf: 'a' };
  const near = facts({ id: 'near', view: { ...view, backupNear: '03:00-03:30 UTC' }, samples: [lag(100, 1_000)] });
  const free = facts({ id: 'free', samples: [lag(30_000, 1_000)] });

  test('is not taken while another is eligible, even when it would lose less, and is taken alone', () => {
    const choice = bestReplica([near, free], 'a', FAILED, LIMITS);
    expect(choice).toMatchObject({ kind: 'chosen', id: 'free' });
    expect(choice.because).toContain('near: its backup may run now or soon, 03:00-03:30 UTC');
    expect(bestReplica([near, facts({ id: 'late', samples: [] })], 'a', FAILED, LIMITS)).toMatchObject({ id: 'near' });
  });

  const at = (clock: string) => Date.parse(`2026-11-26T${clock}:00Z`);
  test.each([
    ['in its window', '03:00-03:30', 7, at('03:15'), true],
    ['shortly before', '03:00-03:30', 7, at('02:51'), true],
    ['long before', '03:00-03:30', 7, at('02:49'), false],
    ['after it', '03:00-03:30', 7, at('03:30'), false],
    ['across midnight', '23:45-00:15', 7, at('00:10'), true],
    ['just before a window at midnight', '00:00-00:30', 7, at('23:55'), true],
    ['never without backups', '03:00-03:30', 0, at('03:15'), false],
    ['never with a window that is none', 'soon', 7, at('03:15'), false],
  ])('%s', (_name, window, days, nowMs, expected) => {
    expect(backupNear(window, days, nowMs)).toBe(expected);
  });
});

describe('the gap of a heartbeat', () => {
  test('is what was heard; unheard with its least; unheard of one that nobody read; and nothing without evidence', () => {
    const run = { gapsMs: { b1: 4_000 }, unheardMs: { b2: 2_000 } };
    expect(['b1', 'b2', 'b3'].map((id) => gapOf(run, id))).toEqual([{ gapMs: 4_000 }, { unheardMs: 2_000 }, { unheardMs: 0 }]);
    expect(gapOf({}, 'b1')).toEqual({});
  });

  test('never makes a candidate that was not heard look better than one that was', () => {
    const samples: LagPoint[] = [{ kind: 'lag', atMs: FAILED - 30_000, ms: 400 }];
    const choice = bestReplica(
      [facts({ id: 'heard', samples, gapMs: 8_000 }), facts({ id: 'unheard', samples, unheardMs: 0 })],
      'a',
      FAILED,
      LIMITS,
    );
    expect(choice).toMatchObject({ kind: 'chosen', id: 'heard', loss: { ms: 8_400, basis: 'heartbeat' } });
  });
});

describe('the gate of the loss', () => {
  test('asks for what is only known not to be exceeded, and says both ends', () => {
    const loss = { ms: 111_000, basis: 'lag samples' as const, atLeastMs: 1_000 };
    expect(gateLoss(loss, { kind: 'upTo', ms: 60_000 }, 7)).toEqual({
      kind: 'ask',
      lossMs: 111_000,
      because:
        'the loss would be at least 1 s and at most 111 s of writes, by lag samples: the heartbeat reader began after the last row; 60 s are consented to',
    });
  });

  const consent: Consent = { by: 'ann', epoch: 7, lossMs: 5_000, atMs: 0 };
  const gate = (ms: number, policy: Parameters<typeof gateLoss>[1], given?: Consent) =>
    gateLoss({ ms, basis: 'lag samples' }, policy, 7, given).kind;
  test('accepts what was consented to beforehand, and asks for anything more', () => {
    expect([gate(60_000, { kind: 'upTo', ms: 60_000 }), gate(60_001, { kind: 'upTo', ms: 60_000 })]).toEqual(['accepted', 'ask']);
    expect([gate(1e9, { kind: 'any' }), gate(0, { kind: 'never' }), gate(1, { kind: 'never' })]).toEqual([
      'accepted',
      'ask',
      'ask',
    ]);
    expect(gateLoss({ ms: 0, basis: 'service' }, { kind: 'never' }, 7).kind).toBe('accepted');
  });

  test('takes a consent for its epoch and its loss only', () => {
    expect([gate(5_000, { kind: 'never' }, consent), gate(5_001, { kind: 'never' }, consent)]).toEqual(['accepted', 'ask']);
    expect(gate(5_000, { kind: 'never' }, { ...consent, epoch: 6 })).toBe('ask');
    expect(gateLoss({ ms: 9_000, basis: 'heartbeat' }, { kind: 'upTo', ms: 1_000 }, 7, consent)).toEqual({
      kind: 'ask',
      lossMs: 9_000,
      because: 'the loss would be 9 s of writes, by heartbeat; 1 s are consented to; ann consented to 5 s only',
    });
  });
});

describe('fences', () => {
  const fences = [
    { kind: 'networkAcl' as const, region: 'eu-west-1', subnets: ['subnet-1'], denyAcl: 'acl', openAcl: 'acl-0' },
    { kind: 'stopInstance' as const, region: 'eu-west-1', id: 'a' },
    { kind: 'function' as const, name: 'f' },
  ];
  test('stop writes first, let the replica catch up, then cut; an instance is stopped after the promotion', () => {
    expect(fenceOrder(fences).map((turn) => (turn.kind === 'raise' ? turn.fences.map((f) => f.name) : turn.kind))).toEqual([
      ['function:f'],
      'replay',
      ['networkAcl:acl'],
    ]);
    expect(fencesAfter(fences).map((f) => f.name)).toEqual(['stopInstance:a']);
  });

  test('count only when they were verified', () => {
    expect(
      highestFence([
        { name: 'f', kind: 'up', level: 'F4' },
        { name: 'n', kind: 'down', because: 'x' },
      ]),
    ).toBe('F4');
    expect(
      highestFence([
        { name: 'f', kind: 'up', level: 'F4' },
        { name: 'n', kind: 'up', level: 'F3' },
      ]),
    ).toBe('F3');
    expect(highestFence([])).toBeUndefined();
  });
});

describe('a fence that is down', () => {
  const silent = { kind: 'down' as const, because: 'timed out', unreachable: true };
  const tries = (...answers: readonly Parameters<typeof afterTry>[2][]) =>
    answers.reduce<RaisedFence | undefined>((before, answer) => afterTry('n', before, answer), undefined) as RaisedFence;

  test.each([
    ['is not waited for once it was silent twice in a row', tries(silent, silent), 'silent'],
    ['is waited for after one silence', tries(silent), 'open'],
    ['is waited for when it was refused in between', tries(silent, { kind: 'down', because: 'throttled' }, silent), 'open'],
    [
      'is waited for when it refuses',
      tries({ kind: 'down', because: 'throttled' }, { kind: 'down', because: 'throttled' }),
      'open',
    ],
    ['is up once it was verified', tries(silent, silent, { kind: 'up', level: 'F3' }), 'up'],
  ])('%s', (_name, raised, expected) => {
    expect(fencing([raised])).toBe(expected);
  });

  test('is told with its reason, and with what holds all the same', () => {
    expect(fenceWords([tries(silent, silent)])).toEqual([
      'n did not answer, 2 times in a row: timed out',
      'F0 to F2 hold: epoch, latch and writer name',
    ]);
    expect(fenceWords([])).toEqual(['no fence is configured: F0 to F2 hold: epoch, latch and writer name']);
    expect(fencing([tries(silent, silent), { name: 'f', kind: 'down', because: 'refused' }])).toBe('open');
  });
});

describe('what the prober remembers', () => {
  test('a gap that nobody knew at first is added by an observer who knows, never shorter; a known one stays', () => {
    const first = noted(armed, { nowMs: 200, writerSinceMs: 190, gapsMs: {}, unheardMs: { b1: 2 }, because: ['x'] });
    expect(first.database.suspect).toMatchObject({ gapsMs: {}, unheardMs: { b1: 2 } });
    const second = noted(first, { nowMs: 210, writerSinceMs: 150, gapsMs: { b1: 5 }, because: ['y'] });
    expect(second.database.suspect?.gapsMs).toEqual({ b1: 45 });
    const third = noted(second, { nowMs: 220, writerSinceMs: 210, gapsMs: { b1: 99 }, because: ['z'] });
    expect(third.database.suspect?.gapsMs).toEqual({ b1: 45 });
    expect(failureOf({ ...third.database.suspect, sinceMs: 200, because: [], outsideSinceMs: 70_190 }, 0)).toMatchObject({
      failedAtMs: 10_190,
      gapsMs: { b1: 10_045 },
      unheardMs: { b1: 10_002 },
    });
  });

  const armed = { ...blankItem('app'), database: boundDatabase({ source: 'a', replicas: ['b1'], generation: 1 }) };
  const noted = (item: typeof armed, seen: Parameters<typeof noteSuspicion>[1]) => {
    const ruled = noteSuspicion(item, seen);
    return ruled.kind === 'write' ? (ruled.item as typeof armed) : item;
  };

  test('the first evidence stays, whoever looks later', () => {
    const first = noted(armed, { nowMs: 100, because: ['x'] });
    const second = noted(first, { nowMs: 200, writerSinceMs: 190, gapsMs: { b1: 5 }, because: ['y'] });
    const third = noted(second, { nowMs: 300, writerSinceMs: 290, gapsMs: { b1: 99 }, because: ['z'] });
    expect(third.database.suspect).toMatchObject({ sinceMs: 100, writerSinceMs: 190, gapsMs: { b1: 5 } });
    expect(failureOf(third.database.suspect, 300)).toMatchObject({ failedAtMs: 190, gapsMs: { b1: 5 } });
    expect([third.database.state, clearSuspicion(third)]).toMatchObject([
      'SUSPECT',
      { kind: 'write', item: { database: { state: 'ARMED' } } },
    ]);
  });

  test('a page is remembered once, protection is written when it changes', () => {
    const suspect = noted(armed, { nowMs: 100, because: [] });
    const paged = notePaged(suspect, 'traffic');
    expect([paged.answer, paged.kind === 'write' && notePaged(paged.item, 'traffic').answer]).toEqual([true, false]);
    expect([noteProtection(armed, true, 1).kind, noteProtection(armed, false, 1).kind]).toEqual(['keep', 'write']);
  });

  test('a rebuild needs a standby that writes, and a replica that was named', () => {
    const member = { id: 'a2', endpoint: 'e', port: 1, region: 'r', engine: 'postgres' };
    expect(beginRebuild(armed, member).answer).toEqual({
      kind: 'refused',
      because: 'the controller is ARMED: there is nothing to rebuild',
    });
    expect(noteRebuilt(armed, 'a2').answer).toEqual({ kind: 'refused', because: 'a2 is not being rebuilt' });
  });
});

test.each([
  ['old rows of an older epoch', { oldWriter: { id: 'a', rowEpoch: 1, unchangedForMs: 30_000, limitMs: 30_000 } }, 'claimed'],
  ['old rows that stand still', { oldWriter: { id: 'a', rowEpoch: 1, unchangedForMs: 30_001, limitMs: 30_000 } }, 'none'],
  ['rows of our own epoch', { oldWriter: { id: 'a', rowEpoch: 2, unchangedForMs: 0, limitMs: 30_000 } }, 'none'],
  ['a server that answers the old primary', { astray: ['ns1'] }, 'claimed'],
  ['a latch that does not show', { latch: 'healthy' as const }, 'claimed'],
  ['a latch that cannot be read', { latch: 'unknown' as const }, 'none'],
])('another writer: %s', (_name, change, kind) => {
  expect(claimOf({ epoch: 2, astray: [], latch: 'unhealthy', ...change }).kind).toBe(kind);
});
