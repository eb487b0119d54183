import { Resolver } from 'node:dns/promises';
import { get } from 'node:http';
import { get as httpsGet } from 'node:https';
import { seededUniform } from '../../../lib/lab/simulated';
import { createWorld, definePair, type PairInWorld, ScaledTime, type TruthEvent, type World } from '../../../lib/lab/world';

// Twenty times as fast, two failures in a row: a refused endpoint is seen after about a second of real time.
const SCALE = 20;
const time = new ScaledTime({ scale: SCALE });
const uniform = seededUniform(Number(process.env.SEED ?? 20261120));
const NAME = 'app.example.com';

// Ten times what the slowest of them needs.
jest.setTimeout(30_000);

function resolverOf(world: World, server = 0): Resolver {
  const resolver = new Resolver({ timeout: 5_000 });
  resolver.setServers([world.nameServers[server] ?? '']);
  return resolver;
}

/** Position in the log of the first event that matches after another one. */
function positions(events: readonly TruthEvent[], from: number, ...steps: ((e: TruthEvent) => boolean)[]): number[] {
  let at = from;
  return steps.map((step) => {
    const found = events.findIndex((e, i) => i >= at && step(e));
    at = found < 0 ? Number.POSITIVE_INFINITY : found;
    return found;
  });
}

