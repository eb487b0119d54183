/** The point of no return and what comes after it: what is written, and what is refused. */
import {
  endRun,
  LAST_RUNS,
  notePromoted,
  noteStuck,
  requestPromotion,
  rollBack,
  setWriterName,
} from '../../../lib/decide/database/promotion-rules';
import type { DatabaseRun, DatabaseState } from '../../../lib/decide/database/state';
import { done, ended, item, KEY, lost, NOW, promoteRequested, refused, rollback, runOf, written } from './run-item';

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

  test.each<[string, Partial<DatabaseRun>, Partial<DatabaseState>]>([
    [
      'a failover keeps the old writer out, with the fences that are up',
      { steps: { ...READY, stop_writes_to_primary: done({ result: { raised: [{ name: 'acl', kind: 'up', level: 'F3' }] } }) } },
      { keptOut: { id: 'a', epoch: 1, up: { acl: 'F3' } } },
    ],
    ['a switchover keeps nobody out', { kind: 'switchover' }, {}],
    ['a failback keeps nobody out', { kind: 'failback', automatic: false }, {}],
  ])('of %s', (_name, change, keptOut) => {
    const active = change.kind === 'failback' ? 'standby' : 'primary';
    expect(requestPromotion(ready(change, { active }), KEY, NOW)).toEqual({
      kind: 'write',
      item: ready({ ...change, promoteRequested }, { active, state: 'PROMOTING', ...keptOut }),
      answer: { kind: 'requested', candidate: 'b1' },
    });
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
    const entry = {
      ...begun.promote_replica,
      outcome: 'done',
      because: ['b1 stands alone and is available'],
      endedAtMs: NOW,
    };
    expect(there).toEqual({
      kind: 'write',
      item: item(
        { promoteRequested, steps: { promote_replica: entry } },
        { state: 'VERIFYING', active: 'standby', writer: 'b1' },
      ),
      answer: { kind: 'recorded' },
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
    const standby = { active: 'standby', writer: 'b2' } as const;
    const named = item(promoted, { ...standby, writerName: { b1: false, b2: true } });
    const answer = { kind: 'set', database: named.database };
    expect(setWriterName(item(promoted, standby), KEY)).toEqual({ kind: 'write', item: named, answer });
    expect(setWriterName(named, KEY)).toEqual({ kind: 'keep', answer });
    const back = setWriterName(item(promoted, { active: 'primary', writer: 'b2', writerName: { b1: false, b2: true } }), KEY);
    expect(written(back).database?.writerName).toEqual({ b1: false, b2: false });
    expect(setWriterName(item(), KEY)).toEqual({
      kind: 'keep',
      answer: { kind: 'refused', because: 'nothing was promoted yet' },
    });
  });
});

test('giving up is written once, and refused behind the promote request', () => {
  expect(rollBack(item(), KEY, ['y'], NOW)).toEqual({
    kind: 'write',
    item: item({ rollback: { atMs: NOW, because: ['y'] } }),
    answer: { kind: 'rolling-back' },
  });
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

  const suspect = { sinceMs: 1, because: [] };
  const keptOut = { id: 'a', epoch: 1, up: { acl: 'F3' } };
  const rebuilt = { id: 'a2', endpoint: 'e', port: 1, region: 'r', engine: 'x', replicating: true };
  const standby = { active: 'standby', writer: 'b1' } as const;

  test.each<[string, Partial<DatabaseRun>, Partial<DatabaseState>, Partial<DatabaseState>]>([
    [
      'leaves the standby serving, with its loss, unprotected, the old writer kept out and the evidence gone',
      { steps: verified },
      { state: 'VERIFYING', ...standby, suspect, keptOut },
      {
        state: 'SERVING_STANDBY',
        ...standby,
        keptOut,
        unprotectedSinceMs: NOW,
        lastRuns: [ended('done', 1, { because: ['a'], lossMs: 1 })],
      },
    ],
    [
      'that lost nobody knows how much says no loss',
      { steps: verified, loss: undefined },
      { state: 'VERIFYING', ...standby },
      { state: 'SERVING_STANDBY', ...standby, unprotectedSinceMs: NOW, lastRuns: [ended('done', 1, { because: ['a'] })] },
    ],
    [
      'that was given up loses nothing, rests and keeps its evidence',
      { rollback },
      { suspect },
      {
        state: 'ROLLED_BACK',
        suspect,
        restUntilMs: NOW + 1_800_000,
        lastRuns: [ended('rolled-back', 1, { because: ['a'] })],
      },
    ],
    [
      'of a failback is at home: nobody is kept out, and what was rebuilt is the primary',
      { kind: 'failback', steps: verified },
      { state: 'VERIFYING', rebuilt, keptOut },
      {
        state: 'ARMED',
        unprotectedSinceMs: NOW,
        lastRuns: [ended('done', 1, { kind: 'failback', because: ['a'], lossMs: 1 })],
      },
    ],
    [
      'of a failback that was given up serves on from the standby, with what was rebuilt and who is kept out',
      { kind: 'failback', rollback },
      { state: 'FAILBACK', ...standby, rebuilt, keptOut },
      {
        state: 'SERVING_STANDBY',
        ...standby,
        rebuilt,
        keptOut,
        restUntilMs: NOW + 1_800_000,
        lastRuns: [ended('rolled-back', 1, { kind: 'failback', because: ['a'] })],
      },
    ],
  ])('%s', (_name, change, before, after) => {
    const { incident: _incident, database: _database, ...rest } = item();
    const { database } = item({}, { state: 'ARMED', ...after });
    const { run: _run, ...over } = database ?? {};
    expect(endRun(item(change, before), KEY, ['a'], NOW)).toEqual({
      kind: 'write',
      item: { ...rest, database: over },
      answer: { kind: 'ended', database: over },
    });
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
