import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import {
  Beacons,
  DrillFault,
  DrillLevel,
  DrillScenario,
  FailoverDrill,
  FailoverPair,
  FailoverRegions,
  HealthProbe,
  Site,
} from '../../../lib';
import { drillIdOf, isDrillId } from '../../../lib/decide/drill/ids';
import { inRegion, ofType, rendered, TUESDAYS, threeRegions, ZONE } from '../../support/apps';
import { messageOf } from '../said';

const built = threeRegions();
const standby = inRegion(rendered(built.app), 'eu-central-1');
const [drill] = built.drills as [FailoverDrill];
const schedules = ofType(standby, 'AWS::Scheduler::Schedule')
  .map(([, s]) => s.Properties)
  .filter((s) => String(s.Target.Input).includes('"pair"'));
const inputOf = (schedule: { Target: { Input: string } }) => JSON.parse(schedule.Target.Input);

/** A pair without a drill. */
function pairAlone(props: Partial<ConstructorParameters<typeof FailoverPair>[2]> = {}) {
  const app = new App();
  const regions = new FailoverRegions(app, 'Shop', { primary: 'eu-west-1', standby: 'eu-central-1', zone: ZONE });
  const sites = { primary: Site.ip('1.2.3.4'), standby: Site.ip('5.6.7.8') };
  return { app, regions, pair: new FailoverPair(regions.routing, 'App', { regions, recordName: 'app', ...sites, ...props }) };
}

const settingsIn = (pair: FailoverPair) => pair._registered?.drill;

test('left out, a drill has the documented defaults', () => {
  const { regions, pair } = pairAlone();
  new FailoverDrill(regions.standby, 'Drill', { pair });
  expect(settingsIn(pair)).toEqual({
    fault: { kind: 'healthCheckPath' },
    targets: { detectionSec: 30, switchSec: 60, rtoSec: 120 },
  });
});

test('what is set reaches the drill', () => {
  const { regions, pair } = pairAlone();
  new FailoverDrill(regions.standby, 'Drill', {
    pair,
    targets: { rto: Duration.minutes(5), detection: Duration.seconds(50) },
    window: { fromHour: 22, toHour: 4, timeZone: TimeZone.EUROPE_BERLIN },
    nameServers: ['192.0.2.1:5300'],
    certificateAuthority: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
  });
  expect(settingsIn(pair)).toEqual({
    fault: { kind: 'healthCheckPath' },
    targets: { detectionSec: 50, switchSec: 60, rtoSec: 300 },
    window: { fromHour: 22, toHour: 4, timeZone: 'Europe/Berlin' },
    nameServers: ['192.0.2.1:5300'],
    certificateAuthority: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
  });
});

test('OBSERVE runs daily, and the schedule at its own time in its own zone', () => {
  expect(schedules.map((s) => [s.ScheduleExpression, inputOf(s).level, inputOf(s).scenario, inputOf(s).pair])).toEqual([
    ['rate(1 day)', 'OBSERVE', 'primary_crash', 'app0'],
    ['cron(0 10 ? * TUE *)', 'TRAFFIC', 'primary_crash', 'app0'],
  ]);
  expect(schedules.every((s) => s.Target.RetryPolicy.MaximumEventAgeInSeconds === 600 && s.Target.DeadLetterConfig)).toBe(true);
});

test('the time of a schedule is the drill’s id, so that a second delivery is the same drill', () => {
  const ids = schedules.map((s) => inputOf(s).id as string);
  expect(ids).toEqual(['observe-<aws.scheduler.scheduled-time>', 'traffic-<aws.scheduler.scheduled-time>']);
  const delivered = ids.map((id) => id.replace('<aws.scheduler.scheduled-time>', '2026-11-24T10:00:00Z'));
  expect(delivered.every(isDrillId)).toBe(true);
  const drillIds = delivered.map((id) => drillIdOf('app0', id));
  expect(drillIds).toEqual(['app0-observe-2026-11-24T100000Z', 'app0-traffic-2026-11-24T100000Z']);
  // Step Functions takes up to 80 of these characters as the name of an execution.
  expect(drillIds.every((id) => /^[A-Za-z0-9_-]{1,80}$/.test(id))).toBe(true);
});

test('without a schedule only OBSERVE runs by itself', () => {
  const { app, regions, pair } = pairAlone();
  new FailoverDrill(regions.standby, 'Drill', { pair });
  const own = ofType(inRegion(rendered(app), 'eu-central-1'), 'AWS::Scheduler::Schedule').map(
    ([, s]) => s.Properties.ScheduleExpression,
  );
  expect(own.sort()).toEqual(['rate(1 day)', 'rate(1 minute)']);
});