describe('a live pair', () => {
  let world: World;
  let pair: PairInWorld;
  beforeAll(async () => {
    world = await createWorld({ time, zone: 'example.com', protocol: 'http', uniform });
    pair = definePair(world, { recordName: NAME, failureThreshold: 2 });
  });
  afterAll(() => world.close());

  const answers = async () =>
    Promise.all(
      world.nameServers.map(async (_, i) => {
        const resolver = resolverOf(world, i);
        return [(await resolver.resolve4(NAME)).join(), (await resolver.resolveTxt(pair.beacons.primary)).join()];
      }),
    );
  const onPrimary = [
    ['127.0.0.1', 'healthy'],
    ['127.0.0.1', 'healthy'],
  ];
  const onStandby = [
    ['127.0.0.2', 'unhealthy'],
    ['127.0.0.2', 'unhealthy'],
  ];
  const primaryTurned = (healthy: boolean) => (e: { check: string; healthy: boolean }) =>
    e.check === pair.checks.primary && e.healthy === healthy;

  test('starts healthy, before any checker has probed', async () => {
    expect(await answers()).toEqual(onPrimary);
  });

  test.each([
    ['refused', 'Failure: Connection refused.'],
    ['blackHole', 'Failure: Connection timed out.'],
  ] as const)(
    '%s: fault, failing probes, checkers, verdict, name servers, in this order; then the way back',
    async (fault, text) => {
      const from = world.truth.events.length;
      const sinceMs = time.nowMs();
      await world.sites.primary.fail(fault);
      const down = await world.truth.when('check-turned', primaryTurned(false), sinceMs);
      expect(await answers()).toEqual(onStandby);
      expect({ dead: down.checkers - down.healthyCheckers >= 14, of: down.checkers }).toEqual({ dead: true, of: 16 });

      const saying = world.healthChecks.status(pair.checks.primary)?.filter((o) => o.status.startsWith(text)) ?? [];
      expect(saying.length).toBeGreaterThanOrEqual(14);

      await world.sites.primary.heal();
      await world.truth.when('check-turned', primaryTurned(true), down.atMs);
      expect(await answers()).toEqual(onPrimary);

      const order = positions(
        world.truth.events,
        from,
        (e) => e.kind === 'fault-began' && e.fault === fault,
        (e) => e.kind === 'probe-failed' && e.check === pair.checks.primary,
        (e) => e.kind === 'checker-turned' && e.check === pair.checks.primary && !e.healthy,
        (e) => e.kind === 'check-turned' && !e.healthy,
        (e) => e.kind === 'answer-changed' && e.server === world.nameServers[0] && e.values.join() === '127.0.0.2',
        (e) => e.kind === 'answer-changed' && e.server === world.nameServers[1] && e.values.join() === '127.0.0.2',
        (e) => e.kind === 'fault-ended' && e.fault === fault,
        (e) => e.kind === 'checker-turned' && e.check === pair.checks.primary && e.healthy,
        (e) => e.kind === 'check-turned' && e.healthy,
        (e) => e.kind === 'answer-changed' && e.server === world.nameServers[1] && e.values.join() === '127.0.0.1',
      );
      expect(order.filter((at) => at < 0)).toEqual([]);
      expect(order).toEqual([...order].sort((a, b) => a - b));
    },
  );

  test('a check on the marker path turns while users are still served, and its observations say why', async () => {
    const { primary } = pair.checks;
    const version = world.healthChecks.get(primary)?.version ?? 0;
    expect(world.healthChecks.update(primary, { path: '/.well-known/failover-drill/x' }, version + 1)).toEqual({
      kind: 'version-mismatch',
      current: version,
    });
    const sinceMs = time.nowMs();
    expect(world.healthChecks.update(primary, { path: '/.well-known/failover-drill/x' }, version)).toMatchObject({
      kind: 'updated',
      check: { version: version + 1, config: { path: '/.well-known/failover-drill/x', port: world.sites.primary.port } },
    });
    await world.truth.when('check-turned', primaryTurned(false), sinceMs);
    expect(await answers()).toEqual(onStandby);
    expect(await fetched(`http://127.0.0.1:${world.sites.primary.port}/health`)).toMatchObject({ status: 200, site: 'primary' });
    const observations = world.healthChecks.status(primary) ?? [];
    expect(observations).toHaveLength(16);
    expect(new Set(observations.map((o) => o.region)).size).toBe(8);
    expect(observations.filter((o) => o.status === 'Failure: HTTP Status Code 404, Not Found').length).toBeGreaterThanOrEqual(14);
    expect(observations.every((o) => o.checkedAtMs <= time.nowMs())).toBe(true);
  });

  test('both sides unhealthy answers the primary, a deleted check counts as healthy', async () => {
    const force = (id: string, down: boolean) => world.healthChecks.update(id, { disabled: down, inverted: down });
    force(pair.checks.primary, true);
    expect(await answers()).toEqual(onStandby);
    force(pair.checks.standby, true);
    expect((await answers()).map(([address]) => address)).toEqual(['127.0.0.1', '127.0.0.1']);
    expect((await answers()).map(([, beacon]) => beacon)).toEqual(['unhealthy', 'unhealthy']);
    force(pair.checks.standby, false);
    expect(await answers()).toEqual(onStandby);
    expect(world.healthChecks.delete(pair.checks.primary)).toBe(true);
    expect(await answers()).toEqual(onPrimary);
    expect(world.healthChecks.status(pair.checks.primary)).toBeUndefined();
    expect(world.healthChecks.update(pair.checks.primary, { path: '/' })).toEqual({ kind: 'no-such-check' });
  });

  test('the zone refuses half a pair, and says so as the API does', () => {
    const { records } = world.zone;
    const result = world.zone.change([
      { action: 'CREATE', record: { name: NAME, type: 'A', ttlSec: 30, values: ['127.0.0.3'] } },
      { action: 'CREATE', record: { name: 'new.example.com', type: 'A', ttlSec: 30, values: ['127.0.0.3'] } },
    ]);
    expect(result).toEqual({
      kind: 'refused',
      code: 'InvalidChangeBatch',
      messages: [`RRSet with DNS name ${NAME}., type A cannot be created as other RRSets exist with the same name and type.`],
    });
    expect(world.zone.records).toBe(records);
  });
});

