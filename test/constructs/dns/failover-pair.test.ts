import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import {
  type AddAlarmOptions,
  AlertPath,
  AlertTarget,
  Beacons,
  BothUnhealthy,
  FailoverPair,
  FailoverRegions,
  HealthProbe,
  PairSide,
  Site,
} from 'cdk-failover';
import { warningsOf } from '../said';
import { checksOf, pairIn, propertiesOf, recordsOf, registrationOf, type World, world } from './world';

const PRIMARY_CHECK = 'FailoverShopAppPrimaryCheckHttps10sByIp';
const STANDBY_CHECK = 'FailoverShopAppStandbyCheckHttps10sByIp';

describe('two addresses, nothing else said', () => {
  let made: World;
  let routing: Template;
  let standby: Template;
  beforeAll(() => {
    made = world();
    routing = Template.fromStack(made.regions.routing);
    standby = Template.fromStack(made.regions.standby);
  });

  test('the documented defaults of the probe are the rendered ones: HTTPS /health on 443, 10 s x 3, SNI, all checker Regions', () => {
    expect(checksOf(routing)).toEqual({
      [PRIMARY_CHECK]: {
        Type: 'HTTPS',
        IPAddress: '1.2.3.4',
        FullyQualifiedDomainName: 'app.example.com',
        EnableSNI: true,
        Port: 443,
        ResourcePath: '/health',
        RequestInterval: 10,
        FailureThreshold: 3,
        Inverted: false,
        MeasureLatency: false,
      },
      [STANDBY_CHECK]: expect.objectContaining({ IPAddress: '5.6.7.8', FullyQualifiedDomainName: 'app.example.com' }),
    });
  });

  test('the documented default ttl and both-unhealthy rule are the rendered ones: 30 s, and a check on both records', () => {
    const shared = { HostedZoneId: 'Z0123456789ABCDEFGHIJ', Name: 'app.example.com.', Type: 'A', TTL: '30' };
    expect(recordsOf(routing, 'app.example.com')).toEqual([
      {
        ...shared,
        Failover: 'PRIMARY',
        SetIdentifier: 'primary',
        ResourceRecords: ['1.2.3.4'],
        HealthCheckId: { Ref: PRIMARY_CHECK },
      },
      {
        ...shared,
        Failover: 'SECONDARY',
        SetIdentifier: 'standby',
        ResourceRecords: ['5.6.7.8'],
        HealthCheckId: { Ref: STANDBY_CHECK },
      },
    ]);
  });

  test('the documented default beacons are the rendered ones: open names, TTL 1 s, on the same checks', () => {
    for (const [side, check] of [['primary', PRIMARY_CHECK] as const, ['standby', STANDBY_CHECK] as const]) {
      const shared = {
        HostedZoneId: 'Z0123456789ABCDEFGHIJ',
        Name: `_${side}._failover.app.example.com.`,
        Type: 'TXT',
        TTL: '1',
      };
      expect(recordsOf(routing, `_${side}._failover.app.example.com`)).toEqual([
        {
          ...shared,
          Failover: 'PRIMARY',
          SetIdentifier: 'healthy',
          ResourceRecords: ['"healthy"'],
          HealthCheckId: { Ref: check },
        },
        { ...shared, Failover: 'SECONDARY', SetIdentifier: 'unhealthy', ResourceRecords: ['"unhealthy"'] },
      ]);
    }
  });

  test('every check has a name for the person on call', () => {
    const names = Object.values(propertiesOf(routing, 'AWS::Route53::HealthCheck')).map(({ HealthCheckTags }) => HealthCheckTags);
    expect(names).toEqual([[{ Key: 'Name', Value: 'app primary' }], [{ Key: 'Name', Value: 'app standby' }]]);
  });

  test('an unhealthy side alarms at the first datapoint, and no data is no health', () => {
    const alarms = Object.values(propertiesOf(routing, 'AWS::CloudWatch::Alarm'));
    const shared = {
      Namespace: 'AWS/Route53',
      MetricName: 'HealthCheckStatus',
      Statistic: 'Minimum',
      Period: 60,
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      EvaluationPeriods: 1,
      TreatMissingData: 'breaching',
    };
    expect(alarms).toContainEqual({
      ...shared,
      AlarmName: 'cdk-failover-shop-app-primary-health',
      AlarmDescription: 'Route 53 calls the primary of app.example.com unhealthy, or has no data about it.',
      Dimensions: [{ Name: 'HealthCheckId', Value: { Ref: PRIMARY_CHECK } }],
    });
    expect(alarms).toContainEqual(
      expect.objectContaining({
        ...shared,
        AlarmName: 'cdk-failover-shop-app-standby-health',
        Dimensions: [{ Name: 'HealthCheckId', Value: { Ref: STANDBY_CHECK } }],
      }),
    );
  });

  test('less than three quarters of the checkers in three minutes is an early warning', () => {
    expect(Object.values(propertiesOf(routing, 'AWS::CloudWatch::Alarm'))).toContainEqual({
      AlarmName: 'cdk-failover-shop-app-primary-reach',
      AlarmDescription: "Less than 75 % of Route 53's checkers reach the primary of app.example.com; it turns unhealthy at 18 %.",
      Namespace: 'AWS/Route53',
      MetricName: 'HealthCheckPercentageHealthy',
      Dimensions: [{ Name: 'HealthCheckId', Value: { Ref: PRIMARY_CHECK } }],
      Statistic: 'Average',
      Period: 60,
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 75,
      EvaluationPeriods: 3,
      TreatMissingData: 'ignore',
    });
  });

  test('the ids of the checks stay in routing, in a parameter', () => {
    routing.hasResourceProperties('AWS::SSM::Parameter', {
      Name: '/cdk-failover/shop/app/checks',
      Value: { 'Fn::Join': ['', ['{"primary":"', { Ref: PRIMARY_CHECK }, '","standby":"', { Ref: STANDBY_CHECK }, '"}']] },
    });
  });

  test('the standby Region knows the whole pair by plain text', () => {
    const probe = { protocol: 'https', port: 443, host: 'app.example.com', path: '/health' };
    const alarm = (what: string, inDrill: boolean) => ({
      name: `cdk-failover-shop-app-${what}`,
      region: 'us-east-1',
      inDrill,
      blocksDrill: !inDrill,
    });
    expect(registrationOf(standby)).toEqual({
      schema: 'cdk-failover.registration/1',
      pair: 'app',
      namespace: 'shop',
      recordName: 'app.example.com',
      zoneName: 'example.com',
      ttlSec: 30,
      primary: { site: 'primary', answers: [{ type: 'A', values: ['1.2.3.4'] }], probe: { ...probe, connect: '1.2.3.4' } },
      standby: { site: 'standby', answers: [{ type: 'A', values: ['5.6.7.8'] }], probe: { ...probe, connect: '5.6.7.8' } },
      beacons: { primary: '_primary._failover.app.example.com', standby: '_standby._failover.app.example.com' },
      checksParameter: '/cdk-failover/shop/app/checks',
      alarms: [alarm('primary-health', true), alarm('primary-reach', true), alarm('standby-health', false)],
    });
  });

  test('nothing but registration is made in the standby Region, and nothing in the primary', () => {
    expect(Object.keys(standby.toJSON().Resources)).toEqual(['FailoverShopAppRegistration']);
    expect(made.regions.node.tryFindChild('Primary')).toBeUndefined();
  });

  test('says that nobody is told, and that 10 s x 3 is no 30 s', () => {
    expect(warningsOf(made.pair)).toEqual([
      'nobody is told when a side of app.example.com fails; set alerts [ack: cdk-failover:NoAlerts]',
      expect.stringMatching(/^pair app: detection 30 s is missed at worst: .* \[ack: cdk-failover:BudgetAtRisk\]$/),
    ]);
  });

  test('tells its names', () => {
    const { pair, regions } = made;
    expect([pair.pairName, pair.recordFqdn, pair.regions, pair.alerts]).toEqual(['app', 'app.example.com', regions, undefined]);
  });

  test('metrics are read where Route 53 publishes them, once a minute', () => {
    const { pair, regions } = made;
    const shown = (metric: cloudwatch.Metric) => {
      const { namespace, metricName, dimensions, statistic, period, region } = metric;
      return [namespace, metricName, regions.routing.resolve(dimensions), statistic, period.toSeconds(), region];
    };
    const of = (id: string) => ({ HealthCheckId: { Ref: id } });
    expect(shown(pair.metricPrimaryHealth())).toEqual([
      'AWS/Route53',
      'HealthCheckStatus',
      of(PRIMARY_CHECK),
      'Minimum',
      60,
      'us-east-1',
    ]);
    expect(shown(pair.metricStandbyHealth({ period: Duration.minutes(5) }))).toEqual([
      'AWS/Route53',
      'HealthCheckStatus',
      of(STANDBY_CHECK),
      'Minimum',
      300,
      'us-east-1',
    ]);
    expect(shown(pair.metricPrimaryPercentageHealthy())).toEqual([
      'AWS/Route53',
      'HealthCheckPercentageHealthy',
      of(PRIMARY_CHECK),
      'Average',
      60,
      'us-east-1',
    ]);
    expect(shown(pair.metricCertificateDaysLeft(PairSide.STANDBY))).toEqual([
      'CdkFailover',
      'CertificateDaysLeft',
      { ControlSet: 'shop', Pair: 'app', Site: 'standby' },
      'Minimum',
      86_400,
      'eu-central-1',
    ]);
  });
});

