import { EVENT_SCHEMA, type FailoverEvent } from '../../../lib/contracts/events';
import {
  type AlarmNow,
  type AlarmState,
  ASK_AFTER_MS,
  drillVerdict,
  GIVE_UP_MS,
  isTooOld,
  judgeAlarm,
  judgeAnswer,
  judgeOwn,
  OWN_EVENT_SCHEMA,
  type OwnEvent,
  PROBE_FRESH_MS,
  pageFor,
  pairMark,
  parseMessage,
  type Received,
  retryDelaySec,
  routingKeyIn,
  SETTLED_MS,
  severityMap,
  sourceToAsk,
} from '../../../lib/decide/alert';
import { RDS_EVENTS } from '../../../lib/decide/alert/rds';
import type { JournalItem, RunningDrill } from '../../../lib/decide/journal';
import { drillIncident } from '../../../lib/runtime/drive/drill/context';

const AT = '2026-11-20T14:00:00.000+0000';
const AT_MS = 1_795_183_200_000;
const TOPIC = 'arn:aws:sns:eu-west-1:111111111111:cdk-failover-Shop-Alerts-critical';
const WARNING_TOPIC = TOPIC.replace('critical', 'warning');
const ALARM_ARN = 'arn:aws:cloudwatch:eu-west-1:111111111111:alarm:shop primary';
const severities = severityMap('critical', 'warning');

const inTopic = (message: unknown, more: Record<string, unknown> = {}) =>
  JSON.stringify({
    Type: 'Notification',
    MessageId: 'sns-1',
    TopicArn: TOPIC,
    Timestamp: '2026-11-20T14:00:00.500Z',
    Message: typeof message === 'string' ? message : JSON.stringify(message),
    ...more,
  });

const read = (message: unknown, more: Record<string, unknown> = {}) => parseMessage(inTopic(message, more), 'sqs-1', AT_MS + 900);

const alarm = (state: string, more: Record<string, unknown> = {}) => ({
  AlarmName: 'shop primary',
  AlarmDescription: `Route 53 calls the primary unhealthy. ${pairMark('shop')}`,
  AWSAccountId: '111111111111',
  NewStateValue: state,
  OldStateValue: 'OK',
  NewStateReason: 'Threshold Crossed: 1 datapoint [0.0]',
  StateChangeTime: AT,
  Region: 'EU (Ireland)',
  AlarmArn: ALARM_ARN,
  Trigger: { MetricName: 'HealthCheckStatus', Namespace: 'AWS/Route53' },
  ...more,
});

const own: FailoverEvent = {
  schema: EVENT_SCHEMA,
  type: 'drill-overdue',
  pair: 'shop',
  incidentKey: 'shop/drill/tue-1',
  epoch: 3,
  atMs: AT_MS,
  source: 'keeper',
  provenance: 'measured',
  action: 'trigger',
  severity: 'error',
  summary: 'Drill tue-1 is past its deadline',
  details: { step: 'measure' },
};

test('our own schema has one name in contracts and in decide, and an event of ours fits what decide reads', () => {
  expect(OWN_EVENT_SCHEMA).toBe(EVENT_SCHEMA);
  const same: OwnEvent = own;
  expect(read(own).alert).toEqual({ kind: 'own', event: (({ schema: _s, ...rest }) => rest)({ ...same, schema: EVENT_SCHEMA }) });
});

