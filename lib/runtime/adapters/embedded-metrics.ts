import { METRIC_NAMESPACE } from '../../decide/names';
import type { PagerMetrics, Time } from '../ports';

/**
 * Metrics as log lines in CloudWatch's embedded format. Needs no right to publish and cannot slow a page down.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export class EmbeddedMetrics implements PagerMetrics {
  public constructor(
    private readonly dimensions: Readonly<Record<string, string>>,
    private readonly time: Pick<Time, 'nowMs'>,
    private readonly write: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
  ) {}

  public publish(values: Parameters<PagerMetrics['publish']>[0]): void {
    const directive = {
      Namespace: METRIC_NAMESPACE,
      Dimensions: [Object.keys(this.dimensions)],
      Metrics: Object.entries(values).map(([Name, { unit }]) => ({ Name, Unit: unit })),
    };
    const numbers = Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]));
    this.write(
      JSON.stringify({ _aws: { Timestamp: this.time.nowMs(), CloudWatchMetrics: [directive] }, ...this.dimensions, ...numbers }),
    );
  }
}