describe('records', () => {
  test('name the zone by its name when its id is not known, without a lookup', () => {
    const { regions } = world({}, { zone: { zoneName: 'example.com' } });
    const records = Object.values(propertiesOf(Template.fromStack(regions.routing), 'AWS::Route53::RecordSet'));
    expect(records).toHaveLength(6);
    for (const record of records) {
      expect(record.HostedZoneName).toBe('example.com.');
      expect(record).not.toHaveProperty('HostedZoneId');
    }
  });

  test('of dual-stack sites come in both types, on the check of the IPv4 address', () => {
    const { regions } = world({
      primary: Site.ip('1.2.3.4', { ipv6: '2600:1f18::1' }),
      standby: Site.ip('5.6.7.8', { ipv6: '2A05:D018:0:0::1' }),
    });
    const routing = Template.fromStack(regions.routing);
    const records = recordsOf(routing, 'app.example.com');
    expect(
      records.map(({ Type, Failover, ResourceRecords, HealthCheckId }) => [Type, Failover, ResourceRecords, HealthCheckId.Ref]),
    ).toEqual([
      ['A', 'PRIMARY', ['1.2.3.4'], PRIMARY_CHECK],
      ['AAAA', 'PRIMARY', ['2600:1f18::1'], PRIMARY_CHECK],
      ['A', 'SECONDARY', ['5.6.7.8'], STANDBY_CHECK],
      ['AAAA', 'SECONDARY', ['2a05:d018::1'], STANDBY_CHECK],
    ]);
  });

  test('of named sites are CNAMEs, and their checks resolve and ask for the site itself', () => {
    const { regions } = world({ primary: Site.domainName('A.example.net.'), standby: Site.domainName('b.example.net') });
    const routing = Template.fromStack(regions.routing);
    expect(recordsOf(routing, 'app.example.com').map(({ Type, TTL, ResourceRecords }) => [Type, TTL, ResourceRecords])).toEqual([
      ['CNAME', '30', ['a.example.net']],
      ['CNAME', '30', ['b.example.net']],
    ]);
    const { FailoverShopAppPrimaryCheckHttps10sByName: check } = checksOf(routing);
    expect(check).toMatchObject({ FullyQualifiedDomainName: 'a.example.net', EnableSNI: true });
    expect(check).not.toHaveProperty('IPAddress');
    expect(registrationOf(Template.fromStack(regions.standby)).primary).toEqual({
      site: 'primary',
      answers: [{ type: 'CNAME', values: ['a.example.net'] }],
      probe: { protocol: 'https', connect: 'a.example.net', port: 443, host: 'a.example.net', path: '/health' },
    });
  });

  test('may stand at the apex, for addresses', () => {
    const { regions, pair } = world({ recordName: undefined });
    expect(pair.recordFqdn).toBe('example.com');
    expect(recordsOf(Template.fromStack(regions.routing), 'example.com').map(({ Type }) => Type)).toEqual(['A', 'A']);
  });

  test.each(['app', 'APP', 'app.example.com', 'app.example.com.'])('of %s have the same name', (recordName) => {
    expect(world({ recordName }).pair.recordFqdn).toBe('app.example.com');
  });

  test('with BothUnhealthy.STANDBY leave the standby without a check, which still feeds beacon and alarm', () => {
    const { regions } = world({ bothUnhealthy: BothUnhealthy.STANDBY });
    const routing = Template.fromStack(regions.routing);
    const [primary, standby] = recordsOf(routing, 'app.example.com');
    expect(primary.HealthCheckId).toEqual({ Ref: PRIMARY_CHECK });
    expect(standby).not.toHaveProperty('HealthCheckId');
    expect(recordsOf(routing, '_standby._failover.app.example.com')[0].HealthCheckId).toEqual({ Ref: STANDBY_CHECK });
    routing.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: 'cdk-failover-shop-app-standby-health' });
  });
});

