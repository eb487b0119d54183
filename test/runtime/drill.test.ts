import { markdownOf } from '../../lib/decide/drill/markdown';
import { startDrill } from '../../lib/runtime/drive/drill/start';
import { transact } from '../../lib/runtime/drive/transact';
import { drilled, metric } from '../fakes/drill';
import { Process } from '../fakes/process';
import { registrationOf } from '../fakes/registration';
import { PRIMARY_CHECK, World } from '../fakes/world';

describe('a TRAFFIC drill', () => {
  test('moves the name to the standby and back, measures both, and leaves nothing behind', async () => {
    const world = new World();
    const before = world.snapshot();
    const { report, path } = await drilled(world);
    expect(path).toEqual([
      'preflight: ready',
      'arm: armed',
      'measure: measured',
      'restore: restored',
      'await_return: returned',
      'report: passed',
    ]);
    expect(report).toMatchObject({
      schema: 'cdk-failover.drill-report/1',
      verdict: 'passed',
      because: [],
      requestedBy: 'me',
      drillId: 'app-tue',
    });
    expect(report.clientsMs).toHaveLength(8);
    expect(report.expectations.every((one) => one.met)).toBe(true);
    expect(world.snapshot()).toEqual(before);
    expect([...world.schedules.keys()]).toEqual([]);
    expect(world.journal.peek('app')?.lastDrills).toMatchObject([
      { id: 'app-tue', verdict: 'passed', expectedAlarms: ['app-primary-unhealthy'] },
    ]);
    expect(world.announced.map((event) => `${event.topic} ${event.action} ${event.type}`)).toEqual([
      'warning note drill-started',
      'warning note drill-finished',
      'warning resolve drill-met-targets',
    ]);
  });

  test('agrees with the truth of the world within one sample', async () => {
    const world = new World();
    world.detectMs = 28_400;
    const { report } = await drilled(world);
    const { t0 = 0, tD = 0, tS = 0, tR = 0 } = report.marks;
    // The world's checkers see the fault 300 ms after it.
    const injectedMs = t0 - 300;
    for (const mark of [tD, tS]) {
      expect(mark - injectedMs).toBeGreaterThanOrEqual(28_400);
      expect(mark - injectedMs).toBeLessThanOrEqual(28_400 + report.sampling.periodMs);
    }
    // The last client asks again at most one TTL later, and its next request is at most one period away.
    expect(tR - tS).toBeLessThanOrEqual(2_000 + 500);
    expect(tR - tS).toBeGreaterThanOrEqual(-report.sampling.periodMs);
    expect(report.clientsMs.every((ms) => ms !== null && ms >= 28_100)).toBe(true);
    expect(Math.max(...report.clientsMs.map(Number))).toBe(tR - t0);
  });

  test('has its undo and its schedule before it breaks anything', async () => {
    const world = new World();
    const order: string[] = [];
    const write = world.checks.write.bind(world.checks);
    world.checks.write = async (id, version, change) => {
      const drill = world.journal.peek('app')?.drill;
      order.push(`${change.path} undo ${drill?.undo !== undefined} schedules ${world.schedules.size}`);
      return write(id, version, change);
    };
    await drilled(world);
    expect(order).toEqual([
      '/health undo false schedules 0',
      '/.well-known/failover-drill/app-tue undo true schedules 1',
      '/health undo true schedules 1',
    ]);
  });

  test('fails to start without its schedule, and breaks nothing', async () => {
    const world = new World();
    world.schedulesDown = { kind: 'unknown', because: 'AccessDenied' };
    const { report, path } = await drilled(world);
    expect(path).toEqual([
      'preflight: ready',
      'arm: not armed',
      'restore: nothing to restore',
      'await_return: nothing to return',
      'report: aborted',
    ]);
    expect(report.because).toEqual(['the schedule that restores could not be made: AccessDenied']);
    expect(world.checks.writes.map((write) => write.path)).toEqual(['/health']);
  });

  test('fails with every reason of the preflight at once, in the report and to the people', async () => {
    const world = new World();
    world.primary.markerStatus = 302;
    world.standby.up = false;
    world.alarmStates.set('app-primary-unhealthy', 'ALARM');
    const { report, path } = await drilled(world);
    expect(path).toEqual(['preflight: refused', 'report: refused']);
    expect(report.because).toEqual([
      'the standby does not answer its probe: ECONNREFUSED',
      'the beacon of the standby is unhealthy at 192.0.2.53:53',
      'the beacon of the standby is unhealthy at 192.0.2.54:53',
      'alarm app-primary-unhealthy in us-east-1 is ALARM',
      'the primary answers 302 on /.well-known/failover-drill/app-tue, which Route 53 takes for healthy; answer 4xx or 5xx below /.well-known/failover-drill/',
    ]);
    expect(world.announced.map((event) => `${event.severity} ${event.type}`)).toEqual(['warning drill-finished']);
    expect(metric(world, 'DrillFailed')).toEqual([1]);
  });

  test('fails to start when an alarm that would stop it does not exist', async () => {
    const world = new World();
    world.alarmStates.delete('app-standby-errors');
    expect((await drilled(world)).report.because).toEqual([
      'alarm app-standby-errors in eu-central-1 is unknown: there is no such alarm',
    ]);
  });

  test('that misses a target fails, says which, and opens one incident that the next pass closes', async () => {
    const world = new World();
    world.detectMs = 31_000;
    const { report } = await drilled(world);
    expect(report.verdict).toBe('failed');
    expect(report.because[0]).toMatch(/^detection took 30\.\d+ s, target 30 s$/);
    expect(metric(world, 'DrillTargetsMissed')).toEqual([1]);
    world.detectMs = 1_000;
    await drilled(world, { id: 'wed' });
    const incident = world.announced
      .filter((event) => event.incidentKey === 'app/drill-missed-target')
      .map((event) => event.action);
    expect(incident).toEqual(['trigger', 'resolve']);
    expect(world.journal.peek('app')?.lastDrills.map((drill) => drill.verdict)).toEqual(['passed', 'failed']);
  });

  test('is invalid when its sampling had a hole', async () => {
    const world = new World();
    world.detectMs = 10_000;
    const answering = world.answer.bind(world);
    let asked = 0;
    world.answer = (server, name, type) => {
      asked += 1;
      if (asked === 200) world.time.jump(2_000);
      return answering(server, name, type);
    };
    const { report } = await drilled(world);
    expect(report.verdict).toBe('invalid');
    expect(report.sampling).toMatchObject({ valid: false, limitMs: 1_000 });
  });

  test('of a tcp check moves it to a closed port and back', async () => {
    const world = new World();
    world.checks.stored.set(PRIMARY_CHECK, { version: 1, type: 'TCP', port: 443 });
    const { report } = await drilled(world);
    expect(report.verdict).toBe('passed');
    expect(world.checks.writes.map((write) => write.port)).toEqual([443, 9, 443]);
    const open = new World();
    open.checks.stored.set(PRIMARY_CHECK, { version: 1, type: 'TCP', port: 443 });
    open.primary.openPorts.add(9);
    expect((await drilled(open)).report.because).toEqual([
      'the primary accepts connections on port 9, where the drill points its check',
    ]);
  });

  test('with functions of the user breaks for real, measures from the first failed probe, and mends', async () => {
    const world = new World();
    const targets = { detectionSec: 30, switchSec: 60, rtoSec: 120 };
    world.registration = registrationOf({ drill: { fault: { kind: 'functions', inject: 'inject', restore: 'mend' }, targets } });
    const { report, path } = await drilled(world);
    expect(path).toContain('restore: restored');
    expect(report).toMatchObject({ verdict: 'passed', marks: { t0Source: 'first failed direct probe' } });
    expect(world.checks.writes).toEqual([]);
    expect(world.primary.up).toBe(true);
  });
});

