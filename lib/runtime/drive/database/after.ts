/** The steps after the promotion. Nothing here is undone; what cannot be finished is paged. */

import { fencesAfter } from '../../../decide/database/fences';
import { careOf } from '../../../decide/database/lease';
import { endRun, setWriterName } from '../../../decide/database/promotion-rules';
import { lossText } from '../../../decide/database/replica';
import { givenUpIncidents, noteResult, setLatch, suspectedIncidents } from '../../../decide/database/run-rules';
import { DATABASE_RUN_METRIC, pairDimensions } from '../../../decide/metrics';
import { tell } from '../drill/context';
import { probeSite } from '../drill/look';
import { transact } from '../transact';
import { again, done, idle, lost, memberOf, type StepContext, type StepSaid, stuck, tellRun } from './context';
import { beaconVerdict } from './look';
import { standsAlone } from './promote';

/** Probes in a row that the new side must pass. */
const PASSES = 3;

/** Points everybody who asks for the writer at the new one. */
export async function repointWriter(context: StepContext): Promise<StepSaid> {
  const { ports, pair, key, database, run } = context;
  if (run.kind === 'failback') {
    const off = await transact(ports.journal, pair, (item) => setLatch(item, key, false));
    if (off.kind === 'lost') return lost(off.because);
    if (off.kind === 'refused') return stuck(off.because);
  }
  const set = await transact(ports.journal, pair, (item) => setWriterName(item, key));
  if (set.kind === 'lost') return lost(set.because);
  if (set.kind === 'refused') return stuck(set.because);
  const { latch, writerName, writer } = set.database;
  const published = await ports.latchPanel.publish(database, { on: latch.on, hold: latch.hold !== undefined }, writerName);
  if (published !== 'published') return again(`the writer name was not published: ${published.because}`);
  const member = memberOf(database, set.database, writer);
  if (!member) return stuck(`${writer} writes and is not registered`);
  if (database.writerParameter !== undefined) {
    const pointed = await ports.pointer.set(database.writerParameter, `${member.endpoint}:${member.port}`, key.epoch);
    if (pointed === 'newer') return lost('the writer parameter carries a newer epoch');
    if (pointed !== 'set') return again(`the writer parameter was not set: ${pointed.because}`);
  }
  const handed = await handOver(context, writer);
  return done(`${writer} is the writer`, ...handed, ...(run.kind === 'failback' ? [] : await stopOld(context)));
}

/** From the run to the new writer, whose renewer goes on. Best effort: the prober does it each minute once the run is over. */
async function handOver({ ports, pair, key, database }: StepContext, writer: string): Promise<string[]> {
  if (!database.lease) return [];
  const care = careOf(await ports.leases.read(pair), { epoch: key.epoch, writer });
  if (care.kind !== 'hand-over') return care.kind === 'amiss' ? [care.because] : [];
  const taken = await ports.leases.take(pair, care.rvn, key.epoch, writer);
  return [taken === 'taken' ? `${writer} has the lease` : `the lease was not handed over to ${writer}`];
}

/** Only now can an instance be stopped that the promoted replica hung on. Best effort: the latch keeps it out anyway. */
async function stopOld({ ports, database, key }: StepContext): Promise<string[]> {
  const raised = await Promise.all(
    fencesAfter(database.fences).map(async ({ name, fence }) => {
      const answer = await ports.fences.raise(fence, key.epoch);
      return answer.kind === 'up' ? `${name} is up at ${answer.level}` : `${name} is down: ${answer.because}`;
    }),
  );
  return raised;
}

/** Pools hold on to dead addresses for minutes; a restart lets go of them. */
export async function refreshApplications(context: StepContext): Promise<StepSaid> {
  const { ports, pair, key, database, run, step } = context;
  if (database.refresh.length === 0) return idle('no application is to be refreshed');
  const before = (step.result as { finished?: readonly number[] } | undefined)?.finished ?? [];
  const answers = await Promise.all(
    database.refresh.map(async (what, n) =>
      before.includes(n) ? ('done' as const) : ports.applications.refresh(what, `${run.id}-${n}`),
    ),
  );
  const finished = answers.flatMap((answer, n) => (answer === 'done' ? [n] : []));
  if (finished.length === answers.length) return done(`${finished.length} applications were refreshed`);
  await transact(ports.journal, pair, (item) => noteResult(item, key, 'refresh_applications', { finished }));
  return again(
    ...answers.flatMap((answer, n) => {
      const what = `${database.refresh[n]?.kind} ${n}`;
      if (answer === 'done') return [];
      return [answer === 'started' ? `${what} is under way` : `${what} was not refreshed: ${answer.because}`];
    }),
  );
}

