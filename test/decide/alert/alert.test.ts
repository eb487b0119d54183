import { EVENT_SCHEMA, type FailoverEvent } from '../../../lib/contracts/events';
import {
  drillVerdict,
  OWN_EVENT_SCHEMA,
  type OwnEvent,
  PROBE_FRESH_MS,
  pageFor,
  pairMark,
  parseMessage,
  severityMap,
} from '../../../lib/decide/alert';
import { RDS_EVENTS } from '../../../lib/decide/alert/rds';
import type { JournalItem, RunningDrill } from '../../../lib/decide/journal';

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
