/** What the prober writes between two runs: when the writer failed, what it paged, and who else claims to write. */
import { type ClaimFacts, claimOf } from '../../../lib/decide/database/split-brain';
import type { Suspicion } from '../../../lib/decide/database/state';
import {
  clearSplitBrain,
  clearSuspicion,
  clearWriter,
  failureOf,
  noteOver,
  notePaged,
  noteProtection,
  noteSplitBrain,
  noteSuspicion,
  noteTelling,
  type Seen,
  VERDICT_MS,
} from '../../../lib/decide/database/watch-rules';
import { blankItem } from '../../../lib/decide/drill/rules';
import type { JournalItem } from '../../../lib/decide/journal';
import { idle, NOW, run, written } from './run-item';

const out = { id: 'a', epoch: 1, up: {} };
const suspicion = (change: Partial<Suspicion> = {}): Suspicion => ({ sinceMs: NOW, because: ['x'], ...change });

describe('the moment of the failure', () => {
  const heard = { gapsMs: { b1: 5 }, unheardMs: { b2: 7 } };
  test.each<[string, Suspicion | undefined, ReturnType<typeof failureOf>]>([
    ['is now where nothing was written down', undefined, { failedAtMs: NOW + VERDICT_MS }],
    ['is the first evidence against anybody', suspicion(), { failedAtMs: NOW }],
    ['is the first evidence against the writer', suspicion({ writerSinceMs: NOW + 9 }), { failedAtMs: NOW + 9 }],
    [
      'is the first evidence, with what was heard by then',
      suspicion({ writerSinceMs: NOW + 9, outsideSinceMs: NOW + VERDICT_MS, ...heard }),
      { failedAtMs: NOW + 9, ...heard },
    ],
    [
      'is later where Route 53 gave the primary up later, and so much more was not heard',
      suspicion({ writerSinceMs: NOW, outsideSinceMs: NOW + 300_000, ...heard }),
      { failedAtMs: NOW + 240_000, gapsMs: { b1: 240_005 }, unheardMs: { b2: 240_007 } },
    ],
    [
      'is later for the looks at each candidate too',
      suspicion({
        writerSinceMs: NOW,
        outsideSinceMs: NOW + 65_000,
        gapsMs: {},
        excess: { b1: { agoMs: 4, ms: [20, 90], doubtMs: 7 } },
      }),
      { failedAtMs: NOW + 5_000, gapsMs: {}, excess: { b1: { agoMs: 5_004, ms: [5_020, 5_090], doubtMs: 7 } } },
    ],
    [
      'knows no least where every reader knows its gap',
      suspicion({ writerSinceMs: NOW, outsideSinceMs: NOW, gapsMs: { b1: 5 } }),
      { failedAtMs: NOW, gapsMs: { b1: 5 } },
    ],
  ])('%s', (_name, suspect, failure) => {
    expect(failureOf(suspect, NOW + VERDICT_MS)).toStrictEqual(failure);
  });
});

