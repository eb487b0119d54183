import type { PairRegistration } from '../../lib/contracts/registration';
import { startDrill } from '../../lib/runtime/drive/drill/start';
import { keep } from '../../lib/runtime/drive/keeper';
import { afterAnHour, INPUT } from '../fakes/drill';
import { walk } from '../fakes/machine';
import { type Hook, Process } from '../fakes/process';
import { registrationOf } from '../fakes/registration';
import { METRIC_FAULT, PRIMARY_CHECK, World } from '../fakes/world';

export type DrillRunner = 'drill' | 'drill-step' | 'restore' | 'keeper';
/** Port methods that each function of the control set reaches, such as `checks.write`. */
export type ReachedByDrills = ReadonlyMap<DrillRunner, ReadonlySet<string>>;

type Fault = NonNullable<PairRegistration['drill']>['fault'];

const FAULTS: readonly Fault[] = [
  { kind: 'healthCheckPath' },
  { kind: 'functions', inject: 'inject', restore: 'mend' },
  METRIC_FAULT,
];
/** Every so many calls of a drill its machine dies for good, so that schedule and keeper have their work. */
const CRASH_STEP = 61;
const AFTERGLOW_MS = 600_000;
const TARGETS = { detectionSec: 30, switchSec: 60, rtoSec: 120 };

class Ear {
  public readonly found = new Map<DrillRunner, Set<string>>();

  /** The keeper's call of the restore function is another function's run. */
  public hear(runner: () => DrillRunner): Hook {
    let inside: DrillRunner | undefined;
    return (call, phase) => {
      if (phase === 'before') {
        const calls = this.found.get(inside ?? runner()) ?? new Set<string>();
        this.found.set(inside ?? runner(), calls.add(call));
      }
      if (runner() === 'keeper' && call === 'functions.invoke') inside = phase === 'before' ? 'restore' : undefined;
      return 'live';
    };
  }
}

/** Whole drills of every kind and both levels, of HTTP and TCP checks, and drills whose machine dies in the middle. */
export async function reachedByDrills(): Promise<ReachedByDrills> {
  const ear = new Ear();
  for (const fault of FAULTS) {
    for (const level of ['TRAFFIC', 'OBSERVE'] as const) await drill(worldOf(fault), level, ear);
    let died = true;
    for (let crash = CRASH_STEP; died; crash += CRASH_STEP) died = await drill(worldOf(fault), 'TRAFFIC', ear, crash);
  }
  const tcp = worldOf({ kind: 'healthCheckPath' });
  tcp.checks.stored.set(PRIMARY_CHECK, { version: 7, type: 'TCP', port: 443 });
  tcp.registration = { ...tcp.registration, serviceDatabase: { kind: 'instance', id: 'shop', region: 'eu-west-1' } };
  await drill(tcp, 'TRAFFIC', ear);
  return ear.found;
}

function worldOf(fault: Fault): World {
  const world = new World();
  world.registration = registrationOf({ drill: { fault, targets: TARGETS } });
  return world;
}

/** One drill, and minutes of the keeper until nothing waits. @returns whether its machine died */
async function drill(world: World, level: 'TRAFFIC' | 'OBSERVE', ear: Ear, crash?: number): Promise<boolean> {
  const as = (runner: DrillRunner) =>
    new Process(
      world,
      ear.hear(() => runner),
    );
  await world.time.run(as('drill').run((ports) => startDrill({ pair: 'app', id: 'tue', level }, 'r', ports)));
  let step: DrillRunner = 'drill-step';
  let calls = 0;
  let died = false;
  const heard = ear.hear(() => step);
  const hook: Hook = (call, phase) => {
    calls += 1;
    if (crash === undefined || died || calls < crash) return heard(call, phase);
    died = true;
    return 'die';
  };
  const before = (next: string) => {
    step = next === 'restore' ? 'restore' : 'drill-step';
  };
  await world.time.run(walk(world, { ...INPUT, level }, { hook, before, fragile: crash !== undefined }));
  // The one-shot schedule is late: it is the keeper who finds the drill first.
  const due = [...world.schedules.entries()];
  world.schedules.clear();
  for (let n = 0; died && n < 20; n += 1) {
    await world.time.pass(60_000);
    await world.time.run(
      as('keeper')
        .run((ports) => keep(ports))
        .catch(() => undefined),
    );
  }
  for (const [name, schedule] of due) world.schedules.set(name, schedule);
  await afterAnHour(world);
  // Alarms that are still on some minutes after the restore are somebody's outage.
  for (const pauseMs of [0, AFTERGLOW_MS]) {
    await world.time.pass(pauseMs);
    await world.time.run(
      as('keeper')
        .run((ports) => keep(ports))
        .catch(() => undefined),
    );
  }
  return died;
}
