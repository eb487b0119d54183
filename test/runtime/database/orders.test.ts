import { abandonRebuild } from '../../../lib/decide/database/rebuild-rules';
import {
  adopt,
  approve,
  failback,
  failover,
  giveUpRebuild,
  lowerFences,
  type OrderPorts,
  pause,
  rebuild,
  resume,
  settleSplitBrain,
  switchover,
} from '../../../lib/runtime/drive/database/orders';
import { DatabaseProcess } from '../../fakes/database/process';
import { outage, said, walked } from '../../fakes/database/run';
import { DatabaseWorld } from '../../fakes/database/world';

const order = <T>(world: DatabaseWorld, give: (ports: OrderPorts) => Promise<T>): Promise<T> =>
  world.time.run(new DatabaseProcess(world).run(give));
const started = { kind: 'started', run: 'app-e1', epoch: 1, execution: 'execution:app-e1' };
const ann = { pair: 'app', by: 'ann' };
/** The primary lives in these worlds, unless it is killed. */
const forced = { ...ann, force: 'a rehearsal' };
const REBUILT = { id: 'app-a2', endpoint: 'app-a2.example.com', port: 5432, region: 'eu-west-1', engine: 'postgres' };

/** The standby writes, the primary's site is back up. */
async function served(): Promise<DatabaseWorld> {
  const world = new DatabaseWorld();
  await walked(world, await outage(world));
  world.primary = { web: true, database: false, reachable: true, diedAtMs: world.primary.diedAtMs };
  return world;
}
const runOf = (world: DatabaseWorld) => {
  const run = world.state.run;
  if (!run) throw new Error('no run');
  return run;
};

describe('a failover ordered by a person', () => {
  test('takes the next epoch and starts the machine; the same order again is the same run', async () => {
    const world = new DatabaseWorld();
    expect(await order(world, (ports) => failover(forced, ports))).toEqual(started);
    expect(await order(world, (ports) => failover(ann, ports))).toEqual({ ...started, kind: 'already-started' });
    expect(await order(world, (ports) => failover({ pair: 'app', by: 'bob' }, ports))).toEqual({
      kind: 'refused',
      because: ['app-e1 is under way'],
    });
  });

  test('judges the loss at the first evidence that the prober kept, not at the order', async () => {
    const world = new DatabaseWorld();
    const item = world.journal.peek('app');
    const suspect = {
      sinceMs: 1_000,
      writerSinceMs: 2_000,
      outsideSinceMs: 3_000,
      gapsMs: { 'app-b1': 4_000 },
      because: [],
    };
    if (item) world.journal.put({ ...item, database: { ...world.state, state: 'SUSPECT', suspect } });
    await order(world, (ports) => failover(forced, ports));
    expect(world.state.run).toMatchObject({ failedAtMs: 2_000, gapsMs: { 'app-b1': 4_000 }, automatic: false });
  });

  test('carries its consent: more loss than the limits allow', async () => {
    const world = new DatabaseWorld({ dataLoss: { kind: 'never' } });
    for (const id of ['app-b1', 'app-b2']) world.member(id).lagMs = 90_000;
    await world.time.pass(600_000);
    world.killPrimary();
    await order(world, (ports) => failover({ ...forced, acceptLossMs: 120_000 }, ports));
    expect((await walked(world, runOf(world))).end).toBe('done');
    expect(world.state.lastRuns[0]).toMatchObject({ outcome: 'done', lossMs: 90_000 });
  });

  test('works while automation is paused or rests', async () => {
    const world = new DatabaseWorld();
    const item = world.journal.peek('app');
    const restUntilMs = world.time.nowMs() + 60_000;
    if (item)
      world.journal.put({ ...item, pausedUntilMs: restUntilMs, database: { ...world.state, state: 'ROLLED_BACK', restUntilMs } });
    expect((await order(world, (ports) => failover(forced, ports))).kind).toBe('started');
  });

  test('fails while the primary shows signs of life, with each of them; a reason overrules them and is told', async () => {
    const world = new DatabaseWorld();
    expect(await order(world, (ports) => failover(ann, ports))).toEqual({
      kind: 'refused',
      because: [
        'the primary lives: the writer answers',
        'the primary lives: our own probe answers: 200',
        'the primary lives: Route 53 calls the primary healthy: _primary._failover.app.example.com: healthy, healthy',
      ],
    });
    expect([world.journal.peek('app')?.epoch, world.executions.size]).toEqual([0, 0]);
    await order(world, (ports) => failover(forced, ports));
    expect(runOf(world).forced).toBe('a rehearsal');
    await walked(world, runOf(world));
    expect(world.announced[0]).toMatchObject({
      type: 'failover-started',
      severity: 'critical',
      summary: 'failover of app began at epoch 1, by ann, against signs of life: a rehearsal',
      details: { forced: 'a rehearsal' },
    });
  });

  test('needs no reason once the primary is dead', async () => {
    const world = new DatabaseWorld();
    await world.time.pass(600_000);
    world.killPrimary();
    await world.time.pass(60_000);
    expect(await order(world, (ports) => failover(ann, ports))).toEqual(started);
  });

  test('fails with every reason at once', async () => {
    const world = await served();
    const item = world.journal.peek('app');
    const drill = {
      id: 'd',
      level: 'TRAFFIC' as const,
      scenario: 'primary_crash' as const,
      requestedBy: 'x',
      startedAtMs: 0,
      deadlineMs: 1,
      expectedAlarms: [],
      steps: {},
    };
    if (item) world.journal.put({ ...item, drill });
    expect(await order(world, (ports) => failover({ ...forced, epoch: 0 }, ports))).toEqual({
      kind: 'refused',
      because: [
        'drill d is running',
        'the epoch is 1, not 0: somebody came first',
        'the standby writes already',
        `there has been no replica to take over since ${new Date(world.state.unprotectedSinceMs ?? 0).toISOString()}`,
        'the controller is SERVING_STANDBY',
      ],
    });
  });

  test('says so when the machine does not start, and starts it when it is ordered again', async () => {
    const world = new DatabaseWorld();
    const process = new DatabaseProcess(world);
    const dead = { ...process.ports(), machine: { start: async () => ({ kind: 'unknown' as const, because: 'throttled' }) } };
    expect(await world.time.run(failover(forced, dead))).toEqual({
      kind: 'refused',
      because: ['app-e1 holds the pair, its machine was not started: throttled; order it again'],
    });
    expect(await order(world, (ports) => failover(ann, ports))).toEqual(started);
  });
});