describe('what speaks against the primary', () => {
  const seen = (change: Partial<Seen> = {}): Seen => ({ nowMs: NOW + 50, because: ['y'], ...change });
  const first = suspicion({ writerSinceMs: NOW - 10, gapsMs: { b1: 5 }, unheardMs: { b2: 7 }, paged: ['ask'] });

  test.each<[string, JournalItem, Seen, Suspicion]>([
    ['is written down as it is seen', idle(), seen(), suspicion({ sinceMs: NOW + 50, because: ['y'] })],
    [
      'is written down with everything that is known',
      idle(),
      seen({
        writerSinceMs: NOW,
        gapsMs: { b1: 5 },
        unheardMs: { b2: 7 },
        excess: { b1: { agoMs: 4, ms: [20], doubtMs: 7 } },
        outside: 'unhealthy',
      }),
      {
        sinceMs: NOW + 50,
        because: ['y'],
        writerSinceMs: NOW,
        gapsMs: { b1: 5 },
        unheardMs: { b2: 7 },
        excess: { b1: { agoMs: 4, ms: [20], doubtMs: 7 } },
        outsideSinceMs: NOW + 50,
      },
    ],
    [
      'keeps its beginning when the writer is doubted too',
      idle({ state: 'SUSPECT', suspect: suspicion() }),
      seen({ writerSinceMs: NOW + 40, gapsMs: { b1: 5 } }),
      suspicion({ because: ['y'], writerSinceMs: NOW + 40, gapsMs: { b1: 5 } }),
    ],
    [
      'keeps what was known when Route 53 turns',
      idle({ state: 'SUSPECT', suspect: first }),
      seen({ writerSinceMs: NOW, gapsMs: { b1: 99 }, outside: 'unhealthy' }),
      { ...first, because: ['y'], outsideSinceMs: NOW + 50 },
    ],
    [
      'forgets the verdict of Route 53 when that takes it back',
      idle({ state: 'SUSPECT', suspect: { ...first, outsideSinceMs: NOW + 1 } }),
      seen({ outside: 'healthy' }),
      { ...first, because: ['y'] },
    ],
    [
      'keeps the first verdict of Route 53 while that cannot be asked, and adds another reader',
      idle({ state: 'SUSPECT', suspect: { ...first, outsideSinceMs: NOW + 1 } }),
      seen({ outside: 'unknown', writerSinceMs: NOW - 30, gapsMs: { b1: 99, b3: 8 } }),
      { ...first, because: ['y'], gapsMs: { b1: 5, b3: 28 }, outsideSinceMs: NOW + 1 },
    ],
    [
      'keeps what was looked at first, and adds another candidate, later by as much as its moment is earlier',
      idle({ state: 'SUSPECT', suspect: { ...first, excess: { b1: { agoMs: 4, ms: [20, 90], doubtMs: 7 } } } }),
      seen({
        writerSinceMs: NOW - 30,
        excess: { b1: { agoMs: 1, ms: [1], doubtMs: 7 }, b3: { agoMs: 6, ms: [30], doubtMs: 7 } },
      }),
      {
        ...first,
        because: ['y'],
        excess: { b1: { agoMs: 4, ms: [20, 90], doubtMs: 7 }, b3: { agoMs: 26, ms: [50], doubtMs: 7 } },
      },
    ],
    [
      'adds a candidate that nobody knew with its gap and its looks at once',
      idle({ state: 'SUSPECT', suspect: first }),
      seen({ writerSinceMs: NOW - 30, gapsMs: { b3: 8 }, excess: { b3: { agoMs: 6, ms: [30], doubtMs: 7 } } }),
      { ...first, because: ['y'], gapsMs: { b1: 5, b3: 28 }, excess: { b3: { agoMs: 26, ms: [50], doubtMs: 7 } } },
    ],
    [
      'is suspected anew after a rest, with the first evidence',
      idle({ state: 'ARMED', suspect: first }),
      seen(),
      { ...first, because: ['y'] },
    ],
  ])('%s', (_name, found, now, suspect) => {
    expect(noteSuspicion(found, now)).toStrictEqual({
      kind: 'write',
      item: { ...found, database: { ...found.database, state: 'SUSPECT', suspect } },
      answer: suspect,
    });
  });

  const known = { ...first, outsideSinceMs: NOW + 1, excess: { b1: { agoMs: 4, ms: [20], doubtMs: 7 } } };
  test.each<[string, JournalItem | undefined, Suspicion | undefined]>([
    ['nobody knows the pair', undefined, undefined],
    ['the pair has no database', blankItem('app'), undefined],
    ['a run goes on', idle({ state: 'FENCING', suspect: first, run: run() }), first],
    ['the standby writes', idle({ active: 'standby' }), undefined],
    ['nothing is new', idle({ state: 'SUSPECT', suspect: known }), known],
    ['nothing is new while automation rests', idle({ state: 'ROLLED_BACK', suspect: known }), known],
  ])('is not written when %s', (_name, found, suspect) => {
    const later = {
      writerSinceMs: NOW,
      gapsMs: { b1: 99 },
      excess: { b1: { agoMs: 1, ms: [1], doubtMs: 7 } },
      outside: 'unhealthy',
    } as const;
    expect(noteSuspicion(found, seen(later))).toStrictEqual({
      kind: 'keep',
      answer: suspect,
    });
  });
});

