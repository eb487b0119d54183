// Load on the lab's name server: run as `serve` it is the server, otherwise the generator. See dns.mjs.
import { type ChildProcess, fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { encode, type Question } from 'dns-packet';
import { NameServer, Truth, Zone } from '../../lib/lab/world';

const RUN_MS = 3_000;
const OUTSTANDING = 100;
const TCP_CONNECTIONS = 4;
/** A lost datagram is asked again after this long; it counts as lost. */
const LOST_MS = 500;

const NAMES: readonly [string, string][] = [
  ['app.example.com', 'A'],
  ['_primary._failover.app.example.com', 'TXT'],
  ['www.example.com', 'A'],
  ['no.example.com', 'A'],
];

export async function serve(): Promise<void> {
  const zone = new Zone('example.com', ['ns1.example.com', 'ns2.example.com']);
  const create = (record: Parameters<Zone['change']>[0][number]['record']) => ({ action: 'CREATE', record }) as const;
  const pair = (name: string, type: 'A' | 'TXT', ttlSec: number, values: [string, string]) => [
    create({ name, type, ttlSec, setIdentifier: 'p', failover: 'PRIMARY', healthCheckId: 'one', values: [values[0]] }),
    create({ name, type, ttlSec, setIdentifier: 's', failover: 'SECONDARY', values: [values[1]] }),
  ];
  const made = zone.change([
    ...pair('app.example.com', 'A', 30, ['192.0.2.1', '192.0.2.2']),
    ...pair('_primary._failover.app.example.com', 'TXT', 1, ['"healthy"', '"unhealthy"']),
    create({ name: 'www.example.com', type: 'CNAME', ttlSec: 30, values: ['app.example.com.'] }),
  ]);
  if (made.kind === 'refused') throw new Error(made.messages.join());
  const server = await NameServer.open(zone, new Truth(Date.now), '127.0.0.1');
  process.send?.(Number(server.server.split(':')[1]));
  process.once('disconnect', () => process.exit(0));
}

export interface Load {
  readonly perSec: number;
  readonly lost: number;
  readonly answered: number;
}

/** Starts the server in a process of its own, asks for some seconds each way, ends it. */
export async function load(bundle: string): Promise<{ readonly udp: Load; readonly tcp: Load }> {
  const child: ChildProcess = fork(bundle, ['serve'], { env: {} });
  try {
    const [port] = (await once(child, 'message')) as [number];
    return { udp: await udpLoad(port), tcp: await tcpLoad(port) };
  } finally {
    child.kill();
  }
}

const queries = () =>
  NAMES.map(([name, type]) => encode({ type: 'query', id: 0, flags: 0x0100, questions: [{ name, type } as Question] }));

function udpLoad(port: number): Promise<Load> {
  const socket = createSocket('udp4');
  const waiting = new Map<number, number>();
  const shapes = queries();
  let id = 0;
  let answered = 0;
  let lost = 0;
  let asking = true;
  const ask = () => {
    id = (id + 1) & 0xffff;
    const query = Buffer.from(shapes[id % shapes.length] ?? '');
    query.writeUInt16BE(id, 0);
    waiting.set(id, Date.now());
    socket.send(query, port, '127.0.0.1');
  };
  socket.on('message', (answer) => {
    if (!waiting.delete(answer.readUInt16BE(0))) return;
    answered++;
    if (asking) ask();
  });
  const patrol = setInterval(() => {
    for (const [old, sentMs] of waiting) {
      if (Date.now() - sentMs < LOST_MS) continue;
      waiting.delete(old);
      lost++;
      if (asking) ask();
    }
  }, 100);
  const beganMs = performance.now();
  for (let i = 0; i < OUTSTANDING; i++) ask();
  return new Promise((resolve) => {
    setTimeout(() => {
      asking = false;
      const perSec = (answered * 1_000) / (performance.now() - beganMs);
      clearInterval(patrol);
      socket.close(() => resolve({ perSec, lost, answered }));
    }, RUN_MS);
  });
}

async function tcpLoad(port: number): Promise<Load> {
  const framed = queries().map((query) => {
    const frame = Buffer.alloc(query.length + 2);
    frame.writeUInt16BE(query.length);
    query.copy(frame, 2);
    return frame;
  });
  let answered = 0;
  let asking = true;
  const sockets = Array.from({ length: TCP_CONNECTIONS }, () => connect(port, '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const beganMs = performance.now();
  for (const socket of sockets) {
    let pending: Buffer = Buffer.alloc(0);
    let asked = 0;
    const ask = (count: number) =>
      socket.write(Buffer.concat(Array.from({ length: count }, () => framed[asked++ % framed.length] ?? Buffer.alloc(0))));
    socket.on('data', (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      let at = 0;
      let seen = 0;
      while (pending.length >= at + 2 && pending.length >= at + 2 + pending.readUInt16BE(at)) {
        at += 2 + pending.readUInt16BE(at);
        seen++;
      }
      pending = pending.subarray(at);
      answered += seen;
      if (asking && seen > 0) ask(seen);
    });
    ask(OUTSTANDING / TCP_CONNECTIONS);
  }
  await new Promise((resolve) => setTimeout(resolve, RUN_MS));
  asking = false;
  const perSec = (answered * 1_000) / (performance.now() - beganMs);
  for (const socket of sockets) socket.destroy();
  return { perSec, lost: 0, answered };
}

if (process.argv[2] === 'serve') void serve();
