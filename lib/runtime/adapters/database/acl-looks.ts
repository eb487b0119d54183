import { DescribeNetworkAclsCommand, EC2Client, type NetworkAcl } from '@aws-sdk/client-ec2';
import type { FenceSettings } from '../../../contracts/database';
import type { AclLooks } from '../../ports/database';
import { clientSettings, unknownBecause } from '../clients';
import { Regional } from '../regional';
import { LOOK } from './orders';

type AclFence = Extract<FenceSettings, { kind: 'networkAcl' }>;

/** Looks at the network ACLs of a fence in the old writer's Region. Has no way to change them. */
export class Ec2AclLooks implements AclLooks {
  private readonly clients = new Regional((region) => new EC2Client(clientSettings({ ...LOOK, region })));

  public async look(fence: AclFence): ReturnType<AclLooks['look']> {
    try {
      const [around, named] = await Promise.all([
        this.describe(fence.region, 'association.subnet-id', fence.subnets),
        this.describe(fence.region, 'network-acl-id', [fence.denyAcl, fence.openAcl]),
      ]);
      const associations = around.flatMap((acl) => acl.Associations ?? []);
      const aclOf = associations.flatMap(({ SubnetId: subnet = '', NetworkAclId: acl = '' }) =>
        fence.subnets.includes(subnet) ? [[subnet, acl] as const] : [],
      );
      return { kind: 'acls', aclOf: Object.fromEntries(aclOf), allows: Object.fromEntries(named.map(allowing)) };
    } catch (error) {
      return unknownBecause(error);
    }
  }

  private async describe(region: string, Name: string, values: readonly string[]): Promise<readonly NetworkAcl[]> {
    const answer = await this.clients
      .in(region)
      .send(new DescribeNetworkAclsCommand({ Filters: [{ Name, Values: [...values] }] }));
    return answer.NetworkAcls ?? [];
  }
}

const allowing = ({ NetworkAclId = '', Entries = [] }: NetworkAcl) =>
  [NetworkAclId, Entries.some(({ RuleAction }) => RuleAction === 'allow')] as const;
