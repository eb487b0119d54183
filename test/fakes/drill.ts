import type { DrillReport, DrillStepInput } from '../../lib/contracts/drill';
import { startDrill } from '../../lib/runtime/drive/drill/start';
import { keep } from '../../lib/runtime/drive/keeper';
import { restore } from '../../lib/runtime/drive/restore';
import { type Walk, type WalkOptions, walk } from './machine';
import { Process } from './process';
import { World } from './world';

export const INPUT: DrillStepInput = { pair: 'app', drillId: 'app-tue', level: 'TRAFFIC', scenario: 'primary_crash' };
const MINUTE = 60_000;

/** A world in which a drill was started and its first step has not run. */
export async function started(level: 'TRAFFIC' | 'OBSERVE' = 'TRAFFIC'): Promise<World> {
  const world = new World();
  await world.time.run(new Process(world).run((ports) => startDrill({ pair: 'app', id: 'tue', level }, 'r', ports)));
  return world;
}

export const walked = (world: World, options?: WalkOptions): Promise<Walk> => world.time.run(walk(world, INPUT, options));

/** One minute of the keeper and of EventBridge Scheduler. */
export async function minute(world: World): Promise<void> {
  await world.time.pass(MINUTE);
  for (const [name, schedule] of world.schedules) {
    if (world.time.nowMs() < schedule.atMs) continue;
    world.schedules.delete(name);
    await world.time.run(
      new Process(world).run((ports) => restore(schedule.input as DrillStepInput, ports)).catch(() => undefined),
    );
  }
  await world.time.run(new Process(world).run((ports) => keep(ports)).catch(() => undefined));
}

/** Minutes until nothing waits any more, and one beyond; at most an hour. */
export async function afterAnHour(world: World): Promise<void> {
  for (let n = 0; n < 60 && (world.journal.peek('app')?.drill || world.schedules.size > 0); n += 1) await minute(world);
  await minute(world);
}

export const said = (world: World) => world.announced.map((event) => `${event.severity} ${event.type}`);
export const pagesOf = (world: World) =>
  world.announced.filter((event) => event.severity === 'critical').map((event) => event.type);

/** A whole drill, from the request to the report. */
export async function drilled(world: World, event: Record<string, unknown> = {}) {
  const answer = await world.time.run(
    new Process(world).run((ports) => startDrill({ pair: 'app', id: 'tue', requestedBy: 'me', ...event }, 'req', ports)),
  );
  if (answer.kind !== 'started') throw new Error(JSON.stringify(answer));
  const { path } = await world.time.run(walk(world, world.executions.get(answer.drillId) as DrillStepInput));
  const report = JSON.parse(world.reports.get(`drills/app/${answer.drillId}.json`) ?? '{}') as DrillReport;
  return { report, path: path.map(({ step, outcome }) => `${step}: ${outcome}`), answer };
}

/** Values of one metric, in order. */
export const metric = (world: World, name: string) => world.published.filter((one) => one.name === name).map((one) => one.value);
