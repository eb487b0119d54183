/** Every rule of the ledger with its whole answer: what is written, and what the caller is told. */
import {
  AFTERGLOW_BLIND_MS,
  AFTERGLOW_MS,
  afterglows,
  daysSinceSuccess,
  isAbandoned,
  markAfterglow,
  mustRestore,
  noteWatched,
} from '../../../lib/decide/drill/keep';
import {
  beginRestore,
  beginStep,
  blankItem,
  endDrill,
  finishStep,
  noteProbe,
  noteRestored,
  recordUndo,
  requestStop,
  standing,
} from '../../../lib/decide/drill/rules';
import type { EndedDrill, JournalItem, RunningDrill, Undo } from '../../../lib/decide/journal';

const NOW = Date.UTC(2026, 10, 24, 10);
const UNDO: Undo = { kind: 'healthCheckPath', checkId: 'c', path: '/health', marker: '/m' };
const ID = 'app-tue';
const drill: RunningDrill = {
  id: ID,
  level: 'TRAFFIC',
  scenario: 'primary_crash',
  requestedBy: 'me',
  startedAtMs: NOW,
  deadlineMs: NOW + 900_000,
  expectedAlarms: ['a'],
  steps: {},
};
const ended: EndedDrill = { id: 'app-mon', level: 'TRAFFIC', verdict: 'failed', endedAtMs: NOW - 9, expectedAlarms: [] };
const running = (change: Partial<RunningDrill> = {}): JournalItem => ({
  ...blankItem('app'),
  lastDrills: [ended],
  drill: { ...drill, ...change },
});
const keep = (answer: unknown) => ({ kind: 'keep', answer });
const write = (item: JournalItem, answer: unknown) => ({ kind: 'write', item, answer });

describe('a step', () => {
  test('begins once more with the time of its first try', () => {
    const item = running({ steps: { arm: { beganAtMs: NOW - 5, attempts: 1 } } });
    const next = { ...item.drill, steps: { arm: { beganAtMs: NOW - 5, attempts: 2 } } } as RunningDrill;
    expect(beginStep(item, ID, 'arm', NOW)).toEqual(write({ ...item, drill: next }, { kind: 'go', drill: next }));
  });

  test('that gave its answer gives it again, with its reasons', () => {
    const entry = { beganAtMs: NOW, attempts: 1, outcome: 'refused', because: ['a'] };
    expect(beginStep(running({ steps: { preflight: entry } }), ID, 'preflight', NOW)).toEqual(
      keep({ kind: 'done', outcome: 'refused', because: ['a'] }),
    );
  });

  test('after the restore began is too late to break, not to look', () => {
    const item = running({ steps: { restore: { beganAtMs: NOW, attempts: 1 } } });
    expect(beginStep(item, ID, 'measure', NOW)).toEqual(keep({ kind: 'too-late', because: 'the restore has begun' }));
    expect(beginStep(item, ID, 'await_return', NOW)).toMatchObject({ kind: 'write', answer: { kind: 'go' } });
  });

  test.each<[string, JournalItem | undefined, string, unknown]>([
    ['of a drill that ended', running(), 'app-mon', { kind: 'ended', verdict: 'failed' }],
    ['of a drill that nobody knows', running(), 'app-x', { kind: 'no-drill' }],
    ['of a pair that nobody wrote', undefined, ID, { kind: 'no-drill' }],
  ])('%s does not begin', (_name, item, id, answer) => {
    expect(beginStep(item, id, 'measure', NOW)).toEqual(keep(answer));
  });

  test('ends with what it said, once, and only when it began', () => {
    const began = running({ steps: { measure: { beganAtMs: NOW, attempts: 1 } } });
    const said = { outcome: 'measured', because: ['b'], result: { n: 1 } };
    const steps = { measure: { beganAtMs: NOW, attempts: 1, endedAtMs: NOW + 5, ...said } };
    expect(finishStep(began, ID, 'measure', said, NOW + 5)).toEqual(write(running({ steps }), 'recorded'));
    expect(finishStep(running({ steps }), ID, 'measure', { outcome: 'aborted' }, NOW + 6)).toEqual(keep('already'));
    expect(finishStep(began, ID, 'arm', said, NOW)).toEqual(keep('not begun'));
    expect(finishStep(began, 'app-x', 'measure', said, NOW)).toEqual(keep('not begun'));
    expect(finishStep(undefined, ID, 'measure', said, NOW)).toEqual(keep('not begun'));
  });
});

