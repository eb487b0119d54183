import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { DatabaseMember } from '../../../contracts/database';
import { ENV } from '../../../contracts/environment';
import { LEASE_METRIC, pairDimensions } from '../../../decide/metrics';
import { METRIC_NAMESPACE, RENEWER_SUFFIX } from '../../../decide/names';
import { ControlFunction } from '../../control/control-function';
import { lease as leasePermission, logins } from '../../control/database-permissions';
import { invoke } from '../../control/permissions';
import { controlKey } from '../../control/store';
import { permit } from '../../internal/permission';
import { isKnown, Problems, shown } from '../../internal/problems';
import type { DatabaseFailover } from '../database-failover';
import { type BoundLease, placeOf } from '../strategies/lease';

/** Which database's writer is vouched for, and how it is reached. */
export interface LeaseRenewerProps {
  /** The failover whose lease it is. It must have one. */
  readonly failover: DatabaseFailover;
  /**
   * VPC that reaches the database. It also needs a way to Secrets Manager and to DynamoDB: gateway or interface endpoints do for a
   * multi-Region lease, a table in a third Region needs a NAT gateway.
   */
  readonly vpc: ec2.IVpc;
  /**
   * Secret of this Region with `username` and `password` of a user who may read and update the heartbeat table and, for PostgreSQL,
   * `dbname` of the database that holds it.
   */
  readonly secret: secretsmanager.ISecret;
  /**
   * Subnets of the renewer.
   *
   * @default - the VPC's default strategy
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /**
   * Security groups of the renewer. The database must admit them.
   *
   * @default - a new one, which may connect to anywhere
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
  /**
   * Id of the database beside which it stands.
   *
   * @default - the one of this Region; must be given where there are several
   */
  readonly databaseId?: string;
}

/** A run lasts so long at most; a newer one ends it. */
const RUN_SEC = 150;

/**
 * Renews the lease of a database, and is its heartbeat: every 5 s it writes the heartbeat row into the database, with the epoch, and only
 * once that row has committed it renews the lease. So a renewed lease says that the writer takes writes and that its Region reaches a
 * majority. Neither `pg_cron` nor an event of MySQL is needed then.
 *
 * Put it into a stack of yours in the primary Region. Another one in the standby Region, beside a replica, does nothing until that
 * replica writes, and goes on from there.
 *
 * It needs a login. Without one nothing is offered: a port that listens does not show that a write commits.
 */
export class LeaseRenewer extends Construct {
  /** Renews; started each minute, runs until a newer run has taken over. */
  public readonly renewFunction: lambda.IFunction;

  private readonly dimensions: Record<string, string>;

  /** @throws NoLease, RenewerElsewhere, RenewerNetwork or RenewerDatabase; all that apply at once. */
  constructor(scope: Construct, id: string, props: LeaseRenewerProps) {
    super(scope, id);
    const { lease, pair, members } = props.failover._leased;
    const member = this.check(props, lease, members);
    const { region } = Stack.of(this);
    const { controlSetName } = pair.regions;
    this.dimensions = { ...pairDimensions(controlSetName, pair.pairName), Database: member.id };
    const name = `cdk-failover-${controlSetName}-${pair.pairName}${RENEWER_SUFFIX}`;
    const place = placeOf(lease as BoundLease, region);
    const { vpc, vpcSubnets, securityGroups, secret } = props;
    this.renewFunction = new ControlFunction(this, 'Renewer', {
      bundle: 'lease-renewer',
      description: `Renews the lease of the database of ${pair.pairName} after each heartbeat row of ${member.id}`,
      functionName: name,
      timeoutSec: RUN_SEC,
      memoryMb: 256,
      // The older run ends when it sees the newer one.
      concurrency: 4,
      environment: {
        [ENV.controlSet]: controlSetName,
        [ENV.pair]: pair.pairName,
        [ENV.leaseTable]: place.table,
        [ENV.leaseRegion]: place.region,
        [ENV.leasedDatabase]: JSON.stringify(member),
        [ENV.databaseSecret]: secret.secretName,
      },
      permissions: [leasePermission(Stack.of(this), place), ...logins(secret)],
      key: controlKey(this, `Logs of the renewer of ${pair.pairName}`),
      unheard: 'The next minute runs it again; that nobody renews the lease is an alarm of its own.',
      asyncRetries: 0,
      asyncAge: Duration.minutes(1),
      network: { vpc, ...(vpcSubnets ? { vpcSubnets } : {}), ...(securityGroups ? { securityGroups } : {}) },
    }).function;
    this.startEachMinute(name);
    if (region === pair.regions.primaryRegion) props.failover._renewed();
  }

  /** Renewals per minute: about 12 while the database writes, none where it does not. */
  public metricRenewals(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRIC_NAMESPACE,
      metricName: LEASE_METRIC.renewals,
      dimensionsMap: this.dimensions,
      statistic: cloudwatch.Stats.SUM,
      period: Duration.minutes(1),
      region: Stack.of(this).region,
      ...options,
    });
  }

  private check(
    { failover, databaseId, vpc, secret }: LeaseRenewerProps,
    lease: BoundLease | undefined,
    members: readonly DatabaseMember[],
  ): DatabaseMember {
    const problems = new Problems();
    const { region } = Stack.of(this);
    problems.addIf(
      lease === undefined,
      'NoLease',
      `failover is ${failover.node.path}, which has no lease; nothing would be renewed; set lease: Lease.multiRegion() there`,
    );
    const here = members.filter((member) => member.region === region);
    const wanted = databaseId === undefined ? here : here.filter(({ id }) => id === databaseId);
    const known = members.map((member) => `${member.id} in ${member.region}`).join(', ');
    problems.addIf(
      here.length === 0,
      'RenewerElsewhere',
      `scope is in ${region}; a renewer stands beside its database; use a stack of one of their Regions: ${known}`,
    );
    problems.addIf(
      here.length > 0 && wanted.length !== 1,
      'RenewerDatabase',
      `databaseId is ${shown(databaseId)}; it names one database of ${region}; give one of ${here.map(({ id }) => id).join(', ')}`,
    );
    for (const [prop, value] of Object.entries({ vpc: vpc.env.region, secret: secret.env.region })) {
      problems.addIf(
        isKnown(value) && isKnown(region) && value !== region,
        'RenewerNetwork',
        `${prop} is in ${value}; the renewer is in ${region} and works while every other Region is gone; name one of ${region}`,
      );
    }
    problems.throwAt(this);
    return wanted[0] as DatabaseMember;
  }

  private startEachMinute(name: string): void {
    const stack = Stack.of(this);
    const group = new scheduler.ScheduleGroup(this, 'Group', { scheduleGroupName: name });
    const role = new iam.Role(this, 'StarterRole', {
      description: 'A schedule starts the renewer',
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': group.scheduleGroupArn } },
      }),
    });
    permit(new iam.ManagedPolicy(this, 'StarterPolicy', { roles: [role] }), invoke('Renew', this.renewFunction.functionArn));
    new scheduler.Schedule(this, 'EachMinute', {
      description: 'Renews the lease, each minute',
      schedule: scheduler.ScheduleExpression.rate(Duration.minutes(1)),
      scheduleGroup: group,
      target: new targets.LambdaInvoke(this.renewFunction, {
        role: role.withoutPolicyUpdates(),
        // The next minute comes.
        retryAttempts: 0,
        maxEventAge: Duration.minutes(1),
        input: scheduler.ScheduleTargetInput.fromObject({}),
      }),
    });
  }
}
