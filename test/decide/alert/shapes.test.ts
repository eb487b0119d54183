/** Whatever stands in the queue becomes an alert: each known shape whole and bare, and everything else as it is. */
import { OWN_EVENT_SCHEMA, parseMessage } from '../../../lib/decide/alert';

const SENT = Date.UTC(2026, 10, 20, 14);
const AT = '2026-11-20T13:59:00.000Z';
const AT_MS = Date.UTC(2026, 10, 20, 13, 59);
const ARN = 'arn:aws:cloudwatch:eu-west-1:111111111111:alarm:shop';
const received = (message: unknown, more: Record<string, unknown> = {}) =>
  parseMessage(
    JSON.stringify({
      TopicArn: 'arn:x:shop-critical',
      MessageId: 'sns-1',
      Message: typeof message === 'string' ? message : JSON.stringify(message),
      ...more,
    }),
    'sqs-1',
    SENT,
  );
const alertOf = (message: unknown, more: Record<string, unknown> = {}) => received(message, more).alert;
const without = (fields: Record<string, unknown>, name: string) =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));

const own = {
  schema: OWN_EVENT_SCHEMA,
  type: 't',
  incidentKey: 'k',
  action: 'trigger',
  severity: 'error',
  summary: 's',
  atMs: 5,
};
const alarm = { AlarmName: 'shop', NewStateValue: 'ALARM', AlarmArn: ARN };
const changed = {
  source: 'aws.cloudwatch',
  'detail-type': 'CloudWatch Alarm State Change',
  resources: [ARN],
  detail: { alarmName: 'shop', state: { value: 'OK' } },
};
const fromRds = { source: 'aws.rds', 'detail-type': 'RDS DB Instance Event', detail: { EventID: 'RDS-EVENT-0006' } };
const subscribed = { 'Event ID': 'http://docs.amazonwebservices.com/x.html#RDS-EVENT-0006', 'Event Message': 'restarted' };
const bareAlarm = { kind: 'alarm', name: 'shop', arn: ARN, region: 'eu-west-1', reason: '', atMs: SENT };

