import type * as lab from '../../lib/lab/aws';
import { A, B, type WireSettings, WireWorld } from './database-wire-world';

/** The step function that ships, with its own SDK clients, against servers that speak the protocols of AWS. */

/** A whole run is dozens of real calls, and the machine may be busy. */
jest.setTimeout(60_000);

async function inWorld(settings: WireSettings, test: (world: WireWorld) => Promise<void>): Promise<void> {
  const world = await WireWorld.start(settings);
  try {
    await test(world);
  } finally {
    await world.close();
  }
}

const once =
  (operation: string, fault: lab.Fault): WireSettings['fault'] =>
  (asked, _call, n) =>
    asked === operation && n === 1 ? fault : undefined;

const refused = (code: string, status: number): lab.Fault => ({ kind: 'refused', code, status });

describe('a failover by the shipped bundle', () => {
  test('fences, latches, promotes once, points and refreshes, in this order', () =>
    inWorld({}, async (world) => {
      const end = await world.walk(await world.acquired());
      expect([end.end, end.because]).toEqual(['done', expect.anything()]);
      expect(world.instances.truth(B, 'app-b1')).toMatchObject({
        status: 'available',
        source: undefined,
        backupRetentionDays: 7,
      });
      expect(world.instances.truth(B, 'app-b2').source).toBeDefined();
      const changes = world.acts().filter((act) => !/^(sns|lambda|events):/.test(act));
      expect(changes.filter((act, n, all) => act !== all[n - 1])).toEqual([
        'ec2:ReplaceNetworkAclAssociation network-acl/acl-1',
        'ec2:ReplaceNetworkAclAssociation subnet/subnet-1',
        'cloudwatch:PutMetricData *',
        'rds:PromoteReadReplica app-b1',
        'cloudwatch:PutMetricData *',
        'ssm:PutParameter parameter/app/writer',
        'ecs:UpdateService service/c/s',
        'cloudwatch:PutMetricData *',
      ]);
      expect((await world.journal.read('app'))?.database).toMatchObject({
        state: 'SERVING_STANDBY',
        active: 'standby',
        writer: 'app-b1',
      });
      expect(world.ec2.aclOf(A, 'subnet-1')).toBe('acl-1');
      expect(JSON.parse(world.values.get(`${B}:/app/writer`) ?? '')).toEqual({
        endpoint: 'app-b1.eu-central-1.example.com:5432',
        epoch: 1,
      });
      const told = world.events().map(({ type }) => type);
      expect([told[0], told.at(-1)]).toEqual(['failover-started', 'failover-done']);
      expect(told).toContain('promotion-requested');
      expect(
        world.bus.events().map(({ region, detail }) => [region, detail['namespace'], detail['row'], detail['source']]),
      ).toEqual([30, 42, 50, 51, 60].map((row) => [B, 'web', row, 'database-step']));
    }));

  test.each<[string, lab.Fault]>([
    ['an answer that is lost after the effect', { kind: 'lost' }],
    ['a connection that breaks before it', { kind: 'cut' }],
    ['a fault of the service', refused('InternalFailure', 500)],
    ['an unavailable service', refused('ServiceUnavailable', 503)],
    ['a throttled call', refused('Throttling', 400)],
    ['a replica that is in another state for a moment', refused('InvalidDBInstanceState', 400)],
  ])('promotes once in spite of %s', (_name, fault) =>
    inWorld({ fault: once('PromoteReadReplica', fault) }, async (world) => {
      expect(await world.walkToPromotion(await world.acquired())).toBe('promoted');
      expect(world.instances.truth(B, 'app-b1').source).toBeUndefined();
      expect(world.instances.truth(B, 'app-b2').source).toBeDefined();
    }),
  );

  test('fails into stuck, with a page, when the order is denied', () =>
    inWorld({ fault: once('PromoteReadReplica', refused('AccessDenied', 403)) }, async (world) => {
      const end = await world.walk(await world.acquired());
      expect(end.end).toBe('stuck');
      expect((await world.journal.read('app'))?.database).toMatchObject({ state: 'STUCK', latch: { on: true } });
      expect(world.events().at(-1)).toMatchObject({ type: 'failover-stuck', severity: 'critical' });
      expect(world.instances.truth(B, 'app-b1').source).toBeDefined();
    }));

  test('goes on without a fence when the other Region is gone', () =>
    inWorld({ fault: (_operation, call) => (call.region === A ? { kind: 'cut' } : undefined) }, async (world) => {
      expect(await world.walkToPromotion(await world.acquired())).toBe('promoted');
      expect(world.ec2.aclOf(A, 'subnet-1')).toBe('acl-0');
      expect(world.instances.truth(B, 'app-b1').source).toBeUndefined();
    }));

  test('two runners at once promote once', () =>
    inWorld({}, async (world) => {
      const run = await world.acquired();
      expect(await Promise.all([world.walkToPromotion(run), world.walkToPromotion(run)])).toEqual(['promoted', 'promoted']);
      expect(world.instances.truth(B, 'app-b1').source).toBeUndefined();
      expect(world.instances.truth(B, 'app-b2').source).toBeDefined();
    }));

  test('fails to promote replicas that are being backed up, and gives everything back', () =>
    inWorld({ timings: { describeLagMs: 0 } }, async (world) => {
      for (const id of ['app-b1', 'app-b2']) world.instances.change(B, id, { status: 'backing-up' });
      const end = await world.walk(await world.acquired());
      expect([end.end, end.because]).toEqual(['rolled_back', expect.anything()]);
      expect(world.acts().filter((act) => act.startsWith('rds:Promote'))).toEqual([]);
      expect((await world.journal.read('app'))?.database).toMatchObject({ latch: { on: false }, active: 'primary' });
    }));
});
