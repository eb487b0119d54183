import { App, Aws, CfnParameter, Duration, Fn, Stack } from 'aws-cdk-lib';
import {
  Beacons,
  BothUnhealthy,
  FailoverPair,
  type FailoverPairProps,
  FailoverRegions,
  HealthProbe,
  type HttpProbeOptions,
  Site,
} from 'cdk-failover';
import fc from 'fast-check';
import { addressFault } from '../../../lib/constructs/internal/public-address';
import { messageOf } from '../said';
import { pairIn, world, zone } from './world';

const AT = ' (at Shop/Routing/App)';
const refusal = (props: Partial<FailoverPairProps>) => messageOf(() => world(props));
const https = (options: HttpProbeOptions): Partial<FailoverPairProps> => ({ health: HealthProbe.https(options) });

describe('probe', () => {
  test.each<[string, Partial<FailoverPairProps>, string]>([
    [
      'an interval that Route 53 does not have',
      https({ interval: Duration.seconds(20) }),
      '[ProbeInterval] health.interval is 20 s; Route 53 probes every 10 or 30 s; give Duration.seconds(10) or Duration.seconds(30)',
    ],
    [
      'an interval of half seconds',
      https({ interval: Duration.millis(10_500) }),
      '[ProbeInterval] health.interval is 10.5 s; Route 53 probes every 10 or 30 s; give Duration.seconds(10) or Duration.seconds(30)',
    ],
    [
      'no failure at all',
      https({ failures: 0 }),
      '[ProbeFailures] health.failures is 0; Route 53 takes 1 to 10; give one of these',
    ],
    [
      'eleven failures',
      https({ failures: 11 }),
      '[ProbeFailures] health.failures is 11; Route 53 takes 1 to 10; give one of these',
    ],
    [
      'two and a half failures',
      https({ failures: 2.5 }),
      '[ProbeFailures] health.failures is 2.5; Route 53 takes 1 to 10; give one of these',
    ],
    ['port 0', https({ port: 0 }), '[ProbePort] health.port is 0; a port is 1 to 65535; give one of these'],
    [
      'port 65536',
      { health: HealthProbe.tcp({ port: 65_536 }) },
      '[ProbePort] health.port is 65536; a port is 1 to 65535; give one of these',
    ],
    [
      'a path without a slash',
      https({ path: 'health' }),
      '[ProbePath] health.path is "health"; a path starts with / and has no blanks or special letters; write it as in a URL',
    ],
    [
      'a path with a blank',
      https({ path: '/he alth' }),
      '[ProbePath] health.path is "/he alth"; a path starts with / and has no blanks or special letters; write it as in a URL',
    ],
    [
      'a path of 256 characters',
      https({ path: `/${'a'.repeat(255)}` }),
      '[ProbePath] health.path has 256 characters; Route 53 takes 255; shorten it',
    ],
    [
      'the path of a drill',
      https({ path: '/.well-known/failover-drill/x' }),
      '[ProbePath] health.path is "/.well-known/failover-drill/x"; a drill breaks the check with paths below /.well-known/failover-drill/; choose another path',
    ],
    [
      'an empty search string',
      https({ searchString: '' }),
      '[ProbeSearchString] health.searchString has 0 characters; Route 53 takes 1 to 255; shorten it, or leave it out',
    ],
    [
      'a search string of 256 characters',
      https({ searchString: 'x'.repeat(256) }),
      '[ProbeSearchString] health.searchString has 256 characters; Route 53 takes 1 to 255; shorten it, or leave it out',
    ],
    [
      'two checker Regions',
      https({ checkerRegions: ['us-east-1', 'eu-west-1', 'eu-west-1'] }),
      '[CheckerRegions] health.checkerRegions has 2 different Regions; Route 53 wants at least 3; add some, or leave it out for all 8',
    ],
    [
      'a Region without checkers',
      https({ checkerRegions: ['us-east-1', 'eu-west-1', 'sa-east-1', 'eu-central-1'] }),
      '[CheckerRegions] health.checkerRegions has eu-central-1; checkers exist in us-east-1, us-west-1, us-west-2, eu-west-1, ap-southeast-1, ' +
        'ap-southeast-2, ap-northeast-1, sa-east-1; choose from these',
    ],
    [
      'a host that is no name',
      https({ host: 'app' }),
      '[ProbeHost] health.host is "app" and it has no dot; give a name such as app.example.com',
    ],
    [
      'a primary without a check',
      { health: HealthProbe.none(), standbyHealth: HealthProbe.https() },
      '[PrimaryNeedsCheck] health is HealthProbe.none(); a primary without a check is always healthy and never fails over; give it https, http or tcp',
    ],
    [
      'a standby probe of its own, by its own prop',
      { standbyHealth: HealthProbe.tcp({ failures: 12 }) },
      '[ProbeFailures] standbyHealth.failures is 12; Route 53 takes 1 to 10; give one of these',
    ],
  ])('fails on %s', (_name, props, text) => {
    expect(refusal(props)).toBe(text + AT);
  });

  test.each([
    [
      'all limits at their edges',
      { interval: Duration.seconds(30), failures: 10, port: 65_535, path: `/${'a'.repeat(254)}`, searchString: 'x'.repeat(255) },
    ],
    [
      'the lowest values',
      { failures: 1, port: 1, path: '/', searchString: 'x', checkerRegions: ['us-east-1', 'eu-west-1', 'sa-east-1'] },
    ],
    ['a query in the path', { path: '/health?deep=1&x=%20' }],
  ])('takes %s', (_name, options) => {
    expect(refusal(https(options))).toBe('nothing was thrown');
  });

  test('fails on a host for a site with a name, because Route 53 would resolve it', () => {
    const sites = { primary: Site.domainName('a.example.net'), standby: Site.domainName('b.example.net') };
    expect(refusal({ ...sites, ...https({ host: 'app.example.com' }), standbyHealth: HealthProbe.tcp() })).toBe(
      '[ProbeHost] health.host is "app.example.com" but primary is the name "a.example.net"; Route 53 resolves the host of a check by name, ' +
        `so it would probe another site; leave host out${AT}`,
    );
  });

  test('says a mistake once that both sides share', () => {
    expect(refusal(https({ failures: 11, port: 0 }))).toBe(
      `[ProbePort] health.port is 0; a port is 1 to 65535; give one of these${AT}\n` +
        `[ProbeFailures] health.failures is 11; Route 53 takes 1 to 10; give one of these${AT}`,
    );
  });
});

