import type { PairRegistration } from '../../lib/contracts/registration';
import type { DatabaseState } from '../../lib/decide/database/state';
import { blankItem } from '../../lib/decide/drill/rules';
import { latchBeacons, latchNames } from '../../lib/decide/latch';
import { keep } from '../../lib/runtime/drive/keeper';
import { Process } from '../fakes/process';
import { registrationOf } from '../fakes/registration';
import { World } from '../fakes/world';

const MINUTE = 60_000;
const [S1, S2] = ['192.0.2.53:53', '192.0.2.54:53'] as const;
const ALARM = 'cdk-failover-web-app-latch-g1';
const WRITER = 'cdk-failover-web-app-writer-app-b1-g1';
const HOLD = 'cdk-failover-web-app-hold-g1';

const registration = (generation = 1): PairRegistration => {
  const { metric, holdMetric } = latchNames('web', 'app', generation);
  const beacons = latchBeacons('app.example.com');
  const { drill: _none, ...rest } = registrationOf();
  return { ...rest, latch: { metric, holdMetric, generation, beacons, region: 'eu-central-1' } };
};
const database = (change: Partial<DatabaseState> = {}): DatabaseState => ({
  state: 'ARMED',
  active: 'primary',
  writer: 'app-a',
  latch: { on: false, generation: 1 },
  writerName: { 'app-a': true, 'app-b1': false },
  lastRuns: [],
  ...change,
});
const promoted = database({
  state: 'SERVING_STANDBY',
  active: 'standby',
  writer: 'app-b1',
  latch: { on: true, generation: 1 },
  writerName: { 'app-a': false, 'app-b1': true },
});

/** A latched pair without a drill, whose alarms and beacons say what the journal wants. */
function world(state: DatabaseState = database()): World {
  const made = new World();
  made.registration = registration();
  made.journal.put({ ...blankItem('app'), revision: 1, database: state });
  show(made, state.latch.on);
  return made;
}

function show(made: World, on: boolean, hold = false): void {
  made.alarmStates.set(ALARM, on ? 'ALARM' : 'OK').set(HOLD, hold ? 'ALARM' : 'OK');
  for (const server of made.servers) made.latchBeacon[server] = on ? 'unhealthy' : 'healthy';
}

/** One minute of the keeper; its error, if it had one. */
async function minute(made: World): Promise<string | undefined> {
  await made.time.pass(MINUTE);
  made.published.length = 0;
  return made.time.run(
    new Process(made).run(keep).then(
      () => undefined,
      (error: Error) => error.message,
    ),
  );
}
const minutes = async (made: World, count: number) => {
  for (let n = 0; n < count; n += 1) await minute(made);
};
const published = (made: World) =>
  Object.fromEntries(made.published.map((m) => [[m.name, m.dimensions['Candidate']].filter(Boolean).join(' '), m.value]));
const said = (made: World) =>
  made.announced.map(({ severity, action, type, topic }) => `${severity} ${action} ${type} -> ${topic}`);

