import { PassThrough } from 'node:stream';
import { pairNames } from '../../bin/commands/completion';
import { orderCommand } from '../../bin/commands/database/order';
import type { Shell } from '../../bin/operator/shell';
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

/** In this process, with what a person's shell would have. */
async function here<T>(world: OperatorWorld, act: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, world.environment());
  try {
    return await act();
  } finally {
    process.env = before;
  }
}

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
      await backAgain(world);
    }));

  /** Served by the standby: what `status` says of it, the rebuild, and the way back. */
  async function backAgain(world: OperatorWorld): Promise<void> {
    const status = await world.cli(['status', '--pair', 'app', '--json']);
    const { journal, problems } = JSON.parse(status.out);
    expect([status.code, journal.epoch, journal.database]).toMatchObject([
      1,
      1,
      {
        state: 'SERVING_STANDBY',
        active: 'standby',
        writer: 'app-b1',
        latched: true,
        lastRun: { id: 'app-e1', outcome: 'done' },
      },
    ]);
    expect(problems).toEqual(expect.arrayContaining(['app-b1 in the standby Region writes']));
    const late = await world.cli(['failover', 'app', ...YES]);
    expect([late.code, late.err]).toEqual([
      1,
      'failover: refused\n"failover status --pair app --region eu-central-1" shows more.\n',
    ]);
    expect(late.out).toContain('- the standby writes already\n');

    const early = await world.cli(['failback', 'app', '--writes-stopped', '--dry-run', '--json']);
    expect([early.code, json(early)[0].refused]).toEqual([
      1,
      [
        'no rebuilt replica of today’s writer was seen replicating in the primary Region',
        expect.stringMatching(/^the primary is not known to be healthy: /),
        'the primary does not answer: ECONNRESET',
      ],
    ]);
    const begin = ['rebuild', 'begin', 'app', '--replica', 'app-a2'];
    const [unnamed, creating] = [await world.cli(begin), await world.cli([...begin, '--endpoint', 'app-a2.example.com'])];
    expect([unnamed.code, unnamed.err]).toEqual([
      2,
      'failover: --endpoint is missing; app-a2 is not app-a, so its endpoint is not known (RDS shows it)\nSee "failover rebuild --help".\n',
    ]);
    expect([creating.code, creating.out, creating.err]).toEqual([
      1,
      'app: app-a2 is creating and replicates from nobody yet.\n',
      'failover: not replicating yet\nLook again: failover rebuild end app --region eu-central-1\n',
    ]);
    await rebuildAnew(world, begin);
    world.build('app-b1');
    world.revivePrimary();
    const built = await world.cli(['rebuild', 'end', 'app']);
    expect([built.code, built.out, built.err]).toEqual([0, 'app: app-a2 replicates from app-b1.\n', '']);

    const unstopped = await world.cli(['failback', 'app', ...YES]);
    expect([unstopped.code, unstopped.err.split('\n')[0]]).toEqual([1, 'failover: refused']);
    expect(unstopped.out).toContain(
      '- today’s writer cannot be fenced from here, and nobody said that writes are\n    stopped\n',
    );
    const back = await world.cli(['failback', 'app', '--writes-stopped', ...YES, '--watch', '--json']);
    expect([back.code, json(back).at(-1)]).toMatchObject([
      0,
      { kind: 'ended', run: { id: 'app-e2', kind: 'failback', lossMs: 0 } },
    ]);
    expect(await world.state()).toMatchObject({ state: 'ARMED', active: 'primary', writer: 'app-a2', latch: { on: false } });
  }

  /** A rebuild that is given up and begun again, and the old network opened; each told to others, once. */
  async function rebuildAnew(world: OperatorWorld, begin: readonly string[]): Promise<void> {
    const told = () => world.events().map(({ type }) => type);
    const [up, twice] = [await world.cli(['rebuild', 'give-up', 'app']), await world.cli(['rebuild', 'give-up', 'app'])];
    expect([up.code, up.out, twice.code, twice.err.split('\n')[0]]).toEqual([
      0,
      expect.stringMatching(/^app: .* \(command line\) gave the rebuild up; the standby goes on alone\.\n$/),
      1,
      'failover: refused: nothing is being rebuilt',
    ]);
    const open = ['rebuild', 'open-fences', 'app'];
    const unasked = await world.cli(open);
    expect([unasked.code, unasked.out, unasked.err.split('\n')[0]]).toEqual([
      2,
      'Opens networkAcl:acl-1 in eu-west-1; nobody closes it again in this epoch.\napp-a is available. What still runs there can write then: stop it first.\n',
      'failover: nobody can be asked: the input is no terminal',
    ]);
    expect([world.networkAcl(), (await world.state()).keptOut?.loweredBy]).toEqual(['acl-1', undefined]);
    const opened = await world.cli([...open, ...YES, '--json']);
    expect([opened.code, json(opened)[0]]).toMatchObject([
      0,
      { schema: 'cdk-failover.order/1', order: 'rebuild-open-fences', kind: 'done', because: 'networkAcl:acl-1 is down' },
    ]);
    expect([world.networkAcl(), (await world.state()).keptOut?.loweredBy]).toEqual([
      'acl-0',
      expect.stringContaining('(command line)'),
    ]);
    await world.cli([...begin, '--endpoint', 'app-a2.example.com']);
    expect(told().filter((type) => /^(rebuild|fences)-/.test(type))).toEqual([
      'rebuild-began',
      'rebuild-given-up',
      'fences-opened',
      'rebuild-began',
    ]);
  }

  test('is refused while the primary lives, and forced by a reason that goes out with the page', () =>
    inWorld({}, async (world) => {
      const { code, out, err } = await world.cli(['failover', 'app', ...YES]);
      expect([code, err]).toEqual([
        1,
        'failover: refused\nIf you know better, say why: --force "why". It is kept in the journal and goes out with the page.\n',
      ]);
      expect(out.slice(out.indexOf('Refused'))).toBe(
        `Refused, because
  - the primary lives: the writer answers
  - the primary lives: our own probe answers: answered 200
  - the primary lives: Route 53 calls the primary healthy:
    _primary._failover.app.example.com: healthy, healthy

`,
      );
      const [other, silent, empty] = await Promise.all([
        world.cli(['failover', 'app', '--force', 'a rehearsal', '--yes-i-mean', 'web']),
        world.cli(['failover', 'app', '--force', 'a rehearsal']),
        world.cli(['failover', 'app', '--force', ' ']),
      ]);
      expect([other.code, other.err]).toEqual([
        2,
        'failover: --yes-i-mean is "web", but the pair is app\nNothing was changed.\n',
      ]);
      expect([silent.code, silent.err]).toEqual([
        2,
        'failover: nobody can be asked: the input is no terminal\nScripts say --yes-i-mean app. Nothing was changed.\n',
      ]);
      expect([empty.code, empty.err]).toEqual([
        2,
        'failover: --force is empty; say why, for the journal and the page\nSee "failover failover --help".\n',
      ]);
      expect(await typed(world, 'web')).toEqual({ code: 1, failed: 'no failover: the name of the pair was not typed' });
      expect(await typed(world, 'SIGINT')).toEqual({ code: 130, failed: 'interrupted' });
      expect([world.executions(), (await world.state()).run]).toEqual([[], undefined]);

      // However often Ctrl-C is pressed.
      const left = await world.cli(['failover', 'app', '--force', 'a rehearsal', ...YES, '--watch'], ({ out: text }, kill) => {
        if (text.includes('acquire')) for (let n = 0; n < 3; n += 1) kill('SIGINT');
      });
      expect([left.code, left.err]).toEqual([
        130,
        'failover: no longer watching; the run goes on\nWatch it again: failover watch app --region eu-central-1\n',
      ]);
      await world.ended();
      expect(await world.state()).toMatchObject({ state: 'SERVING_STANDBY', writer: 'app-b1' });
      expect(world.events()[0]?.summary).toMatch(/^failover of app began at epoch 1, by .*, against signs of life: a rehearsal$/);
    }));

  /** As at a terminal, in this process: the whole command up to the question, with a person who types or presses Ctrl-C. */
  async function typed(world: OperatorWorld, answer: string) {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const answered = () => (answer === 'SIGINT' ? process.emit('SIGINT') : input.write(`${answer}\n`));
    const shell: Shell = {
      isTTY: false,
      columns: 80,
      input,
      write: (text) => void (text.startsWith('Type the name') && setImmediate(answered)),
      warn: () => undefined,
    };
    try {
      return { code: await here(world, () => orderCommand('failover', ['app', '--force', 'a rehearsal'], shell)) };
    } catch (error) {
      return { code: (error as { code?: number }).code, failed: (error as Error).message };
    }
  }

  test('that would lose more than was consented to waits for a person, who approves what was shown', () =>
    inWorld({ dataLoss: { kind: 'never' } }, async (world) => {
      await outage(world);
      const asks = json(await world.cli(['failover', 'app', '--dry-run', '--json']))[0];
      expect(asks.against).toEqual([
        'it will wait for consent: the loss would be 7 s of writes, by heartbeat; none is consented to',
      ]);
      const accepted = json(await world.cli(['failover', 'app', '--accept-loss', '7s', '--dry-run', '--json']))[0];
      expect([accepted.against, accepted.loss]).toEqual([
        [],
        expect.stringContaining(' consented to 7 s; the loss is 7 s of writes, by heartbeat'),
      ]);
      await world.cli(['failover', 'app', ...YES]);
      let approved: Promise<Said> | undefined;
      const watched = await world.cli(['watch', 'app', '--json'], ({ out }) => {
        const command = /failover (approve app --region eu-central-1 --epoch 1 --loss-ms 7000)/.exec(out)?.[1];
        if (command !== undefined) approved ??= world.cli([...command.split(' '), ...YES]);
      });
      expect([watched.code, json(watched).at(-1)]).toMatchObject([0, { kind: 'ended', run: { outcome: 'done', lossMs: 7_000 } }]);
      expect((await approved)?.code).toBe(0);
      expect(world.events().map(({ type }) => type)).toContain('loss-consented');
    }));

  test('that is stuck says so, and is adopted once what it was stuck on is mended', () =>
    inWorld({}, async (world) => {
      await outage(world);
      world.fault = (operation) =>
        operation === 'PromoteReadReplica' ? { kind: 'refused', code: 'AccessDenied', status: 403 } : undefined;
      const stuck = await world.cli(['failover', 'app', ...YES, '--watch']);
      expect([stuck.code, stuck.err]).toEqual([
        1,
        expect.stringMatching(
          /^failover: app-e1 is stuck: .*AccessDenied.*\nMend that, then: failover adopt app --region eu-central-1 --epoch 1\nOr finish by hand: failover runbook app --region eu-central-1\n$/s,
        ),
      ]);
      world.fault = () => undefined;
      const wrong = await world.cli(['adopt', 'app', '--epoch', '2', ...YES]);
      expect([wrong.code, wrong.err]).toEqual([
        1,
        'failover: refused: app-e1 holds the pair, not app-e2\n"failover status --pair app --region eu-central-1" shows run and epoch, or how the last run ended.\n',
      ]);
      const adopted = await world.cli(['adopt', 'app', '--epoch', '1', ...YES, '--watch']);
      expect([adopted.code, adopted.err]).toEqual([0, '']);
      expect([world.executions(), (await world.state()).state]).toEqual([['app-e1', 'app-e1-a1'], 'SERVING_STANDBY']);
      expect(world.events().map(({ type }) => type)).toContain('run-adopted');
    }));
});

