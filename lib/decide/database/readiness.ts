/**
 * The daily look at a database that nobody has failed over: would a promotion work now? What synth cannot know is said
 * here, all at once, and not first on the night when it is needed.
 */

import { windowsMeet } from './backup-windows';
import { fenceName } from './fences';
import { type CandidateFacts, lossOf, type ReplicaLimits } from './replica';
import type { FenceSettings } from './settings';
import { lasting } from './words';

/** What the service says of one member; absent: `unknown` has the reason. */
export interface MemberLook {
  readonly status: string;
  readonly engine?: string;
  readonly engineVersion?: string;
  readonly replicaOf?: string;
  readonly replicating?: boolean;
  readonly isWriter?: boolean;
  readonly backupRetentionDays?: number;
  readonly backupWindow?: string;
  readonly managedSecret?: boolean;
}

export type Looked = MemberLook | { readonly absent: true } | { readonly unknown: string };

export interface MemberFacts {
  readonly id: string;
  readonly region: string;
  /** As registered. */
  readonly engine: string;
  readonly look: Looked;
}

export interface CandidateLook extends MemberFacts {
  readonly samples: CandidateFacts['samples'];
  readonly samplesUnknown?: string;
  /** Absent where there is no heartbeat. */
  readonly heartbeat?:
    | { readonly unchangedForMs: number; readonly writerAnswers: boolean | 'unknown' }
    | { readonly unknown: string };
}

export interface BeaconLook {
  readonly name: string;
  readonly says: 'healthy' | 'unhealthy' | 'unknown';
  readonly because: string;
}

/** A network ACL that shuts the old writer in, as it stands in peace. */
export interface FenceLook {
  readonly fence: Extract<FenceSettings, { kind: 'networkAcl' }>;
  readonly seen:
    | { readonly unknown: string }
    | {
        /** ACL of each subnet that was found. */
        readonly aclOf: Readonly<Record<string, string>>;
        /** Whether each of the two ACLs exists, and whether it lets anything through. */
        readonly allows: Readonly<Record<string, boolean>>;
      };
}

export interface ReadinessFacts {
  readonly nowMs: number;
  readonly kind: string;
  readonly source: MemberFacts;
  readonly candidates: readonly CandidateLook[];
  readonly limits: ReplicaLimits;
  readonly heartbeatLimitMs?: number;
  /** Why the lease cannot be read; absent when it can, or when there is none. */
  readonly leaseUnknown?: string;
  readonly beacons: readonly BeaconLook[];
  readonly fences: readonly FenceLook[];
}

/** Every reason why a failover could not go as planned. None: ready. */
export function notReady(facts: ReadinessFacts): string[] {
  const { source, candidates } = facts;
  return [
    ...againstSource(source, facts.kind),
    ...candidates.flatMap((candidate) => againstCandidate(candidate, facts)),
    ...againstWindows(candidates),
    ...(facts.leaseUnknown === undefined ? [] : [`the lease cannot be read: ${facts.leaseUnknown}`]),
    ...facts.beacons.flatMap(againstBeacon),
    ...facts.fences.flatMap(againstFence),
  ];
}

/** RDS, not Aurora and not what only a function of the user's knows. */
const isReplicated = (kind: string) => kind === 'readReplicas';

function againstSource(source: MemberFacts, kind: string): string[] {
  const { id, look } = source;
  if (!isSeen(look)) return [unseen(source, look)];
  const because = [...wrongEngine(source, look)];
  if (look.isWriter === false || look.replicaOf !== undefined) {
    because.push(`${id} is registered as the writer and replicates from ${look.replicaOf ?? 'another one'}`);
  }
  if (isReplicated(kind) && look.backupRetentionDays === 0) {
    because.push(`${id} keeps no backups (retention 0 days), and RDS replicates only from what is backed up`);
  }
  if (isReplicated(kind) && look.managedSecret === true) {
    because.push(`${id} has a password that RDS manages (MasterUserSecret), and no replica can be made of such an instance`);
  }
  return because;
}

/** States in which a promotion waits or does not begin. A backup is short; when two clash is looked at by the window. */
const READY_STATES: readonly string[] = ['available', 'backing-up'];

function againstCandidate(candidate: CandidateLook, facts: ReadinessFacts): string[] {
  const { look } = candidate;
  return [
    ...(isSeen(look) ? [...wrongEngine(candidate, look), ...againstLook(candidate, look, facts)] : [unseen(candidate, look)]),
    ...againstLag(candidate, facts),
    ...againstHeartbeat(candidate, facts),
  ];
}

