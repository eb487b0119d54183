import fc from 'fast-check';
import {
  beginRestore,
  beginStep,
  blankItem,
  type Claim,
  claim,
  endDrill,
  finishStep,
  LAST_DRILLS,
  noteProbe,
  noteRestored,
  type Ruled,
  recordUndo,
  requestStop,
} from '../../../lib/decide/drill/rules';
import type { JournalItem, Undo } from '../../../lib/decide/journal';

const NOW = Date.UTC(2026, 10, 24, 10);
const ASKED: Claim = {
  pair: 'app',
  id: 'app-tue',
  level: 'TRAFFIC',
  scenario: 'primary_crash',
  requestedBy: 'me',
  nowMs: NOW,
  deadlineMs: NOW + 900_000,
  expectedAlarms: ['a'],
};
const UNDO: Undo = { kind: 'healthCheckPath', checkId: 'c', path: '/health', marker: '/.well-known/failover-drill/app-tue' };
const seed = Number(process.env.SEED ?? 20261120);

/** The item after a rule that must write. */
function written<T>(ruled: Ruled<T>): JournalItem {
  if (ruled.kind === 'keep') throw new Error(`nothing to write: ${JSON.stringify(ruled.answer)}`);
  return ruled.item;
}
const claimed = () => written(claim(undefined, ASKED));
const begun = (item: JournalItem, step: Parameters<typeof beginStep>[2]) => written(beginStep(item, 'app-tue', step, NOW));

describe('a claim', () => {
  test('takes a pair that nobody wrote', () => {
    expect(claimed()).toEqual({
      ...blankItem('app'),
      drill: {
        id: 'app-tue',
        level: 'TRAFFIC',
        scenario: 'primary_crash',
        requestedBy: 'me',
        startedAtMs: NOW,
        deadlineMs: NOW + 900_000,
        expectedAlarms: ['a'],
        steps: {},
      },
    });
  });

  test('by the drill that already holds the pair changes nothing', () => {
    expect(claim(claimed(), ASKED)).toEqual({ kind: 'keep', answer: { kind: 'already' } });
  });

  test('fails with every reason at once', () => {
    const item: JournalItem = {
      ...claimed(),
      incident: { key: 'app/17', sinceMs: NOW - 60_000 },
      pausedUntilMs: NOW + 60_000,
      lastDrills: [{ id: 'app-wed', level: 'TRAFFIC', verdict: 'passed', endedAtMs: 1, expectedAlarms: [] }],
    };
    expect(claim(item, { ...ASKED, id: 'app-wed' }).answer).toEqual({
      kind: 'refused',
      because: [
        'drill app-wed already ran: passed',
        'drill app-tue is running',
        'incident app/17 is open since 2026-11-24T09:59:00.000Z',
        'automation is paused until 2026-11-24T10:01:00.000Z',
      ],
    });
  });

  test('fails while somebody holds the name on the primary: nothing that a drill breaks would move users', () => {
    const hold = { untilMs: NOW + 60_000, by: 'ada' };
    const held = (untilMs: number): JournalItem => ({
      ...blankItem('app'),
      database: {
        state: 'ARMED',
        active: 'primary',
        writer: 'a',
        latch: { on: false, generation: 1, hold: { ...hold, untilMs } },
        writerName: {},
        lastRuns: [],
      },
    });
    expect(claim(held(NOW + 60_000), ASKED).answer).toEqual({
      kind: 'refused',
      because: ['the name is held on the primary until 2026-11-24T10:01:00.000Z by ada, whatever a drill breaks'],
    });
    expect(claim(held(NOW), ASKED).answer).toEqual({ kind: 'claimed' });
  });

  test('of an OBSERVE run is not stopped by pause or incident, and a pause ends at its time', () => {
    const item = { ...blankItem('app'), incident: { key: 'app/1', sinceMs: 1 }, pausedUntilMs: NOW };
    expect(claim(item, { ...ASKED, level: 'OBSERVE' }).answer).toEqual({ kind: 'claimed' });
    expect(claim({ ...item, incident: undefined }, ASKED).answer).toEqual({ kind: 'claimed' });
  });
});