test('alarms say what went wrong, keep saying it until the next drill, and unknown is never good', () => {
  const alarms = ofType(standby, 'AWS::CloudWatch::Alarm')
    .map(([, a]) => a.Properties)
    .filter((a) => String(a.AlarmName).includes('-app0-'));
  expect(
    alarms.map((a) => [a.AlarmName, a.MetricName, a.ComparisonOperator, a.Threshold, a.Period, a.TreatMissingData]).sort(),
  ).toEqual([
    ['cdk-failover-shop-app0-drill-failed', 'DrillFailed', 'GreaterThanOrEqualToThreshold', 1, 60, 'ignore'],
    ['cdk-failover-shop-app0-drill-not-restored', 'DrillNotRestored', 'GreaterThanOrEqualToThreshold', 1, 60, 'ignore'],
    ['cdk-failover-shop-app0-drill-overdue', 'DaysSinceSuccessfulDrill', 'GreaterThanOrEqualToThreshold', 30, 86400, 'breaching'],
    ['cdk-failover-shop-app0-drill-targets', 'DrillTargetsMissed', 'GreaterThanOrEqualToThreshold', 1, 60, 'ignore'],
    ['cdk-failover-shop-app0-primary-certificate', 'CertificateDaysLeft', 'LessThanThreshold', 21, 86400, 'missing'],
    ['cdk-failover-shop-app0-standby-certificate', 'CertificateDaysLeft', 'LessThanThreshold', 21, 86400, 'missing'],
  ]);
  expect(alarms.every((a) => a.AlarmActions.length === 1 && a.OKActions.length === 1)).toBe(true);
  // CloudWatch evaluates a window of at most 7 days.
  expect(alarms.every((a) => a.Period * a.EvaluationPeriods <= 7 * 86_400)).toBe(true);
});

test('only sites that are probed by https have a certificate to watch', () => {
  const { app, regions, pair } = pairAlone({ health: HealthProbe.http() });
  new FailoverDrill(regions.standby, 'Drill', { pair });
  expect(inRegion(rendered(app), 'eu-central-1').text).not.toContain('CertificateDaysLeft');
});

test('abort alarms refuse and abort, and the drill knows its own topics', () => {
  const { regions, pair } = pairAlone();
  const alarm = cloudwatch.Alarm.fromAlarmArn(
    regions.standby,
    'Latency',
    'arn:aws:cloudwatch:eu-central-1:111111111111:alarm:latency',
  );
  new FailoverDrill(regions.standby, 'Drill', { pair, abortAlarms: [alarm] });
  expect(pair._registered?.alarms).toContainEqual({ name: 'latency', region: 'eu-central-1', inDrill: false, blocksDrill: true });
  expect(built.pairs[0]?._registered?.topics).toEqual({ critical: expect.any(String), warning: expect.any(String) });
});

test('a grant allows invoking the drill function, and nothing else', () => {
  const role = new iam.Role(built.regions.standby, 'OnCall', { assumedBy: new iam.AccountRootPrincipal() });
  expect(drill.grantStart(role).principalStatements.map((s) => s.toJSON())).toEqual([
    { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: drill.drillFunction.functionArn },
  ]);
});

test('metrics are those that drill and keeper publish, in the standby Region', () => {
  const metrics = [
    drill.metricDetection(),
    drill.metricTrafficSwitch(),
    drill.metricRto(),
    drill.metricTargetsMissed(),
    drill.metricFailed(),
    drill.metricDaysSinceSuccess(),
  ];
  expect(metrics.map((m) => m.metricName)).toEqual([
    'DrillDetectionSeconds',
    'DrillSwitchSeconds',
    'DrillRtoSeconds',
    'DrillTargetsMissed',
    'DrillFailed',
    'DaysSinceSuccessfulDrill',
  ]);
  for (const m of metrics) {
    expect(m).toMatchObject({
      namespace: 'CdkFailover',
      region: 'eu-central-1',
      dimensions: { ControlSet: 'shop', Pair: 'app0' },
    });
  }
});