describe('a switchover', () => {
  const stopping = {
    fences: [
      { kind: 'function' as const, name: 'read-only' },
      { kind: 'networkAcl' as const, region: 'eu-west-1', subnets: ['s'], denyAcl: 'acl-1', openAcl: 'acl-0' },
    ],
  };

  test('stops writes, waits until nothing arrives any more, and loses nothing', async () => {
    const world = new DatabaseWorld({ ...stopping, dataLoss: { kind: 'never' } });
    await world.time.pass(600_000);
    expect((await order(world, (ports) => switchover(ann, ports))).kind).toBe('started');
    const ended = await walked(world, runOf(world));
    expect([ended.end, world.state.lastRuns[0]?.lossMs]).toEqual(['done', 0]);
    expect(world.timeline.slice(0, 3)).toEqual(['fence read-only', 'fence acl-1', 'latch on']);
  });

  test('fails without a fence that leaves replication alive', async () => {
    const world = new DatabaseWorld();
    await world.time.pass(600_000);
    await order(world, (ports) => switchover(ann, ports));
    const ended = await walked(world, runOf(world));
    expect([ended.end, world.orders]).toEqual(['rolled_back', []]);
    expect(world.state.lastRuns[0]?.because).toEqual([
      'a planned change needs a fence that stops writes and leaves replication alive, or writes stopped by hand',
    ]);
  });

  test('fails when the fence does not hold, and takes it back', async () => {
    const world = new DatabaseWorld(stopping);
    await world.time.pass(600_000);
    await order(world, (ports) => switchover(ann, ports));
    world.primary.reachable = false;
    const ended = await walked(world, runOf(world));
    expect([ended.end, world.orders, world.fences.size]).toEqual(['rolled_back', [], 0]);
  });

  test('fails when the standby is not well, and takes no epoch', async () => {
    const world = new DatabaseWorld(stopping);
    world.standby.web = false;
    const answer = await order(world, (ports) => switchover(ann, ports));
    expect([answer.kind, world.journal.peek('app')?.epoch]).toEqual(['refused', 0]);
  });

  test('of an Aurora Global Database is another order than a failover', async () => {
    const world = new DatabaseWorld({ kind: 'auroraGlobal', globalCluster: 'g', fences: [], dataLoss: { kind: 'never' } });
    await world.time.pass(600_000);
    const asked: string[] = [];
    const process = new DatabaseProcess(world, (call, phase) => {
      if (phase === 'before' && call.startsWith('databases.') && call !== 'databases.look') asked.push(call);
      return 'live';
    });
    expect((await world.time.run(process.run((ports) => switchover(ann, ports)))).kind).toBe('started');
    const ended = await walked(world, runOf(world), (call, phase) => {
      if (phase === 'before' && call.startsWith('databases.') && call !== 'databases.look') asked.push(call);
      return 'live';
    });
    expect([ended.end, asked, world.state.lastRuns[0]?.lossMs]).toEqual(['done', ['databases.switchover'], 0]);
  });
});

