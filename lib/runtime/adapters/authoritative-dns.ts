import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { promises as system } from 'node:dns';
import { connect, isIP } from 'node:net';
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  streamDecode,
  streamEncode,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import type { Dns, DnsAnswer, Unknown } from '../ports';
import { unknownBecause } from './clients';

/** One question, one answer: longer than the slowest round trip on Earth, short enough to keep sampling within a second. */
const ANSWER_LIMIT_MS = 700;
/** The system's resolver is asked outside of sampling. */
const RESOLVE_LIMIT_MS = 5_000;

type Type = Parameters<Dns['ask']>[2];

/**
 * Asks name servers directly. `node:dns` keeps time by a clock of its own and hides the TTL of CNAME and TXT, so
 * questions are sent by hand: a new socket each, thus a port that nobody can guess.
 */
export class AuthoritativeDns implements Dns {
  /** Not looked up again with every question: a resolver that hangs would hold up everybody's look-ups. */
  private readonly unresolved = new Set<string>();

  /** One whose own name cannot be resolved stays in the list by its name, last: it is unknown when it is asked, the others are not. */
  public async nameServers(zoneName: string): Promise<readonly string[] | Unknown> {
    try {
      const names = await limited(system.resolveNs(zoneName), RESOLVE_LIMIT_MS);
      if (names.length === 0) return { kind: 'unknown', because: `zone ${zoneName} has no name servers` };
      const found = await Promise.allSettled(names.map((name) => limited(system.resolve4(name), RESOLVE_LIMIT_MS)));
      const failed = found.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
      if (failed.length === names.length) return unknownBecause(failed[0]);
      const known = found.flatMap((one) => (one.status === 'fulfilled' ? one.value.slice(0, 1) : []));
      const lost = names.filter((_, n) => found[n]?.status === 'rejected').map((name) => `${name}:53`);
      for (const server of lost) this.unresolved.add(server);
      return [...known.map((address) => `${address}:53`), ...lost];
    } catch (error) {
      return unknownBecause(error);
    }
  }

  public async ask(server: string, name: string, type: Type, transport: 'udp' | 'tcp' = 'udp'): Promise<DnsAnswer> {
    if (this.unresolved.has(server)) return { kind: 'unknown', because: `the name of ${server} cannot be resolved` };
    try {
      const { host, port } = addressOf(server);
      const address = isIP(host) ? host : (await limited(system.lookup(host), RESOLVE_LIMIT_MS)).address;
      const question: Packet = { type: 'query', id: randomInt(0x10000), questions: [{ name, type, class: 'IN' }] };
      const answer = await (transport === 'udp' ? overUdp(address, port, question) : overTcp(address, port, question));
      // An answer that did not fit says so, and is asked again where there is room.
      return ((answer.flags ?? 0) & TRUNCATED_RESPONSE) !== 0 && transport === 'udp'
        ? await this.ask(server, name, type, 'tcp')
        : read(answer, name, type);
    } catch (error) {
      return unknownBecause(error);
    }
  }

  public async addresses(name: string): Promise<readonly string[] | Unknown> {
    if (isIP(name)) return [name];
    try {
      const found = await limited(system.lookup(name, { all: true }), RESOLVE_LIMIT_MS);
      return found.map((entry) => entry.address);
    } catch (error) {
      return unknownBecause(error);
    }
  }
}

/** `host`, `host:port` or `[v6]:port`. */
export function addressOf(server: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(server);
  const host = match?.[1] ?? match?.[2];
  return host === undefined ? { host: server, port: 53 } : { host, port: Number(match?.[3] ?? 53) };
}

function read(answer: Packet & { rcode?: string }, name: string, type: Type): DnsAnswer {
  if (answer.rcode === 'NXDOMAIN') return { kind: 'none', because: `${name} does not exist` };
  if (answer.rcode !== 'NOERROR') return { kind: 'unknown', because: `the server answered ${answer.rcode}` };
  if (((answer.flags ?? 0) & AUTHORITATIVE_ANSWER) === 0) return { kind: 'unknown', because: 'the server is not authoritative' };
  const records = (answer.answers ?? []).filter((record) => record.type === type);
  if (records.length === 0) return { kind: 'none', because: `${name} has no ${type} record` };
  const ttls = records.map((record) => ('ttl' in record ? (record.ttl ?? 0) : 0));
  return { kind: 'answer', values: records.map(textOf), ttlSec: Math.min(...ttls) };
}

function textOf(record: Answer): string {
  if (record.type === 'TXT') {
    return (Array.isArray(record.data) ? record.data : [record.data]).map((part) => part.toString()).join('');
  }
  return 'data' in record ? String(record.data).replace(/\.$/, '') : '';
}

/** True for the answer to this very question. */
const answers = (answer: Packet, question: Packet) =>
  answer.type === 'response' &&
  answer.id === question.id &&
  answer.questions?.[0]?.name.toLowerCase() === question.questions?.[0]?.name.toLowerCase() &&
  answer.questions?.[0]?.type === question.questions?.[0]?.type;

function overUdp(address: string, port: number, question: Packet): Promise<Packet> {
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  return settled(
    (resolve, reject) => {
      socket.on('error', reject);
      socket.on('message', (message) => {
        const answer = decode(message);
        if (answers(answer, question)) resolve(answer);
      });
      socket.connect(port, address, () => socket.send(encode(question)));
    },
    () => socket.close(),
  );
}

function overTcp(address: string, port: number, question: Packet): Promise<Packet> {
  const socket = connect({ host: address, port });
  return settled(
    (resolve, reject) => {
      let got = Buffer.alloc(0);
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the server closed the connection')));
      socket.on('connect', () => socket.write(streamEncode(question)));
      socket.on('data', (chunk) => {
        got = Buffer.concat([got, chunk]);
        if (got.length < 2 || got.length < got.readUInt16BE(0) + 2) return;
        const answer = streamDecode(got);
        if (answers(answer, question)) resolve(answer);
        else reject(new Error('the server answered another question'));
      });
    },
    () => socket.destroy(),
  );
}

/** A promise with a time limit and one clean-up, whatever happens; an exception in a listener is a failure too. */
async function settled<T>(
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
  cleanUp: () => void,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_LIMIT_MS} ms`)), ANSWER_LIMIT_MS);
      start(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    cleanUp();
  }
}

/** Gives up waiting; what was asked may still answer later, to nobody. */
async function limited<T>(asked: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