test('completion finds the names of pairs by their registrations, and none of another control set', () =>
  inWorld({}, async (world) => {
    expect(await here(world, () => pairNames(['--region', 'eu-central-1']))).toEqual(['app']);
    expect(await here(world, () => pairNames(['--control-set', 'web']))).toEqual(['app']);
    expect(await world.cli(['completion', 'pairs', '--control-set', 'other'])).toEqual({ code: 0, out: '', err: '' });
  }));

test('a switchover stops writes by a function, loses nothing, and is refused without one', () =>
  inWorld({ fences: [{ kind: 'function', name: 'read-only' }], dataLoss: { kind: 'never' } }, async (world) => {
    world.life.writer = false;
    const planned = await world.cli(['switchover', 'app', ...YES, '--watch', '--json']);
    expect([planned.code, json(planned).at(-1)]).toMatchObject([0, { run: { id: 'app-e1', kind: 'switchover', lossMs: 0 } }]);
    expect(world.events()[0]?.type).toBe('switchover-started');
  }));

test('whoever steers automation, or clears a claim, is told to others; what cannot be is refused', () =>
  inWorld({}, async (world) => {
    const unfenced = await world.cli(['switchover', 'app', ...YES]);
    expect([unfenced.code, unfenced.out]).toEqual([
      1,
      expect.stringContaining(
        '- a planned change needs a fence that stops writes and leaves replication\n    alive, or writes stopped by hand\n',
      ),
    ]);
    const paused = await world.cli(['pause', 'app', '--for', '2h', '--hold', '--json']);
    expect([paused.code, json(paused)[0]]).toMatchObject([0, { schema: 'cdk-failover.order/1', order: 'pause', kind: 'done' }]);
    expect((await world.state()).latch.hold?.by).toContain('(command line)');
    const long = await world.cli(['pause', 'app', '--for', '5h']);
    expect([long.code, long.err]).toEqual([
      1,
      'failover: refused: a pause lasts 4 h at most\nA pause ends by itself; to pause longer, order it again then.\n',
    ]);
    const odd = await world.cli(['pause', 'app', '--for', 'long']);
    expect([odd.code, odd.err.split('\n')[0]]).toEqual([
      2,
      'failover: --for is "long"; give a number with its unit, such as 30s, 90m or 2h',
    ]);
    const status = JSON.parse((await world.cli(['status', '--pair', 'app', '--json'])).out);
    expect([status.journal.pausedUntilMs > 0, status.journal.database.heldUntilMs > 0]).toEqual([true, true]);
    expect(status.lags).toMatchObject([
      { id: 'app-b1', lag: { kind: 'known', ms: 2_000 }, limitMs: 60_000 },
      { id: 'app-b2', lag: { kind: 'known', ms: 10_000 } },
    ]);
    const [resumed, again] = [await world.cli(['resume', 'app']), await world.cli(['resume', 'app'])];
    expect([resumed.code, again.code, again.err]).toEqual([
      0,
      1,
      'failover: refused: nothing is paused\nNothing has to be done.\n',
    ]);

    await world.put((item) => ({
      ...item,
      database: { ...world.item({ splitBrain: { since: 0, because: 'app-a wrote' } }).database } as never,
    }));
    const cleared = await world.cli(['clear-claim', 'app', ...YES]);
    expect([cleared.code, cleared.out]).toEqual([
      0,
      expect.stringMatching(
        /^Claimed since 1970-01-01T00:00:00\.000Z: app-a wrote\.\n.*\napp: .* cleared the claim: app-a wrote\.\n$/s,
      ),
    ]);
    const twice = await world.cli(['clear-claim', 'app', ...YES]);
    expect([twice.code, twice.err.split('\n')[0]]).toEqual([1, 'failover: refused: no other writer was claimed']);
    expect(world.events().map(({ type }) => type)).toEqual(['automation-paused', 'automation-resumed', 'claim-cleared']);

    const [nobody, watched] = [await world.cli(['failover', 'web', ...YES]), await world.cli(['watch', 'app'])];
    expect([nobody.code, nobody.err.split('\n')[0]]).toEqual([
      2,
      'failover: no pair web is registered in eu-central-1; there is app (control set web)',
    ]);
    expect([watched.code, watched.err.split('\n')[0]]).toEqual([1, 'failover: nothing runs, and nothing has ended yet']);

    const page = await world.cli(['runbook', 'app']);
    expect([page.code, page.out.split('\n')[0]]).toEqual([0, '# Database failover of app, by hand']);
    expect(page.out).toContain('aws rds promote-read-replica --region eu-central-1');
    const region = await world.cli(['runbook', 'app', 'region', '--json']);
    expect(JSON.parse(region.out)).toMatchObject({ schema: 'cdk-failover.runbook/1', name: 'region_failover', pair: 'app' });
  }));

