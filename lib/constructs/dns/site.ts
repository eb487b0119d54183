import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';

/** Options of `Site.loadBalancer`. */
export interface LoadBalancerSiteOptions {
  /**
   * Label of the site's regional name, such as `shop-a` for `shop-a.example.com`. An alias record with this name is made
   * in the load balancer's own stack; the pair's record is a CNAME to it.
   */
  readonly regionalName: string;
}

/** Options of `Site.ip`. */
export interface IpSiteOptions {
  /** IPv6 address of the same site. Both sides need one, or neither. @default - IPv4 only */
  readonly ipv6?: string;
}

/** One side of a pair: what its name answers. */
export abstract class Site {
  /** A static public IPv4 address, and at most one IPv6 address. */
  public static ip(ipv4: string, options?: IpSiteOptions): Site {
    return new IpSite(ipv4, options);
  }

  /** A name that somebody else answers, such as `shop-a.example.net`. The pair's record is a CNAME to it. */
  public static domainName(name: string): Site {
    return new DomainNameSite(name);
  }

  /** An Application or Network Load Balancer, behind a regional name of its own. */
  public static loadBalancer(loadBalancer: elbv2.ILoadBalancerV2, options: LoadBalancerSiteOptions): Site {
    return new LoadBalancerSite(loadBalancer, options);
  }
}

class IpSite extends Site {
  constructor(
    readonly ipv4: string,
    readonly options?: IpSiteOptions,
  ) {
    super();
  }
}
class DomainNameSite extends Site {
  constructor(readonly name: string) {
    super();
  }
}
class LoadBalancerSite extends Site {
  constructor(
    readonly loadBalancer: elbv2.ILoadBalancerV2,
    readonly options: LoadBalancerSiteOptions,
  ) {
    super();
  }
}
