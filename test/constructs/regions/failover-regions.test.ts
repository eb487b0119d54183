import { App, Aws, Stack, Stage } from 'aws-cdk-lib';
import { FailoverRegions, type FailoverRegionsProps, type FailoverStacks } from 'cdk-failover';
import { deployAfter } from '../../../lib/constructs/internal/stack-order';
import { messageOf, warningsOf } from '../said';

const zone = { zoneName: 'example.com' };
const given = (props: Partial<FailoverRegionsProps> = {}, id = 'Shop') =>
  new FailoverRegions(new App(), id, { primary: 'eu-west-1', standby: 'eu-central-1', zone, ...props });

/** Stacks of the user, each in the Region named. */
function stacksIn(primary: string | undefined, standby: string | undefined, routing: string | undefined, one = false) {
  const app = new App();
  const stack = (id: string, region: string | undefined) => new Stack(app, id, { env: { region } });
  const first = stack('A', primary);
  const stacks: FailoverStacks = {
    zone,
    primary: first,
    standby: one ? first : stack('B', standby),
    routing: one ? first : stack('C', routing),
  };
  return { app, stacks };
}

describe('stacks', () => {
  test('are made on first use, with deterministic names and Regions', () => {
    const regions = given({ account: '111111111111' });
    expect(regions.node.children).toEqual([]);
    const made = [regions.primary, regions.standby, regions.routing];
    expect(made.map((stack) => [stack.stackName, stack.region, stack.account])).toEqual([
      ['shop-primary', 'eu-west-1', '111111111111'],
      ['shop-standby', 'eu-central-1', '111111111111'],
      ['shop-routing', 'us-east-1', '111111111111'],
    ]);
    expect([regions.primary, regions.standby, regions.routing]).toEqual(made);
    expect(made.map((stack) => stack.node.path)).toEqual(['Shop/Primary', 'Shop/Standby', 'Shop/Routing']);
  });

  test('need no account', () => {
    expect(given().routing.account).toBe(Aws.ACCOUNT_ID);
  });

  test('are one stack when both sites are in us-east-1', () => {
    const regions = given({ primary: 'us-east-1', standby: 'us-east-1' });
    expect(new Set([regions.primary, regions.standby, regions.routing]).size).toBe(1);
    expect(regions.routing.stackName).toBe('shop-failover');
    expect(regions.routing.dependencies).toEqual([]);
  });

  test.each([
    ['standby first', (regions: FailoverRegions) => [regions.standby, regions.routing]],
    ['routing first', (regions: FailoverRegions) => [regions.routing, regions.standby].reverse()],
  ])('deploy standby before routing, and nothing else in order: %s', (_name, touch) => {
    const regions = given();
    const [standby, routing] = touch(regions);
    expect(routing?.dependencies).toEqual([standby]);
    expect(standby?.dependencies).toEqual([]);
    expect(regions.primary.dependencies).toEqual([]);
  });

  test('of a stage keep their names', () => {
    const stage = new Stage(new App(), 'Prod');
    const regions = new FailoverRegions(stage, 'Shop', { primary: 'eu-west-1', standby: 'eu-central-1', zone });
    expect(regions.standby.stackName).toBe('shop-standby');
  });
});

describe('stacks of the user', () => {
  test('take their roles as given', () => {
    const { app, stacks } = stacksIn('eu-west-1', 'eu-central-1', 'us-east-1');
    const regions = FailoverRegions.fromStacks(app, 'Shop', stacks);
    expect([regions.primary, regions.standby, regions.routing]).toEqual([stacks.primary, stacks.standby, stacks.routing]);
    expect([regions.primaryRegion, regions.standbyRegion]).toEqual(['eu-west-1', 'eu-central-1']);
    expect(stacks.routing.dependencies).toEqual([stacks.standby]);
  });

  test('may be one stack in us-east-1', () => {
    const { app, stacks } = stacksIn('us-east-1', 'us-east-1', 'us-east-1', true);
    expect(FailoverRegions.fromStacks(app, 'Shop', stacks).standby).toBe(stacks.routing);
  });

  test('keep an order that the user chose', () => {
    const { app, stacks } = stacksIn('eu-west-1', 'eu-central-1', 'us-east-1');
    deployAfter(stacks.primary, stacks.routing, 'the user wants it');
    deployAfter(stacks.standby, stacks.primary, 'the user wants it');
    expect([...stacks.primary.dependencies, ...stacks.standby.dependencies]).toEqual([stacks.routing, stacks.primary]);
    FailoverRegions.fromStacks(app, 'Shop', stacks);
    expect(stacks.routing.dependencies).toEqual([]);
  });

  test('fails when routing is elsewhere', () => {
    const { app, stacks } = stacksIn('eu-west-1', 'eu-central-1', 'eu-west-1');
    expect(messageOf(() => FailoverRegions.fromStacks(app, 'Shop', stacks))).toBe(
      '[RoutingRegion] routing is in "eu-west-1"; health checks and their alarms live in us-east-1; pass a stack of us-east-1 (at Shop)',
    );
  });

  test('fails when two stacks of us-east-1 are to be primary and standby', () => {
    const { app, stacks } = stacksIn('us-east-1', 'us-east-1', 'us-east-1');
    expect(messageOf(() => FailoverRegions.fromStacks(app, 'Shop', stacks))).toBe(
      '[SameRegion] primary and standby are both in "us-east-1" but not one stack with routing; a standby in the same Region fails with it; ' +
        'give two Regions, or the same stack three times (at Shop)',
    );
  });

  test('fails when a stack does not know its Region', () => {
    const { app, stacks } = stacksIn(undefined, 'eu-central-1', 'us-east-1');
    expect(messageOf(() => FailoverRegions.fromStacks(app, 'Shop', stacks))).toBe(
      '[UnknownRegion] primary is a value that is only known at deploy time; names and ARNs in other Regions are built from it; ' +
        'give a Region such as eu-west-1 (at Shop)',
    );
  });

  test('fails when a stack may read other Regions', () => {
    const { app, stacks } = stacksIn('eu-west-1', 'eu-central-1', 'us-east-1');
    const routing = new Stack(app, 'D', { env: { region: 'us-east-1' }, crossRegionReferences: true });
    expect(messageOf(() => FailoverRegions.fromStacks(app, 'Shop', { ...stacks, routing }))).toBe(
      '[CrossRegionReferences] routing has crossRegionReferences: true; its deployment would read another Region, just when that is gone; ' +
        'leave it out and pass names as plain text (at Shop)',
    );
  });
});