describe('an OBSERVE run', () => {
  test('looks at everything, publishes the days of both certificates, and writes nothing', async () => {
    const world = new World();
    const { report, path } = await drilled(world, { level: 'OBSERVE' });
    expect(path).toEqual(['preflight: observed', 'report: passed']);
    expect(report.certificates).toEqual([
      { site: 'primary', daysLeft: 40.5 },
      { site: 'standby', daysLeft: 40.5 },
    ]);
    expect(world.checks.writes).toEqual([]);
    expect(world.published.map((one) => [one.name, one.dimensions['Site']])).toEqual([
      ['CertificateDaysLeft', 'primary'],
      ['CertificateDaysLeft', 'standby'],
    ]);
    expect(world.announced).toEqual([]);
    expect(world.journal.peek('app')?.lastSuccessAtMs).toBeUndefined();
  });
});

describe('a request', () => {
  const asked = (world: World, event: unknown, invocation = 'req-1') =>
    world.time.run(new Process(world).run((ports) => startDrill(event, invocation, ports)));

  test('without an id is named after its invocation, so that a retry is the same drill', async () => {
    const world = new World();
    expect(await asked(world, { pair: 'app' })).toMatchObject({ kind: 'started', drillId: 'app-req-1' });
    expect(await asked(world, { pair: 'app' })).toMatchObject({ kind: 'already-started', drillId: 'app-req-1' });
    expect(await asked(world, { pair: 'app' }, 'req-2')).toEqual({ kind: 'refused', because: ['drill app-req-1 is running'] });
  });

  test('fails for a pair that is not registered or has no drill', async () => {
    const world = new World();
    expect(await asked(world, { pair: 'nobody' })).toEqual({
      kind: 'refused',
      because: ['the pair nobody cannot be read: ParameterNotFound'],
    });
    world.registration = registrationOf({ drill: undefined });
    expect(await asked(world, { pair: 'app' })).toEqual({
      kind: 'refused',
      because: ['the pair app has no drill; define a FailoverDrill for it'],
    });
  });

  test('fails to stop what does not run', async () => {
    expect(await asked(new World(), { pair: 'app', operation: 'stop' })).toEqual({
      kind: 'refused',
      because: ['no drill is running'],
    });
  });
});

describe('a transaction', () => {
  test('reads again after a lost race, and gives up after many', async () => {
    const world = new World();
    let lost = 0;
    const journal = {
      read: (pair: string) => world.journal.read(pair),
      once: (key: string) => world.journal.once(key),
      write: async (item: Parameters<typeof world.journal.write>[0], seen: number) => {
        lost += 1;
        return lost < 3 ? ('lost' as const) : world.journal.write(item, seen);
      },
    };
    const rule = () => ({ kind: 'write' as const, item: { pair: 'app', revision: 0, epoch: 4, lastDrills: [] }, answer: 'mine' });
    expect(await transact(journal, 'app', rule)).toBe('mine');
    expect(world.journal.peek('app')).toMatchObject({ epoch: 4, revision: 1 });
    await expect(transact({ ...journal, write: async () => 'lost' }, 'app', rule)).rejects.toThrow(
      'lost 20 races for the journal of app',
    );
  });
});

test('the report for people keeps foreign text inside its cells and says every provenance', async () => {
  const world = new World();
  const { report } = await drilled(world, { requestedBy: 'a|b <script>\n# c' });
  const text = markdownOf(report);
  expect(text).toContain('asked by a\\|b \\<script\\> # c');
  expect(text.match(/\| measured \|/g)).toHaveLength(3);
  expect(text).toContain('Clients (measured): worst');
});
