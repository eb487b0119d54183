import type { App } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Database, FailoverDashboard, type FailoverDashboardProps, LagSource } from '../../../lib';
import { PairMemory } from '../../../lib/runtime/drive/database/memory';
import { publishWatch } from '../../../lib/runtime/drive/database/protection';
import { DatabaseProcess } from '../../fakes/database/process';
import { DatabaseWorld } from '../../fakes/database/world';
import { type Built, inRegion, ofType, oneStack, type Rendered, rendered, stacksOf, threeRegions } from '../../support/apps';
import { idleAcknowledgements, nagFindings } from '../../support/nag';
import { auroraGlobal, bind, world as databaseWorld, instance, pairIn, replicas } from '../database/world';
import { messageOf } from '../said';

interface Widget {
  readonly type: string;
  readonly properties: {
    readonly title?: string;
    readonly region?: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly alarms?: readonly string[];
    readonly annotations?: { readonly horizontal?: readonly { readonly value: number; readonly label: string }[] };
  };
}

/** A body with its references written as `<LogicalId>`. */
function page(template: Rendered): { readonly name: string; readonly widgets: readonly Widget[] } {
  const [found, ...more] = ofType(template, 'AWS::CloudWatch::Dashboard');
  if (!found || more.length > 0) throw new Error(`${more.length + (found ? 1 : 0)} dashboards in ${template.name}`);
  const { DashboardBody, DashboardName } = found[1].Properties;
  const parts: readonly unknown[] = typeof DashboardBody === 'string' ? [DashboardBody] : DashboardBody['Fn::Join'][1];
  const text = parts.map((part) => (typeof part === 'string' ? part : `<${Object.values(part as object).flat()[0]}>`)).join('');
  return { name: DashboardName, widgets: JSON.parse(text).widgets };
}

const titles = (template: Rendered) => page(template).widgets.flatMap(({ properties }) => properties.title ?? []);
const widget = (template: Rendered, title: string): Widget => {
  const found = page(template).widgets.find(({ properties }) => properties.title === title);
  if (!found) throw new Error(`no widget ${title}; there are ${titles(template).join(', ')}`);
  return found;
};
const metricNames = (found: Widget) => (found.properties.metrics ?? []).map(([, name]) => name);

function withPages(props: Partial<FailoverDashboardProps> = {}, shape: Parameters<typeof threeRegions>[0] = {}): Built {
  const built = threeRegions(shape);
  new FailoverDashboard(built.regions.standby, 'Pages', { pairs: [...built.pairs], drills: [...built.drills], ...props });
  return built;
}

const problem = (make: (built: Built) => unknown) => {
  const built = threeRegions({ pairs: 2, alerts: false });
  return messageOf(() => make(built));
};

describe('three Regions', () => {
  const built = withPages();
  const templates = rendered(built.app as App);
  const routing = inRegion(templates, 'us-east-1');
  const standby = inRegion(templates, 'eu-central-1');

  test('one page per Region, with names of their own: dashboards of an account share one space of names', () => {
    expect([page(routing).name, page(standby).name]).toEqual(['cdk-failover-shop-routing', 'cdk-failover-shop-standby']);
    expect(ofType(inRegion(templates, 'eu-central-1'), 'AWS::CloudWatch::Dashboard')).toHaveLength(1);
  });

  test('the page in us-east-1 shows what Route 53 publishes there, and the pair’s alarms', () => {
    expect(titles(routing)).toEqual([
      'app0: health (1 healthy, 0 unhealthy)',
      'app0: checkers that reach the primary, percent',
      'app0: alarms',
      'Alerts: alerts that PagerDuty took',
      'Alerts: longest wait, seconds',
      'Alerts: alerts in the dead-letter queue',
    ]);
    expect(metricNames(widget(routing, 'app0: health (1 healthy, 0 unhealthy)'))).toEqual([
      'HealthCheckStatus',
      'HealthCheckStatus',
    ]);
    expect(widget(routing, 'app0: checkers that reach the primary, percent').properties.annotations?.horizontal).toMatchObject([
      { value: 75, label: 'early warning below' },
      { value: 18, label: 'unhealthy at and below' },
    ]);
    expect(widget(routing, 'app0: alarms').properties.alarms).toHaveLength(3);
  });

  test('the page in the standby Region shows drills against their targets, age, certificates and alerts', () => {
    expect(titles(standby)).toEqual([
      'app0: drills, seconds against targets',
      'app0: targets missed, drills not passed',
      'app0: alarms of the drill',
      'app0: days since a passed drill',
      'app0: days left on certificates',
      'Alerts: alerts that PagerDuty took',
      'Alerts: longest wait, seconds',
      'Alerts: alerts in the dead-letter queue',
    ]);
    const drills = widget(standby, 'app0: drills, seconds against targets');
    expect(metricNames(drills)).toEqual(['DrillDetectionSeconds', 'DrillSwitchSeconds', 'DrillRtoSeconds']);
    expect(drills.properties.annotations?.horizontal?.map(({ value }) => value)).toEqual([30, 60, 120]);
    expect(metricNames(widget(standby, 'app0: days left on certificates'))).toEqual([
      'CertificateDaysLeft',
      'CertificateDaysLeft',
    ]);
    expect(widget(standby, 'app0: alarms of the drill').properties.alarms).toHaveLength(built.drills[0]?.alarms.length ?? 0);
  });

  test('no page asks for a metric of another Region, and no value crosses one', () => {
    for (const template of [routing, standby]) {
      // What is in the page's own Region is written as the stack's own.
      const regions = page(template).widgets.flatMap(({ properties }) => [
        ...(properties.region ? [properties.region] : []),
        ...(properties.metrics ?? []).flatMap((metric) => {
          const last = metric.at(-1) as { region?: string };
          return last.region ? [last.region] : [];
        }),
      ]);
      expect([...new Set(regions)].filter((region) => !region.startsWith('<'))).toEqual([template.region]);
      expect(template.text).not.toMatch(/ExportReader|ExportWriter|GetStackOutput|ImportValue/);
    }
  });

  test('cdk-nag finds nothing, and nothing is acknowledged in vain', () => {
    expect(nagFindings(...stacksOf(built.app))).toEqual([]);
    expect(idleAcknowledgements(...stacksOf(built.app))).toEqual([]);
  });
});

