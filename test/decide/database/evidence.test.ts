import fc from 'fast-check';
import {
  decideTrigger,
  GRACE_MS,
  type Policy,
  rowFor,
  TRIGGER_ROWS,
  type TriggerFacts,
} from '../../../lib/decide/database/trigger';
import {
  arrivedWithin,
  FAILED_TICKS,
  type LeaseWord,
  type OutsideWord,
  type ProbeWord,
  probeWord,
  speaksAgainstWriter,
  type Words,
  type WriterFacts,
  type WriterWord,
  writerWord,
} from '../../../lib/decide/database/witnesses';

const seed = Number(process.env.SEED ?? 20261120);
const OUTSIDE: readonly OutsideWord[] = ['unhealthy', 'healthy', 'unknown'];
const PROBE: readonly ProbeWord[] = ['failed', 'failing', 'good'];
const WRITER: readonly WriterWord[] = ['dead', 'silent', 'alive', 'unknown'];
const LEASE: readonly LeaseWord[] = ['expired', 'renewed', 'unknown', 'none'];
const words = (outside: OutsideWord, probe: ProbeWord, writer: WriterWord, lease: LeaseWord = 'none'): Words => {
  const said = <T extends string>(says: T) => ({ says, because: says });
  return { outside: said(outside), probe: said(probe), writer: said(writer), lease: said(lease) };
};
const ALL = OUTSIDE.flatMap((o) => PROBE.flatMap((p) => WRITER.flatMap((w) => LEASE.map((l) => words(o, p, w, l)))));
const facts = (change: Partial<TriggerFacts> & { words: Words }): TriggerFacts => ({
  policy: { kind: 'unanimous' },
  writerForMs: GRACE_MS,
  notReady: [],
  ...change,
});
const POLICIES: readonly Policy[] = [
  { kind: 'unanimous' },
  { kind: 'manual' },
  ...[1, 2, 3, 4].map((of) => ({ kind: 'quorum' as const, of })),
];

describe('the rows of the trigger', () => {
  test('are numbered upwards, match every combination of words, and each row matches some', () => {
    const rows = TRIGGER_ROWS.map((r) => r.row);
    expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
    expect([...new Set(ALL.map((w) => rowFor(w).row))].sort((a, b) => a - b)).toEqual(rows);
  });

  test.each([
    [words('unhealthy', 'failed', 'dead'), 'failover', 30],
    [words('unhealthy', 'failed', 'dead', 'expired'), 'failover', 30],
    [words('unhealthy', 'failed', 'dead', 'unknown'), 'ask', 30],
    [words('unhealthy', 'failed', 'dead', 'renewed'), 'traffic', 10],
    [words('unknown', 'failed', 'dead'), 'ask', 30],
    [words('healthy', 'failed', 'dead'), 'partition', 20],
    [words('unhealthy', 'failed', 'silent'), 'ask', 40],
    [words('unhealthy', 'failed', 'alive'), 'traffic', 41],
    [words('unhealthy', 'failed', 'unknown'), 'traffic', 42],
    [words('unknown', 'failed', 'alive'), 'partition', 43],
    [words('healthy', 'good', 'dead'), 'database', 50],
    [words('unhealthy', 'good', 'alive'), 'outside', 60],
    [words('unhealthy', 'failing', 'dead'), 'hold', 70],
    [words('healthy', 'good', 'alive'), 'hold', 90],
  ] as const)('decide %j', (given, outcome, row) => {
    expect(decideTrigger(facts({ words: given }))).toMatchObject({ outcome, row });
  });

  test('whatever is said and decided, only a dead writer behind a failed site promotes, and nobody who speaks for the primary is overruled', () => {
    for (const given of ALL) {
      for (const policy of POLICIES) {
        if (decideTrigger(facts({ words: given, policy })).outcome !== 'failover') continue;
        expect([given.writer.says, given.probe.says]).toEqual(['dead', 'failed']);
        expect(given.outside.says).not.toBe('healthy');
        // A lock that may be skipped is none.
        expect(['expired', 'none']).toContain(given.lease.says);
        expect(policy.kind).not.toBe('manual');
        if (policy.kind === 'unanimous') expect(given.outside.says).toBe('unhealthy');
      }
    }
  });

  test('a quorum lets Route 53 be silent where the lease speaks, and a larger one does not', () => {
    const given = words('unknown', 'failed', 'dead', 'expired');
    const outcome = (of: number) => decideTrigger(facts({ words: given, policy: { kind: 'quorum', of } })).outcome;
    expect([outcome(3), outcome(4)]).toEqual(['failover', 'ask']);
    const leased = { words: words('unknown', 'failed', 'dead', 'unknown'), policy: { kind: 'quorum', of: 2 } } as const;
    expect(decideTrigger(facts(leased)).because[1]).toBe(
      'the lease is unknown, and automation takes it only once it stood still',
    );
    const four = (lease: LeaseWord) =>
      ({ words: words('unhealthy', 'failed', 'dead', lease), policy: { kind: 'quorum', of: 4 } }) as const;
    expect([decideTrigger(facts(four('expired'))).outcome, decideTrigger(facts(four('none'))).outcome]).toEqual([
      'failover',
      'ask',
    ]);
  });

  test('what forbids a promotion is said instead of promoting', () => {
    const decided = decideTrigger(facts({ words: words('unhealthy', 'failed', 'dead'), notReady: ['paused'] }));
    expect([decided.outcome, decided.because.slice(0, 2)]).toEqual(['blocked', ['site and writer are dead', 'paused']]);
  });

  test('a service is left alone with its writer for its grace, to the millisecond', () => {
    const given = words('healthy', 'good', 'dead');
    expect(decideTrigger(facts({ words: given, writerForMs: GRACE_MS - 1 })).outcome).toBe('hold');
    expect(decideTrigger(facts({ words: given, writerForMs: GRACE_MS })).outcome).toBe('database');
  });
});

