/** What PagerDuty is told, whole: every field of a page is read by somebody at night, or by a rule that sorts pages. */
import { pageFor, parseMessage, severityMap } from '../../../lib/decide/alert';
import { rdsMeaning } from '../../../lib/decide/alert/rds';
import type { AlarmAlert, Alert, OwnEvent, RdsAlert, Received, UnknownAlert } from '../../../lib/decide/alert/types';

const AT_MS = Date.UTC(2026, 10, 20, 14);
const AT = '2026-11-20T14:00:00.000Z';
const TOPIC = 'arn:aws:sns:eu-west-1:111111111111:shop-critical';
const severities = severityMap('critical', 'warning');
const received = (alert: Alert, change: Partial<Received> = {}): Received => ({
  messageId: 'm-1',
  topic: 'critical',
  topicArn: TOPIC,
  alert,
  ...change,
});
const guessed = { topicArn: '', topicGuess: 'the message came without a topic' };

const own: OwnEvent = {
  type: 'failover-started',
  pair: 'shop',
  incidentKey: 'shop/17',
  epoch: 17,
  atMs: AT_MS,
  source: 'prober',
  provenance: 'measured',
  action: 'trigger',
  severity: 'critical',
  summary: 'Failover of shop began',
  details: { step: 'fence' },
};
const alarm: AlarmAlert = {
  kind: 'alarm',
  arn: 'arn:alarm:shop',
  name: 'shop primary & co',
  region: 'eu-west-1',
  state: 'ALARM',
  previous: 'OK',
  reason: 'one datapoint',
  description: 'Route 53 calls the primary unhealthy',
  pair: 'shop',
  trigger: { MetricName: 'HealthCheckStatus' },
  atMs: AT_MS,
};
const bareAlarm: AlarmAlert = {
  kind: 'alarm',
  arn: alarm.arn,
  name: 'disk',
  region: 'eu-west-1',
  state: 'ALARM',
  reason: 'full',
  atMs: AT_MS,
};
const rds: RdsAlert = {
  kind: 'rds',
  eventId: 'RDS-EVENT-0045',
  sourceId: 'shop-b1',
  sourceArn: 'arn:rds:shop-b1',
  categories: ['read replica'],
  text: 'Replication has stopped.',
  atMs: AT_MS,
};
const unknown: UnknownAlert = {
  kind: 'unknown',
  because: 'no known shape has the fields a',
  title: 't',
  body: { a: 1 },
  atMs: AT_MS,
};

const ownDetails = {
  type: 'failover-started',
  pair: 'shop',
  incident_key: 'shop/17',
  epoch: 17,
  provenance: 'measured',
  step: 'fence',
};
const alarmDetails = {
  alarm: 'shop primary & co',
  description: 'Route 53 calls the primary unhealthy',
  state: 'ALARM',
  previous_state: 'OK',
  reason: 'one datapoint',
  region: 'eu-west-1',
  metric: { MetricName: 'HealthCheckStatus' },
  topic: TOPIC,
};
const rdsDetails = { event: 'RDS-EVENT-0045', categories: ['read replica'], text: 'Replication has stopped.', topic: TOPIC };
const console_ = (name: string) => [
  {
    href: `https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/${name}`,
    text: 'the alarm in CloudWatch',
  },
];
const opened = (dedup_key: string, payload: unknown, more: unknown = {}) => ({
  endpoint: 'enqueue',
  key: dedup_key,
  body: { event_action: 'trigger', dedup_key, client: 'cdk-failover', payload, ...(more as object) },
});