test('pairs without drills and alerts have no page part about them; further alarms come last', () => {
  const built = withPages({ drills: [], dashboardName: 'ops' }, { alerts: false });
  const alarm = cloudwatch.Alarm.fromAlarmArn(
    built.regions.standby,
    'Lag',
    'arn:aws:cloudwatch:eu-central-1:111111111111:alarm:lag',
  );
  new FailoverDashboard(built.regions.standby, 'More', {
    pairs: [...built.pairs],
    alarms: [alarm],
    dashboardName: 'more',
  });
  const standby = inRegion(rendered(built.app), 'eu-central-1');
  const bodies = ofType(standby, 'AWS::CloudWatch::Dashboard').map(([, { Properties }]) => [
    Properties.DashboardName,
    JSON.stringify(Properties.DashboardBody).includes('Further alarms'),
    JSON.stringify(Properties.DashboardBody).includes('app0'),
  ]);
  expect(bodies).toEqual([
    ['ops-standby', false, false],
    ['more-standby', true, false],
  ]);
});

test('one stack in us-east-1 has one page with everything', () => {
  const { app, stack } = oneStack();
  const { pair, drill } = stack;
  const dashboard = new FailoverDashboard(stack, 'Pages', { pairs: [pair], drills: [drill] });
  expect(dashboard.routingDashboard).toBe(dashboard.standbyDashboard);
  const [template] = rendered(app);
  if (!template) throw new Error('no stack');
  expect(page(template).name).toBe('cdk-failover-web-failover');
  expect(titles(template).filter((title) => title.includes('PagerDuty took'))).toHaveLength(1);
  expect(titles(template)).toContain('web: drills, seconds against targets');
  expect(titles(template)).toContain('web: alarms');
});

test('the lag of an Aurora Global Database is shown in seconds, under both sets of dimensions that Aurora uses', () => {
  const { app, regions, pair } = databaseWorld();
  const database = bind({ regions, pair }, { database: auroraGlobal() });
  new FailoverDashboard(regions.standby, 'Pages', { pairs: [pair], databases: [database] });
  const lag = widget(inRegion(rendered(app), 'eu-central-1'), 'app: lag against what may be lost, seconds');
  const rows: (readonly unknown[])[] = [...(lag.properties.metrics ?? [])];
  expect(rows.flatMap(([first]) => (typeof first === 'object' ? [first] : []))).toMatchObject([
    { expression: 'rpo * 0.001', label: 'shop-b' },
    { expression: 'rpoBySource * 0.001', label: 'shop-b, from eu-west-1' },
  ]);
  expect(rows.filter(([first]) => typeof first === 'string').map((row) => row.slice(1, -1))).toEqual([
    ['AuroraGlobalDBRPOLag', 'DBClusterIdentifier', 'shop-b'],
    ['AuroraGlobalDBRPOLag', 'DBClusterIdentifier', 'shop-b', 'SourceRegion', 'eu-west-1'],
  ]);
});

test('the lag of a custom database is shown where it came with metrics, in seconds', () => {
  const lagTitle = 'app: lag against what may be lost, seconds';
  const standbyWith = (lags?: LagSource[]) => {
    const { app, regions, pair } = databaseWorld();
    const handler = lambda.Function.fromFunctionName(regions.standby, 'Orders', 'order-it');
    const own = Database.custom({ source: instance('own-a'), replicas: [instance('own-b')], handler, lags });
    const database = bind({ regions, pair }, { database: own });
    new FailoverDashboard(regions.standby, 'Pages', { pairs: [pair], databases: [database] });
    return inRegion(rendered(app), 'eu-central-1');
  };
  const metric = (metricName: string) => new cloudwatch.Metric({ namespace: 'Patroni', metricName, label: metricName });
  const shown = standbyWith([LagSource.metric(metric('LagMs'), 0.001), LagSource.metric(metric('LagSec'), 1)]);
  const rows: (readonly unknown[])[] = [...(widget(shown, lagTitle).properties.metrics ?? [])];
  expect(rows.flatMap(([first]) => (typeof first === 'object' ? [first] : []))).toMatchObject([
    { expression: 'lag0 * 0.001', label: 'LagMs' },
  ]);
  expect(rows.filter(([first]) => first === 'Patroni').map(([, name]) => name)).toEqual(['LagMs', 'LagSec']);
  expect(titles(standbyWith())).not.toContain(lagTitle);
});

