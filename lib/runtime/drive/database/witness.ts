import type { DatabaseRegistration } from '../../../contracts/database';
import type { PairRegistration } from '../../../contracts/registration';
import { type LeaseSeen, leaseLost, leaseWord } from '../../../decide/database/lease';
import {
  arrivedWithin,
  type HeartbeatSeen,
  probeWord,
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
  journaledWriter: string,
): Promise<Evidence> {
  const [probed, calm, heartbeat, lease] = await Promise.all([
    probeSite(ports, registration, 'primary'),
    calmBeacon(ports, registration, memory),
    readHeartbeats(ports, database, memory),
    readLease(ports, database, memory, journaledWriter),
  ]);
  const probe = probeWord(memory.probed(probed.kind === 'good'), probed.because);
  const quiet = probe.says === 'good' && (!heartbeat || heartbeat.seen.some((s) => s.writerAnswers === true));
  const facts: WriterFacts = {
    ...(heartbeat ? { heartbeat } : {}),
    ...(quiet ? { replication: [] } : await replicationOf(ports, database)),
  };
  const heard = (heartbeat?.seen ?? []).map(({ id, unchangedForMs, arrivedWithinMs, excess }) => ({
    id,
    unchangedForMs,
    ...(arrivedWithinMs === undefined ? {} : { withinMs: arrivedWithinMs }),
    ...(excess === undefined ? {} : { excess }),
  }));
  const nowMs = ports.time.nowMs();
  const writer =
    quiet && !heartbeat ? ({ says: 'unknown', because: 'nobody asked: the site answers' } as const) : writerWord(facts);
  memory.writer(speaksAgainstWriter(facts) || writer.says === 'silent', nowMs, heard);
  const wrong = probe.says !== 'good' || calm.says !== 'healthy' || writer.says === 'dead' || writer.says === 'silent';
  const outside = wrong ? await overTcp(ports, registration) : calm;
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
  memory: PairMemory,
): Promise<WriterFacts['heartbeat'] | undefined> {
  const settings = database.heartbeat;
  if (!settings) return undefined;
  const readings = await Promise.all(
    database.replicas.map(async (member) => {
      const askedMs = ports.time.nowMs();
      const reading = await ports.heartbeats.read(database, member);
      return { id: member.id, reading: reading.kind === 'unknown' ? reading : remembered(member.id, reading, askedMs) };
    }),
  );
  /** A reader that began after the last row, or was asked long before, knows little; whoever asks may have seen the one before. */
  function remembered(id: string, reading: HeartbeatReading, askedMs: number): HeartbeatReading {
    const withinMs = memory.rowWithin(id, `${reading.rowEpoch} ${reading.rowAtMs}`, askedMs, ports.time.nowMs());
    const arrivedWithinMs = arrivedWithin(reading.unchangedForMs, reading.arrivedWithinMs, withinMs);
    return arrivedWithinMs === undefined ? reading : { ...reading, arrivedWithinMs };
  }
  return {
    limitMs: settings.limitMs,
    seen: readings.flatMap(({ id, reading }) => (reading.kind === 'unknown' ? [] : [seenBy(id, reading)])),
    unread: readings.flatMap(({ id, reading }) => (reading.kind === 'unknown' ? [`${id}: ${reading.because}`] : [])),
  };
}

const seenBy = (id: string, { unchangedForMs, arrivedWithinMs, excess, writerAnswers }: HeartbeatReading): HeartbeatSeen => ({
  id,
  unchangedForMs,
  ...(arrivedWithinMs === undefined ? {} : { arrivedWithinMs }),
  ...(excess === undefined ? {} : { excess }),
  writerAnswers,
});

async function readLease(
  ports: WitnessPorts,
  database: DatabaseRegistration,
  memory: PairMemory,
  writer: string,
): Promise<Words['lease']> {
  const seen = database.lease && (await seeLease(ports, database.pair, memory, writer));
  const word = leaseWord(seen);
  memory.leaseLost = leaseLost(seen);
  memory.leaseStood(word.says === 'expired');
  return word;
}

async function seeLease(
  ports: WitnessPorts,
  pair: string,
  memory: PairMemory,
  writer: string,
): Promise<LeaseSeen | { readonly because: string }> {
  const askedMs = ports.stopwatch.elapsedMs();
  const lease = await ports.leases.read(pair);
  if (lease.kind !== 'lease') return lease;
  return { lease, writer, ...memory.leaseSeen(lease.rvn, askedMs, ports.stopwatch.elapsedMs()) };
}

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
