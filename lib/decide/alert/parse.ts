import { isoToMs } from './iso-time';
import {
  type AlarmAlert,
  type Alert,
  OWN_EVENT_SCHEMA,
  type OwnEvent,
  type PageSeverity,
  type RdsAlert,
  type Received,
} from './types';

type Fields = Readonly<Record<string, unknown>>;

/** Reads the body of a queue message. Whatever it is, something comes out: a shape we do not know is an alert too. */
export function parseMessage(body: string, queueMessageId: string, sentAtMs: number): Received {
  const envelope = fieldsOf(body);
  if (!envelope || typeof envelope['Message'] !== 'string') {
    const alert = alertOf(body, undefined, sentAtMs);
    return { messageId: queueMessageId, topicArn: '', topic: 'critical', topicGuess: 'the message came without a topic', alert };
  }
  const topicArn = text(envelope['TopicArn']) ?? '';
  const alert = alertOf(envelope['Message'], text(envelope['Subject']), timeOf(envelope['Timestamp']) ?? sentAtMs);
  const messageId = text(envelope['MessageId']) ?? queueMessageId;
  if (topicArn.endsWith('-warning')) return { messageId, topicArn, topic: 'warning', alert };
  if (topicArn.endsWith('-critical')) return { messageId, topicArn, topic: 'critical', alert };
  return { messageId, topicArn, topic: 'critical', topicGuess: `the name of topic ${topicArn} tells no severity`, alert };
}

function alertOf(message: string, subject: string | undefined, sentAtMs: number): Alert {
  const fields = fieldsOf(message);
  if (!fields) {
    const title = subject ?? firstLine(message);
    return { kind: 'unknown', because: 'the message is not a JSON object', title, body: message, atMs: sentAtMs };
  }
  return (
    ownEvent(fields) ??
    alarmNotification(fields, sentAtMs) ??
    alarmStateChange(fields, sentAtMs) ??
    rdsFromEventBridge(fields, sentAtMs) ??
    rdsFromSubscription(fields, sentAtMs) ??
    unknownShape(fields, subject, sentAtMs)
  );
}

const ACTIONS = ['trigger', 'acknowledge', 'resolve', 'note'];
const SEVERITIES = ['critical', 'error', 'warning', 'info'];

function ownEvent(fields: Fields): Alert | undefined {
  const { schema, type, pair, incidentKey, action, severity, summary } = fields;
  if (schema !== OWN_EVENT_SCHEMA) return undefined;
  // Scheduler can only write its own time as text.
  const atMs = typeof fields['atMs'] === 'number' ? fields['atMs'] : timeOf(fields['atMs']);
  if (atMs === undefined || !isText(type) || !isText(incidentKey) || !isText(summary)) return undefined;
  if (!isOneOf(ACTIONS, action) || !isOneOf(SEVERITIES, severity)) return undefined;
  return {
    kind: 'own',
    event: {
      type,
      incidentKey,
      summary,
      atMs,
      pair: text(pair) ?? '',
      epoch: typeof fields['epoch'] === 'number' ? fields['epoch'] : 0,
      source: text(fields['source']) ?? 'cdk-failover',
      provenance: text(fields['provenance']) ?? 'measured',
      action: action as OwnEvent['action'],
      severity: severity as PageSeverity,
      ...(isFields(fields['details']) ? { details: fields['details'] } : {}),
    },
  };
}

const STATES = ['ALARM', 'OK', 'INSUFFICIENT_DATA'];
const PAIR_MARK = /\[failover pair ([a-z0-9-]+)\]/;

/** Text that an alarm's description carries so that the sender knows whose drill may be the cause. */
export const pairMark = (pair: string) => `[failover pair ${pair}]`;

/** What CloudWatch writes to a topic. */
function alarmNotification(fields: Fields, sentAtMs: number): AlarmAlert | undefined {
  const { AlarmName: name, NewStateValue: state, AlarmArn: arn } = fields;
  if (!isText(name) || !isOneOf(STATES, state) || !isText(arn)) return undefined;
  return alarm({
    name,
    arn,
    state: state as AlarmAlert['state'],
    previous: text(fields['OldStateValue']),
    reason: text(fields['NewStateReason']) ?? '',
    description: text(fields['AlarmDescription']),
    trigger: fields['Trigger'],
    atMs: timeOf(fields['StateChangeTime']) ?? sentAtMs,
  });
}

