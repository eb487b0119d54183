import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { Beacons, DrillFault, FailoverDrill, type FailoverDrillProps, HealthProbe, Latch } from 'cdk-failover';
import { checksOf, propertiesOf, recordsOf, registrationOf, type World, world } from '../dns/world';
import { messageOf } from '../said';

const ALARM = 'cdk-failover-shop-app-drill-fault';
const ALLOWED = 'FailoverShopAppDrillPrimaryAllowedCheck';
const AT = ' (at Shop/Routing/App)';
const drill = (w: World, props: Partial<FailoverDrillProps> = {}) =>
  new FailoverDrill(w.regions.standby, 'Drill', { pair: w.pair, fault: DrillFault.metric(), ...props });
const drilled = (props: Parameters<typeof world>[0] = {}) => {
  const w = world(props);
  drill(w);
  return { ...w, routing: Template.fromStack(w.regions.routing), standby: Template.fromStack(w.regions.standby) };
};
const queueAlarm = (w: World) =>
  cloudwatch.Alarm.fromAlarmArn(w.regions.routing, 'Queue', 'arn:aws:cloudwatch:eu-west-1:111111111111:alarm:queue');

/** What a calculated check says, from the rendered template: every check by its logical id, healthy or not. */
function says(checks: ReturnType<typeof checksOf>, id: string, healthy: (id: string) => boolean): boolean {
  const { ChildHealthChecks: children, HealthThreshold: threshold } = checks[id] as {
    ChildHealthChecks: { Ref: string }[];
    HealthThreshold: number;
  };
  return children.filter(({ Ref }) => healthy(Ref)).length >= threshold;
}

