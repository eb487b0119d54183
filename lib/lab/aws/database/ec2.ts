import { randomUUID } from 'node:crypto';
import { type AwsCall, AwsFault, type AwsReply, type AwsService, arnOf, type Claim } from '../call';
import { tag, xml } from '../protocols';

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/';

/** EC2's network ACLs. Each swap gives the subnet's association a new id, and the old one is gone. */
export class Ec2 implements AwsService {
  public readonly name = 'ec2';
  private readonly associations: { id: string; subnet: string; acl: string; region: string }[];

  /** @param acls ACL by `region/subnet`; one of them lets everything through @param others ACLs that exist besides, and let nothing through */
  public constructor(
    acls: Readonly<Record<string, string>>,
    private readonly others: readonly string[],
  ) {
    this.associations = Object.entries(acls).map(([place, acl]) => {
      const [region = '', subnet = ''] = place.split('/');
      return { id: association(), subnet, acl, region };
    });
  }

  public fail(error: AwsFault): AwsReply {
    const body = `<Errors><Error>${tag('Code', error.code)}${tag('Message', error.message)}</Error></Errors>`;
    return xml(`<Response>${body}${tag('RequestID', randomUUID())}</Response>`, error.status);
  }

  /** ACL of a subnet now. */
  public aclOf(region: string, subnet: string): string | undefined {
    return this.associations.find((one) => one.region === region && one.subnet === subnet)?.acl;
  }

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const form = new URLSearchParams(call.body.toString());
    const operation = form.get('Action');
    if (operation === 'DescribeNetworkAcls') {
      claim('ec2:DescribeNetworkAcls', '*');
      return this.describe(call.region, form);
    }
    if (operation === 'ReplaceNetworkAclAssociation') return this.replace(call.region, form, claim);
    claim(`ec2:${operation}`, '*');
    throw new AwsFault('InvalidAction', `the lab does not play ec2:${operation}`);
  }

  private describe(region: string, form: URLSearchParams): AwsReply {
    const here = this.associations.filter((one) => one.region === region);
    const { by, values } = filterIn(form);
    // The filter chooses ACLs; each comes with all its associations.
    const known = [...here.map(({ acl }) => acl), ...this.others];
    const acls = new Set(
      by === 'subnet'
        ? here.filter(({ subnet }) => values.includes(subnet)).map(({ acl }) => acl)
        : known.filter((acl) => values.includes(acl)),
    );
    const items = [...acls].map((acl) => {
      const set = here.filter((one) => one.acl === acl);
      const associations = set.map(
        ({ id, subnet }) =>
          `<item>${tag('networkAclAssociationId', id)}${tag('networkAclId', acl)}${tag('subnetId', subnet)}</item>`,
      );
      return `<item>${tag('networkAclId', acl)}<associationSet>${associations.join('')}</associationSet><entrySet>${this.entries(acl)}</entrySet></item>`;
    });
    return wrap('DescribeNetworkAcls', `<networkAclSet>${items.join('')}</networkAclSet>`);
  }

  private entries(acl: string): string {
    const entry = (number: number, action: string) =>
      `<item>${tag('ruleNumber', number)}${tag('ruleAction', action)}${tag('egress', false)}${tag('cidrBlock', '0.0.0.0/0')}</item>`;
    const last = entry(32_767, 'deny');
    return this.others.includes(acl) ? last : `${entry(100, 'allow')}${last}`;
  }

  private replace(region: string, form: URLSearchParams, claim: Claim): AwsReply {
    const [given, acl] = [form.get('AssociationId') ?? '', form.get('NetworkAclId') ?? ''];
    const found = this.associations.find((one) => one.region === region && one.id === given);
    claim('ec2:ReplaceNetworkAclAssociation', arnOf('ec2', region, `network-acl/${acl}`));
    claim('ec2:ReplaceNetworkAclAssociation', arnOf('ec2', region, `subnet/${found?.subnet ?? 'none'}`));
    if (!found) throw new AwsFault('InvalidAssociationID.NotFound', `The association ID '${given}' does not exist`);
    if (!this.others.includes(acl) && !this.associations.some((one) => one.acl === acl)) {
      throw new AwsFault('InvalidNetworkAclID.NotFound', `The networkAcl ID '${acl}' does not exist`);
    }
    Object.assign(found, { id: association(), acl });
    return wrap('ReplaceNetworkAclAssociation', tag('newAssociationId', found.id));
  }
}

const association = () => `aclassoc-${randomUUID().slice(0, 8)}`;

const wrap = (operation: string, body: string) =>
  xml(`<${operation}Response xmlns="${NAMESPACE}">${tag('requestId', randomUUID())}${body}</${operation}Response>`);

function filterIn(form: URLSearchParams): { readonly by: 'subnet' | 'acl'; readonly values: readonly string[] } {
  const by = ({ 'association.subnet-id': 'subnet', 'network-acl-id': 'acl' } as const)[form.get('Filter.1.Name') ?? ''];
  if (!by) throw new AwsFault('InvalidParameterValue', 'The lab filters by association.subnet-id and network-acl-id only');
  const values = [...form].flatMap(([name, value]) => (/^Filter\.1\.Value\.\d+$/.test(name) ? [value] : []));
  return { by, values };
}