describe('a CloudWatch alarm', () => {
  test('opens one incident under its ARN, with the severity of the topic', () => {
    const page = pageFor(read(alarm('ALARM')), severities);
    expect(page).toMatchObject({
      endpoint: 'enqueue',
      body: {
        event_action: 'trigger',
        dedup_key: ALARM_ARN,
        payload: {
          summary: 'shop primary is in ALARM in eu-west-1: Threshold Crossed: 1 datapoint [0.0]',
          severity: 'critical',
          source: ALARM_ARN,
          timestamp: '2026-11-20T14:00:00.000Z',
          group: 'shop',
        },
      },
    });
  });

  test('is resolved under the same key when it is OK, whichever foot says so', () => {
    const told = parseMessage(
      inTopic(alarm('OK'), { TopicArn: 'arn:aws:sns:us-east-1:111111111111:other-critical' }),
      'sqs-2',
      AT_MS,
    );
    expect(pageFor(told, severities).body).toEqual({ event_action: 'resolve', dedup_key: ALARM_ARN });
  });

  test('without data is a trigger that does not wake anybody, and never a resolve', () => {
    const page = pageFor(read(alarm('INSUFFICIENT_DATA')), severities);
    expect(page.body).toMatchObject({ event_action: 'trigger', dedup_key: ALARM_ARN, payload: { severity: 'warning' } });
    expect(page.body.payload?.summary).toBe(
      'shop primary has no data, which is not good news in eu-west-1: Threshold Crossed: 1 datapoint [0.0]',
    );
  });

  test('says the same by way of EventBridge', () => {
    const told = read({
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm State Change',
      resources: [ALARM_ARN],
      time: '2026-11-20T14:00:00Z',
      detail: {
        alarmName: 'shop primary',
        configuration: { description: pairMark('shop') },
        state: { value: 'ALARM', reason: 'why', timestamp: AT },
        previousState: { value: 'OK' },
      },
    });
    expect(told.alert).toMatchObject({
      kind: 'alarm',
      arn: ALARM_ARN,
      state: 'ALARM',
      pair: 'shop',
      region: 'eu-west-1',
      atMs: AT_MS,
    });
  });

  test('during a drill says so, keeps its key and pages nobody', () => {
    const page = pageFor(read(alarm('ALARM')), severities, { drill: 'tue-1' });
    expect(page.body).toMatchObject({ event_action: 'trigger', dedup_key: ALARM_ARN, payload: { severity: 'info' } });
    expect(page.body.payload?.summary).toMatch(/^\[DRILL\] shop primary is in ALARM/);
    expect(page.body.payload?.custom_details).toMatchObject({ drill: 'tue-1' });
  });
});

describe('the severity', () => {
  test.each([
    ['comes from the topic', WARNING_TOPIC, 'warning', undefined],
    [
      'is critical when the topic does not say, and the page admits the guess',
      'arn:aws:sns:eu-west-1:111111111111:misc',
      'critical',
      /tells no severity/,
    ],
  ])('%s', (_name, TopicArn, severity, guess) => {
    const told = read(alarm('ALARM'), { TopicArn });
    const details = pageFor(told, severities).body.payload?.custom_details as { severity_is_a_guess?: string };
    expect(pageFor(told, severities).body.payload?.severity).toBe(severity);
    if (guess) expect(details.severity_is_a_guess).toMatch(guess);
    else expect(details.severity_is_a_guess).toBeUndefined();
  });

  test('follows the map', () => {
    expect(pageFor(read(alarm('ALARM')), severityMap('error', 'info')).body.payload?.severity).toBe('error');
  });

  test('fails at start when the map names none', () => {
    expect(() => severityMap('critical', 'loud')).toThrow(
      'no PagerDuty severity: loud; known are critical, error, warning, info',
    );
  });
});

