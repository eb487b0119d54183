import fc from 'fast-check';
import { type Acquire, acquire, adopt, boundDatabase, pause, settle } from '../../../lib/decide/database/order-rules';
import { FAILOVER_PLAN, UNDO_PLAN } from '../../../lib/decide/database/plan';
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
  finishStep,
  noteAssessment,
  type RunKey,
  requestConsent,
  setLatch,
} from '../../../lib/decide/database/run-rules';
import type { ControllerState, DatabaseState } from '../../../lib/decide/database/state';
import { TRANSITIONS, transitionOf } from '../../../lib/decide/database/transitions';
import { blankItem, type Ruled } from '../../../lib/decide/drill/rules';
import type { JournalItem } from '../../../lib/decide/journal';

const seed = Number(process.env.SEED ?? 20261120);
const NOW = Date.UTC(2026, 10, 24, 10);
const MEMBERS = { source: 'a', replicas: ['b1', 'b2'], generation: 1 };
const KEY: RunKey = { run: 'app-e1', epoch: 1 };
const ASKED: Acquire = {
  pair: 'app',
  kind: 'failover',
  startedBy: 'prober',
  automatic: true,
  seenEpoch: 0,
  nowMs: NOW,
  members: MEMBERS,
};

const armed = (): JournalItem => ({ ...blankItem('app'), database: boundDatabase(MEMBERS) });
const applied = <T>(ruled: Ruled<T>, before: JournalItem): JournalItem => (ruled.kind === 'write' ? ruled.item : before);
const taken = () => applied(acquire(armed(), ASKED), armed());
const stateOf = (item: JournalItem): DatabaseState => {
  if (!item.database) throw new Error('no database');
  return item.database;
};
/** The item with the given steps done, in a state that suits. */
function at(state: ControllerState, steps: readonly string[], change: Partial<DatabaseState> = {}): JournalItem {
  const item = taken();
  const database = stateOf(item);
  const ledger = Object.fromEntries(steps.map((step) => [step, { beganAtMs: NOW, attempts: 1, outcome: 'done' }]));
  const run = database.run && { ...database.run, candidate: 'b1', loss: { ms: 1, basis: 'lag samples' as const }, steps: ledger };
  return { ...item, database: { ...database, state, ...(run ? { run } : {}), ...change } };
}
const READY = ['acquire', 'assess', 'stop_writes_to_primary', 'verify_replica_sync', 'latch'];
const ready = (change: Partial<DatabaseState> = {}) => at('LATCHING', READY, { latch: { on: true, generation: 1 }, ...change });

describe('the table of the controller', () => {
  const states = [...new Set(TRANSITIONS.flatMap((row) => [row.from, row.to]))];
  const reach = (from: ControllerState, without: (row: (typeof TRANSITIONS)[number]) => boolean = () => false) => {
    const seen = new Set<ControllerState>([from]);
    for (let grew = true; grew; ) {
      const next = TRANSITIONS.filter((row) => seen.has(row.from) && !seen.has(row.to) && !without(row));
      for (const row of next) seen.add(row.to);
      grew = next.length > 0;
    }
    return seen;
  };

  test('has one row for each state and event, and one number for each row', () => {
    expect(new Set(TRANSITIONS.map((row) => row.row)).size).toBe(TRANSITIONS.length);
    expect(new Set(TRANSITIONS.map((row) => `${row.from} ${row.on}`)).size).toBe(TRANSITIONS.length);
  });

  test('promotes from behind fence and latch only', () => {
    const rows = TRANSITIONS.filter((row) => row.to === 'PROMOTING').map((row) => `${row.from} ${row.on}`);
    expect(rows).toEqual(['LATCHING promotion-requested', 'STUCK adopted-before-promotion']);
    expect(reach('ARMED', (row) => row.to === 'LATCHING').has('PROMOTING')).toBe(false);
    expect(reach('ARMED', (row) => row.to === 'FENCING').has('LATCHING')).toBe(false);
  });

  test('leads back to ARMED from every state', () => {
    expect(states.filter((state) => !reach(state).has('ARMED'))).toEqual([]);
  });

  test('is stuck from behind the promotion only, and never rolls back from there', () => {
    expect(TRANSITIONS.filter((row) => row.to === 'STUCK').map((row) => row.from)).toEqual(['PROMOTING', 'VERIFYING']);
    const behind: readonly ControllerState[] = ['PROMOTING', 'VERIFYING', 'STUCK'];
    expect(TRANSITIONS.filter((row) => behind.includes(row.from) && row.to === 'ROLLED_BACK')).toEqual([]);
  });

  test('leaves a serving standby by a person’s order only', () => {
    const rows = TRANSITIONS.filter((row) => row.from === 'SERVING_STANDBY').map((row) => row.on);
    expect(rows).toEqual(['failback-acquired', 'rebuild-began']);
    expect(transitionOf('SERVING_STANDBY', 'acquired')).toBeUndefined();
  });
});