describe('the way back', () => {
  test('is written down while the drill runs and has broken nothing', () => {
    const next = { ...drill, undo: UNDO };
    expect(recordUndo(running(), ID, UNDO, NOW)).toEqual(write(running({ undo: UNDO }), { kind: 'recorded', drill: next }));
  });

  test.each<[string, JournalItem | undefined, number, string]>([
    ['the drill is another', { ...running(), drill: { ...drill, id: 'app-x' } }, NOW, 'the drill does not run any more'],
    ['nobody wrote the pair', undefined, NOW, 'the drill does not run any more'],
    ['somebody stopped it', running({ stopRequested: true }), NOW, 'an operator stopped the drill'],
    ['its time is over', running(), NOW + 900_000, 'the deadline 2026-11-24T10:15:00.000Z has passed'],
    ['it measures', running({ steps: { measure: { beganAtMs: NOW, attempts: 1 } } }), NOW, 'the measurement has begun'],
  ])('is not written when %s', (_name, item, nowMs, because) => {
    expect(recordUndo(item, ID, UNDO, nowMs)).toEqual(keep({ kind: 'refused', because }));
  });

  test('begins as often as it is asked for, from its first time on', () => {
    const [once, twice] = [1, 2].map((attempts) => running({ steps: { restore: { beganAtMs: NOW, attempts } } }));
    expect(beginRestore(running(), ID, NOW)).toEqual(write(once as JournalItem, { kind: 'go', drill: once?.drill }));
    expect(beginRestore(once, ID, NOW + 9)).toEqual(write(twice as JournalItem, { kind: 'go', drill: twice?.drill }));
    for (const item of [undefined, blankItem('app'), { ...running(), drill: { ...drill, id: 'app-x' } }]) {
      expect(beginRestore(item, ID, NOW)).toEqual(keep({ kind: 'no-drill', because: 'drill app-tue does not hold the pair' }));
    }
  });

  const restored = (outcome: NonNullable<RunningDrill['restored']>['outcome'], verified = true) => ({
    outcome,
    by: 'machine',
    atMs: NOW,
    ...(verified ? { verifiedAtMs: NOW } : {}),
  });
  const seen = { by: 'keeper', atMs: NOW + 9, verifiedAtMs: NOW + 9 };
  test.each<[string, RunningDrill['restored'], Parameters<typeof noteRestored>[2], unknown]>([
    ['a first look that finds all put back', undefined, 'restored', { outcome: 'restored', ...seen }],
    ['a first look that does not', undefined, 'not yet', { outcome: 'not yet', by: 'keeper', atMs: NOW + 9 }],
    [
      'a second look at what was not',
      restored('not yet', false),
      'nothing to restore',
      { outcome: 'nothing to restore', ...seen },
    ],
    [
      'a second look that finds it still so',
      restored('not yet', false),
      'not yet',
      { outcome: 'not yet', by: 'keeper', atMs: NOW + 9 },
    ],
    ['a look at what was put back', restored('restored'), 'restored', { ...restored('restored'), verifiedAtMs: NOW + 9 }],
    ['a look that cannot see what was put back', restored('restored'), 'not yet', restored('restored')],
    [
      'somebody else’s change, which is news always',
      restored('restored'),
      'changed by a deployment',
      { outcome: 'changed by a deployment', ...seen },
    ],
  ])('is noted by %s', (_name, before, outcome, after) => {
    const item = running(before ? { restored: before } : {});
    expect(noteRestored(item, ID, outcome, 'keeper', NOW + 9)).toEqual(
      write({ ...item, drill: { ...drill, restored: after } as RunningDrill }, 'recorded'),
    );
  });

  test('is noted for the drill that runs alone', () => {
    for (const item of [undefined, blankItem('app')])
      expect(noteRestored(item, ID, 'restored', 'k', NOW)).toEqual(keep('no-drill'));
  });
});

test('a look at the primary is written down even when it is time to stop', () => {
  const probe = { good: true, atMs: NOW };
  expect(noteProbe(running(), ID, probe, NOW)).toEqual(write(running({ lastPrimaryProbe: probe }), { stop: undefined }));
  const stopped = { stopRequested: true };
  expect(noteProbe(running(stopped), ID, probe, NOW)).toEqual(
    write(running({ ...stopped, lastPrimaryProbe: probe }), { stop: 'an operator stopped the drill' }),
  );
  for (const item of [undefined, blankItem('app')]) {
    expect(noteProbe(item, ID, probe, NOW)).toEqual(keep({ stop: 'the drill does not run any more' }));
  }
});

test('a stop is written once, by its id or for whichever drill runs', () => {
  const stopping = { kind: 'stopping', drillId: ID };
  for (const id of [undefined, ID]) {
    expect(requestStop(running(), id)).toEqual(write(running({ stopRequested: true }), stopping));
    expect(requestStop(running({ stopRequested: true }), id)).toEqual(keep(stopping));
  }
  expect(requestStop(blankItem('app'))).toEqual(keep({ kind: 'refused', because: ['no drill is running'] }));
});