describe('probes', () => {
  const configOf = (health: HealthProbe) => Object.values(checksOf(Template.fromStack(world({ health }).regions.routing)))[0];

  test('the documented defaults of HTTP and TCP are the rendered ones', () => {
    expect(configOf(HealthProbe.http())).toMatchObject({
      Type: 'HTTP',
      Port: 80,
      ResourcePath: '/health',
      RequestInterval: 10,
      FailureThreshold: 3,
    });
    const tcp = configOf(HealthProbe.tcp());
    expect(tcp).toMatchObject({ Type: 'TCP', Port: 443, IPAddress: '1.2.3.4', RequestInterval: 10, FailureThreshold: 3 });
    expect(tcp).not.toHaveProperty('ResourcePath');
  });

  test('render every option', () => {
    const checkerRegions = ['us-east-1', 'eu-west-1', 'sa-east-1'];
    const health = HealthProbe.https({
      path: '/ready?deep=1',
      port: 8443,
      interval: Duration.seconds(30),
      failures: 2,
      searchString: 'all good',
      host: 'site.example.com',
      checkerRegions,
    });
    expect(configOf(health)).toMatchObject({
      Type: 'HTTPS_STR_MATCH',
      ResourcePath: '/ready?deep=1',
      Port: 8443,
      RequestInterval: 30,
      FailureThreshold: 2,
      SearchString: 'all good',
      FullyQualifiedDomainName: 'site.example.com',
      Regions: checkerRegions,
    });
  });

  test('of the standby may differ', () => {
    const { regions } = world({ standbyHealth: HealthProbe.tcp({ port: 22 }) });
    expect(Object.keys(checksOf(Template.fromStack(regions.routing)))).toEqual([
      PRIMARY_CHECK,
      'FailoverShopAppStandbyCheckTcp10sByIp',
    ]);
    expect(registrationOf(Template.fromStack(regions.standby)).standby.probe).toEqual({
      protocol: 'tcp',
      connect: '5.6.7.8',
      port: 22,
    });
  });

  test('none: the standby has no check, beacon or alarm, is answered when both are unhealthy, and a drill asks it like the primary', () => {
    const { regions, pair } = world({ standbyHealth: HealthProbe.none() });
    const routing = Template.fromStack(regions.routing);
    expect(Object.keys(checksOf(routing))).toEqual([PRIMARY_CHECK]);
    expect(recordsOf(routing, '_standby._failover.app.example.com')).toEqual([]);
    expect(recordsOf(routing, 'app.example.com')[1]).not.toHaveProperty('HealthCheckId');
    expect(pair.standbyHealthCheckId).toBeUndefined();
    expect(pair.standbyHealthAlarm).toBeUndefined();
    const { standby, beacons } = registrationOf(Template.fromStack(regions.standby));
    expect(standby.probe).toMatchObject({ protocol: 'https', connect: '5.6.7.8', path: '/health' });
    expect(beacons).toEqual({ primary: '_primary._failover.app.example.com' });
    routing.hasResourceProperties('AWS::SSM::Parameter', {
      Value: { 'Fn::Join': ['', ['{"primary":"', { Ref: PRIMARY_CHECK }, '"}']] },
    });
  });
});

