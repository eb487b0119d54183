import { msToIso } from './iso-time';
import { dedupKey, withinLimits } from './limits';
import { rdsMeaning } from './rds';
import type {
  AlarmAlert,
  OwnEvent,
  Page,
  PageBody,
  PagePayload,
  PageSeverity,
  RdsAlert,
  Received,
  TopicSeverity,
  UnknownAlert,
} from './types';

/** How each topic's severity appears in PagerDuty. */
export type SeverityMap = Readonly<Record<TopicSeverity, PageSeverity>>;

const SEVERITIES: readonly string[] = ['critical', 'error', 'warning', 'info'] satisfies PageSeverity[];

/** The map from two settings, which are texts. */
export function severityMap(critical: string, warning: string): SeverityMap {
  const wrong = [critical, warning].filter((one) => !SEVERITIES.includes(one));
  if (wrong.length > 0) throw new Error(`no PagerDuty severity: ${wrong.join(', ')}; known are ${SEVERITIES.join(', ')}`);
  return { critical: critical as PageSeverity, warning: warning as PageSeverity };
}

/** What was learned about an alert before it is sent. */
export interface Findings {
  /** The running drill that explains the alarm. */
  readonly drill?: string;
  /** Why the alarm was looked at for a drill and pages for real. */
  readonly noDrillBecause?: string;
  /** Set when the trouble ended before the alert could be sent: PagerDuty gets a resolve, which does nothing without an incident. */
  readonly overBecause?: string;
}

const CLIENT = 'cdk-failover';

/** The incident or change that an alert is about. */
export function pageFor(received: Received, severities: SeverityMap, findings: Findings = {}): Page {
  const page = rawPage(received, severities, findings);
  if (findings.overBecause && page.body.event_action === 'trigger') return resolve(page.key);
  return { ...page, body: withinLimits(page.body) };
}

function rawPage(received: Received, severities: SeverityMap, findings: Findings): Page {
  const { alert } = received;
  const severity = severities[received.topic];
  switch (alert.kind) {
    case 'own':
      return ownPage(alert.event);
    case 'alarm':
      return alarmPage(alert, received, severity, findings);
    case 'rds':
      return rdsPage(alert, received, severity);
    case 'unknown':
      return unknownPage(alert, received, severity);
  }
}

function ownPage(event: OwnEvent): Page {
  const payload: PagePayload = {
    summary: event.summary,
    source: event.source,
    severity: event.severity,
    timestamp: msToIso(event.atMs),
    component: event.type,
    ...(event.pair ? { group: event.pair } : {}),
    class: 'failover event',
    custom_details: {
      type: event.type,
      pair: event.pair,
      incident_key: event.incidentKey,
      epoch: event.epoch,
      provenance: event.provenance,
      ...event.details,
    },
  };
  if (event.action === 'note') return change(event.incidentKey, payload);
  if (event.action === 'resolve') return resolve(event.incidentKey);
  if (event.action === 'acknowledge') return { ...resolve(event.incidentKey), body: incident('acknowledge', event.incidentKey) };
  return trigger(event.incidentKey, payload);
}

function alarmPage(alarm: AlarmAlert, received: Received, severity: PageSeverity, findings: Findings): Page {
  if (alarm.state === 'OK') return resolve(alarm.arn);
  const noData = alarm.state === 'INSUFFICIENT_DATA';
  const what = noData ? 'has no data, which is not good news' : 'is in ALARM';
  const drill = findings.drill;
  const payload: PagePayload = {
    summary: `${drill ? '[DRILL] ' : ''}${alarm.name} ${what} in ${alarm.region}: ${alarm.reason}`,
    source: alarm.arn,
    // Missing data is no proof of an outage, so it waits for the morning even on the critical topic.
    severity: drill ? 'info' : noData && severity === 'critical' ? 'warning' : severity,
    timestamp: msToIso(alarm.atMs),
    component: alarm.name,
    ...(alarm.pair ? { group: alarm.pair } : {}),
    class: 'CloudWatch alarm',
    custom_details: {
      ...(drill ? { drill } : {}),
      ...(findings.noDrillBecause ? { not_a_drill_because: findings.noDrillBecause } : {}),
      alarm: alarm.name,
      description: alarm.description ?? 'none',
      state: alarm.state,
      previous_state: alarm.previous ?? 'unknown',
      reason: alarm.reason,
      region: alarm.region,
      metric: alarm.trigger ?? 'unknown',
      ...topicFacts(received),
    },
  };
  const href = `https://${alarm.region}.console.aws.amazon.com/cloudwatch/home?region=${alarm.region}#alarmsV2:alarm/${encodeURIComponent(alarm.name)}`;
  const page = trigger(alarm.arn, payload);
  return { ...page, body: { ...page.body, links: [{ href, text: 'the alarm in CloudWatch' }] } };
}

function rdsPage(alert: RdsAlert, received: Received, severity: PageSeverity): Page {
  const meaning = rdsMeaning(alert);
  if (meaning.action === 'resolve') return resolve(meaning.key);
  const payload: PagePayload = {
    summary: `RDS ${alert.sourceId}: ${alert.text || alert.eventId}`,
    source: alert.sourceArn,
    severity,
    timestamp: msToIso(alert.atMs),
    component: alert.sourceId,
    class: 'RDS event',
    custom_details: { event: alert.eventId, categories: alert.categories, text: alert.text, ...topicFacts(received) },
  };
  return meaning.action === 'change' ? change(meaning.key, payload) : trigger(meaning.key, payload);
}

function unknownPage(alert: UnknownAlert, received: Received, severity: PageSeverity): Page {
  // The id of the message is the same on every delivery, so a retry joins the incident that it opened.
  return trigger(`cdk-failover/message/${received.messageId}`, {
    summary: alert.title,
    source: received.topicArn || CLIENT,
    severity,
    timestamp: msToIso(alert.atMs),
    class: 'unknown shape',
    custom_details: { why_unknown: alert.because, body: alert.body, ...topicFacts(received) },
  });
}

const topicFacts = (received: Received) => ({
  topic: received.topicArn || 'none',
  ...(received.topicGuess ? { severity_is_a_guess: received.topicGuess } : {}),
});

const incident = (action: 'trigger' | 'acknowledge' | 'resolve', key: string): PageBody => ({
  event_action: action,
  dedup_key: dedupKey(key),
});

const resolve = (key: string): Page => ({ endpoint: 'enqueue', key, body: incident('resolve', key) });

const trigger = (key: string, payload: PagePayload): Page => ({
  endpoint: 'enqueue',
  key,
  body: { ...incident('trigger', key), client: CLIENT, payload },
});

/** A change event has no severity and opens no incident. */
function change(key: string, { severity: _none, component: _c, group, class: kind, ...payload }: PagePayload): Page {
  const custom_details = { ...payload.custom_details, ...(group ? { group } : {}), class: kind };
  return { endpoint: 'change', key, body: { payload: { ...payload, custom_details } } };
}