describe('acquire', () => {
  test('takes the next epoch, opens the incident and begins the run in one write', () => {
    expect(taken()).toMatchObject({
      epoch: 1,
      incident: { key: 'app/1', sinceMs: NOW },
      database: { state: 'ASSESSING', active: 'primary', run: { id: 'app-e1', epoch: 1, automatic: true, steps: {} } },
    });
  });

  test.each([
    ['a drill', { drill: { id: 'd', level: 'TRAFFIC' } }, {}, 'drill d is running'],
    ['a pause', { pausedUntilMs: NOW + 1 }, {}, 'automation is paused until 2026-11-24T10:00:00.001Z'],
    ['a newer epoch', { epoch: 3 }, {}, 'the epoch is 3, not 0: somebody came first'],
    ['a rest', {}, { state: 'ROLLED_BACK', restUntilMs: NOW + 1 }, 'automation rests until 2026-11-24T10:00:00.001Z'],
    ['a standby that writes', {}, { active: 'standby', state: 'SERVING_STANDBY' }, 'the standby writes already'],
    [
      'a missing replica',
      {},
      { unprotectedSinceMs: NOW },
      'there has been no replica to take over since 2026-11-24T10:00:00.000Z',
    ],
    ['a claim of another writer', {}, { splitBrain: { since: 0, because: 'x' } }, 'another writer was claimed: x'],
  ] as const)('fails for %s', (_name, item, database, because) => {
    const found = { ...armed(), ...item, database: { ...stateOf(armed()), ...database } } as JournalItem;
    const answer = acquire(found, ASKED);
    expect([answer.kind, answer.answer.kind === 'refused' && answer.answer.because]).toEqual([
      'keep',
      expect.arrayContaining([because]),
    ]);
  });

  test('fails while a run is under way, and names it', () => {
    expect(acquire(taken(), { ...ASKED, seenEpoch: 1 }).answer).toMatchObject({
      kind: 'refused',
      because: ['app-e1 is under way'],
      running: { id: 'app-e1' },
    });
  });

  test('fails for an automatic failback or switchover, whatever the state', () => {
    for (const kind of ['failback', 'switchover'] as const) {
      const { answer } = acquire(armed(), { ...ASKED, kind });
      expect(answer.kind === 'refused' && answer.because).toContain(`only a person starts a ${kind}`);
    }
  });

  test('a person may while automation is paused or rests; a rest that is over stops nobody', () => {
    const resting = {
      ...armed(),
      pausedUntilMs: NOW + 1,
      database: { ...stateOf(armed()), state: 'ROLLED_BACK' as const, restUntilMs: NOW + 1 },
    };
    expect(acquire(resting, { ...ASKED, automatic: false }).answer.kind).toBe('acquired');
    expect(acquire({ ...resting, pausedUntilMs: NOW }, { ...ASKED, nowMs: NOW + 1 }).answer.kind).toBe('acquired');
    expect(settle(resting, 'app', MEMBERS, NOW + 1).answer.database?.state).toBe('ARMED');
  });

  test('an epoch grows with every acquire and is never given twice', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('acquire', 'rollback', 'stale'), { maxLength: 40 }), (moves) => {
        let item = armed();
        const epochs: number[] = [];
        let nowMs = NOW;
        for (const move of moves) {
          nowMs += 3_600_000;
          const key = { run: `app-e${item.epoch}`, epoch: item.epoch };
          if (move === 'rollback') {
            item = applied(rollBack(item, key, ['x'], nowMs), item);
            item = applied(endRun(item, key, ['x'], nowMs), item);
          } else {
            const seenEpoch = move === 'stale' ? item.epoch - 1 : item.epoch;
            const ruled = acquire(item, { ...ASKED, seenEpoch, nowMs });
            if (ruled.answer.kind === 'acquired') epochs.push(ruled.answer.run.epoch);
            item = applied(ruled, item);
          }
        }
        expect(epochs).toEqual(epochs.map((_, n) => n + 1));
        expect(stateOf(item).lastRuns.length).toBeLessThanOrEqual(LAST_RUNS);
      }),
      { seed },
    );
  });
});

