import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { HealthCheck, HealthCheckType, InsufficientDataHealthStatusEnum } from 'aws-cdk-lib/aws-route53';
import { type FailoverPairProps, FailoverRegions, HealthProbe, Latch } from 'cdk-failover';
import { messageOf, warningsOf } from '../said';
import { checksOf, pairIn, propertiesOf, recordsOf, registrationOf, zone } from './world';

const AT = ' (at Shop/Routing/App)';
const FOLLOW = 'health is HealthProbe.alarm on Watch/Errors';

interface Made {
  readonly regions: FailoverRegions;
  readonly watch: Stack;
}

function made(region = 'eu-central-1', account?: string): Made {
  const app = new App();
  const regions = new FailoverRegions(app, 'Shop', { account, primary: 'eu-west-1', standby: 'eu-central-1', zone });
  return { regions, watch: new Stack(app, 'Watch', { env: { region, account: account && '222222222222' } }) };
}

const metric = (options: Partial<cloudwatch.MetricProps> = {}) =>
  new cloudwatch.Metric({ namespace: 'Shop', metricName: 'Errors', period: Duration.minutes(1), statistic: 'Sum', ...options });

const alarmIn = (stack: Stack, props: Partial<cloudwatch.AlarmProps> = {}, id = 'Errors') =>
  new cloudwatch.Alarm(stack, id, { alarmName: 'shop-errors', metric: metric(), threshold: 5, evaluationPeriods: 2, ...props });

const standbyHealth = HealthProbe.https();
const pairOn = ({ regions }: Made, props: Partial<FailoverPairProps>) => pairIn(regions, 'App', { standbyHealth, ...props });
const checks = ({ regions }: Made) => checksOf(Template.fromStack(regions.routing));
const alarmChecks = (one: Made) => Object.entries(checks(one)).filter(([, check]) => check.Type === 'CLOUDWATCH_METRIC');

