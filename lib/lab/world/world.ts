/**
 * The physical world of the lab: a zone with its name servers, two sites, and the health checkers that watch them. Real
 * sockets on loopback; time is injected, so that the same world runs at any scale.
 */
import { createServer } from 'node:net';
import { BEACON_HEALTHY, BEACON_UNHEALTHY, beaconName } from '../../decide/names';
import type { Provenance } from '../../decide/provenance';
import { absolute, batchErrorText, type Change } from '../../decide/route53';
import { type Certificates, makeCertificates } from './certificates';
import { HealthChecks } from './health-checks';
import { NameServer } from './name-server';
import { explained, Site } from './site';
import type { LabTime } from './time';
import { type SiteName, Truth } from './truth';
import { Zone } from './zone';

export interface WorldOptions {
  readonly time: LabTime;
  /** Name of the hosted zone, such as `example.com`. */
  readonly zone: string;
  /** Names that the sites' certificate must cover, besides the zone and one level below it. */
  readonly names?: readonly string[];
  /** @default 'https' */
  readonly protocol?: 'http' | 'https';
  /** Loopback addresses of the sites. @default 127.0.0.1 and 127.0.0.2 */
  readonly addresses?: Readonly<Record<SiteName, string>>;
  /** How many authoritative servers. @default 2 */
  readonly nameServers?: number;
  /**
   * Time from a verdict to each name server knowing it, in lab ms: between `min` and `max`, drawn per server and verdict.
   * AWS publishes no figure, so this is assumed, never measured here.
   * @default no delay
   */
  readonly verdictDelayMs?: { readonly min: number; readonly max: number };
  /** Chance, for the checkers' phases and the delays. @default Math.random */
  readonly uniform?: () => number;
}

/** A number that the world takes for granted; reports print it with its provenance. */
export interface Assumption {
  readonly what: string;
  readonly value: string;
  readonly provenance: Provenance;
}

export interface World {
  readonly time: LabTime;
  readonly zone: Zone;
  readonly healthChecks: HealthChecks;
  readonly sites: Readonly<Record<SiteName, Site>>;
  readonly truth: Truth;
  /** `address:port` of each authoritative server. */
  readonly nameServers: readonly string[];
  readonly servers: readonly NameServer[];
  readonly protocol: 'http' | 'https';
  /** PEM of the authority that signed the sites' certificate; undefined over HTTP. */
  readonly ca: string | undefined;
  readonly assumptions: readonly Assumption[];
  close(): Promise<void>;
}

const SITES: readonly SiteName[] = ['primary', 'standby'];

export async function createWorld(options: WorldOptions): Promise<World> {
  const { time, protocol = 'https', uniform = Math.random, verdictDelayMs = { min: 0, max: 0 } } = options;
  const addresses = options.addresses ?? { primary: '127.0.0.1', standby: '127.0.0.2' };
  const count = options.nameServers ?? 2;
  const truth = new Truth(() => time.nowMs());
  const names = Array.from({ length: count }, (_, i) => `ns${i + 1}.${options.zone}`);
  const zone = new Zone(options.zone, names);
  zone.onChange((changes) => truth.record({ kind: 'records-changed', changes }));

  const certificates = protocol === 'https' ? await siteCertificates(options, addresses) : undefined;
  const servers: NameServer[] = [];
  const courier = new Courier(time, servers, uniform, verdictDelayMs);
  const healthChecks = new HealthChecks({
    time,
    truth,
    uniform,
    resolve: (name) => firstAddress(zone, name, servers[0]),
    onStatus: (id, healthy) => courier.tell((server) => server.learn(id, healthy)),
    onDelete: (id) => courier.tell((server) => server.forget(id)),
  });
  const port = await freePort(SITES.map((site) => addresses[site]));
  const site = (name: SiteName) =>
    new Site({ site: name, address: addresses[name], protocol, ...(certificates ? { certificates } : {}), time, truth }, port);
  const sites = { primary: site('primary'), standby: site('standby') };

  const close = async () => {
    healthChecks.close();
    courier.stop();
    await Promise.all([...servers.map((s) => s.close()), sites.primary.close(), sites.standby.close()]);
  };
  try {
    for (let i = 0; i < count; i++) servers.push(await NameServer.open(zone, truth, '127.0.0.1'));
    await Promise.all([sites.primary.open(), sites.standby.open()]);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    time,
    zone,
    healthChecks,
    sites,
    truth,
    nameServers: servers.map((s) => s.server),
    servers,
    protocol,
    ca: certificates?.ca,
    assumptions: [
      {
        what: 'time from a verdict to the name servers',
        value: `${verdictDelayMs.min}-${verdictDelayMs.max} ms`,
        provenance: 'assumed',
      },
    ],
    close,
  };
}

/** Carries verdicts to the name servers, each on its own way; on one way a later verdict never overtakes an earlier one. */
class Courier {
  private readonly timers = new Set<() => void>();
  private readonly waiting = new Map<NameServer, ((server: NameServer) => void)[]>();

