import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import Ajv from 'ajv';
import type { Time } from '../runtime/ports';
import { CHANGE_EVENT, EVENT_BYTES, INCIDENT_EVENT } from './pagerduty-schema';

/**
 * What the endpoint does with one request. `hang` never answers, `reset` drops the connection before the event is taken,
 * `lost reply` takes the event and then drops the connection.
 */
export type PagerDutyStep =
  | { readonly status: number; readonly retryAfterSec?: number }
  | 'accept'
  | 'hang'
  | 'reset'
  | 'lost reply';

export interface LabIncident {
  readonly dedupKey: string;
  readonly routingKey: string;
  readonly openedAtMs: number;
  readonly severity: string;
  readonly summary: string;
  /** Triggers that joined this incident, the first one included. */
  triggers: number;
  state: 'triggered' | 'acknowledged' | 'resolved';
  resolvedAtMs?: number;
}

/** One request and what became of it. */
export interface PagerDutyRequest {
  readonly atMs: number;
  readonly endpoint: 'enqueue' | 'change' | 'unknown';
  readonly event: Readonly<Record<string, unknown>>;
  /** Status of the answer; absent when there was none. */
  readonly status?: number;
  readonly why?: string;
}

export interface PagerDutyOptions {
  /** Keys that the service accepts. A scenario may change them while it runs. */
  readonly routingKeys: Set<string>;
  /** Events per key in 60 s before 429; PagerDuty's is about 120. */
  readonly ratePerMin?: number;
  /** Serves HTTPS with it. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface LabPagerDuty {
  /** For `PAGERDUTY_URL`. */
  readonly url: string;
  /** Takes these steps for the next requests; after the last one every request is taken by the rules. */
  script(...steps: readonly PagerDutyStep[]): void;
  /** Takes this step for every request until it is called with `accept`. */
  always(step: PagerDutyStep): void;
  incidents(): readonly LabIncident[];
  open(): readonly LabIncident[];
  changes(): readonly Readonly<Record<string, unknown>>[];
  requests(): readonly PagerDutyRequest[];
  onRequest(listener: (request: PagerDutyRequest) => void): void;
  close(): Promise<void>;
}

const ajv = new Ajv({ allErrors: true });
const validIncident = ajv.compile(INCIDENT_EVENT);
const validChange = ajv.compile(CHANGE_EVENT);
const WINDOW_MS = 60_000;

