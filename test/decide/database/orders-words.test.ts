/** What people order and what keeps an old primary out: each answer whole. */
import { fenceDuty, keptOutBy, letThrough, noteFenced } from '../../../lib/decide/database/kept-out';
import {
  ABANDONED_MS,
  approve,
  boundDatabase,
  isAbandoned,
  PAUSE_MAX_MS,
  pause,
  resume,
  standingAgainst,
  takeUp,
} from '../../../lib/decide/database/order-rules';
import type { FenceSettings } from '../../../lib/decide/database/settings';
import type { DatabaseRun, DatabaseState } from '../../../lib/decide/database/state';
import { blankItem, type Ruled } from '../../../lib/decide/drill/rules';
import type { JournalItem } from '../../../lib/decide/journal';

const NOW = Date.UTC(2026, 10, 24, 10);
const KEY = { run: 'app-e1', epoch: 1 };
const members = { source: 'a', replicas: ['b1', 'b2'], generation: 1 };
const run = (change: Partial<DatabaseRun> = {}): DatabaseRun => ({
  id: 'app-e1',
  kind: 'failover',
  epoch: 1,
  startedBy: 'prober',
  automatic: true,
  startedAtMs: NOW,
  steps: {},
  ...change,
});
const item = (change: Partial<DatabaseState> = {}, of: Partial<JournalItem> = {}): JournalItem => ({
  ...blankItem('app'),
  epoch: 1,
  database: { ...boundDatabase(members), ...change },
  ...of,
});
const refused = (because: string) => ({ kind: 'keep', answer: { kind: 'refused', because } });
const written = <T>(ruled: Ruled<T>) => (ruled.kind === 'write' ? ruled.item : undefined);

describe('a consent', () => {
  const waiting = (change: Partial<DatabaseRun> = {}, state: DatabaseState['state'] = 'AWAITING_CONSENT') =>
    item({ state, run: run({ asked: { lossMs: 500, atMs: NOW - 1 }, ...change }) });
  const asked = { epoch: 1, by: 'ann', lossMs: 500, nowMs: NOW };

  test('to the loss that was shown lets the run go on', () => {
    const ruled = approve(waiting(), asked);
    expect(ruled.answer).toEqual({ kind: 'approved' });
    expect(written(ruled)?.database).toMatchObject({
      state: 'FENCING',
      run: { consent: { by: 'ann', epoch: 1, lossMs: 500, atMs: NOW } },
    });
  });

  test.each<[string, JournalItem | undefined, Partial<typeof asked>, string]>([
    ['nobody runs', item(), {}, 'no run waits for consent'],
    ['nobody knows the pair', undefined, {}, 'no run waits for consent'],
    ['the pair has no database', blankItem('app'), {}, 'no run waits for consent'],
    ['it is of another epoch', waiting(), { epoch: 2 }, 'the epoch is 1, not 2'],
    ['everything is being undone', waiting({ rollback: { atMs: NOW, because: [] } }), {}, 'app-e1 is being rolled back'],
    ['it is too late', waiting({ promoteRequested: { candidate: 'b1', atMs: NOW } }), {}, 'app-e1 is promoting already'],
    ['nobody asked', waiting({ asked: undefined }), {}, 'app-e1 does not wait for consent'],
    ['it was answered', waiting({}, 'FENCING'), {}, 'app-e1 does not wait for consent'],
    ['it is to less than was shown', waiting(), { lossMs: 499 }, 'the loss shown is 500 ms, the consent is to 499 ms'],
  ])('is refused when %s', (_name, found, change, because) => {
    expect(approve(found, { ...asked, ...change })).toEqual(refused(because));
  });
});

describe('a pause', () => {
  const ask = { pair: 'app', by: 'ann', untilMs: NOW + 60_000, nowMs: NOW };

  test('is written, with a hold where one is asked for', () => {
    expect(written(pause(item(), ask))).toEqual(item({}, { pausedUntilMs: NOW + 60_000 }));
    expect(written(pause(undefined, ask))).toEqual({ ...blankItem('app'), pausedUntilMs: NOW + 60_000 });
    expect(pause(item(), { ...ask, hold: true })).toEqual({
      kind: 'write',
      item: item(
        { latch: { on: false, generation: 1, hold: { untilMs: NOW + 60_000, by: 'ann' } } },
        { pausedUntilMs: NOW + 60_000 },
      ),
      answer: { kind: 'paused' },
    });
    expect(pause(item(), { ...ask, untilMs: NOW + PAUSE_MAX_MS }).answer).toEqual({ kind: 'paused' });
  });

  test.each<[JournalItem | undefined, Partial<typeof ask> & { hold?: boolean }, string]>([
    [item(), { untilMs: NOW }, 'a pause ends in the future'],
    [item(), { untilMs: Number.NaN }, 'a pause ends in the future'],
    [item(), { untilMs: NOW + PAUSE_MAX_MS + 1 }, 'a pause lasts 4 h at most'],
    [undefined, { hold: true }, 'the pair has no database, so it has no hold'],
    [item({ active: 'standby' }), { hold: true }, 'a hold keeps traffic at the primary; the standby writes'],
  ])('of %j by %j is refused', (found, change, because) => {
    expect(pause(found, { ...ask, ...change })).toEqual(refused(because));
  });

  test('ends with its hold by a person’s word', () => {
    const held = written(pause(item(), { ...ask, hold: true }));
    expect(resume(held)).toEqual({ kind: 'write', item: item(), answer: { kind: 'resumed' } });
    expect(resume({ ...blankItem('app'), pausedUntilMs: 1 })).toEqual({
      kind: 'write',
      item: blankItem('app'),
      answer: { kind: 'resumed' },
    });
    const { pausedUntilMs: _over, ...onlyHeld } = held ?? item();
    expect(resume(onlyHeld).answer).toEqual({ kind: 'resumed' });
    for (const nothing of [undefined, item()]) expect(resume(nothing)).toEqual({ kind: 'keep', answer: { kind: 'not-paused' } });
  });
});

