import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { BothUnhealthy, FailoverPair, type FailoverPairProps, FailoverRegions, type FailoverZone, Site } from 'cdk-failover';
import { messageOf, warningsOf } from '../said';
import { checksOf, propertiesOf, recordsOf, registrationOf, zone } from './world';

interface Shops {
  readonly regions: FailoverRegions;
  readonly a: elbv2.ApplicationLoadBalancer;
  readonly b: elbv2.NetworkLoadBalancer;
  readonly pair: (props: Partial<FailoverPairProps>, id?: string) => FailoverPair;
}

/** An ALB in the primary Region and an NLB in the standby Region, each in a stack of its own. */
function shops(
  options: { readonly zone?: FailoverZone; readonly internetFacing?: boolean; readonly ipAddressType?: elbv2.IpAddressType } = {},
): Shops {
  const { internetFacing = true, ipAddressType } = options;
  const app = new App();
  const regions = new FailoverRegions(app, 'Shop', { primary: 'eu-west-1', standby: 'eu-central-1', zone: options.zone ?? zone });
  const stackA = new Stack(app, 'ShopA', { env: { region: 'eu-west-1' } });
  const stackB = new Stack(app, 'ShopB', { env: { region: 'eu-central-1' } });
  const vpcOf = (stack: Stack) =>
    Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['a', 'b'],
      publicSubnetIds: ['s1', 's2'],
      privateSubnetIds: ['p1', 'p2'],
    });
  const a = new elbv2.ApplicationLoadBalancer(stackA, 'Alb', { vpc: vpcOf(stackA), internetFacing, ipAddressType });
  const b = new elbv2.NetworkLoadBalancer(stackB, 'Nlb', {
    vpc: vpcOf(stackB),
    internetFacing: true,
    ipAddressType: ipAddressType === elbv2.IpAddressType.DUAL_STACK ? ipAddressType : undefined,
  });
  const pair = (props: Partial<FailoverPairProps>, id = 'App') =>
    new FailoverPair(regions.routing, id, {
      regions,
      primary: Site.loadBalancer(a, { regionalName: 'shop-a' }),
      standby: Site.loadBalancer(b, { regionalName: 'shop-b' }),
      ...props,
    });
  return { regions, a, b, pair };
}

const templateOf = (construct: elbv2.ILoadBalancerV2) => Template.fromStack(Stack.of(construct));
const imported = (scope: Stack, id: string, name = `${id.toLowerCase()}.elb.amazonaws.com`) =>
  elbv2.ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(scope, id, {
    loadBalancerArn: `arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/${id}/0123456789abcdef`,
    securityGroupId: 'sg-1',
    loadBalancerDnsName: name,
    loadBalancerCanonicalHostedZoneId: 'Z32O12XQLNTSW2',
  });

describe('below the apex', () => {
  const { regions, a, b, pair } = shops();
  pair({ recordName: 'shop' });
  const routing = Template.fromStack(regions.routing);

  test('each load balancer gets a regional name in its own stack, which evaluates its health', () => {
    const [id, cfn] = Object.entries(templateOf(a).findResources('AWS::ElasticLoadBalancingV2::LoadBalancer'))[0] ?? [];
    expect(cfn?.Properties.Type).toBe('application');
    expect(propertiesOf(templateOf(a), 'AWS::Route53::RecordSet')).toEqual({
      FailoverNameShopAExampleComA: {
        HostedZoneId: 'Z0123456789ABCDEFGHIJ',
        Name: 'shop-a.example.com.',
        Type: 'A',
        Comment: 'Regional name of a failover site',
        AliasTarget: {
          DNSName: { 'Fn::Join': ['', ['dualstack.', { 'Fn::GetAtt': [id, 'DNSName'] }]] },
          HostedZoneId: { 'Fn::GetAtt': [id, 'CanonicalHostedZoneID'] },
          EvaluateTargetHealth: true,
        },
      },
    });
    expect(Object.keys(propertiesOf(templateOf(b), 'AWS::Route53::RecordSet'))).toEqual(['FailoverNameShopBExampleComA']);
  });

  test("the pair's records are CNAMEs to the regional names, with the pair's ttl", () => {
    expect(recordsOf(routing, 'shop.example.com').map(({ Type, TTL, ResourceRecords }) => [Type, TTL, ResourceRecords])).toEqual([
      ['CNAME', '30', ['shop-a.example.com']],
      ['CNAME', '30', ['shop-b.example.com']],
    ]);
  });

  test('checks use the regional name as host and SNI', () => {
    const check = Object.values(checksOf(routing))[0];
    expect(check).toMatchObject({ FullyQualifiedDomainName: 'shop-a.example.com', EnableSNI: true });
    expect(check).not.toHaveProperty('IPAddress');
  });

  test('regional names are deployed before they are checked', () => {
    expect(regions.routing.dependencies).toEqual(expect.arrayContaining([Stack.of(a), Stack.of(b)]));
  });

  test('the registration holds names only', () => {
    expect(JSON.stringify(propertiesOf(Template.fromStack(regions.standby), 'AWS::SSM::Parameter'))).toContain(
      'shop-a.example.com',
    );
  });
});

