import fc from 'fast-check';
import { PAGER_METRIC } from '../../../lib/decide/alert';
import type { JournalItem, RunningDrill } from '../../../lib/decide/journal';
import type { PagerDutyStep } from '../../../lib/lab/pagerduty';
import { ALARM_ARN, KEY, NEW_KEY, PagerWorld, TOPIC } from './world';

let world: PagerWorld;
const open = async (...given: Parameters<typeof PagerWorld.open>) => {
  world = await PagerWorld.open(...given);
  return world;
};
afterEach(() => world.close());

const HANG_MS = 250;
const MINUTE_MS = 60_000;

describe('exactly one incident while the alarm is on, none after it', () => {
  test.each<[string, PagerDutyStep[], number | undefined]>([
    ['when PagerDuty takes it', [], 1],
    ['through a storm of 429', Array.from({ length: 6 }, () => ({ status: 429, retryAfterSec: 30 })), 7],
    ['through 500 and 503', [{ status: 500 }, { status: 503 }, { status: 500 }], 4],
    ['through dropped connections', ['reset', 'reset'], 3],
    ['through answers that get lost', ['lost reply', 'lost reply'], 3],
    ['through a hanging server', ['hang', 'hang'], undefined],
    ['through everything at once', ['hang', { status: 429 }, 'reset', { status: 502 }, 'lost reply'], undefined],
  ])('%s', async (_name, steps, requests) => {
    await open([KEY], steps.includes('hang') ? HANG_MS : undefined);
    world.pagerDuty.script(...steps);
    world.turn('ALARM');
    await world.drain();
    expect(world.pagerDuty.open().map((one) => [one.dedupKey, one.severity])).toEqual([[ALARM_ARN, 'critical']]);
    expect(world.pagerDuty.incidents()).toHaveLength(1);
    if (requests !== undefined) expect(world.pagerDuty.requests()).toHaveLength(requests);

    world.nowMs += MINUTE_MS;
    world.pagerDuty.script(...steps);
    world.turn('OK');
    await world.drain();
    expect(world.pagerDuty.open()).toEqual([]);
    expect(world.pagerDuty.incidents()).toHaveLength(1);
    expect(world.dead).toEqual([]);
  });

  test('a storm is waited out at least as long as PagerDuty asks', async () => {
    await open();
    world.chance = () => 0;
    world.pagerDuty.script({ status: 429, retryAfterSec: 30 });
    const fromMs = world.nowMs;
    world.turn('ALARM');
    await world.drain();
    expect(world.nowMs - fromMs).toBe(30_000);
  });

  test('a second outage after the first one opens a second incident', async () => {
    await open();
    for (const state of ['ALARM', 'OK', 'ALARM'] as const) {
      world.turn(state);
      await world.drain();
      world.nowMs += MINUTE_MS;
    }
    expect(world.pagerDuty.incidents().map((one) => one.state)).toEqual(['resolved', 'triggered']);
  });

  test('two feet that tell of the same alarm share it', async () => {
    await open();
    world.turn('ALARM');
    const { body } = { body: world.turn('ALARM') };
    expect(body).toBe('m2');
    await world.drain();
    expect(world.pagerDuty.incidents().map((one) => one.triggers)).toEqual([2]);
  });
});