describe('the promote request', () => {
  test('is written when everything before it holds, once', () => {
    const ruled = requestPromotion(ready(), KEY, NOW);
    expect(ruled.answer).toEqual({ kind: 'requested', candidate: 'b1' });
    const written = applied(ruled, ready());
    expect(stateOf(written)).toMatchObject({ state: 'PROMOTING', run: { promoteRequested: { candidate: 'b1', atMs: NOW } } });
    expect(requestPromotion(written, KEY, NOW)).toEqual({ kind: 'keep', answer: { kind: 'already', candidate: 'b1' } });
  });

  test.each([
    [
      'no fence was tried',
      at('LATCHING', ['acquire', 'assess', 'verify_replica_sync', 'latch'], { latch: { on: true, generation: 1 } }),
    ],
    [
      'the loss was not accepted',
      at('LATCHING', ['acquire', 'assess', 'stop_writes_to_primary', 'latch'], { latch: { on: true, generation: 1 } }),
    ],
    ['the latch was not seen', at('LATCHING', READY.slice(0, 4), { latch: { on: true, generation: 1 } })],
    ['the latch is off', ready({ latch: { on: false, generation: 1 } })],
    ['automation is paused', { ...ready(), pausedUntilMs: NOW + 1 }],
    ['only a person moves the writer back', ready({ active: 'standby' })],
    ['the controller is FENCING, not LATCHING', ready({ state: 'FENCING' })],
  ])('fails when %s', (because, item) => {
    expect(requestPromotion(item, KEY, NOW)).toEqual({ kind: 'keep', answer: { kind: 'refused', because: [because] } });
  });

  test('fails once a rollback began, and a rollback fails once it stands: exactly one of the two wins', () => {
    const rolling = applied(rollBack(ready(), KEY, ['x'], NOW), ready());
    expect(requestPromotion(rolling, KEY, NOW).answer).toEqual({ kind: 'refused', because: ['the run is being rolled back'] });
    const requested = applied(requestPromotion(ready(), KEY, NOW), ready());
    expect(rollBack(requested, KEY, ['x'], NOW).answer).toEqual({
      kind: 'refused',
      because: 'a promotion was requested: nothing is undone any more',
    });
    for (const { step } of UNDO_PLAN) expect(beginStep(requested, KEY, step, NOW).answer.kind).toBe('stuck');
    expect(setLatch(requested, KEY, false).answer).toEqual({
      kind: 'refused',
      because: 'the standby may be writing: the latch stays on',
    });
    expect(noteAssessment(requested, KEY, 'b2', { ms: 0, basis: 'service' }).answer.kind).toBe('lost');
    expect(requestConsent(requested, KEY, 1, NOW).answer.kind).toBe('lost');
  });
});

