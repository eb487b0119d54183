import { CfnOutput, type Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { ROUTING_REGION } from '../../decide/names';
import { AlertPath, type AlertTarget } from '../alert';
import { type BothUnhealthy, FailoverPair, type HealthProbe, type Site } from '../dns';
import { FailoverDrill } from '../drill';
import { isKnown, refuse } from '../internal/problems';
import { FailoverRegions } from '../regions';

/** A ready stateless pair with alerts and drill. `env.region` must be us-east-1. */
export interface FailoverStackProps extends StackProps {
  /** Name of the public hosted zone, such as `example.com`. */
  readonly zoneName: string;
  /**
   * Id of the hosted zone, such as `Z0123456789ABCDEFGHIJ`.
   *
   * @default - the zone is found by its name at deploy time
   */
  readonly hostedZoneId?: string;
  /**
   * Name inside the zone, such as `app`.
   *
   * @default - the apex of the zone
   */
  readonly recordName?: string;
  /** Site that serves in normal times. */
  readonly primary: Site;
  /** Site that takes over. Must render the same record types as the primary. */
  readonly standby: Site;
  /**
   * How both sites are probed.
   *
   * @default HealthProbe.https()
   */
  readonly health?: HealthProbe;
  /**
   * How long a resolver may keep an answer. Counts in full against the RTO.
   *
   * @default Duration.seconds(30)
   */
  readonly ttl?: Duration;
  /**
   * Whom the name answers when neither side is healthy.
   *
   * @default BothUnhealthy.PRIMARY
   */
  readonly bothUnhealthy?: BothUnhealthy;
  /**
   * Who is told.
   *
   * @default - alarms without actions, and a synth warning
   */
  readonly alerts?: AlertTarget[];
  /**
   * When a TRAFFIC drill runs by itself: users really move to the standby and back.
   *
   * @default - only by hand; OBSERVE runs daily all the same
   */
  readonly drillSchedule?: scheduler.ScheduleExpression;
  /**
   * Name of the pair and of its control set, part of all deterministic names: 1 to 20 lower-case letters, digits and `-`.
   * Unique in the account. Frozen after the first deployment.
   *
   * @default - the id of the stack in lower case
   */
  readonly controlSetName?: string;
}

/**
 * The one-liner: pair, alerts and drill for two sites, in one stack in us-east-1.
 *
 * Alarms, drill and keeper share us-east-1 with Route 53's control plane. Traffic moves without it all the same; use
 * `FailoverRegions` to keep them in a Region of your own.
 */
export class FailoverStack extends Stack {
  /** The pair. */
  public readonly pair: FailoverPair;
  /** Its rehearsal. */
  public readonly drill: FailoverDrill;
  /** Where alarms go. Absent without `alerts`. */
  public readonly alertPath?: AlertPath;

  /**
   * @throws RoutingRegion when `env.region` is not us-east-1, and what the constructs inside throw.
   */
  constructor(scope: Construct, id: string, props: FailoverStackProps) {
    super(scope, id, { description: 'A failover pair with alerts and drill', ...props });
    if (this.region !== ROUTING_REGION) {
      const is = isKnown(this.region) ? this.region : 'not set';
      refuse(
        this,
        'RoutingRegion',
        `env.region is ${is}; health checks, their metrics and alarms exist in ${ROUTING_REGION} only; ` +
          `set env: { region: '${ROUTING_REGION}' }, or compose FailoverRegions and FailoverPair for other Regions`,
      );
    }
    const controlSetName = props.controlSetName ?? id.toLowerCase();
    const regions = FailoverRegions.fromStacks(this, 'Regions', {
      primary: this,
      standby: this,
      routing: this,
      zone: { zoneName: props.zoneName, hostedZoneId: props.hostedZoneId },
      controlSetName,
    });
    this.alertPath = props.alerts ? new AlertPath(this, 'Alerts', { targets: props.alerts, regions }) : undefined;
    this.pair = new FailoverPair(this, 'Pair', {
      regions,
      pairName: controlSetName,
      recordName: props.recordName,
      primary: props.primary,
      standby: props.standby,
      health: props.health,
      ttl: props.ttl,
      bothUnhealthy: props.bothUnhealthy,
      alerts: this.alertPath,
    });
    this.drill = new FailoverDrill(this, 'Drill', { pair: this.pair, schedule: props.drillSchedule });
    new CfnOutput(this, 'DrillByHand', {
      description: 'Starts a drill: users really move to the standby and back',
      value: `aws lambda invoke --region ${this.region} --function-name ${this.drill.drillFunction.functionName} --cli-binary-format raw-in-base64-out --payload '{"pair":"${this.pair.pairName}"}' drill.json`,
    });
  }
}
