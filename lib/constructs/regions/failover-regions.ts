import type { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** A public hosted zone, by strings, so that it can be used from any Region. */
export interface FailoverZone {
  /** Name of the zone, such as `example.com`. */
  readonly zoneName: string;
  /**
   * Id of the zone, such as `Z0123456789ABCDEFGHIJ`.
   *
   * @default - the zone is found by its name at deploy time; required when two public zones have the same name
   */
  readonly hostedZoneId?: string;
}

/** What one control set spans. */
export interface FailoverRegionsProps {
  /**
   * Account of all three stacks.
   *
   * @default - the account of the credentials used to deploy
   */
  readonly account?: string;
  /** Region that serves in normal times, such as `eu-west-1`. */
  readonly primary: string;
  /** Region that takes over. Journal, drill and keeper live here. */
  readonly standby: string;
  /** Public hosted zone of the pairs. */
  readonly zone: FailoverZone;
  /**
   * Name of the control set, part of all deterministic names: 1 to 20 lower-case letters, digits and `-`. Frozen after the first deployment.
   *
   * @default - the construct id in lower case
   */
  readonly controlSetName?: string;
}

/** Stacks of your own, one per role; the same stack may take several roles only in us-east-1. */
export interface FailoverStacks {
  readonly primary: Stack;
  readonly standby: Stack;
  /** Must be in us-east-1: health checks, records and their alarms live together. */
  readonly routing: Stack;
  readonly zone: FailoverZone;
  /** @default - the construct id in lower case */
  readonly controlSetName?: string;
}

/** The stacks of one app: primary, standby and routing. One control set per instance, shared by its pairs. */
export class FailoverRegions extends Construct {
  /** Uses stacks that exist already. */
  public static fromStacks(scope: Construct, id: string, stacks: FailoverStacks): FailoverRegions {
    return new FailoverRegions(scope, id, stacks as never);
  }

  public readonly controlSetName: string = '';
  public readonly zone: FailoverZone;

  constructor(scope: Construct, id: string, props: FailoverRegionsProps) {
    super(scope, id);
    this.zone = props.zone;
  }
}