test('a database that its own service fails over is shown with its writer, and takes no order', () =>
  inWorld({}, async (world) => {
    world.register({ latch: undefined, serviceDatabase: { kind: 'instance', id: 'app-a', region: 'eu-west-1' } });
    await world.put(({ database: _none, ...item }) => ({ ...item, service: { verified: { writer: 'app-a' } } }));
    const well = await world.cli(['status', '--pair', 'app']);
    expect([well.code, well.out]).toEqual([
      0,
      expect.stringContaining(
        '  database   instance app-a in eu-west-1; its own service fails it over\n  writer     app-a writes\n  keeper     saw app-a write\n',
      ),
    ]);
    world.instances.change('eu-west-1', 'app-a', { status: 'failed' });
    const ill = JSON.parse((await world.cli(['status', '--pair', 'app', '--json'])).out);
    expect([ill.verdict, ill.problems, ill.service]).toEqual([
      'not ok',
      ['nobody writes: app-a is failed'],
      { kind: 'instance', id: 'app-a', region: 'eu-west-1', now: { kind: 'amiss', because: 'app-a is failed' } },
    ]);
    const order = await world.cli(['failover', 'app', ...YES]);
    expect([order.code, order.err]).toEqual([
      1,
      `failover: the database of app is failed over by its own service; there is no order to give
"failover status --pair app --region eu-central-1" shows who writes.
To make the service fail over: aws rds reboot-db-instance --force-failover --db-instance-identifier app-a --region eu-west-1
`,
    ]);
  }));