describe('the way back', () => {
  test('is refused until a rebuilt replica was seen replicating, and leads to a primary without a latch', async () => {
    const world = await served();
    const back = { ...ann, writesStopped: true };
    expect(await order(world, (ports) => failback(back, ports))).toEqual({
      kind: 'refused',
      because: ['no rebuilt replica of today’s writer was seen replicating in the primary Region'],
    });
    const build = () => order(world, (ports) => rebuild({ ...ann, member: REBUILT }, ports));
    expect(await build()).toEqual({ kind: 'under way', because: 'app-a2 does not exist yet' });
    expect(world.state.state).toBe('REBUILDING');
    world.members.set('app-a2', { status: 'creating', replicaOf: 'app-b1', lagMs: 500, rowAtMs: 0 });
    expect(await build()).toEqual({ kind: 'under way', because: 'app-a2 is creating' });
    world.member('app-a2').status = 'available';
    expect(await build()).toEqual({ kind: 'done', because: 'app-a2 replicates from app-b1' });
    expect(await build()).toEqual({ kind: 'done', because: 'app-a2 replicates from app-b1' });
    expect([world.state.state, world.state.unprotectedSinceMs]).toEqual(['SERVING_STANDBY', undefined]);

    world.timeline.length = 0;
    expect(await order(world, (ports) => failback(back, ports))).toMatchObject({ kind: 'started', run: 'app-e2' });
    const ended = await walked(world, runOf(world));
    expect([ended.end, ended.because]).toEqual(['done', ['app-a2 writes', 'the loss was judged: 0 s of writes, by heartbeat']]);
    expect(world.timeline).toEqual(['promote app-a2', 'latch off', 'writer ']);
    expect(world.state).toMatchObject({ state: 'ARMED', active: 'primary', writer: 'app-a2', latch: { on: false } });
    expect(world.state.unprotectedSinceMs).toBeDefined();
    expect(world.pointers.get('/app/writer')).toEqual({ endpoint: 'app-a2.example.com:5432', epoch: 2 });
  });

  test('fails when nobody stopped the writes: the standby goes on, the latch stays on', async () => {
    const world = await served();
    world.members.set('app-a2', { status: 'available', replicaOf: 'app-b1', lagMs: 500, rowAtMs: 0 });
    await order(world, (ports) => rebuild({ ...ann, member: REBUILT }, ports));
    await order(world, (ports) => failback(ann, ports));
    world.timeline.length = 0;
    const before = world.announced.length;
    const ended = await walked(world, runOf(world));
    expect([ended.end, world.timeline]).toEqual(['rolled_back', []]);
    // Nothing was undone, so nothing says that the latch was lifted or a fence lowered.
    expect(world.announced.slice(before).map(({ type }) => type)).toEqual([
      'failback-started',
      'replica-chosen',
      'failback-rolled-back',
    ]);
    expect(world.state).toMatchObject({ state: 'SERVING_STANDBY', active: 'standby', writer: 'app-b1', latch: { on: true } });
    expect(world.state.rebuilt?.replicating).toBe(true);
  });

  test('a rebuild is refused in the wrong Region and for the writer itself, and may be given up', async () => {
    const world = await served();
    expect(await order(world, (ports) => rebuild({ ...ann, member: { ...REBUILT, region: 'eu-central-1' } }, ports))).toEqual({
      kind: 'refused',
      because: 'app-a2 is in eu-central-1, the way back leads to eu-west-1',
    });
    expect(await order(world, (ports) => rebuild({ ...ann, member: { ...REBUILT, id: 'app-b1' } }, ports))).toEqual({
      kind: 'refused',
      because: 'app-b1 writes now',
    });
    await order(world, (ports) => rebuild({ ...ann, member: REBUILT }, ports));
    expect((await order(world, (ports) => giveUpRebuild(ann, ports))).kind).toBe('done');
    expect([world.state.state, abandonRebuild(undefined).answer]).toEqual([
      'SERVING_STANDBY',
      { kind: 'refused', because: 'nothing is being rebuilt' },
    ]);
  });

  test('fences of the old primary come down by order only', async () => {
    const world = await served();
    world.fences.add('acl-1');
    expect(await order(world, (ports) => lowerFences(ann, ports))).toEqual({ kind: 'done', because: 'networkAcl:acl-1 is down' });
    expect(world.announced.at(-1)?.summary).toBe('app: ann let the old primary through: networkAcl:acl-1 is down');
    expect(world.fences.size).toBe(0);
  });
});

