/**
 * Watches an outage from outside, as users do: asks the name servers and requests pages, knowing nothing of the world.
 * What it measures is then held against the world's own truth.
 */

import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type Client, lastServed, learned, mustAsk, nextServer, requested, warmClients } from '../../decide/drill/clients';
import { BEACON_UNHEALTHY } from '../../decide/names';
import { AuthoritativeDns } from '../../runtime/adapters/authoritative-dns';
import type { Time } from '../../runtime/ports';
import type { SiteName, World } from '../world';
import { RECORD, TTL_SEC } from './setting';

export const OBSERVER_PERIOD_MS = 250;
/** As long as a user's browser would wait at most before it gives a dead address up, in lab ms. */
const REQUEST_LIMIT_MS = 2_000;

export interface Observed {
  /** First beacon that says the primary is unhealthy. */
  readonly detectedMs?: number;
  /** The name answers the standby on every server. */
  readonly switchedMs?: number;
  /** The last of eight clients gets the first of ten good answers from the standby. */
  readonly servedMs?: number;
  /** After the switch: the name answers the primary on every server again. */
  readonly returnedMs?: number;
  readonly largestGapMs: number;
  readonly clientsServed: number;
}

export class Observer {
  /** Requests since the start, by who gave a good answer. */
  public readonly counts = { primary: 0, standby: 0, failed: 0 };
  /** What all servers answered last; undefined while nobody was asked. */
  public answer: SiteName | 'nobody' | 'divided' | undefined;
  private clients: readonly Client[];
  private seen: Observed = { largestGapMs: 0, clientsServed: 0 };
  private lastRoundMs: number | undefined;
  private running = true;
  private readonly dns = new AuthoritativeDns();

  public constructor(
    private readonly time: Time,
    private readonly world: World,
    private readonly scale: number,
    private readonly beacon: string,
  ) {
    this.clients = warmClients([world.sites.primary.address], TTL_SEC, time.nowMs());
    void this.sampleNames();
    for (const client of this.clients) void this.use(client.index);
  }

  public get observed(): Observed {
    return {
      ...this.seen,
      servedMs: lastServed(this.clients),
      clientsServed: this.clients.filter((c) => c.servedAtMs !== undefined).length,
    };
  }

  public stop(): void {
    this.running = false;
  }

  private async sampleNames(): Promise<void> {
    while (this.running) {
      const beganMs = this.time.nowMs();
      const rounds = this.world.nameServers.map((server) =>
        Promise.all([this.dns.ask(server, RECORD, 'A'), this.dns.ask(server, this.beacon, 'TXT')]),
      );
      const answers = await Promise.all(rounds);
      this.note(
        answers.map(([name]) => (name.kind === 'answer' ? name.values[0] : undefined)),
        answers.some(([, beacon]) => beacon.kind === 'answer' && beacon.values[0] === BEACON_UNHEALTHY),
      );
      await this.rest(beganMs);
    }
  }

  private note(addresses: readonly (string | undefined)[], unhealthy: boolean): void {
    const nowMs = this.time.nowMs();
    const { primary, standby } = this.world.sites;
    const all = (address: string) => addresses.every((one) => one === address);
    const common = (['primary', 'standby'] as const).find((site) => all(this.world.sites[site].address));
    this.answer = common ?? (addresses.every((one) => one === undefined) ? 'nobody' : 'divided');
    const gapMs = this.lastRoundMs === undefined ? 0 : nowMs - this.lastRoundMs;
    this.lastRoundMs = nowMs;
    const { detectedMs, switchedMs, returnedMs } = this.seen;
    this.seen = {
      ...this.seen,
      largestGapMs: Math.max(this.seen.largestGapMs, gapMs),
      detectedMs: detectedMs ?? (unhealthy ? nowMs : undefined),
      switchedMs: switchedMs ?? (all(standby.address) ? nowMs : undefined),
      returnedMs: returnedMs ?? (switchedMs !== undefined && all(primary.address) ? nowMs : undefined),
    };
  }

  /** One client, for as long as the observer runs. */
  private async use(index: number): Promise<void> {
    while (this.running) {
      const beganMs = this.time.nowMs();
      let client = this.clients[index] as Client;
      if (mustAsk(client, beganMs)) client = await this.ask(client);
      const address = client.values[0];
      const from = address === undefined ? undefined : await this.request(address);
      this.counts[from === 'primary' || from === 'standby' ? from : 'failed'] += 1;
      client = requested(client, from === 'standby', this.time.nowMs());
      this.clients = this.clients.map((one) => (one.index === index ? client : one));
      await this.rest(beganMs);
    }
  }

  private async ask(client: Client): Promise<Client> {
    const server = nextServer(client, this.world.nameServers) ?? '';
    const answer = await this.dns.ask(server, RECORD, 'A');
    return answer.kind === 'answer'
      ? learned(client, answer.values, answer.ttlSec, this.time.nowMs())
      : learned(client, undefined, 0, this.time.nowMs());
  }

  /** @returns which site gave a good answer */
  private request(host: string): Promise<string | undefined> {
    const { ca, protocol, sites } = this.world;
    const send = protocol === 'https' ? httpsRequest : httpRequest;
    return new Promise((resolve) => {
      const end = (site?: string) => {
        clearTimeout(timer);
        request.destroy();
        resolve(site);
      };
      const request = send(
        {
          host,
          port: sites.primary.port,
          path: '/',
          agent: false,
          headers: { Host: RECORD },
          ...(ca ? { ca, servername: RECORD } : {}),
        },
        (response) => end(response.statusCode === 200 ? String(response.headers['x-failover-site']) : undefined),
      );
      const timer = setTimeout(() => end(), REQUEST_LIMIT_MS / this.scale);
      request.on('error', () => end());
      request.end();
    });
  }

  private rest(beganMs: number): Promise<void> {
    return this.time.sleep(Math.max(1, beganMs + OBSERVER_PERIOD_MS - this.time.nowMs()));
  }
}