describe('news that overtakes other news', () => {
  test('a resolve overtakes a trigger that is retried: nothing stays open', async () => {
    await open();
    world.pagerDuty.script({ status: 503 });
    world.turn('ALARM');
    await world.deliver();
    world.nowMs += 2 * MINUTE_MS;
    const ok = world.turn('OK');
    await world.deliver((id) => id === ok);
    expect(world.pagerDuty.incidents()).toEqual([]);
    await world.drain();
    expect(world.pagerDuty.incidents()).toEqual([]);
    expect(world.lines.at(-1)).toMatchObject({ action: 'resolve', overBecause: 'the alarm is OK by now', outcome: 'delivered' });
  });

  test('also within the first minute, when the state of the alarm may be old news', async () => {
    await open();
    world.pagerDuty.script({ status: 503 });
    world.turn('ALARM');
    await world.deliver();
    world.nowMs += 12_000;
    const ok = world.turn('OK');
    await world.deliver((id) => id === ok);
    await world.drain();
    expect(world.pagerDuty.open()).toEqual([]);
  });

  test('also when the trigger was taken and its answer lost after the resolve', async () => {
    await open();
    const trigger = world.turn('ALARM');
    world.nowMs += 12_000;
    const ok = world.turn('OK');
    await world.deliver((id) => id === ok);
    world.alarmState = undefined;
    world.pagerDuty.script('lost reply');
    await world.deliver((id) => id === trigger);
    expect(world.pagerDuty.open()).toHaveLength(1);
    world.alarmState = 'OK';
    world.nowMs += MINUTE_MS;
    await world.drain();
    expect(world.pagerDuty.open()).toEqual([]);
  });

  test('a resolve that is late does not close the next outage', async () => {
    await open();
    world.turn('ALARM');
    await world.drain();
    world.nowMs += MINUTE_MS;
    world.pagerDuty.script({ status: 500 });
    world.turn('OK');
    await world.deliver();
    world.nowMs += MINUTE_MS;
    const again = world.turn('ALARM');
    await world.deliver((id) => id === again);
    world.nowMs += 2 * MINUTE_MS;
    await world.drain();
    expect(world.pagerDuty.open()).toHaveLength(1);
    expect(world.lines.at(-1)).toMatchObject({ outcome: 'not sent', because: 'the alarm is in ALARM again' });
  });

  test('an alarm whose state nobody knows is paged, and a late OK of it is kept until somebody knows', async () => {
    await open();
    world.turn('ALARM');
    world.alarmState = undefined;
    world.nowMs += 5 * MINUTE_MS;
    await world.deliver();
    expect([world.left, world.pagerDuty.open().length]).toEqual([1, 1]);
    world.turn('OK');
    world.alarmState = undefined;
    world.nowMs += 5 * MINUTE_MS;
    await world.deliver();
    expect([world.left, world.pagerDuty.open().length]).toEqual([2, 1]);
    world.alarmState = 'OK';
    await world.drain();
    expect(world.pagerDuty.open()).toEqual([]);
  });

  test('a late page of an alarm whose state nobody knew is closed once somebody knows that it was over', async () => {
    await open();
    world.turn('ALARM');
    world.alarmState = undefined;
    world.nowMs += 5 * MINUTE_MS;
    await world.deliver();
    expect([world.left, world.pagerDuty.open().length]).toEqual([1, 1]);
    world.alarmState = 'OK';
    await world.drain();
    expect([world.left, world.pagerDuty.open().length]).toEqual([0, 0]);
  });

  test('whatever PagerDuty answers on the way and in whatever order messages come: open if and only if the alarm is on', async () => {
    const step = fc.constantFrom<PagerDutyStep>(
      { status: 429 },
      { status: 500 },
      { status: 503, retryAfterSec: 20 },
      'reset',
      'lost reply',
      'accept',
    );
    await open();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ gapMs: fc.integer({ min: 10_000, max: 120_000 }), early: fc.boolean() }), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.array(step, { maxLength: 8 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.99, noNaN: true })),
        async (turns, steps, chance) => {
          const dedup = world.pagerDuty.incidents().length;
          world.chance = () => chance.next().value as number;
          world.pagerDuty.script(...steps);
          let state: 'ALARM' | 'OK' = 'OK';
          for (const { gapMs, early } of turns) {
            state = state === 'OK' ? 'ALARM' : 'OK';
            const id = world.turn(state);
            if (early) await world.deliver((one) => one === id);
            world.nowMs += gapMs;
            if (!early) await world.deliver();
          }
          await world.drain();
          expect(world.pagerDuty.open()).toHaveLength(state === 'ALARM' ? 1 : 0);
          expect(world.dead).toEqual([]);
          // Leaves the next history a quiet world.
          world.pagerDuty.always('accept');
          world.nowMs += 10 * MINUTE_MS;
          world.turn('OK');
          await world.drain();
          expect(world.pagerDuty.incidents().length).toBeGreaterThanOrEqual(dedup);
        },
      ),
      { seed: Number(process.env.SEED ?? 20261120), numRuns: 40 },
    );
  });
});