describe('site', () => {
  const ip = (primary: string, ipv6?: string): Partial<FailoverPairProps> => ({
    primary: Site.ip(primary, { ipv6 }),
    standby: Site.ip('5.6.7.8', ipv6 === undefined ? {} : { ipv6: '2600::8' }),
  });
  const address = (value: string, fault: string, version = 4) =>
    `[SiteAddress] primary has the address "${value}", ${fault}; health checkers and users come over the internet; give a public IPv${version} address${AT}`;

  test.each([
    ['0.0.0.0', 'this network, 0.0.0.0/8'],
    ['10.1.2.3', 'private, 10.0.0.0/8'],
    ['100.64.0.1', 'shared by carriers, 100.64.0.0/10'],
    ['127.0.0.1', 'loopback, 127.0.0.0/8'],
    ['169.254.169.254', 'link-local, 169.254.0.0/16'],
    ['172.16.0.1', 'private, 172.16.0.0/12'],
    ['172.31.255.255', 'private, 172.16.0.0/12'],
    ['192.0.2.1', 'documentation, 192.0.2.0/24'],
    ['192.168.1.1', 'private, 192.168.0.0/16'],
    ['198.18.0.1', 'benchmarks, 198.18.0.0/15'],
    ['198.51.100.7', 'documentation, 198.51.100.0/24'],
    ['203.0.113.9', 'documentation, 203.0.113.0/24'],
    ['224.0.0.251', 'multicast, 224.0.0.0/4'],
    ['255.255.255.255', 'reserved, 240.0.0.0/4'],
  ])('fails on %s', (value, range) => {
    expect(refusal(ip(value))).toBe(address(value, `not a public address (${range})`));
  });

  test.each([
    ['::1', 'not a public address (loopback, ::1/128)'],
    ['fc00::1', 'not a public address (private, fc00::/7)'],
    ['fe80::1', 'not a public address (link-local, fe80::/10)'],
    ['ff02::1', 'not a public address (multicast, ff00::/8)'],
    ['2001:db8::1', 'not a public address (documentation, 2001:db8::/32)'],
    ['3fff::1', 'not a public address (documentation, 3fff::/20)'],
    ['::ffff:1.2.3.4', 'not a public address (an IPv4 address, ::ffff:0:0/96)'],
    ['64:ff9b::102:304', 'not a public address (outside 2000::/3)'],
    ['fe80::1%eth0', 'not an IPv6 address'],
    ['1.2.3.4', 'not an IPv6 address'],
  ])('fails on %s as the IPv6 address', (value, fault) => {
    expect(refusal(ip('1.2.3.4', value))).toBe(address(value, fault, 6));
  });

  test.each(['app.example.com', '1.2.3', '1.2.3.4/32', '01.2.3.4', '2600::1'])('fails on %s as the IPv4 address', (value) => {
    expect(refusal(ip(value))).toBe(address(value, 'not an IPv4 address'));
  });

  test.each(['1.2.3.4', '5.6.7.9', '8.8.8.8', '172.15.255.255', '172.32.0.0', '100.128.0.1', '223.255.255.255', '192.0.1.1'])(
    'takes %s',
    (value) => {
      expect(refusal(ip(value))).toBe('nothing was thrown');
    },
  );

  test('an address is public exactly when it lies outside every special range', () => {
    const [low, high] = [0, 255];
    const octet = fc.integer({ min: low, max: high });
    fc.assert(
      fc.property(octet, octet, octet, octet, (a, b, c, d) => {
        const special =
          [0, 10, 127].includes(a) ||
          a >= 224 ||
          (a === 100 && b >= 64 && b < 128) ||
          (a === 169 && b === 254) ||
          (a === 172 && b >= 16 && b < 32) ||
          (a === 192 && (b === 168 || (b === 0 && (c === 0 || c === 2)))) ||
          (a === 198 && (b === 18 || b === 19 || (b === 51 && c === 100))) ||
          (a === 203 && b === 0 && c === 113);
        expect(addressFault(`${a}.${b}.${c}.${d}`, 4) !== undefined).toBe(special);
      }),
      { seed: Number(process.env.SEED ?? 20261120), numRuns: 300 },
    );
  });

  test.each<[string, Partial<FailoverPairProps>, string]>([
    [
      'one-sided IPv6',
      { primary: Site.ip('1.2.3.4', { ipv6: '2600::1' }) },
      '[SitesDoNotMatch] primary answers A and AAAA and standby answers A; a type on one side only would keep serving a dead site, ' +
        'and CNAME allows no other type; give both sides the same types',
    ],
    [
      'an address beside a name',
      { standby: Site.domainName('b.example.net') },
      '[SitesDoNotMatch] primary answers A and standby answers CNAME; a type on one side only would keep serving a dead site, ' +
        'and CNAME allows no other type; give both sides the same types',
    ],
    [
      'twice the same site',
      { standby: Site.ip('1.2.3.4') },
      '[SameSite] primary and standby are the same site; nothing would take over; give the standby an address or name of its own',
    ],
    [
      "the pair's own name",
      { primary: Site.domainName('APP.example.com.'), standby: Site.domainName('b.example.net') },
      '[OwnName] primary is "app.example.com", the name of the pair itself; its check would follow the failover that it decides; ' +
        'give the site a name of its own',
    ],
    [
      'an address as a name',
      { primary: Site.domainName('1.2.3.4'), standby: Site.domainName('b.example.net') },
      '[SiteName] primary is "1.2.3.4"; that is an address; use Site.ip',
    ],
    [
      'a wildcard as a site',
      { primary: Site.domainName('*.example.net'), standby: Site.domainName('b.example.net') },
      '[SiteName] primary is "*.example.net"; a wildcard answers nothing by itself; give one name',
    ],
    [
      'a private name',
      { primary: Site.domainName('a.corp.internal'), standby: Site.domainName('b.example.net') },
      '[SiteName] primary is "a.corp.internal"; that is a private name, and health checkers are outside every VPC; give a public name',
    ],
    [
      'a name with a bad label',
      { primary: Site.domainName('a-.example.net'), standby: Site.domainName('b.example.net') },
      '[SiteName] primary is "a-.example.net"; its label "a-" is not 1 to 63 letters, digits, - and _; give a full name such as shop-a.example.net',
    ],
    [
      'names at the apex',
      { recordName: undefined, primary: Site.domainName('a.example.net'), standby: Site.domainName('b.example.net') },
      '[ApexCname] recordName is the apex of example.com; DNS allows no CNAME there; use Site.ip or Site.loadBalancer, or a recordName',
    ],
  ])('fails on %s', (_name, props, text) => {
    expect(refusal(props)).toBe(text + AT);
  });
});