describe('each minute', () => {
  test('the keeper says again what the journal wants, also for a pair without a drill', async () => {
    const made = world(promoted);
    expect(await minute(made)).toBeUndefined();
    expect(published(made)).toEqual({ 'Latch-g1': 1, 'Hold-g1': 0, 'Writer-g1 app-a': 0, 'Writer-g1 app-b1': 1 });
    expect(said(made)).toEqual([]);
  });

  test('a pair that was never bound to a database is left to whoever latches it by hand', async () => {
    const made = world();
    made.journal.put({ ...blankItem('app'), revision: 2 });
    show(made, true);
    await minutes(made, 5);
    expect([made.published, made.announced, made.journal.peek('app')]).toEqual([[], [], { ...blankItem('app'), revision: 2 }]);
  });

  test('nothing is said for a pair without latch', async () => {
    const made = world(promoted);
    const { latch: _none, ...rest } = made.registration;
    made.registration = rest;
    expect(await minute(made)).toBeUndefined();
    expect(made.published).toEqual([]);
  });

  test('an order that comes while the keeper publishes is not overruled by it', async () => {
    const made = world();
    let published = 0;
    const latchAfterTheFirstRead = (call: string, phase: 'before' | 'after') => {
      if (call === 'latchPanel.publish' && phase === 'before' && published++ === 0) {
        const item = made.journal.peek('app');
        if (item) made.journal.put({ ...item, revision: item.revision + 1, database: promoted });
      }
      return 'live' as const;
    };
    await made.time.run(new Process(made, latchAfterTheFirstRead).run(keep));
    expect(made.published.filter(({ name }) => name === 'Latch-g1').map(({ value }) => value)).toEqual([0, 1]);
  });

  test('fails when it cannot publish, and looks all the same', async () => {
    const made = world();
    made.latchPanelDown = { kind: 'unknown', because: 'Throttling' };
    show(made, true);
    expect(await minute(made)).toBe('not everything was kept: app: keepLatch: the latch was not published: Throttling');
    expect(made.journal.peek('app')?.latchDoubt).toBeDefined();
  });

  test('fails when nobody says whether the latch is on', async () => {
    const made = world();
    made.alarmsDown = { kind: 'unknown', because: 'AccessDenied' };
    for (const server of made.servers) made.silentServers.add(server);
    expect(await minute(made)).toBe(
      'not everything was kept: app: keepLatch: nobody says whether the latch is on; nobody says whether the hold is on',
    );
    expect(published(made)).toMatchObject({ 'Latch-g1': 0 });
  });
});

describe('a latch that is not ours', () => {
  test('fails loudly when somebody lets the primary back in: one page after three minutes, resolved when it is over', async () => {
    const made = world(promoted);
    show(made, false);
    await minutes(made, 4);
    expect(said(made)).toEqual([]);
    await minutes(made, 3);
    expect(said(made)).toEqual(['critical trigger latch-not-ours -> critical']);
    expect(made.announced[0]).toMatchObject({
      incidentKey: 'app/latch',
      source: 'keeper',
      summary:
        'The latch of app.example.com is not what the journal wants for more than 3 min: ' +
        `alarm ${ALARM} says latch off, the journal wants on; beacon at ${S1} says latch off, the journal wants on; ` +
        `beacon at ${S2} says latch off, the journal wants on`,
      details: { code: 'LatchNotOurs', wanted: 'latch on, hold off, writer app-b1' },
    });
    show(made, true);
    await minutes(made, 2);
    expect(said(made).slice(1)).toEqual(['info resolve latch-ours -> warning']);
    expect(made.journal.peek('app')?.latchDoubt).toBeUndefined();
  });

  test.each<[string, (made: World) => void]>([
    ['somebody latches the primary out', (made) => show(made, true)],
    ['somebody holds the primary', (made) => show(made, false, true)],
    ['somebody points the name of the writer at a replica', (made) => made.alarmStates.set(WRITER, 'ALARM')],
    [
      'one name server lets go, and the metric is silent',
      (made) => {
        made.alarmStates.set(ALARM, 'INSUFFICIENT_DATA');
        made.latchBeacon[S2] = 'unhealthy';
      },
    ],
  ])('fails when %s', async (_name, disturb) => {
    const made = world();
    disturb(made);
    await minutes(made, 5);
    expect(said(made)).toEqual(['critical trigger latch-not-ours -> critical']);
  });

  test('is no page while an order is on its way: two minutes are normal', async () => {
    const made = world();
    await minutes(made, 2);
    const item = made.journal.peek('app');
    if (item) made.journal.put({ ...item, revision: item.revision + 1, database: promoted });
    await minutes(made, 2);
    show(made, true);
    await minutes(made, 5);
    expect(said(made)).toEqual([]);
  });

  test('is paged again when the page got lost', async () => {
    const made = world();
    show(made, true);
    await minutes(made, 4);
    let lost = 0;
    const dead = new Process(made, (call, phase) =>
      call === 'announcer.announce' && phase === 'before' && lost++ === 0 ? 'die' : 'live',
    );
    await made.time.pass(MINUTE);
    await made.time.run(dead.run(keep).catch(() => undefined));
    expect(said(made)).toEqual([]);
    await minute(made);
    expect(said(made)).toEqual(['critical trigger latch-not-ours -> critical']);
  });
});

