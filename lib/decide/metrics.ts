/**
 * Metrics of a drill and of its age, in the standby Region. Runtime publishes them, constructs alarm on them.
 * Names are frozen: alarms and dashboards of users rest on them.
 */
export const METRIC = {
  /** Seconds; published with each TRAFFIC drill that got so far. */
  detection: 'DrillDetectionSeconds',
  trafficSwitch: 'DrillSwitchSeconds',
  rto: 'DrillRtoSeconds',
  /** Targets that a TRAFFIC drill missed or never measured: 0 to 3. */
  targetsMissed: 'DrillTargetsMissed',
  /** 1 when a TRAFFIC drill did not pass for any reason, 0 when it passed. A refused one counts as not passed. */
  failed: 'DrillFailed',
  /** 1 while something that a drill broke is not put back after its deadline, 0 when all is well; by the keeper, each minute. */
  notRestored: 'DrillNotRestored',
  /** Days since the last passed TRAFFIC drill, or since the pair was registered; by the keeper, each hour. */
  daysSinceSuccess: 'DaysSinceSuccessfulDrill',
  /** 1 while a drill by metric holds the primary out, then 0 once; nothing at other times. */
  fault: 'DrillFault',
  /** Days until the certificate of a site expires; by every preflight, so at least daily. Carries `Site` too. */
  certificateDaysLeft: 'CertificateDaysLeft',
} as const;

/**
 * Metrics of a database, in the standby Region, with the dimensions of its pair. Published by the prober at least once a
 * minute for each database it watches: no datapoint means that nobody looks.
 */
export const DATABASE_METRIC = {
  /** Ticks in which the prober looked at this database; a gap says that nobody watches. */
  ticks: 'DatabaseProberTicks',
  /** 1 while a run is past the point of no return and cannot go on. */
  stuck: 'DatabaseStuck',
  /** 1 while nothing could take over: no replica replicates from today's writer, or the standby writes alone. */
  unprotected: 'DatabaseUnprotected',
  /** 1 while another writer is claimed and no person has cleared it. */
  splitBrain: 'DatabaseSplitBrain',
  /** 1 while the primary writes and its lease is not renewed, or cannot be read; only where a lease is used. */
  leaseLost: 'DatabaseLeaseLost',
  /** Generation of the writer; grows by one with each run. */
  epoch: 'DatabaseEpoch',
  /** 0 while the primary Region's database writes, 1 while the standby's does. */
  standbyWrites: 'DatabaseStandbyWrites',
} as const;

/** By the renewer of a lease, in its own Region, with the dimensions of the pair and `Database`. */
export const LEASE_METRIC = {
  /** Renewals of the lease: 12 a minute while all is well. */
  renewals: 'DatabaseLeaseRenewals',
} as const;

/** Figures of a database run, published once with each run that ended well. */
export const DATABASE_RUN_METRIC = {
  /** Seconds from the begin of the run to its verified end. */
  runSeconds: 'DatabaseRunSeconds',
  /** Writes that the run was judged to lose, in seconds. */
  lossSeconds: 'DatabaseLossSeconds',
} as const;

/** Pair names are unique in their control set only. */
export const pairDimensions = (namespace: string, pair: string) => ({ ControlSet: namespace, Pair: pair });

export const siteDimensions = (namespace: string, pair: string, site: 'primary' | 'standby') => ({
  ...pairDimensions(namespace, pair),
  Site: site,
});