describe('pair', () => {
  test.each<[string, Partial<FailoverPairProps>, string]>([
    [
      'a wildcard',
      { recordName: '*.shop' },
      '[Wildcard] recordName is "*.shop.example.com"; a wildcard has no single name to probe, to answer or to show in a beacon; make a pair for each name',
    ],
    [
      'a name that is none',
      { recordName: 'a b' },
      '[RecordName] recordName is "a b.example.com" and its label "a b" is not 1 to 63 letters, digits, - and _; give a name in the zone such as app',
    ],
    [
      'a name that leaves no room for its beacons',
      { recordName: Array.from({ length: 4 }, () => 'a'.repeat(48)).join('.') },
      `[RecordName] recordName is "${Array.from({ length: 4 }, () => 'a'.repeat(48)).join('.')}.example.com" and it has 207 characters, ` +
        'at most 201 beside its beacons; give a name in the zone such as app',
    ],
    [
      'a long pair name',
      { pairName: 'a'.repeat(25) },
      `[PairName] pairName is "${'a'.repeat(25)}"; parameters and alarms are named after it, 1 to 24 lower-case letters, digits and -; set pairName`,
    ],
    [
      'half seconds of ttl',
      { ttl: Duration.millis(1500) },
      '[Ttl] ttl is 1500 ms; DNS counts whole seconds; give a Duration of whole seconds',
    ],
    [
      'PRIMARY when both are unhealthy and nobody checks the standby',
      { bothUnhealthy: BothUnhealthy.PRIMARY, standbyHealth: HealthProbe.none() },
      '[StandbyNeedsCheck] bothUnhealthy is PRIMARY and standbyHealth is HealthProbe.none(); a standby without a check is always healthy, ' +
        'so the primary is never answered instead; give standbyHealth a check, or leave bothUnhealthy out',
    ],
    [
      'a label that is none',
      { beacons: Beacons.labelled('a.b') },
      '[BeaconLabel] beacons has the label "a.b"; it is part of a DNS name and takes 1 to 32 lower-case letters, digits and -; shorten or spell it so',
    ],
  ])('fails on %s', (_name, props, text) => {
    expect(refusal(props)).toBe(text + AT);
  });

  test('the documented default of pairName is the construct id in lower case', () => {
    expect(world().pair.pairName).toBe('app');
  });

  test('fails with every mistake at once', () => {
    expect(
      refusal({
        pairName: 'My App',
        recordName: '*',
        ttl: Duration.millis(1),
        primary: Site.ip('10.0.0.1'),
        ...https({ failures: 0 }),
      }),
    ).toBe(
      [
        '[PairName] pairName is "My App"; parameters and alarms are named after it, 1 to 24 lower-case letters, digits and -; set pairName',
        '[Wildcard] recordName is "*.example.com"; a wildcard has no single name to probe, to answer or to show in a beacon; make a pair for each name',
        '[SiteAddress] primary has the address "10.0.0.1", not a public address (private, 10.0.0.0/8); health checkers and users come over the ' +
          'internet; give a public IPv4 address',
        '[ProbeFailures] health.failures is 0; Route 53 takes 1 to 10; give one of these',
        '[Ttl] ttl is 1 ms; DNS counts whole seconds; give a Duration of whole seconds',
      ]
        .map((text) => text + AT)
        .join('\n'),
    );
  });

  test('fails outside the routing stack', () => {
    const regions = new FailoverRegions(new App(), 'Shop', { primary: 'eu-west-1', standby: 'eu-central-1', zone });
    const props = { regions, recordName: 'app', primary: Site.ip('1.2.3.4'), standby: Site.ip('5.6.7.8') };
    expect(messageOf(() => new FailoverPair(regions.standby, 'App', props))).toBe(
      '[WrongStack] scope is in stack Shop/Standby; checks, records and their alarms live together in Shop/Routing; ' +
        'make the pair with regions.routing as scope (at Shop/Standby/App)',
    );
  });

  test('fails on a second pair with the same pair name or record name', () => {
    const { regions } = world();
    expect(messageOf(() => pairIn(regions, 'Other', { pairName: 'app' }))).toBe(
      '[PairName] pairName is "app", which another pair of the control set has; parameters and alarms are named after it; set another pairName ' +
        '(at Shop/Routing/Other)\n' +
        '[RecordName] recordName is "app.example.com", which another pair answers; Route 53 allows one PRIMARY and one SECONDARY per name; ' +
        'set another recordName (at Shop/Routing/Other)',
    );
  });

  test('fails on the twenty-first pair', () => {
    const { regions } = world();
    for (let i = 2; i <= 20; i++) pairIn(regions, `Pair${i}`, { recordName: `p${i}` });
    expect(messageOf(() => pairIn(regions, 'Pair21', { recordName: 'p21' }))).toBe(
      '[TooManyPairs] this is pair 21 of the control set; its stacks and policies hold 20; make a second FailoverRegions with a controlSetName ' +
        'of its own (at Shop/Routing/Pair21)',
    );
  });
});

