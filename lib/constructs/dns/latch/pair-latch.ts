import { Tags } from 'aws-cdk-lib';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import type { LatchSettings } from '../../../contracts/database';
import {
  type Child,
  compile,
  type Formula,
  type LatchTerm,
  latchNames,
  PRIMARY_ALLOWED,
  STANDBY_ALLOWED,
} from '../../../decide/latch';
import { keepId } from '../../internal/stable-id';
import type { FailoverRegions } from '../../regions';
import type { PairChecks } from '../pair-checks';
import type { PairRecord } from '../pair-records';
import type { PairPlan } from '../pair-rules';
import { type LatchAlarms, makeLatchAlarms } from './latch-alarms';
import { makeBeaconGroup } from './latch-beacons';

/** Health checks of a latch: two that let through, one that holds out, one that holds in, and the two that records read. */
export const LATCH_CHECKS = 6;

export interface PairLatchProps {
  readonly regions: FailoverRegions;
  readonly plan: PairPlan;
  readonly checks: PairChecks;
  readonly records: readonly PairRecord[];
  readonly beacons: LatchSettings['beacons'];
  readonly generation: number;
}

/** Puts the latch of one pair between its health checks and its records. */
export class PairLatch {
  /** What prober, keeper and controller must know. */
  public readonly settings: LatchSettings;
  private readonly alarms: LatchAlarms;
  private readonly made = new Map<string, route53.IHealthCheck>();
  private readonly primaryAllowed: route53.HealthCheck;

  public constructor(
    private readonly scope: Construct,
    private readonly props: PairLatchProps,
  ) {
    const { regions, plan, checks, generation, beacons, records } = props;
    const { metric, holdMetric } = latchNames(regions.controlSetName, plan.name, generation);
    this.settings = { metric, holdMetric, generation, beacons };
    this.alarms = makeLatchAlarms(regions, plan.name, plan.fqdn, generation);

    const allowed = {
      primary: this.calculate('primary', PRIMARY_ALLOWED, checks.primary),
      standby: this.calculate('standby', STANDBY_ALLOWED, checks.standby),
    };
    this.primaryAllowed = allowed.primary;
    for (const { side, record, checked } of records) {
      if (checked) (record.node.defaultChild as route53.CfnRecordSet).healthCheckId = allowed[side].healthCheckId;
    }
    const notLatched = this.term({ term: 'not-latched', copy: 1 });
    makeBeaconGroup(scope, regions, plan.name, [
      { name: beacons.latch, check: notLatched },
      { name: beacons.primaryAllowed, check: allowed.primary },
      { name: beacons.standbyAllowed, check: allowed.standby },
    ]);
  }

  /** One more condition under which the primary may be answered; `make` makes each copy of its check. */
  public holdOut(term: string, make: (copy: number) => route53.IHealthCheck): void {
    const { regions, checks } = this.props;
    const { children, threshold } = compile({ ...PRIMARY_ALLOWED, and: [...PRIMARY_ALLOWED.and, term] });
    const ids = children.map((child) =>
      child.term === 'endpoint' ? checks.primary : child.term === term ? make(child.copy) : this.term(child),
    );
    const check = this.primaryAllowed.node.defaultChild as route53.CfnHealthCheck;
    check.addPropertyOverride(
      'HealthCheckConfig.ChildHealthChecks',
      ids.map(({ healthCheckId }) => healthCheckId),
    );
    check.addPropertyOverride('HealthCheckConfig.HealthThreshold', threshold);
    regions._pairs.countChecks(this.scope, children.filter((child) => child.term === term).length);
  }

  /** One level: calculated checks cannot watch each other. */
  private calculate(
    side: 'primary' | 'standby',
    formula: Formula,
    endpoint: route53.IHealthCheck | undefined,
  ): route53.HealthCheck {
    const { children, threshold } = compile(formula);
    if (!endpoint) throw new Error(`a latched pair has a check on its ${side}`);
    return this.make(`${side}-allowed`, `${side} allowed`, {
      type: route53.HealthCheckType.CALCULATED,
      childHealthChecks: children.map((child) => (child.term === 'endpoint' ? endpoint : this.term(child))),
      healthThreshold: threshold,
    });
  }

  /** A check on one of the alarms. While its metric is silent it keeps its last verdict: the latch outlives the standby Region. */
  private term({ term, copy }: Child): route53.IHealthCheck {
    const found = this.made.get(`${term}-${copy}`);
    if (found) return found;
    const kind = term as Exclude<LatchTerm, 'endpoint'>;
    const alarm = kind === 'hold' ? this.alarms.hold : this.alarms.latch;
    const names = latchNames(this.props.regions.controlSetName, this.props.plan.name, this.props.generation);
    const check = this.make(
      kind === 'not-latched' ? `${kind}-${copy}` : kind,
      kind === 'not-latched' ? `not latched ${copy}` : kind,
      {
        type: route53.HealthCheckType.CLOUDWATCH_METRIC,
        // By text: a reference would carry a value across Regions.
        alarmIdentifier: { name: kind === 'hold' ? names.holdAlarm : names.alarm, region: this.props.regions.standbyRegion },
        insufficientDataHealthStatus: route53.InsufficientDataHealthStatusEnum.LAST_KNOWN_STATUS,
        // A check is unhealthy while its alarm is on; what is true while the alarm is on is its inversion.
        inverted: kind !== 'not-latched',
      },
    );
    if (this.props.regions._oneStack) check.node.addDependency(alarm);
    this.made.set(`${term}-${copy}`, check);
    return check;
  }

  private make(id: string, name: string, props: route53.HealthCheckProps): route53.HealthCheck {
    const { regions, plan } = this.props;
    const check = new route53.HealthCheck(this.scope, `latch-check-${id}`, props);
    keepId(check, regions.controlSetName, plan.name, id, 'check');
    Tags.of(check).add('Name', `${plan.name} ${name}`);
    return check;
  }
}