describe('HealthProbe.alarm', () => {
  test('reads the alarm by name and Region, and takes silence for illness', () => {
    const one = made();
    pairOn(one, { health: HealthProbe.alarm(alarmIn(one.watch)) });
    const [[id, check] = ['', {}]] = alarmChecks(one);
    expect(id).toMatch(/^FailoverShopAppPrimaryCheckAlarm[0-9a-f]{8}$/i);
    expect(check).toMatchObject({
      AlarmIdentifier: { Name: 'shop-errors', Region: 'eu-central-1' },
      InsufficientDataHealthStatus: 'Unhealthy',
      Inverted: false,
    });
    const routing = Template.fromStack(one.regions.routing);
    expect(recordsOf(routing, 'app.example.com')[0].HealthCheckId).toEqual({ Ref: id });
    expect(routing.findResources('AWS::Route53::HealthCheck')[id]?.DependsOn).toBeUndefined();
    expect(JSON.stringify(routing.toJSON())).not.toMatch(/ImportValue|GetStackOutput/);
  });

  test('has no early warning of far checkers, probes the site by https itself, and the budget says what it cannot know', () => {
    const one = made();
    const pair = pairOn(one, { health: HealthProbe.alarm(alarmIn(one.watch), { directProbe: HealthProbe.tcp({ port: 22 }) }) });
    expect(pair.primaryReachAlarm).toBeUndefined();
    const { primary, standby } = registrationOf(Template.fromStack(one.regions.standby));
    expect(primary.probe).toEqual({ protocol: 'tcp', connect: '1.2.3.4', port: 22 });
    expect(standby.probe.protocol).toBe('https');
    expect(warningsOf(pair)).toContain(
      'health is HealthProbe.alarm, and the budget knows the times of endpoint checks only: it judges detection as if the primary were ' +
        'probed by tcp every 10 s; let a drill measure it [ack: cdk-failover:BudgetBlind]',
    );
  });

  test('becomes another check when the alarm watches something else, because Route 53 keeps its copy', () => {
    const idOf = (props: Partial<cloudwatch.AlarmProps>) => {
      const one = made();
      pairOn(one, { health: HealthProbe.alarm(alarmIn(one.watch, props)) });
      return alarmChecks(one)[0]?.[0];
    };
    const changes = [{}, { threshold: 6 }, { evaluationPeriods: 3 }, { metric: metric({ statistic: 'Maximum' }) }];
    expect(new Set(changes.map(idOf)).size).toBe(4);
    expect(idOf({ alarmDescription: 'words', actionsEnabled: false })).toBe(idOf({}));
  });

  test.each<[string, Partial<cloudwatch.AlarmProps>, string]>([
    [
      'a percentile',
      { metric: metric({ statistic: 'p99' }) },
      'whose statistic is "p99"; Route 53 reads Average, Minimum, Maximum, Sum, SampleCount; choose one of these',
    ],
    [
      'metric math',
      { metric: new cloudwatch.MathExpression({ expression: 'm / 2', usingMetrics: { m: metric() } }) },
      'which computes; Route 53 reads one metric as it is; publish the result as a metric of its own',
    ],
    [
      'M of N',
      { datapointsToAlarm: 1 },
      'which waits for 1 of 2 datapoints; Route 53 counts datapoints in a row only; leave datapointsToAlarm out',
    ],
    [
      'high resolution',
      { metric: metric({ period: Duration.seconds(10) }) },
      'whose period is 10 s; Route 53 reads standard resolution only; use 60 s or more',
    ],
    [
      'a metric of another account',
      { metric: metric({ account: '333333333333' }) },
      'whose metric is of account 333333333333; Route 53 reads its own account only; publish the metric here',
    ],
  ])('fails on %s', (_name, props, fault) => {
    const one = made();
    const health = HealthProbe.alarm(alarmIn(one.watch, props));
    expect(messageOf(() => pairOn(one, { health }))).toBe(`[AlarmNotFollowed] ${FOLLOW}, ${fault}${AT}`);
  });

  test('fails on a composite alarm', () => {
    const one = made();
    const composite = new cloudwatch.CompositeAlarm(one.watch, 'Errors', {
      alarmRule: cloudwatch.AlarmRule.fromAlarm(alarmIn(one.watch, {}, 'Part'), cloudwatch.AlarmState.ALARM),
    });
    expect(messageOf(() => pairOn(one, { health: HealthProbe.alarm(composite) }))).toBe(
      `[AlarmNotFollowed] ${FOLLOW}, a composite alarm; it has no metric that Route 53 could read; give a metric alarm, ` +
        `or HealthProbe.calculated over several${AT}`,
    );
  });

  test('fails on everything at once: another account, a percentile, M of N, high resolution, no name', () => {
    const one = made('eu-central-1', '111111111111');
    const watched = metric({ statistic: 'p99', period: Duration.seconds(10) });
    const health = HealthProbe.alarm(alarmIn(one.watch, { alarmName: undefined, metric: watched, datapointsToAlarm: 1 }));
    const text = messageOf(() => pairOn(one, { health })).split('\n');
    expect(text.map((line) => line.slice(0, line.indexOf(';')).replace(`${FOLLOW}, `, ''))).toEqual([
      '[AlarmNotFollowed] whose statistic is "p99"',
      '[AlarmNotFollowed] whose period is 10 s',
      '[AlarmNotFollowed] which waits for 1 of 2 datapoints',
      '[AlarmName] whose name is only known at deploy time',
      '[AlarmNotFollowed] of account 222222222222',
    ]);
    expect(text[3]).toBe(
      `[AlarmName] ${FOLLOW}, whose name is only known at deploy time; a health check in us-east-1 names it by text; ` +
        `set alarmName, or import it by a plain ARN${AT}`,
    );
    expect(text[4]).toBe(
      `[AlarmNotFollowed] ${FOLLOW}, of account 222222222222; Route 53 reads alarms of its own account 111111111111 only; make the alarm there${AT}`,
    );
  });

  test('fails on an alarm whose Region nobody knows', () => {
    const one = made();
    const nowhere = new Stack(new App(), 'Watch');
    expect(messageOf(() => pairOn(one, { health: HealthProbe.alarm(alarmIn(nowhere)) }))).toBe(
      `[AlarmName] ${FOLLOW}, whose Region is only known at deploy time; a health check in us-east-1 names it by text; give its stack a Region${AT}`,
    );
  });

  test('fails when one alarm would turn both sides', () => {
    const one = made();
    const health = HealthProbe.alarm(alarmIn(one.watch));
    expect(messageOf(() => pairIn(one.regions, 'App', { health }))).toBe(
      '[SameHealth] health and standbyHealth both read the alarm shop-errors in eu-central-1; when it turns, both sides turn; ' +
        `give standbyHealth a source of its own${AT}`,
    );
  });

  test('warns about an alarm that dies with its site and then counts as healthy', () => {
    const warned = (insufficientData?: InsufficientDataHealthStatusEnum) => {
      const one = made('eu-west-1');
      const pair = pairOn(one, { health: HealthProbe.alarm(alarmIn(one.watch), { insufficientData }) });
      return warningsOf(pair).filter((text) => text.includes('AlarmDiesWithSite'));
    };
    expect(warned()).toEqual([]);
    expect(warned(InsufficientDataHealthStatusEnum.LAST_KNOWN_STATUS)).toEqual([
      'health reads an alarm in eu-west-1, the Region of the primary, and takes silence for LastKnownStatus: when that Region is gone, ' +
        'the primary stays healthy; leave insufficientData out, or alarm elsewhere [ack: cdk-failover:AlarmDiesWithSite]',
    ]);
  });

  test('takes an imported alarm by its plain ARN, and says that nobody looked at it', () => {
    const one = made();
    const arn = 'arn:aws:cloudwatch:eu-north-1:111111111111:alarm:theirs';
    const pair = pairOn(one, { health: HealthProbe.alarm(cloudwatch.Alarm.fromAlarmArn(one.watch, 'Errors', arn)) });
    const { FailoverShopAppPrimaryCheckAlarm: check } = checks(one);
    expect(check?.AlarmIdentifier).toEqual({ Name: 'theirs', Region: 'eu-north-1' });
    expect(warningsOf(pair).filter((text) => text.includes('AlarmUnseen'))).toEqual([
      `${FOLLOW}, which was made elsewhere: nobody looked whether Route 53 can follow it, and a change of its settings reaches the health ` +
        'check only when that is replaced [ack: cdk-failover:AlarmUnseen]',
    ]);
  });

  test('waits for an alarm of the same stack', () => {
    const one = made();
    pairOn(one, { health: HealthProbe.alarm(alarmIn(one.regions.routing)) });
    const [[id] = ['']] = alarmChecks(one);
    expect(Template.fromStack(one.regions.routing).findResources('AWS::Route53::HealthCheck')[id]?.DependsOn).toHaveLength(1);
  });

  test('can be latched', () => {
    const one = made();
    pairOn(one, { health: HealthProbe.alarm(alarmIn(one.watch)), latch: Latch.alarm() });
    const { FailoverShopAppPrimaryAllowedCheck: allowed } = checks(one);
    expect(allowed?.ChildHealthChecks[0].Ref).toMatch(/^FailoverShopAppPrimaryCheckAlarm/);
  });
});