const OLD = { id: 'a', rowEpoch: 1, unchangedForMs: 30_000, limitMs: 30_000 };
const ROW = 'a wrote a row of epoch 1 30 s ago, the epoch is 2';
test.each<[string, Partial<ClaimFacts>, string | undefined]>([
  ['nothing', {}, undefined],
  ['a young row of an older epoch', { oldWriter: OLD }, ROW],
  ['an old row', { oldWriter: { ...OLD, unchangedForMs: 30_001 } }, undefined],
  ['a row of our own epoch', { oldWriter: { ...OLD, rowEpoch: 2 } }, undefined],
  ['servers that answer the old primary', { astray: ['ns1', 'ns2'] }, 'ns1, ns2 answer the old primary'],
  ['a latch that does not show', { latch: 'healthy' }, 'the latch does not show'],
  ['a latch that cannot be read', { latch: 'unknown' }, undefined],
  [
    'everything at once',
    { oldWriter: OLD, astray: ['ns1'], latch: 'healthy' },
    `${ROW}; ns1 answer the old primary; the latch does not show`,
  ],
])('%s claims another writer: %s', (_name, change, because) => {
  expect(claimOf({ epoch: 2, astray: [], latch: 'unhealthy', ...change })).toEqual(
    because === undefined ? { kind: 'none' } : { kind: 'claimed', because },
  );
});

describe('a suspicion', () => {
  const suspect = { sinceMs: 1, writerSinceMs: 2, gapsMs: { b1: 3 }, because: ['x'], paged: ['traffic'] };
  const suspected = idle({ state: 'SUSPECT', suspect });

  test('of the writer alone is over when it is heard', () => {
    const { writerSinceMs: _w, gapsMs: _g, ...rest } = suspect;
    expect(clearWriter(suspected)).toEqual({ kind: 'write', item: idle({ state: 'SUSPECT', suspect: rest }), answer: 'cleared' });
    for (const found of [undefined, blankItem('app'), idle(), idle({ suspect: rest }), idle({ suspect, run: run() })]) {
      expect(clearWriter(found)).toEqual({ kind: 'keep', answer: 'nothing' });
    }
    expect(clearWriter(idle({ suspect: { ...rest, gapsMs: { b1: 1 } } })).answer).toBe('cleared');
    expect(clearWriter(idle({ suspect: { ...rest, writerSinceMs: 1 } })).answer).toBe('cleared');
  });

  test('is forgotten as a whole, whether anybody was paged or not', () => {
    expect(clearSuspicion(suspected)).toStrictEqual({ kind: 'write', item: idle(), answer: true });
    const { paged: _paged, ...quiet } = suspect;
    expect(clearSuspicion(idle({ state: 'SUSPECT', suspect: quiet }))).toStrictEqual({
      kind: 'write',
      item: idle(),
      answer: true,
    });
    for (const found of [undefined, blankItem('app'), idle(), idle({ suspect, run: run() })]) {
      expect(clearSuspicion(found)).toStrictEqual({ kind: 'keep', answer: false });
    }
  });

  test('is noted as over before its incidents are closed: what was told or about to be, and attempts that were given up', () => {
    const told = { ...suspect, telling: ['traffic', 'ask'] };
    const gaveUp = { id: 'app-e3', kind: 'failover', epoch: 3, outcome: 'rolled-back', because: [], endedAtMs: NOW } as const;
    const ruled = noteOver(idle({ state: 'SUSPECT', suspect: told, lastRuns: [gaveUp] }));
    expect(ruled.answer).toEqual(['app/watch/traffic', 'app/watch/ask', 'app/3']);
    expect(written(ruled)?.database).toMatchObject({ suspect: { ...told, over: true }, recoveredEpoch: 3 });
    expect(noteOver(idle({ suspect: { ...told, over: true } }))).toEqual({
      kind: 'keep',
      answer: ['app/watch/traffic', 'app/watch/ask'],
    });
    const { paged: _paged, ...quiet } = suspect;
    for (const found of [undefined, idle(), idle({ suspect: quiet }), idle({ suspect: told, run: run() })]) {
      expect(noteOver(found)).toEqual({ kind: 'keep', answer: [] });
    }
  });

  test('that was over and comes again counts as paged to nobody, and its incidents are closed in the end', () => {
    const over = { ...suspect, telling: ['traffic'], over: true } as const;
    const { over: _over, paged: _paged, ...anew } = over;
    const seen = { nowMs: NOW, outside: 'unknown', because: ['again'] } as const;
    expect(written(noteSuspicion(idle({ state: 'SUSPECT', suspect: over }), seen))?.database?.suspect).toEqual({
      ...anew,
      because: ['again'],
    });
    const cleared = written(clearWriter(idle({ suspect: { ...over, writerSinceMs: 1 } })))?.database?.suspect;
    expect([cleared?.over, cleared?.paged, cleared?.telling]).toEqual([undefined, undefined, ['traffic']]);
  });

  test('is noted before it is told, and told to nobody once it is over or a run carries it', () => {
    expect(written(noteTelling(suspected, 'ask'))?.database?.suspect).toEqual({ ...suspect, telling: ['ask'] });
    expect(noteTelling(idle({ suspect: { ...suspect, telling: ['ask'] } }), 'ask')).toEqual({ kind: 'keep', answer: true });
    for (const found of [undefined, idle(), idle({ suspect: { ...suspect, over: true } }), idle({ suspect, run: run() })]) {
      expect(noteTelling(found, 'ask')).toEqual({ kind: 'keep', answer: false });
    }
  });

  test('is paged once for each outcome', () => {
    const ruled = notePaged(suspected, 'ask');
    expect([ruled.answer, written(ruled)?.database?.suspect?.paged]).toEqual([true, ['traffic', 'ask']]);
    for (const found of [undefined, blankItem('app'), idle(), suspected]) expect(notePaged(found, 'traffic').answer).toBe(false);
    expect(written(notePaged(idle({ suspect: { sinceMs: 1, because: [] } }), 'ask'))?.database?.suspect?.paged).toEqual(['ask']);
  });
});