describe('the step ledger', () => {
  test('counts attempts, keeps the first answer and gives it again', () => {
    const twice = begun(begun(claimed(), 'preflight'), 'preflight');
    expect(twice.drill?.steps['preflight']).toEqual({ beganAtMs: NOW, attempts: 2 });
    const done = written(finishStep(twice, 'app-tue', 'preflight', { outcome: 'ready', result: { servers: ['a'] } }, NOW + 5));
    expect(done.drill?.steps['preflight']).toMatchObject({ endedAtMs: NOW + 5, outcome: 'ready', result: { servers: ['a'] } });
    expect(finishStep(done, 'app-tue', 'preflight', { outcome: 'refused' }, NOW + 6)).toEqual({
      kind: 'keep',
      answer: 'already',
    });
    expect(beginStep(done, 'app-tue', 'preflight', NOW).answer).toEqual({ kind: 'done', outcome: 'ready' });
  });

  test('lets a measurement begin once', () => {
    expect(beginStep(begun(claimed(), 'measure'), 'app-tue', 'measure', NOW)).toEqual({
      kind: 'keep',
      answer: { kind: 'interrupted' },
    });
  });

  test.each([
    ['after the restore began', (item: JournalItem) => written(beginRestore(item, 'app-tue', NOW)), NOW, 'the restore has begun'],
    ['after an operator stopped it', (item: JournalItem) => written(requestStop(item)), NOW, 'an operator stopped the drill'],
    ['at the deadline', (item: JournalItem) => item, NOW + 900_000, 'the deadline 2026-11-24T10:15:00.000Z has passed'],
  ])('fails to begin anything that breaks, or to write an undo, %s', (_name, change, nowMs, because) => {
    const item = change(claimed());
    for (const step of ['preflight', 'arm', 'measure'] as const) {
      expect(beginStep(item, 'app-tue', step, nowMs)).toEqual({ kind: 'keep', answer: { kind: 'too-late', because } });
    }
    expect(recordUndo(item, 'app-tue', UNDO, nowMs).answer).toEqual({ kind: 'refused', because });
    expect(noteProbe(item, 'app-tue', { good: true, atMs: nowMs }, nowMs).answer).toEqual({ stop: because });
    expect(beginStep(item, 'app-tue', 'report', nowMs).answer.kind).toBe('go');
  });

  test('fails to change the undo once the measurement has begun', () => {
    const armed = written(recordUndo(claimed(), 'app-tue', UNDO, NOW));
    expect(armed.drill?.undo).toEqual(UNDO);
    expect(recordUndo(begun(armed, 'measure'), 'app-tue', UNDO, NOW).answer).toEqual({
      kind: 'refused',
      because: 'the measurement has begun',
    });
  });

  test('knows nothing of another drill', () => {
    const item = claimed();
    expect(beginStep(item, 'app-x', 'measure', NOW)).toEqual({ kind: 'keep', answer: { kind: 'no-drill' } });
    expect(beginRestore(item, 'app-x', NOW).kind).toBe('keep');
    expect(noteRestored(item, 'app-x', 'restored', 'person', NOW).kind).toBe('keep');
    expect(endDrill(item, 'app-x', 'passed', NOW).answer).toBe('no-drill');
    expect(requestStop(item, 'app-x').answer).toEqual({ kind: 'refused', because: ['drill app-tue is running, not app-x'] });
    expect(requestStop(undefined).answer).toEqual({ kind: 'refused', because: ['no drill is running'] });
  });
});

describe('the end', () => {
  test('a later look at what is restored renews the time of looking only', () => {
    const once = written(noteRestored(claimed(), 'app-tue', 'restored', 'machine', NOW));
    const again = written(noteRestored(once, 'app-tue', 'nothing to restore', 'keeper', NOW + 9));
    expect(again.drill?.restored).toEqual({ outcome: 'restored', by: 'machine', atMs: NOW, verifiedAtMs: NOW + 9 });
    const open = written(noteRestored(claimed(), 'app-tue', 'not yet', 'machine', NOW));
    expect(open.drill?.restored).toEqual({ outcome: 'not yet', by: 'machine', atMs: NOW });
    expect(written(noteRestored(open, 'app-tue', 'restored', 'keeper', NOW + 1)).drill?.restored?.outcome).toBe('restored');
  });

  test('a passed TRAFFIC drill counts as a success, an OBSERVE run or another verdict does not', () => {
    expect(written(endDrill(claimed(), 'app-tue', 'passed', NOW)).lastSuccessAtMs).toBe(NOW);
    expect(written(endDrill(claimed(), 'app-tue', 'failed', NOW)).lastSuccessAtMs).toBeUndefined();
    const observed = written(claim(undefined, { ...ASKED, level: 'OBSERVE' }));
    expect(written(endDrill(observed, 'app-tue', 'passed', NOW)).lastSuccessAtMs).toBeUndefined();
  });

  test('ended drills are kept newest first, and not without end', () => {
    let item = blankItem('app');
    for (let n = 0; n < LAST_DRILLS + 5; n += 1) {
      item = written(endDrill(written(claim(item, { ...ASKED, id: `app-${n}` })), `app-${n}`, 'passed', NOW + n));
    }
    expect(item.lastDrills.map((drill) => drill.id)).toEqual(
      Array.from({ length: LAST_DRILLS }, (_, n) => `app-${LAST_DRILLS + 4 - n}`),
    );
    expect(item.drill).toBeUndefined();
  });

  test('whatever happens in whatever order, nothing begins to break after a restore began, and no rule loses a drill', () => {
    const act: readonly ((item: JournalItem | undefined) => Ruled<unknown>)[] = [
      (item) => claim(item, ASKED),
      ...(['preflight', 'arm', 'measure', 'await_return', 'report'] as const).flatMap((step) => [
        (item: JournalItem | undefined) => beginStep(item, 'app-tue', step, NOW),
        (item: JournalItem | undefined) => finishStep(item, 'app-tue', step, { outcome: 'x' }, NOW),
      ]),
      (item) => recordUndo(item, 'app-tue', UNDO, NOW),
      (item) => requestStop(item),
      (item) => beginRestore(item, 'app-tue', NOW),
      (item) => noteRestored(item, 'app-tue', 'restored', 'machine', NOW),
      (item) => noteProbe(item, 'app-tue', { good: true, atMs: NOW }, NOW),
    ];
    fc.assert(
      fc.property(fc.array(fc.nat(act.length - 1), { minLength: 20, maxLength: 60 }), (order) => {
        let item = claimed();
        for (const n of order) {
          const before = item.drill;
          const ruled: Ruled<unknown> | undefined = act[n]?.(item);
          if (ruled?.kind !== 'write') continue;
          item = ruled.item;
          expect(item.drill).toBeDefined();
          if (!before?.steps['restore']) continue;
          expect(item.drill?.steps['measure']?.beganAtMs).toBe(before.steps['measure']?.beganAtMs);
          expect(item.drill?.undo).toEqual(before.undo);
        }
      }),
      { seed },
    );
  });
});