test('two pairs share a load balancer and its regional name', () => {
  const { a, pair } = shops();
  pair({ recordName: 'shop' });
  pair({ recordName: 'api' }, 'Api');
  expect(Object.keys(propertiesOf(templateOf(a), 'AWS::Route53::RecordSet'))).toHaveLength(1);
});

describe('at the apex', () => {
  test('records are aliases to the regional ones, evaluate them, and carry the checks', () => {
    const { regions, pair } = shops();
    const made = pair({});
    const records = recordsOf(Template.fromStack(regions.routing), 'example.com');
    expect(
      records.map(({ Type, Failover, AliasTarget, TTL, HealthCheckId }) => ({
        Type,
        Failover,
        AliasTarget,
        TTL,
        check: HealthCheckId?.Ref,
      })),
    ).toEqual(
      [
        ['PRIMARY', 'shop-a', 'FailoverShopAppPrimaryCheckHttps10sByName'],
        ['SECONDARY', 'shop-b', 'FailoverShopAppStandbyCheckHttps10sByName'],
      ].map(([Failover, name, check]) => ({
        Type: 'A',
        Failover,
        AliasTarget: { DNSName: `${name}.example.com`, HostedZoneId: 'Z0123456789ABCDEFGHIJ', EvaluateTargetHealth: true },
        TTL: undefined,
        check,
      })),
    );
    expect(made._registered?.ttlSec).toBe(60);
  });

  test('dual-stack load balancers answer both types', () => {
    const { regions, a, pair } = shops({ ipAddressType: elbv2.IpAddressType.DUAL_STACK });
    pair({});
    expect(recordsOf(Template.fromStack(regions.routing), 'example.com').map(({ Type }) => Type)).toEqual([
      'A',
      'AAAA',
      'A',
      'AAAA',
    ]);
    expect(recordsOf(templateOf(a), 'shop-a.example.com').map(({ Type }) => Type)).toEqual(['A', 'AAAA']);
  });

  test('fails without the id of the zone', () => {
    const { pair } = shops({ zone: { zoneName: 'example.com' } });
    const text =
      '[HostedZoneId] hostedZoneId is not set; the record of a load balancer at the apex example.com is an alias, which needs it; ' +
      'set zone.hostedZoneId (at Shop/Routing/App)';
    expect(messageOf(() => pair({}))).toBe(text);
  });

  test('fails when the standby is to be answered in any case', () => {
    const { pair } = shops();
    expect(messageOf(() => pair({ bothUnhealthy: BothUnhealthy.STANDBY }))).toBe(
      '[AliasNeedsTargetHealth] bothUnhealthy is STANDBY at the apex; a failover alias must evaluate its target, so a standby whose targets are ' +
        'unhealthy is not answered; use a recordName, or BothUnhealthy.PRIMARY with a check on the standby (at Shop/Routing/App)',
    );
  });

  test('fails to be drilled: nobody can tell whose addresses they are', () => {
    const { pair } = shops();
    const made = pair({});
    const drill = () =>
      made._useDrill({ fault: { kind: 'healthCheckPath' }, targets: { detectionSec: 30, switchSec: 60, rtoSec: 120 } });
    expect(messageOf(drill)).toBe(
      '[DrillNeedsAddresses] the pair answers aliases of load balancers at the apex; their addresses change, so a drill cannot tell which side ' +
        'answers; drill a pair with a recordName (at Shop/Routing/App)',
    );
  });

  test('warns that a ttl has no effect', async () => {
    const { Duration } = await import('aws-cdk-lib');
    const { pair } = shops();
    expect(warningsOf(pair({ ttl: Duration.seconds(300) }))).toContain(
      'ttl is set, but aliases of load balancers at the apex have 60 s; leave it out, or use a recordName [ack: cdk-failover:TtlIgnored]',
    );
  });
});

