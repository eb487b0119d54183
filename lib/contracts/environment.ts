/** Environment variables of the Lambda functions: constructs write them, handlers read them. */
export const ENV = {
  /** DynamoDB table of the journal. */
  journalTable: 'JOURNAL_TABLE',
  /** Region of the journal; only the pager needs it, because it also runs outside the standby Region. */
  journalRegion: 'JOURNAL_REGION',
  /** SSM path under which pairs register, with a slash at both ends. */
  registryPath: 'REGISTRY_PATH',
  /** Region of health checks and the checks parameter. */
  routingRegion: 'ROUTING_REGION',
  /** State machine that the function starts: the drill's for the drill function, the database's for the prober. */
  machineArn: 'MACHINE_ARN',
  /** EventBridge Scheduler group of the one-shot restore schedules. */
  scheduleGroup: 'SCHEDULE_GROUP',
  /** Role that Scheduler takes to invoke the restore function. */
  scheduleRoleArn: 'SCHEDULE_ROLE_ARN',
  restoreFunctionArn: 'RESTORE_FUNCTION_ARN',
  /** Bucket for reports. */
  reportBucket: 'REPORT_BUCKET',
  /** Name of the secret with the PagerDuty routing key; the same name in every Region. */
  routingKeySecret: 'ROUTING_KEY_SECRET',
  /** Base URL of the Events API, such as `https://events.pagerduty.com`. */
  pagerDutyUrl: 'PAGERDUTY_URL',
  queueUrl: 'QUEUE_URL',
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
  /** PagerDuty severity of what comes by the critical topic, and of what comes by the warning topic. */
  criticalSeverity: 'CRITICAL_SEVERITY',
  warningSeverity: 'WARNING_SEVERITY',
  /** Alert path and stack, as the dimensions of the sender's metrics. */
  alertPath: 'ALERT_PATH',
  alertStack: 'ALERT_STACK',
  /** Secret with `username`, `password` and, for PostgreSQL, `dbname` of the heartbeat reader. */
  databaseSecret: 'DATABASE_SECRET',
  /** Whose lease the renewer renews: control set and pair. */
  controlSet: 'CONTROL_SET',
  pair: 'PAIR',
  /** Table of leases, and the Region of its replica that is asked. */
  leaseTable: 'LEASE_TABLE',
  leaseRegion: 'LEASE_REGION',
  /** The database that the renewer stands beside, as the JSON of a `DatabaseMember`. */
  leasedDatabase: 'LEASED_DATABASE',
  /** Optional: PEM of a certificate authority that the databases' certificates come from, besides those of RDS. */
  databaseAuthority: 'DATABASE_AUTHORITY',
} as const;