describe('beacons', () => {
  test('with a label are not guessable', () => {
    const { regions } = world({ beacons: Beacons.labelled('k7x2') });
    expect(recordsOf(Template.fromStack(regions.routing), '_primary-k7x2._failover.app.example.com')).toHaveLength(2);
    expect(registrationOf(Template.fromStack(regions.standby)).beacons.primary).toBe('_primary-k7x2._failover.app.example.com');
  });

  test('none: two records, and a pair that nobody else knows', () => {
    const { regions, pair } = world({ beacons: Beacons.none() });
    expect(Object.keys(propertiesOf(Template.fromStack(regions.routing), 'AWS::Route53::RecordSet'))).toHaveLength(2);
    expect(regions.node.tryFindChild('Standby')).toBeUndefined();
    expect(pair._registered).toBeUndefined();
  });
});

describe('alerts', () => {
  /** Remembers what it is given. */
  class Heard extends AlertPath {
    public readonly alarms: [cloudwatch.Alarm, AddAlarmOptions | undefined][] = [];
    public override addAlarm(alarm: cloudwatch.Alarm, options?: AddAlarmOptions): void {
      this.alarms.push([alarm, options]);
    }
  }

  test('get every alarm of the pair with its severity', () => {
    const regions = new FailoverRegions(new App(), 'Shop', {
      primary: 'eu-west-1',
      standby: 'eu-central-1',
      zone: { zoneName: 'example.com' },
    });
    const alerts = new Heard(regions, 'Alerts', { targets: [AlertTarget.email('oncall@example.com')] });
    const pair = pairIn(regions, 'App', { alerts });
    expect(alerts.alarms).toEqual([
      [pair.primaryHealthAlarm, { severity: 'critical', pairName: 'app' }],
      [pair.primaryReachAlarm, { severity: 'warning', pairName: 'app' }],
      [pair.standbyHealthAlarm, { severity: 'critical', pairName: 'app' }],
    ]);
    expect(pair.alerts).toBe(alerts);
    expect(warningsOf(pair)).toEqual([]);
  });
});