/** The new writer stands, users may reach its side, and that side answers. */
export async function verify(context: StepContext): Promise<StepSaid> {
  const { ports, registration, database, state, key } = context;
  const member = memberOf(database, state, state.writer);
  if (!member) return stuck(`${state.writer} writes and is not registered`);
  const side = state.active;
  const allowed = side === 'standby' ? database.latch.beacons.standbyAllowed : database.latch.beacons.primaryAllowed;
  const [view, beacon] = await Promise.all([ports.databases.look(database, member), beaconVerdict(ports, registration, allowed)]);
  if (view.kind !== 'member') return again(`${member.id} cannot be looked at`);
  if (!standsAlone(view, database.kind)) return again(`${member.id} is ${view.status} and does not stand alone`);
  if (beacon.kind !== 'healthy') return again('users are not let to the new side yet', beacon.because);
  for (let n = 0; n < PASSES; n += 1) {
    if (n > 0) await ports.time.sleep(1_000);
    const seen = await probeSite(ports, registration, side);
    if (seen.kind !== 'good') return again(`probe ${n + 1} of the ${side} failed: ${seen.because}`);
  }
  return done(`${member.id} writes, users reach the ${side}`, ...(await newRows(context, key.epoch)));
}

/** A heartbeat row of the new epoch is the best proof there is; its absence proves nothing, because users install it. */
async function newRows({ ports, database, state }: StepContext, epoch: number): Promise<string[]> {
  const member = memberOf(database, state, state.writer);
  if (!database.heartbeat || !member) return [];
  const reading = await ports.heartbeats.read(database, member);
  if (reading.kind === 'unknown') return [`the heartbeat is unknown: ${reading.because}`];
  return [
    reading.rowEpoch >= epoch
      ? `heartbeat rows carry epoch ${reading.rowEpoch}`
      : `heartbeat rows still carry epoch ${reading.rowEpoch}`,
  ];
}

/** Tells first and ends the run last: an announcement may come twice, never not at all. */
export async function announce(context: StepContext): Promise<StepSaid> {
  const { ports, pair, key, registration, run, state } = context;
  const tookSec = Math.round((ports.time.nowMs() - run.startedAtMs) / 1000);
  try {
    await tellRun(context, {
      type: `${run.kind}-done`,
      action: 'resolve',
      severity: 'info',
      summary: `${pair}: ${state.writer} writes at epoch ${key.epoch}, ${tookSec} s after the run began`,
      details: {
        writer: state.writer,
        active: state.active,
        lossMs: run.loss?.ms,
        basis: run.loss?.basis,
        fence: run.fence,
        tookSec,
      },
    });
    // What the prober paged while it gathered evidence ends here too.
    for (const one of [...suspectedIncidents(pair, state), ...givenUpIncidents(pair, state)]) await resolveOpen(context, one);
  } catch (error) {
    return again(`the end was not announced: ${(error as Error).message}`);
  }
  await publishRun(context, registration.namespace, tookSec);
  const because = [`${state.writer} writes`, ...(run.loss ? [`the loss was judged: ${lossText(run.loss)}`] : [])];
  const ended = await transact(ports.journal, pair, (item) => endRun(item, key, because, ports.time.nowMs()));
  if (ended.kind === 'lost') return lost(ended.because);
  return ended.kind === 'refused' ? stuck(ended.because) : done(...because);
}

function resolveOpen({ ports, pair, key, registration }: StepContext, incident: string): Promise<void> {
  return tell(ports, registration, 'database-step', {
    type: 'primary-replaced',
    incidentKey: incident,
    epoch: key.epoch,
    action: 'resolve',
    severity: 'info',
    summary: `${pair}: the writer was replaced at epoch ${key.epoch}`,
  });
}

async function publishRun({ ports, pair, run }: StepContext, namespace: string, tookSec: number): Promise<void> {
  const dimensions = pairDimensions(namespace, pair);
  try {
    await ports.metrics.publish([
      { name: DATABASE_RUN_METRIC.runSeconds, value: tookSec, unit: 'Seconds', dimensions },
      ...(run.loss
        ? [{ name: DATABASE_RUN_METRIC.lossSeconds, value: run.loss.ms / 1000, unit: 'Seconds' as const, dimensions }]
        : []),
    ]);
  } catch (error) {
    ports.log.error('the figures of a run were not published', { because: (error as Error).message });
  }
}
