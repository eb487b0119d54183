import fc from 'fast-check';
import { type Excess, excessBetween, excessLater, excessOf, LOOKS_MS, type Look } from '../../../lib/decide/database/excess';
import {
  BLUR_MS,
  gapOf,
  judge,
  type LagPoint,
  lossOf,
  lossText,
  SAMPLE_MS,
  STAMP_MS,
} from '../../../lib/decide/database/replica';

const seed = Number(process.env.SEED ?? 20261120);
const LIMITS = { lagMs: 60_000, sampleAgeMs: 300_000 };

/** Looks every 5 s at a replica that is so far behind, whose writer beats every 10 s, by clocks that are an hour apart. */
function looksAt(
  lagMs: (atMs: number) => number,
  change: { readonly untilMs?: number; readonly clockMs?: (atMs: number) => number } = {},
) {
  const { untilMs = 200_000, clockMs = () => 3_600_000 } = change;
  const looks: Look[] = [];
  for (let atMs = 0; atMs <= untilMs; atMs += 5_000) {
    const replayedMs = atMs - lagMs(atMs);
    const beatMs = Math.floor(replayedMs / 10_000) * 10_000;
    const stamp = (ms: number) => ms + clockMs(ms);
    looks.push({ askedMs: atMs, answeredMs: atMs + 20, beatAtMs: stamp(beatMs), replayedAtMs: stamp(replayedMs) });
  }
  return looks;
}

describe('what looks at a replica add to a lag that was reported', () => {
  test('is a pause between two looks, while nothing changes', () => {
    const excess = excessOf(looksAt(() => 2_000));
    expect(excess).toEqual({ agoMs: 20, ms: new Array(20).fill(5_020), doubtMs: 5_000 });
  });

  test('grows with every delay since, and not with one of before', () => {
    const excess = excessOf(looksAt((atMs) => (atMs <= 100_000 ? 1_000 : Math.min(20_000, 1_000 + (atMs - 100_000) / 2))));
    expect([excess?.ms[0], excess?.ms.at(-1)]).toEqual([5_020, 24_020]);
  });

  test('counts a delay that fell as doubt: a clock that was set forward looks the same', () => {
    const fell = excessOf(looksAt((atMs) => (atMs < 150_000 ? 20_000 : 1_000)));
    const set = excessOf(looksAt(() => 1_000, { clockMs: (atMs) => (atMs < 150_000 ? 0 : 30_000) }));
    expect(fell?.ms[0]).toBeGreaterThan(5_020 + 13_000);
    expect(set?.ms[0]).toBeGreaterThanOrEqual(5_020 + 30_000);
  });

  /** A heartbeat alone, each row seen at the second look after its commit; the first look saw a commit so long after its row. */
  const quiet = (firstMs: number) =>
    Array.from({ length: 11 }, (_, n): Look => {
      const beatAtMs = Math.floor((n - 1) / 2) * 10_000;
      return { askedMs: n * 5_000, answeredMs: n * 5_000 + 20, beatAtMs, replayedAtMs: beatAtMs + (n === 0 ? firstMs : 10) };
    });

  test.each<[string, number, number]>([
    ['where only the heartbeat writes, nothing new between two rows is no delay', 999, 5_000],
    ['where others write too, nothing new is a delay, and its end is doubt', 1_000, 9_980],
  ])('%s', (_name, firstMs, doubtMs) => {
    expect(excessOf(quiet(firstMs))?.doubtMs).toBe(doubtMs);
  });

  test('is known from three beats on', () => {
    expect(excessOf(looksAt(() => 0, { untilMs: 30_000 }))).toEqual({ agoMs: 20, ms: [5_020, 5_020, 5_020], doubtMs: 5_000 });
  });

  test.each<[string, readonly Look[]]>([
    ['no look', []],
    ['rows of less than four beats', looksAt(() => 0, { untilMs: 25_000 })],
    [
      'a look that does not say what was replayed',
      looksAt(() => 0).map(({ replayedAtMs, ...look }, n) =>
        n === 3 ? look : { ...look, replayedAtMs: replayedAtMs as number },
      ),
    ],
    ['looks that never say it', looksAt(() => 0).map(({ replayedAtMs: _replayed, ...look }) => look)],
  ])('is not known from %s', (_name, looks) => expect(excessOf(looks)).toBeUndefined());

  test('is told for a moment that looks surround, and for no other', () => {
    const excess: Excess = { agoMs: 1_000, ms: [5, 9, 7], doubtMs: 1 };
    expect(excessBetween(excess, 1_000, 11_000)).toBe(5);
    expect(excessBetween(excess, 1_000, 11_001)).toBe(9);
    expect(excessBetween(excess, 21_000, 31_000)).toBe(7);
    expect(excessBetween(excess, 999, 2_000)).toBeUndefined();
    expect(excessBetween(excess, 1_000, 31_001)).toBeUndefined();
    expect(excessLater(excess, 500)).toEqual({ agoMs: 1_500, ms: [505, 509, 507], doubtMs: 1 });
  });
});

