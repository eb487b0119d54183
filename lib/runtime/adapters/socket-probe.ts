import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, isIP, type Socket } from 'node:net';
import { rootCertificates, type TLSSocket } from 'node:tls';
import type { ProbeTarget } from '../../contracts/registration';
import type { Probe, ProbeAnswer, Time } from '../ports';

/** The limits of Route 53's own checkers: 4 s to connect, 2 s more for the status, 2 s more for a body to search. */
const CONNECT_LIMIT_MS = 4_000;
const ANSWER_LIMIT_MS = 2_000;
const BODY_LIMIT_MS = 2_000;
/** Route 53 searches this much of a body. */
const SEARCHED_BYTES = 5_120;

type Options = NonNullable<Parameters<Probe['probe']>[1]>;
interface Seen {
  readonly kind: 'good' | 'bad';
  readonly because: string;
  readonly status?: number;
  readonly site?: string;
}

/** One request over a new connection, as a health checker or a user makes it. */
export class SocketProbe implements Probe {
  constructor(private readonly time: Pick<Time, 'nowMs'>) {}

  public async probe(target: ProbeTarget, options: Options = {}): Promise<ProbeAnswer> {
    const startedMs = this.time.nowMs();
    const asked: ProbeTarget = {
      ...target,
      ...(options.connect === undefined ? {} : { connect: options.connect }),
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.path === undefined ? {} : { path: options.path }),
      ...(options.host === undefined ? {} : { host: options.host }),
    };
    const trip = new Trip(asked, options.certificateAuthority);
    const seen = asked.protocol === 'tcp' ? await trip.open() : await trip.ask();
    const expires = trip.certificateExpiresAtMs;
    return {
      ...seen,
      tookMs: this.time.nowMs() - startedMs,
      ...(expires === undefined ? {} : { certificateExpiresAtMs: expires }),
    };
  }
}

/** One connection with its own clock: each phase has a limit, and the end closes everything. */
class Trip {
  public certificateExpiresAtMs: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private finish: (seen: Seen) => void = () => undefined;

  constructor(
    private readonly target: ProbeTarget,
    private readonly certificateAuthority: string | undefined,
  ) {}

  public open(): Promise<Seen> {
    const socket = connect({ host: this.target.connect, port: this.target.port });
    return this.run(
      () => socket.destroy(),
      () => {
        this.limit(CONNECT_LIMIT_MS, 'connection');
        socket.on('error', (error) => this.fail(error));
        socket.on('connect', () => this.finish({ kind: 'good', because: 'connected' }));
      },
    );
  }

  public ask(): Promise<Seen> {
    const { target } = this;
    const secure = target.protocol === 'https';
    const host = target.host ?? target.connect;
    const usual = target.port === (secure ? 443 : 80);
    const common = {
      host: target.connect,
      port: target.port,
      path: target.path ?? '/',
      agent: false,
      headers: { host: usual ? host : `${host}:${target.port}`, 'user-agent': 'cdk-failover', connection: 'close' },
    } as const;
    // The certificate is judged by hand, so that one that has expired can still say when.
    const tls = { servername: isIP(host) ? '' : host, rejectUnauthorized: false, ...this.authorities() };
    const request = secure ? httpsRequest({ ...common, ...tls }) : httpRequest(common);
    return this.run(
      () => request.destroy(),
      () => {
        this.limit(CONNECT_LIMIT_MS, 'connection');
        request.on('error', (error) => this.fail(error));
        request.on('socket', (socket) => this.watch(socket, secure));
        request.on('response', (response) => this.judge(response));
        request.end();
      },
    );
  }

  private authorities() {
    return this.certificateAuthority ? { ca: [...rootCertificates, this.certificateAuthority] } : {};
  }

  private watch(socket: Socket, secure: boolean): void {
    socket.once('connect', () => this.limit(ANSWER_LIMIT_MS, 'answer'));
    if (!secure) return;
    const tls = socket as TLSSocket;
    tls.once('secureConnect', () => {
      const validTo = Date.parse(tls.getPeerCertificate().valid_to ?? '');
      if (!Number.isNaN(validTo)) this.certificateExpiresAtMs = validTo;
      if (!tls.authorized) this.finish({ kind: 'bad', because: `certificate: ${tls.authorizationError}` });
    });
  }

  private judge(response: IncomingMessage): void {
    const status = response.statusCode ?? 0;
    const site = response.headers['x-failover-site'];
    const facts = { status, ...(typeof site === 'string' ? { site } : {}) };
    const good = status >= 200 && status < 400;
    if (!good || this.target.searchString === undefined) {
      this.finish({ kind: good ? 'good' : 'bad', because: `answered ${status}`, ...facts });
      return;
    }
    this.limit(BODY_LIMIT_MS, 'body');
    this.search(response, this.target.searchString, facts);
  }

  private search(response: IncomingMessage, wanted: string, facts: { status: number; site?: string }): void {
    let body = Buffer.alloc(0);
    const end = () => {
      const found = body.subarray(0, SEARCHED_BYTES).includes(wanted);
      const because = found
        ? `answered ${facts.status} with the search string`
        : `answered ${facts.status} without the search string`;
      this.finish({ kind: found ? 'good' : 'bad', because, ...facts });
    };
    response.on('data', (chunk: Buffer) => {
      body = Buffer.concat([body, chunk]);
      if (body.length >= SEARCHED_BYTES) end();
    });
    response.on('end', end);
    response.on('error', (error) => this.fail(error));
  }

  private async run(close: () => void, start: () => void): Promise<Seen> {
    try {
      return await new Promise<Seen>((resolve) => {
        this.finish = resolve;
        start();
      });
    } finally {
      clearTimeout(this.timer);
      close();
    }
  }

  private fail(error: Error): void {
    this.finish({ kind: 'bad', because: (error as NodeJS.ErrnoException).code ?? error.message });
  }

  private limit(ms: number, phase: string): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.finish({ kind: 'bad', because: `no ${phase} within ${ms} ms` }), ms);
  }
}
