import { Duration, type Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { numberOf } from '../../decide/timings';
import type { AlertPath } from '../alert';
import { type FailoverPair, PairSide } from '../dns';
import { REACH_PERCENT } from '../dns/pair-alarms';
import type { FailoverDrill } from '../drill';

/** Widgets side by side; a page is 24 columns wide. */
export type Row = readonly cloudwatch.IWidget[];

const WIDTH = 24;
const THIRD = { width: 8, height: 6 } as const;
/** Drills are weeks apart, and CloudWatch keeps hours for 15 months. */
const DRILLS = { period: Duration.hours(1) } as const;

export const headRow = ({ recordFqdn, pairName, regions }: FailoverPair): Row => [
  new cloudwatch.TextWidget({
    width: WIDTH,
    height: 2,
    markdown: `## ${recordFqdn}\nPair \`${pairName}\`, ${regions.primaryRegion} to ${regions.standbyRegion}. \`npx failover status ${recordFqdn}\` shows which side answers now.`,
  }),
];

/** What Route 53 publishes, in us-east-1 only. */
export function healthRows(pair: FailoverPair): readonly Row[] {
  const { standbyHealthAlarm } = pair;
  const health = [pair.metricPrimaryHealth({ label: 'primary' })];
  if (standbyHealthAlarm) health.push(pair.metricStandbyHealth({ label: 'standby' }));
  return [
    [
      new cloudwatch.GraphWidget({
        ...THIRD,
        title: `${pair.pairName}: health (1 healthy, 0 unhealthy)`,
        left: health,
        leftYAxis: { min: 0, max: 1.05, showUnits: false },
      }),
      new cloudwatch.GraphWidget({
        ...THIRD,
        title: `${pair.pairName}: checkers that reach the primary, percent`,
        left: [pair.metricPrimaryPercentageHealthy({ label: 'primary' })],
        leftYAxis: { min: 0, max: 100, showUnits: false },
        leftAnnotations: [
          { value: REACH_PERCENT, label: 'early warning below', color: cloudwatch.Color.ORANGE },
          { value: numberOf('check.quorum', 'percent'), label: 'unhealthy at and below', color: cloudwatch.Color.RED },
        ],
      }),
      new cloudwatch.AlarmStatusWidget({
        ...THIRD,
        title: `${pair.pairName}: alarms`,
        alarms: [pair.primaryHealthAlarm, standbyHealthAlarm, pair.primaryReachAlarm].flatMap((alarm) => (alarm ? [alarm] : [])),
      }),
    ],
  ];
}

/** What the drill publishes, in the standby Region. */
export function drillRows(pair: FailoverPair, drill: FailoverDrill): readonly Row[] {
  const targets = pair._registered?.drill?.targets;
  const results = { ...THIRD, leftYAxis: { min: 0, showUnits: false } };
  const sides = [PairSide.PRIMARY, PairSide.STANDBY].filter((side) => pair._registered?.[side].probe.protocol === 'https');
  return [
    [
      new cloudwatch.GraphWidget({
        ...results,
        title: `${pair.pairName}: drills, seconds against targets`,
        left: [
          drill.metricDetection({ ...DRILLS, label: 'detection', color: cloudwatch.Color.BLUE }),
          drill.metricTrafficSwitch({ ...DRILLS, label: 'switch', color: cloudwatch.Color.PURPLE }),
          drill.metricRto({ ...DRILLS, label: 'RTO', color: cloudwatch.Color.GREEN }),
        ],
        leftAnnotations: targets
          ? [
              { value: targets.detectionSec, label: 'detection target', color: cloudwatch.Color.BLUE },
              { value: targets.switchSec, label: 'switch target', color: cloudwatch.Color.PURPLE },
              { value: targets.rtoSec, label: 'RTO target', color: cloudwatch.Color.GREEN },
            ]
          : [],
      }),
      new cloudwatch.GraphWidget({
        ...results,
        title: `${pair.pairName}: targets missed, drills not passed`,
        left: [
          drill.metricTargetsMissed({ ...DRILLS, label: 'targets missed' }),
          drill.metricFailed({ ...DRILLS, label: 'not passed' }),
        ],
      }),
      new cloudwatch.AlarmStatusWidget({ ...THIRD, title: `${pair.pairName}: alarms of the drill`, alarms: drill.alarms }),
    ],
    [
      new cloudwatch.SingleValueWidget({
        width: 8,
        height: 3,
        title: `${pair.pairName}: days since a passed drill`,
        // The newest point: the widget would otherwise show the whole range of the page.
        metrics: [drill.metricDaysSinceSuccess({ ...DRILLS, label: 'days' })],
      }),
      ...(sides.length === 0
        ? []
        : [
            new cloudwatch.SingleValueWidget({
              width: 16,
              height: 3,
              title: `${pair.pairName}: days left on certificates`,
              metrics: sides.map((side) => pair.metricCertificateDaysLeft(side, { label: side })),
            }),
          ]),
    ],
  ];
}

/** The alert path's foot in the page's own stack. */
export const alertRows = (path: AlertPath, stack: Stack): readonly Row[] => [
  [
    new cloudwatch.GraphWidget({
      ...THIRD,
      title: `${path.node.id}: alerts that PagerDuty took`,
      left: [
        path.metricDelivered(stack, { label: 'delivered', statistic: cloudwatch.Stats.SUM }),
        path.metricHeartbeat(stack, { label: 'heartbeats', statistic: cloudwatch.Stats.SUM }),
      ],
      leftYAxis: { min: 0, showUnits: false },
    }),
    new cloudwatch.GraphWidget({
      ...THIRD,
      title: `${path.node.id}: longest wait, seconds`,
      left: [path.metricDelay(stack, { label: 'wait' })],
      leftYAxis: { min: 0, showUnits: false },
    }),
    new cloudwatch.SingleValueWidget({
      ...THIRD,
      title: `${path.node.id}: alerts in the dead-letter queue`,
      metrics: [path.metricDeadLetters(stack, { label: 'refused' })],
    }),
  ],
];

export const moreAlarmsRow = (alarms: readonly cloudwatch.IAlarm[]): Row => [
  new cloudwatch.AlarmStatusWidget({ width: WIDTH, height: 4, title: 'Further alarms', alarms: [...alarms] }),
];