function againstLook({ id }: CandidateLook, look: MemberLook, { kind, source }: ReadinessFacts): string[] {
  const because: string[] = [];
  if (look.isWriter === true) because.push(`${id} is registered as a replica and is itself a writer`);
  else if (look.replicaOf === undefined) because.push(`${id} replicates from nothing`);
  else if (look.replicaOf !== source.id) because.push(`${id} replicates from ${look.replicaOf}, not from ${source.id}`);
  if (look.replicating === false) because.push(`replication to ${id} stands still`);
  if (!READY_STATES.includes(look.status)) because.push(`${id} is ${look.status}, not available`);
  if (isReplicated(kind) && look.backupRetentionDays === 0) {
    because.push(`${id} keeps no backups (retention 0 days), so that nothing could be restored after a promotion`);
  }
  if (isReplicated(kind) && look.managedSecret === true) {
    because.push(
      `${id} has a password that RDS manages (MasterUserSecret), so that no primary could be rebuilt from it; use a secret of your own`,
    );
  }
  const version = isSeen(source.look) ? source.look.engineVersion : undefined;
  if (kind === 'auroraGlobal' && version !== undefined && look.engineVersion !== undefined && look.engineVersion !== version) {
    because.push(
      `${id} runs ${look.engineVersion} and ${source.id} ${version}; a global database fails over between equal versions`,
    );
  }
  return because;
}

function againstLag(candidate: CandidateLook, { nowMs, limits }: ReadinessFacts): string[] {
  const loss = lossOf(candidate, nowMs, limits);
  if ('because' in loss) return [`${candidate.id} could not be chosen: ${loss.because}`];
  return loss.ms > limits.lagMs ? [`${candidate.id} is ${lasting(loss.ms)} behind, limit ${lasting(limits.lagMs)}`] : [];
}

function againstHeartbeat({ id, heartbeat }: CandidateLook, { heartbeatLimitMs, source }: ReadinessFacts): string[] {
  if (!heartbeat || heartbeatLimitMs === undefined) return [];
  if ('unknown' in heartbeat) return [`the heartbeat on ${id} cannot be read: ${heartbeat.unknown}`];
  const because: string[] = [];
  if (heartbeat.unchangedForMs > heartbeatLimitMs) {
    because.push(
      `the heartbeat on ${id} is unchanged for ${lasting(heartbeat.unchangedForMs)}, limit ${lasting(heartbeatLimitMs)}`,
    );
  }
  if (heartbeat.writerAnswers === 'unknown') {
    because.push(`the reader beside ${id} cannot tell whether ${source.id} answers, so that nothing would fail over by itself`);
  }
  return because;
}

/** Two candidates in `backing-up` at once leave nothing to promote. One alone has nobody to clash with. */
function againstWindows(candidates: readonly CandidateLook[]): string[] {
  const windows = candidates.flatMap(({ id, look }) =>
    isSeen(look) && look.backupWindow !== undefined && look.backupRetentionDays !== 0 ? [{ id, window: look.backupWindow }] : [],
  );
  const every = windows.length === candidates.length && windows.length > 1;
  if (!every || !windowsMeet(windows.map(({ window }) => window))) return [];
  const said = windows.map(({ id, window }) => `${id} at ${window}`).join(', ');
  return [`all candidates are backed up at the same time (${said} UTC), and none of them can be promoted meanwhile`];
}

const againstBeacon = ({ name, says, because }: BeaconLook): string[] =>
  says === 'healthy' ? [] : [`the beacon ${name} is ${says}: ${because}`];

function againstFence({ fence, seen }: FenceLook): string[] {
  const name = `fence ${fenceName(fence)}`;
  if ('unknown' in seen) return [`${name} cannot be looked at: ${seen.unknown}`];
  const { denyAcl, openAcl, subnets } = fence;
  const because = [denyAcl, openAcl].filter((acl) => seen.allows[acl] === undefined).map((acl) => `${name}: there is no ${acl}`);
  if (seen.allows[denyAcl] === true) because.push(`${name}: ${denyAcl} has a rule that allows, so that it shuts nobody in`);
  for (const subnet of subnets) {
    const acl = seen.aclOf[subnet];
    if (acl === undefined) because.push(`${name}: there is no ${subnet}`);
    else if (acl === denyAcl) because.push(`${name}: ${subnet} is shut in already`);
    else if (acl !== openAcl) because.push(`${name}: ${subnet} has ${acl} and would get ${openAcl} back`);
  }
  return because;
}

const isSeen = (look: Looked): look is MemberLook => 'status' in look;

const unseen = ({ id, region }: MemberFacts, look: Exclude<Looked, MemberLook>): string =>
  'absent' in look ? `there is no ${id} in ${region}` : `${id} cannot be looked at: ${look.unknown}`;

const wrongEngine = ({ id, engine }: MemberFacts, look: MemberLook): readonly string[] =>
  look.engine === undefined || look.engine === engine ? [] : [`${id} runs ${look.engine}, registered as ${engine}`];
