import type { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';

/**
 * Reads the heartbeat row on the replicas: strong evidence that the writer lives or is dead, and an honest RPO. Needs the
 * heartbeat SQL installed on the primary, which updates one row every few seconds.
 */
export interface HeartbeatReader {
  /**
   * VPC of the standby Region that reaches the replicas and, over peering, the primary. It also needs a way to Secrets Manager:
   * an interface endpoint or a NAT gateway.
   */
  readonly vpc: ec2.IVpc;
  /**
   * Secret of the standby Region with `username` and `password` of a user who may read the heartbeat table and, for PostgreSQL,
   * `dbname` of the database that holds it. A replica of the primary's secret will do.
   */
  readonly secret: secretsmanager.ISecret;
  /**
   * Subnets of the reader.
   *
   * @default - the VPC's default strategy
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /**
   * Security groups of the reader. The databases must admit them.
   *
   * @default - a new one, which may connect to anywhere
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
  /**
   * Age of the newest row above which the writer counts as dead, 15 s to 5 min. At least three times the interval of the
   * heartbeat SQL.
   *
   * @default Duration.seconds(30)
   */
  readonly limit?: Duration;
}
