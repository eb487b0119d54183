import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Beacons, BothUnhealthy, FailoverRegions, HealthProbe, Latch, Site } from 'cdk-failover';
import { checkHealthy } from '../../../lib/decide/route53';
import { chooseFailover } from '../../../lib/decide/route53/answer';
import { messageOf, warningsOf } from '../said';
import { checksOf, pairIn, propertiesOf, recordsOf, registrationOf, type World, world, zone } from './world';

const AT = ' (at Shop/Routing/App)';
const PRIMARY_CHECK = 'FailoverShopAppPrimaryCheckHttps10sByIp';
const STANDBY_CHECK = 'FailoverShopAppStandbyCheckHttps10sByIp';
const latched = { latch: Latch.alarm() };
const ref = (id: string) => ({ Ref: id });

describe('a latched pair', () => {
  let made: World;
  let routing: Template;
  let standby: Template;
  beforeAll(() => {
    made = world(latched);
    routing = Template.fromStack(made.regions.routing);
    standby = Template.fromStack(made.regions.standby);
  });

  test('keeps its alarms frozen: Route 53 holds a copy of each of these values', () => {
    const frozen = (what: string, metric: string) => ({
      AlarmName: `cdk-failover-shop-app-${what}-g1`,
      AlarmDescription: expect.any(String),
      Namespace: 'CdkFailover',
      MetricName: metric,
      Dimensions: [
        { Name: 'ControlSet', Value: 'shop' },
        { Name: 'Pair', Value: 'app' },
      ],
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'missing',
    });
    expect(propertiesOf(standby, 'AWS::CloudWatch::Alarm')).toEqual({
      FailoverShopAppLatchG1: frozen('latch', 'Latch-g1'),
      FailoverShopAppHoldG1: frozen('hold', 'Hold-g1'),
    });
  });

  test('never loses an alarm that a check reads', () => {
    for (const alarm of Object.values(standby.findResources('AWS::CloudWatch::Alarm'))) {
      expect([alarm.DeletionPolicy, alarm.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    }
  });

  test('has six more checks: alarms by plain text and Region, last verdict kept, one level of arithmetic', () => {
    const onAlarm = (what: string, inverted: boolean) => ({
      Type: 'CLOUDWATCH_METRIC',
      AlarmIdentifier: { Name: `cdk-failover-shop-app-${what}-g1`, Region: 'eu-central-1' },
      InsufficientDataHealthStatus: 'LastKnownStatus',
      Inverted: inverted,
    });
    const { [PRIMARY_CHECK]: _a, [STANDBY_CHECK]: _b, ...rest } = checksOf(routing);
    expect(rest).toEqual({
      FailoverShopAppHoldCheck: expect.objectContaining(onAlarm('hold', true)),
      FailoverShopAppNotLatched1Check: expect.objectContaining(onAlarm('latch', false)),
      FailoverShopAppNotLatched2Check: expect.objectContaining(onAlarm('latch', false)),
      FailoverShopAppLatchedCheck: expect.objectContaining(onAlarm('latch', true)),
      FailoverShopAppPrimaryAllowedCheck: expect.objectContaining({
        Type: 'CALCULATED',
        ChildHealthChecks: [
          PRIMARY_CHECK,
          'FailoverShopAppHoldCheck',
          'FailoverShopAppNotLatched1Check',
          'FailoverShopAppNotLatched2Check',
        ].map(ref),
        HealthThreshold: 3,
      }),
      FailoverShopAppStandbyAllowedCheck: expect.objectContaining({
        Type: 'CALCULATED',
        ChildHealthChecks: [STANDBY_CHECK, 'FailoverShopAppLatchedCheck'].map(ref),
        HealthThreshold: 1,
      }),
    });
  });

  test('answers by what is allowed, and alarms and drills still look at the endpoints', () => {
    expect(recordsOf(routing, 'app.example.com').map(({ HealthCheckId }) => HealthCheckId)).toEqual(
      ['FailoverShopAppPrimaryAllowedCheck', 'FailoverShopAppStandbyAllowedCheck'].map(ref),
    );
    expect(recordsOf(routing, '_primary._failover.app.example.com')[0].HealthCheckId).toEqual(ref(PRIMARY_CHECK));
    routing.hasResourceProperties('AWS::SSM::Parameter', {
      Value: { 'Fn::Join': ['', ['{"primary":"', ref(PRIMARY_CHECK), '","standby":"', ref(STANDBY_CHECK), '"}']] },
    });
  });

  test('shows latch and permissions in beacons', () => {
    const pair = (name: string, id: string) => {
      const shared = { Name: `${name}._failover.app.example.com.`, Type: 'TXT', TTL: '1' };
      const up = { Failover: 'PRIMARY', SetIdentifier: 'healthy', ResourceRecords: ['"healthy"'], HealthCheckId: ref(id) };
      const down = { Failover: 'SECONDARY', SetIdentifier: 'unhealthy', ResourceRecords: ['"unhealthy"'] };
      return [
        { ...shared, ...up },
        { ...shared, ...down },
      ];
    };
    expect(propertiesOf(routing, 'AWS::Route53::RecordSetGroup')).toEqual({
      FailoverShopAppLatchBeacons: {
        HostedZoneId: 'Z0123456789ABCDEFGHIJ',
        RecordSets: [
          ...pair('_latch', 'FailoverShopAppNotLatched1Check'),
          ...pair('_allowed-primary', 'FailoverShopAppPrimaryAllowedCheck'),
          ...pair('_allowed-standby', 'FailoverShopAppStandbyAllowedCheck'),
        ],
      },
    });
  });

  test('tells prober, keeper and controller by plain text', () => {
    const settings = {
      metric: 'Latch-g1',
      holdMetric: 'Hold-g1',
      generation: 1,
      beacons: {
        latch: '_latch._failover.app.example.com',
        primaryAllowed: '_allowed-primary._failover.app.example.com',
        standbyAllowed: '_allowed-standby._failover.app.example.com',
      },
    };
    expect(registrationOf(standby).latch).toEqual({ ...settings, region: 'eu-central-1' });
    expect(made.pair._useLatch()).toEqual(settings);
  });

  test('gives every check a name for the person on call', () => {
    const names = Object.values(propertiesOf(routing, 'AWS::Route53::HealthCheck')).map(({ HealthCheckTags }) => [
      HealthCheckTags[0].Key,
      HealthCheckTags[0].Value,
    ]);
    expect(names.map(([, value]) => value).sort()).toEqual([
      'app hold',
      'app latched',
      'app not latched 1',
      'app not latched 2',
      'app primary',
      'app primary allowed',
      'app standby',
      'app standby allowed',
    ]);
  });

  test('adds 2 alarms to the standby and 7 resources to routing', () => {
    const plain = world().regions;
    const count = (template: Template) => Object.keys(template.toJSON().Resources).length;
    expect(count(standby) - count(Template.fromStack(plain.standby))).toBe(2);
    expect(count(routing) - count(Template.fromStack(plain.routing))).toBe(7);
  });

  test('lets no value cross a Region, and deploys the alarms before the checks that read them', () => {
    const text = JSON.stringify([routing.toJSON(), standby.toJSON()]);
    expect(text).not.toMatch(/CrossRegionExport|Fn::GetStackOutput|Fn::ImportValue|"Export":/);
    expect(made.regions.routing.dependencies).toContain(made.regions.standby);
  });

  test('counts its checks against the quota of the account', () => {
    const { regions } = made;
    regions._pairs.countChecks(regions, 191);
    const next = pairIn(regions, 'Next', { recordName: 'next' });
    expect(warningsOf(next).filter((text) => text.includes('ManyChecks'))).toEqual([
      expect.stringContaining('the app has 201 health checks with this pair'),
    ]);
  });
});

describe('Route 53, reading the rendered checks and records,', () => {
  interface Facts {
    readonly a: boolean;
    readonly b: boolean;
    readonly latch: boolean;
    readonly hold: boolean;
  }
  const ALL: readonly Facts[] = Array.from({ length: 16 }, (_, n) => ({
    a: (n & 1) === 1,
    b: (n & 2) === 2,
    latch: (n & 4) === 4,
    hold: (n & 8) === 8,
  }));

  /** Health of every check, by Route 53's rules. */
  function healthOf(routing: Template, facts: Facts): (id: string) => boolean {
    const all = checksOf(routing);
    const statusOf = (id: string): boolean => {
      const { Type, Inverted, AlarmIdentifier, ChildHealthChecks, HealthThreshold } = all[id];
      if (Type === 'CALCULATED')
        return ChildHealthChecks.filter((child: { Ref: string }) => statusOf(child.Ref)).length >= HealthThreshold;
      if (Type !== 'CLOUDWATCH_METRIC') return id === PRIMARY_CHECK ? facts.a : facts.b;
      return checkHealthy(!(AlarmIdentifier.Name.includes('-latch-') ? facts.latch : facts.hold), { inverted: Inverted });
    };
    return statusOf;
  }

  const rules = [BothUnhealthy.PRIMARY, BothUnhealthy.STANDBY].map((bothUnhealthy) =>
    Template.fromStack(world({ ...latched, bothUnhealthy }).regions.routing),
  ) as [Template, Template];

  function answers(routing: Template, facts: Facts): unknown {
    const health = healthOf(routing, facts);
    const [primary, standby] = recordsOf(routing, 'app.example.com');
    return chooseFailover(primary, standby, (record) => record.HealthCheckId === undefined || health(record.HealthCheckId.Ref))
      .SetIdentifier;
  }

  test.each(ALL)('never answers a primary that is latched out, and otherwise as documented: %p', (facts) => {
    const { a, b, latch, hold } = facts;
    const byHealth = (bothDown: string) => (a || hold ? 'primary' : b ? 'standby' : bothDown);
    expect(answers(rules[0], facts)).toBe(latch ? 'standby' : byHealth('primary'));
    expect(answers(rules[1], facts)).toBe(latch ? 'standby' : byHealth('standby'));
  });
});

describe('the same templates', () => {
  const templates = ({ regions }: World) =>
    [regions.routing, regions.standby].map((stack) => JSON.stringify(Template.fromStack(stack).toJSON()));

  test('come before and after a promotion: who is primary now stands in no template', () => {
    expect(templates(world(latched))).toEqual(templates(world(latched)));
    expect(templates(world(latched)).join()).not.toMatch(/epoch|active|writer/i);
  });

  test('come from a latch of the user and from one that a database needs', () => {
    const bound = world();
    bound.pair._useLatch();
    expect(templates(bound)).toEqual(templates(world(latched)));
  });

  test('come with Latch.none() and with nothing said, as long as no database is bound', () => {
    expect(templates(world({ latch: Latch.none() }))).toEqual(templates(world()));
  });

  test('move no check when the generation changes: only the alarm that it reads', () => {
    const idsOf = (generation: number) =>
      Object.keys(checksOf(Template.fromStack(world({ latch: Latch.alarm({ generation }) }).regions.routing)));
    expect(idsOf(2)).toEqual(idsOf(1));
    const { regions } = world({ latch: Latch.alarm({ generation: 2 }) });
    expect(Object.keys(propertiesOf(Template.fromStack(regions.standby), 'AWS::CloudWatch::Alarm'))).toEqual([
      'FailoverShopAppLatchG2',
      'FailoverShopAppHoldG2',
    ]);
    expect(checksOf(Template.fromStack(regions.routing)).FailoverShopAppLatchedCheck.AlarmIdentifier.Name).toBe(
      'cdk-failover-shop-app-latch-g2',
    );
  });

  test('keep the checks of an unlatched pair when a latch comes', () => {
    const ids = (world: World) => Object.keys(checksOf(Template.fromStack(world.regions.routing)));
    expect(ids(world(latched))).toEqual(expect.arrayContaining(ids(world())));
  });
});

describe('shapes of latched pairs', () => {
  test('one stack: the checks wait for their alarms', () => {
    const { regions } = world(latched, { primary: 'us-east-1', standby: 'us-east-1' });
    const checks = Template.fromStack(regions.standby).findResources('AWS::Route53::HealthCheck');
    const waits = Object.entries(checks).map(([id, check]) => [id.replace('FailoverShopApp', ''), check.DependsOn]);
    expect(Object.fromEntries(waits)).toMatchObject({
      HoldCheck: ['FailoverShopAppHoldG1'],
      NotLatched1Check: ['FailoverShopAppLatchG1'],
      NotLatched2Check: ['FailoverShopAppLatchG1'],
      LatchedCheck: ['FailoverShopAppLatchG1'],
    });
  });

  test('BothUnhealthy.STANDBY: the standby is answered without a check, latched or not', () => {
    const { regions } = world({ ...latched, bothUnhealthy: BothUnhealthy.STANDBY });
    const [primary, standby] = recordsOf(Template.fromStack(regions.routing), 'app.example.com');
    expect(primary.HealthCheckId).toEqual(ref('FailoverShopAppPrimaryAllowedCheck'));
    expect(standby).not.toHaveProperty('HealthCheckId');
  });

  test('dual stack: every record of a side is on the same permission', () => {
    const { regions } = world({
      ...latched,
      primary: Site.ip('1.2.3.4', { ipv6: '2600:1f18::1' }),
      standby: Site.ip('5.6.7.8', { ipv6: '2a05:d018::1' }),
    });
    expect(recordsOf(Template.fromStack(regions.routing), 'app.example.com').map((r) => r.HealthCheckId.Ref)).toEqual([
      'FailoverShopAppPrimaryAllowedCheck',
      'FailoverShopAppPrimaryAllowedCheck',
      'FailoverShopAppStandbyAllowedCheck',
      'FailoverShopAppStandbyAllowedCheck',
    ]);
  });

  test('a label hides its beacons too', () => {
    const { regions } = world({ ...latched, beacons: Beacons.labelled('k7x2') });
    const routing = Template.fromStack(regions.routing);
    const records = Object.values(propertiesOf(routing, 'AWS::Route53::RecordSet'));
    const groups = Object.values(propertiesOf(routing, 'AWS::Route53::RecordSetGroup')).flatMap(({ RecordSets }) => RecordSets);
    const names = [...records, ...groups].map(({ Name }): string => Name);
    expect(names.filter((name) => name.includes('-k7x2.'))).toHaveLength(10);
    expect(names.filter((name) => name.includes('_failover') && !name.includes('-k7x2.'))).toEqual([]);
  });

  test('a zone that is known by name only is found by its name', () => {
    const { regions } = world(latched, { zone: { zoneName: 'example.com' } });
    const [group] = Object.values(propertiesOf(Template.fromStack(regions.routing), 'AWS::Route53::RecordSetGroup'));
    expect([group.HostedZoneName, group.HostedZoneId]).toEqual(['example.com.', undefined]);
  });

  const balanced = (recordName?: string) => {
    const app = new App();
    const regions = new FailoverRegions(app, 'Shop', { primary: 'eu-west-1', standby: 'eu-central-1', zone });
    const balancer = (region: string) =>
      elbv2.ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(new Stack(app, region, { env: { region } }), 'Alb', {
        loadBalancerArn: `arn:aws:elasticloadbalancing:${region}:111111111111:loadbalancer/app/web/1`,
        securityGroupId: 'sg-1',
        loadBalancerDnsName: `web.${region}.elb.amazonaws.com`,
        loadBalancerCanonicalHostedZoneId: 'Z1',
      });
    const sites = { primary: Site.loadBalancer(balancer('eu-west-1')), standby: Site.loadBalancer(balancer('eu-central-1')) };
    return { regions, pair: pairIn(regions, 'App', { ...latched, recordName, ...sites }) };
  };

  test('load balancers below the apex: CNAMEs, so no target overrides the latch', () => {
    const { regions, pair } = balanced('app');
    const text = JSON.stringify(recordsOf(Template.fromStack(regions.routing), 'app.example.com'));
    expect(text).not.toContain('EvaluateTargetHealth');
    expect(warningsOf(pair).filter((warning) => warning.includes('Latch'))).toEqual([]);
  });

  test('load balancers at the apex warn', () => {
    expect(warningsOf(balanced().pair).filter((warning) => warning.includes('Latch'))).toEqual([
      'the pair answers aliases of load balancers at the apex, and Route 53 evaluates their targets: a standby whose targets are all ' +
        'unhealthy is not answered, so users would get the primary although it is latched out; use a recordName [ack: cdk-failover:LatchAtApex]',
    ]);
  });
});

describe('fails', () => {
  const NO_BEACONS =
    '[BeaconsNeeded] beacons is Beacons.none(); whoever latches the primary out sees in them that it is; ' +
    `use Beacons.open(), or Beacons.labelled with a random label${AT}`;
  const NO_CHECK =
    '[LatchNeedsStandbyCheck] standbyHealth is HealthProbe.none() and the pair has a latch; whoever latches waits until the standby is healthy, ' +
    `and without a check nobody knows; give the standby https, http or tcp${AT}`;
  const wrong = { beacons: Beacons.none(), standbyHealth: HealthProbe.none() };

  test('on everything that a latch lacks, at once', () => {
    expect(messageOf(() => world({ ...wrong, latch: Latch.alarm({ generation: 0 }) }))).toBe(
      '[LatchGeneration] latch has the generation 0; it is part of frozen names and takes whole numbers from 1 to 999; ' +
        `leave it out for 1${AT}\n${NO_BEACONS}\n${NO_CHECK}`,
    );
  });

  test('on the same when a database brings the latch', () => {
    const { pair } = world(wrong);
    expect(messageOf(() => pair._useLatch())).toBe(`${NO_BEACONS}\n${NO_CHECK}`);
  });

  test('on a name that leaves no room for the beacons', () => {
    const label = 'a'.repeat(60);
    const recordName = `${label}.${label}.${label}`;
    expect(messageOf(() => world({ recordName }))).toBe('nothing was thrown');
    expect(messageOf(() => world({ ...latched, recordName }))).toBe(
      `[RecordName] recordName is "${recordName}.example.com" and it has 194 characters, at most 193 beside the beacons of its latch; ` +
        `give a shorter name${AT}`,
    );
  });

  test('on a database where the user wants no latch', () => {
    expect(messageOf(() => world({ latch: Latch.none() }).pair._useLatch())).toBe(
      '[LatchNeeded] latch is Latch.none(), but a database that is promoted is bound to the pair; a rebooted primary would get its users ' +
        `back beside a new writer; leave latch out${AT}`,
    );
  });
});
