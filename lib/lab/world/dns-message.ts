/** One DNS query in, one response out, as bytes. */
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import type { AnsweredSet, Lookup } from '../../decide/route53';

const RCODE = { noError: 0, formErr: 1, nxDomain: 3, notImplemented: 4, refused: 5 } as const;
const MAX_UDP_WITHOUT_EDNS = 512;
const OUR_UDP_SIZE = 1_232;

export type Ask = (name: string, type: string) => Lookup;

/** @returns undefined for what is no query: answering it would invite loops */
export function respond(
  query: Buffer,
  ask: Ask,
  soa: () => AnsweredSet | undefined,
  transport: 'udp' | 'tcp',
): Buffer | undefined {
  let packet: Packet & { opcode?: string };
  try {
    packet = decode(query);
  } catch {
    return query.length >= 12 && (query.readUInt16BE(2) & 0x8000) === 0 ? headerOnly(query, RCODE.formErr) : undefined;
  }
  if (packet.type !== 'query') return undefined;
  if ((query.readUInt16BE(2) & 0x7800) !== 0) return headerOnly(query, RCODE.notImplemented);
  const question = packet.questions?.[0];
  if (packet.questions?.length !== 1 || question === undefined) return headerOnly(query, RCODE.formErr);

  const found = ask(question.name, question.type);
  const sets = found.kind === 'refused' ? [] : found.sets;
  const negative = found.kind === 'nodata' || found.kind === 'nxdomain';
  const rcode = found.kind === 'refused' ? RCODE.refused : found.kind === 'nxdomain' ? RCODE.nxDomain : RCODE.noError;
  const edns = packet.additionals?.find((a) => a.type === 'OPT') as { udpPayloadSize?: number; flags?: number } | undefined;
  const soaSet = negative ? soa() : undefined;
  const flags = (found.kind === 'refused' ? 0 : AUTHORITATIVE_ANSWER) | ((packet.flags ?? 0) & RECURSION_DESIRED) | rcode;
  const response: Packet = {
    type: 'response',
    id: packet.id ?? 0,
    flags,
    questions: [question],
    answers: sets.flatMap(encodable),
    authorities: soaSet ? encodable(soaSet) : [],
    additionals: edns ? [ednsEcho(edns.flags ?? 0)] : [],
  };
  const bytes = encode(response);
  const limit = Math.max(MAX_UDP_WITHOUT_EDNS, edns?.udpPayloadSize ?? 0);
  if (transport === 'tcp' || bytes.length <= limit) return bytes;
  return encode({ ...response, flags: flags | TRUNCATED_RESPONSE, answers: [], authorities: [] });
}

/** The 12 bytes that every DNS message has, without sections. */
function headerOnly(query: Buffer, rcode: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(0x8000 | (query.readUInt16BE(2) & 0x7900) | rcode, 2);
  return header;
}

function ednsEcho(flags: number): Answer {
  return {
    name: '.',
    type: 'OPT',
    udpPayloadSize: OUR_UDP_SIZE,
    extendedRcode: 0,
    ednsVersion: 0,
    flags,
    flag_do: false,
    options: [],
  } as Answer;
}

function encodable(set: AnsweredSet): Answer[] {
  const owner = { name: set.name.replace(/\.$/, ''), ttl: set.ttlSec };
  return set.values.map((value) => {
    switch (set.type) {
      case 'TXT':
        return { ...owner, type: 'TXT', data: quotedStrings(value) };
      case 'SOA':
        return { ...owner, type: 'SOA', data: soaData(value) };
      case 'MX': {
        const [preference = '0', exchange = ''] = value.split(/\s+/);
        return { ...owner, type: 'MX', data: { preference: Number(preference), exchange: exchange.replace(/\.$/, '') } };
      }
      case 'CAA': {
        const [flags = '0', tag = 'issue', rest = ''] = value.split(/\s+/);
        return { ...owner, type: 'CAA', data: { flags: Number(flags), tag, value: quotedStrings(rest).join('') } } as Answer;
      }
      case 'SRV': {
        const [priority = '0', weight = '0', port = '0', target = ''] = value.split(/\s+/);
        return {
          ...owner,
          type: 'SRV',
          data: { priority: Number(priority), weight: Number(weight), port: Number(port), target },
        };
      }
      case 'CNAME':
      case 'NS':
        return { ...owner, type: set.type, data: value.replace(/\.$/, '') };
      default:
        return { ...owner, type: set.type, data: value };
    }
  });
}

/** `"a" "b"` as the API writes a TXT value, into its strings. */
export function quotedStrings(value: string): string[] {
  const strings = [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((m) => (m[1] ?? '').replace(/\\(.)/g, '$1'));
  return strings.length > 0 ? strings : [value];
}

function soaData(value: string) {
  const [mname = '', rname = '', ...numbers] = value.split(/\s+/);
  const [serial = 1, refresh = 7200, retry = 900, expire = 1_209_600, minimum = 60] = numbers.map(Number);
  return { mname: mname.replace(/\.$/, ''), rname: rname.replace(/\.$/, ''), serial, refresh, retry, expire, minimum };
}