test.each<[string, JournalItem, readonly string[], readonly string[]]>([
  ['nothing', item(), [], []],
  ['a look of a drill', item({}, { drill: { id: 'd', level: 'OBSERVE' } as never }), [], []],
  ['a drill', item({}, { drill: { id: 'd', level: 'TRAFFIC' } as never }), ['drill d is running'], ['drill d is running']],
  ['a pause', item({}, { pausedUntilMs: NOW + 1 }), ['automation is paused until 2026-11-24T10:00:00.001Z'], []],
  ['a pause that is over', item({}, { pausedUntilMs: NOW }), [], []],
  ['a rest', item({ restUntilMs: NOW + 1 }), ['automation rests until 2026-11-24T10:00:00.001Z'], []],
  ['a rest that is over', item({ restUntilMs: NOW }), [], []],
  ['a claim', item({ splitBrain: { since: 1, because: 'x' } }), ['another writer was claimed: x'], []],
])('%s stands against automation, or a person', (_name, found, automation, person) => {
  const database = found.database ?? boundDatabase(members);
  expect([true, false].map((automatic) => standingAgainst(found, database, NOW, automatic))).toEqual([automation, person]);
});

describe('a run without a runner', () => {
  const called = (agoMs: number, change: Partial<DatabaseRun> = {}) =>
    run({ steps: { acquire: { beganAtMs: NOW - 900_000, calledAtMs: NOW - agoMs, attempts: 1 } }, ...change });

  test.each<[string, DatabaseRun, boolean]>([
    ['was called long ago', called(ABANDONED_MS + 1), true],
    ['was called just within', called(ABANDONED_MS), false],
    ['was taken up since', called(ABANDONED_MS + 1, { adoptedAtMs: NOW - 1 }), false],
    ['was never called since it began long ago', run({ startedAtMs: NOW - ABANDONED_MS - 1 }), true],
    ['was never called and has just begun', run({ startedAtMs: NOW - ABANDONED_MS }), false],
    ['began long ago and says no call', run({ steps: { acquire: { beganAtMs: NOW - ABANDONED_MS - 1, attempts: 1 } } }), true],
    [
      'was called by its newest step',
      run({ steps: { acquire: { beganAtMs: NOW - 900_000, attempts: 1 }, assess: { beganAtMs: NOW - 1, attempts: 1 } } }),
      false,
    ],
  ])('%s', (_name, found, abandoned) => {
    expect(isAbandoned(found, NOW)).toBe(abandoned);
  });

  test.each<[string, JournalItem | undefined, string]>([
    ['is stuck', item({ state: 'STUCK', run: called(ABANDONED_MS + 1) }), 'a stuck run waits for a person'],
    ['is carried', item({ state: 'ASSESSING', run: called(1) }), 'app-e1 is being carried'],
    ['is of a pair that nobody knows', undefined, 'no run holds the pair, app-e1 does not'],
    ['is of a pair without a database', blankItem('app'), 'no run holds the pair, app-e1 does not'],
    ['is over', item(), 'no run holds the pair, app-e1 does not'],
    ['is another', item({ run: called(1, { id: 'app-e2' }) }), 'app-e2 holds the pair, not app-e1'],
    ['has another epoch', item({ run: called(1) }, { epoch: 2 }), 'the epoch is 2, not 1'],
  ])('is not taken up when it %s', (_name, found, because) => {
    expect(takeUp(found, KEY, NOW)).toEqual(refused(because));
  });

  test('is taken up otherwise', () => {
    const ruled = takeUp(item({ state: 'ASSESSING', run: called(ABANDONED_MS + 1) }), KEY, NOW);
    expect(ruled.answer).toMatchObject({ kind: 'adopted', run: { adopted: 1, adoptedAtMs: NOW } });
  });
});

const acl: FenceSettings = { kind: 'networkAcl', region: 'r', subnets: ['s'], denyAcl: 'deny', openAcl: 'open' };
const stop: FenceSettings = { kind: 'stopInstance', region: 'r', id: 'a' };
const code: FenceSettings = { kind: 'function', name: 'f' };
const out = { id: 'a', epoch: 1, up: {} };
const kept = (change: Partial<DatabaseState> = {}) => item({ active: 'standby', writer: 'b1', keptOut: out, ...change });