describe('one of our own events', () => {
  test.each([
    ['trigger', 'enqueue', 'trigger'],
    ['acknowledge', 'enqueue', 'acknowledge'],
    ['resolve', 'enqueue', 'resolve'],
    ['note', 'change', undefined],
  ] as const)('%s goes to %s', (action, endpoint, eventAction) => {
    const page = pageFor(read({ ...own, action }), severities);
    expect(page.endpoint).toBe(endpoint);
    expect(page.body.event_action).toBe(eventAction);
    expect(page.body.dedup_key).toBe(action === 'note' ? undefined : 'shop/drill/tue-1');
  });

  test('keeps its own severity on any topic', () => {
    expect(pageFor(read(own, { TopicArn: WARNING_TOPIC }), severities).body.payload?.severity).toBe('error');
  });

  test('may carry the time of Scheduler, which is text', () => {
    const told = read({ ...own, type: 'heartbeat', action: 'note', atMs: '2026-11-20T14:00:00Z' });
    expect(told.alert).toMatchObject({ kind: 'own', event: { atMs: AT_MS } });
  });

  test.each([
    ['an unknown action', { action: 'shout' }],
    ['an unknown severity', { severity: 'loud' }],
    ['no key', { incidentKey: '' }],
    ['no time', { atMs: undefined }],
  ])('with %s is not discarded but told as an unknown shape', (_name, broken) => {
    const page = pageFor(read({ ...own, ...broken }), severities);
    expect(page.body).toMatchObject({
      event_action: 'trigger',
      dedup_key: 'cdk-failover/message/sns-1',
      payload: { severity: 'critical' },
    });
  });
});

describe('an RDS event', () => {
  const detail = (EventID: string, EventCategories: string[] = []) => ({
    source: 'aws.rds',
    'detail-type': 'RDS DB Instance Event',
    time: '2026-11-20T14:00:00Z',
    detail: {
      EventID,
      EventCategories,
      SourceIdentifier: 'shop-a',
      SourceArn: 'arn:rds:shop-a',
      Message: 'what happened',
      Date: AT,
    },
  });

  test.each([
    ['RDS-EVENT-0013', [], 'trigger', 'arn:rds:shop-a/failover'],
    ['RDS-EVENT-0049', [], 'resolve', 'arn:rds:shop-a/failover'],
    ['RDS-EVENT-0045', [], 'trigger', 'arn:rds:shop-a/replication'],
    ['RDS-EVENT-0046', [], 'resolve', 'arn:rds:shop-a/replication'],
    ['RDS-EVENT-9999', ['failure'], 'trigger', 'arn:rds:shop-a/RDS-EVENT-9999'],
    ['RDS-EVENT-0001', ['backup'], undefined, undefined],
  ])('%s %j means %s of %s', (id, categories, action, key) => {
    const page = pageFor(read(detail(id, categories)), severities);
    expect([page.body.event_action, page.body.dedup_key]).toEqual([action, key]);
    expect(page.endpoint).toBe(action ? 'enqueue' : 'change');
  });

  test('of a subscription is understood too', () => {
    const told = read({
      'Event Source': 'db-instance',
      'Event Time': '2026-11-20 14:00:00.000',
      'Source ID': 'shop-a',
      'Source ARN': 'arn:rds:shop-a',
      'Event ID': 'http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html#RDS-EVENT-0045',
      'Event Message': 'Replication has stopped.',
    });
    expect(told.alert).toMatchObject({ kind: 'rds', eventId: 'RDS-EVENT-0045', sourceArn: 'arn:rds:shop-a', atMs: AT_MS });
  });

  test('is listed once, and every ending has a beginning', () => {
    expect(new Set(RDS_EVENTS.map((e) => e.id)).size).toBe(RDS_EVENTS.length);
    const begun = RDS_EVENTS.filter((e) => e.action === 'trigger').map((e) => e.topic);
    for (const end of RDS_EVENTS.filter((e) => e.action === 'resolve')) expect(begun).toContain(end.topic);
  });
});