describe('HealthProbe.calculated', () => {
  const both = (one: Made) => [HealthProbe.https({ path: '/ready' }), HealthProbe.alarm(alarmIn(one.watch))];

  test('is healthy while all probes are, or as many as are asked for', () => {
    for (const healthy of [undefined, 1]) {
      const one = made();
      const pair = pairOn(one, { health: HealthProbe.calculated(both(one), { healthy }) });
      const all = checks(one);
      const children = Object.keys(all).filter((id) => id.includes('PrimaryCheckChild'));
      expect(children.map((id) => id.replace(/[0-9a-f]{8}$/i, ''))).toEqual([
        'FailoverShopAppPrimaryCheckChild1Https10sByIp',
        'FailoverShopAppPrimaryCheckChild2Alarm',
      ]);
      expect(all['FailoverShopAppPrimaryCheckCalculated']).toMatchObject({
        Type: 'CALCULATED',
        ChildHealthChecks: children.map((Ref) => ({ Ref })),
        HealthThreshold: healthy ?? 2,
      });
      expect(pair._registered?.primary.probe.path).toBe('/ready');
      const names = Object.values(propertiesOf(Template.fromStack(one.regions.routing), 'AWS::Route53::HealthCheck'));
      expect(names.map(({ HealthCheckTags }) => HealthCheckTags[0].Value)).toEqual([
        'app primary 1',
        'app primary 2',
        'app primary',
        'app standby',
      ]);
    }
  });

  test('of endpoint probes may serve both sides: each probes its own site', () => {
    const one = made();
    const health = HealthProbe.calculated([HealthProbe.https(), HealthProbe.tcp()], { healthy: 1 });
    pairIn(one.regions, 'App', { health });
    expect(Object.values(checks(one)).filter(({ IPAddress }) => IPAddress === '5.6.7.8')).toHaveLength(2);
  });

  test('fails on none, on one below another, and on more than there are, at once', () => {
    const one = made();
    const said = '[ProbeChildren] health is HealthProbe.calculated';
    expect(messageOf(() => pairOn(one, { health: HealthProbe.calculated([]) }))).toBe(
      `${said} of 0 probes; it takes 1 to 20; give so many${AT}\n${said} with healthy 0; of 0 probes 1 to 0 can be asked for; give one of these${AT}`,
    );
    const nested = HealthProbe.calculated([HealthProbe.calculated([HealthProbe.tcp()])], { healthy: 2 });
    expect(messageOf(() => pairOn(made(), { health: nested }))).toBe(
      `${said} and has another one below; Route 53 knows one level only; give all probes at once${AT}\n` +
        `${said} with healthy 2; of 1 probes 1 to 1 can be asked for; give one of these${AT}`,
    );
  });

  test('fails under a latch, which is calculated itself', () => {
    const one = made();
    expect(messageOf(() => pairOn(one, { health: HealthProbe.calculated(both(one)), latch: Latch.alarm() }))).toBe(
      '[LatchOverCalculated] health is HealthProbe.calculated and the pair has a latch, which is calculated itself; ' +
        `Route 53 knows one level only; give a single probe${AT}`,
    );
  });
});

