import { type Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import type { AlertTarget } from '../alert';
import type { BothUnhealthy, HealthProbe, Site } from '../dns';

/** A ready stateless pair with alerts and drill. `env.region` must be us-east-1. */
export interface FailoverStackProps extends StackProps {
  /** Name of the public hosted zone, such as `example.com`. */
  readonly zoneName: string;
  /** @default - the zone is found by its name at deploy time */
  readonly hostedZoneId?: string;
  /** Name inside the zone, such as `app`. @default - the apex */
  readonly recordName?: string;
  readonly primary: Site;
  readonly standby: Site;
  /** @default HealthProbe.https() */
  readonly health?: HealthProbe;
  /** @default Duration.seconds(30) */
  readonly ttl?: Duration;
  /** @default BothUnhealthy.PRIMARY */
  readonly bothUnhealthy?: BothUnhealthy;
  /** @default - alarms without actions, and a synth warning */
  readonly alerts?: AlertTarget[];
  /** When a TRAFFIC drill runs by itself. @default - only by hand */
  readonly drillSchedule?: scheduler.ScheduleExpression;
}

/** The one-liner: pair, alerts and drill for two sites, in one stack in us-east-1. */
export class FailoverStack extends Stack {
  constructor(scope: Construct, id: string, props: FailoverStackProps) {
    super(scope, id, props);
  }
}