describe('what PagerDuty refuses', () => {
  test('goes to the dead-letter queue at once, with the reason', async () => {
    await open();
    world.pagerDuty.script({ status: 400 });
    const id = world.turn('ALARM');
    await world.drain();
    expect(world.dead).toEqual([
      {
        id,
        because: 'PagerDuty answered 400: {"status":"scripted","message":"scripted 400"}; the secret still holds the same key',
      },
    ]);
    expect(world.statuses()).toEqual([400]);
    expect(world.metrics[PAGER_METRIC.deadLettered]).toBe(1);
    expect(world.lines).toEqual([expect.objectContaining({ error: true, outcome: 'dead-letter', messageId: id, attempt: 1 })]);
  });

  test('because the key was rotated is sent with the new key, once', async () => {
    await open([NEW_KEY]);
    world.turn('ALARM');
    world.secret = KEY;
    const rotate = world.secretReads;
    world.pagerDuty.onRequest(() => {
      world.secret = NEW_KEY;
    });
    await world.drain();
    expect(world.statuses()).toEqual([400, 202]);
    expect(world.secretReads - rotate).toBe(2);
    expect(world.pagerDuty.open()).toHaveLength(1);
    world.nowMs += MINUTE_MS;
    world.turn('OK');
    await world.drain();
    expect([world.statuses(), world.pagerDuty.open()]).toEqual([[400, 202, 202], []]);
  });

  test('with the new key as well is not tried a third time', async () => {
    await open([]);
    world.pagerDuty.onRequest(() => {
      world.secret = NEW_KEY;
    });
    world.turn('ALARM');
    await world.drain();
    expect(world.statuses()).toEqual([400, 400]);
    expect(world.dead).toHaveLength(1);
  });

  test('never shows the routing key in a log or a dead letter', async () => {
    await open([]);
    world.turn('ALARM');
    await world.drain();
    expect(world.dead[0]?.because).toContain('(routing key)');
    expect(JSON.stringify([world.dead, world.lines])).not.toContain(KEY);
  });
});

describe('what nobody takes', () => {
  test('is tried for 6 hours, less and less often, and then kept with the last reason', async () => {
    await open();
    world.pagerDuty.always({ status: 500 });
    const fromMs = world.nowMs;
    world.turn('ALARM');
    await world.drain();
    expect(world.dead[0]?.because).toMatch(/^given up after 3\d\d min: PagerDuty answered 500/);
    expect(world.nowMs - fromMs).toBeGreaterThanOrEqual(6 * 60 * MINUTE_MS);
    // The queue gives up after 200 deliveries by itself.
    expect(world.pagerDuty.requests().length).toBeLessThan(100);
  });

  test('waits while the secret cannot be read, and says so by its delay', async () => {
    await open();
    world.secret = undefined;
    world.turn('ALARM');
    await world.deliver();
    expect([world.left, world.statuses()]).toEqual([1, []]);
    expect(world.lines.at(-1)).toMatchObject({
      outcome: 'retry',
      because: 'the routing key is unknown: secret pagerduty: AccessDenied',
      delaySec: 3,
    });
    expect(world.metrics[PAGER_METRIC.delay]).toBe(0);
    world.secret = KEY;
    await world.drain();
    expect(world.pagerDuty.open()).toHaveLength(1);
  });

  test('is not lost when the queue itself cannot be told', async () => {
    await open();
    world.queueWorks = false;
    world.pagerDuty.script({ status: 400 }, { status: 500 });
    world.turn('ALARM');
    await world.deliver();
    expect([world.left, world.dead]).toEqual([1, []]);
    world.nowMs += 3 * MINUTE_MS;
    await world.deliver();
    expect([world.left, world.dead]).toEqual([1, []]);
    world.queueWorks = true;
    await world.drain();
    expect(world.pagerDuty.open()).toHaveLength(1);
  });
});

