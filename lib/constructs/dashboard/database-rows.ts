import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { DatabaseFailover } from '../database';
import type { Row } from './rows';

const THIRD = { width: 8, height: 6 } as const;

/** What the prober publishes in the standby Region each minute, and the lag that RDS publishes there. */
export function databaseRows(database: DatabaseFailover): readonly Row[] {
  const { pairName } = database._pair;
  const alarms = new cloudwatch.AlarmStatusWidget({
    ...THIRD,
    width: 24,
    height: 3,
    title: `${pairName}: alarms of the database`,
    alarms: database.alarms,
  });
  const lag = database._lag;
  if (!lag) return [[alarms]];
  return [
    [
      new cloudwatch.GraphWidget({
        ...THIRD,
        title: `${pairName}: who writes (0 primary, 1 standby)`,
        left: [database.metricStandbyWrites({ label: 'standby writes' })],
        leftYAxis: { min: 0, max: 1.05, showUnits: false },
      }),
      new cloudwatch.SingleValueWidget({
        ...THIRD,
        title: `${pairName}: epoch, and who could take over`,
        metrics: [
          database.metricEpoch({ label: 'epoch' }),
          database.metricUnprotected({ label: 'nobody could take over' }),
          database.metricSplitBrain({ label: 'another writer is claimed' }),
        ],
      }),
      ...(lag.metrics.length === 0
        ? []
        : [
            new cloudwatch.GraphWidget({
              ...THIRD,
              title: `${pairName}: lag against what may be lost, seconds`,
              left: [...lag.metrics],
              leftYAxis: { min: 0, showUnits: false },
              leftAnnotations: [{ value: lag.limitSec, label: 'may not take over above', color: cloudwatch.Color.RED }],
              period: Duration.minutes(1),
            }),
          ]),
    ],
    [alarms],
  ];
}
