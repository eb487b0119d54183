/** What a run may write, and what it is told when it may not. */
import { adopt, boundDatabase } from '../../../lib/decide/database/order-rules';
import {
  endRun,
  LAST_RUNS,
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
import type { DatabaseRun, DatabaseState, EndedRun, RunStep } from '../../../lib/decide/database/state';
import { blankItem, type Ruled } from '../../../lib/decide/drill/rules';
import type { JournalItem } from '../../../lib/decide/journal';

const NOW = 1_000_000;
const KEY: RunKey = { run: 'app-e1', epoch: 1 };
const LOSS = { ms: 1, basis: 'lag samples' } as const;
const done = (change: Partial<RunStep> = {}): RunStep => ({ beganAtMs: NOW, attempts: 1, outcome: 'done', ...change });
const run = (change: Partial<DatabaseRun> = {}): DatabaseRun => ({
  id: 'app-e1',
  kind: 'failover',
  epoch: 1,
  startedBy: 'prober',
  automatic: true,
  startedAtMs: NOW,
  candidate: 'b1',
  loss: LOSS,
  steps: {},
  ...change,
});
const item = (change: Partial<DatabaseRun> = {}, database: Partial<DatabaseState> = {}): JournalItem => ({
  ...blankItem('app'),
  epoch: 1,
  incident: { key: 'app/1', sinceMs: NOW },
  database: {
    ...boundDatabase({ source: 'a', replicas: ['b1', 'b2'], generation: 1 }),
    state: 'ASSESSING',
    run: run(change),
    ...database,
  },
});
const written = <T>(ruled: Ruled<T>): JournalItem => {
  if (ruled.kind === 'keep') throw new Error(`kept: ${JSON.stringify(ruled.answer)}`);
  return ruled.item;
};
const runOf = <T>(ruled: Ruled<T>) => written(ruled).database?.run;
const lost = (because: string) => ({ kind: 'keep', answer: { kind: 'lost', because } });
const refused = (...because: readonly string[]) => ({ kind: 'keep', answer: { kind: 'refused', because } });
const rollback = { atMs: NOW, because: ['x'] };
const promoteRequested = { candidate: 'b1', atMs: NOW };

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
    ['nothing runs', item({}, { run: undefined }), KEY, 'no run holds the pair, app-e1 does not'],
    ['another run holds the pair', item(), { run: 'app-e2', epoch: 2 }, 'app-e1 holds the pair, not app-e2'],
    ['the epoch of the pair went on', { ...item(), epoch: 2 }, KEY, 'the epoch is 2, not 1'],
    ['the run is of another epoch', item({ epoch: 2 }), KEY, 'the epoch is 1, not 1'],
  ])('is lost when %s', (_why, found, key, because) => {
    expect(rule(found, key)).toEqual(lost(because));
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

const ended = (outcome: EndedRun['outcome'], epoch: number, change: Partial<EndedRun> = {}): EndedRun => ({
  id: `app-e${epoch}`,
  kind: 'failover',
  epoch,
  outcome,
  because: [],
  endedAtMs: NOW,
  ...change,
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
    expect(first.answer).toMatchObject({ kind: 'go', step: { beganAtMs: NOW, calledAtMs: NOW, attempts: 1 } });
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
    const other = item({}, { run: undefined, lastRuns: [ended('done', 2, { id: 'app-e1' })] });
    expect(beginStep(other, KEY, 'acquire', NOW)).toEqual(lost('no run holds the pair, app-e1 does not'));
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

  test('keeps a result for its next call', () => {
    const begun = item({ steps: { acquire: { beganAtMs: 1, attempts: 1 } } });
    expect(runOf(noteResult(begun, KEY, 'acquire', { a: 1 }))?.steps['acquire']).toEqual({
      beganAtMs: 1,
      attempts: 1,
      result: { a: 1 },
    });
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
      expect(runOf(noteAssessment(item(), KEY, id, loss))).toMatchObject({ candidate: id, loss });
    }
  });

  test.each([{ rollback }, { promoteRequested }])('is settled by %j', (change) => {
    expect(noteAssessment(item(change), KEY, 'b2', LOSS)).toEqual(lost('the candidate is settled'));
    expect(requestConsent(item(change), KEY, 1, NOW)).toEqual(lost('nothing is asked any more'));
  });
});

test('the highest fence is written when it changes', () => {
  expect(runOf(noteFence(item(), KEY, 'F3'))?.fence).toBe('F3');
  expect(noteFence(item({ fence: 'F3' }), KEY, 'F3')).toEqual({ kind: 'keep', answer: { kind: 'recorded' } });
});

describe('a question', () => {
  const asking = (lossMs: number, state: DatabaseState['state'] = 'AWAITING_CONSENT') =>
    item({ asked: { lossMs, atMs: 5 } }, { state });

  test('is new once, and again for a larger loss', () => {
    const first = requestConsent(item({}, { state: 'FENCING' }), KEY, 10, NOW);
    expect([first.answer, written(first).database?.state]).toEqual([
      { kind: 'asked', atMs: NOW, fresh: true },
      'AWAITING_CONSENT',
    ]);
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
    expect(written(on).database).toMatchObject(latched);
    expect(setLatch(written(on), KEY, true)).toEqual({ kind: 'keep', answer: { kind: 'set', database: written(on).database } });
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

const READY = { stop_writes_to_primary: done(), verify_replica_sync: done(), latch: done() };
const ready = (change: Partial<DatabaseRun> = {}, database: Partial<DatabaseState> = {}) =>
  item({ steps: READY, ...change }, { state: 'LATCHING', latch: { on: true, generation: 1 }, ...database });

describe('the promote request', () => {
  test('says everything that is missing at once', () => {
    expect(requestPromotion(item({ candidate: undefined, rollback }, { active: 'standby', state: 'FENCING' }), KEY, NOW)).toEqual(
      refused(
        'the run is being rolled back',
        'no candidate was chosen',
        'no fence was tried',
        'the loss was not accepted',
        'the latch was not seen',
        'the latch is off',
        'only a person moves the writer back',
        'the controller is FENCING, not LATCHING',
      ),
    );
  });

  test('lets a person promote through a pause, and back', () => {
    const paused = { ...ready({ automatic: false }, { active: 'standby' }), pausedUntilMs: NOW + 1 };
    expect(requestPromotion(paused, KEY, NOW).answer).toEqual({ kind: 'requested', candidate: 'b1' });
    expect(requestPromotion({ ...ready(), pausedUntilMs: NOW }, KEY, NOW).answer).toEqual({ kind: 'requested', candidate: 'b1' });
  });

  test('goes on without a fence that was tried, and not without the others', () => {
    const tried = { ...READY, stop_writes_to_primary: done({ outcome: 'continued' }) };
    expect(requestPromotion(ready({ steps: tried }), KEY, NOW).answer.kind).toBe('requested');
    for (const step of ['verify_replica_sync', 'latch'] as const) {
      const steps = { ...READY, [step]: done({ outcome: 'continued' }) };
      expect(requestPromotion(ready({ steps }), KEY, NOW).answer.kind).toBe('refused');
    }
  });
});

describe('what was promoted', () => {
  const begun = { promote_replica: { beganAtMs: 1, attempts: 1 } };

  test('writes from now on; on the way back it is the primary', () => {
    const there = notePromoted(item({ promoteRequested, steps: begun }, { state: 'PROMOTING' }), KEY, NOW);
    expect(written(there).database).toMatchObject({
      state: 'VERIFYING',
      active: 'standby',
      writer: 'b1',
      run: { steps: { promote_replica: { outcome: 'done', because: ['b1 stands alone and is available'], endedAtMs: NOW } } },
    });
    const back = notePromoted(item({ kind: 'failback', promoteRequested, steps: begun }, { active: 'standby' }), KEY, NOW);
    expect(written(back).database?.active).toBe('primary');
    expect(notePromoted(written(there), KEY, NOW)).toEqual({ kind: 'keep', answer: { kind: 'recorded' } });
  });

  test.each([{ steps: begun }, { promoteRequested }])('is nothing with %j alone', (change) => {
    expect(notePromoted(item(change), KEY, NOW)).toEqual(lost('no promotion was requested'));
  });

  test('is the only one whose name is answered, and none of them on the way back', () => {
    const promoted = { steps: { promote_replica: done() } };
    const named = setWriterName(item(promoted, { active: 'standby', writer: 'b2' }), KEY);
    expect(written(named).database?.writerName).toEqual({ b1: false, b2: true });
    expect(setWriterName(written(named), KEY).kind).toBe('keep');
    const back = setWriterName(item(promoted, { active: 'primary', writer: 'b2', writerName: { b1: false, b2: true } }), KEY);
    expect(written(back).database?.writerName).toEqual({ b1: false, b2: false });
    expect(setWriterName(item(), KEY)).toEqual({
      kind: 'keep',
      answer: { kind: 'refused', because: 'nothing was promoted yet' },
    });
  });
});

test('giving up is written once, and refused behind the promote request', () => {
  expect(runOf(rollBack(item(), KEY, ['y'], NOW))?.rollback).toEqual({ atMs: NOW, because: ['y'] });
  expect(rollBack(item({ rollback }), KEY, ['y'], NOW + 1)).toEqual({ kind: 'keep', answer: { kind: 'rolling-back' } });
  expect(rollBack(item({ promoteRequested }), KEY, ['y'], NOW)).toEqual({
    kind: 'keep',
    answer: { kind: 'refused', because: 'a promotion was requested: nothing is undone any more' },
  });
});

test('stuck is said with its reasons, and never before the promote request', () => {
  const stuck = noteStuck(item({ promoteRequested }, { state: 'PROMOTING' }), KEY, ['y']);
  expect([stuck.answer, written(stuck).database?.state, runOf(stuck)?.stuckBecause]).toEqual([
    { kind: 'stuck', fresh: true },
    'STUCK',
    ['y'],
  ]);
  expect(noteStuck(item(), KEY, ['y'])).toEqual({
    kind: 'keep',
    answer: { kind: 'refused', because: 'nothing was promoted: there is a way back' },
  });
});

describe('the end of a run', () => {
  const verified = { verify_functionality: done() };

  test('leaves the standby serving, with its loss, unprotected and without an incident', () => {
    const end = written(
      endRun(
        item({ steps: verified }, { state: 'VERIFYING', active: 'standby', suspect: { sinceMs: 1, because: [] } }),
        KEY,
        ['a'],
        NOW,
      ),
    );
    expect(end.incident).toBeUndefined();
    expect(end.database).toMatchObject({ state: 'SERVING_STANDBY', unprotectedSinceMs: NOW });
    expect([end.database?.run, end.database?.suspect, end.database?.restUntilMs]).toEqual([undefined, undefined, undefined]);
    expect(end.database?.lastRuns).toEqual([ended('done', 1, { because: ['a'], lossMs: 1 })]);
  });

  test('that was given up loses nothing, rests and keeps its evidence', () => {
    const suspect = { sinceMs: 1, because: [] };
    const end = written(endRun(item({ rollback }, { suspect }), KEY, ['a'], NOW));
    expect(end.database).toMatchObject({ state: 'ROLLED_BACK', suspect, restUntilMs: NOW + 1_800_000 });
    expect(end.database?.unprotectedSinceMs).toBeUndefined();
    expect(end.database?.lastRuns).toEqual([ended('rolled-back', 1, { because: ['a'] })]);
  });

  test('of a failback is at home; given up it serves on from the standby, its rebuilt member kept', () => {
    const rebuilt = { id: 'a2', endpoint: 'e', port: 1, region: 'r', engine: 'x', replicating: true };
    const home = written(
      endRun(item({ kind: 'failback', steps: verified }, { state: 'VERIFYING', rebuilt }), KEY, [], NOW),
    ).database;
    expect([home?.state, home?.rebuilt]).toEqual(['ARMED', undefined]);
    const away = written(
      endRun(item({ kind: 'failback', rollback }, { state: 'FAILBACK', active: 'standby', rebuilt }), KEY, [], NOW),
    ).database;
    expect([away?.state, away?.rebuilt]).toEqual(['SERVING_STANDBY', rebuilt]);
  });

  test('is refused before the new writer was verified, and keeps ten of the last', () => {
    expect(endRun(item(), KEY, [], NOW)).toEqual({
      kind: 'keep',
      answer: { kind: 'refused', because: 'the new writer was not verified' },
    });
    const lastRuns = Array.from({ length: LAST_RUNS }, (_, n) => ended('done', n + 2));
    const kept = written(endRun(item({ steps: verified }, { lastRuns }), KEY, [], NOW)).database?.lastRuns ?? [];
    expect([kept.length, kept[0]?.epoch, kept.at(-1)?.epoch]).toEqual([10, 1, 10]);
  });
});