test('fails with every mistake at once', () => {
  const { app, regions, pair } = pairAlone();
  const elsewhere = new Stack(app, 'Elsewhere', { env: { region: 'us-west-2' } });
  const fn = lambda.Function.fromFunctionName(elsewhere, 'Fn', 'break-it');
  const alarm = cloudwatch.Alarm.fromAlarmArn(elsewhere, 'Alarm', 'arn:aws:cloudwatch:us-west-2:111111111111:alarm:a');
  const said = messageOf(
    () =>
      new FailoverDrill(regions.routing, 'Drill', {
        pair,
        scenarios: [DrillScenario.PRIMARY_CRASH, DrillScenario.PRIMARY_CRASH],
        schedule: scheduler.ScheduleExpression.expression('every monday'),
        fault: DrillFault.functions({ inject: fn, restore: fn }),
        targets: { detection: Duration.seconds(60), rto: Duration.seconds(45), trafficSwitch: Duration.millis(200) },
        window: { fromHour: 24, toHour: 4.5 },
        maxAge: Duration.hours(36),
        nameServers: ['https://ns.example.com'],
        certificateAuthority: './ca.pem',
        abortAlarms: [alarm],
      }),
  );
  const at = '(at Shop/Routing/Drill)';
  expect(said.split('\n')).toEqual([
    `[WrongStack] scope is in stack shop-routing; a drill lives in the standby Region, where it works while the primary is gone; use regions.standby as scope ${at}`,
    `[SameScenarioTwice] scenarios is primary_crash, primary_crash; each scenario once; remove the repeated one ${at}`,
    `[ScheduleExpression] schedule is "every monday"; EventBridge Scheduler reads rate(n unit), at(yyyy-mm-ddThh:mm:ss) and cron(...) with six fields; use ScheduleExpression.cron ${at}`,
    `[DrillTarget] targets.trafficSwitch is 200 ms; a drill measures to about half a second; use at least 1 s ${at}`,
    `[DrillTarget] targets.rto is 45 s, shorter than targets.detection of 60 s, which is a part of it; raise rto or lower detection ${at}`,
    `[DrillWindow] window.fromHour is 24; a whole hour from 0 to 23; a window may pass midnight (22 to 4) ${at}`,
    `[DrillWindow] window.toHour is 4.5; a whole hour from 1 to 24; a window may pass midnight (22 to 4) ${at}`,
    `[DrillMaxAge] maxAge is 1.5 days; whole days from 1 to 365; the age is counted in days ${at}`,
    `[NameServers] nameServers has "https://ns.example.com"; a server is host or host:port; write it as ns-1.example.net or 192.0.2.1:53 ${at}`,
    `[CertificateAuthority] certificateAuthority is not a PEM certificate; it begins with -----BEGIN CERTIFICATE-----; give the text of the file, not its name ${at}`,
    `[FunctionElsewhere] fault.inject is in us-west-2; a drill calls functions of the standby Region eu-central-1; put it there and let it act across Regions ${at}`,
    `[FunctionElsewhere] fault.restore is in us-west-2; a drill calls functions of the standby Region eu-central-1; put it there and let it act across Regions ${at}`,
    `[AlarmElsewhere] abortAlarms has an alarm in us-west-2; a drill reads alarms of the standby Region eu-central-1; alarm there on what the standby shows ${at}`,
  ]);
});

test.each([
  [
    'an empty list of scenarios',
    { scenarios: [] },
    '[NoScenario] scenarios is empty; a drill plays at least one; leave it out for PRIMARY_CRASH (at Shop/Standby/Drill)',
  ],
  [
    'a level that nothing uses',
    { level: DrillLevel.OBSERVE },
    '[LevelWithoutSchedule] level is OBSERVE, but no schedule is set, so it says nothing; set schedule, or name the level in the request (at Shop/Standby/Drill)',
  ],
  [
    'a window that is never open',
    { window: { fromHour: 3, toHour: 3 } },
    '[DrillWindow] window.fromHour and window.toHour are both 3, so no drill could ever start; leave window out for any hour (at Shop/Standby/Drill)',
  ],
  [
    'no name servers',
    { nameServers: [] },
    '[NameServers] nameServers is empty; leave it out to use the NS records of the zone (at Shop/Standby/Drill)',
  ],
])('fails on %s', (_what, props, text) => {
  const { regions, pair } = pairAlone();
  expect(messageOf(() => new FailoverDrill(regions.standby, 'Drill', { pair, ...props }))).toBe(text);
});

test.each([
  scheduler.ScheduleExpression.cron({ weekDay: 'TUE', hour: '10', minute: '0', timeZone: TimeZone.EUROPE_BERLIN }),
  scheduler.ScheduleExpression.rate(Duration.days(7)),
  scheduler.ScheduleExpression.at(new Date('2027-01-01T10:00:00Z')),
])('every schedule of EventBridge Scheduler is accepted: %j', (schedule) => {
  const { regions, pair } = pairAlone();
  expect(messageOf(() => new FailoverDrill(regions.standby, 'Drill', { pair, schedule }))).toBe('nothing was thrown');
});

test('fails without beacons, which show Route 53’s verdict to the drill', () => {
  const { regions, pair } = pairAlone({ beacons: Beacons.none() });
  expect(messageOf(() => new FailoverDrill(regions.standby, 'Drill', { pair }))).toMatch(/^\[BeaconsNeeded\] /);
});

test('fails on a second drill of the same pair', () => {
  const { regions, pair } = pairAlone();
  new FailoverDrill(regions.standby, 'Drill', { pair });
  expect(messageOf(() => new FailoverDrill(regions.standby, 'Again', { pair, schedule: TUESDAYS }))).toMatch(/^\[SecondDrill\] /);
});
