import { CloudWatchClient, DescribeAlarmsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { METRIC_NAMESPACE } from '../../decide/names';
import type { Alarms, Metrics, Unknown } from '../ports';
import { clientSettings, unknownBecause } from './clients';

/** DescribeAlarms takes at most this many names. */
const NAMES_PER_CALL = 100;

type States = Awaited<ReturnType<Alarms['states']>>;

/** Alarm states of any Region. An alarm that does not exist is missing from the answer. */
export class CloudWatchAlarms implements Alarms {
  private readonly clients = new Map<string, CloudWatchClient>();

  public constructor(private readonly settings: Parameters<typeof clientSettings>[0] = {}) {}

  public async states(region: string, names: readonly string[]): Promise<States> {
    const found: Record<string, 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'> = {};
    try {
      for (let from = 0; from < names.length; from += NAMES_PER_CALL) {
        const page = names.slice(from, from + NAMES_PER_CALL);
        const answer = await this.client(region).send(
          new DescribeAlarmsCommand({
            AlarmNames: page,
            AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
            MaxRecords: NAMES_PER_CALL,
          }),
        );
        for (const alarm of [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? [])]) {
          if (alarm.AlarmName && alarm.StateValue) found[alarm.AlarmName] = alarm.StateValue;
        }
      }
    } catch (error) {
      return unknownBecause(error) satisfies Unknown;
    }
    return found;
  }

  private client(region: string): CloudWatchClient {
    const client = this.clients.get(region) ?? new CloudWatchClient(clientSettings({ ...this.settings, region }));
    this.clients.set(region, client);
    return client;
  }
}

export class CloudWatchMetrics implements Metrics {
  private readonly client = new CloudWatchClient(clientSettings());

  public async publish(metrics: Parameters<Metrics['publish']>[0]): Promise<void> {
    if (metrics.length === 0) return;
    await this.client.send(
      new PutMetricDataCommand({
        Namespace: METRIC_NAMESPACE,
        MetricData: metrics.map((metric) => ({
          MetricName: metric.name,
          Value: metric.value,
          Unit: metric.unit,
          Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
        })),
      }),
    );
  }
}
