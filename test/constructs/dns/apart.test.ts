import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { DatabaseInstance } from 'aws-cdk-lib/aws-rds';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  AlertPath,
  AlertTarget,
  FailoverPair,
  FailoverRegions,
  LagSource,
  ReplicaEngine,
  ReplicationLagAlarms,
  Site,
} from 'cdk-failover';
import { zone } from './world';

/** Everything in a template that its own stack cannot give. */
function needsOf(template: {
  readonly Resources?: Record<string, { Type: string }>;
  readonly Parameters?: Record<string, unknown>;
}): string[] {
  const own = new Set([...Object.keys(template.Resources ?? {}), ...Object.keys(template.Parameters ?? {})]);
  const needs: string[] = Object.values(template.Resources ?? {})
    .map(({ Type }) => Type)
    .filter((type) => /CrossRegionExport(Reader|Writer)/.test(type));
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'Fn::ImportValue' || key === 'Fn::GetStackOutput') needs.push(key);
      if (key === 'Ref' && typeof value === 'string' && !value.startsWith('AWS::') && !own.has(value)) needs.push(value);
      if (key === 'Fn::GetAtt' && Array.isArray(value) && !own.has(value[0])) needs.push(value[0]);
      walk(value);
    }
  };
  walk(template);
  return needs;
}

/** The whole house in three Regions: load balancers, addresses, alerts and lag. */
function build() {
  const app = new App();
  const regions = new FailoverRegions(app, 'Shop', { primary: 'eu-west-1', standby: 'eu-central-1', zone });
  const alerts = new AlertPath(regions, 'Alerts', {
    targets: [AlertTarget.pagerDuty({ secretName: 'pagerduty' }), AlertTarget.email('oncall@example.com')],
  });
  const loadBalancerIn = (stack: Stack) =>
    new ApplicationLoadBalancer(stack, 'Alb', {
      vpc: Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a', 'b'], publicSubnetIds: ['s1', 's2'] }),
      internetFacing: true,
    });
  new FailoverPair(regions.routing, 'Web', {
    regions,
    alerts,
    recordName: 'web',
    primary: Site.loadBalancer(loadBalancerIn(regions.primary), { regionalName: 'web-a' }),
    standby: Site.loadBalancer(loadBalancerIn(regions.standby), { regionalName: 'web-b' }),
  });
  new FailoverPair(regions.routing, 'Api', {
    regions,
    alerts,
    recordName: 'api',
    primary: Site.ip('1.2.3.4'),
    standby: Site.ip('5.6.7.8'),
  });
  const replica = DatabaseInstance.fromDatabaseInstanceAttributes(regions.standby, 'Replica', {
    instanceIdentifier: 'shop-b1',
    instanceEndpointAddress: 'shop-b1.example.net',
    port: 5432,
    securityGroups: [],
  });
  const source = LagSource.rdsReplica(replica, { engine: ReplicaEngine.POSTGRESQL, writerHeartbeat: Duration.seconds(10) });
  new ReplicationLagAlarms(regions.standby, 'Lag', { source, alerts });
  return { app, regions };
}

describe('every stack stands alone', () => {
  const { app, regions } = build();
  const stacks = [regions.primary, regions.standby, regions.routing];
  app.synth();
  const templates = stacks.map((stack) => [stack.stackName, stack.region, Template.fromStack(stack).toJSON()] as const);

  test.each(templates)('%s in %s needs nothing of another stack', (_name, _region, template) => {
    expect(needsOf(template)).toEqual([]);
  });

  test.each(templates)(
    '%s in %s names no Region but its own, us-east-1 and the checkers, outside the registration',
    (_name, region, template) => {
      const text = JSON.stringify(template.Resources, (key, value) =>
        key === 'Description' || key === 'AlarmDescription' ? undefined : value,
      );
      const named = new Set(text.match(/\b(eu-west-1|eu-central-1)\b/g) ?? []);
      expect([...named].filter((one) => one !== region)).toEqual([]);
    },
  );

  test.each(templates)('alarms of %s in %s notify topics of their own stack', (_name, _region, template) => {
    const alarms = Object.values(
      template.Resources as Record<string, { Type: string; Properties: Record<string, unknown> }>,
    ).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
    for (const { Properties } of alarms) {
      for (const action of [...((Properties.AlarmActions ?? []) as unknown[]), ...((Properties.OKActions ?? []) as unknown[])]) {
        const topic = (action as { Ref: string }).Ref;
        expect(template.Resources[topic]?.Type).toBe('AWS::SNS::Topic');
      }
      if (String(Properties.AlarmName).startsWith('cdk-failover-shop-')) {
        expect(Properties.AlarmActions).toHaveLength(1);
        expect(Properties.OKActions).toHaveLength(1);
      }
    }
    if (template.Resources && _name !== 'shop-primary') expect(alarms.length).toBeGreaterThan(0);
  });

  test('and the order of deployment is only standby and load balancers before routing', () => {
    expect(regions.routing.dependencies.map(({ stackName }) => stackName).sort()).toEqual(['shop-primary', 'shop-standby']);
    expect([...regions.standby.dependencies, ...regions.primary.dependencies]).toEqual([]);
  });
});

test('what looks for needs finds a value that crosses Regions', () => {
  const app = new App();
  const a = new Stack(app, 'A', { env: { region: 'eu-west-1', account: '111111111111' }, crossRegionReferences: true });
  const b = new Stack(app, 'B', { env: { region: 'eu-central-1', account: '111111111111' }, crossRegionReferences: true });
  new CfnOutput(b, 'Crossed', { value: new Bucket(a, 'Bucket').bucketName });
  app.synth();
  expect(needsOf(Template.fromStack(b).toJSON())).toContain('Custom::CrossRegionExportReader');
});

test('what looks for needs finds an export of the same Region', () => {
  const app = new App();
  const [a, b] = ['A', 'B'].map((id) => new Stack(app, id, { env: { region: 'eu-west-1', account: '111111111111' } })) as [
    Stack,
    Stack,
  ];
  new CfnOutput(b, 'Shared', { value: new Bucket(a, 'Bucket').bucketName });
  app.synth();
  expect(needsOf(Template.fromStack(b).toJSON())).toEqual(['Fn::ImportValue']);
});
