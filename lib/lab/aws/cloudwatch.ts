import type { Time } from '../../runtime/ports';
import { type AwsCall, AwsFault, type AwsReply, type AwsService, arnOf, type Claim, LAB_ACCOUNT } from './call';
import { type MetricPoint, metricData } from './metric-data';
import { json, jsonError } from './protocols';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** An alarm that the lab evaluates itself, once per period, as CloudWatch does with one-minute metrics. */
export interface LabAlarm {
  readonly name: string;
  readonly region: string;
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  /** Breaching periods in a row before the alarm fires. */
  readonly periods: number;
  /** Value of this period; undefined when there is no datapoint, which counts as breaching. */
  readonly sample: () => number | undefined;
  readonly breaches: (value: number) => boolean;
  /** State before the first evaluation; left out: OK, as of an alarm that has been there for a while. */
  readonly state?: AlarmState;
  /** Topic for ALARM and OK. */
  readonly topicArn?: string;
}

export interface PublishedMetric {
  readonly atMs: number;
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly value: number;
  readonly unit?: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export const ALARM_PERIOD_MS = 60_000;

/** CloudWatch: DescribeAlarms, PutMetricData, GetMetricData, and alarms that notify topics when their state changes. */
export class CloudWatch implements AwsService {
  public readonly name = 'monitoring';
  public readonly fail = jsonError;
  private readonly metrics: PublishedMetric[] = [];
  private readonly states = new Map<LabAlarm, { state: AlarmState; breaching: number }>();
  private readonly points: MetricPoint[] = [];
  private closed = false;

  public constructor(
    private readonly time: Time,
    private readonly alarms: readonly LabAlarm[],
    private readonly notify: (topicArn: string, subject: string, message: string) => void,
    private readonly changed: (alarm: LabAlarm, state: AlarmState) => void = () => undefined,
  ) {
    for (const alarm of alarms) this.states.set(alarm, { state: alarm.state ?? 'OK', breaching: 0 });
  }

  /** Starts evaluating; ends with `close`. */
  public async evaluateForever(): Promise<void> {
    while (!this.closed) {
      await this.time.sleep(ALARM_PERIOD_MS);
      if (!this.closed) for (const alarm of this.alarms) this.evaluate(alarm);
    }
  }

  public close(): void {
    this.closed = true;
  }

  public stateOf(name: string): AlarmState | undefined {
    return [...this.states].find(([alarm]) => alarm.name === name)?.[1].state;
  }

  public published(): readonly PublishedMetric[] {
    return this.metrics;
  }

  /** A datapoint that another service of AWS published. */
  public record(point: MetricPoint): void {
    this.points.push(point);
  }

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const operation = call.headers['x-amz-target']?.split('.')[1];
    const request = JSON.parse(call.body.toString()) as Record<string, unknown>;
    switch (operation) {
      case 'DescribeAlarms':
        claim('cloudwatch:DescribeAlarms', arnOf('cloudwatch', call.region, 'alarm:*'));
        return this.describe(call.region, request.AlarmNames as readonly string[] | undefined);
      case 'PutMetricData':
        claim('cloudwatch:PutMetricData', '*');
        return this.put(call.region, request);
      case 'GetMetricData':
        claim('cloudwatch:GetMetricData', '*');
        return metricData(call.region, this.points, request);
      default:
        claim(`cloudwatch:${operation}`, '*');
        throw new AwsFault('InvalidAction', `the lab does not play cloudwatch:${operation}`);
    }
  }

  private evaluate(alarm: LabAlarm): void {
    const entry = this.states.get(alarm);
    if (!entry) return;
    const value = alarm.sample();
    entry.breaching = value === undefined || alarm.breaches(value) ? entry.breaching + 1 : 0;
    const state: AlarmState = entry.breaching >= alarm.periods ? 'ALARM' : 'OK';
    if (state === entry.state) return;
    const before = entry.state;
    entry.state = state;
    this.changed(alarm, state);
    if (alarm.topicArn) {
      this.notify(alarm.topicArn, `${state}: "${alarm.name}" in ${alarm.region}`, this.notification(alarm, before, state, value));
    }
  }

  private notification(alarm: LabAlarm, before: AlarmState, state: AlarmState, value: number | undefined): string {
    return JSON.stringify({
      AlarmName: alarm.name,
      AlarmDescription: alarm.description,
      AWSAccountId: LAB_ACCOUNT,
      NewStateValue: state,
      NewStateReason: value === undefined ? 'no datapoint' : `Threshold Crossed: 1 datapoint [${value}]`,
      StateChangeTime: new Date(this.time.nowMs()).toISOString().replace('Z', '+0000'),
      Region: alarm.region,
      AlarmArn: arnOf('cloudwatch', alarm.region, `alarm:${alarm.name}`),
      OldStateValue: before,
      Trigger: {
        MetricName: alarm.metric,
        Namespace: alarm.namespace,
        Period: ALARM_PERIOD_MS / 1_000,
        EvaluationPeriods: alarm.periods,
      },
    });
  }

  private describe(region: string, names: readonly string[] | undefined): AwsReply {
    const asked = [...this.states].filter(([alarm]) => alarm.region === region && (names?.includes(alarm.name) ?? true));
    return json({
      MetricAlarms: asked.map(([alarm, entry]) => ({
        AlarmName: alarm.name,
        AlarmArn: arnOf('cloudwatch', region, `alarm:${alarm.name}`),
        StateValue: entry.state,
        Namespace: alarm.namespace,
        MetricName: alarm.metric,
      })),
      CompositeAlarms: [],
    });
  }

  private put(region: string, request: Record<string, unknown>): AwsReply {
    for (const datum of (request.MetricData ?? []) as readonly Record<string, unknown>[]) {
      const dimensions = (datum.Dimensions ?? []) as readonly { Name: string; Value: string }[];
      this.metrics.push({
        atMs: this.time.nowMs(),
        region,
        namespace: String(request.Namespace),
        name: String(datum.MetricName),
        value: Number(datum.Value),
        unit: datum.Unit === undefined ? undefined : String(datum.Unit),
        dimensions: Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])),
      });
    }
    return json({});
  }
}
