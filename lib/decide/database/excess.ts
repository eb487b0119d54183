/**
 * How much more than a lag that was reported in the last minutes a replica may lose now, from looks at what it had replayed. A
 * delay is a difference between one stopwatch, the looker's, and one clock, the writer's. How far these two are apart is the same
 * in every delay and falls out of the difference of two: no clock is compared with another. docs/database-failover.md has the argument.
 */

/** One look at a replica. */
export interface Look {
  /** When it was asked and when the answer was there, in ms of the looker's stopwatch. */
  readonly askedMs: number;
  readonly answeredMs: number;
  /** The heartbeat row, in ms of the writer's clock. */
  readonly beatAtMs: number;
  /** The newest commit that it had replayed, in ms of the writer's clock; absent where the database does not say. */
  readonly replayedAtMs?: number;
}

export interface Excess {
  /** How long ago the newest step ended, in ms. */
  readonly agoMs: number;
  /** What to add to a lag that was taken within a step of `STEP_MS`, newest step first, in ms: no older write is missing. */
  readonly ms: readonly number[];
  /** How much of that may be none: what is added for a clock that may have been set, and the longest pause between two looks. */
  readonly doubtMs: number;
}

/** Looks of so long count, in ms. Few minutes, because a clock that is slewed meanwhile goes unseen. */
export const LOOKS_MS = 300_000;
export const STEP_MS = 10_000;

/** Longest time between two looks, in ms. Whoever looks more rarely, as one of several readers, knows too little to say anything. */
export const PAUSE_MS = 15_000;

/** A heartbeat row is committed so soon after it was stamped, in ms. */
const IDLE_MS = 1_000;

/** Fewer distances between heartbeat rows do not show whether the writer's clock was set. */
const FEWEST_BEATS = 3;

/** From looks at one replica in their order. Undefined while they are too few, or do not all say what was replayed. */
export function excessOf(looks: readonly Look[]): Excess | undefined {
  const last = looks.at(-1);
  const unevenMs = unevenBeats(looks);
  if (!last || unevenMs === undefined || looks.some((look) => look.replayedAtMs === undefined)) return undefined;
  const setMs = Math.max(fellBy(looks), unevenMs);
  const behindMs = last.answeredMs - replayedAt(last) + setMs;
  const ms = leastDelays(looks, last.askedMs).map((leastMs) => Math.ceil(behindMs - leastMs));
  return { agoMs: Math.ceil(last.answeredMs - last.askedMs), ms, doubtMs: Math.floor(setMs + longestPause(looks)) };
}

const longestPause = (looks: readonly Look[]) =>
  looks.reduce((longestMs, look, n) => Math.max(longestMs, look.askedMs - (looks[n - 1] ?? look).askedMs), 0);

const replayedAt = (look: Look) => look.replayedAtMs as number;

/** Rows come in time, or later: a longer distance between two may be a clock that was set forward, and then hides as much delay. */
function unevenBeats(looks: readonly Look[]): number | undefined {
  const rows = looks.map((look) => look.beatAtMs).filter((atMs, n, all) => atMs !== all[n - 1]);
  const beats = rows.slice(1).map((atMs, n) => atMs - (rows[n] as number));
  return beats.length < FEWEST_BEATS ? undefined : Math.max(...beats) - Math.min(...beats);
}

/** By how much delays fell for sure. A lag that is over looks so; so does a clock that was set forward, or a stopwatch that stood still. */
function fellBy(looks: readonly Look[]): number {
  // Where only the heartbeat writes, nothing new is no delay.
  const idle = looks.every((look) => replayedAt(look) - look.beatAtMs < IDLE_MS);
  let fellMs = 0;
  let slowestMs = Number.NEGATIVE_INFINITY;
  for (const [n, look] of looks.entries()) {
    const before = looks[n - 1];
    if (!before) continue;
    if (replayedAt(before) !== replayedAt(look)) {
      fellMs = Math.max(fellMs, slowestMs - (look.answeredMs - replayedAt(look)));
      slowestMs = Math.max(slowestMs, leastDelay(before, look));
    } else if (!idle) slowestMs = Math.max(slowestMs, look.askedMs - replayedAt(look));
  }
  return fellMs;
}

/** Between two looks nothing newer was replayed than the later of them showed: whatever was, came at least so late. */
const leastDelay = (before: Look, look: Look) => before.askedMs - replayedAt(look);

/** The least delay in each whole step back from `untilMs`. */
function leastDelays(looks: readonly Look[], untilMs: number): readonly number[] {
  const steps = Math.floor((untilMs - (looks[0]?.askedMs ?? untilMs)) / STEP_MS);
  const least = new Array<number>(steps).fill(Number.POSITIVE_INFINITY);
  for (const [n, look] of looks.entries()) {
    const before = looks[n - 1];
    if (!before) continue;
    const end = Math.min(steps - 1, Math.floor((untilMs - before.askedMs) / STEP_MS));
    for (let step = Math.floor((untilMs - look.askedMs) / STEP_MS); step <= end; step += 1) {
      least[step] = Math.min(least[step] as number, leastDelay(before, look));
    }
  }
  return least;
}

/** What to add to a lag that was taken at a moment between these two, each so long ago. Undefined where no look was near. */
export function excessBetween({ agoMs, ms }: Excess, youngestMs: number, oldestMs: number): number | undefined {
  const first = Math.floor((youngestMs - agoMs) / STEP_MS);
  const end = Math.ceil((oldestMs - agoMs) / STEP_MS);
  return first < 0 || end > ms.length || first >= end ? undefined : Math.max(...ms.slice(first, end));
}

/** The same, as it is known at another moment, so much later. */
export const excessLater = ({ agoMs, ms, doubtMs }: Excess, byMs: number): Excess => ({
  doubtMs,
  agoMs: agoMs + byMs,
  ms: ms.map((one) => one + byMs),
});
