/** How urgent the topic is on which an alert came; the sender learns it from the topic's name. */
export type TopicSeverity = 'critical' | 'warning';

/** Severities that PagerDuty knows. */
export type PageSeverity = 'critical' | 'error' | 'warning' | 'info';

/** `schema` of our own events; `contracts/events` holds the same text and a test compares them. */
export const OWN_EVENT_SCHEMA = 'cdk-failover.event/1';

/** Type of the daily event that proves the path. */
export const HEARTBEAT = 'heartbeat';

/** One of our own events, as `contracts/events` defines it. */
export interface OwnEvent {
  readonly type: string;
  readonly pair: string;
  readonly incidentKey: string;
  readonly epoch: number;
  readonly atMs: number;
  readonly source: string;
  readonly provenance: string;
  readonly action: 'trigger' | 'acknowledge' | 'resolve' | 'note';
  readonly severity: PageSeverity;
  readonly summary: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export type AlarmState = 'ALARM' | 'OK' | 'INSUFFICIENT_DATA';

export interface AlarmAlert {
  readonly kind: 'alarm';
  /** The same in every foot, so it is the incident's key. */
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly state: AlarmState;
  readonly previous?: string;
  readonly reason: string;
  readonly description?: string;
  /** Pair named in the alarm's description; its drill may be the cause. */
  readonly pair?: string;
  readonly trigger?: unknown;
  readonly atMs: number;
}

export interface RdsAlert {
  readonly kind: 'rds';
  /** Such as `RDS-EVENT-0049`. */
  readonly eventId: string;
  readonly sourceId: string;
  readonly sourceArn: string;
  readonly categories: readonly string[];
  readonly text: string;
  readonly atMs: number;
}

/** Nothing we know. Somebody sent it to an alert topic, so somebody is told. */
export interface UnknownAlert {
  readonly kind: 'unknown';
  readonly because: string;
  readonly title: string;
  readonly body: unknown;
  readonly atMs: number;
}

export type Alert = AlarmAlert | RdsAlert | UnknownAlert | { readonly kind: 'own'; readonly event: OwnEvent };

/** A message as it came out of the queue. */
export interface Received {
  readonly messageId: string;
  readonly topic: TopicSeverity;
  /** Why the topic's severity is a guess; absent when its name says it. */
  readonly topicGuess?: string;
  readonly topicArn: string;
  readonly alert: Alert;
}

/** What PagerDuty is told, without the routing key. */
export interface Page {
  readonly endpoint: 'enqueue' | 'change';
  /** Incident that this is about; for a change event what it is about, not sent. */
  readonly key: string;
  readonly body: PageBody;
}

export interface PageBody {
  readonly event_action?: 'trigger' | 'acknowledge' | 'resolve';
  readonly dedup_key?: string;
  readonly client?: string;
  readonly payload?: PagePayload;
  readonly links?: readonly { readonly href: string; readonly text: string }[];
}

export interface PagePayload {
  readonly summary: string;
  readonly source: string;
  readonly severity?: PageSeverity;
  readonly timestamp: string;
  readonly component?: string;
  readonly group?: string;
  readonly class?: string;
  readonly custom_details: Readonly<Record<string, unknown>>;
}
