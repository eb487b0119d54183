import fc from 'fast-check';
import type { DatabaseState } from '../../../lib/decide/database/state';
import type { JournalItem } from '../../../lib/decide/journal';
import {
  adoptGeneration,
  alarmSays,
  beaconLatch,
  compile,
  DOUBT_MS,
  doubtTold,
  expire,
  type Formula,
  judgeLatch,
  type LatchSign,
  type LatchVerdict,
  latchAlarms,
  latchBeacons,
  latchMetrics,
  latchNames,
  noteDoubt,
  PRIMARY_ALLOWED,
  STANDBY_ALLOWED,
  verdictOf,
  wantedOf,
  wishText,
  writerAlarm,
  writerMetric,
} from '../../../lib/decide/latch';

const seed = Number(process.env.SEED ?? 20261120);

describe('the threshold compiler', () => {
  const says = (formula: Formula, holds: (term: string) => boolean) =>
    formula.and.every(holds) && (formula.or.length === 0 || formula.or.some(holds));
  const terms = (letter: string, count: number) => Array.from({ length: count }, (_, n) => `${letter}${n}`);

  test('says what the formula says, for every truth assignment of up to 3 OR and 3 AND terms', () => {
    let assignments = 0;
    for (let ands = 0; ands <= 3; ands += 1) {
      for (let ors = ands === 0 ? 1 : 0; ors <= 3; ors += 1) {
        const formula = { and: terms('and', ands), or: terms('or', ors) };
        const compiled = compile(formula);
        const all = [...formula.and, ...formula.or];
        for (let bits = 0; bits < 2 ** all.length; bits += 1) {
          const holds = (term: string) => ((bits >> all.indexOf(term)) & 1) === 1;
          expect([formula, bits, verdictOf(compiled, (child) => holds(child.term))]).toEqual([
            formula,
            bits,
            says(formula, holds),
          ]);
          assignments += 1;
        }
      }
    }
    expect(assignments).toBe(224);
  });

  test('says so for groups of which several must hold', () => {
    for (let ors = 1; ors <= 4; ors += 1) {
      for (let least = 1; least <= ors; least += 1) {
        for (let ands = 0; ands <= 2; ands += 1) {
          const formula = { and: terms('and', ands), or: terms('or', ors), least };
          const all = [...formula.and, ...formula.or];
          for (let bits = 0; bits < 2 ** all.length; bits += 1) {
            const holds = (term: string) => ((bits >> all.indexOf(term)) & 1) === 1;
            const enough = formula.and.every(holds) && formula.or.filter(holds).length >= least;
            const compiled = compile(formula);
            expect([formula, bits, verdictOf(compiled, (child) => holds(child.term))]).toEqual([formula, bits, enough]);
          }
        }
      }
    }
  });

  test.each([0, 4, Number.NaN])('fails on %s of three', (least) => {
    expect(() => compile({ and: [], or: ['a', 'b', 'c'], least })).toThrow(`${least} of 3 terms cannot be asked for`);
  });

  test('says so for larger formulas too, and one copy that lags behind its twins never lets more through', () => {
    fc.assert(
      fc.property(
        fc.nat(6),
        fc.integer({ min: 1, max: 6 }),
        fc.infiniteStream(fc.boolean()),
        fc.nat(),
        (ands, ors, coins, lag) => {
          const formula = { and: terms('and', ands), or: terms('or', ors) };
          const compiled = compile(formula);
          const truth = new Map([...formula.and, ...formula.or].map((term) => [term, coins.next().value as boolean]));
          const holds = (term: string) => truth.get(term) === true;
          expect(verdictOf(compiled, ({ term }) => holds(term))).toBe(says(formula, holds));
          // A copy that still says no can only close what would be open.
          const late = compiled.children[lag % compiled.children.length];
          const seen = verdictOf(compiled, (child) => child !== late && holds(child.term));
          expect(seen && !says(formula, holds)).toBe(false);
        },
      ),
      { seed },
    );
  });

  test('keeps a pure AND and a pure OR without copies', () => {
    expect(compile({ and: ['a', 'b'], or: [] })).toEqual({
      children: [
        { term: 'a', copy: 1 },
        { term: 'b', copy: 1 },
      ],
      threshold: 2,
    });
    expect(compile({ and: [], or: ['a', 'b'] }).threshold).toBe(1);
  });

  test('makes of a latched pair the two checks of the design', () => {
    expect(compile(PRIMARY_ALLOWED)).toEqual({
      children: [
        { term: 'endpoint', copy: 1 },
        { term: 'hold', copy: 1 },
        { term: 'not-latched', copy: 1 },
        { term: 'not-latched', copy: 2 },
      ],
      threshold: 3,
    });
    expect(compile(STANDBY_ALLOWED)).toEqual({
      children: [
        { term: 'endpoint', copy: 1 },
        { term: 'latched', copy: 1 },
      ],
      threshold: 1,
    });
  });

  test('fails on no terms and on a repeated one', () => {
    expect(() => compile({ and: [], or: [] })).toThrow('a formula without terms is always healthy');
    expect(() => compile({ and: ['a'], or: ['a'] })).toThrow('a term comes twice in a, a');
  });
});