describe('props', () => {
  test('the documented default name of the control set is the id in lower case', () => {
    expect(given({}, 'Web-Shop').controlSetName).toBe('web-shop');
  });

  test('the zone is compared in lower case and without the closing dot', () => {
    expect(given({ zone: { zoneName: 'Example.COM.' } }).zone.zoneName).toBe('example.com');
  });

  test.each<[string, Partial<FailoverRegionsProps>, string]>([
    [
      'fails when both sites share a Region that is not us-east-1',
      { standby: 'eu-west-1' },
      '[RoutingRegion] primary and standby are both "eu-west-1"; health checks and their alarms live in us-east-1, ' +
        'so one stack can take all three roles only there; give two Regions, or us-east-1 for both (at Shop)',
    ],
    [
      'fails outside partition aws',
      { primary: 'cn-north-1' },
      '[Partition] primary is "cn-north-1" in partition aws-cn; this version supports partition aws only; give a Region of it (at Shop)',
    ],
    [
      'fails on what is no Region, with all mistakes at once',
      { primary: 'Ireland', standby: 'eu-central', controlSetName: 'Shop_1', zone: { zoneName: 'shop.internal' } },
      '[UnknownRegion] primary is "Ireland"; that is not the name of a Region; give one such as eu-west-1 (at Shop)\n' +
        '[UnknownRegion] standby is "eu-central"; that is not the name of a Region; give one such as eu-west-1 (at Shop)\n' +
        '[ControlSetName] controlSetName is "Shop_1"; it is part of names in every Region and takes 1 to 20 lower-case letters, digits and -; ' +
        'set controlSetName (at Shop)\n' +
        '[PrivateZone] zoneName is "shop.internal", a private name; health checkers are outside every VPC and see public zones only; ' +
        'use a public zone (at Shop)',
    ],
    [
      'fails when the Region is only known at deploy time',
      { standby: Aws.REGION },
      '[UnknownRegion] standby is a value that is only known at deploy time; names and ARNs in other Regions are built from it; ' +
        'give a Region such as eu-west-1 (at Shop)',
    ],
    [
      'fails on a name that is one character too long',
      { controlSetName: 'a'.repeat(21) },
      `[ControlSetName] controlSetName is "${'a'.repeat(21)}"; it is part of names in every Region and takes 1 to 20 lower-case letters, ` +
        'digits and -; set controlSetName (at Shop)',
    ],
    [
      'fails on a zone that is no name',
      { zone: { zoneName: 'com' } },
      '[ZoneName] zoneName is "com" and it has no dot; give the name of a public hosted zone such as example.com (at Shop)',
    ],
    [
      'fails on a zone that is only known at deploy time',
      { zone: { zoneName: Aws.STACK_NAME } },
      '[ZoneName] zoneName is a value that is only known at deploy time; names of records in other Regions are built from it; ' +
        'give it as plain text (at Shop)',
    ],
  ])('%s', (_name, props, text) => {
    expect(messageOf(() => given(props))).toBe(text);
  });

  test.each([
    [
      'primary',
      { primary: 'us-east-1' },
      'primary is us-east-1, where alarms on health checks live: traffic still moves when it fails, but these alarms stay silent; ' +
        'watch the standby from elsewhere too [ack: cdk-failover:RoutingSharesFate]',
    ],
    [
      'standby',
      { standby: 'us-east-1' },
      'standby is us-east-1, where the control plane of health checks lives: drills and their pages fail together with it; ' +
        'prefer another standby Region [ack: cdk-failover:RoutingSharesFate]',
    ],
  ])('warns when the %s shares the fate of us-east-1', (_name, props, text) => {
    expect(warningsOf(given(props))).toEqual([text]);
  });

  test('two Regions outside us-east-1 warn of nothing', () => {
    expect(warningsOf(given())).toEqual([]);
  });
});
