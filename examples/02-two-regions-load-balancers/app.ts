import { App, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ListenerAction,
  ListenerCondition,
  SslPolicy,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { AlertPath, AlertTarget, FailoverDrill, FailoverPair, FailoverRegions, HealthProbe, Site } from 'cdk-failover';
import type { Construct } from 'constructs';

const account = process.env.CDK_DEFAULT_ACCOUNT ?? '111111111111';
const zone = { hostedZoneId: 'Z0123456789ABCDEFGHIJ', zoneName: 'example.com' };

interface ShopProps extends StackProps {
  readonly site: string;
}

/** Stands in for your service: a load balancer that answers by itself. */
class Shop extends Stack {
  public readonly loadBalancer: ApplicationLoadBalancer;

  constructor(scope: Construct, id: string, props: ShopProps) {
    super(scope, id, props);
    const vpc = new Vpc(this, 'Vpc', {
      natGateways: 0,
      subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC }],
    });
    // Both names: users come with the pair's name, checkers with the site's own.
    const certificate = new Certificate(this, 'Certificate', {
      domainName: `shop.${zone.zoneName}`,
      subjectAlternativeNames: [`${props.site}.${zone.zoneName}`],
      validation: CertificateValidation.fromDns(HostedZone.fromHostedZoneAttributes(this, 'Zone', zone)),
    });
    this.loadBalancer = new ApplicationLoadBalancer(this, 'LoadBalancer', { vpc, internetFacing: true });
    const listener = this.loadBalancer.addListener('Https', {
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      certificates: [certificate],
      sslPolicy: SslPolicy.RECOMMENDED_TLS, // TLS 1.2 and 1.3: health checkers do not speak 1.3 alone
      defaultAction: ListenerAction.fixedResponse(404), // unknown paths, the drill's marker path among them
    });
    listener.addAction('Shop', {
      priority: 10,
      conditions: [ListenerCondition.pathPatterns(['/', '/health'])],
      action: ListenerAction.fixedResponse(200, { contentType: 'text/plain', messageBody: props.site }),
    });
  }

  /** Left to CloudFormation, because the CDK would ask the account for them, and synth works without credentials. */
  public override get availabilityZones(): string[] {
    return [0, 1].map((zone) => Fn.select(zone, Fn.getAzs()));
  }
}

export function build(app: App): void {
  const a = new Shop(app, 'ShopA', { env: { account, region: 'eu-west-1' }, site: 'shop-a' });
  const b = new Shop(app, 'ShopB', { env: { account, region: 'eu-central-1' }, site: 'shop-b' });

  // #region pair
  const regions = new FailoverRegions(app, 'Shop', { account, primary: 'eu-west-1', standby: 'eu-central-1', zone });
  const alerts = new AlertPath(app, 'Alerts', {
    regions,
    targets: [AlertTarget.pagerDuty({ secretName: 'pagerduty' }), AlertTarget.email('oncall@example.com')],
  });
  const pair = new FailoverPair(regions.routing, 'App', {
    regions,
    alerts,
    recordName: 'shop',
    primary: Site.loadBalancer(a.loadBalancer, { regionalName: 'shop-a' }),
    standby: Site.loadBalancer(b.loadBalancer, { regionalName: 'shop-b' }),
    health: HealthProbe.https({ failures: 2 }), // a black hole is detected within 30 s too
  });
  new FailoverDrill(regions.standby, 'Drill', {
    pair,
    schedule: ScheduleExpression.cron({ weekDay: 'TUE', hour: '10', minute: '0' }),
  });
  // #endregion
}

if (require.main === module) build(new App());