describe('a loss by heartbeat delay', () => {
  const FAILED = 10_000_000;
  const excess: Excess = { agoMs: 0, ms: [...new Array(14).fill(6_000), ...new Array(14).fill(30_000)], doubtMs: 1 };
  const lag = (ms: number, agoMs: number): LagPoint => ({ kind: 'lag', atMs: FAILED - agoMs, ms });
  const said = (samples: readonly LagPoint[], change: { readonly excess?: Excess } = { excess }) => {
    const loss = lossOf({ samples, gapMs: 3_000, ...change }, FAILED, LIMITS);
    return 'because' in loss ? loss.because : `${loss.ms} by ${loss.basis}`;
  };

  test.each<[string, string, string]>([
    ['is the lag of a whole minute before, with what was added since', said([lag(1_000, 60_000)]), '8150 by heartbeat delay'],
    ['leaves out the minute of the failure', said([lag(1_000, 60_000), lag(55_000, 0)]), '8150 by heartbeat delay'],
    [
      'leaves it out where it is unknown too',
      said([lag(1_000, 60_000), { kind: 'unknown', atMs: FAILED, because: '-1' }]),
      '8150 by heartbeat delay',
    ],
    ['does not leave it out without looks', said([lag(1_000, 60_000), lag(55_000, 0)], {}), '58000 by heartbeat'],
    ['takes the largest of what several minutes say', said([lag(500, 200_000), lag(1_000, 60_000)]), '31650 by heartbeat delay'],
    ['builds on no minute that the looks do not cover', said([lag(500, 276_000), lag(55_000, 1_000)]), '58000 by heartbeat'],
    ['builds on no lag that is none', said([lag(-1_000, 60_000), lag(2_000, 1_000)]), '5000 by heartbeat'],
    [
      'is not known where the lag is not',
      said([{ kind: 'unknown', atMs: FAILED - 60_000, because: '-1' }]),
      'its last lag sample before the failure is unknown: -1',
    ],
  ])('%s', (_name, is, wanted) => expect(is).toBe(wanted));

  test.each<[string, number, string]>([
    [
      'is a person’s to accept where only doubt makes it too much',
      61_000,
      '61 s of writes, by heartbeat delay, of which 2 s may be none',
    ],
    ['is nobody’s where it is too much without doubt', 62_001, 'it would lose 60.1 s of writes, limit 60 s'],
  ])('%s', (_name, lossMs, said) => {
    const looked = { agoMs: 0, ms: new Array<number>(14).fill(lossMs - 1_000 - BLUR_MS), doubtMs: 2_000 };
    const view = { status: 'available', replicaOf: 'a' };
    const judged = judge({ id: 'b1', priority: 0, view, samples: [lag(1_000, 60_000)], excess: looked }, 'a', FAILED, LIMITS);
    expect(judged.kind === 'eligible' ? lossText(judged.loss) : judged.because).toBe(said);
  });

  test('is in doubt by as much as lag samples differ in what they make of it', () => {
    const samples = [lag(500, 200_000), lag(1_000, 60_000)];
    expect(lossOf({ samples, excess }, FAILED, LIMITS)).toEqual({ ms: 31_650, basis: 'heartbeat delay', doubtMs: 23_501 });
  });

  test('is judged by the candidate that was looked at', () => {
    expect(gapOf({ gapsMs: { b1: 1 }, excess: { b1: excess } }, 'b1')).toEqual({ gapMs: 1, excess });
    expect(gapOf({ gapsMs: { b1: 1 }, excess: { b1: excess } }, 'b2')).toEqual({ unheardMs: 0 });
  });
});

const spell = (maxForMs: number, maxLagMs: number) =>
  fc.record({ forMs: fc.integer({ min: 500, max: maxForMs }), ms: fc.nat(maxLagMs) });

