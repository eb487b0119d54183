import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { FailoverPair } from '../dns';
import type { BoundDatabase } from './database';

export interface ShownLag {
  readonly metrics: readonly cloudwatch.Metric[];
  readonly limitSec: number;
}

/** Lag in seconds, in the standby Region. A custom database publishes its own or none. */
export function shownLag(pair: FailoverPair, { kind, replicas }: BoundDatabase, limitMs: number): ShownLag {
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
  const metrics = kind === 'readReplicas' ? replicas.map(({ id }) => read('ReplicaLag', { DBInstanceIdentifier: id }, id)) : [];
  return { metrics, limitSec: limitMs / 1_000 };
}
