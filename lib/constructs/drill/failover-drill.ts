import { Duration, type TimeZone } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { DrillSettings } from '../../contracts/registration';
import { type AlertPath, AlertSeverity } from '../alert';
import type { ControlSet } from '../control';
import type { FailoverPair } from '../dns';
import { Problems } from '../internal/problems';
import { FailoverRegions } from '../regions';
import { drillAlarms, drillMetric } from './drill-alarms';
import { DrillFault } from './drill-fault';
import { checkDrill, targetsOf } from './drill-rules';

/** How far a drill goes. */
export enum DrillLevel {
  /** Looks only: every precondition of a drill, and the days left on certificates. Always runs daily. */
  OBSERVE = 'OBSERVE',
  /** The primary keeps serving, and users really move to the standby and back. */
  TRAFFIC = 'TRAFFIC',
}

/** What a drill plays. */
export enum DrillScenario {
  /** The primary stops answering its health check. */
  PRIMARY_CRASH = 'primary_crash',
}

/** Longest times that a drill may measure. */
export interface DrillTargets {
  /**
   * Fault to Route 53's verdict.
   *
   * @default Duration.seconds(30)
   */
  readonly detection?: Duration;
  /**
   * Verdict to the name answering the standby on every authoritative server.
   *
   * @default Duration.seconds(60)
   */
  readonly trafficSwitch?: Duration;
  /**
   * Fault to the last client being served by the standby.
   *
   * @default Duration.seconds(120)
   */
  readonly rto?: Duration;
}

/** Hours in which a TRAFFIC drill may start. May pass midnight: 22 to 4. */
export interface DrillWindow {
  /** First hour, 0 to 23. */
  readonly fromHour: number;
  /** Hour before which it must start, 1 to 24. */
  readonly toHour: number;
  /**
   * Time zone of both hours.
   *
   * @default TimeZone.ETC_UTC
   */
  readonly timeZone?: TimeZone;
}

/** What is drilled, how far and when. */
export interface FailoverDrillProps {
  /** The pair. Needs beacons and, for `DrillFault.healthCheckPath`, a health check of its own on the primary. */
  readonly pair: FailoverPair;
  /**
   * What the drill plays; a schedule plays all of them.
   *
   * @default [DrillScenario.PRIMARY_CRASH]
   */
  readonly scenarios?: DrillScenario[];
  /**
   * Level of the scheduled drill.
   *
   * @default DrillLevel.TRAFFIC
   */
  readonly level?: DrillLevel;
  /**
   * When the drill runs by itself, in any time zone. A local time that does not exist in spring is skipped.
   *
   * @default - only by hand; OBSERVE runs daily all the same
   * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
   */
  readonly schedule?: scheduler.ScheduleExpression;
  /**
   * How the primary is broken.
   *
   * @default DrillFault.healthCheckPath()
   */
  readonly fault?: DrillFault;
  /**
   * What a passed drill must reach.
   *
   * @default - 30 s, 60 s, 120 s
   */
  readonly targets?: DrillTargets;
  /**
   * Hours in which a TRAFFIC drill may start.
   *
   * @default - any hour
   */
  readonly window?: DrillWindow;
  /**
   * Alarms of the standby Region that refuse a drill and abort a running one.
   *
   * @default - only those of the pair
   */
  readonly abortAlarms?: cloudwatch.IAlarm[];
  /**
   * Longest time without a passed TRAFFIC drill before somebody is told, in whole days, 1 to 365.
   *
   * @default Duration.days(30)
   */
  readonly maxAge?: Duration;
  /**
   * Authoritative servers, as `host` or `host:port`.
   *
   * @default - the zone's NS records
   */
  readonly nameServers?: string[];
  /**
   * PEM of a certificate authority that the drill's own probes trust besides the public ones.
   *
   * @default - public ones only
   */
  readonly certificateAuthority?: string;
}

/**
 * A rehearsal of one pair: breaks the primary's health, measures detection, switch and RTO, and always puts things back.
 *
 * By schedule, or by hand:
 * `aws lambda invoke --function-name cdk-failover-<control set>-drill --payload '{"pair":"<pair>"}' out.json`.
 *
 * Alarms, all in the standby Region, named `cdk-failover-<control set>-<pair>-<what>`:
 *
 * - `drill-targets`, `drill-failed`: the last TRAFFIC drill missed a target, or did not pass; until the next one passes. Warning.
 * - `drill-not-restored`: what a drill broke is not put back after its deadline. Critical.
 * - `drill-overdue`: no passed drill in `maxAge`, or nobody counts the days. Warning. Fires at the first deployment until the
 *   keeper's first run, about a minute.
 * - `primary-certificate`, `standby-certificate`: less than 21 days left, for sites probed by https. Warning.
 */
