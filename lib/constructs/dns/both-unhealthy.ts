/** Whom the name answers when neither side is healthy. */
export enum BothUnhealthy {
  /** Route 53's own rule: a check on both records, and the primary is answered. */
  PRIMARY = 'PRIMARY',
  /** No check on the standby's record: the standby is answered. Its check still feeds beacon and alarms. */
  STANDBY = 'STANDBY',
}