describe('adopting', () => {
  test('a stuck run goes on under a new execution, with the same epoch only', async () => {
    const world = new DatabaseWorld();
    const run = await outage(world);
    world.answers.push({ answer: { kind: 'refused', because: 'KMS', retryable: false }, effect: false });
    expect((await walked(world, run)).end).toBe('stuck');
    expect(await order(world, (ports) => adopt({ ...ann, epoch: 2 }, ports))).toEqual({
      kind: 'refused',
      because: ['app-e1 holds the pair, not app-e2'],
    });
    expect(await order(world, (ports) => adopt({ ...ann, epoch: 1 }, ports))).toEqual({
      kind: 'started',
      run: 'app-e1',
      epoch: 1,
      execution: 'execution:app-e1-a1',
    });
    expect((await walked(world, runOf(world))).end).toBe('done');
    expect([world.promotions.length, world.state.state]).toEqual([1, 'SERVING_STANDBY']);
  });

  test('a run whose standby never answered is stuck behind the promotion, and ends once adopted', async () => {
    const world = new DatabaseWorld();
    const run = await outage(world);
    world.standby.web = false;
    expect((await walked(world, run)).end).toBe('stuck');
    expect(world.state).toMatchObject({ state: 'STUCK', active: 'standby', writer: 'app-b1' });
    world.standby.web = true;
    await order(world, (ports) => adopt({ ...ann, epoch: 1 }, ports));
    expect((await walked(world, runOf(world))).end).toBe('done');
    expect(said(world).at(-1)).toBe('info failover-done');
  });
});

describe('steering', () => {
  test('a pause has an end, four hours at most, and a resume takes it and its hold back', async () => {
    const world = new DatabaseWorld();
    const untilMs = world.time.nowMs() + 4 * 3_600_000;
    expect((await order(world, (ports) => pause({ ...ann, hold: true }, ports))).kind).toBe('done');
    expect([world.journal.peek('app')?.pausedUntilMs, world.state.latch.hold]).toEqual([untilMs, { untilMs, by: 'ann' }]);
    expect(await order(world, (ports) => pause({ ...ann, forMs: 4 * 3_600_000 + 1 }, ports))).toEqual({
      kind: 'refused',
      because: 'a pause lasts 4 h at most',
    });
    expect(await order(world, (ports) => pause({ ...ann, forMs: 0 }, ports))).toEqual({
      kind: 'refused',
      because: 'a pause ends in the future',
    });
    expect((await order(world, (ports) => resume(ann, ports))).kind).toBe('done');
    expect([world.journal.peek('app')?.pausedUntilMs, world.state.latch.hold]).toEqual([undefined, undefined]);
    expect((await order(world, (ports) => resume(ann, ports))).kind).toBe('refused');
  });

  test('a hold is refused while the standby writes', async () => {
    const world = await served();
    expect(await order(world, (ports) => pause({ ...ann, hold: true }, ports))).toEqual({
      kind: 'refused',
      because: 'a hold keeps traffic at the primary; the standby writes',
    });
  });

  test('a consent is refused for another epoch, a smaller loss, or when nobody asked', async () => {
    const world = new DatabaseWorld({ dataLoss: { kind: 'never' } });
    const give = (epoch: number, lossMs: number) => order(world, (ports) => approve({ ...ann, epoch, lossMs }, ports));
    expect(await give(1, 1)).toEqual({ kind: 'refused', because: 'no run waits for consent' });
    await outage(world);
    expect(await give(1, 1)).toEqual({ kind: 'refused', because: 'app-e1 does not wait for consent' });
    const item = world.journal.peek('app');
    if (item) {
      world.journal.put({
        ...item,
        database: { ...world.state, state: 'AWAITING_CONSENT', run: { ...runOf(world), asked: { lossMs: 6_000, atMs: 0 } } },
      });
    }
    expect(await give(2, 6_000)).toEqual({ kind: 'refused', because: 'the epoch is 1, not 2' });
    expect(await give(1, 5_999)).toEqual({ kind: 'refused', because: 'the loss shown is 6000 ms, the consent is to 5999 ms' });
    expect((await give(1, 6_000)).kind).toBe('done');
    expect([world.state.state, world.state.run?.consent?.by]).toEqual(['FENCING', 'ann']);
  });

  test('a claim of another writer is cleared by a person, once, which resolves its incident', async () => {
    const world = await served();
    const item = world.journal.peek('app');
    if (item) world.journal.put({ ...item, database: { ...world.state, splitBrain: { since: 0, because: 'x' } } });
    expect((await order(world, (ports) => settleSplitBrain(ann, ports))).kind).toBe('done');
    expect(world.announced.at(-1)).toMatchObject({
      type: 'claim-cleared',
      action: 'resolve',
      incidentKey: 'app/1/split-brain',
      summary: 'app: ann cleared the claim: x',
    });
    expect((await order(world, (ports) => settleSplitBrain(ann, ports))).kind).toBe('refused');
  });
});
