import type { PairRegistration } from '../../../contracts/registration';
import { beaconSays, recordTypes, type Serves, serves } from '../../../decide/drill/site';
import type { Dns, DnsAnswer, ProbeAnswer, Time } from '../../ports';
import { type DrillPorts, isUnknown } from './context';

const valuesOf = (answer: DnsAnswer): readonly string[] | undefined =>
  answer.kind === 'answer' ? answer.values : answer.kind === 'none' ? [] : undefined;

/** Servers that are asked: those of the registration, else the zone's own. */
export async function serversOf(dns: Dns, registration: PairRegistration) {
  const given = registration.drill?.nameServers;
  return given && given.length > 0 ? given : dns.nameServers(registration.zoneName);
}

/** Which side one server answers. */
export async function nameAt(dns: Dns, server: string, registration: PairRegistration): Promise<Serves> {
  const asked = await Promise.all(
    recordTypes(registration.primary).map(async (type) => ({
      type,
      values: valuesOf(await dns.ask(server, registration.recordName, type)),
    })),
  );
  return serves(asked, registration.primary, registration.standby);
}

export async function beaconAt(dns: Dns, server: string, name: string): Promise<'healthy' | 'unhealthy' | 'unknown'> {
  return beaconSays(valuesOf(await dns.ask(server, name, 'TXT')));
}

/** Looks up to three times while the answer is `unknown`: one lost datagram says nothing. */
export async function patiently<T>(time: Time, look: () => Promise<T>, pauseMs = 500): Promise<T> {
  let seen = await look();
  for (let n = 1; n < 3 && (seen === 'unknown' || isUnknown(seen)); n += 1) {
    await time.sleep(pauseMs);
    seen = await look();
  }
  return seen;
}

/** One direct probe of one side, on its own path. */
export function probeSite(
  ports: Pick<DrillPorts, 'probe'>,
  registration: PairRegistration,
  side: 'primary' | 'standby',
): Promise<ProbeAnswer> {
  return ports.probe.probe(registration[side].probe, { certificateAuthority: registration.drill?.certificateAuthority });
}