describe('a drill that ends', () => {
  const item = (change: Partial<RunningDrill>): JournalItem => running({ undo: UNDO, ...change });
  const without: JournalItem = { ...blankItem('app'), lastDrills: [ended] };
  const last: EndedDrill = { id: ID, level: 'TRAFFIC', verdict: 'passed', endedAtMs: NOW, expectedAlarms: ['a'] };
  test.each<[string, Partial<RunningDrill>, string, JournalItem]>([
    [
      'passed and restored',
      { restored: { outcome: 'restored', by: 'm', atMs: NOW - 1 } },
      'passed',
      { ...without, lastDrills: [{ ...last, restoredAtMs: NOW - 1 }, ended], lastSuccessAtMs: NOW },
    ],
    [
      'failed and not restored',
      { restored: { outcome: 'not yet', by: 'm', atMs: NOW - 1 } },
      'failed',
      { ...without, lastDrills: [{ ...last, verdict: 'failed' }, ended] },
    ],
    ['only looked', { level: 'OBSERVE' }, 'passed', { ...without, lastDrills: [{ ...last, level: 'OBSERVE' }, ended] }],
  ])('and %s leaves the pair', (_name, change, verdict, after) => {
    expect(endDrill(item(change), ID, verdict, NOW)).toEqual(write(after, 'ended'));
  });

  test('ends once', () => {
    expect(endDrill(running(), 'app-mon', 'passed', NOW)).toEqual(keep('already'));
    for (const found of [undefined, running()]) expect(endDrill(found, 'app-x', 'passed', NOW)).toEqual(keep('no-drill'));
  });
});

test('pause, incident and hold speak against a drill until they end', () => {
  const latch = { on: false, generation: 1, hold: { untilMs: NOW + 1, by: 'ada' } };
  const item = {
    ...blankItem('app'),
    incident: { key: 'app/17', sinceMs: NOW },
    pausedUntilMs: NOW + 1,
    database: { state: 'ARMED', active: 'primary', writer: 'a', latch, writerName: {}, lastRuns: [] },
  } as JournalItem;
  const incident = 'incident app/17 is open since 2026-11-24T10:00:00.000Z';
  expect(standing(item, NOW)).toEqual([
    incident,
    'automation is paused until 2026-11-24T10:00:00.001Z',
    'the name is held on the primary until 2026-11-24T10:00:00.001Z by ada, whatever a drill breaks',
  ]);
  expect(standing(item, NOW + 1)).toEqual([incident]);
  expect(standing(blankItem('app'), NOW)).toEqual([]);
});

describe('the keeper', () => {
  const undone = (restored: RunningDrill['restored']) => ({ ...drill, undo: UNDO, ...(restored ? { restored } : {}) });
  const late = drill.deadlineMs;
  test.each<[string, RunningDrill, number, boolean]>([
    ['what was never restored', undone(undefined), late, true],
    ['what nobody has verified since', undone({ outcome: 'restored', by: 'm', atMs: late }), late, true],
    ['what is not yet restored', undone({ outcome: 'not yet', by: 'm', atMs: late, verifiedAtMs: late }), late, true],
    ['not what was verified at the deadline', undone({ outcome: 'restored', by: 'm', atMs: 0, verifiedAtMs: late }), late, false],
    [
      'not what is in somebody else’s hands',
      undone({ outcome: 'changed by a deployment', by: 'm', atMs: 0, verifiedAtMs: late }),
      late,
      false,
    ],
    ['nothing before the deadline', undone(undefined), late - 1, false],
    ['nothing that was never broken', drill, late, false],
  ])('restores %s', (_name, given, nowMs, must) => {
    expect(mustRestore(given, nowMs)).toBe(must);
  });

  test('gives up, twenty minutes after its deadline, a drill that broke nothing', () => {
    expect([isAbandoned(drill, late + 1_200_000 - 1), isAbandoned(drill, late + 1_200_000)]).toEqual([false, true]);
  });

  test('looks at alarms five minutes after the restore, and gives up after half an hour', () => {
    expect([AFTERGLOW_MS, AFTERGLOW_BLIND_MS]).toEqual([300_000, 1_800_000]);
    const one = { ...ended, restoredAtMs: 0 };
    const item = { ...blankItem('app'), lastDrills: [one, { ...ended, id: 'b' }] };
    expect([afterglows(item, 299_999), afterglows(item, 300_000)]).toEqual([[], [one]]);
    const checked = [
      { ...one, afterglowChecked: true },
      { ...ended, id: 'b' },
    ];
    expect(markAfterglow(item, 'app-mon')).toEqual(write({ ...item, lastDrills: checked }, 'marked'));
    expect(markAfterglow({ ...item, lastDrills: checked }, 'app-mon')).toEqual(keep('already'));
    for (const found of [undefined, item]) expect(markAfterglow(found, 'app-x')).toEqual(keep('already'));
  });

  test('watches a pair from its first look on, whatever else is known of it', () => {
    const item = { ...running(), watchedSinceMs: NOW };
    expect(noteWatched(running(), 'app', NOW)).toEqual(write(item, item));
    expect(noteWatched(item, 'app', NOW + 1)).toEqual(keep(item));
  });

  test.each<[string, Partial<JournalItem>, number]>([
    ['the last drill that passed', { lastSuccessAtMs: NOW - 86_400_000, watchedSinceMs: 0 }, 1],
    ['the first look, while none passed', { watchedSinceMs: NOW - 2 * 86_400_000 }, 2],
    ['now, while nobody looked', {}, 0],
    ['now, when the clock went back', { lastSuccessAtMs: NOW + 1 }, 0],
  ])('counts the days since %s', (_name, known, days) => {
    expect(daysSinceSuccess({ ...blankItem('app'), ...known }, NOW)).toBe(days);
  });
});
