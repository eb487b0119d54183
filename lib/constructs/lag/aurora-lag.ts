import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as rds from 'aws-cdk-lib/aws-rds';
import { isKnown, type Problems, shown } from '../internal/problems';
import { type BoundLag, checkRegion, type LagContext } from './bound-lag';

/** Which metric of an Aurora Global Database says how far a secondary Region trails. Both in milliseconds. */
export enum GlobalLagMetric {
  /** `AuroraGlobalDBRPOLag`: what a failover now would lose. Aurora PostgreSQL; Aurora MySQL from 3.04 and 2.12. */
  RPO = 'AuroraGlobalDBRPOLag',
  /** `AuroraGlobalDBReplicationLag`: for older versions of Aurora MySQL. */
  REPLICATION = 'AuroraGlobalDBReplicationLag',
}

/** Options of `LagSource.auroraReplica`. */
export interface AuroraReplicaLagOptions {
  /**
   * Watch one reader, by its identifier.
   *
   * @default - the slowest of all readers of the cluster
   */
  readonly instanceIdentifier?: string;
}

/** Options of `LagSource.auroraGlobal`. */
export interface AuroraGlobalLagOptions {
  /**
   * Which metric is read.
   *
   * @default GlobalLagMetric.RPO; GlobalLagMetric.REPLICATION for a cluster that says it is an older Aurora MySQL
   */
  readonly metric?: GlobalLagMetric;
  /**
   * Region of the writer, where CloudWatch lists the metric by it (the group `SourceRegion`). After a switchover it is another
   * Region, and so are these alarms.
   *
   * @default - the metric of the cluster alone; if `missingAlarm` stays on after the first minutes, set this
   */
  readonly sourceRegion?: string;
}

/** Aurora counts lag in milliseconds. */
const MS = 0.001;
/** Aurora's lag is never negative: a replica that is too far behind restarts, and its metric goes missing. */
const NEVER_NEGATIVE = { factor: MS, negativeIsStopped: false } as const;
const ENGINES = ['aurora-mysql', 'aurora-postgresql'];

export function bindAuroraReplica(
  cluster: rds.IDatabaseCluster,
  { instanceIdentifier }: AuroraReplicaLagOptions,
  context: LagContext,
): BoundLag {
  checkRegion('the cluster', cluster.env.region, context);
  checkEngine(cluster, context.problems);
  const dimensionsMap: cloudwatch.DimensionsMap =
    instanceIdentifier === undefined
      ? { DBClusterIdentifier: cluster.clusterIdentifier, Role: 'READER' }
      : { DBInstanceIdentifier: instanceIdentifier };
  return { ...NEVER_NEGATIVE, metric: minutely('AuroraReplicaLag', dimensionsMap), pageSec: context.thresholdSec };
}

export function bindAuroraGlobal(
  cluster: rds.IDatabaseCluster,
  { metric, sourceRegion }: AuroraGlobalLagOptions,
  context: LagContext,
): BoundLag {
  checkRegion('the cluster', cluster.env.region, context);
  checkEngine(cluster, context.problems);
  const own = Stack.of(context.scope).region;
  context.problems.addIf(
    isKnown(sourceRegion) && sourceRegion === own,
    'WrongRegion',
    `sourceRegion is ${shown(sourceRegion)}, where these alarms are too; a Global Database shows its lag in secondary Regions only; make the alarms in the stack of a secondary cluster`,
  );
  const dimensionsMap: cloudwatch.DimensionsMap = {
    DBClusterIdentifier: cluster.clusterIdentifier,
    ...(sourceRegion === undefined ? {} : { SourceRegion: sourceRegion }),
  };
  return { ...NEVER_NEGATIVE, metric: minutely(metric ?? metricOf(cluster), dimensionsMap), pageSec: context.thresholdSec };
}

const minutely = (metricName: string, dimensionsMap: cloudwatch.DimensionsMap) =>
  new cloudwatch.Metric({
    namespace: 'AWS/RDS',
    metricName,
    dimensionsMap,
    statistic: cloudwatch.Stats.MAXIMUM,
    period: Duration.minutes(1),
  });

/** Imported clusters often do not tell; then the user knows. */
function checkEngine({ engine, node }: rds.IDatabaseCluster, problems: Problems): void {
  const type = engine?.engineType;
  problems.addIf(
    type !== undefined && !ENGINES.includes(type),
    'ReplicaEngine',
    `engine of ${node.path} is ${shown(type)}; this lag exists for ${ENGINES.join(', ')}; use LagSource.rdsReplica, or LagSource.metric with a metric of your own`,
  );
}

/** Aurora MySQL writes its version as `8.0.mysql_aurora.3.04.0`. */
function metricOf({ engine }: rds.IDatabaseCluster): GlobalLagMetric {
  const version = /aurora\.(\d+)\.(\d+)/.exec(engine?.engineVersion?.fullVersion ?? '');
  if (engine?.engineType !== 'aurora-mysql' || !version) return GlobalLagMetric.RPO;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const isOlder = major < 2 || (major === 2 && minor < 12) || (major === 3 && minor < 4);
  return isOlder ? GlobalLagMetric.REPLICATION : GlobalLagMetric.RPO;
}
