/** What a run may write, and what it is told when it may not. */
import { adopt, boundDatabase } from '../../../lib/decide/database/order-rules';
import {
  endRun,
  notePromoted,
  noteStuck,
  requestPromotion,
  rollBack,
  setWriterName,
} from '../../../lib/decide/database/promotion-rules';
import {
  beginStep,
  claimKey,
  finishStep,
  givenUpIncidents,
  incidentKey,
  isGivenUp,
  isLost,
  LIFTED_LATCH_MS,
  liftedLatchMs,
  noteAssessment,
  noteFence,
  noteResult,
  type RunKey,
  requestConsent,
  runId,
  setLatch,
  watchKey,
} from '../../../lib/decide/database/run-rules';
import type { DatabaseState, EndedRun } from '../../../lib/decide/database/state';
import { blankItem, type Ruled } from '../../../lib/decide/drill/rules';
import type { JournalItem } from '../../../lib/decide/journal';
import { done, ended, item, KEY, LOSS, lost, NOW, promoteRequested, rollback, run, runOf, written } from './run-item';

/** Every rule of a run, on an item. */
const RULES: Readonly<Record<string, (found: JournalItem | undefined, key: RunKey) => Ruled<unknown>>> = {
  beginStep: (found, key) => beginStep(found, key, 'acquire', NOW),
  finishStep: (found, key) => finishStep(found, key, 'acquire', { outcome: 'done', because: [] }, NOW),
  noteResult: (found, key) => noteResult(found, key, 'acquire', 1),
  noteAssessment: (found, key) => noteAssessment(found, key, 'b1', LOSS),
  noteFence: (found, key) => noteFence(found, key, 'F3'),
  requestConsent: (found, key) => requestConsent(found, key, 1, NOW),
  setLatch: (found, key) => setLatch(found, key, true),
  requestPromotion: (found, key) => requestPromotion(found, key, NOW),
  notePromoted: (found, key) => notePromoted(found, key, NOW),
  setWriterName,
  rollBack: (found, key) => rollBack(found, key, ['x'], NOW),
  noteStuck: (found, key) => noteStuck(found, key, ['x']),
  endRun: (found, key) => endRun(found, key, [], NOW),
};

describe.each(Object.entries(RULES))('%s', (_name, rule) => {
  test.each<[string, JournalItem | undefined, RunKey, string]>([
    ['no pair is known', undefined, KEY, 'no run holds the pair, app-e1 does not'],
    ['the pair has no database', { ...blankItem('app'), epoch: 1 }, KEY, 'no run holds the pair, app-e1 does not'],
    ['nothing runs', item({}, { run: undefined }), KEY, 'no run holds the pair, app-e1 does not'],
    ['another run holds the pair', item(), { run: 'app-e2', epoch: 2 }, 'app-e1 holds the pair, not app-e2'],
    ['the epoch of the pair went on', { ...item(), epoch: 2 }, KEY, 'the epoch is 2, not 1'],
    ['the run is of another epoch', item({ epoch: 2 }), KEY, 'the epoch is 1, not 1'],
  ])('is lost when %s', (_why, found, key, because) => {
    expect(rule(found, key)).toEqual(lost(because));
  });
});

test('an answer is lost by its kind, and what a run holds is no answer', () => {
  const answers = [{ kind: 'lost', because: 'x' }, { kind: 'recorded' }, { item: item(), run: run() }];
  expect(answers.map(isLost)).toEqual([true, false, false]);
});

describe('what a run still has under way', () => {
  const over = (last: EndedRun) => item({}, { run: undefined, lastRuns: [last, ended('rolled-back', 1)] });
  test.each<[string, JournalItem | undefined, boolean]>([
    ['may stand while the run goes on', item(), false],
    ['may not while the run is being given up', item({ rollback }), true],
    ['may not once the run was given up', over(ended('rolled-back', 1)), true],
    ['may once the run is done', over(ended('done', 1)), false],
    ['is left to the run that came after it', item({ id: 'app-e2', rollback }), false],
    ['is left to the run that was given up after it', over(ended('rolled-back', 1, { id: 'app-e2' })), false],
    ['is left to a newer epoch', { ...item({ rollback }), epoch: 2 }, false],
    ['may where the standby writes, by a failback that is given up', item({ rollback }, { active: 'standby' }), false],
    ['may where nothing ever ran', item({}, { run: undefined }), false],
    ['may where there is no database', { ...blankItem('app'), epoch: 1 }, false],
    ['may where nobody knows the pair', undefined, false],
  ])('%s', (_name, found, givenUp) => {
    expect(isGivenUp(found, KEY)).toBe(givenUp);
  });
});

