/** What the witnesses, the choice of a replica and the gate of the loss say, word for word: it goes into pages unchanged. */
import { gateLoss, type LossPolicy } from '../../../lib/decide/database/loss';
import { bestReplica, type CandidateFacts, type Choice, judge, type Loss, lossOf } from '../../../lib/decide/database/replica';
import type { Consent } from '../../../lib/decide/database/state';
import {
  type HeartbeatSeen,
  probeWord,
  speaksAgainstWriter,
  type WriterFacts,
  type WriterWord,
  writerWord,
} from '../../../lib/decide/database/witnesses';

const seen = (unchangedForMs: number, writerAnswers: HeartbeatSeen['writerAnswers'], id = 'b1'): HeartbeatSeen => ({
  id,
  unchangedForMs,
  writerAnswers,
});
const heard = (all: readonly HeartbeatSeen[], change: Partial<WriterFacts> = {}): WriterFacts => ({
  heartbeat: { limitMs: 30_000, seen: all, unread: all.length === 0 ? ['b1: no table', 'b2: timed out'] : [] },
  replication: [],
  ...change,
});

test.each([
  [0, 'good', 'our own probe answers: 200'],
  [1, 'failing', 'our own probe failed 1 times in a row, last: 200'],
  [3, 'failed', 'our own probe failed 3 times in a row, last: 200'],
])('a probe that failed %i times in a row is %s', (failures, says, because) => {
  expect(probeWord(failures, '200')).toEqual({ says, because });
});

describe('the writer', () => {
  test.each<[string, WriterFacts, WriterWord, string]>([
    ['is unknown while no heartbeat is read', heard([]), 'unknown', 'no heartbeat could be read: b1: no table; b2: timed out'],
    [
      'lives when it answers, however old the row',
      heard([seen(90_000, false), seen(90_000, true, 'b2')]),
      'alive',
      'the writer answers',
    ],
    [
      'is dead by old rows and a refusal, heard by any one reader',
      heard([seen(31_000, 'unknown'), seen(40_000, false, 'b2')]),
      'dead',
      'the newest heartbeat row arrived 31 s ago, limit 30 s; the writer does not answer',
    ],
    [
      'is silent by old rows alone',
      heard([seen(31_000, 'unknown')]),
      'silent',
      'the newest heartbeat row arrived 31 s ago, limit 30 s; whether the writer answers is unknown',
    ],
    [
      'is not dead while one replica still gets rows',
      heard([seen(90_000, false), seen(30_000, false, 'b2')]),
      'unknown',
      'the newest heartbeat row arrived 30 s ago, limit 30 s',
    ],
    [
      'lives by young rows when nobody was refused',
      heard([seen(2_000, 'unknown')]),
      'alive',
      'the newest heartbeat row arrived 2 s ago, limit 30 s',
    ],
    ...['failed', 'stopped', 'inaccessible-encryption-credentials', 'storage-full'].map(
      (serviceStatus): [string, WriterFacts, WriterWord, string] => [
        `is dead when its service says ${serviceStatus}`,
        { serviceStatus, replication: [] },
        'dead',
        `the service says that the writer is ${serviceStatus}`,
      ],
    ),
    [
      'is judged by its heartbeat before its service',
      heard([seen(2_000, true)], { serviceStatus: 'failed' }),
      'alive',
      'the writer answers',
    ],
    [
      'is dead by its service when no heartbeat is read',
      heard([], { serviceStatus: 'failed' }),
      'dead',
      'the service says that the writer is failed',
    ],
    [
      'stays unknown by heartbeat, whatever else its service says',
      heard([], { serviceStatus: 'available' }),
      'unknown',
      'no heartbeat could be read: b1: no table; b2: timed out',
    ],
    [
      'lives by its service where that knows',
      { serviceStatus: 'available', replication: [] },
      'alive',
      'the service says that the writer is available',
    ],
    [
      'lives by its service, although a link is cut',
      { serviceStatus: 'available', replication: ['b1 does not replicate'] },
      'alive',
      'the service says that the writer is available',
    ],
    [
      'is silent when replication stands still, each replica named',
      { replication: ['b1 does not replicate', 'b2 does not replicate'] },
      'silent',
      'b1 does not replicate; b2 does not replicate',
    ],
    [
      'is silent by replication when no heartbeat is read',
      heard([], { replication: ['b1 does not replicate'] }),
      'silent',
      'b1 does not replicate',
    ],
    [
      'is unknown when its service is between two states',
      { serviceStatus: 'rebooting', replication: [] },
      'unknown',
      'nothing says whether the writer lives',
    ],
  ])('%s', (_name, facts, says, because) => {
    expect(writerWord(facts)).toEqual({ says, because });
  });

  test.each<[string, WriterFacts, boolean]>([
    ['is not spoken against while it answers one of two readers', heard([seen(1, false), seen(1, true, 'b2')]), false],
    ['is spoken against by one refusal, although rows are young', heard([seen(1, 'unknown'), seen(1, false, 'b2')]), true],
    ['is spoken against by silence', heard([seen(31_000, 'unknown')]), true],
    ['is spoken against by its service', { serviceStatus: 'failed', replication: [] }, true],
    ['is spoken against by replication that stands still', { replication: ['b1 does not replicate'] }, true],
    ['is not spoken against by nothing', { replication: [] }, false],
    ['is not spoken against by an unread heartbeat', heard([]), false],
  ])('%s', (_name, facts, against) => {
    expect(speaksAgainstWriter(facts)).toBe(against);
  });
});