describe('what comes after the promotion', () => {
  const promoted = () => {
    const requested = applied(requestPromotion(ready(), KEY, NOW), ready());
    const begun = applied(beginStep(requested, KEY, 'promote_replica', NOW), requested);
    return applied(notePromoted(begun, KEY, NOW), begun);
  };

  test('the candidate writes, and its name is answered', () => {
    expect(stateOf(promoted())).toMatchObject({ state: 'VERIFYING', active: 'standby', writer: 'b1' });
    const named = applied(setWriterName(promoted(), KEY), promoted());
    expect(stateOf(named).writerName).toEqual({ b1: true, b2: false });
  });

  test('fails to be noted without a request, or for another run', () => {
    expect(notePromoted(ready(), KEY, NOW).answer.kind).toBe('lost');
    expect(notePromoted(promoted(), { run: 'app-e2', epoch: 2 }, NOW).answer.kind).toBe('lost');
    expect(setWriterName(ready(), KEY).answer.kind).toBe('refused');
  });

  test('a run does not end before the new writer was verified', () => {
    expect(endRun(promoted(), KEY, [], NOW).answer).toEqual({ kind: 'refused', because: 'the new writer was not verified' });
  });

  test('stuck is said once, and only behind the request', () => {
    expect(noteStuck(ready(), KEY, ['x']).answer.kind).toBe('refused');
    const stuck = applied(noteStuck(promoted(), KEY, ['x']), promoted());
    expect([stateOf(stuck).state, noteStuck(stuck, KEY, ['y']).answer]).toEqual(['STUCK', { kind: 'stuck', fresh: false }]);
    const again = applied(adopt(stuck, KEY, NOW), stuck);
    expect(stateOf(again)).toMatchObject({ state: 'VERIFYING', run: { adopted: 1 } });
  });
});

describe('steps', () => {
  test('run in the order of the plan only', () => {
    for (const { step } of FAILOVER_PLAN.slice(1)) {
      expect(beginStep(taken(), KEY, step, NOW).answer).toEqual({
        kind: 'lost',
        because: `${step} was called before acquire ended`,
      });
    }
  });

  test('of another run, another epoch or no run are lost', () => {
    expect(beginStep(taken(), { run: 'app-e2', epoch: 2 }, 'acquire', NOW).answer.kind).toBe('lost');
    expect(beginStep({ ...taken(), epoch: 2 }, KEY, 'acquire', NOW).answer).toEqual({
      kind: 'lost',
      because: 'the epoch is 2, not 1',
    });
    expect(beginStep(undefined, KEY, 'acquire', NOW).answer.kind).toBe('lost');
  });

  test('keep the first answer, and a rollback keeps later ones out', () => {
    const begun = applied(beginStep(taken(), KEY, 'acquire', NOW), taken());
    const ended = applied(finishStep(begun, KEY, 'acquire', { outcome: 'done', because: ['a'] }, NOW), begun);
    expect(finishStep(ended, KEY, 'acquire', { outcome: 'continued', because: ['b'] }, NOW).kind).toBe('keep');
    expect(beginStep(ended, KEY, 'acquire', NOW).answer).toEqual({ kind: 'done', because: ['a'] });
    const rolling = applied(rollBack(begun, KEY, ['x'], NOW), begun);
    expect(finishStep(rolling, KEY, 'acquire', { outcome: 'done', because: [] }, NOW).answer.kind).toBe('lost');
    expect(beginStep(rolling, KEY, 'assess', NOW).answer).toEqual({ kind: 'rolling-back', because: ['x'] });
  });

  test('a rollback leaves the first evidence, burns the epoch and rests', () => {
    const suspect = { sinceMs: 1, writerSinceMs: 2, because: [] };
    const item = { ...taken(), database: { ...stateOf(taken()), suspect } };
    const rolling = applied(rollBack(item, KEY, ['x'], NOW), item);
    const ended = applied(endRun(rolling, KEY, ['x'], NOW), rolling);
    expect(ended).toMatchObject({ epoch: 1, database: { state: 'ROLLED_BACK', suspect, restUntilMs: NOW + 1_800_000 } });
    expect([ended.incident, stateOf(ended).run]).toEqual([undefined, undefined]);
  });

  test('fails to hold traffic at a primary that does not write, and a pause without an end', () => {
    const ask = { pair: 'app', by: 'ann', untilMs: NOW + 1, nowMs: NOW, hold: true };
    expect(pause({ ...armed(), database: { ...stateOf(armed()), active: 'standby' } }, ask).answer.kind).toBe('refused');
    expect(pause(armed(), { ...ask, untilMs: Number.NaN }).answer.kind).toBe('refused');
  });
});