test('a person adopts a run only with the epoch that it has', () => {
  expect(adopt({ ...item(), epoch: 2 }, KEY, NOW)).toEqual({
    kind: 'keep',
    answer: { kind: 'refused', because: 'the epoch is 2, not 1' },
  });
});

test('an adopted run begins anew what had not ended, and keeps what had', () => {
  const steps = { acquire: done(), assess: { beganAtMs: 1, calledAtMs: 2, attempts: 9 } };
  const taken = runOf(adopt(item({ steps, stuckBecause: ['x'], adopted: 1 }), KEY, NOW + 5));
  expect(taken).toMatchObject({
    adopted: 2,
    adoptedAtMs: NOW + 5,
    steps: { acquire: done(), assess: { beganAtMs: NOW + 5, calledAtMs: NOW + 5, attempts: 0 } },
  });
  expect(taken?.stuckBecause).toBeUndefined();
});

test('names are of pair, epoch and outcome', () => {
  expect([runId('app', 7), incidentKey('app', 7), claimKey('app', 7), watchKey('app', 'ask')]).toEqual([
    'app-e7',
    'app/7',
    'app/7/split-brain',
    'app/watch/ask',
  ]);
});

test.each<[readonly EndedRun[], readonly string[]]>([
  [[], []],
  [
    [ended('rolled-back', 3), ended('rolled-back', 2)],
    ['app/3', 'app/2'],
  ],
  [[ended('rolled-back', 3), ended('done', 2), ended('rolled-back', 1)], ['app/3']],
  [[ended('done', 3), ended('rolled-back', 2)], []],
])('incidents of attempts given up since the last that was not: %j', (lastRuns, keys) => {
  expect(givenUpIncidents('app', { ...boundDatabase({ source: 'a', replicas: [], generation: 1 }), lastRuns })).toEqual(keys);
});

test.each<[string, readonly EndedRun[], number]>([
  ['nothing ran', [], 0],
  ['the last one was done', [ended('done', 1)], 0],
  ['a failback was given up', [ended('rolled-back', 1, { kind: 'failback' })], 0],
  ['an attempt was given up just now', [ended('rolled-back', 1)], LIFTED_LATCH_MS],
  ['it was given up a while ago', [ended('rolled-back', 1, { endedAtMs: NOW - 30_000 })], LIFTED_LATCH_MS - 30_000],
  ['the clock went back', [ended('rolled-back', 1, { endedAtMs: NOW + 30_000 })], LIFTED_LATCH_MS - 30_000],
  ['it was given up long ago', [ended('rolled-back', 1, { endedAtMs: NOW - LIFTED_LATCH_MS - 1 })], 0],
])('how long a lifted latch may show when %s', (_name, lastRuns, ms) => {
  expect(liftedLatchMs({ lastRuns }, NOW)).toBe(ms);
});