  constructor(
    private readonly time: LabTime,
    private readonly servers: readonly NameServer[],
    private readonly uniform: () => number,
    private readonly delayMs: { readonly min: number; readonly max: number },
  ) {}

  public tell(act: (server: NameServer) => void): void {
    const { min, max } = this.delayMs;
    for (const server of this.servers) {
      if (max <= 0) act(server);
      else this.tellLater(server, act, min + this.uniform() * (max - min));
    }
  }

  public stop(): void {
    for (const cancel of this.timers) cancel();
  }

  /** Whichever timer ends first delivers the oldest verdict, so that each delay stays between min and max. */
  private tellLater(server: NameServer, act: (server: NameServer) => void, delayMs: number): void {
    const queue = this.waiting.get(server) ?? [];
    this.waiting.set(server, queue);
    queue.push(act);
    const cancel = this.time.after(delayMs, () => {
      this.timers.delete(cancel);
      queue.shift()?.(server);
    });
    this.timers.add(cancel);
  }
}

export interface PairOptions {
  /** Full name of the record, such as `app.example.com`. */
  readonly recordName: string;
  readonly ttlSec?: number;
  readonly path?: string;
  readonly requestIntervalSec?: 10 | 30;
  readonly failureThreshold?: number;
  readonly beaconLabel?: string;
}

export interface PairInWorld {
  readonly checks: { readonly primary: string; readonly standby: string };
  readonly beacons: { readonly primary: string; readonly standby: string };
}

/** A stateless pair as the constructs render it: two checks by address, two A records, a TXT beacon per check. */
export function definePair(world: World, options: PairOptions): PairInWorld {
  const { recordName, ttlSec = 30, path = '/health', requestIntervalSec = 10, failureThreshold = 3 } = options;
  const create = (site: SiteName) =>
    world.healthChecks.create({
      type: world.protocol === 'https' ? 'HTTPS' : 'HTTP',
      ipAddress: world.sites[site].address,
      fqdn: recordName,
      port: world.sites[site].port,
      path,
      requestIntervalSec,
      failureThreshold,
    }).id;
  const checks = { primary: create('primary'), standby: create('standby') };
  const beacons = {
    primary: beaconName('primary', recordName, options.beaconLabel),
    standby: beaconName('standby', recordName, options.beaconLabel),
  };
  const pair = (site: SiteName): Change => ({
    action: 'CREATE',
    record: {
      name: absolute(recordName),
      type: 'A',
      setIdentifier: site,
      failover: site === 'primary' ? 'PRIMARY' : 'SECONDARY',
      healthCheckId: checks[site],
      ttlSec,
      values: [world.sites[site].address],
    },
  });
  const result = world.zone.change([
    pair('primary'),
    pair('standby'),
    ...beaconRecords(beacons.primary, checks.primary),
    ...beaconRecords(beacons.standby, checks.standby),
  ]);
  if (result.kind === 'refused') throw new Error(`${result.code}: ${batchErrorText(result.messages)}`);
  return { checks, beacons };
}

/** Anyone who asks for this TXT name learns the status of the check. */
export function beaconRecords(name: string, healthCheckId: string): Change[] {
  const beacon = { name: absolute(name), type: 'TXT', ttlSec: 1 } as const;
  return [
    {
      action: 'CREATE',
      record: { ...beacon, setIdentifier: 'healthy', failover: 'PRIMARY', healthCheckId, values: [`"${BEACON_HEALTHY}"`] },
    },
    {
      action: 'CREATE',
      record: { ...beacon, setIdentifier: 'unhealthy', failover: 'SECONDARY', values: [`"${BEACON_UNHEALTHY}"`] },
    },
  ];
}

function siteCertificates(options: WorldOptions, addresses: Readonly<Record<SiteName, string>>): Promise<Certificates> {
  const names = [options.zone, `*.${options.zone}`, ...(options.names ?? [])];
  return makeCertificates(names, Object.values(addresses), options.time.nowMs());
}

function firstAddress(zone: Zone, name: string, server: NameServer | undefined): string | undefined {
  const found = zone.answer(name, 'A', server?.health ?? (() => undefined));
  return found.kind === 'answer' ? found.sets.find((s) => s.type === 'A')?.values[0] : undefined;
}

/** Below the usual range of outgoing ports: a broken site's port must not be taken by someone's connection. */
const PORTS = { from: 20_000, to: 32_000 };
const PORT_ATTEMPTS = 50;

async function freePort(addresses: readonly string[]): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    try {
      for (const address of addresses) await tryPort(port, address);
      return port;
    } catch (error) {
      const failure = error as NodeJS.ErrnoException;
      if (failure.code !== 'EADDRINUSE' || attempt >= PORT_ATTEMPTS)
        throw explained(failure, (failure as { address?: string }).address ?? '');
    }
  }
}

function tryPort(port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, address, () => server.close(() => resolve()));
  });
}
