import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import { type Answer, decode, encode, type Packet, type Question } from 'dns-packet';
import type { Change } from '../../../lib/decide/route53';
import { NameServer, Truth, Zone } from '../../../lib/lab/world';

const zone = new Zone('example.com', ['ns1.example.com', 'ns2.example.com']);
const truth = new Truth(() => 0);
let server: NameServer;
let port: number;

const create = (record: Change['record']): Change => ({ action: 'CREATE', record });
beforeAll(async () => {
  server = await NameServer.open(zone, truth, '127.0.0.1');
  port = Number(server.server.split(':')[1]);
  const set = { name: 'app.example.com', type: 'A', ttlSec: 30 } as const;
  const long = Array.from({ length: 60 }, (_, i) => `192.0.2.${i}`);
  const result = zone.change([
    create({ ...set, setIdentifier: 'p', failover: 'PRIMARY', healthCheckId: 'one', values: ['192.0.2.1'] }),
    create({ ...set, setIdentifier: 's', failover: 'SECONDARY', healthCheckId: 'two', values: ['192.0.2.2'] }),
    create({ name: 'www.example.com', type: 'CNAME', ttlSec: 60, values: ['app.example.com.'] }),
    create({ name: 'text.example.com', type: 'TXT', ttlSec: 1, values: ['"two" "strings \\"quoted\\""'] }),
    create({ name: 'mail.example.com', type: 'MX', ttlSec: 60, values: ['10 mx.example.com.'] }),
    create({ name: 'big.example.com', type: 'A', ttlSec: 60, values: long }),
  ]);
  expect(result.kind).toBe('applied');
});
afterAll(() => server.close());

function overUdp(query: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.once('message', (message) => socket.close(() => resolve(message)));
    socket.send(query, port, '127.0.0.1');
  });
}

function overTcp(...queries: Buffer[]): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let data = Buffer.alloc(0);
    const answers: Buffer[] = [];
    socket.once('error', reject);
    socket.on('data', (chunk: Buffer) => {
      data = Buffer.concat([data, chunk]);
      while (data.length >= 2 && data.length >= 2 + data.readUInt16BE(0)) {
        const end = 2 + data.readUInt16BE(0);
        answers.push(data.subarray(2, end));
        data = data.subarray(end);
      }
      if (answers.length < queries.length) return;
      socket.end();
      resolve(answers);
    });
    for (const query of queries) {
      const prefix = Buffer.alloc(2);
      prefix.writeUInt16BE(query.length);
      // In two pieces: a stream does not keep the borders of messages.
      socket.write(Buffer.concat([prefix, query.subarray(0, 5)]));
      socket.write(query.subarray(5));
    }
  });
}

const question = (name: string, type: string, more: Partial<Packet> = {}) =>
  encode({ type: 'query', id: 4711, flags: 0x0100, questions: [{ name, type } as Question], ...more });
const OPT = { name: '.', type: 'OPT', udpPayloadSize: 4096, flags: 0, options: [] } as unknown as Answer;
const read = (bytes: Buffer) => {
  const { answers = [], authorities = [], questions = [] } = decode(bytes);
  return {
    rcode: bytes.readUInt16BE(2) & 0x000f,
    authoritative: (bytes.readUInt16BE(2) & 0x0400) !== 0,
    truncated: (bytes.readUInt16BE(2) & 0x0200) !== 0,
    asked: questions[0]?.name,
    answers: answers.map((a) => `${a.name} ${a.type} ${'ttl' in a ? a.ttl : ''} ${'data' in a ? String(a.data) : ''}`),
    authorities: authorities.map((a) => a.type),
  };
};
const answer = async (name: string, type: string) => read(await overUdp(question(name, type)));

test.each([
  [
    'an answer',
    'app.example.com',
    'A',
    { rcode: 0, authoritative: true, answers: ['app.example.com A 30 192.0.2.1'], authorities: [] },
  ],
  ['NODATA with the SOA', 'app.example.com', 'AAAA', { rcode: 0, authoritative: true, answers: [], authorities: ['SOA'] }],
  ['NXDOMAIN with the SOA', 'no.example.com', 'A', { rcode: 3, authoritative: true, answers: [], authorities: ['SOA'] }],
  ['REFUSED outside the zone', 'example.net', 'A', { rcode: 5, authoritative: false, answers: [], authorities: [] }],
  [
    'a CNAME with what it leads to',
    'www.example.com',
    'A',
    {
      rcode: 0,
      authoritative: true,
      answers: ['www.example.com CNAME 60 app.example.com', 'app.example.com A 30 192.0.2.1'],
      authorities: [],
    },
  ],
  [
    'a name in the case it was asked in',
    'aPP.Example.com',
    'A',
    { asked: 'aPP.Example.com', answers: ['aPP.Example.com A 30 192.0.2.1'] },
  ],
])('gives %s, over UDP and TCP alike', async (_name, name, type, expected) => {
  const query = question(name, type);
  const udp = await overUdp(query);
  const [tcp] = await overTcp(query);
  expect(tcp?.equals(udp)).toBe(true);
  expect(read(udp)).toMatchObject(expected);
});