describe('a page of our own', () => {
  const begun = (pair = 'shop') => ({
    schema: 'cdk-failover.event/1',
    type: 'failover-started',
    pair,
    incidentKey: `${pair}/4`,
    epoch: 4,
    atMs: world.nowMs,
    source: 'database-step',
    provenance: 'measured',
    action: 'trigger',
    severity: 'critical',
    summary: 'a failover begins',
  });
  const ended = (outcome: 'done' | 'rolled-back') =>
    ({
      pair: 'shop',
      revision: 5,
      epoch: 4,
      lastDrills: [],
      database: { lastRuns: [{ id: 'shop-e4', kind: 'failover', epoch: 4, outcome, because: [], endedAtMs: 1 }] },
    }) as unknown as JournalItem;

  test('that comes after its own resolve opens nothing, however fresh it is', async () => {
    await open();
    world.journal = ended('done');
    world.publish(begun());
    await world.drain();
    expect(world.pagerDuty.incidents()).toEqual([]);
  });

  test('that is overtaken while it goes out is closed at once', async () => {
    await open();
    world.journal = ended('rolled-back');
    world.pagerDuty.onRequest(() => {
      world.journal = ended('done');
    });
    world.publish(begun());
    await world.deliver();
    expect(world.pagerDuty.incidents().map(({ state }) => state)).toEqual(['resolved']);
    expect(world.lines.at(-1)).toMatchObject({ action: 'resolve', overBecause: 'shop-e4 is done by now' });
  });

  test('goes out though nobody can be asked, and is closed once the journal says that it was over', async () => {
    await open();
    world.journal = new Error('throttled');
    world.publish(begun());
    await world.deliver();
    expect([world.left, world.pagerDuty.open().length]).toEqual([1, 1]);
    world.journal = ended('done');
    await world.drain();
    expect(world.pagerDuty.open()).toEqual([]);
  });

  test('is not asked about for ever, and is never a dead letter once it was delivered', async () => {
    await open();
    world.journal = new Error('throttled');
    world.publish(begun());
    await world.drain();
    expect([world.dead, world.pagerDuty.open().length]).toEqual([[], 1]);
  });
});