/** The same news by way of EventBridge. */
function alarmStateChange(fields: Fields, sentAtMs: number): AlarmAlert | undefined {
  const detail = fields['detail'];
  if (fields['source'] !== 'aws.cloudwatch' || !isFields(detail) || !isFields(detail['state'])) return undefined;
  const [arn] = Array.isArray(fields['resources']) ? fields['resources'] : [];
  const state = detail['state'];
  if (!isText(detail['alarmName']) || !isText(arn) || !isOneOf(STATES, state['value'])) return undefined;
  const configuration = isFields(detail['configuration']) ? detail['configuration'] : {};
  return alarm({
    name: detail['alarmName'],
    arn,
    state: state['value'] as AlarmAlert['state'],
    previous: isFields(detail['previousState']) ? text(detail['previousState']['value']) : undefined,
    reason: text(state['reason']) ?? '',
    description: text(configuration['description']),
    trigger: configuration['metrics'],
    atMs: timeOf(state['timestamp']) ?? timeOf(fields['time']) ?? sentAtMs,
  });
}

function alarm(seen: Omit<AlarmAlert, 'kind' | 'region' | 'pair'>): AlarmAlert {
  const pair = PAIR_MARK.exec(seen.description ?? '')?.[1];
  return { kind: 'alarm', ...seen, region: seen.arn.split(':')[3] ?? '', ...(pair ? { pair } : {}) };
}

function rdsFromEventBridge(fields: Fields, sentAtMs: number): RdsAlert | undefined {
  const detail = fields['detail'];
  if (fields['source'] !== 'aws.rds' || !isFields(detail) || !isText(detail['EventID'])) return undefined;
  const categories = Array.isArray(detail['EventCategories']) ? detail['EventCategories'].filter(isText) : [];
  return {
    kind: 'rds',
    eventId: detail['EventID'],
    sourceId: text(detail['SourceIdentifier']) ?? 'unknown',
    sourceArn: text(detail['SourceArn']) ?? 'unknown',
    categories,
    text: text(detail['Message']) ?? '',
    atMs: timeOf(detail['Date']) ?? timeOf(fields['time']) ?? sentAtMs,
  };
}

/** What an RDS event subscription writes to a topic; `Event ID` is a link that ends in the id. */
function rdsFromSubscription(fields: Fields, sentAtMs: number): RdsAlert | undefined {
  const eventId = /RDS-EVENT-\d+/.exec(text(fields['Event ID']) ?? '')?.[0];
  if (!eventId || !isText(fields['Event Message'])) return undefined;
  return {
    kind: 'rds',
    eventId,
    sourceId: text(fields['Source ID']) ?? 'unknown',
    sourceArn: text(fields['Source ARN']) ?? text(fields['Source ID']) ?? 'unknown',
    categories: [],
    text: fields['Event Message'],
    atMs: timeOf(fields['Event Time']) ?? sentAtMs,
  };
}

function unknownShape(fields: Fields, subject: string | undefined, sentAtMs: number): Alert {
  const title =
    subject ?? text(fields['detail-type']) ?? text(fields['summary']) ?? text(fields['message']) ?? 'alert of an unknown shape';
  const keys = Object.keys(fields).slice(0, 10).join(', ');
  return {
    kind: 'unknown',
    because: `no known shape has the fields ${keys || '(none)'}`,
    title: firstLine(title),
    body: fields,
    atMs: sentAtMs,
  };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0;
const text = (value: unknown) => (isText(value) ? value : undefined);
const timeOf = (value: unknown) => (isText(value) ? isoToMs(value) : undefined);
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isOneOf = (allowed: readonly string[], value: unknown) => isText(value) && allowed.includes(value);
const firstLine = (value: string) => value.trim().split('\n')[0] || 'empty message';

function fieldsOf(json: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
