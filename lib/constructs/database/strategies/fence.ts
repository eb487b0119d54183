import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { DatabaseMember, FenceSettings } from '../../../contracts/database';
import { isKnown, type Problems, shown } from '../../internal/problems';

/** Network ACL that shuts the old primary in. */
export interface NetworkAclFenceOptions {
  /**
   * Ids of the subnets of the database's subnet group in the primary Region. Everything in these subnets is shut in with it, so
   * give the database subnets of its own.
   */
  readonly subnetIds: string[];
  /** Id of a network ACL of the same VPC that denies everything. Made beforehand: only its association changes. */
  readonly denyAclId: string;
  /** Id of the network ACL that the subnets have in peace, and get back. */
  readonly openAclId: string;
  /**
   * Role that may look at network ACLs and swap them, where the subnets belong to another account: in a shared VPC only its owner
   * may. It must trust the role of the controller's steps, `cdk-failover-<control set>-database-step-<standby Region>`.
   *
   * @default - the steps' own role, for subnets of the account of the stack
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing.html
   */
  readonly role?: iam.IRole;
}

/** What a fence needs to know. */
export interface FenceContext {
  readonly source: DatabaseMember;
  readonly problems: Problems;
  readonly prop: string;
}

/** A fence as the controller is told, and the function that it calls. */
export interface BoundFence {
  readonly settings: FenceSettings;
  readonly function?: lambda.IFunction;
}

/**
 * Keeps the old primary from writing, as far as its Region answers. Tried for 20 s before the promotion; what was reached is
 * recorded. Epoch, latch and writer name always fence; these come on top.
 */
export abstract class Fence {
  /**
   * Puts the database's subnets behind a network ACL that denies everything. Cuts live connections too, which a security group
   * does not.
   *
   * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
   */
  public static networkAcl(options: NetworkAclFenceOptions): Fence {
    return new NetworkAclFence(options);
  }

  /**
   * Stops the old primary, once nothing replicates from it any more: RDS refuses to stop an instance that has replicas. RDS
   * starts it again after 7 days.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
   */
  public static stopInstance(): Fence {
    return new StopInstanceFence();
  }

  /** A function of your own, in the standby Region. Called with `{ action: 'raise' | 'lower', epoch }`, answers `{ held, because, unreachable }`; idempotent. */
  public static function(fence: lambda.IFunction): Fence {
    return new FunctionFence(fence);
  }

  /**
   * What the controller is told.
   *
   * @internal
   */
  public abstract _bind(context: FenceContext): BoundFence;
}

class NetworkAclFence extends Fence {
  constructor(private readonly options: NetworkAclFenceOptions) {
    super();
  }

  public _bind({ source, problems, prop }: FenceContext): BoundFence {
    const { subnetIds, denyAclId, openAclId, role } = this.options;
    problems.addIf(
      subnetIds.length === 0,
      'FenceSubnets',
      `${prop}.subnetIds is empty; a network ACL shuts subnets in; give those of the database`,
    );
    for (const id of subnetIds) {
      problems.addIf(
        !isKnown(id) || !/^subnet-[0-9a-f]{8,17}$/.test(id),
        'FenceSubnets',
        `${prop}.subnetIds has ${shown(id)}; the standby Region names subnets of the primary Region; give ids as plain text, such as subnet-0123456789abcdef0`,
      );
    }
    for (const [name, id] of Object.entries({ denyAclId, openAclId })) {
      problems.addIf(
        !isKnown(id) || !/^acl-[0-9a-f]{8,17}$/.test(id),
        'FenceAcl',
        `${prop}.${name} is ${shown(id)}; the standby Region names a network ACL of the primary Region; give its id as plain text, such as acl-0123456789abcdef0`,
      );
    }
    problems.addIf(
      isKnown(denyAclId) && denyAclId === openAclId,
      'FenceAcl',
      `${prop}.denyAclId and openAclId are both ${shown(denyAclId)}, which shuts nothing in; make a network ACL without an allow rule for denyAclId`,
    );
    problems.addIf(
      role !== undefined && !isKnown(role.roleArn),
      'FenceRole',
      `${prop}.role has an ARN that is only known at deploy time; the standby Region names a role of the account that owns the subnets; give it by Role.fromRoleArn`,
    );
    const { region } = source;
    const acls = { subnets: subnetIds, denyAcl: denyAclId, openAcl: openAclId };
    return { settings: { kind: 'networkAcl', region, ...(role ? { roleArn: role.roleArn } : {}), ...acls } };
  }
}

class StopInstanceFence extends Fence {
  public _bind({ source }: FenceContext): BoundFence {
    return { settings: { kind: 'stopInstance', region: source.region, id: source.id } };
  }
}

class FunctionFence extends Fence {
  constructor(private readonly fence: lambda.IFunction) {
    super();
  }

  public _bind(): BoundFence {
    return { settings: { kind: 'function', name: this.fence.functionArn }, function: this.fence };
  }
}
