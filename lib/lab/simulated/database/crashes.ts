/**
 * A crash at every call: each course of a run is lived through once calmly, and then once per call of every function with
 * that function killed there. Whatever was half done, the world must end as it did without the crash.
 */
import { CALM_DEATH } from './figures';
import type { CrashPoint, Runner } from './invocation';
import { NO_FAULTS, type Setting, type SettingChange } from './setting';
import { type SimulateOptions, simulateOne, type WorldEnd } from './simulate';

export interface Course {
  readonly name: string;
  readonly ends: WorldEnd['ended'];
  readonly change: (setting: Setting) => SettingChange;
}

/** As short as a world can be in which everything happens: it is lived through once per call. */
const SHORT: SettingChange = {
  ...CALM_DEATH,
  latchMs: 15_000,
  detectionMs: 21_000,
  promotionMs: 60_000,
  serverLagMs: [0, 0, 0, 0],
  describeLagMs: 0,
  fences: ['networkAcl'],
};
const without = ({ brokenAtMs }: Setting): SettingChange => ({ ...SHORT, faultsEndMs: brokenAtMs });

export const COURSES: readonly Course[] = [
  { name: 'failover', ends: 'promoted', change: without },
  {
    // Nothing is known of any replica's lag: everything is given back.
    name: 'failover-given-up',
    ends: 'given up',
    change: (setting) => ({ ...without(setting), faults: { ...NO_FAULTS, lagHole: 1 }, heartbeat: true }),
  },
];

const RUNNERS: readonly Runner[] = ['step', 'prober', 'keeper'];

/** Calls without an effect: to die after one is to die before it. */
const LOOKS = /^(dns|probe|heartbeats|lags|alarms|registry|aclLooks)\.|\.(read|look)$/;

/** Every point of a course at which somebody can die. */
export async function crashPoints(course: Course, seed: number): Promise<{ calls: number; points: CrashPoint[] }> {
  const made: Readonly<Record<Runner, string[]>> = { step: [], prober: [], keeper: [], person: [] };
  const calm = await simulateOne(seed, { change: course.change, called: (runner, call) => made[runner].push(call) });
  if (calm.ended !== course.ends || calm.broken.length > 0) throw new Error(`${course.name} ended ${calm.ended} without a crash`);
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