describe('an old primary', () => {
  test('is kept out by the fences that were verified', () => {
    const raised = [
      { name: 'function:f', kind: 'up', level: 'F4' },
      { name: 'networkAcl:deny', kind: 'down', because: 'x' },
    ];
    const steps = { stop_writes_to_primary: { beganAtMs: 1, attempts: 1, result: { raised } } };
    expect(keptOutBy(run({ steps }), 'a')).toEqual({ id: 'a', epoch: 1, up: { 'function:f': 'F4' } });
    expect(keptOutBy(run(), 'a')).toEqual({ id: 'a', epoch: 1, up: {} });
  });

  test.each<[string, JournalItem | undefined, readonly FenceSettings[], string]>([
    ['there is none', item(), [acl], 'no old primary is kept out'],
    ['nobody knows the pair', undefined, [acl], 'no old primary is kept out'],
    ['the pair has no database', blankItem('app'), [acl], 'no old primary is kept out'],
    ['a person let it through', kept({ keptOut: { ...out, loweredBy: 'ann' } }), [acl], 'ann let a through'],
    [
      'it is rebuilt',
      kept({ rebuilt: { id: 'a2', endpoint: 'e', port: 1, region: 'r', engine: 'x', replicating: false } }),
      [acl],
      'a2 is rebuilt there',
    ],
    ['the way back is under way', kept({ run: run({ id: 'app-e2', kind: 'failback' }) }), [acl], 'app-e2 is under way'],
    [
      'all are up',
      kept({ keptOut: { ...out, up: { 'networkAcl:deny': 'F3' } } }),
      [acl],
      'every fence against a is up, or there is none',
    ],
    ['nothing could be raised', kept(), [], 'every fence against a is up, or there is none'],
    ['its instance still has a replica', kept({ active: 'primary' }), [stop], 'every fence against a is up, or there is none'],
  ])('has no fence that is due when %s', (_name, found, fences, because) => {
    expect(fenceDuty(found, fences)).toEqual({ kind: 'none', because });
  });

  test('has those due that are not up, during the failover too', () => {
    const names = (found: JournalItem, fences: readonly FenceSettings[]) => {
      const duty = fenceDuty(found, fences);
      return duty.kind === 'due' ? [duty.key, duty.fences.map(({ name }) => name)] : duty;
    };
    expect(names(kept(), [code, acl, stop])).toEqual([KEY, ['function:f', 'networkAcl:deny', 'stopInstance:a']]);
    expect(names(kept({ keptOut: { ...out, up: { 'function:f': 'F4' } } }), [code, acl])).toEqual([KEY, ['networkAcl:deny']]);
    expect(names(kept({ active: 'primary', run: run() }), [acl, stop])).toEqual([KEY, ['networkAcl:deny']]);
  });

  const up = { name: 'networkAcl:deny', kind: 'up', level: 'F3' } as const;
  const down = { name: 'function:f', kind: 'down', because: 'x' } as const;

  test('is noted to be fenced, once', () => {
    const ruled = noteFenced(kept(), KEY, [acl, code], [up, down]);
    expect(ruled.answer).toEqual({ kind: 'noted', fresh: ['networkAcl:deny'], open: ['function:f'] });
    const fenced = written(ruled);
    expect(fenced?.database?.keptOut).toEqual({ ...out, up: { 'networkAcl:deny': 'F3' } });
    expect(noteFenced(fenced, KEY, [acl, code], [up, down])).toEqual({
      kind: 'keep',
      answer: { kind: 'noted', fresh: [], open: ['function:f'] },
    });
  });

  test.each<[string, JournalItem | undefined, string]>([
    ['a person let it through meanwhile', kept({ keptOut: { ...out, loweredBy: 'ann' } }), 'ann let a through'],
    ['the epoch went on', { ...kept(), epoch: 2 }, 'the epoch is 2, not 1'],
    ['nobody knows the pair', undefined, 'the epoch is 0, not 1'],
    ['the pair has no database', blankItem('app'), 'the epoch is 0, not 1'],
    ['nobody is kept out any more', item(), 'the epoch is 1, not 1'],
  ])('is let through when %s', (_name, found, because) => {
    expect(noteFenced(found, KEY, [acl], [up])).toEqual({ kind: 'keep', answer: { kind: 'let through', because } });
  });

  test('that a person let through is left alone when nothing was raised meanwhile', () => {
    expect(noteFenced(kept({ keptOut: { ...out, loweredBy: 'ann' } }), KEY, [code], [down])).toEqual({
      kind: 'keep',
      answer: { kind: 'noted', fresh: [], open: ['function:f'] },
    });
  });

  test('is let through by a person, who is remembered', () => {
    const ruled = letThrough(kept({ keptOut: { ...out, up: { 'networkAcl:deny': 'F3' } } }), 'ann');
    expect([ruled.answer, written(ruled)?.database?.keptOut]).toEqual(['let through', { ...out, loweredBy: 'ann' }]);
    for (const found of [undefined, blankItem('app'), item()]) {
      expect(letThrough(found, 'ann')).toEqual({ kind: 'keep', answer: 'nothing is kept out' });
    }
  });
});