test('the lack of a replica is noted when it begins and when it ends, and not during a run', () => {
  const bare = idle({ unprotectedSinceMs: NOW });
  expect(noteProtection(idle(), false, NOW)).toEqual({ kind: 'write', item: bare, answer: true });
  expect(noteProtection(bare, true, NOW)).toEqual({ kind: 'write', item: idle(), answer: true });
  const same: readonly [JournalItem | undefined, boolean][] = [
    [bare, false],
    [idle(), true],
    [undefined, false],
    [blankItem('app'), false],
    [idle({ run: run() }), false],
  ];
  for (const [found, isProtected] of same) {
    expect(noteProtection(found, isProtected, NOW + 1)).toEqual({ kind: 'keep', answer: false });
  }
});

test('the first claim stays until a person clears it, and each one doubts the fences', () => {
  const claimed = idle({ splitBrain: { since: NOW, because: 'x' } });
  expect(noteSplitBrain(idle(), 'x', NOW)).toEqual({ kind: 'write', item: claimed, answer: true });
  expect(noteSplitBrain(claimed, 'y', NOW + 1)).toEqual({ kind: 'keep', answer: false });
  for (const found of [undefined, blankItem('app'), idle({ splitBrain: { since: NOW, because: 'x' }, keptOut: out })]) {
    expect(noteSplitBrain(found, 'y', NOW + 1)).toEqual({ kind: 'keep', answer: false });
  }
  const fenced = { ...out, up: { 'function:f': 'F4' } };
  expect(noteSplitBrain(idle({ splitBrain: { since: NOW, because: 'x' }, keptOut: fenced }), 'y', NOW + 1)).toEqual({
    kind: 'write',
    item: idle({ splitBrain: { since: NOW, because: 'x' }, keptOut: out }),
    answer: false,
  });
  expect(clearSplitBrain(claimed)).toEqual({ kind: 'write', item: idle(), answer: { because: 'x', epoch: 1 } });
  for (const found of [undefined, blankItem('app'), idle()])
    expect(clearSplitBrain(found)).toEqual({ kind: 'keep', answer: undefined });
});
