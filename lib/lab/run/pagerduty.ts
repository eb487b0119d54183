import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Time } from '../../runtime/ports';

export interface Incident {
  readonly key: string;
  readonly severity: string;
  readonly summary: string;
  readonly openedAtMs: number;
  resolvedAtMs?: number;
}

type Listener = (text: string, tone: 'good' | 'bad' | 'plain') => void;

/** PagerDuty's Events API for a lab run: joins triggers by key while an incident is open, and resolves it. */
export class LabPagerDuty {
  public static readonly routingKey = 'lab0lab0lab0lab0lab0lab0lab0lab0';
  private readonly table: Incident[] = [];
  private readonly listeners: Listener[] = [];
  private readonly server = createServer((request, response) => void this.answer(request, response));

  private constructor(private readonly time: Time) {}

  public static async open(time: Time): Promise<LabPagerDuty> {
    const opened = new LabPagerDuty(time);
    await new Promise<void>((resolve) => {
      opened.server.listen(0, '127.0.0.1', resolve);
    });
    return opened;
  }

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public incidents(): readonly Incident[] {
    return this.table;
  }

  public open(): readonly Incident[] {
    return this.table.filter(({ resolvedAtMs }) => resolvedAtMs === undefined);
  }

  public onChange(listener: Listener): void {
    this.listeners.push(listener);
  }

  public close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const event = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
    const payload = (event.payload ?? {}) as Record<string, string>;
    if (request.url === '/v2/change/enqueue') this.tell(`change event: ${payload.summary}`, 'plain');
    else this.take(String(event.event_action), String(event.dedup_key), payload);
    response.writeHead(202, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: 'success', message: 'Event processed', dedup_key: event.dedup_key }));
  }

  private take(action: string, key: string, payload: Record<string, string>): void {
    const incident = this.open().find((one) => one.key === key);
    if (action === 'trigger' && !incident) {
      const { severity = '', summary = '' } = payload;
      this.table.push({ key, severity, summary, openedAtMs: this.time.nowMs() });
      this.tell(`incident opened (${severity}): ${summary}`, severity === 'info' ? 'plain' : 'bad');
    }
    if (action === 'resolve' && incident) {
      incident.resolvedAtMs = this.time.nowMs();
      this.tell(`incident resolved: ${incident.summary}`, 'good');
    }
  }

  private tell(text: string, tone: 'good' | 'bad' | 'plain'): void {
    for (const listener of this.listeners) listener(text, tone);
  }
}
