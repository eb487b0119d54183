import { AwsFault, type AwsReply } from './call';
import { json } from './protocols';

export interface MetricPoint {
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly atMs: number;
  readonly value: number;
}

interface Query {
  readonly Id: string;
  readonly MetricStat: {
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
    };
    readonly Period: number;
    readonly Stat: string;
  };
}

/** GetMetricData with Maximum: one value per period that has a datapoint. The end of the window is left out. */
export function metricData(region: string, points: readonly MetricPoint[], request: Record<string, unknown>): AwsReply {
  const [fromMs, toMs] = [Number(request.StartTime) * 1000, Number(request.EndTime) * 1000];
  if (!(fromMs < toMs)) throw new AwsFault('ValidationError', 'The parameter StartTime must be less than the parameter EndTime.');
  const results = (request.MetricDataQueries as readonly Query[]).map(({ Id, MetricStat: { Metric: metric, Period, Stat } }) => {
    if (Stat !== 'Maximum') throw new AwsFault('ValidationError', `the lab does not play the statistic ${Stat}`);
    const wanted = Object.fromEntries((metric.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]));
    const byPeriod = new Map<number, number>();
    for (const point of points) {
      if (point.region !== region || point.namespace !== metric.Namespace || point.name !== metric.MetricName) continue;
      // Dimensions must be the very same ones: CloudWatch never adds up over those that were left out.
      if (sorted(point.dimensions) !== sorted(wanted) || point.atMs < fromMs || point.atMs >= toMs) continue;
      const start = Math.floor(point.atMs / (Period * 1000)) * Period;
      byPeriod.set(start, Math.max(byPeriod.get(start) ?? Number.NEGATIVE_INFINITY, point.value));
    }
    const order = [...byPeriod.keys()].sort((a, b) => (request.ScanBy === 'TimestampAscending' ? a - b : b - a));
    return {
      Id,
      Label: metric.MetricName,
      StatusCode: 'Complete',
      Timestamps: order,
      Values: order.map((at) => byPeriod.get(at)),
    };
  });
  return json({ MetricDataResults: results, Messages: [] });
}

const sorted = (dimensions: Readonly<Record<string, string>>) => JSON.stringify(Object.entries(dimensions).sort());