test('speaks to a plain resolver: A with TTL, TXT, MX, NS and SOA', async () => {
  const resolver = new Resolver({ timeout: 5_000 });
  resolver.setServers([server.server]);
  expect(await resolver.resolve4('app.example.com', { ttl: true })).toEqual([{ address: '192.0.2.1', ttl: 30 }]);
  expect(await resolver.resolveTxt('text.example.com')).toEqual([['two', 'strings "quoted"']]);
  expect(await resolver.resolveMx('mail.example.com')).toEqual([{ priority: 10, exchange: 'mx.example.com' }]);
  expect((await resolver.resolveNs('example.com')).sort()).toEqual(['ns1.example.com', 'ns2.example.com']);
  expect(await resolver.resolveSoa('example.com')).toMatchObject({ nsname: 'ns1.example.com', minttl: 60 });
  await expect(resolver.resolve4('no.example.com')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  await expect(resolver.resolve6('app.example.com')).rejects.toMatchObject({ code: 'ENODATA' });
  await expect(resolver.resolve4('example.net')).rejects.toMatchObject({ code: 'EREFUSED' });
});

test('truncates over UDP what is too long, not with EDNS and not over TCP', async () => {
  const query = question('big.example.com', 'A');
  expect(read(await overUdp(query))).toMatchObject({ truncated: true, answers: [] });
  const withEdns = await overUdp(question('big.example.com', 'A', { additionals: [OPT] }));
  expect(read(withEdns).answers).toHaveLength(60);
  expect(decode(withEdns).additionals?.map((a) => a.type)).toEqual(['OPT']);
  const [tcp] = await overTcp(query);
  expect(read(tcp ?? Buffer.alloc(12)).answers).toHaveLength(60);
});

test('answers several questions on one TCP connection', async () => {
  const answers = await overTcp(question('app.example.com', 'A'), question('no.example.com', 'A'));
  expect(answers.map((a) => read(a).rcode)).toEqual([0, 3]);
});

test('survives what is no query: broken bytes, other opcodes, responses', async () => {
  const broken = Buffer.concat([question('app.example.com', 'A').subarray(0, 14), Buffer.from([0xff])]);
  expect((await overUdp(broken)).readUInt16BE(2) & 0x0f).toBe(1);
  const notify = question('app.example.com', 'A');
  notify.writeUInt16BE(0x2000, 2);
  expect((await overUdp(notify)).readUInt16BE(2) & 0x0f).toBe(4);
  const before = server.answered;
  const socket = createSocket('udp4');
  await new Promise((resolve) => socket.send(encode({ type: 'response', id: 1 }), port, '127.0.0.1', resolve));
  socket.close();
  // The response went unanswered; the server still answers queries.
  expect((await answer('app.example.com', 'A')).rcode).toBe(0);
  expect(server.answered).toBeGreaterThan(before);
});

test('a verdict changes the answer, and the truth says from what to what', async () => {
  const seen = () =>
    truth.all('answer-changed', (e) => e.name === 'app.example.com').map((e) => [e.before.join(), e.values.join()]);
  const known = seen().length;
  server.learn('one', false);
  expect((await answer('app.example.com', 'A')).answers).toEqual(['app.example.com A 30 192.0.2.2']);
  server.learn('two', false);
  expect((await answer('app.example.com', 'A')).answers).toEqual(['app.example.com A 30 192.0.2.1']);
  server.learn('two', true);
  server.forget('one');
  expect((await answer('app.example.com', 'A')).answers).toEqual(['app.example.com A 30 192.0.2.1']);
  expect(seen().slice(known)).toEqual([
    ['192.0.2.1', '192.0.2.2'],
    ['192.0.2.2', '192.0.2.1'],
    ['192.0.2.1', '192.0.2.2'],
    ['192.0.2.2', '192.0.2.1'],
  ]);
});
