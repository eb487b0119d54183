import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Time } from '../../runtime/ports';
import { type AwsCall, AwsFault, type AwsReply, type AwsService, CUT, type RecordedCall } from './call';
import { jsonError } from './protocols';

/** Every AWS service of the lab behind one loopback port. */
export interface AwsEndpoint {
  /** For `AWS_ENDPOINT_URL`. */
  readonly url: string;
  /** All calls so far, as IAM sees them. */
  recordedCalls(): readonly RecordedCall[];
  /** Hears of each call once it was answered; for the view. */
  onCall(listener: (call: RecordedCall, status: number) => void): void;
  /** A Region is gone: every connection to its services breaks. */
  lose(region: string): void;
  regain(region: string): void;
  close(): Promise<void>;
}

/** Environment of a client that talks to this endpoint as `handler`; the access key is how calls are told apart. */
export const clientEnvironment = (url: string, handler: string, region: string): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: url,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: accessKeyOf(handler),
  AWS_SECRET_ACCESS_KEY: 'lab-only',
});

export const accessKeyOf = (handler: string) => `LAB_${handler}`;

const SCOPE = /Credential=LAB_([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/;

export async function startAwsEndpoint(time: Time, services: readonly AwsService[]): Promise<AwsEndpoint> {
  const byName = new Map(services.map((service) => [service.name, service]));
  const calls: RecordedCall[] = [];
  const listeners: ((call: RecordedCall, status: number) => void)[] = [];
  const lost = new Set<string>();

  const server = createServer((request, response) => {
    void readCall(request)
      .then((call) => answer(call))
      .catch((error: Error) => jsonError(new AwsFault('InternalFailure', error.message, 500)))
      .then((reply) => send(response, reply, time));
  });

  async function answer(call: AwsCall): Promise<AwsReply> {
    if (lost.has(call.region)) return CUT;
    const service = byName.get(call.service);
    if (!service) return jsonError(new AwsFault('UnknownOperationException', `the lab has no service ${call.service}`, 404));
    const claimed: RecordedCall[] = [];
    const reply = await Promise.resolve()
      .then(() =>
        service.answer(call, (action, resource) => {
          claimed.push({ handler: call.handler, action, resource, region: call.region, atMs: time.nowMs() });
        }),
      )
      .catch((error: unknown) => service.fail(asFault(error)));
    calls.push(...claimed);
    for (const listener of listeners) for (const one of claimed) listener(one, reply.status);
    return reply;
  }

  await listen(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    recordedCalls: () => calls,
    onCall: (listener) => void listeners.push(listener),
    lose: (region) => void lost.add(region),
    regain: (region) => void lost.delete(region),
    close: () => {
      for (const service of services) service.close?.();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

const asFault = (error: unknown) =>
  error instanceof AwsFault
    ? error
    : new AwsFault('InternalFailure', error instanceof Error ? error.message : String(error), 500);

const listen = (server: Server) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });

async function readCall(request: IncomingMessage): Promise<AwsCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  const scope = SCOPE.exec(request.headers.authorization ?? '');
  const url = new URL(request.url ?? '/', 'http://lab');
  return {
    handler: scope?.[1] ?? 'unsigned',
    region: scope?.[2] ?? 'unknown',
    service: scope?.[3] ?? 'unsigned',
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    body: request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw,
  };
}

function send(response: ServerResponse, reply: AwsReply, time: Time): void {
  if (reply === CUT) {
    response.destroy();
    return;
  }
  response.writeHead(reply.status, {
    // SDK clients correct their own clock by this header, so it must be the world's time.
    date: new Date(time.nowMs()).toUTCString(),
    'x-amzn-requestid': randomUUID(),
    ...reply.headers,
  });
  response.end(reply.body);
}
