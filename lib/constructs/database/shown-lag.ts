import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { FailoverPair } from '../dns';
import type { BoundDatabase } from './database';

const RPO = 'AuroraGlobalDBRPOLag';

export interface ShownLag {
  readonly metrics: readonly cloudwatch.IMetric[];
  readonly limitSec: number;
}

/** Lag in seconds, in the standby Region: what RDS publishes, or the metrics that a custom database came with. */
export function shownLag(pair: FailoverPair, { kind, source, replicas, lags = [] }: BoundDatabase, limitMs: number): ShownLag {
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
    return [
      inSeconds('rpo', read(RPO, cluster, id), 0.001, id),
      inSeconds('rpoBySource', read(RPO, { ...cluster, SourceRegion: source.region }, id), 0.001, `${id}, from ${source.region}`),
    ];
  });
  const own = lags.map(({ metric, factor }, n) => inSeconds(`lag${n}`, metric, factor, metric.label));
  return { metrics: [...metrics, ...own], limitSec: limitMs / 1_000 };
}

/** @param factor multiplies the metric's unit to seconds */
function inSeconds(name: string, metric: cloudwatch.Metric, factor: number, label?: string): cloudwatch.IMetric {
  if (factor === 1) return metric;
  return new cloudwatch.MathExpression({
    expression: `${name} * ${factor}`,
    usingMetrics: { [name]: metric },
    ...(label === undefined ? {} : { label }),
    period: Duration.minutes(1),
  });
}
