/**
 * One authoritative name server on loopback: UDP and TCP on the same port. Each keeps its own copy of the verdicts, as
 * Route 53's locations do, so that servers may disagree while a verdict is on its way.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { type AnsweredSet, type HealthOf, sameName } from '../../decide/route53';
import { respond } from './dns-message';
import type { Truth } from './truth';
import type { Zone } from './zone';

const BIND_ATTEMPTS = 20;
const TCP_IDLE_MS = 10_000;

export class NameServer {
  private readonly verdicts = new Map<string, boolean>();
  private readonly connections = new Set<Socket>();
  private lastAnswers = new Map<string, readonly string[]>();
  private queries = 0;

  private constructor(
    private readonly zone: Zone,
    private readonly truth: Truth,
    private readonly udp: UdpSocket,
    private readonly tcp: Server,
    /** `address:port` */
    public readonly server: string,
  ) {
    zone.onChange(() => this.noteAnswers(false));
    this.noteAnswers(true);
  }

  /** Opens UDP and TCP on one free port of `address`. */
  public static async open(zone: Zone, truth: Truth, address: string): Promise<NameServer> {
    for (let attempt = 1; ; attempt++) {
      const udp = createSocket('udp4');
      const port = await bindUdp(udp, address);
      const tcp = createServer();
      try {
        await listen(tcp, port, address);
      } catch (error) {
        udp.close();
        if (attempt >= BIND_ATTEMPTS) throw error;
        continue;
      }
      const opened = new NameServer(zone, truth, udp, tcp, `${address}:${port}`);
      opened.serve();
      return opened;
    }
  }

  /** Queries answered so far. */
  public get answered(): number {
    return this.queries;
  }

  public readonly health: HealthOf = (id) => this.verdicts.get(id);

  /** A verdict arrives at this server. */
  public learn(checkId: string, healthy: boolean): void {
    this.verdicts.set(checkId, healthy);
    this.noteAnswers(false);
  }

  /** A deleted check is unknown again, and unknown counts as healthy. */
  public forget(checkId: string): void {
    this.verdicts.delete(checkId);
    this.noteAnswers(false);
  }

  public async close(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    await Promise.all([
      new Promise<void>((resolve) => {
        this.udp.close(() => resolve());
      }),
      new Promise<void>((resolve) => {
        this.tcp.close(() => resolve());
      }),
    ]);
  }

  private serve(): void {
    this.udp.on('message', (query, from) => {
      const response = this.respond(query, 'udp');
      if (response) this.udp.send(response, from.port, from.address);
    });
    // A client that is gone sends ICMP back; that is no reason to stop serving the others.
    this.udp.on('error', () => undefined);
    this.tcp.on('connection', (socket) => this.serveTcp(socket));
  }

  private serveTcp(socket: Socket): void {
    this.connections.add(socket);
    let pending: Buffer = Buffer.alloc(0);
    socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => this.connections.delete(socket));
    socket.on('data', (chunk) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const length = pending.readUInt16BE(0);
        const response = this.respond(pending.subarray(2, 2 + length), 'tcp');
        pending = pending.subarray(2 + length);
        if (!response) {
          socket.destroy();
          return;
        }
        const prefix = Buffer.alloc(2);
        prefix.writeUInt16BE(response.length);
        socket.write(Buffer.concat([prefix, response]));
      }
    });
  }

  private respond(query: Buffer, transport: 'udp' | 'tcp'): Buffer | undefined {
    this.queries++;
    return respond(query, (name, type) => this.zone.answer(name, type, this.health), this.soa, transport);
  }

  private readonly soa = (): AnsweredSet | undefined => {
    const record = this.zone.records.find((r) => r.type === 'SOA' && sameName(r.name, this.zone.name));
    // Negative answers live as long as the smaller of the record's TTL and its last field (RFC 2308).
    return record && { name: record.name, type: 'SOA', ttlSec: Math.min(record.ttlSec ?? 0, 60), values: record.values ?? [] };
  };

  /** Writes down which failover names this server answers differently now. */
  private noteAnswers(quietly: boolean): void {
    const now = new Map<string, readonly string[]>();
    for (const { name, type, failover } of this.zone.records) {
      if (failover === undefined) continue;
      const key = `${name} ${type}`;
      if (now.has(key)) continue;
      const found = this.zone.answer(name, type, this.health);
      now.set(key, found.kind === 'answer' ? (found.sets[0]?.values ?? []) : []);
    }
    const before = this.lastAnswers;
    this.lastAnswers = now;
    if (quietly) return;
    for (const [key, values] of now) {
      const old = before.get(key) ?? [];
      if (old.join() === values.join()) continue;
      const [name = '', type = ''] = key.split(' ');
      this.truth.record({ kind: 'answer-changed', server: this.server, name, type, before: old, values });
    }
  }
}

function bindUdp(udp: UdpSocket, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    udp.once('error', reject);
    udp.bind(0, address, () => {
      udp.off('error', reject);
      resolve(udp.address().port);
    });
  });
}

function listen(tcp: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    tcp.once('error', reject);
    tcp.listen(port, address, () => {
      tcp.off('error', reject);
      resolve();
    });
  });
}
