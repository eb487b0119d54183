import { OperatorWorld, type Said } from './database-world';

/** Orders of a database by the shipped command line, carried by the shipped steps. Order and state only; nothing is timed. */
jest.setTimeout(120_000);

async function inWorld(
  settings: Parameters<typeof OperatorWorld.start>[0],
  test: (world: OperatorWorld) => Promise<void>,
): Promise<void> {
  const world = await OperatorWorld.start(settings);
  try {
    await test(world);
  } finally {
    await world.close();
  }
}

/** The primary has been dead for a minute, and the prober noted it. */
async function outage(world: OperatorWorld): Promise<void> {
  world.killPrimary();
  const { database } = world.item({ state: 'SUSPECT', suspect: world.suspicion(60_000) });
  await world.put((item) => ({ ...item, database }));
}
const json = ({ out }: Said) =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
const YES = ['--yes-i-mean', 'app'];

describe('a failover', () => {
  test('shows what will happen, is carried to its end, and is one run however often it is ordered', () =>
    inWorld({}, async (world) => {
      await outage(world);
      const dry = await world.cli(['failover', 'app', '--dry-run', '--json']);
      expect(json(dry)[0]).toMatchObject({
        schema: 'cdk-failover.foresight/1',
        order: 'failover',
        epoch: 0,
        writer: 'app-a',
        candidate: { id: 'app-b1', loss: { ms: 7_000, basis: 'heartbeat' } },
        notChosen: [{ id: 'app-b2', because: 'it would lose 15 s of writes, by heartbeat' }],
        loss: 'the loss is 7 s of writes, by heartbeat; 60 s are consented to',
        fences: [
          { name: 'epoch', level: 'F0', tried: 'always' },
          { name: 'latch', level: 'F1', tried: 'always' },
          { name: 'networkAcl:acl-1', level: 'F3', tried: 'before the promotion' },
        ],
        takes: { provenance: 'assumed' },
        refused: [],
        against: [],
      });
      expect([dry.code, world.executions(), (await world.state()).run]).toEqual([0, [], undefined]);

      const began = await world.cli(['failover', 'app', ...YES, '--json']);
      expect([began.code, json(began)[0]]).toMatchObject([
        0,
        {
          schema: 'cdk-failover.order/1',
          order: 'failover',
          pair: 'app',
          controlSet: 'web',
          kind: 'started',
          run: 'app-e1',
          epoch: 1,
        },
      ]);
      const again = await world.cli(['failover', 'app', ...YES]);
      expect([again.code, again.err, again.out]).toEqual([
        0,
        '',
        expect.stringMatching(
          /^app-e1 runs already, at epoch 1, ordered by .* \(command line\)\. Nothing was added to it\.\nWatch it: failover watch app --region eu-central-1\n$/,
        ),
      ]);
      const watched = await world.cli(['watch', 'app', '--json']);
      const lines = json(watched);
      expect([watched.code, lines.at(-1)]).toMatchObject([0, { kind: 'ended', run: { id: 'app-e1', outcome: 'done' } }]);
      expect(lines[0]).toMatchObject({
        schema: 'cdk-failover.run-progress/1',
        kind: 'running',
        run: { id: 'app-e1', kind: 'failover' },
      });
      expect([world.executions(), world.instances.truth('eu-central-1', 'app-b1').source]).toEqual([['app-e1'], undefined]);
      expect(await world.state()).toMatchObject({ state: 'SERVING_STANDBY', active: 'standby', writer: 'app-b1' });
      const late = await world.cli(['failover', 'app', ...YES]);
      expect([late.code, late.err]).toEqual([
        1,
        'failover: refused\n"failover status --pair app --region eu-central-1" shows more.\n',
      ]);
      expect(late.out).toContain('- the standby writes already\n');
    }));
});