describe('a step', () => {
  test('begins once and counts its calls', () => {
    const first = beginStep(item(), KEY, 'acquire', NOW);
    const step = { beganAtMs: NOW, calledAtMs: NOW, attempts: 1 };
    expect(first).toEqual({
      kind: 'write',
      item: item({ steps: { acquire: step } }),
      answer: { kind: 'go', run: run({ steps: { acquire: step } }), step },
    });
    const second = beginStep(written(first), KEY, 'acquire', NOW + 9);
    expect(second.answer).toMatchObject({ kind: 'go', step: { beganAtMs: NOW, calledAtMs: NOW + 9, attempts: 2 } });
    expect(runOf(second)?.steps['acquire']).toEqual({ beganAtMs: NOW, calledAtMs: NOW + 9, attempts: 2 });
  });

  test.each<[string, JournalItem, Parameters<typeof beginStep>[2], unknown]>([
    ['that ended', item({ steps: { acquire: done({ because: ['a'] }) } }), 'acquire', { kind: 'done', because: ['a'] }],
    ['that ended without a word', item({ steps: { acquire: done() } }), 'acquire', { kind: 'done', because: [] }],
    [
      'of a stuck run',
      item({}, { state: 'STUCK' }),
      'acquire',
      { kind: 'stuck', because: 'the run waits for a person to adopt it' },
    ],
    ['of a rollback', item({ rollback }), 'acquire', { kind: 'rolling-back', because: ['x'] }],
    [
      'before its time',
      item({ steps: { acquire: done() } }),
      'latch',
      { kind: 'lost', because: 'latch was called before assess ended' },
    ],
    [
      'that would undo a promotion',
      item({ promoteRequested }),
      'undo_latch',
      { kind: 'stuck', because: 'a promotion was requested: nothing is undone any more' },
    ],
  ])('%s is told so', (_name, found, step, answer) => {
    expect(beginStep(found, KEY, step, NOW)).toEqual({ kind: 'keep', answer });
  });

  test('of a run that ended is told how, by run and epoch', () => {
    const over = item({}, { run: undefined, lastRuns: [ended('done', 1)] });
    expect(beginStep(over, KEY, 'acquire', NOW)).toEqual({ kind: 'keep', answer: { kind: 'ended', outcome: 'done' } });
    for (const another of [ended('done', 2, { id: 'app-e1' }), ended('done', 1, { id: 'app-e2' })]) {
      const other = item({}, { run: undefined, lastRuns: [another] });
      expect(beginStep(other, KEY, 'acquire', NOW)).toEqual(lost('no run holds the pair, app-e1 does not'));
    }
  });

  test('of the undo begins as long as nothing was promoted, whatever was done before', () => {
    const begun = beginStep(item({ rollback }), KEY, 'undo_latch', NOW);
    expect([begun.answer.kind, runOf(begun)?.steps]).toEqual([
      'go',
      { undo_latch: { beganAtMs: NOW, calledAtMs: NOW, attempts: 1 } },
    ]);
  });

  test('ends once, with what it led to', () => {
    const begun = item({ steps: { acquire: done(), assess: { beganAtMs: 1, attempts: 1 } } });
    const end = finishStep(begun, KEY, 'assess', { outcome: 'done', because: ['a'] }, NOW + 9);
    expect(runOf(end)?.steps['assess']).toEqual({
      beganAtMs: 1,
      attempts: 1,
      outcome: 'done',
      because: ['a'],
      endedAtMs: NOW + 9,
    });
    expect([written(end).database?.state, end.answer]).toEqual(['FENCING', { kind: 'recorded' }]);
    expect(finishStep(written(end), KEY, 'assess', { outcome: 'failed', because: [] }, NOW)).toEqual({
      kind: 'keep',
      answer: { kind: 'recorded' },
    });
    expect(finishStep(item(), KEY, 'assess', { outcome: 'done', because: [] }, NOW)).toEqual(lost('assess was never begun'));
    expect(finishStep(item({ rollback }), KEY, 'assess', { outcome: 'done', because: [] }, NOW)).toEqual(
      lost('the run is being rolled back'),
    );
    const undone = finishStep(
      item({ rollback, steps: { undo_latch: { beganAtMs: 1, attempts: 1 } } }),
      KEY,
      'undo_latch',
      { outcome: 'done', because: [] },
      NOW,
    );
    expect([undone.answer, written(undone).database?.state]).toEqual([{ kind: 'recorded' }, 'ASSESSING']);
  });

  test.each([
    ['assess', 'ASSESSING', 'FENCING'],
    ['verify_replica_sync', 'FENCING', 'LATCHING'],
    ['latch', 'LATCHING', 'LATCHING'],
  ] as const)('%s leads from %s to %s when it is done', (step, from, to) => {
    const begun = item({ steps: { [step]: { beganAtMs: 1, attempts: 1 } } }, { state: from });
    expect(written(finishStep(begun, KEY, step, { outcome: 'done', because: [] }, NOW)).database?.state).toBe(to);
  });

  test('keeps a result for its next call', () => {
    const begun = { acquire: { beganAtMs: 1, attempts: 1 }, undo_latch: { beganAtMs: 2, attempts: 1 } };
    const noted = (step: keyof typeof begun) => ({ ...begun, [step]: { ...begun[step], result: { a: 1 } } });
    expect(noteResult(item({ steps: begun }), KEY, 'acquire', { a: 1 })).toEqual({
      kind: 'write',
      item: item({ steps: noted('acquire') }),
      answer: { kind: 'recorded' },
    });
    expect(runOf(noteResult(item({ rollback, steps: begun }), KEY, 'undo_latch', { a: 1 }))?.steps).toEqual(noted('undo_latch'));
    expect(noteResult(item({ rollback, steps: begun }), KEY, 'acquire', 1)).toEqual(lost('the run is being rolled back'));
    expect(noteResult(item(), KEY, 'acquire', 1)).toEqual(lost('acquire was never begun'));
  });
});