describe('names', () => {
  test('are frozen: a deployed alarm that is renamed forgets that the primary is latched out', () => {
    expect(latchNames('shop', 'app', 1)).toEqual({
      generation: 1,
      metric: 'Latch-g1',
      holdMetric: 'Hold-g1',
      alarm: 'cdk-failover-shop-app-latch-g1',
      holdAlarm: 'cdk-failover-shop-app-hold-g1',
    });
    expect([writerMetric(1), writerAlarm('shop', 'app', 'shop-b1', 1)]).toEqual([
      'Writer-g1',
      'cdk-failover-shop-app-writer-shop-b1-g1',
    ]);
    expect(latchBeacons('app.example.com', 'k7')).toEqual({
      latch: '_latch-k7._failover.app.example.com',
      primaryAllowed: '_allowed-primary-k7._failover.app.example.com',
      standbyAllowed: '_allowed-standby-k7._failover.app.example.com',
    });
  });

  test('of all generations that a check may still read get the same datapoints', () => {
    const where = { namespace: 'shop', pair: 'app', latch: { generation: 2 } };
    const dimensions = { ControlSet: 'shop', Pair: 'app' };
    const b1 = { ...dimensions, Candidate: 'b1' };
    const unit = 'None';
    expect(latchMetrics(where, { on: true, hold: false }, { b1: true })).toEqual([
      { name: 'Latch-g2', value: 1, unit, dimensions },
      { name: 'Hold-g2', value: 0, unit, dimensions },
      { name: 'Writer-g2', value: 1, unit, dimensions: b1 },
      { name: 'Latch-g1', value: 1, unit, dimensions },
      { name: 'Hold-g1', value: 0, unit, dimensions },
      { name: 'Writer-g1', value: 1, unit, dimensions: b1 },
    ]);
    const first = { ...where, latch: { generation: 1 } };
    const named = (generation?: number) => latchMetrics(first, { on: false, hold: true, generation }, {}).map(({ name }) => name);
    expect(named()).toEqual(['Latch-g1', 'Hold-g1']);
    expect(named(3)).toEqual(['Latch-g1', 'Hold-g1', 'Latch-g3', 'Hold-g3']);
  });
});

describe('the verdict on a latch', () => {
  const sign = (what: LatchSign['what'], says: LatchSign['says'], source = 'alarm a'): LatchSign => ({ what, source, says });
  const off = { on: false, hold: false };

  test.each<[string, typeof off, LatchSign[], LatchVerdict]>([
    ['all agree', off, [sign('latch', 'off'), sign('hold', 'off')], { kind: 'ours' }],
    ['one of several is silent', off, [sign('latch', 'off'), sign('latch', 'unknown'), sign('hold', 'off')], { kind: 'ours' }],
    [
      'fails when somebody latched the primary out',
      off,
      [sign('latch', 'on'), sign('hold', 'off')],
      { kind: 'LatchNotOurs', because: ['alarm a says latch on, the journal wants off'] },
    ],
    [
      'fails when one server has let the latch go, whatever the others say',
      { on: true, hold: false },
      [sign('latch', 'on'), sign('latch', 'off', 'beacon at s2'), sign('hold', 'off')],
      { kind: 'LatchNotOurs', because: ['beacon at s2 says latch off, the journal wants on'] },
    ],
    [
      'fails when somebody else holds the primary',
      off,
      [sign('latch', 'unknown'), sign('hold', 'on')],
      { kind: 'LatchNotOurs', because: ['alarm a says hold on, the journal wants off'] },
    ],
    [
      'nothing is known: that is no agreement',
      off,
      [sign('latch', 'unknown'), sign('hold', 'off')],
      { kind: 'unknown', because: ['nobody says whether the latch is on'] },
    ],
    [
      'nobody was asked',
      off,
      [],
      { kind: 'unknown', because: ['nobody says whether the latch is on', 'nobody says whether the hold is on'] },
    ],
  ])('%s', (_name, wanted, signs, expected) => {
    expect(judgeLatch(wanted, signs)).toEqual(expected);
  });

  test('fails on a candidate that is not the one of the journal, and says all wishes in words', () => {
    const wanted = { on: true, hold: false, writers: { b1: true, b2: false } };
    const signs = [sign('latch', 'on'), sign('hold', 'off')];
    expect(judgeLatch(wanted, [...signs, sign('writer b1', 'on'), sign('writer b2', 'unknown')])).toEqual({ kind: 'ours' });
    expect(judgeLatch(wanted, [...signs, sign('writer b1', 'on'), sign('writer b2', 'on', 'alarm w2')])).toEqual({
      kind: 'LatchNotOurs',
      because: ['alarm w2 says writer b2 on, the journal wants off'],
    });
    expect(wishText(wanted)).toBe('latch on, hold off, writer b1');
  });

  test('reads alarms and beacons, and anything unexpected as unknown', () => {
    expect(['ALARM', 'OK', 'INSUFFICIENT_DATA', undefined].map(alarmSays)).toEqual(['on', 'off', 'unknown', 'unknown']);
    expect((['unhealthy', 'healthy', 'unknown'] as const).map(beaconLatch)).toEqual(['on', 'off', 'unknown']);
  });
});