test('verdicts may reach name servers at different times, and reach all of them', async () => {
  const world = await createWorld({
    time,
    zone: 'example.com',
    protocol: 'http',
    uniform,
    nameServers: 3,
    verdictDelayMs: { min: 1_000, max: 5_000 },
  });
  try {
    const pair = definePair(world, { recordName: NAME });
    expect(world.assumptions).toEqual([
      { what: 'time from a verdict to the name servers', value: '1000-5000 ms', provenance: 'assumed' },
    ]);
    const sinceMs = time.nowMs();
    world.healthChecks.update(pair.checks.primary, { disabled: true, inverted: true });
    expect(world.truth.all('answer-changed', (e) => e.values.join() === '127.0.0.2')).toEqual([]);
    const learned = await Promise.all(
      world.nameServers.map((server) =>
        world.truth.when('answer-changed', (e) => e.server === server && e.values.join() === '127.0.0.2', sinceMs),
      ),
    );
    const turned = world.truth.first('check-turned', undefined, sinceMs);
    // A timer may fire one real millisecond early.
    expect(learned.filter((e) => e.atMs < (turned?.atMs ?? 0) + 1_000 - 2 * SCALE)).toEqual([]);
  } finally {
    await world.close();
  }
});

test('a later verdict never overtakes an earlier one on its way to a name server', async () => {
  let draw = 0.99;
  const verdictDelayMs = { min: 1_000, max: 5_000 };
  const world = await createWorld({
    time,
    zone: 'example.com',
    protocol: 'http',
    uniform: () => draw,
    nameServers: 1,
    verdictDelayMs,
  });
  try {
    const pair = definePair(world, { recordName: NAME });
    await time.sleep(6_000);
    world.healthChecks.update(pair.checks.primary, { disabled: true, inverted: true });
    // The way back draws a much shorter delay than the way out.
    draw = 0;
    world.healthChecks.update(pair.checks.primary, { inverted: false });
    await time.sleep(6_000);
    expect(world.servers.map((server) => server.health(pair.checks.primary))).toEqual([true]);
  } finally {
    await world.close();
  }
});

test('over HTTPS both sites carry a certificate of the lab authority, and the health endpoint keeps its contract', async () => {
  const world = await createWorld({ time, zone: 'example.com' });
  try {
    for (const site of ['primary', 'standby'] as const) {
      const { address, port } = world.sites[site];
      const options = { ca: world.ca, servername: NAME, headers: { Host: NAME } };
      const health = await fetched(`https://${address}:${port}/health`, options);
      expect(health).toEqual({ status: 200, site, body: 'ok\n' });
      expect(await fetched(`https://${address}:${port}/.well-known/failover-drill/x`, options)).toMatchObject({
        status: 404,
        site,
      });
      await expect(fetched(`https://${address}:${port}/health`, { servername: NAME })).rejects.toThrow(/certificate/);
      await expect(fetched(`https://${address}:${port}/health`, { ...options, servername: 'example.net' })).rejects.toThrow(
        /altnames/,
      );
    }
    await world.sites.primary.fail('http500');
    expect(
      (await fetched(`https://127.0.0.1:${world.sites.primary.port}/health`, { ca: world.ca, servername: NAME })).status,
    ).toBe(500);
  } finally {
    await world.close();
  }
});

test('fails with the way out when the second loopback address is missing', async () => {
  // An address of the documentation range is on no machine, as 127.0.0.2 is on no Mac.
  await expect(
    createWorld({ time, zone: 'example.com', protocol: 'http', addresses: { primary: '127.0.0.1', standby: '192.0.2.1' } }),
  ).rejects.toThrow(
    "[LoopbackAddressMissing] 192.0.2.1 is not an address of this machine; the lab's two sites need two loopback addresses; " +
      'add it with "sudo ifconfig lo0 alias 192.0.2.1 up" (macOS), or give the lab another address',
  );
});

interface Fetched {
  readonly status: number | undefined;
  readonly site: unknown;
  readonly body: string;
}

function fetched(url: string, options: object = {}): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const request = (url.startsWith('https') ? httpsGet : get)(url, { agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, site: response.headers['x-failover-site'], body }));
    });
    request.on('error', reject);
  });
}