describe('the candidate', () => {
  test('is written when it changes in any part', () => {
    expect(noteAssessment(item(), KEY, 'b1', LOSS)).toEqual({ kind: 'keep', answer: { kind: 'recorded' } });
    for (const [id, loss] of [
      ['b2', LOSS],
      ['b1', { ...LOSS, ms: 2 }],
      ['b1', { ...LOSS, basis: 'heartbeat' as const }],
    ] as const) {
      expect(noteAssessment(item(), KEY, id, loss)).toEqual({
        kind: 'write',
        item: item({ candidate: id, loss }),
        answer: { kind: 'recorded' },
      });
    }
  });

  test.each([{ rollback }, { promoteRequested }])('is settled by %j', (change) => {
    expect(noteAssessment(item(change), KEY, 'b2', LOSS)).toEqual(lost('the candidate is settled'));
    expect(requestConsent(item(change), KEY, 1, NOW)).toEqual(lost('nothing is asked any more'));
  });
});

test('the highest fence is written when it changes', () => {
  expect(noteFence(item({ fence: 'F4' }), KEY, 'F3')).toEqual({
    kind: 'write',
    item: item({ fence: 'F3' }),
    answer: { kind: 'recorded' },
  });
  expect(noteFence(item({ fence: 'F3' }), KEY, 'F3')).toEqual({ kind: 'keep', answer: { kind: 'recorded' } });
});

describe('a question', () => {
  const asking = (lossMs: number, state: DatabaseState['state'] = 'AWAITING_CONSENT') =>
    item({ asked: { lossMs, atMs: 5 } }, { state });

  test('is new once, and again for a larger loss', () => {
    expect(requestConsent(item({}, { state: 'FENCING' }), KEY, 10, NOW)).toEqual({
      kind: 'write',
      item: item({ asked: { lossMs: 10, atMs: NOW } }, { state: 'AWAITING_CONSENT' }),
      answer: { kind: 'asked', atMs: NOW, fresh: true },
    });
    for (const lossMs of [10, 9]) {
      expect(requestConsent(asking(10), KEY, lossMs, NOW)).toEqual({
        kind: 'keep',
        answer: { kind: 'asked', atMs: 5, fresh: false },
      });
    }
    expect(requestConsent(asking(10), KEY, 11, NOW).answer).toEqual({ kind: 'asked', atMs: NOW, fresh: true });
    expect(requestConsent(asking(10, 'FENCING'), KEY, 10, NOW).answer).toEqual({ kind: 'asked', atMs: NOW, fresh: true });
  });
});

describe('the latch', () => {
  const latched = { latch: { on: true, generation: 1 }, writerName: { b1: true, b2: false } };
  const off = { kind: 'keep', answer: { kind: 'refused', because: 'the standby may be writing: the latch stays on' } };

  test('goes on with the name of the candidate, once', () => {
    const on = setLatch(item(), KEY, true);
    expect(on).toEqual({ kind: 'write', item: item({}, latched), answer: { kind: 'set', database: item({}, latched).database } });
    expect(setLatch(written(on), KEY, true)).toEqual({ kind: 'keep', answer: { kind: 'set', database: written(on).database } });
  });

  test.each([
    ['of another candidate', { b1: false, b2: true }],
    ['of nobody', { b1: false, b2: false }],
    ['of two', { b1: true, b2: true }],
  ])('that is on already takes the name %s to the candidate', (_whose, writerName) => {
    expect(written(setLatch(item({}, { ...latched, writerName }), KEY, true))).toEqual(item({}, latched));
  });

  test('comes off in a rollback only, and by a failback that has returned', () => {
    expect(written(setLatch(item({ rollback }, latched), KEY, false)).database).toMatchObject({
      latch: { on: false },
      writerName: { b1: false, b2: false },
    });
    expect(setLatch(item({}, latched), KEY, false)).toEqual(off);
    expect(setLatch(item({ rollback, promoteRequested }, latched), KEY, false)).toEqual(off);
    expect(setLatch(item({ kind: 'failback' }, { ...latched, active: 'standby' }), KEY, false)).toEqual(off);
    const returned = setLatch(item({ kind: 'failback' }, { ...latched, active: 'primary' }), KEY, false);
    expect(written(returned).database).toMatchObject({ latch: { on: false }, writerName: { b1: true, b2: false } });
  });

  test('does not go on in a rollback', () => {
    expect(setLatch(item({ rollback }), KEY, true)).toEqual({
      kind: 'keep',
      answer: { kind: 'refused', because: 'the run is being rolled back' },
    });
  });
});