describe('warnings', () => {
  test.each([
    ['at 60 s there is none', 60, []],
    [
      'one second over it there is',
      61,
      ['ttl is 61 s and counts in full against the RTO; AWS advises 60 s or less; lower ttl [ack: cdk-failover:LongTtl]'],
    ],
  ])('about a long ttl: %s', (_name, sec, expected) => {
    const { pair } = world({ ttl: Duration.seconds(sec) });
    expect(warningsOf(pair).filter((text) => text.includes('LongTtl'))).toEqual(expected);
    expect(pair._registered?.ttlSec).toBe(sec);
  });

  test('come once when an app passes the health checks of an account, over all its control sets', () => {
    const { app, regions, pair } = world();
    regions._pairs.countChecks(regions, 196);
    const more = new FailoverRegions(app, 'More', {
      primary: 'eu-west-1',
      standby: 'eu-central-1',
      zone: { zoneName: 'example.com' },
    });
    const [at200, at202, at204] = ['P200', 'P202', 'P204'].map((id) => pairIn(more, id, { recordName: id }));
    const about = [pair, at200, at202, at204].map((one) => one && warningsOf(one).filter((text) => text.includes('ManyChecks')));
    const text =
      'the app has 202 health checks with this pair; an account holds 200 unless AWS raised its quota; ' +
      'raise it before deploying [ack: cdk-failover:ManyChecks]';
    expect(about).toEqual([[], [], [text], []]);
  });
});

describe('one stack', () => {
  test('in us-east-1 holds records, checks and registration', () => {
    const { regions } = world({}, { primary: 'us-east-1', standby: 'us-east-1' });
    const template = Template.fromStack(regions.standby);
    expect(Object.keys(checksOf(template))).toHaveLength(2);
    expect(registrationOf(template).recordName).toBe('app.example.com');
  });

  test("may be the user's, with the pair anywhere inside", () => {
    const stack = new Stack(new App(), 'Mine', { env: { region: 'us-east-1' } });
    const regions = FailoverRegions.fromStacks(stack, 'Shop', {
      primary: stack,
      standby: stack,
      routing: stack,
      zone: { zoneName: 'example.com' },
    });
    new FailoverPair(stack, 'App', { regions, recordName: 'app', primary: Site.ip('1.2.3.4'), standby: Site.ip('5.6.7.8') });
    expect(Object.keys(checksOf(Template.fromStack(stack)))).toEqual([PRIMARY_CHECK, STANDBY_CHECK]);
  });
});
