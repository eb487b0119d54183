/** What anyone can see of a pair without credentials: beacons, the name's answers, and direct probes where they are known. */
import type { PairRegistration } from '../../../contracts/registration';
import { beaconSays, type Serves, serves } from '../../../decide/drill/site';
import { beaconName } from '../../../decide/names';
import type { Dns, DnsAnswer, Probe, ProbeAnswer, Time, Unknown } from '../../ports';
import { isUnknown } from '../drill/context';
import { patiently } from '../drill/look';

export interface LookPorts {
  readonly time: Time;
  readonly dns: Dns;
  readonly probe: Probe;
}

type RecordType = 'A' | 'AAAA' | 'CNAME';
type BeaconOf = 'primary' | 'standby' | 'latch';

/** What is looked at. Without a registration the sides' answers and probes are not known. */
export interface Target {
  readonly recordName: string;
  readonly beacons: Readonly<Partial<Record<BeaconOf, string>>>;
  /** Overrides registration and NS records. */
  readonly nameServers?: readonly string[];
  /** PEM that direct probes trust besides the public authorities. */
  readonly certificateAuthority?: string;
  /** Zone; absent: found by walking up the name. */
  readonly zoneName?: string;
  readonly registration?: PairRegistration;
}

export type Verdict = { readonly kind: 'healthy' } | { readonly kind: 'unhealthy' } | Unknown;

export interface ServerView {
  readonly server: string;
  /** Which side the name answers; `unknown` without a registration too. */
  readonly serves: Serves;
  readonly answers: readonly { readonly type: RecordType; readonly answer: DnsAnswer }[];
  /** The latch's beacon says `healthy` while nothing is latched. */
  readonly beacons: Readonly<Partial<Record<BeaconOf, Verdict>>>;
}

export interface Seen {
  readonly servers: readonly ServerView[] | Unknown;
  readonly probes: Readonly<Partial<Record<'primary' | 'standby', ProbeAnswer>>>;
}

/** A name has labels for so many zones at most. */
const LABELS_MAX = 10;

/** The target of a name of which nothing else is known. */
export const targetOfName = (recordName: string, label?: string): Pick<Target, 'recordName' | 'beacons'> => ({
  recordName,
  beacons: {
    primary: beaconName('primary', recordName, label),
    standby: beaconName('standby', recordName, label),
  },
});

/** The target of a pair that registered. */
export const targetOfPair = (registration: PairRegistration): Target => ({
  recordName: registration.recordName,
  zoneName: registration.zoneName,
  beacons: {
    primary: registration.beacons.primary,
    ...(registration.beacons.standby ? { standby: registration.beacons.standby } : {}),
    ...(registration.latch ? { latch: registration.latch.beacons.latch } : {}),
  },
  nameServers: registration.drill?.nameServers,
  certificateAuthority: registration.drill?.certificateAuthority,
  registration,
});

export async function lookAt(target: Target, ports: LookPorts): Promise<Seen> {
  const [servers, primary, standby] = await Promise.all([
    viewsOf(target, ports),
    probeOf(target, 'primary', ports),
    probeOf(target, 'standby', ports),
  ]);
  return { servers, probes: { ...(primary ? { primary } : {}), ...(standby ? { standby } : {}) } };
}

async function viewsOf(target: Target, ports: LookPorts): Promise<readonly ServerView[] | Unknown> {
  const servers = await serversOf(target, ports.dns);
  return isUnknown(servers) ? servers : Promise.all(servers.map((server) => viewOf(target, server, ports)));
}

async function probeOf({ registration, certificateAuthority }: Target, side: 'primary' | 'standby', { probe }: LookPorts) {
  return registration && probe.probe(registration[side].probe, { certificateAuthority });
}

/** Servers that are asked: those given, else those of the nearest zone above the name. */
export async function serversOf(target: Target, dns: Dns): Promise<readonly string[] | Unknown> {
  if (target.nameServers && target.nameServers.length > 0) return target.nameServers;
  if (target.zoneName !== undefined) return dns.nameServers(target.zoneName);
  const labels = target.recordName.split('.');
  let last: Unknown | undefined;
  for (let from = 0; from < Math.min(labels.length - 1, LABELS_MAX); from += 1) {
    const found = await dns.nameServers(labels.slice(from).join('.'));
    if (!isUnknown(found)) return found;
    last = found;
  }
  return { kind: 'unknown', because: `no zone above ${target.recordName} has name servers (${last?.because ?? 'one label'})` };
}

async function viewOf(target: Target, server: string, ports: LookPorts): Promise<ServerView> {
  const { registration } = target;
  const types = registration
    ? [...new Set(registration.primary.answers.map(({ type }) => type))]
    : (['A', 'AAAA', 'CNAME'] as const);
  const ask = (name: string, type: RecordType | 'TXT') => patiently(ports.time, () => ports.dns.ask(server, name, type));
  const [answers, beacons] = await Promise.all([
    Promise.all(types.map(async (type) => ({ type, answer: await ask(target.recordName, type) }))),
    Promise.all(Object.entries(target.beacons).map(async ([of, name]) => [of, verdictOf(name, await ask(name, 'TXT'))] as const)),
  ]);
  const asked = answers.map(({ type, answer }) => ({ type, values: valuesOf(answer) }));
  return {
    server,
    serves: registration ? serves(asked, registration.primary, registration.standby) : 'unknown',
    // A name that is asked about blindly has most types not.
    answers: registration ? answers : answers.filter(({ answer }) => answer.kind !== 'none'),
    beacons: Object.fromEntries(beacons),
  };
}

const valuesOf = (answer: DnsAnswer) => (answer.kind === 'answer' ? answer.values : answer.kind === 'none' ? [] : undefined);

function verdictOf(name: string, answer: DnsAnswer): Verdict {
  if (answer.kind === 'unknown') return answer;
  if (answer.kind === 'none') return { kind: 'unknown', because: answer.because };
  const says = beaconSays(answer.values);
  return says === 'unknown' ? { kind: 'unknown', because: `${name} says ${answer.values.join(', ')}` } : { kind: says };
}
