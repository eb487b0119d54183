import { Duration, RemovalPolicy, Tags } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { writerAlarm, writerDimensions, writerMetric } from '../../decide/latch';
import { METRIC_NAMESPACE } from '../../decide/names';
import { acknowledge } from '../internal/acknowledge';
import { pascal } from '../internal/dns-names';
import { keepId } from '../internal/stable-id';
import type { FailoverRegions } from '../regions';
import type { BoundDatabase } from './database';
import { WRITER_TTL_SEC } from './strategies/writer-name';

export interface WriterRecordsProps {
  readonly regions: FailoverRegions;
  readonly pair: string;
  readonly database: BoundDatabase;
  readonly zoneId: string;
  readonly name: string;
  /** Of the latch: the keeper publishes both with the same one. */
  readonly generation: number;
}

/**
 * The writer's name as a chain: `name` answers the first replica while that one writes, else `_writer-2.name`, and so on to the
 * source, which is answered when nobody says otherwise. A new check counts as unhealthy, because it is inverted.
 */
export function makeWriterRecords(scope: Construct, props: WriterRecordsProps): void {
  const { regions, pair, database, name, zoneId } = props;
  const names = database.replicas.map((_, i) => (i === 0 ? name : `_writer-${i + 1}.${name}`));
  const links = database.replicas.flatMap((replica, i) => {
    const link = names[i] ?? name;
    const next = names[i + 1] ?? database.source.endpoint;
    const check = makeCheck(scope, props, replica.id);
    return [
      { ...linkTo(link, 'this', 'PRIMARY', replica.endpoint), healthCheckId: check.healthCheckId },
      linkTo(link, 'next', 'SECONDARY', next),
    ];
  });
  // One resource, so that twenty pairs fit into a stack.
  const group = new route53.CfnRecordSetGroup(scope, 'writer-name', { hostedZoneId: zoneId, recordSets: links });
  group.overrideLogicalId(`Failover${[regions.controlSetName, pair, 'writer-name'].map(pascal).join('')}`);
}

const linkTo = (
  link: string,
  setIdentifier: string,
  failover: string,
  target: string,
): route53.CfnRecordSetGroup.RecordSetProperty => ({
  name: `${link}.`,
  type: 'CNAME',
  ttl: String(WRITER_TTL_SEC),
  setIdentifier,
  failover,
  resourceRecords: [`${target}.`],
});

/** A check that is healthy while the candidate's record is to be answered. Alarm and check are frozen, like the latch's. */
function makeCheck(scope: Construct, { regions, pair, generation }: WriterRecordsProps, candidate: string): route53.IHealthCheck {
  const { controlSetName, standby, standbyRegion } = regions;
  const alarmName = writerAlarm(controlSetName, pair, candidate, generation);
  const alarm = new cloudwatch.Alarm(standby, `FailoverWriter-${alarmName}`, {
    alarmName,
    alarmDescription: `In alarm: ${candidate} writes for ${pair}, and the writer's name answers it. Read by a health check.`,
    metric: new cloudwatch.Metric({
      namespace: METRIC_NAMESPACE,
      metricName: writerMetric(generation),
      dimensionsMap: writerDimensions(controlSetName, pair, candidate),
      statistic: cloudwatch.Stats.MAXIMUM,
      period: Duration.minutes(1),
    }),
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 1,
    evaluationPeriods: 1,
    treatMissingData: cloudwatch.TreatMissingData.MISSING,
  });
  keepId(alarm, controlSetName, pair, 'writer', candidate, `g${generation}`);
  // A check that reads an alarm keeps reading it after its stack is gone.
  alarm.applyRemovalPolicy(RemovalPolicy.RETAIN);
  acknowledge(alarm, {
    'NIST.800.53.R5-CloudWatchAlarmAction': 'A health check reads this alarm; whoever sets it tells people by itself.',
  });
  const check = new route53.HealthCheck(scope, `writer-check-${candidate}`, {
    type: route53.HealthCheckType.CLOUDWATCH_METRIC,
    // By text: a reference would carry a value across Regions.
    alarmIdentifier: { name: alarmName, region: standbyRegion },
    insufficientDataHealthStatus: route53.InsufficientDataHealthStatusEnum.LAST_KNOWN_STATUS,
    inverted: true,
  });
  keepId(check, controlSetName, pair, 'writer', candidate, 'check', `g${generation}`);
  Tags.of(check).add('Name', `${pair} writer ${candidate}`);
  return check;
}
