import type { DatabaseRegistration } from '../../../contracts/database';
import type { PairRegistration } from '../../../contracts/registration';
import { careOf } from '../../../decide/database/lease';
import { claimKey } from '../../../decide/database/run-rules';
import { claimOf } from '../../../decide/database/split-brain';
import type { DatabaseState } from '../../../decide/database/state';
import { noteProtection, noteSplitBrain } from '../../../decide/database/watch-rules';
import { beaconSays } from '../../../decide/drill/site';
import type { JournalItem } from '../../../decide/journal';
import { DATABASE_METRIC, pairDimensions } from '../../../decide/metrics';
import { isUnknown, tellIfPossible } from '../drill/context';
import { nameAt, serversOf } from '../drill/look';
import { transact } from '../transact';
import type { PairMemory } from './memory';
import type { ProberPorts } from './prober';

/** Once per prober run: could anything take over, is the lease the writer's, and does anybody else claim to write? */
export async function protection(
  ports: ProberPorts,
  registration: PairRegistration,
  database: DatabaseRegistration,
): Promise<void> {
  const item = await ports.journal.read(registration.pair);
  const state = item?.database;
  if (!item || !state || state.run) return;
  await noteReplicas(ports, registration.pair, database, state);
  if (database.lease) await careForLease(ports, registration.pair, { epoch: item.epoch, writer: state.writer });
  if (state.active === 'standby') await lookForClaims(ports, registration, database, item, state);
}

/** The journal says who writes, and the lease follows it: it is offered once, and handed over after a crash. */
async function careForLease(ports: ProberPorts, pair: string, journal: { readonly epoch: number; readonly writer: string }) {
  const { leases, log } = ports;
  const care = careOf(await leases.read(pair), journal);
  if (care.kind === 'well') return;
  if (care.kind === 'amiss') return log.error('the lease is amiss', { pair, because: care.because });
  const { epoch, writer } = journal;
  const answer =
    care.kind === 'offer' ? await leases.offer(pair, epoch, writer) : await leases.take(pair, care.rvn, epoch, writer);
  log.info(`the lease: ${care.kind} to ${writer}`, { pair, epoch, answer });
}

/** A look that fails says nothing, so it changes nothing. */
async function noteReplicas(
  ports: ProberPorts,
  pair: string,
  database: DatabaseRegistration,
  state: DatabaseState,
): Promise<void> {
  const members = state.active === 'primary' ? database.replicas : state.rebuilt ? [{ ...state.rebuilt, priority: 0 }] : [];
  if (members.length === 0) return;
  const views = await Promise.all(members.map((member) => ports.databases.look(database, member)));
  const stands = views.some((view) => view.kind === 'member' && view.replicaOf === state.writer);
  if (!stands && views.some((view) => view.kind === 'unknown')) return;
  await transact(ports.journal, pair, (found) => noteProtection(found, stands, ports.time.nowMs()));
}

async function lookForClaims(
  ports: ProberPorts,
  registration: PairRegistration,
  database: DatabaseRegistration,
  item: JournalItem,
  state: DatabaseState,
): Promise<void> {
  const { pair } = registration;
  const servers = await serversOf(ports.dns, registration);
  const asked = isUnknown(servers) ? [] : servers;
  const [names, latches, oldWriter] = await Promise.all([
    Promise.all(asked.map(async (server) => ({ server, name: await nameAt(ports.dns, server, registration) }))),
    Promise.all(
      asked.map(async (server) => beaconSays(valuesOf(await ports.dns.ask(server, database.latch.beacons.latch, 'TXT', 'tcp')))),
    ),
    oldRows(ports, database, state),
  ]);
  const claim = claimOf({
    epoch: item.epoch,
    ...(oldWriter ? { oldWriter } : {}),
    astray: names.flatMap(({ server, name }) => (name === 'primary' ? [server] : [])),
    latch: latches.some((s) => s === 'healthy') ? 'healthy' : latches.every((s) => s === 'unhealthy') ? 'unhealthy' : 'unknown',
  });
  if (claim.kind === 'none') return;
  await tellIfPossible(ports, registration, 'prober', {
    type: 'split-brain',
    incidentKey: claimKey(pair, item.epoch),
    epoch: item.epoch,
    action: 'trigger',
    severity: 'critical',
    summary: `${pair}: ${state.writer} writes, and ${claim.because}; ${fenceText(database, state)}`,
  });
  await transact(ports.journal, pair, (found) => noteSplitBrain(found, claim.because, ports.time.nowMs()));
}

/** What happens about it by itself. */
function fenceText({ fences }: DatabaseRegistration, { keptOut }: DatabaseState): string {
  if (keptOut?.loweredBy !== undefined) return `no fence goes up: ${keptOut.loweredBy} let ${keptOut.id} through`;
  if (!keptOut || fences.length === 0) return 'no fence is configured: stop the other one by hand, before anything else';
  return `the fences against ${keptOut.id} are raised anew now`;
}

async function oldRows(ports: ProberPorts, database: DatabaseRegistration, state: DatabaseState) {
  if (!database.heartbeat || state.writer === database.source.id) return undefined;
  const reading = await ports.heartbeats.read(database, database.source);
  if (reading.kind === 'unknown') return undefined;
  const { rowEpoch, unchangedForMs } = reading;
  return { id: database.source.id, rowEpoch, unchangedForMs, limitMs: database.heartbeat.limitMs };
}

const valuesOf = (answer: Awaited<ReturnType<ProberPorts['dns']['ask']>>) =>
  answer.kind === 'answer' ? answer.values : undefined;

/** Ticks between two publications: about a minute. */
const PUBLISH_TICKS = 12;

/** Says each minute, and with the first tick, that somebody watches, and what stands. */
export async function publishWatch(ports: ProberPorts, registration: PairRegistration, memory: PairMemory): Promise<void> {
  if (memory.ticks % PUBLISH_TICKS !== 1) return;
  const item = await ports.journal.read(registration.pair);
  const state = item?.database;
  if (!item || !state) return;
  const dimensions = pairDimensions(registration.namespace, registration.pair);
  const flag = (name: string, on: boolean) => ({ name, value: on ? 1 : 0, unit: 'Count' as const, dimensions });
  await ports.metrics.publish([
    { name: DATABASE_METRIC.ticks, value: memory.ticks - memory.published, unit: 'Count', dimensions },
    flag(DATABASE_METRIC.stuck, state.state === 'STUCK'),
    flag(DATABASE_METRIC.unprotected, state.unprotectedSinceMs !== undefined),
    flag(DATABASE_METRIC.splitBrain, state.splitBrain !== undefined),
    flag(DATABASE_METRIC.standbyWrites, state.active === 'standby'),
    { name: DATABASE_METRIC.epoch, value: item.epoch, unit: 'Count', dimensions },
    ...(memory.leaseLost === undefined ? [] : [flag(DATABASE_METRIC.leaseLost, memory.leaseLost)]),
  ]);
  memory.published = memory.ticks;
}
