import { isIP } from 'node:net';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { isPrivateName, nameFault, plainName } from '../internal/dns-names';
import { isKnown, shown } from '../internal/problems';
import { addressFault, canonicalIpv6 } from '../internal/public-address';
import { crossesRegions } from '../internal/tokens';
import { bindLoadBalancer } from './load-balancer-site';
import type { BoundSite, SideContext, SideRecord } from './side';

/** Options of `Site.loadBalancer`. */
export interface LoadBalancerSiteOptions {
  /**
   * Label of the site's regional name, such as `shop-a` for `shop-a.example.com`.
   *
   * An alias record with this name is made in the load balancer's own stack; the pair's record is a CNAME to it, whose TTL is
   * the pair's and not the 60 s of a load balancer alias. At the apex the pair's record is an alias to it.
   *
   * @default - no regional name: the load balancer's own DNS name is used; possible only for an imported load balancer whose
   * DNS name is plain text
   */
  readonly regionalName?: string;
}

/** Options of `Site.ip`. */
export interface IpSiteOptions {
  /**
   * IPv6 address of the same site. Both sides need one, or neither: otherwise IPv6 clients would stay on the dead side.
   *
   * Checkers probe the IPv4 address only; its verdict moves both.
   *
   * @default - IPv4 only
   */
  readonly ipv6?: string;
}

/** One side of a pair: what its name answers. */
export abstract class Site {
  /**
   * A static public IPv4 address, and at most one IPv6 address.
   *
   * Private, reserved, loopback, multicast and documentation addresses are refused: health checkers cannot reach them.
   */
  public static ip(ipv4: string, options: IpSiteOptions = {}): Site {
    return new IpSite(ipv4, options);
  }

  /** A name that somebody else answers, such as `shop-a.example.net`. The pair's record is a CNAME to it, so not at the apex. */
  public static domainName(name: string): Site {
    return new DomainNameSite(name);
  }

  /**
   * An internet-facing Application or Network Load Balancer, behind a regional name of its own.
   *
   * Its certificate needs both names: users come with the pair's name, checkers with the regional one.
   */
  public static loadBalancer(loadBalancer: elbv2.ILoadBalancerV2, options: LoadBalancerSiteOptions = {}): Site {
    return new LoadBalancerSite(loadBalancer, options);
  }

  /**
   * Checks the site against its pair and says what it renders; undefined when a problem was added.
   *
   * @internal
   */
  public abstract _bind(context: SideContext): BoundSite | undefined;
}

class IpSite extends Site {
  constructor(
    private readonly ipv4: string,
    private readonly options: IpSiteOptions,
  ) {
    super();
  }

  public _bind(context: SideContext): BoundSite | undefined {
    const { ipv6 } = this.options;
    const good = [this.isGood(this.ipv4, 4, context), ipv6 === undefined || this.isGood(ipv6, 6, context)];
    if (good.includes(false)) return undefined;
    const records: (SideRecord & { readonly values: readonly string[] })[] = [{ type: 'A', values: [this.ipv4] }];
    if (ipv6 !== undefined) records.push({ type: 'AAAA', values: [isKnown(ipv6) ? canonicalIpv6(ipv6) : ipv6] });
    return { records, answers: records, endpoint: { mode: 'ip', address: this.ipv4 } };
  }

  private isGood(address: string, version: 4 | 6, { side, regions, problems }: SideContext): boolean {
    if (crossesRegions(address, regions)) {
      problems.add(
        'CrossRegionToken',
        `${side} is an address that is only known at deploy time, and stacks in other Regions need it; give it as plain text`,
      );
      return false;
    }
    const fault = isKnown(address) ? addressFault(address, version) : undefined;
    if (fault === undefined) return true;
    problems.add(
      'SiteAddress',
      `${side} has the address ${shown(address)}, ${fault}; health checkers and users come over the internet; give a public IPv${version} address`,
    );
    return false;
  }
}

class DomainNameSite extends Site {
  constructor(private readonly name: string) {
    super();
  }

  public _bind(context: SideContext): BoundSite | undefined {
    const { side, regions, problems } = context;
    if (crossesRegions(this.name, regions)) {
      problems.add(
        'CrossRegionToken',
        `${side} is a name that is only known at deploy time, and stacks in other Regions need it; give it as plain text, or use Site.loadBalancer with a regionalName`,
      );
      return undefined;
    }
    const name = isKnown(this.name) ? plainName(this.name) : this.name;
    const fault = isKnown(name) ? siteNameFault(name) : undefined;
    if (fault !== undefined) {
      problems.add('SiteName', `${side} is ${shown(this.name)}; ${fault}`);
      return undefined;
    }
    return cnameTo(name);
  }
}

class LoadBalancerSite extends Site {
  constructor(
    private readonly loadBalancer: elbv2.ILoadBalancerV2,
    private readonly options: LoadBalancerSiteOptions,
  ) {
    super();
  }

  public _bind(context: SideContext): BoundSite | undefined {
    const bound = bindLoadBalancer(this.loadBalancer, this.options.regionalName, context);
    if (!bound) return undefined;
    return context.apex ? bound : cnameTo(bound.endpoint.name);
  }
}

const cnameTo = (name: string): BoundSite => ({
  records: [{ type: 'CNAME', values: [name] }],
  answers: [{ type: 'CNAME', values: [name] }],
  endpoint: { mode: 'name', name },
});

function siteNameFault(name: string): string | undefined {
  if (isIP(name)) return 'that is an address; use Site.ip';
  if (name.includes('*')) return 'a wildcard answers nothing by itself; give one name';
  if (isPrivateName(name)) return 'that is a private name, and health checkers are outside every VPC; give a public name';
  const fault = nameFault(name);
  return fault === undefined ? undefined : `${fault}; give a full name such as shop-a.example.net`;
}
