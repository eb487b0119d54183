import type { DatabaseMember, DatabaseRegistration, FenceSettings } from '../../../contracts/database';
import type { PairRegistration } from '../../../contracts/registration';
import { type BeaconLook, type CandidateLook, type FenceLook, type Looked, notReady } from '../../../decide/database/readiness';
import { isLookDue, noteLook, noteToTell, toTell } from '../../../decide/database/readiness-rules';
import { LOSS_WINDOW_MS } from '../../../decide/database/replica';
import { watchKey } from '../../../decide/database/run-rules';
import { isUnknown, tell } from '../drill/context';
import { transact } from '../transact';
import { beaconVerdict } from './look';
import type { ProberPorts } from './prober';

/**
 * Once a day, and more often while something is wrong: would a promotion work now? Says every reason in one page, and
 * closes it when none is left. What will be told is noted before, so that no incident is forgotten, and that it was told after:
 * twice is better than never.
 */
export async function lookForReadiness(
  ports: ProberPorts,
  registration: PairRegistration,
  database: DatabaseRegistration,
): Promise<void> {
  const { pair } = registration;
  const item = await ports.journal.read(pair);
  if (!item || !isLookDue(item, ports.time.nowMs())) return;
  const because = await reasons(ports, registration, database);
  const nowMs = ports.time.nowMs();
  const what = toTell(item.readiness, because, nowMs);
  if (what !== 'nothing') {
    await transact(ports.journal, pair, (found) => noteToTell(found, what));
    const incident = { incidentKey: watchKey(pair, 'readiness'), epoch: item.epoch };
    await tell(ports, registration, 'prober', {
      ...incident,
      ...(what === 'page'
        ? {
            type: 'database-not-ready',
            action: 'trigger',
            severity: 'error',
            summary: `${pair}: a failover would not go as planned: ${because.join('; ')}`,
            details: { because },
          }
        : {
            type: 'database-ready',
            action: 'resolve',
            severity: 'info',
            summary: `${pair}: nothing stands against a failover any more`,
          }),
    });
  }
  await transact(ports.journal, pair, (found) => noteLook(found, because, what === 'page', nowMs));
}

async function reasons(
  ports: ProberPorts,
  registration: PairRegistration,
  database: DatabaseRegistration,
): Promise<readonly string[]> {
  const [source, candidates, lease, beacons, fences] = await Promise.all([
    memberFacts(ports, database, database.source),
    Promise.all(database.replicas.map((member) => candidateLook(ports, database, member))),
    database.lease ? ports.leases.read(database.pair) : undefined,
    beaconLooks(ports, registration, database),
    Promise.all(database.fences.filter(isOwnAcl).map((fence) => fenceLook(ports, fence))),
  ]);
  return notReady({
    nowMs: ports.time.nowMs(),
    kind: database.kind,
    source,
    candidates,
    limits: database.limits,
    ...(database.heartbeat ? { heartbeatLimitMs: database.heartbeat.limitMs } : {}),
    ...(lease?.kind === 'unknown' ? { leaseUnknown: lease.because } : {}),
    beacons,
    fences,
  });
}

async function memberFacts(ports: ProberPorts, database: DatabaseRegistration, member: DatabaseMember) {
  const { id, region, engine } = member;
  return { id, region, engine, look: lookedAt(await ports.databases.look(database, member)) };
}

function lookedAt(view: Awaited<ReturnType<ProberPorts['databases']['look']>>): Looked {
  if (view.kind === 'unknown') return { unknown: view.because };
  return view.kind === 'absent' ? { absent: true } : view;
}

async function candidateLook(ports: ProberPorts, database: DatabaseRegistration, member: DatabaseMember): Promise<CandidateLook> {
  const nowMs = ports.time.nowMs();
  const fromMs = nowMs - Math.max(LOSS_WINDOW_MS, database.limits.sampleAgeMs);
  const [facts, samples, heartbeat] = await Promise.all([
    memberFacts(ports, database, member),
    ports.lags.samples(database, member, fromMs, nowMs),
    database.heartbeat ? ports.heartbeats.read(database, member) : undefined,
  ]);
  return {
    ...facts,
    ...(isUnknown(samples) ? { samples: [], samplesUnknown: samples.because } : { samples }),
    ...(heartbeat === undefined ? {} : { heartbeat: isUnknown(heartbeat) ? { unknown: heartbeat.because } : heartbeat }),
  };
}

/** What the steps of a run will ask: latch, both sides as they are allowed, and the standby's own health. */
async function beaconLooks(ports: ProberPorts, registration: PairRegistration, database: DatabaseRegistration) {
  const { latch, primaryAllowed, standbyAllowed } = database.latch.beacons;
  const { standby } = registration.beacons;
  const names = [latch, primaryAllowed, standbyAllowed, ...(standby === undefined ? [] : [standby])];
  return Promise.all(
    names.map(async (name): Promise<BeaconLook> => {
      const { kind, because } = await beaconVerdict(ports, registration, name);
      return { name, says: kind, because };
    }),
  );
}

type AclFence = Extract<FenceSettings, { kind: 'networkAcl' }>;

/** A role of another account may swap, so whoever only looks does not take it. */
const isOwnAcl = (fence: FenceSettings): fence is AclFence => fence.kind === 'networkAcl' && fence.roleArn === undefined;

async function fenceLook(ports: ProberPorts, fence: AclFence): Promise<FenceLook> {
  const seen = await ports.aclLooks.look(fence);
  return { fence, seen: isUnknown(seen) ? { unknown: seen.because } : seen };
}