const FAILED = 10_000_000;
const LIMITS = { lagMs: 60_000, sampleAgeMs: 300_000 };
const candidate = (id: string, ms: number, change: Partial<CandidateFacts> = {}): CandidateFacts => ({
  id,
  priority: 0,
  view: { status: 'available', replicaOf: 'a' },
  samples: [{ kind: 'lag', atMs: FAILED - 1_000, ms }],
  ...change,
});

describe('the choice of a replica', () => {
  test.each<[string, readonly CandidateFacts[], Choice]>([
    ['says that there is none', [], { kind: 'none', because: ['there is no candidate'] }],
    [
      'names every refusal beside the chosen one',
      [
        candidate('b2', 5),
        candidate('b1', 9, { view: undefined }),
        candidate('b3', 9, { view: undefined, viewUnknown: 'timed out' }),
      ],
      {
        kind: 'chosen',
        id: 'b2',
        loss: { ms: 5, basis: 'lag samples' },
        because: [
          'b2 loses 0.1 s of writes, by lag samples',
          'b1: its state is unknown: nobody looked',
          'b3: its state is unknown: timed out',
        ],
      },
    ],
    [
      'names every refusal when none is left',
      [candidate('b1', 60_001), candidate('b2', 1, { view: { status: 'stopped', replicaOf: 'a' } })],
      {
        kind: 'none',
        because: ['b1: it would lose 60.1 s of writes, limit 60 s', 'b2: it is stopped, not available'],
      },
    ],
    [
      'takes the least loss, whatever the order',
      [candidate('b1', 9), candidate('b2', 5), candidate('b3', 7)],
      { kind: 'chosen', id: 'b2', loss: { ms: 5, basis: 'lag samples' }, because: ['b2 loses 0.1 s of writes, by lag samples'] },
    ],
    [
      'takes the first by priority when they lose the same',
      [candidate('b1', 5, { priority: 2 }), candidate('b2', 5, { priority: 1 })],
      { kind: 'chosen', id: 'b2', loss: { ms: 5, basis: 'lag samples' }, because: ['b2 loses 0.1 s of writes, by lag samples'] },
    ],
    [
      'takes the first by id in the end',
      [candidate('b3', 5), candidate('b1', 5), candidate('b2', 5)],
      { kind: 'chosen', id: 'b1', loss: { ms: 5, basis: 'lag samples' }, because: ['b1 loses 0.1 s of writes, by lag samples'] },
    ],
  ])('%s', (_name, candidates, choice) => {
    expect(bestReplica(candidates, 'a', FAILED, LIMITS)).toEqual(choice);
  });

  test('counts a sample at the very edge of the window', () => {
    const samples = [
      { kind: 'lag', atMs: FAILED - 120_000, ms: 7_000 },
      { kind: 'lag', atMs: FAILED - 1_000, ms: 1 },
    ] as const;
    expect(lossOf({ samples }, FAILED, LIMITS)).toEqual({ ms: 7_000, basis: 'lag samples' });
  });

  test('takes the newest sample, wherever it stands, and an unknown one before it for no lag', () => {
    const samples = [
      { kind: 'lag', atMs: FAILED - 1_000, ms: 3 },
      { kind: 'unknown', atMs: FAILED - 2_000, because: 'x' },
      { kind: 'lag', atMs: FAILED - 3_000, ms: 2 },
    ] as const;
    expect(lossOf({ samples }, FAILED, LIMITS)).toEqual({ ms: 3, basis: 'lag samples' });
  });

  test('takes a replica without any lag', () => {
    expect(judge(candidate('b1', 0), 'a', FAILED, LIMITS)).toMatchObject({ kind: 'eligible', loss: { ms: 0 } });
  });

  test('refuses a lag below zero', () => {
    expect(judge(candidate('b1', -1), 'a', FAILED, LIMITS)).toMatchObject({ because: 'its lag of -1 ms is no lag' });
  });
});

