import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { FailoverPair } from '../dns';
import type { BoundDatabase } from './database';

const RPO = 'AuroraGlobalDBRPOLag';

export interface ShownLag {
  readonly metrics: readonly cloudwatch.IMetric[];
  readonly limitSec: number;
}

/** Lag in seconds, in the standby Region. A custom database publishes its own or none. */
export function shownLag(pair: FailoverPair, { kind, source, replicas }: BoundDatabase, limitMs: number): ShownLag {
  const read = (metricName: string, dimensionsMap: cloudwatch.DimensionsMap, label: string) =>
    new cloudwatch.Metric({
      namespace: 'AWS/RDS',
      metricName,
      dimensionsMap,
      statistic: cloudwatch.Stats.MAXIMUM,
      period: Duration.minutes(1),
      region: pair.regions.standbyRegion,
      label,
    });
  const metrics = replicas.flatMap(({ id }): cloudwatch.IMetric[] => {
    if (kind === 'readReplicas') return [read('ReplicaLag', { DBInstanceIdentifier: id }, id)];
    if (kind !== 'auroraGlobal') return [];
    // Aurora publishes milliseconds, with and without the Region of the source among the dimensions.
    const cluster = { DBClusterIdentifier: id };
    const lags = { rpo: read(RPO, cluster, id), rpoBySource: read(RPO, { ...cluster, SourceRegion: source.region }, id) };
    return Object.entries(lags).map(
      ([name, metric]) =>
        new cloudwatch.MathExpression({
          expression: `${name}/1000`,
          usingMetrics: { [name]: metric },
          label: name === 'rpo' ? id : `${id}, from ${source.region}`,
          period: Duration.minutes(1),
        }),
    );
  });
  return { metrics, limitSec: limitMs / 1_000 };
}