describe('a drill', () => {
  const drill = (): RunningDrill => ({
    id: 'tue-1',
    level: 'TRAFFIC',
    scenario: 'primary_crash',
    requestedBy: 'me',
    startedAtMs: world.nowMs - MINUTE_MS,
    deadlineMs: world.nowMs + MINUTE_MS,
    lastPrimaryProbe: { good: true, atMs: world.nowMs - 1_000 },
    expectedAlarms: ['shop-primary'],
    steps: {},
  });
  const running = (change: Partial<RunningDrill> = {}) => {
    world.journal = { pair: 'shop', revision: 4, epoch: 0, lastDrills: [], drill: { ...drill(), ...change } };
  };

  test('turns a page that it explains into information, under the same key', async () => {
    await open();
    running();
    world.turn('ALARM');
    await world.drain();
    expect(world.pagerDuty.open().map((one) => [one.severity, one.dedupKey])).toEqual([['info', ALARM_ARN]]);
    expect(world.pagerDuty.open()[0]?.summary).toMatch(/^\[DRILL\] /);
    world.nowMs += MINUTE_MS;
    world.turn('OK');
    await world.drain();
    expect(world.pagerDuty.open()).toEqual([]);
  });

  test('does not hide an outage: its own probe of the primary fails', async () => {
    await open();
    running({ lastPrimaryProbe: { good: false, atMs: world.nowMs } });
    world.turn('ALARM');
    await world.drain();
    expect(world.pagerDuty.open().map((one) => one.severity)).toEqual(['critical']);
  });

  test('that nobody can read about pages for real', async () => {
    await open();
    world.journal = new Error('standby Region is away');
    world.turn('ALARM');
    await world.drain();
    expect(world.pagerDuty.open().map((one) => one.severity)).toEqual(['critical']);
    expect(world.lines.at(-1)).toMatchObject({ noDrillBecause: 'the journal is unknown: standby Region is away' });
  });

  test('explains no alarm that does not name its pair', async () => {
    await open();
    running();
    world.turn('ALARM', { AlarmDescription: 'no pair' });
    await world.drain();
    expect(world.pagerDuty.open().map((one) => one.severity)).toEqual(['critical']);
  });

  test('that was restored while its complaint waited leaves nothing open', async () => {
    await open();
    const event = {
      schema: 'cdk-failover.event/1',
      type: 'drill-overdue',
      pair: 'shop',
      incidentKey: 'shop/drill/tue-1/restore',
      epoch: 0,
      atMs: world.nowMs,
      source: 'keeper',
      provenance: 'measured',
      action: 'trigger',
      severity: 'critical',
      summary: 'overdue',
    };
    world.pagerDuty.script('lost reply');
    world.publish(event);
    await world.deliver();
    expect(world.pagerDuty.open()).toHaveLength(1);
    const restoredAtMs = world.nowMs + 1;
    const ended = {
      id: 'tue-1',
      level: 'TRAFFIC' as const,
      verdict: 'failed',
      endedAtMs: restoredAtMs,
      restoredAtMs,
      expectedAlarms: [],
    };
    world.journal = { pair: 'shop', revision: 5, epoch: 0, lastDrills: [ended] };
    await world.drain();
    expect(world.pagerDuty.open()).toEqual([]);
  });
});

test('the heartbeat is a change event that pages nobody, and is counted', async () => {
  await open();
  world.publish(
    {
      schema: 'cdk-failover.event/1',
      type: 'heartbeat',
      pair: '',
      incidentKey: 'cdk-failover/heartbeat/Shop/Alerts',
      epoch: 0,
      atMs: new Date(world.nowMs).toISOString(),
      source: 'alert path',
      provenance: 'measured',
      action: 'note',
      severity: 'info',
      summary: 'works',
    },
    TOPIC.replace('critical', 'warning'),
  );
  await world.drain();
  expect([world.pagerDuty.incidents(), world.pagerDuty.changes().length]).toEqual([[], 1]);
  expect(world.metrics).toMatchObject({ [PAGER_METRIC.heartbeat]: 1, [PAGER_METRIC.delivered]: 1 });
});

test.each([
  ['text', 'the disk is full'],
  ['JSON of a foreign shape', { hello: 'world' }],
  ['two megabytes of text', 'x'.repeat(2_000_000)],
  ['a very long summary', { summary: 's'.repeat(5_000) }],
])('%s passes the schema of PagerDuty and opens an incident', async (_name, message) => {
  await open();
  world.publish(message);
  await world.drain();
  expect(world.pagerDuty.requests().map((one) => [one.status, one.why])).toEqual([[202, undefined]]);
  expect(world.pagerDuty.open()).toHaveLength(1);
});

test('a call that has no time left gives its other messages back at once', async () => {
  await open();
  world.pagerDuty.onRequest(() => {
    world.nowMs += 15_000;
  });
  for (const text of ['one', 'two', 'three']) world.publish(text);
  await world.deliver();
  expect(world.lines.map((line) => line['outcome'])).toEqual(['delivered', 'delivered', 'retry']);
  expect(world.lines.at(-1)).toMatchObject({ because: 'this call has no time left for it', delaySec: 1 });
});
