/**
 * A crash at every call: each course of a run is lived through once calmly, and then once per call of every function with
 * that function killed there. Whatever was half done, the world must end as it did without the crash.
 */
import { CALM_DEATH } from './figures';
import type { CrashPoint, Runner } from './invocation';
import { EPOCH_MS, NO_FAULTS, type Ordered, type SettingChange, type Span } from './setting';
import { type SimulateOptions, simulateOne, tellWorld, type WorldEnd } from './simulate';

export interface Course {
  readonly name: string;
  readonly ends: WorldEnd['ended'];
  readonly change: SettingChange;
}

const FOREVER = Number.MAX_SAFE_INTEGER;
const BROKEN_AT_MS = EPOCH_MS + 16_000;

/** As short as a world can be in which everything happens: it is lived through once per call. */
const SHORT: SettingChange = {
  ...CALM_DEATH,
  latchMs: 15_000,
  detectionMs: 21_000,
  promotionMs: 60_000,
  serverLagMs: [0, 0, 0, 0],
  describeLagMs: 0,
  fences: ['networkAcl'],
  ...deadSince(BROKEN_AT_MS),
};

function deadSince(brokenAtMs: number): SettingChange {
  const down: Span[] = [[brokenAtMs, FOREVER]];
  return { brokenAtMs, faultsEndMs: brokenAtMs, siteDown: down, writerDown: down, linkDown: down };
}

const REBUILT_REPLICA = { id: 'a2', priority: 0, lagMs: 400, alone: false };

/** A person's order, with everything alive but what `down` says. */
const ordered = (orderedRun: Ordered, ...down: Span[]): SettingChange => ({
  ...SHORT,
  siteDown: down,
  writerDown: down,
  linkDown: [],
  fences: ['function', 'networkAcl'],
  orderedRun,
  orderedAtMs: BROKEN_AT_MS + 1_000,
});

export const COURSES: readonly Course[] = [
  {
    // A prober that dies with its first call is followed by one that has seen a row before the writer dies.
    name: 'failover',
    ends: 'promoted',
    change: { ...SHORT, ...deadSince(EPOCH_MS + 76_000) },
  },
  {
    // Nothing is known of any replica's lag: everything is given back.
    name: 'failover-given-up',
    ends: 'given up',
    change: { ...SHORT, faults: { ...NO_FAULTS, lagHole: 1 } },
  },
  {
    name: 'failover-ordered',
    ends: 'promoted',
    change: ordered('failover', [BROKEN_AT_MS, FOREVER]),
  },
  {
    // A lease that was never renewed says nothing: a renewer that dies has another turn before the writer does.
    name: 'failover-with-lease',
    ends: 'promoted',
    change: { ...SHORT, ...deadSince(EPOCH_MS + 130_000), lease: true, renewerDown: [] },
  },
  { name: 'switchover', ends: 'promoted', change: ordered('switchover') },
  {
    // Nobody may lose anything in a planned change, and the replica is never seen to have caught up.
    name: 'switchover-given-up',
    ends: 'given up',
    change: { ...ordered('switchover'), faults: { ...NO_FAULTS, lagHole: 1 } },
  },
  { name: 'failback', ends: 'returned', change: { ...ordered('failback'), rebuilt: REBUILT_REPLICA } },
  {
    name: 'failback-given-up',
    ends: 'given up',
    change: { ...ordered('failback'), rebuilt: REBUILT_REPLICA, faults: { ...NO_FAULTS, lagHole: 1 } },
  },
];

const RUNNERS: readonly Runner[] = ['step', 'prober', 'keeper', 'renewer', 'person', 'pager'];

/** Calls without an effect: to die after one is to die before it. */
const LOOKS = /^(dns|probe|heartbeats|lags|alarms|registry|aclLooks|rows)\.|\.(read|look)$/;

/** Every point of a course at which somebody can die. */
export async function crashPoints(course: Course, seed: number): Promise<{ calls: number; points: CrashPoint[] }> {
  const made: Readonly<Record<Runner, string[]>> = { step: [], prober: [], keeper: [], renewer: [], person: [], pager: [] };
  const calm = await simulateOne(seed, {
    change: course.change,
    record: true,
    called: (runner, call) => made[runner].push(call),
  });
  if (calm.ended !== course.ends || calm.broken.length > 0)
    throw new Error(`without a crash ${course.name} ended so:\n${tellWorld(calm)}`);
  const points = RUNNERS.flatMap((runner) =>
    made[runner].flatMap((call, n) => {
      const before = { runner, call: n + 1, when: 'before' } as const;
      return LOOKS.test(call) ? [before] : [before, { ...before, when: 'after' } as const];
    }),
  );
  return { calls: RUNNERS.reduce((sum, runner) => sum + made[runner].length, 0), points };
}

export interface Crashed {
  readonly name: string;
  readonly end: WorldEnd;
  readonly because: readonly string[];
}

/** One course with one crash in it. */
export async function crashed(course: Course, crash: CrashPoint, seed: number, options: SimulateOptions = {}): Promise<Crashed> {
  const end = await simulateOne(seed, { ...options, change: course.change, crash });
  const other = end.ended === course.ends ? [] : [`ended ${end.ended}, not ${course.ends}`];
  const because = [...other, ...end.broken.map((b) => `${b.invariant}: ${b.because}`)];
  return { name: [course.name, crash.runner, crash.call, crash.when].join('/'), end, because };
}

/** The crash of a name that `crashed` gave. */
export function crashNamed(name: string): { readonly course: Course; readonly crash: CrashPoint } | undefined {
  const [of, runner, call, when] = name.split('/');
  const course = COURSES.find((one) => one.name === of);
  const known = RUNNERS.find((one) => one === runner);
  if (!course || !known || !Number.isSafeInteger(Number(call)) || (when !== 'before' && when !== 'after')) return undefined;
  return { course, crash: { runner: known, call: Number(call), when } };
}
