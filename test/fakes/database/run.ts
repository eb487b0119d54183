import type { DatabaseStepInput } from '../../../lib/contracts/database';
import { type Acquire, acquire } from '../../../lib/decide/database/order-rules';
import type { DatabaseRun } from '../../../lib/decide/database/state';
import { databaseStep } from '../../../lib/runtime/drive/database/step';
import { type RunEnd, runPlan } from '../../../lib/runtime/drive/database/walk';
import { transact } from '../../../lib/runtime/drive/transact';
import type { Hook } from '../mortal';
import { DatabaseProcess } from './process';
import { type DatabaseWorld, membersOf } from './world';

/** Takes the pair, as the prober or a person does. */
export async function acquired(world: DatabaseWorld, change: Partial<Acquire> = {}): Promise<DatabaseRun> {
  const answer = await transact(world.journal, 'app', (item) =>
    acquire(item, {
      pair: 'app',
      kind: 'failover',
      startedBy: 'prober',
      automatic: true,
      seenEpoch: item?.epoch ?? 0,
      nowMs: world.time.nowMs(),
      members: membersOf(world.database),
      ...change,
    }),
  );
  if (answer.kind !== 'acquired') throw new Error(answer.because.join('; '));
  return answer.run;
}

/** Calls one step in a process of its own; a process that dies is what Step Functions sees as an error. */
export const carryIn = (world: DatabaseWorld, hook?: Hook) => (input: DatabaseStepInput) =>
  new DatabaseProcess(world, hook).run((ports) => databaseStep(input, ports));

/** Walks the whole plan for a run. */
export const walked = (world: DatabaseWorld, run: DatabaseRun, hook?: Hook): Promise<RunEnd> =>
  world.time.run(runPlan({ pair: 'app', run: run.id, epoch: run.epoch }, carryIn(world, hook), world.time));

/** A minute after the primary died, seen by the prober at once. */
export async function outage(world: DatabaseWorld, change: Partial<Acquire> = {}): Promise<DatabaseRun> {
  await world.time.pass(600_000);
  world.killPrimary();
  const failedAtMs = world.time.nowMs();
  await world.time.pass(60_000);
  return acquired(world, { failedAtMs, gapsMs: { 'app-b1': 5_000, 'app-b2': 5_000 }, ...change });
}

/** What was announced, without the notes that only keep a record. */
export const said = (world: DatabaseWorld) =>
  world.announced.filter((e) => e.action !== 'note' || e.severity === 'critical').map((e) => `${e.severity} ${e.type}`);

/** The record of what ended, step by step. */
export const notes = (world: DatabaseWorld) =>
  world.announced.filter((e) => e.action === 'note' && e.severity !== 'critical').map((e) => e.type);

/** Names of all port calls that one whole run makes, in order. */
export async function callsOf(make: () => Promise<{ world: DatabaseWorld; run: DatabaseRun }>): Promise<readonly string[]> {
  const calls: string[] = [];
  const { world, run } = await make();
  await walked(world, run, (call, phase) => {
    if (phase === 'before') calls.push(call);
    return 'live';
  });
  return calls;
}

/** A hook that lets the process die once, at the n-th call. */
export function dieAt(n: number, phase: 'before' | 'after'): Hook {
  let seen = -1;
  let died = false;
  return (_call, at) => {
    if (at === 'before') seen += 1;
    if (died || seen !== n || at !== phase) return 'live';
    died = true;
    return 'die';
  };
}

/** What must hold whatever happened: no promotion without a latch that shows, and never two candidates. */
export function broken(world: DatabaseWorld): string[] {
  const wrong: string[] = [];
  const promotedAt = world.timeline.findIndex((entry) => entry.startsWith('promote'));
  const latchAt = world.timeline.indexOf('latch on');
  if (promotedAt >= 0 && (latchAt < 0 || latchAt > promotedAt)) wrong.push('promoted before the latch');
  if (promotedAt >= 0 && world.timeline.slice(0, promotedAt).includes('latch off'))
    wrong.push('promoted after the latch was lifted');
  if (new Set(world.orders.map((order) => order.split(' ')[1])).size > 1)
    wrong.push(`two candidates were ordered: ${world.orders}`);
  if (world.promotions.some((p) => !p.latchSeen)) wrong.push('promoted while Route 53 still let users to the old primary');
  if (world.promotions.length > 1) wrong.push(`${world.promotions.length} promotions had an effect`);
  return wrong;
}