const database = (latch: Partial<DatabaseState['latch']> = {}): DatabaseState => ({
  state: 'ARMED',
  active: 'primary',
  writer: 'a',
  latch: { on: false, generation: 1, ...latch },
  writerName: {},
  lastRuns: [],
});
const item = (change: Partial<JournalItem> = {}): JournalItem => ({
  pair: 'app',
  revision: 4,
  epoch: 0,
  lastDrills: [],
  ...change,
});

describe('a doubt about the latch', () => {
  const against: LatchVerdict = { kind: 'LatchNotOurs', because: ['alarm a says latch on, the journal wants off'] };
  const after = (doubt: JournalItem['latchDoubt'], verdict: LatchVerdict, nowMs: number, wanted = 'off') => {
    const ruled = noteDoubt(item(doubt ? { latchDoubt: doubt } : {}), verdict, wanted, nowMs);
    return [ruled.answer, ruled.kind === 'write' ? ruled.item.latchDoubt : ruled.kind];
  };
  const doubt = { sinceMs: 1_000, wanted: 'off', paged: false };
  const told = { ...doubt, telling: true } as const;

  test.each<[string, Parameters<typeof after>, ReturnType<typeof after>]>([
    ['begins with the first contradiction', [undefined, against, 1_000], [{ kind: 'quiet' }, doubt]],
    ['stays quiet for three minutes', [doubt, against, 1_000 + DOUBT_MS], [{ kind: 'quiet' }, 'keep']],
    ['asks for a page a millisecond later', [doubt, against, 1_001 + DOUBT_MS], [{ kind: 'page', sinceMs: 1_000 }, told]],
    ['does not page again', [{ ...doubt, paged: true }, against, 9_999_999], [{ kind: 'quiet' }, 'keep']],
    [
      'starts anew when an order changed what is wanted',
      [doubt, against, 500_000, 'on'],
      [{ kind: 'quiet' }, { sinceMs: 500_000, wanted: 'on', paged: false }],
    ],
    ['is not cleared by silence', [doubt, { kind: 'unknown', because: [] }, 9_999_999], [{ kind: 'quiet' }, 'keep']],
    ['ends quietly before it was paged', [doubt, { kind: 'ours' }, 2_000], [{ kind: 'quiet' }, undefined]],
    [
      'asks to resolve what was paged, and notes before that it is over',
      [{ ...doubt, paged: true }, { kind: 'ours' }, 2_000],
      [{ kind: 'resolve' }, { ...doubt, paged: true, over: true }],
    ],
    ['asks to resolve what may have been told', [told, { kind: 'ours' }, 2_000], [{ kind: 'resolve' }, { ...told, over: true }]],
    [
      'starts anew after its end, and counts as told to nobody',
      [{ ...told, paged: true, over: true }, against, 700_000],
      [{ kind: 'quiet' }, { ...told, sinceMs: 700_000 }],
    ],
    ['is none while all agree', [undefined, { kind: 'ours' }, 2_000], [{ kind: 'quiet' }, 'keep']],
  ])('%s', (_name, given, expected) => {
    expect(after(...given)).toEqual(expected);
  });

  test('is paged or over only once somebody was told', () => {
    const noted = (what: 'page' | 'resolve', latchDoubt?: JournalItem['latchDoubt']) => {
      const ruled = doubtTold(item(latchDoubt ? { latchDoubt } : {}), what);
      return ruled.kind === 'write' ? ruled.item : ruled.kind;
    };
    expect(noted('page', doubt)).toEqual(item({ latchDoubt: { ...doubt, paged: true } }));
    expect(noted('resolve', { ...doubt, paged: true })).toEqual(item());
    expect(noted('page')).toBe('keep');
  });

  test('needs a journal to be kept in', () => {
    expect(noteDoubt(undefined, against, 'off', 1)).toEqual({ kind: 'keep', answer: { kind: 'quiet' } });
  });
});

