/** A public hosted zone, by strings, so that it can be used from any Region. */
export interface FailoverZone {
  /**
   * Name of the zone, such as `example.com`.
   *
   * Health checkers are outside every VPC, so private zones are refused as far as a name can tell: `.internal`, `.local` and
   * the like.
   */
  readonly zoneName: string;
  /**
   * Id of the zone, such as `Z0123456789ABCDEFGHIJ`.
   *
   * @default - CloudFormation finds the zone by its name at deploy time; required when two zones have the same name, and for
   * load balancers at the apex
   */
  readonly hostedZoneId?: string;
}
