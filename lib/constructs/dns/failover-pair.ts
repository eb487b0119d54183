import type { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { LatchSettings } from '../../contracts/database';
import type { DrillSettings, PairRegistration, RegisteredAlarm, ServiceDatabase } from '../../contracts/registration';
import { type AlertPath, AlertSeverity } from '../alert';
import { BudgetEntry } from '../budget/budget-entry';
import { Problems, refuse } from '../internal/problems';
import type { FailoverRegions } from '../regions';
import { Beacons } from './beacons';
import type { BothUnhealthy } from './both-unhealthy';
import { DrillGate, type MetricFaultSettings } from './drill-gate';
import type { Latch } from './latch';
import { bindLatch } from './latch/bind-latch';
import { planLatch } from './latch/latch-rules';
import type { PairLatch } from './latch/pair-latch';
import { certificateMetric, healthMetric, makeHealthAlarm, makeReachAlarm, type PairAlarm, reachMetric } from './pair-alarms';
import { budgetFacts } from './pair-budget';
import { makeChecks, type PairChecks } from './pair-checks';
import { checkDrillable } from './pair-drill';
import { makeBeacon, makeRecords, type PairRecord } from './pair-records';
import { Registration, writeChecks } from './pair-registration';
import { type PairPlan, planPair } from './pair-rules';
import { warnAbout } from './pair-warnings';
import type { HealthProbe } from './probe';
import type { PairSide } from './side';
import type { Site } from './site';

/** One name, two sites. */
export interface FailoverPairProps {
  /** The stacks of the pair. Its scope must be `regions.routing`. */
  readonly regions: FailoverRegions;
  /** Site that serves in normal times. */
  readonly primary: Site;
  /** Site that takes over. Must render the same record types as the primary. */
  readonly standby: Site;
  /**
   * Name inside the zone, such as `app`. No wildcard.
   *
   * @default - the apex of the zone
   */
  readonly recordName?: string;
  /**
   * Name of the pair, part of the names of its alarms and parameters: 1 to 24 lower-case letters, digits and `-`. Frozen after
   * the first deployment.
   *
   * @default - the construct id in lower case
   */
  readonly pairName?: string;
  /**
   * How the primary is probed.
   *
   * @default HealthProbe.https()
   */
  readonly health?: HealthProbe;
  /**
   * How the standby is probed.
   *
   * @default - as the primary
   */
  readonly standbyHealth?: HealthProbe;
  /**
   * How long a resolver may keep an answer, in whole seconds. Over 60 s warns.
   *
   * Counts in full against the RTO. A load balancer at the apex has 60 s, whatever is written here.
   *
   * @default Duration.seconds(30)
   * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/best-practices-dns.html
   */
  readonly ttl?: Duration;
  /**
   * Whom the name answers when neither side is healthy.
   *
   * @default BothUnhealthy.PRIMARY; BothUnhealthy.STANDBY when `standbyHealth` is `HealthProbe.none()`
   * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
   */
  readonly bothUnhealthy?: BothUnhealthy;
  /**
   * Where the pair's alarms go.
   *
   * @default - alarms without actions, and a synth warning
   */
  readonly alerts?: AlertPath;
  /**
   * TXT records that show Route 53's verdict.
   *
   * @default Beacons.open()
   */
  readonly beacons?: Beacons;
  /**
   * Keeps a decision against the primary: users stay on the standby however healthy the primary looks.
   *
   * @default - none, and `Latch.alarm()` once a database that is promoted is bound to the pair
   */
  readonly latch?: Latch;
}

/**
 * One name, two sites: checks, records, beacons and alarms. It is impossible to build half a pair.
 *
 * Failing over calls no API: records and checks exist beforehand, and health decides. Resources keep their logical ids when
 * threshold, path, port, TTL or alarms change; the id of a check names what replaces it (see `HealthProbe`).
 *
 * Alarms, all in us-east-1 and for paging only:
 *
 * - `cdk-failover-<control set>-<pair>-primary-health` and `-standby-health`: `HealthCheckStatus` below 1, 1 of 1 minute,
 *   critical. Missing data is breaching, so at the first deployment, and after a check was replaced, such an alarm may fire
 *   until the check's first datapoint arrives, and then goes back to OK by itself.
 * - `cdk-failover-<control set>-<pair>-primary-reach`: `HealthCheckPercentageHealthy` below 75, 3 of 3 minutes, warning. Part of
 *   the world does not reach the primary. Missing data leaves it as it is.
 *
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover.html
 */
export class FailoverPair extends Construct {
  /** Name of the pair. */
  public readonly pairName: string;
  /** Full name that the pair answers, without the closing dot. */
  public readonly recordFqdn: string;
  /** The stacks of the pair. */
  public readonly regions: FailoverRegions;
  /** Where the pair's alarms go. */
  public readonly alerts?: AlertPath;
  /** Alarm on the primary's verdict. */
  public readonly primaryHealthAlarm: cloudwatch.Alarm;
  /** Alarm on the standby's verdict. Absent when the standby has no check. */
  public readonly standbyHealthAlarm?: cloudwatch.Alarm;
  /** Early warning: part of the world does not reach the primary. Absent unless `health` is an endpoint check. */
  public readonly primaryReachAlarm?: cloudwatch.Alarm;

  /**
   * What `RecoveryBudget` asks, and what parts of the pair add to.
   *
   * @internal
   */
  public readonly _budget: BudgetEntry;

  private readonly plan: PairPlan;
  private readonly checks: PairChecks;
  private readonly records: readonly PairRecord[];
  private readonly beacons: Beacons;
  /** False when the user said so. */
  private readonly mayLatch: boolean;
  private latch?: PairLatch;
  private gate?: DrillGate;
  /** Absent without beacons. */
  private readonly registration?: Registration;

  /**
   * @throws WrongStack, PairName, RecordName, Wildcard, ApexCname, SitesDoNotMatch, SameSite, SiteAddress, SiteName,
   * RegionalName, HostedZoneId, CrossRegionToken, TooManyPairs, BeaconsNeeded, LatchNeedsStandbyCheck, LatchGeneration and the
   * codes of `HealthProbe`; all that apply at once.
   */
  constructor(scope: Construct, id: string, props: FailoverPairProps) {
    super(scope, id);
    const { regions, alerts } = props;
    const problems = new Problems();
    this.pairName = props.pairName ?? id.toLowerCase();
    this.beacons = props.beacons ?? Beacons.open();
    const plan = planPair(this, this.pairName, props, problems);
    const generation = props.latch?._generation(problems);
    if (plan && generation !== undefined) planLatch(plan, this.beacons, problems);
    problems.throwAt(this);
    if (!plan) throw new Error('a pair without a plan has a problem');

    this.plan = plan;
    this.recordFqdn = plan.fqdn;
    this.regions = regions;
    this.alerts = alerts;
    this.checks = makeChecks(this, regions, plan);
    this.records = makeRecords(this, regions, plan, this.checks);
    writeChecks(this, regions, plan, this.checks);
    this.registration = this.makeBeacons();

    this.primaryHealthAlarm = this.watch(makeHealthAlarm(this, regions, plan, 'primary', this.primaryHealthCheckId));
    if (plan.primary.check?.kind === 'endpoint') {
      const reach = makeReachAlarm(this, regions, plan, this.primaryHealthCheckId);
      this.primaryReachAlarm = this.watch(reach, AlertSeverity.WARNING);
    }
    if (this.standbyHealthCheckId !== undefined) {
      this.standbyHealthAlarm = this.watch(makeHealthAlarm(this, regions, plan, 'standby', this.standbyHealthCheckId));
    }
    this._budget = new BudgetEntry(this, budgetFacts(plan, plan.fqdn === regions.zone.zoneName));
    warnAbout(this, props, plan, this.checks);
    this.mayLatch = props.latch === undefined || generation !== undefined;
    if (generation !== undefined) this.makeLatch(generation);
  }

  /** Id of the primary's health check. Only for use in `regions.routing`: its value must not cross a Region. */
  public get primaryHealthCheckId(): string {
    return this.checks.primary.healthCheckId;
  }

  /** Id of the standby's health check; absent when it has none. Only for use in `regions.routing`. */
  public get standbyHealthCheckId(): string | undefined {
    return this.checks.standby?.healthCheckId;
  }

  /** 1 while Route 53 calls the primary healthy, 0 while it does not. Once a minute, in us-east-1 only; for use in `regions.routing`. */
  public metricPrimaryHealth(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return healthMetric(this.primaryHealthCheckId, options);
  }

  /**
   * 1 while Route 53 calls the standby healthy, 0 while it does not. Once a minute, in us-east-1 only; for use in `regions.routing`.
   *
   * @throws StandbyNeedsCheck when the standby has no check.
   */
  public metricStandbyHealth(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const id = this.standbyHealthCheckId;
    if (id !== undefined) return healthMetric(id, options);
    return refuse(
      this,
      'StandbyNeedsCheck',
      'standbyHealth is HealthProbe.none(); without a check there is no metric; give it https, http or tcp',
    );
  }

  /** Percent of checkers that call the primary healthy. Once a minute, in us-east-1 only; for use in `regions.routing`. */
  public metricPrimaryPercentageHealthy(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return reachMetric(this.primaryHealthCheckId, options);
  }

  /**
   * Days until the certificate of a site expires. Health checks do not look at certificates.
   *
   * Published at least daily, in the standby Region, by the drill's preflight: it needs a `FailoverDrill` on the pair.
   */
  public metricCertificateDaysLeft(side: PairSide, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return certificateMetric(this.regions, this.pairName, side, options);
  }

  /**
   * What drill, keeper and command line will know about the pair; `undefined` without beacons.
   *
   * @internal
   */
  public get _registered(): PairRegistration | undefined {
    return this.registration?.document();
  }

  /**
   * Makes the pair drillable.
   *
   * @internal
   */
  public _useDrill(settings: DrillSettings): void {
    const registration = this.needRegistration('a drill');
    checkDrillable(this, this.plan, registration.document(), settings);
    registration.setDrill(settings);
  }

  /**
   * Tells the drill about an alarm that it must expect or respect.
   *
   * @internal
   */
  public _addAlarm(alarm: RegisteredAlarm): void {
    this.needRegistration('an alarm of a drill').addAlarm(alarm);
  }

  /**
   * Topics of the standby Region for the drill's own events.
   *
   * @internal
   */
  public _useTopics(topics: { readonly critical: string; readonly warning: string }): void {
    this.needRegistration('a drill').setTopics(topics);
  }

  /**
   * A database that its own service fails over; the keeper looks at its writer.
   *
   * @internal
   */
  public _useServiceDatabase(database: ServiceDatabase): void {
    this.needRegistration('a keeper').setServiceDatabase(database);
  }

  /**
   * The latch, for a database that is promoted; made here if the user has not said otherwise. Idempotent.
   *
   * @internal
   */
  public _useLatch(): LatchSettings {
    if (!this.mayLatch) {
      refuse(
        this,
        'LatchNeeded',
        'latch is Latch.none(), but a database that is promoted is bound to the pair; a rebooted primary would get its users back beside a new writer; leave latch out',
      );
    }
    if (this.gate && !this.latch) {
      refuse(
        this,
        'LatchAfterDrill',
        'a FailoverDrill with DrillFault.metric was made before the database that latches the pair, and both stand above the same health check; make the DatabaseFailover first, or give the pair latch: Latch.alarm()',
      );
    }
    return (this.latch ?? this.makeLatch(1)).settings;
  }

  /**
   * What a drill by metric holds the primary out with; made with the first call.
   *
   * @internal
   */
  public _holdOut(): MetricFaultSettings {
    const { regions, plan, checks, records, latch } = this;
    this.needRegistration('a drill');
    const beacon = this.beacons._name('allowed-primary', this.recordFqdn) ?? '';
    this.gate ??= new DrillGate(this, { regions, plan, checks, records, beacon, ...(latch ? { latch } : {}) });
    return this.gate.settings;
  }

  private makeLatch(generation: number): PairLatch {
    const { regions, plan, checks, records, beacons, registration } = this;
    this.latch = bindLatch(this, { regions, plan, checks, records, beacons, registration, generation });
    return this.latch;
  }

  private needRegistration(who: string): Registration {
    if (this.registration) return this.registration;
    return refuse(
      this,
      'BeaconsNeeded',
      `beacons is Beacons.none(); ${who} reads Route 53's verdict from them; use Beacons.open(), or Beacons.labelled with a random label`,
    );
  }

  private makeBeacons(): Registration | undefined {
    const { beacons } = this;
    const primary = beacons._name('primary', this.recordFqdn);
    const standby = beacons._name('standby', this.recordFqdn);
    if (primary === undefined || standby === undefined) return undefined;
    makeBeacon(this, this.regions, this.plan, { subject: 'primary', name: primary, check: this.checks.primary });
    const check = this.checks.standby;
    if (check) makeBeacon(this, this.regions, this.plan, { subject: 'standby', name: standby, check });
    return new Registration(this, this.regions, this.plan, { primary, ...(check ? { standby } : {}) });
  }

  private watch({ alarm, registered }: PairAlarm, severity: AlertSeverity = AlertSeverity.CRITICAL): cloudwatch.Alarm {
    this.registration?.addAlarm(registered);
    this.alerts?.addAlarm(alarm, { severity, pairName: this.pairName });
    return alarm;
  }
}