describe('a drill by metric', () => {
  test('reads an alarm of the standby Region that is silent in peace, and goes back to healthy in silence', () => {
    const { routing, standby } = drilled();
    expect(propertiesOf(standby, 'AWS::CloudWatch::Alarm')['FailoverShopAppDrillFault']).toEqual({
      AlarmName: ALARM,
      AlarmDescription: expect.any(String),
      Namespace: 'CdkFailover',
      MetricName: 'DrillFault',
      Dimensions: [
        { Name: 'ControlSet', Value: 'shop' },
        { Name: 'Pair', Value: 'app' },
      ],
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
    expect(checksOf(routing)['FailoverShopAppDrillNotDrilled1Check']).toEqual({
      Type: 'CLOUDWATCH_METRIC',
      AlarmIdentifier: { Name: ALARM, Region: 'eu-central-1' },
      InsufficientDataHealthStatus: 'Healthy',
      Inverted: false,
    });
  });

  test('stands above the primary’s own check, and leaves that, its beacon and the standby alone', () => {
    const { routing, standby } = drilled();
    const primary = 'FailoverShopAppPrimaryCheckHttps10sByIp';
    expect(checksOf(routing)[ALLOWED]).toEqual({
      Type: 'CALCULATED',
      ChildHealthChecks: [{ Ref: primary }, { Ref: 'FailoverShopAppDrillNotDrilled1Check' }],
      HealthThreshold: 2,
      Inverted: false,
    });
    const behind = (name: string) => recordsOf(routing, name).map((record) => record.HealthCheckId?.Ref);
    expect(behind('app.example.com')).toEqual([ALLOWED, 'FailoverShopAppStandbyCheckHttps10sByIp']);
    expect(behind('_primary._failover.app.example.com')).toEqual([primary, undefined]);
    expect(registrationOf(standby).drill?.fault).toEqual({
      kind: 'metric',
      beacon: '_allowed-primary._failover.app.example.com',
      alarm: ALARM,
      region: 'eu-central-1',
    });
  });

  test.each([1, 2, 3])(
    'lets a primary through of whose three probes %i must be healthy, and never one that is dead',
    (healthy) => {
      const probes = [1, 2, 3].map((port) => HealthProbe.tcp({ port }));
      const { routing } = drilled({ health: HealthProbe.calculated(probes, { healthy }) });
      const checks = checksOf(routing);
      const parts = [1, 2, 3].map((n) => `FailoverShopAppPrimaryCheckChild${n}Tcp10sByIp`);
      for (let state = 0; state < 8; state += 1) {
        const up = parts.filter((_, n) => (state >> n) & 1);
        for (const on of [false, true]) {
          const allowed = says(checks, ALLOWED, (id) => (id.includes('NotDrilled') ? !on : up.includes(id)));
          expect([state, on, allowed]).toEqual([state, on, !on && up.length >= healthy]);
        }
      }
    },
  );

  test('works where the health of the primary is an alarm', () => {
    const w = world();
    const made = world({ health: HealthProbe.alarm(queueAlarm(w)), standbyHealth: HealthProbe.https() });
    drill(made);
    const checks = checksOf(Template.fromStack(made.regions.routing));
    expect(says(checks, ALLOWED, () => true)).toBe(true);
    expect(says(checks, ALLOWED, (id) => id.includes('NotDrilled'))).toBe(false);
  });

  test('holds a latched pair out as well, whatever hold and latch say', () => {
    const { routing } = drilled({ latch: Latch.alarm() });
    const checks = checksOf(routing);
    const id = 'FailoverShopAppPrimaryAllowedCheck';
    const states = [false, true];
    for (const endpoint of states)
      for (const hold of states)
        for (const latch of states)
          for (const on of states) {
            const healthy = (check: string) => {
              if (check.includes('NotDrilled')) return !on;
              if (check.includes('NotLatched')) return !latch;
              return check.includes('Hold') ? hold : endpoint;
            };
            expect(says(checks, id, healthy)).toBe((endpoint || hold) && !latch && !on);
          }
    expect(checks[ALLOWED]).toBeUndefined();
    const behind = recordsOf(routing, 'app.example.com').map((record) => record.HealthCheckId?.Ref);
    expect(behind[0]).toBe(id);
  });

  test('has no right on any health check, and its restore may publish', () => {
    const { routing, standby } = drilled();
    expect(JSON.stringify(routing.toJSON())).not.toContain('route53:UpdateHealthCheck');
    const publishing = Object.values(propertiesOf(standby, 'AWS::IAM::ManagedPolicy')).filter(
      ({ Roles, PolicyDocument }) =>
        JSON.stringify(Roles).includes('Restore') &&
        PolicyDocument.Statement.some(({ Action }: { Action: string }) => Action === 'cloudwatch:PutMetricData'),
    );
    expect(publishing).toHaveLength(1);
  });

  test('never loses the alarm that a check reads', () => {
    const { standby } = drilled();
    const alarm = standby.findResources('AWS::CloudWatch::Alarm')['FailoverShopAppDrillFault'];
    expect([alarm?.DeletionPolicy, alarm?.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  });
});

describe('a drill by metric fails', () => {
  test('above a check that may be calculated itself', () => {
    const w = world();
    const health = HealthProbe.existing(route53.HealthCheck.fromHealthCheckId(w.regions.routing, 'Own', 'abc'));
    expect(messageOf(() => drill(world({ health, standbyHealth: HealthProbe.https() })))).toBe(
      `[DrillOverExisting] health is HealthProbe.existing, and DrillFault.metric puts a calculated check above it; whether that one is calculated itself is not known here, and Route 53 knows one level only; use DrillFault.functions, or give the pair a check of its own${AT}`,
    );
  });

  test('without beacons', () => {
    expect(messageOf(() => drill(world({ beacons: Beacons.none() })))).toBe(
      `[BeaconsNeeded] beacons is Beacons.none(); a drill reads Route 53's verdict from them; use Beacons.open(), or Beacons.labelled with a random label${AT}`,
    );
  });

  test('with a target for what is not judged', () => {
    expect(messageOf(() => drill(world(), { targets: { detection: Duration.seconds(30) } }))).toBe(
      '[DrillTarget] targets.detection or targets.rto is set, but with DrillFault.metric it is the drill’s own alarm that is detected, so both say nothing; leave them out, or use DrillFault.healthCheckPath (at Shop/Standby/Drill)',
    );
  });

  test('when the latch comes after it', () => {
    const w = world();
    drill(w);
    expect(messageOf(() => w.pair._useLatch())).toBe(
      `[LatchAfterDrill] a FailoverDrill with DrillFault.metric was made before the database that latches the pair, and both stand above the same health check; make the DatabaseFailover first, or give the pair latch: Latch.alarm()${AT}`,
    );
  });

  test('as a second drill of the pair', () => {
    const w = world();
    drill(w);
    expect(messageOf(() => new FailoverDrill(w.regions.standby, 'Second', { pair: w.pair, fault: DrillFault.metric() }))).toMatch(
      /^\[SecondDrill\]/,
    );
  });
});
