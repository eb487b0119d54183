/**
 * Names that several stacks, Regions and handlers must agree on.
 *
 * No token crosses a Region, so everything that another Region needs is a string that can be computed from the
 * namespace and the pair. These names are frozen: a change renames deployed resources.
 */

/** Route 53's control plane, health checks and their metrics live in this Region only. */
export const ROUTING_REGION = 'us-east-1';

/** CloudWatch namespace of every metric that the library publishes. */
export const METRIC_NAMESPACE = 'CdkFailover';

/** Partition key of the journal table, and the attribute after whose time (Unix seconds) DynamoDB drops a claim. */
export const JOURNAL_KEY = 'pk';
export const JOURNAL_EXPIRES = 'expiresAt';

/** Path on which the primary must answer 4xx or 5xx; a drill points the primary's health check at it. */
export const MARKER_PATH_PREFIX = '/.well-known/failover-drill/';

/** Names of what exists once per control set, in the standby Region unless said otherwise. */
export interface ControlNames {
  readonly journalTable: string;
  readonly drillFunction: string;
  readonly drillStepFunction: string;
  readonly restoreFunction: string;
  readonly keeperFunction: string;
  readonly drillMachine: string;
  readonly scheduleGroup: string;
  readonly registryPath: string;
  /** IAM is global, so role names carry the Region. */
  readonly drillRole: string;
  readonly drillStepRole: string;
  readonly restoreRole: string;
  readonly keeperRole: string;
  readonly machineRole: string;
  /** Taken by EventBridge Scheduler to invoke drill and keeper. */
  readonly starterRole: string;
  /** Taken by the one-shot schedules to invoke the restore function, and nothing else. */
  readonly scheduleRole: string;
  /** Managed policies that live in the routing stack and are attached to the roles by name. */
  readonly drillChecksPolicy: string;
  readonly restoreChecksPolicy: string;
  /** Made with the first database of the control set. */
  readonly proberFunction: string;
  readonly databaseStepFunction: string;
  readonly databaseMachine: string;
  readonly proberRole: string;
  readonly databaseStepRole: string;
  readonly databaseMachineRole: string;
  /** Taken by EventBridge Scheduler to invoke the prober. */
  readonly proberStarterRole: string;
}

/** The one function that runs all the time; its bill is known by its name. */
export const PROBER_SUFFIX = '-prober';

/** End of the name of every renewer: it runs all the time too. */
export const RENEWER_SUFFIX = '-lease';

export function controlNames(namespace: string, standbyRegion: string): ControlNames {
  const base = `cdk-failover-${namespace}`;
  return {
    journalTable: `${base}-journal`,
    drillFunction: `${base}-drill`,
    drillStepFunction: `${base}-drill-step`,
    restoreFunction: `${base}-restore`,
    keeperFunction: `${base}-keeper`,
    drillMachine: `${base}-drill`,
    scheduleGroup: base,
    registryPath: `/cdk-failover/${namespace}/`,
    drillRole: `${base}-drill-${standbyRegion}`,
    drillStepRole: `${base}-drill-step-${standbyRegion}`,
    restoreRole: `${base}-restore-${standbyRegion}`,
    keeperRole: `${base}-keeper-${standbyRegion}`,
    machineRole: `${base}-machine-${standbyRegion}`,
    starterRole: `${base}-starter-${standbyRegion}`,
    scheduleRole: `${base}-schedule-${standbyRegion}`,
    drillChecksPolicy: `${base}-drill-checks`,
    restoreChecksPolicy: `${base}-restore-checks`,
    proberFunction: `${base}${PROBER_SUFFIX}`,
    databaseStepFunction: `${base}-database-step`,
    databaseMachine: `${base}-database`,
    proberRole: `${base}-prober-${standbyRegion}`,
    databaseStepRole: `${base}-database-step-${standbyRegion}`,
    databaseMachineRole: `${base}-database-${standbyRegion}`,
    proberStarterRole: `${base}-probing-${standbyRegion}`,
  };
}

/** Name of the control set, from the path under which its pairs are registered. */
export const namespaceOf = (registryPath: string) => registryPath.split('/')[2] ?? '';

/** SSM parameter in the standby Region: what a pair is, written by its stack, read by drill, restore and keeper. */
export const registrationParameter = (namespace: string, pair: string) => `/cdk-failover/${namespace}/${pair}/registration`;

/** SSM parameter in the standby Region: the database of a pair, read by prober and step function. */
export const databaseParameter = (namespace: string, pair: string) => `/cdk-failover/${namespace}/${pair}/database`;

/** Frozen: health checks read it by name. */
export const drillFaultAlarm = (namespace: string, pair: string) => `cdk-failover-${namespace}-${pair}-drill-fault`;

/** SSM parameter in us-east-1: the ids of the pair's health checks, which are born there and leave it no other way. */
export const checksParameter = (namespace: string, pair: string) => `/cdk-failover/${namespace}/${pair}/checks`;

/** What a beacon shows: the check of a side, the latch, or whether a side may be answered. */
export type BeaconSubject = 'primary' | 'standby' | 'latch' | 'allowed-primary' | 'allowed-standby';

/** Name of a TXT record that shows a verdict of Route 53; `label` hides it from guessing. */
export const beaconName = (subject: BeaconSubject, fqdn: string, label?: string) =>
  label ? `_${subject}-${label}._failover.${fqdn}` : `_${subject}._failover.${fqdn}`;

export const BEACON_HEALTHY = 'healthy';
export const BEACON_UNHEALTHY = 'unhealthy';

/** The path that a drill puts into the health check of the primary. */
export const markerPath = (drillId: string) => `${MARKER_PATH_PREFIX}${drillId}`;

/** Name of the one-shot schedule that restores a drill whose runner died. EventBridge Scheduler allows 64 characters. */
export const restoreScheduleName = (drillId: string) => `restore-${drillId}`;
