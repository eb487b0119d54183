import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { AlertPath } from '../alert';
import type { DatabaseFailover } from '../database';
import type { FailoverPair } from '../dns';
import type { FailoverDrill } from '../drill';
import { isKnown, Problems } from '../internal/problems';
import { databaseRows } from './database-rows';
import { alertRows, drillRows, headRow, healthRows, moreAlarmsRow, type Row } from './rows';

/** What the pages show. */
export interface FailoverDashboardProps {
  /** Pairs of one `FailoverRegions`, at least one. */
  readonly pairs: FailoverPair[];
  /**
   * Drills of these pairs.
   *
   * @default - no drill results, no days since a passed drill, no certificates
   */
  readonly drills?: FailoverDrill[];
  /**
   * Databases of these pairs: who writes, epoch, lag against what may be lost, their alarms.
   *
   * @default - no database
   */
  readonly databases?: DatabaseFailover[];
  /**
   * Further alarms of the standby's stack or Region, such as those of `ReplicationLagAlarms`.
   *
   * @default - only those of pairs and drills
   */
  readonly alarms?: cloudwatch.IAlarm[];
  /**
   * Begin of the names of the pages, which are unique in the account, whatever the Region: letters, digits, `-` and `_`, at
   * most 200.
   *
   * @default - `cdk-failover-<control set>`
   */
  readonly dashboardName?: string;
}

const NAME = /^[A-Za-z0-9_-]{1,200}$/;

/**
 * One CloudWatch page per Region to look at before, during and after a drill.
 *
 * - `<name>-routing`, in us-east-1, where Route 53 publishes: health of both sides, percent of checkers that reach the primary,
 *   the pairs' alarms.
 * - `<name>-standby`, in the standby Region: drill results against their targets, days since the last passed drill, days left
 *   on certificates, alerts delivered and refused, the drills' alarms; of each database who writes, at which epoch, and its lag against
 *   what may be lost. Needs nothing of us-east-1.
 *
 * Where one stack takes all roles, it is one page, `<name>-failover`. While us-east-1 does not answer, `failover status` reads
 * Route 53's verdict from the beacons.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html
 */
export class FailoverDashboard extends Construct {
  /** Page in us-east-1. */
  public readonly routingDashboard: cloudwatch.Dashboard;
  /** Page in the standby Region; the same as `routingDashboard` where one stack takes all roles. */
  public readonly standbyDashboard: cloudwatch.Dashboard;

  /**
   * @throws NoPair, OtherRegions, WrongStack, ForeignDrill, ForeignDatabase, AlarmElsewhere or DashboardName; all that apply at once.
   */
  constructor(scope: Construct, id: string, props: FailoverDashboardProps) {
    super(scope, id);
    const problems = new Problems();
    checkPages(this, props, problems);
    problems.throwAt(this);
    const [first] = props.pairs;
    if (!first) throw new Error('a dashboard without a pair has a problem');

    const { routing, standby, controlSetName } = first.regions;
    const name = props.dashboardName ?? `cdk-failover-${controlSetName}`;
    const one = routing === standby;
    this.standbyDashboard = new cloudwatch.Dashboard(this, 'Standby', {
      dashboardName: `${name}-${one ? 'failover' : 'standby'}`,
    });
    this.routingDashboard = one
      ? this.standbyDashboard
      : new cloudwatch.Dashboard(routing, `${id}Routing`, { dashboardName: `${name}-routing` });

    this.fill(props, routing, standby);
  }

  private fill(
    { pairs, drills = [], databases = [], alarms = [] }: FailoverDashboardProps,
    routing: Stack,
    standby: Stack,
  ): void {
    const add = (page: cloudwatch.Dashboard, rows: readonly Row[]) => {
      for (const row of rows) page.addWidgets(...row);
    };
    const one = routing === standby;
    for (const pair of pairs) {
      const drill = drills.find((each) => each.pair === pair);
      add(this.routingDashboard, [headRow(pair), ...healthRows(pair)]);
      const rows = [
        ...databases.filter((each) => each._pair === pair).flatMap(databaseRows),
        ...(drill ? drillRows(pair, drill) : []),
      ];
      if (rows.length > 0) add(this.standbyDashboard, [...(one ? [] : [headRow(pair)]), ...rows]);
    }
    const paths = new Set(pairs.flatMap(({ alerts }) => (alerts ? [alerts] : [])));
    add(this.routingDashboard, alertRowsOf(paths, routing));
    if (!one) add(this.standbyDashboard, alertRowsOf(paths, standby));
    if (alarms.length > 0) add(this.standbyDashboard, [moreAlarmsRow(alarms)]);
  }
}

/** A foot is counted by its own queue and sender, so each page shows that of its own stack. */
const alertRowsOf = (paths: ReadonlySet<AlertPath>, stack: Stack): readonly Row[] =>
  [...paths].filter((path) => path._counts(stack)).flatMap((path) => alertRows(path, stack));

function checkPages(dashboard: Construct, props: FailoverDashboardProps, problems: Problems): void {
  const { pairs, drills = [], databases = [], alarms = [], dashboardName } = props;
  const [first, ...others] = pairs;
  if (!first) {
    problems.add('NoPair', 'pairs is empty; a page shows at least one; give the pairs of one FailoverRegions');
    return;
  }
  const { standby } = first.regions;
  for (const { pairName, regions } of others) {
    problems.addIf(
      regions !== first.regions,
      'OtherRegions',
      `pairs has ${first.pairName} and ${pairName} of two FailoverRegions; their pages are in different stacks; make a dashboard for each`,
    );
  }
  const stack = Stack.of(dashboard);
  problems.addIf(
    stack !== standby,
    'WrongStack',
    `scope is in stack ${stack.stackName}; the page must be there while the primary is gone; use regions.standby as scope`,
  );
  for (const { pair } of drills) {
    problems.addIf(
      !pairs.includes(pair),
      'ForeignDrill',
      `drills has the drill of ${pair.pairName}, which is not in pairs; add the pair, or leave the drill out`,
    );
  }
  for (const { _pair } of databases) {
    problems.addIf(
      !pairs.includes(_pair),
      'ForeignDatabase',
      `databases has the database of ${_pair.pairName}, which is not in pairs; add the pair, or leave the database out`,
    );
  }
  for (const alarm of alarms) {
    const region = regionOf(alarm);
    problems.addIf(
      isKnown(region) && isKnown(standby.region) && region !== standby.region,
      'AlarmElsewhere',
      `alarms has an alarm of ${region}; a page shows alarms of its own Region, ${standby.region}; leave it out`,
    );
  }
  problems.addIf(
    dashboardName !== undefined && isKnown(dashboardName) && !NAME.test(dashboardName),
    'DashboardName',
    `dashboardName is "${dashboardName}"; 1 to 200 letters, digits, - and _; spell it so`,
  );
}

/** An imported alarm says its Region in its ARN only. */
const regionOf = ({ alarmArn, env }: cloudwatch.IAlarm): string =>
  isKnown(alarmArn) ? (alarmArn.split(':')[3] ?? '') : env.region;
