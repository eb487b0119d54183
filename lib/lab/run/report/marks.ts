/** The moments of a run that a plot shows. */
import type { DrillMarks } from '../../../contracts/drill';
import { MARKER_PATH_PREFIX } from '../../../decide/names';
import { DERIVED } from '../database/latch';
import type { Lab } from '../lab';
import type { Observed } from '../observer';
import type { Origin } from './recorder';
import { truthOf } from './truth';

export interface Mark {
  /** Short, for a plot: `t0`, `tD`, `latch`. */
  readonly name: string;
  readonly what: string;
  /** In Unix ms of the lab's clock. */
  readonly atMs: number;
  readonly origin: Origin;
}

type Seen = Omit<Mark, 'atMs'> & { readonly atMs: number | undefined };

const T0 = 't0';
const known = (marks: readonly Seen[]): Mark[] => marks.filter((mark): mark is Mark => mark.atMs !== undefined);

/** The moment that a scenario breaks something; it knows, so this is truth. */
export const faultMark = (atMs: number, what = 'the fault begins'): Mark => ({ name: T0, what, atMs, origin: 'truth' });

export const healedMark = (atMs: number): Mark => ({ name: 'healed', what: 'the fault ends', atMs, origin: 'truth' });

/** What somebody saw who asked the name servers and requested pages. */
export function observedMarks(seen: Partial<Observed>): Mark[] {
  return known([
    { name: 'tD', what: 'the beacon says unhealthy', atMs: seen.detectedMs, origin: 'measured' },
    { name: 'tS', what: 'the name answers the standby', atMs: seen.switchedMs, origin: 'measured' },
    { name: 'tR', what: 'the last of eight clients is served by the standby', atMs: seen.servedMs, origin: 'measured' },
    { name: 'tB', what: 'the name answers the primary again', atMs: seen.returnedMs, origin: 'measured' },
  ]);
}

/** What the shipped drill measured. */
export function drillMarks(marks: DrillMarks): Mark[] {
  return known([
    { name: T0, what: 'the fault is in effect', atMs: marks.t0, origin: 'measured' },
    ...observedMarks({ detectedMs: marks.tD, switchedMs: marks.tS, servedMs: marks.tR, returnedMs: marks.tB }),
  ]);
}

/** When each client, and so users, could write again. */
export function writeMarks(firstWritesMs: readonly number[], clients: number): Mark[] {
  return known([
    { name: 'first write', what: 'a first client writes to the standby', atMs: firstWritesMs[0], origin: 'measured' },
    {
      name: 'tR',
      what: 'the last of eight clients writes to the standby',
      atMs: firstWritesMs.length === clients ? firstWritesMs.at(-1) : undefined,
      origin: 'measured',
    },
  ]);
}

/** What the database's controller did, as the services it ordered from wrote it down. */
export function controllerMarks(lab: Pick<Lab, 'world' | 'endpoint' | 'database'>): Mark[] {
  if (!lab.database) return [];
  const latched = lab.world.truth.first('check-turned', ({ check, healthy }) => check === DERIVED.notLatched && !healthy);
  const ordered = lab.endpoint.recordedCalls().find(({ action }) => action === 'rds:PromoteReadReplica');
  return known([
    { name: 'latch', what: 'Route 53 latches the primary out', atMs: latched?.atMs, origin: 'truth' },
    { name: 'promote', what: 'RDS is asked to promote', atMs: ordered?.atMs, origin: 'truth' },
    { name: 'promoted', what: 'RDS calls the new writer available', atMs: lab.database.instances.promotedAtMs, origin: 'truth' },
  ]);
}

/** The marks so far as the world knows them, while nobody has measured yet. */
export function trueMarks(lab: Lab): Mark[] {
  const { truth } = lab.world;
  const fault = truth.first('fault-began') ?? truth.first('check-updated', ({ changed }) => isMarker(changed.path));
  if (!fault) return controllerMarks(lab);
  const seen = observedMarks(truthOf(lab, fault.atMs)).map((mark): Mark => ({ ...mark, origin: 'truth' }));
  return inOrder([faultMark(fault.atMs), ...seen, ...controllerMarks(lab)]);
}

const isMarker = (path: unknown) => String(path ?? '').startsWith(MARKER_PATH_PREFIX);

const inOrder = (marks: readonly Mark[]) => [...marks].sort((a, b) => a.atMs - b.atMs);

/** All marks of a run, oldest first. A run without its own t0 has the first fault of the world. */
export function marksOf(lab: Lab, ofScenario: readonly Mark[] = []): Mark[] {
  const fault = lab.world.truth.first('fault-began');
  const t0 = ofScenario.some(({ name }) => name === T0) || !fault ? [] : [faultMark(fault.atMs)];
  return inOrder([...t0, ...ofScenario, ...controllerMarks(lab)]);
}