/** PagerDuty's Events API v2 on loopback: checks every event against the documented schema and keeps the incidents. */
export async function startPagerDuty(time: Pick<Time, 'nowMs'>, options: PagerDutyOptions): Promise<LabPagerDuty> {
  const desk = new Desk(time, options);
  const steps: PagerDutyStep[] = [];
  let standing: PagerDutyStep = 'accept';
  const requests: PagerDutyRequest[] = [];
  const listeners: ((request: PagerDutyRequest) => void)[] = [];

  const serve = (request: IncomingMessage, response: ServerResponse) => {
    void bodyOf(request).then((body) => {
      const step = steps.shift() ?? standing;
      const endpoint: PagerDutyRequest['endpoint'] = ENDPOINTS[request.url ?? ''] ?? 'unknown';
      const answer = answerOf(step, endpoint, body, desk);
      const seen: PagerDutyRequest = {
        atMs: time.nowMs(),
        endpoint,
        event: parsed(body),
        status: answer?.status,
        why: answer?.why,
      };
      requests.push(seen);
      for (const listener of listeners) listener(seen);
      if (step === 'hang') return;
      if (!answer || step === 'lost reply') request.socket.destroy();
      else reply(response, answer);
    });
  };
  const server: Server = options.tls ? createTlsServer(options.tls, serve) : createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    script: (...more) => void steps.push(...more),
    always: (step) => {
      standing = step;
    },
    incidents: () => desk.incidents,
    open: () => desk.incidents.filter((one) => one.state !== 'resolved'),
    changes: () => desk.changes,
    requests: () => requests,
    onRequest: (listener) => void listeners.push(listener),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const ENDPOINTS: Readonly<Record<string, 'enqueue' | 'change'>> = { '/v2/enqueue': 'enqueue', '/v2/change/enqueue': 'change' };

interface Answer {
  readonly status: number;
  readonly retryAfterSec?: number;
  readonly why?: string;
  readonly body: unknown;
}

function answerOf(step: PagerDutyStep, endpoint: PagerDutyRequest['endpoint'], body: string, desk: Desk): Answer | undefined {
  if (step === 'hang' || step === 'reset') return undefined;
  if (typeof step === 'object')
    return { ...step, why: 'scripted', body: { status: 'scripted', message: `scripted ${step.status}` } };
  if (endpoint === 'unknown') return { status: 404, why: 'no such path', body: { status: 'not found' } };
  return desk.take(endpoint, body);
}

/** The service itself: who may speak, what is well formed, which incident it is. */
class Desk {
  public readonly incidents: LabIncident[] = [];
  public readonly changes: Readonly<Record<string, unknown>>[] = [];
  private readonly taken = new Map<string, number[]>();

  public constructor(
    private readonly time: Pick<Time, 'nowMs'>,
    private readonly options: PagerDutyOptions,
  ) {}

  public take(endpoint: 'enqueue' | 'change', body: string): Answer {
    if (Buffer.byteLength(body) > EVENT_BYTES) return refused(413, ['event is larger than 512 KB']);
    const event = parsed(body);
    const valid = endpoint === 'enqueue' ? validIncident : validChange;
    if (!valid(event))
      return refused(
        400,
        (valid.errors ?? []).map((e) => `${e.instancePath || 'event'} ${e.message}`),
      );
    const key = String(event.routing_key);
    if (!this.options.routingKeys.has(key)) return refused(400, [`routing key ${key} is not known`]);
    if (this.tooFast(key)) return { status: 429, why: 'rate limit', body: { status: 'throttle exceeded' } };

    if (endpoint === 'change') this.changes.push(event);
    else this.note(event, key);
    return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: event.dedup_key } };
  }

  /** A trigger joins the open incident of its key or opens one; acknowledge and resolve without one do nothing. */
  private note(event: Readonly<Record<string, unknown>>, routingKey: string): void {
    const dedupKey = typeof event.dedup_key === 'string' ? event.dedup_key : `made-up-${this.incidents.length}`;
    const open = this.incidents.find(
      (one) => one.state !== 'resolved' && one.dedupKey === dedupKey && one.routingKey === routingKey,
    );
    const nowMs = this.time.nowMs();
    if (event.event_action === 'trigger') {
      const { severity, summary } = event.payload as { severity: string; summary: string };
      if (open) open.triggers += 1;
      else this.incidents.push({ dedupKey, routingKey, openedAtMs: nowMs, severity, summary, triggers: 1, state: 'triggered' });
      return;
    }
    if (!open) return;
    open.state = event.event_action === 'acknowledge' ? 'acknowledged' : 'resolved';
    if (open.state === 'resolved') open.resolvedAtMs = nowMs;
  }

  private tooFast(key: string): boolean {
    const { ratePerMin } = this.options;
    if (ratePerMin === undefined) return false;
    const nowMs = this.time.nowMs();
    const recent = (this.taken.get(key) ?? []).filter((atMs) => nowMs - atMs < WINDOW_MS);
    const full = recent.length >= ratePerMin;
    this.taken.set(key, full ? recent : [...recent, nowMs]);
    return full;
  }
}

const refused = (status: number, errors: readonly string[]): Answer => ({
  status,
  why: errors.join('; '),
  body: { status: 'invalid event', message: 'Event object is invalid', errors },
});

function reply(response: ServerResponse, { status, retryAfterSec, body }: Answer): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfterSec === undefined ? {} : { 'retry-after': String(retryAfterSec) }),
  });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    // The client left in the middle; what it sent is no event.
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : { unparsed: body };
  } catch {
    return { unparsed: body };
  }
}
