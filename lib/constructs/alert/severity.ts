/** How urgent an alert is. Each has a topic of its own. */
export enum AlertSeverity {
  /** Wakes somebody. */
  CRITICAL = 'critical',
  /** Can wait for the morning. */
  WARNING = 'warning',
}