describe('an imported load balancer', () => {
  test('with plain text may be used without a regional name', () => {
    const { regions, a, pair } = shops();
    pair({ recordName: 'shop', primary: Site.loadBalancer(imported(Stack.of(a), 'Old', 'Old-1.eu-west-1.elb.amazonaws.com')) });
    const routing = Template.fromStack(regions.routing);
    expect(recordsOf(routing, 'shop.example.com')[0].ResourceRecords).toEqual(['old-1.eu-west-1.elb.amazonaws.com']);
    expect(registrationOf(Template.fromStack(regions.standby)).primary.probe.host).toBe('old-1.eu-west-1.elb.amazonaws.com');
  });

  test('is an alias of its own at the apex', () => {
    const { regions, a, b, pair } = shops({ zone: { zoneName: 'example.com' } });
    pair({
      primary: Site.loadBalancer(imported(Stack.of(a), 'OldA')),
      standby: Site.loadBalancer(imported(Stack.of(b), 'OldB')),
    });
    expect(recordsOf(Template.fromStack(regions.routing), 'example.com').map(({ AliasTarget }) => AliasTarget)).toEqual([
      { DNSName: 'dualstack.olda.elb.amazonaws.com', HostedZoneId: 'Z32O12XQLNTSW2', EvaluateTargetHealth: true },
      { DNSName: 'dualstack.oldb.elb.amazonaws.com', HostedZoneId: 'Z32O12XQLNTSW2', EvaluateTargetHealth: true },
    ]);
  });
});

describe('fails on', () => {
  const at = ' (at Shop/Routing/App)';

  test('a load balancer of another stack without a regional name', () => {
    const { a, pair } = shops();
    expect(messageOf(() => pair({ recordName: 'shop', primary: Site.loadBalancer(a) }))).toBe(
      '[CrossRegionToken] primary is the load balancer ShopA/Alb, whose DNS name only its own stack knows at deploy time; ' +
        `set regionalName, such as Site.loadBalancer(loadBalancer, { regionalName: 'shop-a' })${at}`,
    );
  });

  test('an internal load balancer', () => {
    const { pair } = shops({ internetFacing: false });
    expect(messageOf(() => pair({ recordName: 'shop' }))).toBe(
      `[InternalLoadBalancer] primary is the internal load balancer ShopA/Alb; health checkers are outside every VPC; use an internet-facing one${at}`,
    );
  });

  test('a load balancer without public IPv4', () => {
    const { pair } = shops({ ipAddressType: elbv2.IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4 });
    expect(messageOf(() => pair({ recordName: 'shop' }))).toBe(
      '[NoPublicIpv4] primary is the load balancer ShopA/Alb without public IPv4; checks by name use IPv4 only; use the address type dualstack' +
        at,
    );
  });

  test.each([
    ['the apex as a regional name', 'example.com', 'is "example.com"; that is the apex of the zone'],
    ['a regional name that is none', 'shop a', 'is "shop a"; its label "shop a" is not 1 to 63 letters, digits, - and _'],
  ])('%s', (_name, regionalName, what) => {
    const { a, pair } = shops();
    expect(messageOf(() => pair({ recordName: 'shop', primary: Site.loadBalancer(a, { regionalName }) }))).toBe(
      `[RegionalName] regionalName of primary ${what}; give a label such as shop-a${at}`,
    );
  });

  test("the pair's own name as a regional name", () => {
    const { a, pair } = shops();
    expect(messageOf(() => pair({ recordName: 'shop', primary: Site.loadBalancer(a, { regionalName: 'shop' }) }))).toBe(
      '[OwnName] primary is "shop.example.com", the name of the pair itself; its check would follow the failover that it decides; ' +
        `give the site a name of its own${at}`,
    );
  });

  test('one regional name for two load balancers', () => {
    const { b, pair } = shops();
    expect(messageOf(() => pair({ recordName: 'shop', standby: Site.loadBalancer(b, { regionalName: 'shop-a' }) }))).toBe(
      `[RegionalName] regionalName of standby is "shop-a.example.com", which another load balancer has; give each its own${at}`,
    );
  });
});