describe('what ends by itself', () => {
  test('a hold is wanted until its time and not a millisecond longer', () => {
    const latch = { on: false, generation: 1, hold: { untilMs: 5_000, by: 'ada' } };
    expect([4_999, 5_000].map((nowMs) => wantedOf(latch, nowMs).hold)).toEqual([true, false]);
  });

  test('a hold and a pause that are over leave the journal, and nothing else does', () => {
    const hold = { untilMs: 5_000, by: 'ada' };
    const before = item({ database: database({ on: true, hold }), pausedUntilMs: 5_000 });
    expect(expire(before, 4_999)).toEqual({ kind: 'keep', answer: { pause: false } });
    expect(expire(before, 5_000)).toEqual({
      kind: 'write',
      item: item({ database: database({ on: true }) }),
      answer: { hold: { by: 'ada' }, pause: true },
    });
    const held = item({ database: database({ hold: { ...hold, untilMs: 9_000 } }), pausedUntilMs: 5_000 });
    const { pausedUntilMs: _over, ...rest } = held;
    expect(expire(held, 5_000)).toEqual({ kind: 'write', item: rest, answer: { pause: true } });
  });
});

test.each([undefined, item(), item({ database: database() })])('nothing ends of what has no end', (found) => {
  expect(expire(found, 9_000)).toEqual({ kind: 'keep', answer: { pause: false } });
});

test('without a hold none is wanted', () => {
  expect(wantedOf({ on: true, generation: 3 }, 5_000)).toEqual({ on: true, hold: false, generation: 3 });
});

test.each<[string, JournalItem | undefined, LatchVerdict]>([
  ['of a pair that nobody knows', undefined, { kind: 'ours' }],
  ['when all is as wanted', item(), { kind: 'ours' }],
  ['while it is unknown what stands', item(), { kind: 'unknown', because: ['x'] }],
])('nobody doubts the latch %s', (_name, found, verdict) => {
  expect(noteDoubt(found, verdict, 'on', 5_000)).toEqual({ kind: 'keep', answer: { kind: 'quiet' } });
});

test('the end of a doubt that nobody has is no news', () => {
  for (const found of [undefined, item()]) {
    expect(doubtTold(found, 'page')).toEqual({ kind: 'keep', answer: { kind: 'quiet' } });
  }
});

test('the alarms of a latch are those of latch, hold and each candidate, by their frozen names', () => {
  expect(latchAlarms('shop', 'app', 2, ['b1'])).toEqual([
    { what: 'latch', name: 'cdk-failover-shop-app-latch-g2' },
    { what: 'hold', name: 'cdk-failover-shop-app-hold-g2' },
    { what: 'writer b1', name: 'cdk-failover-shop-app-writer-b1-g2' },
  ]);
});

describe('another generation', () => {
  test('is taken over while nobody is latched out', () => {
    expect(adoptGeneration(item({ database: database() }), 2)).toEqual({
      kind: 'write',
      item: item({ database: database({ generation: 2 }) }),
      answer: { kind: 'adopted' },
    });
  });

  test('fails while the primary is latched out, with the way back', () => {
    expect(adoptGeneration(item({ database: database({ on: true }) }), 2)).toEqual({
      kind: 'keep',
      answer: {
        kind: 'refused',
        because:
          'generation 2 of the latch is deployed while generation 1 holds the primary out; ' +
          'deploy generation 1 again, and change it after the failback',
      },
    });
  });

  test.each([undefined, item(), item({ database: database() })])('is none for what is as it was', (found) => {
    expect(adoptGeneration(found, 1)).toEqual({ kind: 'keep', answer: { kind: 'same' } });
  });
});