describe('what has an end', () => {
  test('a hold ends by itself, is published as off in the same minute, and somebody is told', async () => {
    const made = world();
    const untilMs = made.time.nowMs() + 90_000;
    made.journal.put({
      ...blankItem('app'),
      revision: 1,
      database: database({ latch: { on: false, generation: 1, hold: { untilMs, by: 'ada' } } }),
    });
    show(made, false, true);
    await minute(made);
    expect(published(made)).toMatchObject({ 'Hold-g1': 1 });
    show(made, false);
    await minute(made);
    expect(published(made)).toMatchObject({ 'Hold-g1': 0 });
    expect(made.journal.peek('app')?.database?.latch).toEqual({ on: false, generation: 1 });
    expect(said(made)).toEqual(['warning note hold-ended -> warning']);
  });

  test('a pause ends by itself, and somebody is told once', async () => {
    const made = world();
    made.journal.put({ ...blankItem('app'), revision: 1, database: database(), pausedUntilMs: made.time.nowMs() + 90_000 });
    await minutes(made, 4);
    expect(made.journal.peek('app')?.pausedUntilMs).toBeUndefined();
    expect(said(made)).toEqual(['warning note pause-ended -> warning']);
  });

  test('another generation is taken over while nobody is latched out', async () => {
    const made = world();
    made.registration = registration(2);
    await minute(made);
    expect(made.journal.peek('app')?.database?.latch.generation).toBe(2);
    expect(Object.keys(published(made))).toEqual(expect.arrayContaining(['Latch-g2', 'Latch-g1']));
  });

  test('fails on another generation while the primary is latched out: pages, and says "on" to both', async () => {
    const made = world(promoted);
    made.registration = registration(2);
    made.alarmStates.set('cdk-failover-web-app-latch-g2', 'ALARM').set('cdk-failover-web-app-hold-g2', 'OK');
    await minutes(made, 3);
    expect(made.journal.peek('app')?.database?.latch).toEqual({ on: true, generation: 1 });
    expect(published(made)).toMatchObject({ 'Latch-g1': 1, 'Latch-g2': 1 });
    expect(said(made)).toEqual(['critical trigger latch-generation -> critical']);
    expect(made.announced[0]?.summary).toBe(
      'app.example.com: generation 2 of the latch is deployed while generation 1 holds the primary out; ' +
        'deploy generation 1 again, and change it after the failback',
    );
  });
});

test('a keeper that dies at any call is made up for by the next one', async () => {
  const calls: string[] = [];
  const probe = world(promoted);
  show(probe, false);
  await minutes(probe, 4);
  await probe.time.pass(MINUTE);
  await probe.time.run(
    new Process(probe, (call, phase) => {
      if (phase === 'before') calls.push(call);
      return 'live';
    }).run(keep),
  );
  expect(calls).toContain('announcer.announce');
  for (let n = 0; n < calls.length; n += 1) {
    for (const phase of ['before', 'after'] as const) {
      const made = world(promoted);
      show(made, false);
      await minutes(made, 4);
      let seen = -1;
      const fragile = new Process(made, (_call, now) => {
        if (now === 'before') seen += 1;
        return now === phase && seen === n ? 'die' : 'live';
      });
      await made.time.pass(MINUTE);
      await made.time.run(fragile.run(keep).catch(() => undefined));
      await minute(made);
      expect([calls[n], phase, new Set(said(made))]).toEqual([
        calls[n],
        phase,
        new Set(['critical trigger latch-not-ours -> critical']),
      ]);
      expect(published(made)).toMatchObject({ 'Latch-g1': 1 });
    }
  }
});
