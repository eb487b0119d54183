import { Duration, RemovalPolicy, Tags } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import type { DrillSettings } from '../../contracts/registration';
import { compile, type Formula } from '../../decide/latch';
import { METRIC, pairDimensions } from '../../decide/metrics';
import { drillFaultAlarm, METRIC_NAMESPACE } from '../../decide/names';
import { acknowledge } from '../internal/acknowledge';
import { Problems } from '../internal/problems';
import { keepId } from '../internal/stable-id';
import type { FailoverRegions } from '../regions';
import { makeBeaconGroup } from './latch/latch-beacons';
import type { PairLatch } from './latch/pair-latch';
import type { PairChecks } from './pair-checks';
import type { PairRecord } from './pair-records';
import type { PairPlan } from './pair-rules';

export type MetricFaultSettings = Omit<Extract<DrillSettings['fault'], { kind: 'metric' }>, 'kind'>;

export interface DrillGateProps {
  readonly regions: FailoverRegions;
  readonly plan: PairPlan;
  readonly checks: PairChecks;
  readonly records: readonly PairRecord[];
  /** Name of the beacon that shows what the gate lets through. */
  readonly beacon: string;
  readonly latch?: PairLatch;
}

const NOT_DRILLED = 'not-drilled';

/**
 * Holds the primary of one pair out while a drill says so: an AND beside its health, so that a drill can only ever take users
 * away from a primary, never send them to one.
 */
export class DrillGate {
  public readonly settings: MetricFaultSettings;
  private readonly alarm: cloudwatch.Alarm;

  public constructor(
    private readonly scope: Construct,
    private readonly props: DrillGateProps,
  ) {
    const { regions, plan, beacon, latch } = props;
    const problems = new Problems();
    problems.addIf(
      plan.primary.check?.kind === 'existing',
      'DrillOverExisting',
      'health is HealthProbe.existing, and DrillFault.metric puts a calculated check above it; whether that one is calculated itself is not known here, and Route 53 knows one level only; ' +
        'use DrillFault.functions, or give the pair a check of its own',
    );
    problems.addIf(
      beacon.length > 253,
      'RecordName',
      `recordName is "${plan.fqdn}" and its beacon ${beacon} has ${beacon.length} characters; a DNS name has at most 253; give a shorter name`,
    );
    problems.throwAt(scope);
    const alarm = drillFaultAlarm(regions.controlSetName, plan.name);
    this.settings = { beacon, alarm, region: regions.standbyRegion };
    this.alarm = this.makeAlarm(alarm);
    if (latch) latch.holdOut(NOT_DRILLED, (copy) => this.notDrilled(copy));
    else this.holdOut();
  }

  /** One level: the primary's own check, or the children of a calculated one, and as many copies as their threshold asks for. */
  private holdOut(): void {
    const { regions, plan, checks, records, beacon } = this.props;
    const { parts, least } = checks.primaryParts;
    const terms = parts.map((_, n) => `part-${n + 1}`);
    const formula: Formula = { and: [NOT_DRILLED], or: terms, least };
    const { children, threshold } = compile(formula);
    const allowed = this.check('primary-allowed', 'primary allowed', {
      type: route53.HealthCheckType.CALCULATED,
      childHealthChecks: children.map(({ term, copy }) => parts[terms.indexOf(term)] ?? this.notDrilled(copy)),
      healthThreshold: threshold,
    });
    for (const { side, record } of records) {
      if (side === 'primary') (record.node.defaultChild as route53.CfnRecordSet).healthCheckId = allowed.healthCheckId;
    }
    makeBeaconGroup(this.scope, regions, plan.name, [{ name: beacon, check: allowed }], 'drill-beacons');
    regions._pairs.countChecks(this.scope, children.length - parts.length + 1);
  }

  private notDrilled(copy: number): route53.HealthCheck {
    const { regions } = this.props;
    const check = this.check(`${NOT_DRILLED}-${copy}`, `not drilled ${copy}`, {
      type: route53.HealthCheckType.CLOUDWATCH_METRIC,
      // By text: a reference would carry a value across Regions.
      alarmIdentifier: { name: this.settings.alarm, region: regions.standbyRegion },
      // Nobody publishes in peace, and a drill that died falls silent.
      insufficientDataHealthStatus: route53.InsufficientDataHealthStatusEnum.HEALTHY,
    });
    if (regions._oneStack) check.node.addDependency(this.alarm);
    return check;
  }

  private check(id: string, name: string, props: route53.HealthCheckProps): route53.HealthCheck {
    const { regions, plan } = this.props;
    const check = new route53.HealthCheck(this.scope, `drill-check-${id}`, props);
    keepId(check, regions.controlSetName, plan.name, 'drill', id, 'check');
    Tags.of(check).add('Name', `${plan.name} ${name}`);
    return check;
  }

  /** Route 53 keeps a copy of these settings from the day a check was attached: another alarm needs another name. */
  private makeAlarm(alarmName: string): cloudwatch.Alarm {
    const { regions, plan } = this.props;
    const alarm = new cloudwatch.Alarm(regions.standby, `FailoverDrillFault-${alarmName}`, {
      alarmName,
      alarmDescription: `In alarm: a drill holds the primary of ${plan.fqdn} out. Read by health checks.`,
      metric: new cloudwatch.Metric({
        namespace: METRIC_NAMESPACE,
        metricName: METRIC.fault,
        dimensionsMap: pairDimensions(regions.controlSetName, plan.name),
        statistic: cloudwatch.Stats.MAXIMUM,
        period: Duration.minutes(1),
      }),
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    keepId(alarm, regions.controlSetName, plan.name, 'drill-fault');
    alarm.applyRemovalPolicy(RemovalPolicy.RETAIN);
    acknowledge(alarm, {
      'NIST.800.53.R5-CloudWatchAlarmAction': 'Health checks read this alarm; the drill that sets it tells people by itself.',
    });
    return alarm;
  }
}