test.each<[string, Received, Parameters<typeof pageFor>[2], unknown]>([
  [
    'an event of ours',
    received({ kind: 'own', event: own }),
    {},
    opened('shop/17', {
      summary: 'Failover of shop began',
      source: 'prober',
      severity: 'critical',
      timestamp: AT,
      component: 'failover-started',
      group: 'shop',
      class: 'failover event',
      custom_details: ownDetails,
    }),
  ],
  [
    'a note of ours is a change, without severity, component and class',
    received({ kind: 'own', event: { ...own, action: 'note' } }),
    {},
    {
      endpoint: 'change',
      key: 'shop/17',
      body: {
        payload: {
          summary: 'Failover of shop began',
          source: 'prober',
          timestamp: AT,
          custom_details: { ...ownDetails, group: 'shop', class: 'failover event' },
        },
      },
    },
  ],
  [
    'a note that names no pair has no group',
    received({ kind: 'own', event: { ...own, action: 'note', pair: '', details: undefined } }),
    {},
    {
      endpoint: 'change',
      key: 'shop/17',
      body: {
        payload: {
          summary: 'Failover of shop began',
          source: 'prober',
          timestamp: AT,
          custom_details: {
            type: 'failover-started',
            pair: '',
            incident_key: 'shop/17',
            epoch: 17,
            provenance: 'measured',
            class: 'failover event',
          },
        },
      },
    },
  ],
  [
    'an acknowledgement of ours',
    received({ kind: 'own', event: { ...own, action: 'acknowledge' } }),
    {},
    { endpoint: 'enqueue', key: 'shop/17', body: { event_action: 'acknowledge', dedup_key: 'shop/17' } },
  ],
  [
    'a note whose trouble is over is still told',
    received({ kind: 'own', event: { ...own, action: 'acknowledge' } }),
    { overBecause: 'shop-e17 is done by now' },
    { endpoint: 'enqueue', key: 'shop/17', body: { event_action: 'acknowledge', dedup_key: 'shop/17' } },
  ],
  [
    'an alarm, with what it knows, and where to look',
    received(alarm),
    {},
    opened(
      alarm.arn,
      {
        summary: 'shop primary & co is in ALARM in eu-west-1: one datapoint',
        source: alarm.arn,
        severity: 'critical',
        timestamp: AT,
        component: 'shop primary & co',
        group: 'shop',
        class: 'CloudWatch alarm',
        custom_details: alarmDetails,
      },
      { links: console_('shop%20primary%20%26%20co') },
    ),
  ],
  [
    'an alarm during a drill that does not explain it',
    received(alarm),
    { noDrillBecause: 'drill tue-1 is past its deadline' },
    opened(
      alarm.arn,
      {
        summary: 'shop primary & co is in ALARM in eu-west-1: one datapoint',
        source: alarm.arn,
        severity: 'critical',
        timestamp: AT,
        component: 'shop primary & co',
        group: 'shop',
        class: 'CloudWatch alarm',
        custom_details: { ...alarmDetails, not_a_drill_because: 'drill tue-1 is past its deadline' },
      },
      { links: console_('shop%20primary%20%26%20co') },
    ),
  ],
  [
    'a bare alarm of an unknown topic, with what is not known',
    received(bareAlarm, guessed),
    {},
    opened(
      alarm.arn,
      {
        summary: 'disk is in ALARM in eu-west-1: full',
        source: alarm.arn,
        severity: 'critical',
        timestamp: AT,
        component: 'disk',
        class: 'CloudWatch alarm',
        custom_details: {
          alarm: 'disk',
          description: 'none',
          state: 'ALARM',
          previous_state: 'unknown',
          reason: 'full',
          region: 'eu-west-1',
          metric: 'unknown',
          topic: 'none',
          severity_is_a_guess: 'the message came without a topic',
        },
      },
      { links: console_('disk') },
    ),
  ],
  [
    'an event of RDS that opens an incident',
    received(rds),
    {},
    opened('arn:rds:shop-b1/replication', {
      summary: 'RDS shop-b1: Replication has stopped.',
      source: 'arn:rds:shop-b1',
      severity: 'critical',
      timestamp: AT,
      component: 'shop-b1',
      class: 'RDS event',
      custom_details: rdsDetails,
    }),
  ],
  [
    'an event of RDS that is no trouble and has no text',
    received({ ...rds, eventId: 'RDS-EVENT-0001', text: '' }),
    {},
    {
      endpoint: 'change',
      key: 'arn:rds:shop-b1/RDS-EVENT-0001',
      body: {
        payload: {
          summary: 'RDS shop-b1: RDS-EVENT-0001',
          source: 'arn:rds:shop-b1',
          timestamp: AT,
          custom_details: { ...rdsDetails, event: 'RDS-EVENT-0001', text: '', class: 'RDS event' },
        },
      },
    },
  ],
  [
    'an alert of no known shape',
    received(unknown, { topic: 'warning' }),
    {},
    opened('cdk-failover/message/m-1', {
      summary: 't',
      source: TOPIC,
      severity: 'warning',
      timestamp: AT,
      class: 'unknown shape',
      custom_details: { why_unknown: 'no known shape has the fields a', body: { a: 1 }, topic: TOPIC },
    }),
  ],
  [
    'an alert of no known shape and no topic',
    received(unknown, guessed),
    {},
    opened('cdk-failover/message/m-1', {
      summary: 't',
      source: 'cdk-failover',
      severity: 'critical',
      timestamp: AT,
      class: 'unknown shape',
      custom_details: {
        why_unknown: 'no known shape has the fields a',
        body: { a: 1 },
        topic: 'none',
        severity_is_a_guess: 'the message came without a topic',
      },
    }),
  ],
])('%s is told whole', (_name, message, findings, page) => {
  expect(pageFor(message, severities, findings)).toEqual(page);
});

