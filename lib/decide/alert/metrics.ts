/** Metrics of the sender, in the Region of its foot. Names are frozen: alarms and dashboards rest on them. */
export const PAGER_METRIC = {
  /** Events that PagerDuty took. */
  delivered: 'AlertsDelivered',
  /** Messages that ended in the dead-letter queue because PagerDuty refused them or never answered. */
  deadLettered: 'AlertsDeadLettered',
  /** Heartbeats that PagerDuty took: one a day. */
  heartbeat: 'HeartbeatDelivered',
  /** Seconds that a message has been waiting, each time that it must be tried again. */
  delay: 'AlertDelaySeconds',
} as const;

/** Feet have the dimensions of their alert path; two stacks in one Region are told apart by their name. */
export const pagerDimensions = (alertPath: string, stackName: string) => ({ AlertPath: alertPath, Stack: stackName });
