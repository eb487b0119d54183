import { createSocket } from 'node:dgram';
import { promises as system } from 'node:dns';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net';
import { type Answer, decode, encode, type Packet, streamDecode, streamEncode } from 'dns-packet';
import { generate } from 'selfsigned';
import { AuthoritativeDns, addressOf } from '../../lib/runtime/adapters/authoritative-dns';
import { SocketProbe } from '../../lib/runtime/adapters/socket-probe';
import { SystemTime } from '../../lib/runtime/adapters/system';
import { dnsContract, probeContract } from '../contracts';

const ZONE: readonly Answer[] = [
  { type: 'A', name: 'app.example.com', ttl: 30, data: '192.0.2.1' },
  { type: 'A', name: 'app.example.com', ttl: 30, data: '192.0.2.2' },
  { type: 'CNAME', name: 'www.example.com', ttl: 60, data: 'shop.example.com' },
  { type: 'NS', name: 'example.com', ttl: 60, data: 'ns-lost.example.org' },
  { type: 'NS', name: 'example.com', ttl: 60, data: 'ns-1.example.net' },
  { type: 'A', name: 'ns-1.example.net', ttl: 60, data: '192.0.2.53' },
  { type: 'TXT', name: '_primary._failover.app.example.com', ttl: 1, data: 'healthy' },
];
const [AUTHORITATIVE, TRUNCATED] = [1 << 10, 1 << 9];

function reply(query: Packet, flags: number): Packet {
  const question = query.questions?.[0];
  const named = ZONE.filter((record) => record.name === question?.name);
  const answers = named.filter((record) => record.type === question?.type);
  const rcode = named.length === 0 ? 3 : 0;
  return { type: 'response', id: query.id, flags: flags | rcode, questions: query.questions, answers };
}

/** A server over UDP, and over TCP on the same port where asked for. `garble` spoils what it sends over UDP. */
async function server(
  flags: number,
  garble: (answer: Packet) => Packet | undefined = (answer) => answer,
  attempt = 1,
): Promise<{ readonly address: string; close(): Promise<unknown> }> {
  const udp = createSocket('udp4');
  udp.on('message', (message, from) => {
    const answer = garble(reply(decode(message), flags));
    if (answer) udp.send(encode(answer), from.port, from.address);
  });
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
  const { port } = udp.address();
  const tcp = createTcp((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => {
      const whole = streamEncode(reply(streamDecode(data), AUTHORITATIVE));
      // In two pieces, as a network may deliver it.
      socket.write(whole.subarray(0, 5));
      setImmediate(() => socket.end(whole.subarray(5)));
    });
  });
  const taken = await new Promise<boolean>((resolve) => {
    tcp.once('error', () => resolve(true)).listen(port, '127.0.0.1', () => resolve(false));
  });
  if (taken) {
    // The port was free for UDP only.
    await new Promise<void>((r) => udp.close(() => r()));
    if (attempt >= 50) throw new Error('no port is free for UDP and TCP');
    return server(flags, garble, attempt + 1);
  }
  return {
    address: `127.0.0.1:${port}`,
    close: () => Promise.all([new Promise<void>((r) => udp.close(() => r())), closed(tcp)]),
  };
}

function closed(one: Server): Promise<void> {
  if ('closeAllConnections' in one && typeof one.closeAllConnections === 'function') one.closeAllConnections();
  return new Promise((resolve) => one.close(() => resolve()));
}

dnsContract('AuthoritativeDns', async () => {
  const [good, silent, foreign] = await Promise.all([server(AUTHORITATIVE), server(0, () => undefined), server(0)]);
  const close = async () => {
    await Promise.all([good.close(), silent.close(), foreign.close()]);
  };
  return { dns: new AuthoritativeDns(), server: good.address, silent: silent.address, foreign: foreign.address, close };
});

describe('AuthoritativeDns', () => {
  test('an answer that did not fit is asked again over TCP', async () => {
    const one = await server(AUTHORITATIVE | TRUNCATED, (answer) => ({ ...answer, answers: [] }));
    expect((await new AuthoritativeDns().ask(one.address, 'app.example.com', 'A')).kind).toBe('answer');
    await one.close();
  });

  test('fails as unknown when the answer is to another question', async () => {
    const one = await server(AUTHORITATIVE, (answer) => ({ ...answer, id: ((answer.id ?? 0) + 1) & 0xffff }));
    expect((await new AuthoritativeDns().ask(one.address, 'app.example.com', 'A')).kind).toBe('unknown');
    await one.close();
  });

  test.each([
    ['ns-1.example.net', { host: 'ns-1.example.net', port: 53 }],
    ['127.0.0.1:5353', { host: '127.0.0.1', port: 5353 }],
    ['[2001:db8::1]:54', { host: '2001:db8::1', port: 54 }],
  ])('%s names host and port', (text, expected) => {
    expect(addressOf(text)).toEqual(expected);
  });
});

const listening = (one: Server) =>
  new Promise<number>((resolve) => one.listen(0, '127.0.0.1', () => resolve((one.address() as AddressInfo).port)));

probeContract('SocketProbe', async () => {
  const certificate = await generate([{ name: 'commonName', value: 'app.example.com' }], {
    keyType: 'ec',
    notAfterDate: new Date(Date.UTC(2099, 0, 1)),
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'app.example.com' }] },
    ],
  });
  const app: Parameters<typeof createHttp>[1] = (request, response) => {
    const status = request.url === '/health' ? 200 : request.url === '/moved' ? 302 : 404;
    response.writeHead(status, { 'x-failover-site': 'primary', location: '/nothing' }).end('all good');
  };
  const servers = [
    createHttp(app),
    createHttps({ key: certificate.private, cert: certificate.cert }, app),
    createTcp((s) =>
      s
        .on('error', () => undefined)
        .resume()
        .end(),
    ),
  ] as const;
  const [http = 0, https = 0, tcp = 0] = await Promise.all(servers.map((one) => listening(one)));
  const gone = createTcp();
  const refused = await listening(gone);
  await closed(gone);
  const target = { connect: '127.0.0.1', host: 'app.example.com', path: '/health' };
  return {
    probe: new SocketProbe(new SystemTime()),
    http: { ...target, protocol: 'http' as const, port: http },
    https: { ...target, protocol: 'https' as const, port: https },
    tcp: { protocol: 'tcp' as const, connect: '127.0.0.1', port: tcp },
    refused: { ...target, protocol: 'http' as const, port: refused },
    certificateAuthority: certificate.cert,
    certificateExpiresAtMs: Date.UTC(2099, 0, 1),
    close: async () => {
      await Promise.all(servers.map(closed));
    },
  };
});

test('a name server whose own name cannot be resolved hides none of the others, and stays in the list by its name, last', async () => {
  const { address, close } = await server(AUTHORITATIVE);
  const before = system.getServers();
  system.setServers([address]);
  const dns = new AuthoritativeDns();
  const found = await dns.nameServers('example.com');
  system.setServers(before);
  await close();
  expect(found).toEqual(['192.0.2.53:53', 'ns-lost.example.org:53']);
  const because = 'the name of ns-lost.example.org:53 cannot be resolved';
  expect(await dns.ask('ns-lost.example.org:53', 'app.example.com', 'A')).toEqual({ kind: 'unknown', because });
});
