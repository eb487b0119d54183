import type { Provenance } from '../decide/provenance';

/** Our own events on the alert path. Failover and drill events share this one schema. */
export const EVENT_SCHEMA = 'cdk-failover.event/1';

export type EventSeverity = 'critical' | 'error' | 'warning' | 'info';

export interface FailoverEvent {
  readonly schema: typeof EVENT_SCHEMA;
  /** What happened, such as `drill-started`, `drill-overdue`, `heartbeat`. */
  readonly type: string;
  readonly pair: string;
  /** One incident per failover or drill, such as `shop/17` or `shop/drill/tue-1`; PagerDuty's `dedup_key`. */
  readonly incidentKey: string;
  /** Generation of the writer. 0 until a database is bound. Never a time. */
  readonly epoch: number;
  readonly atMs: number;
  /** Function or person that says so. */
  readonly source: string;
  readonly provenance: Provenance;
  readonly action: 'trigger' | 'acknowledge' | 'resolve' | 'note';
  readonly severity: EventSeverity;
  readonly summary: string;
  readonly details?: Readonly<Record<string, unknown>>;
}
