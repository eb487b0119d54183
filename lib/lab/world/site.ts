/** A site of the pair: an HTTP or HTTPS server that can be broken in four ways, and healed. */
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { Socket } from 'node:net';
import { BlackHole } from './black-hole';
import type { Certificates } from './certificates';
import { CHECKER_AGENT } from './probe';
import { siteApp } from './site-app';
import type { LabTime } from './time';
import type { SiteFault, SiteName, Truth } from './truth';

export interface SiteOptions {
  readonly site: SiteName;
  readonly address: string;
  readonly protocol: 'http' | 'https';
  readonly certificates?: Certificates;
  readonly time: LabTime;
  readonly truth: Truth;
}

/** A port that was just given up may be busy for a moment. */
const LISTEN_ATTEMPTS = 50;
const LISTEN_RETRY_MS = 20;

export class Site {
  private server: Server | undefined;
  private hole: BlackHole | undefined;
  private current: SiteFault | undefined;
  private readonly sockets = new Set<Socket>();
  private goodAnswers = 0;
  /** Faults and healings, one after the other. */
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: SiteOptions,
    public readonly port: number,
  ) {}

  public get address(): string {
    return this.options.address;
  }

  /** What is broken now. */
  public get fault(): SiteFault | undefined {
    return this.current;
  }

  /** Requests that were answered with 200 since the start; those of health checkers are not counted. */
  public get served(): number {
    return this.goodAnswers;
  }

  public open(): Promise<void> {
    return this.inTurn(() => this.listen());
  }

  /** Breaks the site; resolves once the fault is in effect. A second fault replaces the first. */
  public fail(fault: SiteFault): Promise<void> {
    return this.inTurn(async () => {
      if (this.current === fault) return;
      if (this.current !== undefined) await this.repair();
      if (fault === 'blackHole') this.hole = await BlackHole.prepare();
      // Written down at the moment of the act, so that no probe can fail before the truth says why.
      this.current = fault;
      this.options.truth.record({ kind: 'fault-began', site: this.options.site, fault });
      if (fault === 'blackHole' || fault === 'refused') await this.stopListening();
      await this.hole?.swallow([{ address: this.options.address, port: this.port }]);
    });
  }

  /** Mends whatever is broken; resolves once the site serves again. */
  public heal(): Promise<void> {
    return this.inTurn(() => this.repair());
  }

  public close(): Promise<void> {
    return this.inTurn(async () => {
      await this.hole?.end();
      this.hole = undefined;
      await this.stopListening();
    });
  }

  private inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.queue.then(act);
    this.queue = done.catch(() => undefined);
    return done;
  }

  private async repair(): Promise<void> {
    const fault = this.current;
    if (fault === undefined) return;
    await this.hole?.end();
    this.hole = undefined;
    this.current = undefined;
    if (this.server === undefined) await this.listen();
    this.options.truth.record({ kind: 'fault-ended', site: this.options.site, fault });
  }

  private async listen(): Promise<void> {
    const { site, address, protocol, certificates, time } = this.options;
    const app = siteApp({ site, fault: () => this.current, after: (ms, then) => time.after(ms, then) });
    for (let attempt = 1; ; attempt++) {
      const server = protocol === 'https' ? createHttps({ ...certificates?.site }, app) : createHttp(app);
      try {
        await listening(server, this.port, address);
        server.on('request', (request: IncomingMessage, response: ServerResponse) => {
          if (request.headers['user-agent'] === CHECKER_AGENT) return;
          response.once('finish', () => {
            if (response.statusCode === 200) this.goodAnswers += 1;
          });
        });
        server.on('connection', (socket: Socket) => {
          this.sockets.add(socket);
          socket.on('close', () => this.sockets.delete(socket));
        });
        this.server = server;
        return;
      } catch (error) {
        const busy = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
        if (!busy || attempt >= LISTEN_ATTEMPTS) throw explained(error as NodeJS.ErrnoException, address);
        await new Promise((resolve) => setTimeout(resolve, LISTEN_RETRY_MS));
      }
    }
  }

  private async stopListening(): Promise<void> {
    const server = this.server;
    if (!server) return;
    this.server = undefined;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

function listening(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** macOS has only 127.0.0.1 until someone adds an alias. */
export function explained(error: NodeJS.ErrnoException, address: string): Error {
  if (error.code !== 'EADDRNOTAVAIL') return error;
  return new Error(
    `[LoopbackAddressMissing] ${address} is not an address of this machine; the lab's two sites need two loopback addresses; ` +
      `add it with "sudo ifconfig lo0 alias ${address} up" (macOS), or give the lab another address`,
  );
}
