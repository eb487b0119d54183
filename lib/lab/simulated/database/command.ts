/** `npm run simulate`: many worlds, one as a timeline, or a crash at every call. */
import { COURSES, crashed, crashNamed, crashPoints } from './crashes';
import { figures, losses } from './figures';
import { INVARIANTS } from './invariants';
import { type SimulateOptions, seedsFrom, simulateOne, simulateWorlds, tellWorld, type WorldEnd } from './simulate';

const USAGE = 'simulate [--worlds N] [--seed S] | --replay S | --crashes | --crash COURSE/RUNNER/CALL/WHEN';

interface Asked {
  readonly worlds: number;
  readonly seed: number;
  readonly replay?: number;
  readonly crashes: boolean;
  readonly crash?: NonNullable<ReturnType<typeof crashNamed>>;
}

/** @throws Error naming what is wrong */
export function asked(given: readonly string[]): Asked {
  const whole = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined);
  let found: Asked = { worlds: 2_000, seed: 1, crashes: false };
  for (let at = 0; at < given.length; at += 1) {
    const name = given[at];
    if (name === '--crashes') {
      found = { ...found, crashes: true };
      continue;
    }
    at += 1;
    const text = given[at];
    const number = whole(text);
    const crash = crashNamed(text ?? '');
    if (name === '--worlds' && number !== undefined) found = { ...found, worlds: number };
    else if (name === '--seed' && number !== undefined) found = { ...found, seed: number };
    else if (name === '--replay' && number !== undefined) found = { ...found, replay: number };
    else if (name === '--crash' && crash) found = { ...found, crash };
    else throw new Error(`[BadArgument] ${name} ${text ?? ''}; see usage; usage: ${USAGE}`);
  }
  return found;
}

/** Without the number in front. */
const byName = (a: string, b: string) => a.slice(a.indexOf(' ')).localeCompare(b.slice(b.indexOf(' ')));

type Say = (line: string) => void;

/** @returns the exit code: 1 when an invariant broke */
export async function main(given: readonly string[], say: Say, options: SimulateOptions = {}): Promise<number> {
  const order = asked(given);
  if (order.replay !== undefined) return told(await simulateOne(order.replay, { ...options, record: true }), say);
  if (order.crash) {
    const { end, because } = await crashed(order.crash.course, order.crash.crash, order.seed, { ...options, record: true });
    for (const one of because) say(`BROKEN ${one}`);
    return told(end, say) || Number(because.length > 0);
  }
  return order.crashes ? everyCrash(order, say, options) : campaign(order, say, options);
}

function told(end: WorldEnd, say: Say): number {
  say(tellWorld(end));
  return end.broken.length > 0 ? 1 : 0;
}

async function campaign({ worlds, seed }: Asked, say: Say, options: SimulateOptions): Promise<number> {
  const took = stopwatch();
  const { broken, ended, ...lived } = await simulateWorlds(seedsFrom(seed, worlds), options);
  const rate = (n: number) => (n / took()).toFixed(0);
  const ends = Object.entries(ended).map(([end, n]) => `${n} ${end}`);
  say(`${lived.worlds} worlds from seed ${seed}: ${ends.join(', ')}`);
  say(
    `${rate(lived.worlds)} worlds/s, ${rate(ended.promoted)} failovers/s, ${rate(lived.events)} events/s, ` +
      `${rate(lived.calls)} calls/s (measured, one core)`,
  );
  say(
    `met: ${[...lived.met]
      .map(([trouble, n]) => `${n} ${trouble}`)
      .sort(byName)
      .join(', ')}`,
  );
  for (const { seed: one, broken: what } of broken) {
    for (const { invariant, because } of what) say(`BROKEN ${invariant}, ${INVARIANTS[invariant]}: ${because}`);
    say(`seed ${one}: npm run simulate -- --replay ${one}`);
    say(tellWorld(await simulateOne(one, { ...options, record: true })));
  }
  if (broken.length > 0) return 1;
  say('\nseconds from the death of the writer (simulated)          p50     p95');
  for (const { name, p50Sec, p95Sec } of await figures(seed, Math.min(200, worlds))) {
    say(`${name.padEnd(56)} ${p50Sec.toFixed(2).padStart(6)} ${p95Sec.toFixed(2).padStart(7)}`);
  }
  say('\nseconds by which a stated loss is above the real one (simulated)   least     p50     p95   asked, over 30 s');
  for (const { name, over, asked: share } of await losses(seed, Math.min(100, worlds))) {
    const row = [over.leastSec, over.p50Sec, over.p95Sec].map((sec) => sec.toFixed(2).padStart(7)).join(' ');
    say(`${name.padEnd(64)} ${row} ${`${(100 * share).toFixed(0)} %`.padStart(17)}`);
  }
  return 0;
}

/** Kills every function at every call of every course; the first crash that matters ends it. */
async function everyCrash({ seed }: Asked, say: Say, options: SimulateOptions): Promise<number> {
  const took = stopwatch();
  let tried = 0;
  for (const course of COURSES) {
    const { calls, points } = await crashPoints(course, seed);
    for (const crash of points) {
      const { name, because } = await crashed(course, crash, seed, options);
      tried += 1;
      if (because.length === 0) continue;
      for (const one of because) say(`BROKEN ${one}`);
      say(`crash ${name}: npm run simulate -- --seed ${seed} --crash ${name}`);
      say(tellWorld((await crashed(course, crash, seed, { ...options, record: true })).end));
      return 1;
    }
    say(`${course.name}: ${calls} calls, ${points.length} crash points, each ended ${course.ends}`);
  }
  say(`${tried} crash points at seed ${seed}, none broke anything; ${(tried / took()).toFixed(0)} a second (measured, one core)`);
  return 0;
}

/** Seconds since it was made. */
function stopwatch(): () => number {
  const began = process.hrtime.bigint();
  return () => Number(process.hrtime.bigint() - began) / 1e9;
}