test.each<[string, unknown, unknown]>([
  [
    'our own event, bare',
    own,
    {
      kind: 'own',
      event: {
        type: 't',
        incidentKey: 'k',
        summary: 's',
        atMs: 5,
        pair: '',
        epoch: 0,
        source: 'cdk-failover',
        provenance: 'measured',
        action: 'trigger',
        severity: 'error',
      },
    },
  ],
  [
    'our own event, whole, with the time as Scheduler writes it',
    { ...own, atMs: AT, pair: 'shop', epoch: 7, source: 'prober', provenance: 'simulated', details: { a: 1 } },
    {
      kind: 'own',
      event: {
        type: 't',
        incidentKey: 'k',
        summary: 's',
        atMs: AT_MS,
        pair: 'shop',
        epoch: 7,
        source: 'prober',
        provenance: 'simulated',
        action: 'trigger',
        severity: 'error',
        details: { a: 1 },
      },
    },
  ],
  ['an alarm, bare', alarm, { ...bareAlarm, state: 'ALARM' }],
  [
    'an alarm, whole',
    {
      ...alarm,
      OldStateValue: 'OK',
      NewStateReason: 'r',
      AlarmDescription: 'd [failover pair shop-1]',
      Trigger: { a: 1 },
      StateChangeTime: AT,
    },
    {
      ...bareAlarm,
      state: 'ALARM',
      previous: 'OK',
      reason: 'r',
      description: 'd [failover pair shop-1]',
      trigger: { a: 1 },
      atMs: AT_MS,
      pair: 'shop-1',
    },
  ],
  ['a change of an alarm by EventBridge, bare', changed, { ...bareAlarm, state: 'OK' }],
  [
    'a change of an alarm by EventBridge, whole',
    {
      ...changed,
      time: '2026-11-20T13:58:00.000Z',
      detail: {
        alarmName: 'shop',
        state: { value: 'INSUFFICIENT_DATA', reason: 'r', timestamp: AT },
        previousState: { value: 'OK' },
        configuration: { description: 'd', metrics: [1] },
      },
    },
    { ...bareAlarm, state: 'INSUFFICIENT_DATA', reason: 'r', previous: 'OK', description: 'd', trigger: [1], atMs: AT_MS },
  ],
  ['a change of an alarm at the time of its event', { ...changed, time: AT }, { ...bareAlarm, state: 'OK', atMs: AT_MS }],
  [
    'an event of RDS, bare',
    fromRds,
    { kind: 'rds', eventId: 'RDS-EVENT-0006', sourceId: 'unknown', sourceArn: 'unknown', categories: [], text: '', atMs: SENT },
  ],
  [
    'an event of RDS, whole',
    {
      ...fromRds,
      time: '2026-11-20T13:58:00.000Z',
      detail: {
        EventID: 'RDS-EVENT-0006',
        SourceIdentifier: 'b1',
        SourceArn: 'arn:b1',
        EventCategories: ['failover', 7],
        Message: 'm',
        Date: AT,
      },
    },
    {
      kind: 'rds',
      eventId: 'RDS-EVENT-0006',
      sourceId: 'b1',
      sourceArn: 'arn:b1',
      categories: ['failover'],
      text: 'm',
      atMs: AT_MS,
    },
  ],
  [
    'a subscription of RDS, bare',
    subscribed,
    {
      kind: 'rds',
      eventId: 'RDS-EVENT-0006',
      sourceId: 'unknown',
      sourceArn: 'unknown',
      categories: [],
      text: 'restarted',
      atMs: SENT,
    },
  ],
  [
    'a subscription of RDS with an id alone',
    { ...subscribed, 'Source ID': 'b1', 'Event Time': AT },
    { kind: 'rds', eventId: 'RDS-EVENT-0006', sourceId: 'b1', sourceArn: 'b1', categories: [], text: 'restarted', atMs: AT_MS },
  ],
  [
    'a subscription of RDS, whole',
    { ...subscribed, 'Source ID': 'b1', 'Source ARN': 'arn:b1' },
    {
      kind: 'rds',
      eventId: 'RDS-EVENT-0006',
      sourceId: 'b1',
      sourceArn: 'arn:b1',
      categories: [],
      text: 'restarted',
      atMs: SENT,
    },
  ],
])('%s', (_name, message, alert) => {
  expect(alertOf(message)).toEqual(alert);
});

const broken: readonly (readonly [string, Record<string, unknown>])[] = [
  ...['type', 'incidentKey', 'action', 'severity', 'summary', 'atMs', 'schema'].map(
    (name) => [`our own event without ${name}`, without(own, name)] as const,
  ),
  ['our own event with another action', { ...own, action: 'explode' }],
  ['our own event with another severity', { ...own, severity: 'fatal' }],
  ['our own event at no time', { ...own, atMs: 'soon' }],
  ...Object.keys(alarm).map((name) => [`an alarm without ${name}`, without(alarm, name)] as const),
  ['an alarm in another state', { ...alarm, NewStateValue: 'ON FIRE' }],
  ['an alarm without a name in its name', { ...alarm, AlarmName: '' }],
  ...['source', 'resources', 'detail'].map((name) => [`a change of an alarm without ${name}`, without(changed, name)] as const),
  ['a change of an alarm whose resources are text', { ...changed, resources: ARN }],
  ['a change of an alarm without a state', { ...changed, detail: { alarmName: 'shop' } }],
  ['a change of an alarm without a name', { ...changed, detail: { state: { value: 'OK' } } }],
  ['a change of an alarm into another state', { ...changed, detail: { alarmName: 'shop', state: { value: 'x' } } }],
  ...['source', 'detail'].map((name) => [`an event of RDS without ${name}`, without(fromRds, name)] as const),
  ['an event of RDS without an id', { ...fromRds, detail: {} }],
  ...Object.keys(subscribed).map((name) => [`a subscription of RDS without ${name}`, without(subscribed, name)] as const),
  ['a subscription of RDS whose link has no id', { ...subscribed, 'Event ID': 'http://x' }],
];