describe('a database that is promoted', () => {
  const { app, regions, pair, alerts } = databaseWorld({}, { alerts: true });
  const database = bind({ regions, pair }, { database: replicas('shop-b1', 'shop-b2') });
  new FailoverDashboard(regions.standby, 'Pages', { pairs: [pair], databases: [database] });
  const standby = inRegion(rendered(app), 'eu-central-1');

  test('shows on the page of the standby Region who writes, the epoch, lag against what may be lost, and its alarms', () => {
    expect(alerts).toBeDefined();
    expect(titles(standby).slice(0, 4)).toEqual([
      'app: who writes (0 primary, 1 standby)',
      'app: epoch, and who could take over',
      'app: lag against what may be lost, seconds',
      'app: alarms of the database',
    ]);
    const lag = widget(standby, 'app: lag against what may be lost, seconds');
    expect(lag.properties.metrics?.map(([, name, , id]) => [name, id])).toEqual([
      ['ReplicaLag', 'shop-b1'],
      ['ReplicaLag', 'shop-b2'],
    ]);
    expect(lag.properties.annotations?.horizontal).toMatchObject([{ value: 60, label: 'may not take over above' }]);
    expect(widget(standby, 'app: alarms of the database').properties.alarms).toHaveLength(database.alarms.length);
  });

  test('shows nothing that the prober does not publish', async () => {
    const world = new DatabaseWorld();
    await world.time.run(new DatabaseProcess(world).run((ports) => publishWatch(ports, world.registration, firstTick())));
    const published = world.metrics.map(({ name }) => name);
    const shown = ['app: who writes (0 primary, 1 standby)', 'app: epoch, and who could take over'].flatMap((title) =>
      metricNames(widget(standby, title)),
    );
    expect(shown).toEqual(['DatabaseStandbyWrites', 'DatabaseEpoch', 'DatabaseUnprotected', 'DatabaseSplitBrain']);
    expect(shown.filter((name) => !published.includes(String(name)))).toEqual([]);
  });

  const firstTick = () => Object.assign(new PairMemory(), { ticks: 1 });
});

describe('refusals', () => {
  test('fails for a database of a pair that is not shown', () => {
    const { regions, pair } = databaseWorld();
    const other = pairIn(regions, 'Other');
    const database = bind({ regions, pair }, { database: replicas('shop-b') });
    expect(messageOf(() => new FailoverDashboard(regions.standby, 'Pages', { pairs: [other], databases: [database] }))).toBe(
      '[ForeignDatabase] databases has the database of app, which is not in pairs; add the pair, or leave the database out (at Shop/Standby/Pages)',
    );
  });

  test('fails without a pair', () => {
    expect(problem(({ regions }) => new FailoverDashboard(regions.standby, 'Pages', { pairs: [] }))).toBe(
      '[NoPair] pairs is empty; a page shows at least one; give the pairs of one FailoverRegions (at Shop/Standby/Pages)',
    );
  });

  test('fails for everything that is wrong, at once', () => {
    const other = threeRegions({ alerts: false });
    const elsewhere = cloudwatch.Alarm.fromAlarmArn(
      other.regions.standby,
      'A',
      'arn:aws:cloudwatch:eu-west-3:111111111111:alarm:a',
    );
    expect(
      problem(
        ({ regions, pairs, drills }) =>
          new FailoverDashboard(regions.routing, 'Pages', {
            pairs: [...pairs.slice(0, 1), ...other.pairs],
            drills: [...drills],
            alarms: [elsewhere],
            dashboardName: 'two words',
          }),
      ),
    ).toBe(
      [
        '[OtherRegions] pairs has app0 and app0 of two FailoverRegions; their pages are in different stacks; make a dashboard for each (at Shop/Routing/Pages)',
        '[WrongStack] scope is in stack shop-routing; the page must be there while the primary is gone; use regions.standby as scope (at Shop/Routing/Pages)',
        '[ForeignDrill] drills has the drill of app1, which is not in pairs; add the pair, or leave the drill out (at Shop/Routing/Pages)',
        '[AlarmElsewhere] alarms has an alarm of eu-west-3; a page shows alarms of its own Region, eu-central-1; leave it out (at Shop/Routing/Pages)',
        '[DashboardName] dashboardName is "two words"; 1 to 200 letters, digits, - and _; spell it so (at Shop/Routing/Pages)',
      ].join('\n'),
    );
  });
});
