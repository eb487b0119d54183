import {
  DescribeNetworkAclsCommand,
  EC2Client,
  type NetworkAclAssociation,
  ReplaceNetworkAclAssociationCommand,
} from '@aws-sdk/client-ec2';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { FenceSettings } from '../../../contracts/database';
import { clientSettings } from '../clients';
import { FENCE_LOOK, heard, LOOK, ORDER } from './orders';

type AclFence = Extract<FenceSettings, { kind: 'networkAcl' }>;

/** Shortest session that STS gives. */
const SESSION_SEC = 900;
/** Asked for anew this long before the end. */
const MARGIN_MS = 60_000;

/**
 * Swaps the network ACL of the old writer's subnets. An ACL is stateless, so it cuts open connections too, which a
 * security group does not.
 */
export class NetworkAcls {
  private readonly clients = new Map<string, { readonly look: EC2Client; readonly order: EC2Client }>();
  private readonly sts = new STSClient(clientSettings(LOOK));

  /** Puts every subnet under `acl`; returns those that are not, with the reason. */
  public async put(fence: AclFence, acl: string): Promise<readonly string[]> {
    const before = await heard(this.associations(fence));
    const missing = fence.subnets.filter((subnet) => !before.some(({ SubnetId }) => SubnetId === subnet));
    const failed = missing.map((subnet) => `${subnet} has no network ACL`);
    const { order } = this.client(fence);
    const wrong = before.filter(({ NetworkAclId }) => NetworkAclId !== acl);
    if (wrong.length === 0) return failed;
    const swaps = wrong.map(({ NetworkAclAssociationId: AssociationId }) =>
      order.send(new ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId: acl })),
    );
    const results = await Promise.allSettled(swaps);
    const errors = results.flatMap((r) => (r.status === 'rejected' ? [String(r.reason)] : []));
    const after = await this.associations(fence);
    const still = after.filter(({ NetworkAclId }) => NetworkAclId !== acl);
    return [
      ...failed,
      ...still.map(({ SubnetId, NetworkAclId }) => `${SubnetId} is still under ${NetworkAclId}`),
      ...(still.length > 0 ? errors : []),
    ];
  }

  private async associations(fence: AclFence): Promise<readonly NetworkAclAssociation[]> {
    const { NetworkAcls: found = [] } = await this.client(fence).look.send(
      new DescribeNetworkAclsCommand({ Filters: [{ Name: 'association.subnet-id', Values: [...fence.subnets] }] }),
    );
    return found.flatMap((acl) => acl.Associations ?? []).filter(({ SubnetId = '' }) => fence.subnets.includes(SubnetId));
  }

  private client({ region, roleArn }: AclFence): { readonly look: EC2Client; readonly order: EC2Client } {
    const key = `${region} ${roleArn ?? ''}`;
    const credentials = roleArn === undefined ? {} : { credentials: () => this.assume(roleArn) };
    const made = this.clients.get(key) ?? {
      look: new EC2Client({ ...clientSettings({ ...FENCE_LOOK, region }), ...credentials }),
      order: new EC2Client({ ...clientSettings({ ...ORDER, region }), ...credentials }),
    };
    this.clients.set(key, made);
    return made;
  }

  /** By STS of this Region: the old writer's may be what is broken. */
  private async assume(roleArn: string) {
    const { Credentials: given } = await this.sts.send(
      new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'cdk-failover-fence', DurationSeconds: SESSION_SEC }),
    );
    if (!given?.AccessKeyId || !given.SecretAccessKey) throw new Error(`role ${roleArn} gave no credentials`);
    return {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      sessionToken: given.SessionToken,
      ...(given.Expiration ? { expiration: new Date(given.Expiration.getTime() - MARGIN_MS) } : {}),
    };
  }
}