test.each(broken)('%s is an alert of no known shape, and comes whole', (_name, message) => {
  const alert = alertOf(message, { Subject: 'a subject' });
  expect(alert).toEqual({
    kind: 'unknown',
    because: `no known shape has the fields ${Object.keys(message).join(', ')}`,
    title: 'a subject',
    body: message,
    atMs: SENT,
  });
});

describe('an alert of no known shape is called by', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    ['its subject', { message: 'm' }, { Subject: 'a subject\nand more' }, 'a subject'],
    ['its type', { 'detail-type': 'd', summary: 's', message: 'm' }, {}, 'd'],
    ['its summary', { summary: 's', message: 'm' }, {}, 's'],
    ['its message', { message: ' m\nn' }, {}, 'm'],
    ['nothing', { a: 1 }, {}, 'alert of an unknown shape'],
    ['its emptiness', { summary: '  ' }, {}, 'empty message'],
  ])('%s', (_name, message, more, title) => {
    expect(alertOf(message, more)).toMatchObject({ kind: 'unknown', title });
  });

  test('the first ten of its fields, or none', () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`f${n}`, n]));
    expect(alertOf(many)).toMatchObject({ because: 'no known shape has the fields f0, f1, f2, f3, f4, f5, f6, f7, f8, f9' });
    expect(alertOf({})).toMatchObject({ because: 'no known shape has the fields (none)' });
  });

  test.each<[string, string]>([
    ['plain text\nsecond line', 'plain text'],
    ['[1]', '[1]'],
    ['null', 'null'],
    ['', 'empty message'],
  ])('its first line, when %j is no object', (message, title) => {
    expect(alertOf(message)).toEqual({
      kind: 'unknown',
      because: 'the message is not a JSON object',
      title,
      body: message,
      atMs: SENT,
    });
    expect(alertOf(message, { Subject: 'a subject' })).toMatchObject({ title: 'a subject' });
  });
});

describe('the envelope', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    [
      'of the warning topic',
      { TopicArn: 'arn:x:shop-warning' },
      { topic: 'warning', topicArn: 'arn:x:shop-warning', messageId: 'sns-1' },
    ],
    ['of the critical topic', {}, { topic: 'critical', topicArn: 'arn:x:shop-critical', messageId: 'sns-1' }],
    [
      'of another topic counts as critical, and says that it is a guess',
      { TopicArn: 'arn:x:warning-shop' },
      { topic: 'critical', topicGuess: 'the name of topic arn:x:warning-shop tells no severity' },
    ],
    [
      'without a topic or an id',
      { TopicArn: undefined, MessageId: undefined },
      { topic: 'critical', topicArn: '', messageId: 'sqs-1' },
    ],
  ])('%s', (_name, more, expected) => {
    const found = received(alarm, more);
    expect(found).toMatchObject(expected);
    if (!('topicGuess' in expected) && expected['topicArn'] !== '') expect(found.topicGuess).toBeUndefined();
  });

  test('gives its time to what has none', () => {
    expect(alertOf(alarm, { Timestamp: AT })).toMatchObject({ atMs: AT_MS });
    expect(alertOf('text', { Timestamp: 'yesterday' })).toMatchObject({ atMs: SENT });
  });

  test.each(['no json', '{"Message":5}', '[]'])('that is none (%s) is an alert by itself', (body) => {
    expect(parseMessage(body, 'sqs-1', SENT)).toMatchObject({
      messageId: 'sqs-1',
      topicArn: '',
      topic: 'critical',
      topicGuess: 'the message came without a topic',
      alert: { kind: 'unknown', atMs: SENT },
    });
  });
});
