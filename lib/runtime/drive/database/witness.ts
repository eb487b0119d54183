import type { DatabaseRegistration } from '../../../contracts/database';
import type { PairRegistration } from '../../../contracts/registration';
import {
  type HeartbeatSeen,
  leaseWord,
  probeWord,
  type Said,
  STEAL_MS,
  speaksAgainstWriter,
  type Words,
  type WriterFacts,
  writerWord,
} from '../../../decide/database/witnesses';
import { beaconSays } from '../../../decide/drill/site';
import type { HeartbeatReading } from '../../ports/database';
import { isUnknown } from '../drill/context';
import { probeSite, serversOf } from '../drill/look';
import { beaconVerdict, SERVERS_NEEDED } from './look';
import type { PairMemory } from './memory';
import type { ProberPorts } from './prober';

/** Whoever orders hears the witnesses too. */
type WitnessPorts = Omit<ProberPorts, 'aclLooks'>;

export interface Evidence {
  readonly words: Words;
  /** False while no witness speaks against the primary. */
  readonly anything: boolean;
}

/** Asks all witnesses at once. Calm ticks ask by UDP; as soon as anything is wrong, Route 53 is asked over TCP. */
export async function gather(
  ports: WitnessPorts,
  registration: PairRegistration,
  database: DatabaseRegistration,
  memory: PairMemory,
): Promise<Evidence> {
  const [probed, calm, heartbeat, lease] = await Promise.all([
    probeSite(ports, registration, 'primary'),
    calmBeacon(ports, registration, memory),
    readHeartbeats(ports, database),
    readLease(ports, database, memory),
  ]);
  const probe = probeWord(memory.probed(probed.kind === 'good'), probed.because);
  const quiet = probe.says === 'good' && (!heartbeat || heartbeat.seen.some((s) => s.writerAnswers === true));
  const facts: WriterFacts = {
    ...(heartbeat ? { heartbeat } : {}),
    ...(quiet ? { replication: [] } : await replicationOf(ports, database)),
  };
  const gaps = Object.fromEntries((heartbeat?.seen ?? []).map((s) => [s.id, s.arrivedWithinMs ?? s.unchangedForMs]));
  const nowMs = ports.time.nowMs();
  const writer =
    quiet && !heartbeat ? ({ says: 'unknown', because: 'nobody asked: the site answers' } as const) : writerWord(facts);
  memory.writer(speaksAgainstWriter(facts) || writer.says === 'silent', nowMs, gaps);
  const wrong = probe.says !== 'good' || calm.says !== 'healthy' || writer.says === 'dead' || writer.says === 'silent';
  const outside = wrong ? await overTcp(ports, registration) : calm;
  memory.leaseLost = lease.says === 'expired';
  const words: Words = { outside, probe, writer, lease };
  const anything =
    probe.says !== 'good' || outside.says === 'unhealthy' || writer.says === 'dead' || memory.writerSinceMs !== undefined;
  return { words, anything };
}

async function overTcp(ports: WitnessPorts, registration: PairRegistration): Promise<Words['outside']> {
  const verdict = await beaconVerdict(ports, registration, registration.beacons.primary);
  return { says: verdict.kind, because: verdict.because };
}

/** Two servers, by UDP, each asked once: enough to notice, never enough to act. */
async function calmBeacon(ports: WitnessPorts, registration: PairRegistration, memory: PairMemory): Promise<Words['outside']> {
  if (!memory.servers) {
    const found = await serversOf(ports.dns, registration);
    if (isUnknown(found)) return { says: 'unknown', because: `the name servers are unknown: ${found.because}` };
    memory.servers = found;
  }
  const name = registration.beacons.primary;
  const said = await Promise.all(
    memory.servers.slice(0, SERVERS_NEEDED).map(async (server) => {
      const answer = await ports.dns.ask(server, name, 'TXT');
      return beaconSays(answer.kind === 'answer' ? answer.values : undefined);
    }),
  );
  const says = said.every((s) => s === 'healthy') ? 'healthy' : said.every((s) => s === 'unhealthy') ? 'unhealthy' : 'unknown';
  return { says, because: `${name}: ${said.join(', ')}` };
}

async function readHeartbeats(
  ports: WitnessPorts,
  database: DatabaseRegistration,
): Promise<WriterFacts['heartbeat'] | undefined> {
  const settings = database.heartbeat;
  if (!settings) return undefined;
  const readings = await Promise.all(
    database.replicas.map(async (member) => ({ id: member.id, reading: await ports.heartbeats.read(database, member) })),
  );
  return {
    limitMs: settings.limitMs,
    seen: readings.flatMap(({ id, reading }) => (reading.kind === 'unknown' ? [] : [seenBy(id, reading)])),
    unread: readings.flatMap(({ id, reading }) => (reading.kind === 'unknown' ? [`${id}: ${reading.because}`] : [])),
  };
}

const seenBy = (id: string, { unchangedForMs, arrivedWithinMs, writerAnswers }: HeartbeatReading): HeartbeatSeen => ({
  id,
  unchangedForMs,
  ...(arrivedWithinMs === undefined ? {} : { arrivedWithinMs }),
  writerAnswers,
});

async function readLease(ports: WitnessPorts, database: DatabaseRegistration, memory: PairMemory): Promise<Words['lease']> {
  if (!database.lease) return leaseWord(undefined);
  const lease = await ports.leases.read(database.pair);
  if (lease.kind === 'unknown') return leaseWord({ because: lease.because });
  const unchangedForMs = memory.leaseUnchangedMs(lease.rvn, ports.time.nowMs());
  // A fresh observer has not watched long enough to call it renewed.
  if (memory.ticks * 5_000 <= STEAL_MS && unchangedForMs < STEAL_MS) return young(unchangedForMs);
  return leaseWord({ unchangedForMs });
}

const young = (ms: number): Said<'unknown'> => ({ says: 'unknown', because: `the lease was watched for ${ms} ms only` });

/** Weak evidence: replication that stands still. And the service's own word, where it has one about the writer. */
async function replicationOf(
  ports: WitnessPorts,
  database: DatabaseRegistration,
): Promise<Pick<WriterFacts, 'replication' | 'serviceStatus'>> {
  const [source, ...views] = await Promise.all(
    [database.source, ...database.replicas].map((member) => ports.databases.look(database, member)),
  );
  const replication = views.flatMap((view) =>
    view?.kind === 'member' && view.replicating === false ? [`${view.id} does not replicate`] : [],
  );
  const own = database.kind === 'readReplicas' || database.kind === 'custom' ? undefined : source;
  return { replication, ...(own?.kind === 'member' ? { serviceStatus: own.status } : {}) };
}
