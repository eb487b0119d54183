import { outage, said, walked } from '../../fakes/database/run';
import { DatabaseWorld } from '../../fakes/database/world';

describe('a failover of a dead primary', () => {
  test('latches, promotes, repoints, refreshes, verifies and says so', async () => {
    const world = new DatabaseWorld();
    const run = await outage(world);
    const ended = await walked(world, run);
    expect([ended.end, ended.because]).toEqual(['done', ['app-b1 writes', 'loss was judged at 6000 ms by heartbeat']]);
    expect(ended.calls.filter((c) => c.verdict === 'done').map((c) => c.step)).toEqual([
      'acquire',
      'assess',
      'stop_writes_to_primary',
      'verify_replica_sync',
      'latch',
      'promote_replica',
      'repoint_writer',
      'refresh_applications',
      'verify_functionality',
      'announce',
    ]);
    expect(world.timeline).toEqual(['latch on', 'promote app-b1', 'writer app-b1']);
    expect(world.orders).toEqual(['promote app-b1 e1']);
    expect(world.state).toMatchObject({ state: 'SERVING_STANDBY', active: 'standby', writer: 'app-b1', latch: { on: true } });
    expect(world.state.run).toBeUndefined();
    expect(world.pointers.get('/app/writer')).toEqual({ endpoint: 'app-b1.eu-central-1.example.com:5432', epoch: 1 });
    expect(said(world)).toEqual(['critical failover-started', 'critical promotion-requested', 'info failover-done']);
    expect(new Set(world.announced.map((e) => e.incidentKey))).toEqual(new Set(['app/1']));
    expect([...world.asked]).toEqual(['tcp']);
  });
});
