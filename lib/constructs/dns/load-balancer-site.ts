import { Stack } from 'aws-cdk-lib';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { type AliasRecordTargetConfig, type IAliasRecordTarget, RecordType } from 'aws-cdk-lib/aws-route53';
import { LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { fullName, nameFault } from '../internal/dns-names';
import { isKnown, shown } from '../internal/problems';
import { keepId } from '../internal/stable-id';
import { deployAfter } from '../internal/stack-order';
import type { FailoverZone } from '../regions';
import type { BoundSite, SideContext } from './side';
import { zoneRecord } from './zone-record';

type AddressType = 'A' | 'AAAA';
type NamedSite = BoundSite & { readonly endpoint: { readonly mode: 'name'; readonly name: string } };

/** A load balancer as the pair sees it at the apex, by aliases; below the apex only its name is used. */
export function bindLoadBalancer(
  loadBalancer: elbv2.ILoadBalancerV2,
  regionalName: string | undefined,
  context: SideContext,
): NamedSite | undefined {
  if (!canBeProbed(loadBalancer, context)) return undefined;
  return regionalName === undefined ? bindDirectly(loadBalancer, context) : bindByName(loadBalancer, regionalName, context);
}

function canBeProbed(loadBalancer: elbv2.ILoadBalancerV2, { side, problems }: SideContext): boolean {
  const { scheme } = (loadBalancer.node.defaultChild ?? {}) as elbv2.CfnLoadBalancer;
  if (scheme === 'internal') {
    problems.add(
      'InternalLoadBalancer',
      `${side} is the internal load balancer ${loadBalancer.node.path}; health checkers are outside every VPC; use an internet-facing one`,
    );
  }
  const ipv6Only = ipTypeOf(loadBalancer) === 'dualstack-without-public-ipv4';
  if (ipv6Only) {
    problems.add(
      'NoPublicIpv4',
      `${side} is the load balancer ${loadBalancer.node.path} without public IPv4; checks by name use IPv4 only; use the address type dualstack`,
    );
  }
  return scheme !== 'internal' && !ipv6Only;
}

/** By the load balancer's own DNS name, which must be plain text. */
function bindDirectly(loadBalancer: elbv2.ILoadBalancerV2, { side, apex, problems }: SideContext): NamedSite | undefined {
  const name = loadBalancer.loadBalancerDnsName;
  if (!isKnown(name) || (apex && !isKnown(loadBalancer.loadBalancerCanonicalHostedZoneId))) {
    problems.add(
      'CrossRegionToken',
      `${side} is the load balancer ${loadBalancer.node.path}, whose DNS name only its own stack knows at deploy time; set regionalName, such as Site.loadBalancer(loadBalancer, { regionalName: 'shop-a' })`,
    );
    return undefined;
  }
  const alias = new LoadBalancerTarget(loadBalancer, { evaluateTargetHealth: true });
  return named(name.toLowerCase(), addressTypes(loadBalancer), alias);
}

/** By a regional name: an alias record in the load balancer's own stack, so that nothing but a name crosses Regions. */
function bindByName(loadBalancer: elbv2.ILoadBalancerV2, regionalName: string, context: SideContext): NamedSite | undefined {
  const { side, regions, apex, problems } = context;
  const { zone } = regions;
  const name = isKnown(regionalName) ? fullName(regionalName, zone.zoneName) : undefined;
  const fault =
    name === undefined ? 'it must be plain text' : name === zone.zoneName ? 'that is the apex of the zone' : nameFault(name);
  if (name === undefined || fault !== undefined) {
    problems.add('RegionalName', `regionalName of ${side} is ${shown(regionalName)}; ${fault}; give a label such as shop-a`);
    return undefined;
  }
  if (!regions._pairs.claimName(name, loadBalancer)) {
    problems.add('RegionalName', `regionalName of ${side} is "${name}", which another load balancer has; give each its own`);
    return undefined;
  }
  if (apex && zone.hostedZoneId === undefined) {
    problems.add(
      'HostedZoneId',
      `hostedZoneId is not set; the record of a load balancer at the apex ${zone.zoneName} is an alias, which needs it; set zone.hostedZoneId`,
    );
    return undefined;
  }
  const types = addressTypes(loadBalancer);
  const stack = Stack.of(loadBalancer);
  regionalRecords(stack, name, zone, loadBalancer, types);
  deployAfter(regions.routing, stack, `${name} must exist before it is checked`);
  return named(name, types, new RecordInZone(name, zone));
}

const named = (name: string, types: readonly AddressType[], alias: IAliasRecordTarget): NamedSite => ({
  records: types.map((type) => ({ type, alias })),
  // Addresses of a load balancer change; nobody knows them at synth.
  answers: types.map((type) => ({ type, values: [] })),
  endpoint: { mode: 'name', name },
});

/** Once per name: several pairs may use one load balancer. */
function regionalRecords(
  stack: Stack,
  name: string,
  zone: FailoverZone,
  loadBalancer: elbv2.ILoadBalancerV2,
  types: readonly AddressType[],
): void {
  const id = `FailoverName-${name}`;
  if (stack.node.tryFindChild(id)) return;
  const scope = new Construct(stack, id);
  const alias = new LoadBalancerTarget(loadBalancer, { evaluateTargetHealth: true });
  for (const type of types) {
    const record = zoneRecord(scope, type, {
      zone,
      name,
      type: RecordType[type],
      target: { aliasTarget: alias },
      comment: 'Regional name of a failover site',
    });
    keepId(record, 'name', name, type);
  }
}

const ipTypeOf = (loadBalancer: elbv2.ILoadBalancerV2) => (loadBalancer as elbv2.IApplicationLoadBalancer).ipAddressType;

const addressTypes = (loadBalancer: elbv2.ILoadBalancerV2): readonly AddressType[] =>
  ipTypeOf(loadBalancer) === 'dualstack' ? ['A', 'AAAA'] : ['A'];

/** An alias to a record of the same zone. Route 53 wants `EvaluateTargetHealth` on every failover alias; the L2 target cannot say it. */
class RecordInZone implements IAliasRecordTarget {
  constructor(
    private readonly name: string,
    private readonly zone: FailoverZone,
  ) {}

  public bind(): AliasRecordTargetConfig {
    return { dnsName: this.name, hostedZoneId: this.zone.hostedZoneId ?? '', evaluateTargetHealth: true };
  }
}