describe('the witnesses', () => {
  test.each<[string, number, readonly (number | undefined)[], number | undefined]>([
    ['is unknown when nobody saw an older row', 5_000, [undefined, undefined], undefined],
    ['is what the one knows who saw one', 5_000, [undefined, 9_000], 9_000],
    ['is the smallest of what two know, whoever was asked long ago', 0, [90_000, 10_000], 10_000],
    ['is never less than the row was seen unchanged', 12_000, [30_000, 11_000], 12_000],
  ])('the longest that a row may have been there %s', (_name, unchangedForMs, bounds, expected) => {
    expect(arrivedWithin(unchangedForMs, ...bounds)).toBe(expected);
  });

  test('our own probe counts from the third failure in a row', () => {
    expect([0, 1, FAILED_TICKS - 1, FAILED_TICKS].map((n) => probeWord(n, 'x').says)).toEqual([
      'good',
      'failing',
      'failing',
      'failed',
    ]);
  });
  const seen = (unchangedForMs: number, writerAnswers: boolean | 'unknown', id = 'b1') => ({ id, unchangedForMs, writerAnswers });
  const beat = (...all: ReturnType<typeof seen>[]): WriterFacts => ({
    heartbeat: { limitMs: 30_000, seen: all, unread: [] },
    replication: [],
  });

  test.each([
    ['dead when no row came for longer than the limit and it does not answer', beat(seen(30_001, false)), 'dead'],
    ['not dead at the limit', beat(seen(30_000, false)), 'unknown'],
    ['alive when it answers, whatever the rows say', beat(seen(90_000, true)), 'alive'],
    ['alive when another candidate hears an answer', beat(seen(90_000, false), seen(90_000, true, 'b2')), 'alive'],
    ['not dead while another candidate still gets rows', beat(seen(90_000, false), seen(1_000, false, 'b2')), 'unknown'],
    ['silent when nobody could ask it', beat(seen(90_000, 'unknown')), 'silent'],
    ['alive when rows come and nobody could ask it', beat(seen(1_000, 'unknown')), 'alive'],
    ['not dead when a duration is no number', beat(seen(Number.NaN, false)), 'unknown'],
    [
      'unknown when no heartbeat can be read',
      { heartbeat: { limitMs: 1, seen: [], unread: ['b1: x'] }, replication: [] },
      'unknown',
    ],
    ['silent when only replication stands still', { replication: ['b1 does not replicate'] }, 'silent'],
    ['dead when the service says so', { serviceStatus: 'failed', replication: [] }, 'dead'],
    ['alive when the service says so', { serviceStatus: 'available', replication: [] }, 'alive'],
    ['unknown when nothing is known', { replication: [] }, 'unknown'],
  ] as const)('a writer is %s', (_name, given, says) => {
    expect(writerWord(given as WriterFacts).says).toBe(says);
  });

  test('evidence against the writer begins before it is strong', () => {
    expect([beat(seen(1, false)), beat(seen(1, true)), beat(seen(1, 'unknown'))].map(speaksAgainstWriter)).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('replication alone never makes a writer dead, however it looks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string()),
        fc.constantFrom(undefined, 'available', 'backing-up', 'creating'),
        (replication, serviceStatus) => {
          expect(writerWord({ replication, ...(serviceStatus ? { serviceStatus } : {}) }).says).not.toBe('dead');
        },
      ),
      { seed },
    );
  });
});