describe('HealthProbe.existing', () => {
  test('attaches records, beacons and alarms to a check that this library never changes', () => {
    const one = made();
    const theirs = HealthCheck.fromHealthCheckId(one.regions.routing, 'Theirs', 'abc-123');
    const pair = pairOn(one, { health: HealthProbe.existing(theirs) });
    expect(pair.primaryHealthCheckId).toBe('abc-123');
    expect(recordsOf(Template.fromStack(one.regions.routing), 'app.example.com')[0].HealthCheckId).toBe('abc-123');
    expect(Object.keys(checks(one))).toEqual(['FailoverShopAppStandbyCheckHttps10sByIp']);
  });

  test('takes a check made in the routing stack, and fails on one of another stack', () => {
    const check = (stack: Stack) => new HealthCheck(stack, 'Theirs', { type: HealthCheckType.HTTP, fqdn: 'a.example.net' });
    const one = made();
    const pair = pairOn(one, { health: HealthProbe.existing(check(one.regions.routing)) });
    expect(pair.primaryHealthCheckId).toBeDefined();
    const other = made();
    expect(messageOf(() => pairOn(other, { health: HealthProbe.existing(check(other.watch)) }))).toBe(
      '[CrossRegionToken] health is HealthProbe.existing on Watch/Theirs, whose id only another stack knows; ' +
        `make the check in Shop/Routing, or import it by its id${AT}`,
    );
  });

  test('fails when both sides hang on one check', () => {
    const { regions } = made();
    const health = HealthProbe.existing(HealthCheck.fromHealthCheckId(regions.routing, 'Theirs', 'abc-123'));
    expect(messageOf(() => pairIn(regions, 'App', { health }))).toContain(
      '[SameHealth] health and standbyHealth both read the health check abc-123;',
    );
  });
});

test('fails on a drill that moves a path where there is none', () => {
  const one = made();
  const pair = pairOn(one, { health: HealthProbe.alarm(alarmIn(one.watch)) });
  const targets = { detectionSec: 30, switchSec: 60, rtoSec: 120 };
  expect(messageOf(() => pair._useDrill({ fault: { kind: 'healthCheckPath' }, targets }))).toBe(
    '[DrillNeedsEndpoint] health is HealthProbe.alarm, and DrillFault.healthCheckPath moves the path or port of an endpoint check; ' +
      `use DrillFault.metric, or DrillFault.functions${AT}`,
  );
  pair._useDrill({ fault: { kind: 'functions', inject: 'a', restore: 'b' }, targets });
});