describe('values that are only known at deploy time', () => {
  const elsewhere = () =>
    new CfnParameter(new Stack(new App(), 'Other', { env: { region: 'eu-west-1' } }), 'Address').valueAsString;

  test.each<[string, Partial<FailoverPairProps>, string]>([
    [
      'an address',
      { primary: Site.ip(elsewhere()) },
      '[CrossRegionToken] primary is an address that is only known at deploy time, and stacks in other Regions need it; give it as plain text',
    ],
    [
      'a name',
      { primary: Site.domainName(elsewhere()), standby: Site.domainName('b.example.net') },
      '[CrossRegionToken] primary is a name that is only known at deploy time, and stacks in other Regions need it; give it as plain text, ' +
        'or use Site.loadBalancer with a regionalName',
    ],
    [
      'a path',
      https({ path: elsewhere() }),
      '[CrossRegionToken] health.path is only known at deploy time, and stacks in other Regions need it; give it as plain text',
    ],
    [
      'a port',
      https({ port: Fn.conditionIf('x', 1, 2) as unknown as number }),
      '[CrossRegionToken] health.port is only known at deploy time, and stacks in other Regions need it; give it as plain text',
    ],
    [
      'a record name',
      { recordName: elsewhere() },
      '[RecordName] recordName is a value that is only known at deploy time; names in other Regions are built from it; give it as plain text',
    ],
    [
      'an interval, which is part of a logical id',
      https({ interval: Duration.seconds(new CfnParameter(new Stack(), 'Seconds', { type: 'Number' }).valueAsNumber) }),
      '[ProbeInterval] health.interval is only known at deploy time; Route 53 probes every 10 or 30 s; ' +
        'give Duration.seconds(10) or Duration.seconds(30)',
    ],
  ])('fails on %s, in several Regions', (_name, props, text) => {
    expect(refusal(props)).toBe(text + AT);
  });

  test('an attribute of the one stack may be used, and is not checked', () => {
    const stack = new Stack(new App(), 'Mine', { env: { region: 'us-east-1' } });
    const regions = FailoverRegions.fromStacks(stack, 'Shop', { primary: stack, standby: stack, routing: stack, zone });
    const own = new CfnParameter(stack, 'Address').valueAsString;
    expect(messageOf(() => pairIn(regions, 'App', { primary: Site.ip(own), ...https({ path: own, searchString: own }) }))).toBe(
      'nothing was thrown',
    );
    expect(messageOf(() => pairIn(regions, 'Api', { recordName: 'api', primary: Site.ip(elsewhere()) }))).toBe(
      '[CrossRegionToken] primary is an address that is only known at deploy time, and stacks in other Regions need it; give it as plain text (at Mine/Api)',
    );
    expect(
      messageOf(() => pairIn(regions, 'Web', { recordName: 'web', primary: Site.ip(Fn.join('.', [elsewhere(), Aws.REGION])) })),
    ).toMatch(/^\[CrossRegionToken\]/);
  });
});
