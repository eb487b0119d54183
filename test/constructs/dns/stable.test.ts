import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import {
  BothUnhealthy,
  FailoverPair,
  type FailoverPairProps,
  FailoverRegions,
  HealthProbe,
  type HttpProbeOptions,
  Site,
} from 'cdk-failover';
import { Construct } from 'constructs';
import fc from 'fast-check';
import { messageOf } from '../said';
import { checksOf, propertiesOf, registrationOf, world, zone } from './world';

const https = (options: HttpProbeOptions): Partial<FailoverPairProps> => ({ health: HealthProbe.https(options) });
const idsOf = (props: Partial<FailoverPairProps>) =>
  Object.keys(Template.fromStack(world(props).regions.routing).toJSON().Resources);
const checkIdsOf = (props: Partial<FailoverPairProps>) => Object.keys(checksOf(Template.fromStack(world(props).regions.routing)));

describe('logical ids', () => {
  const before = idsOf({});

  test('of checks are made of names, side, type, interval and addressing', () => {
    expect(checkIdsOf({})).toEqual(['FailoverShopAppPrimaryCheckHttps10sByIp', 'FailoverShopAppStandbyCheckHttps10sByIp']);
  });

  test.each<[string, Partial<FailoverPairProps>]>([
    ['threshold', https({ failures: 2 })],
    ['path', https({ path: '/ready' })],
    ['port', https({ port: 8443 })],
    ['host', https({ host: 'x.example.com' })],
    ['checker Regions', https({ checkerRegions: ['us-east-1', 'eu-west-1', 'sa-east-1'] })],
    ['ttl', { ttl: Duration.seconds(60) }],
    ['address', { primary: Site.ip('9.9.9.9') }],
    ['rule for both unhealthy', { bothUnhealthy: BothUnhealthy.STANDBY }],
    ['record name', { recordName: 'other' }],
  ])('stay when the %s changes', (_name, props) => {
    expect(idsOf(props)).toEqual(before);
  });

  test('stay whatever mix of in-place options changes', () => {
    const options = fc.record({
      failures: fc.integer({ min: 1, max: 10 }),
      port: fc.integer({ min: 1, max: 65_535 }),
      path: fc.stringMatching(/^\/[a-z0-9]{0,20}$/),
    });
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 60 }), (probe, ttl) => {
        expect(idsOf({ ...https(probe), ttl: Duration.seconds(ttl) })).toEqual(before);
      }),
      { seed: Number(process.env.SEED ?? 20261120), numRuns: 5 },
    );
  });

  test.each<[string, Partial<FailoverPairProps>, string]>([
    ['interval', https({ interval: Duration.seconds(30) }), 'FailoverShopAppPrimaryCheckHttps30sByIp'],
    ['protocol', { health: HealthProbe.http() }, 'FailoverShopAppPrimaryCheckHttp10sByIp'],
    ['protocol to TCP', { health: HealthProbe.tcp() }, 'FailoverShopAppPrimaryCheckTcp10sByIp'],
    ['search string from none to some', https({ searchString: 'ok' }), 'FailoverShopAppPrimaryCheckHttpsStrMatch10sByIp'],
    [
      'site from an address to a name',
      { primary: Site.domainName('a.example.net'), standby: Site.domainName('b.example.net') },
      'FailoverShopAppPrimaryCheckHttps10sByName',
    ],
  ])('of checks change with what replaces a check: %s', (_name, props, id) => {
    expect(checkIdsOf(props)[0]).toBe(id);
  });

  test('stay when the pair moves in the construct tree', () => {
    const regions = new FailoverRegions(new App(), 'Shop', { primary: 'eu-west-1', standby: 'eu-central-1', zone });
    const moved = new FailoverPair(new Construct(regions.routing, 'Deeper'), 'Renamed', {
      regions,
      pairName: 'app',
      recordName: 'app',
      primary: Site.ip('1.2.3.4'),
      standby: Site.ip('5.6.7.8'),
    });
    expect(Object.keys(Template.fromStack(Stack.of(moved)).toJSON().Resources)).toEqual(before);
  });

  test('stay for alarms and parameters too, whose names are physical', () => {
    const { regions } = world();
    const routing = Template.fromStack(regions.routing);
    expect([
      ...Object.keys(propertiesOf(routing, 'AWS::CloudWatch::Alarm')),
      ...Object.keys(propertiesOf(routing, 'AWS::SSM::Parameter')),
    ]).toEqual([
      'FailoverShopAppPrimaryHealthAlarm',
      'FailoverShopAppPrimaryReachAlarm',
      'FailoverShopAppStandbyHealthAlarm',
      'FailoverShopAppChecks',
    ]);
  });
});

describe('registration', () => {
  const settings = {
    fault: { kind: 'healthCheckPath' } as const,
    targets: { detectionSec: 30, switchSec: 60, rtoSec: 120 },
  };

  test('grows with a drill, its alarms and its topics', () => {
    const { regions, pair } = world();
    const abort = { name: 'db-lag', region: 'eu-central-1', inDrill: false, blocksDrill: true };
    pair._useDrill(settings);
    pair._addAlarm(abort);
    pair._useTopics({ critical: regions.standby.formatArn({ service: 'sns', resource: 'critical' }), warning: 'arn:w' });
    const registered = registrationOf(Template.fromStack(regions.standby));
    expect(registered.drill).toEqual(settings);
    expect(registered.alarms).toContainEqual(abort);
    expect(registered.topics).toEqual({ critical: expect.stringMatching(/^arn:.*<deploy>.*:critical$/), warning: 'arn:w' });
  });

  test('fails on a second drill', () => {
    const { pair } = world();
    pair._useDrill(settings);
    expect(messageOf(() => pair._useDrill(settings))).toBe(
      '[SecondDrill] the pair has a drill already; two would break each other; give one drill all scenarios (at Shop/Routing/App)',
    );
  });

  test('fails when it does not fit into its parameter, at the call that makes it too long', () => {
    const { pair } = world();
    const before = JSON.stringify(pair._registered).length;
    pair._useDrill({ ...settings, certificateAuthority: '' });
    const room = 4096 - JSON.stringify(pair._registered).length;
    const full = world().pair;
    full._useDrill({ ...settings, certificateAuthority: 'x'.repeat(room) });
    const over = world().pair;
    expect(messageOf(() => over._useDrill({ ...settings, certificateAuthority: 'x'.repeat(room + 1) }))).toBe(
      '[RegistrationTooLong] the registration has 4097 characters; an SSM standard parameter holds 4096; shorten path, searchString, ' +
        'certificateAuthority or nameServers, or register fewer abort alarms (at Shop/Routing/App)',
    );
    expect(before).toBeLessThan(1200);
  });

  test('keeps room for values that are only known at deploy time', () => {
    const { regions, pair } = world();
    const count = Math.ceil((4096 - JSON.stringify(pair._registered).length) / 150);
    const add = () =>
      pair._addAlarm({ name: regions.standby.stackId, region: 'eu-central-1', inDrill: false, blocksDrill: true });
    expect(messageOf(() => Array.from({ length: count }, add))).toMatch(/^\[RegistrationTooLong\]/);
  });
});