const consent = (lossMs: number, epoch = 7): Consent => ({ by: 'ann', epoch, lossMs, atMs: 1 });

describe('the gate of the loss', () => {
  test.each<[string, number, Loss['basis'], LossPolicy, Consent | undefined, string, string]>([
    [
      'accepts anything',
      9,
      'heartbeat',
      { kind: 'any' },
      undefined,
      'accepted',
      'any loss is consented to; it is 0.1 s of writes, by heartbeat',
    ],
    [
      'accepts up to the limit',
      9,
      'heartbeat',
      { kind: 'upTo', ms: 9 },
      undefined,
      'accepted',
      'the loss is 0.1 s of writes, by heartbeat; 0.1 s are consented to',
    ],
    ['accepts nothing, proven', 0, 'heartbeat', { kind: 'never' }, undefined, 'accepted', 'nothing is lost, by heartbeat'],
    [
      'asks where nothing is only the zero of a lag point',
      0,
      'lag samples',
      { kind: 'never' },
      undefined,
      'ask',
      'the loss would be 0 s of writes, by lag samples; none is consented to',
    ],
    [
      'asks over the limit',
      10,
      'heartbeat',
      { kind: 'upTo', ms: 9 },
      undefined,
      'ask',
      'the loss would be 0.1 s of writes, by heartbeat; 0.1 s are consented to',
    ],
    [
      'takes a person’s word for that much',
      10,
      'heartbeat',
      { kind: 'never' },
      consent(10),
      'accepted',
      'ann consented to 0.1 s; the loss is 0.1 s of writes, by heartbeat',
    ],
    [
      'asks again for more',
      11,
      'heartbeat',
      { kind: 'never' },
      consent(10),
      'ask',
      'the loss would be 0.1 s of writes, by heartbeat; none is consented to; ann consented to 0.1 s only',
    ],
    [
      'does not know the word of another epoch',
      10,
      'heartbeat',
      { kind: 'upTo', ms: 9 },
      consent(10, 6),
      'ask',
      'the loss would be 0.1 s of writes, by heartbeat; 0.1 s are consented to',
    ],
  ])('%s', (_name, ms, basis, policy, given, kind, because) => {
    expect(gateLoss({ ms, basis }, policy, 7, given)).toEqual({ kind, because, ...(kind === 'ask' ? { lossMs: ms } : {}) });
  });
});