/** A replica that is nearly up to date, or flutters, and then falls behind and catches up at will; and somebody who looks at it. */
const history = fc.record({
  before: fc.oneof(
    fc.array(spell(60_000, 1_500), { minLength: 6, maxLength: 12 }),
    fc.array(spell(9_000, 8_000), { minLength: 50, maxLength: 80 }),
  ),
  after: fc.array(spell(60_000, 50_000), { minLength: 1, maxLength: 5 }),
  busy: fc.boolean(),
  looks: fc.array(fc.record({ pauseMs: fc.integer({ min: 100, max: 9_000 }), tookMs: fc.nat(1_000), readMs: fc.nat(1_000) }), {
    minLength: 60,
    maxLength: 100,
  }),
  sampledMs: fc.array(fc.nat(SAMPLE_MS - 1), { minLength: 10, maxLength: 10 }),
  apartMs: fc.integer({ min: -3_600_000, max: 3_600_000 }),
  stampMs: fc.integer({ min: -STAMP_MS + 1, max: STAMP_MS - 1 }),
  // The writer's clock is set anywhere, or where it hides that the replica falls behind.
  set: fc.record({
    atMs: fc.integer({ min: 0, max: 400_000 }),
    ms: fc.integer({ min: -30_000, max: 30_000 }),
    kind: fc.constantFrom('not', 'anywhere', 'hiding'),
  }),
  // Of a reader that is frozen between two looks, with a clock that is left alone.
  stopwatch: fc.oneof(
    { weight: 4, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.double({ min: 0.05, max: 1, noNaN: true }) },
  ),
  failsMs: fc.integer({ min: 250_000, max: 400_000 }),
  minuteMs: fc.nat(SAMPLE_MS - 1),
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;
type Edge = { readonly atMs: number; readonly lagMs: number };

function edgesOf({ before, after, failsMs }: History): readonly Edge[] {
  // The last spells end with the failure.
  let atMs = failsMs - after.reduce((sum, { forMs }) => sum + forMs, 0);
  const last = after.map(({ forMs, ms }) => {
    atMs += forMs;
    return { atMs: atMs - forMs, lagMs: ms };
  });
  let beganMs = last[0]?.atMs ?? failsMs;
  const first = before.map(({ forMs, ms }) => {
    beganMs -= forMs;
    return { atMs: beganMs, lagMs: ms };
  });
  return [...first.reverse(), ...last];
}

/** The newest commit that was replayed by then. It never falls back; what an idle writer commits is its heartbeat alone. */
function replayed(edges: readonly Edge[], busy: boolean, nowMs: number): number {
  let newestMs = -900_000;
  for (const [n, edge] of edges.entries()) {
    if (edge.atMs > nowMs) break;
    newestMs = Math.max(newestMs, Math.min(nowMs, edges[n + 1]?.atMs ?? nowMs) - edge.lagMs);
  }
  return busy ? newestMs : beatOf(newestMs);
}
const beatOf = (atMs: number) => Math.floor(atMs / 10_000) * 10_000;

/** The clock is set with the first commit that comes late, by as much as it is late. */
function clockSet({ set, before, stopwatch }: History, edges: readonly Edge[]): { readonly atMs: number; readonly ms: number } {
  const [one, next] = edges.slice(before.length - 1);
  if (set.kind === 'not' || stopwatch < 1) return { atMs: 0, ms: 0 };
  if (set.kind === 'anywhere' || !one || !next) return set;
  return { atMs: next.atMs - one.lagMs, ms: next.lagMs - one.lagMs };
}

/** What is really lost, and what each sample alone makes of it. */
function lossesOf(past: History): { readonly realMs: number; readonly losses: readonly ReturnType<typeof lossOf>[] } {
  const { busy, looks: pauses, sampledMs, apartMs, stampMs, stopwatch, failsMs, minuteMs } = past;
  const edges = edgesOf(past);
  const set = clockSet(past, edges);
  const at = (ms: number) => replayed(edges, busy, ms);
  const clock = (ms: number) => ms + apartMs + (ms >= set.atMs ? set.ms : 0);
  const looks: Look[] = [];
  let lookedMs = failsMs;
  for (let n = 0, askedMs = Math.max(0, failsMs - LOOKS_MS); n < pauses.length; n += 1) {
    const { pauseMs, tookMs, readMs } = pauses[n] as History['looks'][number];
    const readAtMs = askedMs + Math.min(readMs, tookMs);
    const answeredMs = askedMs + tookMs;
    if (answeredMs > failsMs) break;
    lookedMs = answeredMs;
    looks.push({
      askedMs: askedMs * stopwatch,
      answeredMs: answeredMs * stopwatch,
      beatAtMs: clock(beatOf(at(readAtMs))),
      replayedAtMs: clock(at(readAtMs)),
    });
    askedMs = answeredMs + pauseMs;
  }
  const samples = sampledMs.map((ms, n): LagPoint => {
    const beginsMs = n * SAMPLE_MS - minuteMs;
    return { kind: 'lag', atMs: beginsMs + stampMs, ms: beginsMs + ms - at(beginsMs + ms) };
  });
  const excess = excessOf(looks);
  const later = excess && excessLater(excess, failsMs - lookedMs);
  const losses = samples.map((one) => lossOf({ samples: [one], ...(later ? { excess: later } : {}) }, failsMs, LIMITS));
  return { realMs: failsMs - at(failsMs), losses };
}

test('whatever the replica, its looker and one step of the writer’s clock do, no loss by heartbeat delay is understated', () => {
  let judged = 0;
  fc.assert(
    fc.property(history, (past) => {
      const { realMs, losses } = lossesOf(past);
      for (const loss of losses) {
        if ('because' in loss || loss.basis !== 'heartbeat delay') continue;
        judged += 1;
        // Nothing in here is blurred; a clock that is set where it hides a delay may use up some of what blur is allowed.
        expect(loss.ms - (past.set.kind === 'hiding' ? 0 : BLUR_MS)).toBeGreaterThanOrEqual(realMs);
      }
    }),
    // A history is shrunk for minutes.
    { seed, numRuns: 400, endOnFailure: true },
  );
  expect(judged).toBeGreaterThan(1_000);
});
