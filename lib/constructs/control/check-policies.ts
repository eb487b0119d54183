import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type ControlNames, checksParameter, ROUTING_REGION } from '../../decide/names';

/** Ids of one pair's health checks; tokens of the routing stack. */
export interface PairChecks {
  readonly pair: string;
  readonly primary: string;
  readonly standby?: string;
}

/**
 * The only rights on Route 53: exactly the pairs' health checks, and writing only on the primary's. They live in the
 * routing stack, where the ids are born, and are attached to the roles of the standby by name: no id crosses a Region.
 */
export class CheckPolicies extends Construct {
  private readonly write = [new iam.PolicyStatement(writing('Break')), new iam.PolicyStatement(writing('Mend'))];
  private readonly observe = new iam.PolicyStatement({ sid: 'Observe', actions: ['route53:GetHealthCheckStatus'] });
  private readonly find = new iam.PolicyStatement({ sid: 'Find', actions: ['ssm:GetParameter'] });

  public constructor(
    scope: Construct,
    id: string,
    private readonly namespace: string,
    private readonly names: ControlNames,
  ) {
    super(scope, id);
  }

  public addPair({ pair, primary }: PairChecks): void {
    if (this.node.children.length === 0) this.makePolicies();
    const check = `arn:${Stack.of(this).partition}:route53:::healthcheck/${primary}`;
    for (const statement of [...this.write, this.observe]) statement.addResources(check);
    const parameter = Stack.of(this).formatArn({
      service: 'ssm',
      region: ROUTING_REGION,
      resource: 'parameter',
      resourceName: checksParameter(this.namespace, pair).slice(1),
    });
    this.find.addResources(parameter);
  }

  /** With the first drilled pair: a statement without a resource is refused. */
  private makePolicies(): void {
    const { names } = this;
    const [breaks, mends] = this.write;
    this.policy('Drill', names.drillChecksPolicy, names.drillStepRole, [breaks, this.observe, this.find]);
    this.policy('Restore', names.restoreChecksPolicy, names.restoreRole, [mends]);
  }

  private policy(id: string, managedPolicyName: string, role: string, statements: readonly (iam.PolicyStatement | undefined)[]) {
    return new iam.ManagedPolicy(this, id, {
      managedPolicyName,
      description: 'Calls of a failover drill on exactly the health checks of its pairs',
      roles: [iam.Role.fromRoleName(this, `${id}Role`, role)],
      statements: statements.filter((statement) => statement !== undefined),
    });
  }
}

const writing = (sid: string): iam.PolicyStatementProps => ({
  sid,
  actions: ['route53:GetHealthCheck', 'route53:UpdateHealthCheck'],
});
