import type { DatabaseMember, DatabaseRegistration } from '../../../contracts/database';
import type { PairRegistration } from '../../../contracts/registration';
import { backupNear } from '../../../decide/database/backup-windows';
import { type CandidateFacts, LOSS_WINDOW_MS } from '../../../decide/database/replica';
import { lasting } from '../../../decide/database/words';
import { beaconSays } from '../../../decide/drill/site';
import { isUnknown } from '../drill/context';
import { serversOf } from '../drill/look';
import type { DatabasePorts, StepContext } from './context';

/** A UDP answer can be forged, and one server alone may be behind: what promotes asks at least this many, over TCP. */
export const SERVERS_NEEDED = 2;

/** What the zone's own servers say about one beacon, when they agree. */
export type BeaconVerdict = { readonly kind: 'healthy' | 'unhealthy' | 'unknown'; readonly because: string };

/**
 * Asks every authoritative server over TCP. A verdict takes two servers that say it and none that says otherwise;
 * servers that do not answer are not counted.
 */
export async function beaconVerdict(
  ports: Pick<DatabasePorts, 'dns'>,
  registration: PairRegistration,
  name: string,
): Promise<BeaconVerdict> {
  const servers = await serversOf(ports.dns, registration);
  if (isUnknown(servers)) return { kind: 'unknown', because: `the name servers are unknown: ${servers.because}` };
  const answers = await Promise.all(servers.map((server) => ports.dns.ask(server, name, 'TXT', 'tcp')));
  const said = answers.map((answer) => beaconSays(answer.kind === 'answer' ? answer.values : undefined));
  const healthy = said.filter((s) => s === 'healthy').length;
  const unhealthy = said.filter((s) => s === 'unhealthy').length;
  const tally = `${name}: ${healthy} servers say healthy, ${unhealthy} say unhealthy, of ${servers.length}`;
  if (healthy >= SERVERS_NEEDED && unhealthy === 0) return { kind: 'healthy', because: tally };
  if (unhealthy >= SERVERS_NEEDED && healthy === 0) return { kind: 'unhealthy', because: tally };
  return { kind: 'unknown', because: tally };
}

/** What is known about one candidate, around the failure. */
export async function factsOf(
  ports: Pick<DatabasePorts, 'databases' | 'lags' | 'time'>,
  database: DatabaseRegistration,
  member: DatabaseMember,
  failedAtMs: number,
  gap: Pick<CandidateFacts, 'gapMs' | 'unheardMs' | 'excess'> = {},
): Promise<CandidateFacts> {
  const { sampleAgeMs } = database.limits;
  const fromMs = failedAtMs - Math.max(LOSS_WINDOW_MS, sampleAgeMs);
  const [view, samples] = await Promise.all([
    ports.databases.look(database, member),
    ports.lags.samples(database, member, fromMs, failedAtMs),
  ]);
  return {
    id: member.id,
    priority: member.priority,
    ...viewFacts(view, ports.time.nowMs()),
    ...(isUnknown(samples) ? { samples: [], samplesUnknown: samples.because } : { samples }),
    ...gap,
  };
}

function viewFacts(
  view: Awaited<ReturnType<DatabasePorts['databases']['look']>>,
  nowMs: number,
): Pick<CandidateFacts, 'view' | 'viewUnknown'> {
  if (view.kind === 'unknown') return { viewUnknown: view.because };
  if (view.kind === 'absent') return { viewUnknown: 'there is no such database' };
  const { status, replicaOf, isWriter, backupWindow, backupRetentionDays } = view;
  return {
    view: {
      status,
      ...(replicaOf === undefined ? {} : { replicaOf }),
      ...(isWriter === undefined ? {} : { isWriter }),
      ...(backupNear(backupWindow, backupRetentionDays, nowMs) ? { backupNear: `${backupWindow} UTC` } : {}),
    },
  };
}

/**
 * Why the writer must be taken for alive again, or nothing. It is asked for automatic runs only: a person who orders a
 * failover of a living writer means it.
 */
export async function writerIsBack(context: StepContext): Promise<string | undefined> {
  const { ports, database, run } = context;
  const { heartbeat } = database;
  if (!run.automatic || !heartbeat) return undefined;
  const readings = await Promise.all(database.replicas.map((member) => ports.heartbeats.read(database, member)));
  for (const reading of readings) {
    if (reading.kind === 'unknown') continue;
    // Behind a verified fence a writer may still answer a ping; new rows it cannot write.
    if (reading.writerAnswers === true && run.fence === undefined) return 'the writer answers again';
    if (reading.unchangedForMs <= heartbeat.limitMs) {
      return `the writer wrote a heartbeat row again, ${lasting(reading.unchangedForMs)} ago`;
    }
  }
  return undefined;
}