test.each([
  ['ALARM', 'critical', 'critical'],
  ['ALARM', 'warning', 'info'],
  ['INSUFFICIENT_DATA', 'critical', 'warning'],
  ['INSUFFICIENT_DATA', 'warning', 'info'],
] as const)('an alarm in %s on the %s topic is of severity %s, by a map that calls warnings info', (state, topic, severity) => {
  const page = pageFor(received({ ...alarm, state }, { topic }), severityMap('critical', 'info'));
  expect(page.body.payload?.severity).toBe(severity);
});

test('fails with every severity that PagerDuty does not know', () => {
  expect(severityMap('error', 'info')).toEqual({ critical: 'error', warning: 'info' });
  expect(() => severityMap('high', 'low')).toThrow('no PagerDuty severity: high, low; known are critical, error, warning, info');
});

describe('what an event of RDS means', () => {
  const replication = 'arn:x/replication';
  const failover = 'arn:x/failover';
  test.each<[string, string, string, string]>([
    ['0013', 'a failover to the standby instance began', 'trigger', failover],
    ['0015', 'it ended, and DNS may lag', 'resolve', failover],
    ['0050', 'the instance began to be activated', 'trigger', failover],
    ['0051', 'it was activated', 'resolve', failover],
    ['0049', 'the instance failed over', 'resolve', failover],
    ['0069', 'the failover of a cluster failed', 'trigger', failover],
    ['0072', 'a failover within the Availability Zone began', 'trigger', failover],
    ['0073', 'a failover across Availability Zones began', 'trigger', failover],
    ['0071', 'the failover of a cluster is complete', 'resolve', failover],
    ['0045', 'replication stopped', 'trigger', replication],
    ['0057', 'replication was ended', 'trigger', replication],
    ['0062', 'replication was stopped by hand', 'trigger', replication],
    ['0046', 'the replica replicates again', 'resolve', replication],
    ['0022', 'a restart of the engine failed', 'trigger', 'arn:x/restart'],
    ['0007', 'storage is exhausted', 'trigger', 'arn:x/storage'],
    ['0221', 'storage is full and the database was shut down', 'trigger', 'arn:x/storage'],
    ['0222', 'storage is almost full', 'trigger', 'arn:x/storage'],
    ['0418', 'the key cannot be read for now', 'trigger', 'arn:x/key'],
    ['0419', 'without the key the instance is put out of reach', 'trigger', 'arn:x/key'],
    ['0420', 'the key can be read again, though RDS files this under failures', 'resolve', 'arn:x/key'],
    ['0031', 'the instance failed', 'trigger', 'arn:x/state'],
    ['0035', 'its parameters are not valid', 'trigger', 'arn:x/state'],
    ['0036', 'its network is not compatible', 'trigger', 'arn:x/state'],
    ['0202', 'a replica could not be created', 'trigger', 'arn:x/replica creation'],
    ['0187', 'a switchover of a global database failed', 'trigger', 'arn:x/global switchover'],
    ['0239', 'a failover of a global database failed', 'trigger', 'arn:x/global failover'],
    ['0391', 'the writes of the old primary could not be blocked in time', 'trigger', 'arn:x/write fencing'],
  ])('RDS-EVENT-%s, %s: %s of %s', (id, _what, action, key) => {
    expect(rdsMeaning({ ...rds, sourceArn: 'arn:x', eventId: `RDS-EVENT-${id}`, categories: ['failure'] })).toEqual({
      action,
      key,
    });
  });

  test('that nobody knows is a change, and a failure opens an incident of its own', () => {
    const meaning = (...categories: string[]) =>
      rdsMeaning({ ...rds, sourceArn: 'arn:x', eventId: 'RDS-EVENT-9999', categories });
    expect(meaning('backup')).toEqual({ action: 'change', key: 'arn:x/RDS-EVENT-9999' });
    expect(meaning('backup', 'failure')).toEqual({ action: 'trigger', key: 'arn:x/RDS-EVENT-9999' });
  });
});

test('a message is read and told by one road', () => {
  const body = JSON.stringify({ TopicArn: TOPIC, MessageId: 'm-1', Message: 'the disk is full' });
  expect(pageFor(parseMessage(body, 'q', AT_MS), severities)).toMatchObject({
    key: 'cdk-failover/message/m-1',
    body: { payload: { summary: 'the disk is full', timestamp: AT } },
  });
});