export class FailoverDrill extends Construct {
  /** What a schedule or a person invokes, shared by the drills of one `FailoverRegions`. */
  public readonly drillFunction: lambda.IFunction;
  /** The alarms of this drill. */
  public readonly alarms: cloudwatch.Alarm[];
  /** The pair that is drilled. */
  public readonly pair: FailoverPair;

  /**
   * @throws WrongStack, NoScenario, SameScenarioTwice, LevelWithoutSchedule, ScheduleExpression, DrillTarget, DrillWindow,
   * DrillMaxAge, NameServers, CertificateAuthority, FunctionElsewhere or AlarmElsewhere; all that apply at once. Then
   * BeaconsNeeded, DrillNeedsAddresses, SecondDrill or RegistrationTooLong, by the pair.
   */
  constructor(scope: Construct, id: string, props: FailoverDrillProps) {
    super(scope, id);
    const { pair } = props;
    const problems = new Problems();
    checkDrill(this, props, problems);
    problems.throwAt(this);

    this.pair = pair;
    pair._useDrill(settingsOf(props));
    for (const alarm of props.abortAlarms ?? []) {
      pair._addAlarm({ name: alarm.alarmName, region: pair.regions.standbyRegion, inDrill: false, blocksDrill: true });
    }
    const control = FailoverRegions.controlOf(pair.regions);
    this.drillFunction = control.drillFunction;
    this.joinControl(control, props);
    this.schedule(control, props);

    const alarms = drillAlarms(this, pair, props.maxAge ?? Duration.days(30));
    for (const { alarm, severity } of alarms) pair.alerts?.addAlarm(alarm, { severity, pairName: pair.pairName });
    this.alarms = alarms.map(({ alarm }) => alarm);
  }

  /**
   * Lets `grantee` invoke the drill function, to start or stop a drill.
   *
   * The function serves all pairs of the `FailoverRegions`: the grant does too.
   */
  public grantStart(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [this.drillFunction.functionArn],
    });
  }

  /** Fault to Route 53's verdict in the last drill, in seconds. */
  public metricDetection(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return drillMetric(this.pair, 'detection', options);
  }

  /** Verdict to the name answering the standby everywhere, in seconds. */
  public metricTrafficSwitch(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return drillMetric(this.pair, 'trafficSwitch', options);
  }

  /** Fault to the last client being served by the standby, in seconds. */
  public metricRto(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return drillMetric(this.pair, 'rto', options);
  }

  /** Targets that a drill missed or could not measure, 0 to 3. */
  public metricTargetsMissed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return drillMetric(this.pair, 'targetsMissed', options);
  }

  /** 1 for a TRAFFIC drill that did not pass, 0 for one that passed. */
  public metricFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return drillMetric(this.pair, 'failed', options);
  }

  /** Days since the last passed TRAFFIC drill, or since the pair was first seen. */
  public metricDaysSinceSuccess(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return drillMetric(this.pair, 'daysSinceSuccess', options);
  }

  private joinControl(control: ControlSet, { fault }: FailoverDrillProps): void {
    const { pair } = this;
    control._addPair({
      name: pair.pairName,
      // A drill by metric changes no check, so it may change none.
      ...(fault?._byMetric ? { byMetric: true } : { primaryCheckId: pair.primaryHealthCheckId }),
      topics: pair.alerts ? this.useTopics(pair.alerts) : [],
      alerts: pair.alerts,
      ...fault?._functions(),
    });
  }

  private useTopics(alerts: AlertPath) {
    const { standby } = this.pair.regions;
    const critical = alerts.topicIn(standby, AlertSeverity.CRITICAL);
    const warning = alerts.topicIn(standby, AlertSeverity.WARNING);
    this.pair._useTopics({ critical: critical.topicArn, warning: warning.topicArn });
    return [critical, warning];
  }

  private schedule(control: ControlSet, { schedule, level, scenarios }: FailoverDrillProps): void {
    const request = { pair: this.pair.pairName, requestedBy: 'schedule' };
    control._schedule(this, 'Daily', scheduler.ScheduleExpression.rate(Duration.days(1)), {
      ...request,
      level: DrillLevel.OBSERVE,
      scenario: DrillScenario.PRIMARY_CRASH,
    });
    if (schedule === undefined) return;
    for (const scenario of scenarios ?? [DrillScenario.PRIMARY_CRASH]) {
      control._schedule(this, `Scheduled-${scenario}`, schedule, { ...request, level: level ?? DrillLevel.TRAFFIC, scenario });
    }
  }
}

function settingsOf(props: FailoverDrillProps): DrillSettings {
  const { window, nameServers, certificateAuthority } = props;
  return {
    fault: (props.fault ?? DrillFault.healthCheckPath())._settings(props.pair),
    targets: targetsOf(props.targets),
    ...(window ? { window: { ...window, timeZone: window.timeZone?.timezoneName ?? 'Etc/UTC' } } : {}),
    ...(nameServers ? { nameServers } : {}),
    ...(certificateAuthority ? { certificateAuthority } : {}),
  };
}