test.each([
  ['plain text', 'the disk is full\nreally', 'the disk is full'],
  ['an empty message', '', 'empty message'],
  ['JSON of a foreign shape', { summary: 'hello', x: 1 }, 'hello'],
  [
    'an EventBridge event of another service',
    { source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change', detail: {} },
    'EC2 Instance State-change',
  ],
  ['an alarm without ARN', { ...alarm('ALARM'), AlarmArn: undefined }, 'alert of an unknown shape'],
])('%s is told as an unknown shape, never discarded', (_name, message, summary) => {
  const page = pageFor(read(message), severities);
  expect(page.body).toMatchObject({ event_action: 'trigger', dedup_key: 'cdk-failover/message/sns-1', payload: { summary } });
});

test('a body that is no SNS envelope is told as well', () => {
  const told = parseMessage('{"raw":true}', 'sqs-7', AT_MS);
  expect(told).toMatchObject({ messageId: 'sqs-7', topic: 'critical', topicGuess: 'the message came without a topic' });
  expect(pageFor(told, severities).body).toMatchObject({ event_action: 'trigger', dedup_key: 'cdk-failover/message/sqs-7' });
});

describe('whom to ask before sending', () => {
  const ask = (received: Received, attempt: number, ageMs: number) => sourceToAsk(received, attempt, AT_MS + ageMs);
  test.each<[string, Received, number, number, unknown]>([
    ['nobody while an alarm is fresh', read(alarm('ALARM')), 1, ASK_AFTER_MS - 1, undefined],
    [
      'the alarm once something may have overtaken it',
      read(alarm('ALARM')),
      1,
      ASK_AFTER_MS,
      { kind: 'alarm', name: 'shop primary', region: 'eu-west-1' },
    ],
    ['the alarm on every retry', read(alarm('ALARM')), 2, 0, { kind: 'alarm', name: 'shop primary', region: 'eu-west-1' }],
    ['the alarm about a late OK too', read(alarm('OK')), 2, 0, { kind: 'alarm', name: 'shop primary', region: 'eu-west-1' }],
    ['the journal about an old trigger of ours', read(own), 2, 0, { kind: 'journal', pair: 'shop' }],
    ['nobody about a resolve of ours', read({ ...own, action: 'resolve' }), 2, 0, undefined],
    ['nobody about an unknown shape', read('hello'), 9, 999_999, undefined],
  ])('is %s', (_name, received, attempt, ageMs, expected) => expect(ask(received, attempt, ageMs)).toEqual(expected));

  const unknown = { kind: 'unknown', because: 'throttled' } as const;
  test.each<[AlarmState, AlarmNow, string]>([
    ['ALARM', 'ALARM', 'send'],
    ['ALARM', 'OK', 'over'],
    ['ALARM', 'INSUFFICIENT_DATA', 'send'],
    ['ALARM', 'gone', 'send'],
    ['ALARM', unknown, 'send'],
    ['INSUFFICIENT_DATA', 'OK', 'over'],
    ['INSUFFICIENT_DATA', unknown, 'send'],
    ['OK', 'OK', 'send'],
    ['OK', 'ALARM', 'superseded'],
    ['OK', 'INSUFFICIENT_DATA', 'send'],
    ['OK', 'gone', 'send'],
    ['OK', unknown, 'wait'],
  ])('a late %s while the alarm is %j: %s', (told, now, kind) => expect(judgeAlarm(told, now, SETTLED_MS).kind).toBe(kind));

  test.each<[AlarmState, AlarmNow]>([
    ['ALARM', 'OK'],
    ['OK', 'ALARM'],
  ])('a %s that its alarm contradicts with %s waits until the answer cannot be old news', (told, now) => {
    expect(judgeAlarm(told, now, SETTLED_MS - 12_500)).toEqual({
      kind: 'wait',
      because: `the alarm is said to be ${now}, which may be old news`,
      atLeastSec: 13,
    });
  });

  const item = (restoredAtMs?: number): JournalItem => ({
    pair: 'shop',
    revision: 9,
    epoch: 0,
    lastDrills: [
      { id: 'tue-1', level: 'TRAFFIC', verdict: 'passed', endedAtMs: AT_MS + 9_000, restoredAtMs, expectedAlarms: [] },
    ],
  });
  test.each<[string, string, JournalItem | undefined | typeof unknown, string]>([
    ['a missing restore is over once the drill ended with one', '/restore', item(AT_MS), 'over'],
    ['a missing restore is not over without one', '/restore', item(undefined), 'send'],
    ['an outage that a drill saw is not over with its restore', '/outage', item(AT_MS), 'send'],
    ['alarms that stayed on are not over with the restore', '/afterglow', item(AT_MS), 'send'],
    ['no journal is no proof', '/restore', undefined, 'send'],
    ['an unreadable journal is no proof', '/restore', unknown, 'send'],
  ])('%s', (_name, what, journal, kind) => expect(judgeOwn(`${drillIncident('shop', 'tue-1')}${what}`, journal).kind).toBe(kind));

  const ran = (outcome: 'done' | 'rolled-back'): JournalItem => ({
    pair: 'shop',
    revision: 9,
    epoch: 4,
    lastDrills: [],
    database: {
      state: 'SERVING_STANDBY',
      active: 'standby',
      writer: 'shop-b1',
      latch: { on: true, generation: 1 },
      writerName: {},
      lastRuns: [{ id: 'shop-e4', kind: 'failover', epoch: 4, outcome, because: [], endedAtMs: AT_MS }],
    },
  });
  const suspects = (journal: JournalItem): JournalItem => ({
    ...journal,
    ...(journal.database ? { database: { ...journal.database, suspect: { sinceMs: AT_MS, because: [] } } } : {}),
  });
  test.each<[string, string, JournalItem, string]>([
    ['a failover whose run is done is over, though its resolve came first', 'shop/4', ran('done'), 'over'],
    ['a failover that was given up is not over', 'shop/4', ran('rolled-back'), 'send'],
    ['another run than the one that is done is not over', 'shop/5', ran('done'), 'send'],
    ['a suspicion that was answered by a promotion is over', 'shop/watch/blocked', ran('done'), 'over'],
    ['a suspicion that stands is not over', 'shop/watch/traffic', suspects(ran('done')), 'send'],
    ['what the daily look complains about is no suspicion', 'shop/watch/readiness', ran('done'), 'send'],
    ['a second writer is not over because the run is done', 'shop/4/split-brain', ran('done'), 'send'],
  ])('%s', (_name, incidentKey, journal, kind) => expect(judgeOwn(incidentKey, journal).kind).toBe(kind));

  test('a trigger whose trouble is over becomes a resolve, so that a trigger lost on the way back leaves nothing open', () => {
    expect(pageFor(read(alarm('ALARM')), severities, { overBecause: 'OK by now' }).body).toEqual({
      event_action: 'resolve',
      dedup_key: ALARM_ARN,
    });
  });
});

describe('a page is put down to a drill', () => {
  const drill: RunningDrill = {
    id: 'tue-1',
    level: 'TRAFFIC',
    scenario: 'primary_crash',
    requestedBy: 'me',
    startedAtMs: AT_MS - 60_000,
    deadlineMs: AT_MS + 1,
    lastPrimaryProbe: { good: true, atMs: AT_MS - PROBE_FRESH_MS + 1 },
    expectedAlarms: ['shop primary'],
    steps: {},
  };
  const item = (change: Partial<RunningDrill>): JournalItem => ({
    pair: 'shop',
    revision: 1,
    epoch: 0,
    lastDrills: [],
    drill: { ...drill, ...change },
  });

  test('only when everything speaks for it', () =>
    expect(drillVerdict(item({}), 'shop primary', AT_MS)).toEqual({ kind: 'drill', id: 'tue-1' }));

  test.each<[string, Parameters<typeof drillVerdict>[0], string, string]>([
    ['the pair has no journal', undefined, 'shop primary', 'the pair has no journal'],
    [
      'the journal cannot be read',
      { kind: 'unknown', because: 'timed out' },
      'shop primary',
      'the journal is unknown: timed out',
    ],
    ['no drill runs', { pair: 'shop', revision: 1, epoch: 0, lastDrills: [] }, 'shop primary', 'no drill runs'],
    ['the deadline is reached', item({ deadlineMs: AT_MS }), 'shop primary', 'drill tue-1 is past its deadline'],
    ['another alarm fires', item({}), 'shop standby', 'drill tue-1 does not expect this alarm'],
    ['nothing is expected', item({ expectedAlarms: [] }), 'shop primary', 'drill tue-1 does not expect this alarm'],
    [
      'the primary was not probed',
      item({ lastPrimaryProbe: undefined }),
      'shop primary',
      'drill tue-1 has not probed the primary',
    ],
    [
      'the last probe failed',
      item({ lastPrimaryProbe: { good: false, atMs: AT_MS } }),
      'shop primary',
      'the last probe of the primary in drill tue-1 failed',
    ],
    [
      'the last probe is 10 s old',
      item({ lastPrimaryProbe: { good: true, atMs: AT_MS - PROBE_FRESH_MS } }),
      'shop primary',
      'the last probe of the primary in drill tue-1 is 10000 ms away, limit 10000 ms',
    ],
    [
      'the last probe is from the future',
      item({ lastPrimaryProbe: { good: true, atMs: AT_MS + PROBE_FRESH_MS } }),
      'shop primary',
      'the last probe of the primary in drill tue-1 is 10000 ms away, limit 10000 ms',
    ],
  ])('and not when %s', (_name, journal, name, because) =>
    expect(drillVerdict(journal, name, AT_MS)).toEqual({ kind: 'real', because }),
  );
});

describe('an answer of PagerDuty', () => {
  const status = (code: number, retryAfterSec?: number) =>
    ({ kind: 'status', status: code, body: 'text', ...(retryAfterSec ? { retryAfterSec } : {}) }) as const;
  test.each([
    [202, false, 'done'],
    [400, false, 'check-key'],
    [401, false, 'check-key'],
    [403, false, 'check-key'],
    [400, true, 'dead-letter'],
    [403, true, 'dead-letter'],
    [404, false, 'dead-letter'],
    [413, false, 'dead-letter'],
    [302, false, 'dead-letter'],
    [408, false, 'retry'],
    [429, false, 'retry'],
    [500, true, 'retry'],
    [503, false, 'retry'],
  ])('%i (key checked: %s) means %s', (code, keyChecked, kind) => expect(judgeAnswer(status(code), keyChecked).kind).toBe(kind));

  test('that never came is tried again', () => {
    expect(judgeAnswer({ kind: 'network', because: 'ECONNRESET' }, true)).toEqual({
      kind: 'retry',
      because: 'PagerDuty did not answer: ECONNRESET',
      atLeastSec: 0,
    });
  });

  test('may ask for patience', () =>
    expect(judgeAnswer(status(429, 60), false)).toMatchObject({ kind: 'retry', atLeastSec: 60 }));

  test.each([
    [1, 0, 0, 1],
    [1, 0.999, 0, 5],
    [2, 0.999, 0, 10],
    [5, 0.5, 0, 40],
    [200, 0.999, 0, 900],
    [1, 0.1, 60, 60],
    [1, 0.1, 5_000, 900],
  ])('try %i with chance %d and at least %d s waits %d s', (attempt, uniform, atLeast, sec) => {
    expect(retryDelaySec(attempt, uniform, atLeast)).toBe(sec);
  });

  test('is waited for during 6 hours', () => {
    expect([isTooOld(GIVE_UP_MS - 1), isTooOld(GIVE_UP_MS), GIVE_UP_MS]).toEqual([false, true, 21_600_000]);
  });
});

describe('a routing key', () => {
  const key = 'R0UT1NGKEYR0UT1NGKEYR0UT1NGKEY01';
  test.each([
    ['is the whole secret', key],
    ['may end in a line break', `${key}\n`],
    ['may be a field of JSON', JSON.stringify({ routingKey: key })],
  ])('%s', (_name, secret) => expect(routingKeyIn(secret)).toEqual({ kind: 'key', key }));

  test.each([
    ['too short', 'short', 5],
    ['JSON without the field', '{"key":"x"}', 0],
    ['empty', '', 0],
  ])('fails when it is %s, without quoting the secret', (_name, secret, found) => {
    expect(routingKeyIn(secret)).toEqual({
      kind: 'unknown',
      because: `the secret holds no routing key: expected 32 characters, as text or as routingKey in JSON, found ${found}`,
    });
  });
});
