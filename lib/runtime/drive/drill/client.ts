import type { PairRegistration, RegisteredSite } from '../../../contracts/registration';
import { type Client, learned, mustAsk, nextServer, requested } from '../../../decide/drill/clients';
import { answersSide, recordTypes } from '../../../decide/drill/site';
import type { Dns, DnsAnswer } from '../../ports';
import { isUnknown, type StepContext } from './context';

/** One request of one client: asks for the name if its answer has run out, then goes where the answer says. */
export async function tick({ ports, registration }: StepContext, servers: readonly string[], before: Client): Promise<Client> {
  const { time, dns, probe } = ports;
  const client = mustAsk(before, time.nowMs()) ? await ask(dns, registration, servers, before, () => time.nowMs()) : before;
  const value = client.values[0];
  const side = value === undefined ? undefined : sideOf(registration, value);
  const server = nextServer(client, servers);
  const address = value === undefined || server === undefined ? undefined : await addressOf(dns, registration, server, value);
  if (side === undefined || address === undefined) return requested(client, false, time.nowMs());
  const answer = await probe.probe(side.probe, {
    connect: address,
    ...(side.probe.protocol === 'tcp' ? {} : { host: registration.recordName }),
    certificateAuthority: registration.drill?.certificateAuthority,
  });
  // What answers says itself which side it is, where it can; the address is the second witness.
  const site = answer.site === 'primary' || answer.site === 'standby' ? answer.site : side.site;
  return requested(client, answer.kind === 'good' && site === 'standby', time.nowMs());
}

/** The answer and its TTL from one server, as a resolver's cache would take them. */
export async function answerOf(dns: Dns, registration: PairRegistration, server: string): Promise<DnsAnswer> {
  const types = recordTypes(registration.primary);
  // Addresses of version 4 first: Lambda functions have no way out over version 6 by default.
  const type = types.includes('CNAME') ? 'CNAME' : types.includes('A') ? 'A' : 'AAAA';
  return dns.ask(server, registration.recordName, type);
}

async function ask(dns: Dns, registration: PairRegistration, servers: readonly string[], client: Client, nowMs: () => number) {
  const server = nextServer(client, servers);
  if (server === undefined) return learned(client, undefined, 0, nowMs());
  const answer = await answerOf(dns, registration, server);
  return answer.kind === 'answer'
    ? learned(client, answer.values, answer.ttlSec, nowMs())
    : learned(client, undefined, 0, nowMs());
}

function sideOf(registration: PairRegistration, value: string): RegisteredSite | undefined {
  const belongs = (side: RegisteredSite) =>
    side.answers.some((answer) => answersSide(side, { type: answer.type, values: [value] }));
  return [registration.primary, registration.standby].find(belongs);
}

/** A name inside the zone is asked at its own servers, any other by the system's resolver. */
async function addressOf(dns: Dns, registration: PairRegistration, server: string, value: string): Promise<string | undefined> {
  if (/^[\d.]+$|:/.test(value)) return value;
  if (value.endsWith(`.${registration.zoneName}`)) {
    const answer = await dns.ask(server, value, 'A');
    if (answer.kind === 'answer') return answer.values[0];
  }
  const found = await dns.addresses(value);
  return isUnknown(found) ? undefined : found[0];
}
