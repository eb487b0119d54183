import { Duration, Names } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { AlertSeverity } from '../alert';
import type { FailoverPair } from '../dns';
import type { BoundDatabase } from './database';
import { followServiceEvents } from './service-events';

/**
 * Watches a database that its service fails over by itself, in the Region where it lives: is there a writer, and what does RDS say.
 * Nothing is ordered.
 */
export function watchInRegion(scope: Construct, pair: FailoverPair, { kind, source }: BoundDatabase): cloudwatch.Alarm[] {
  const { primary, controlSetName } = pair.regions;
  const topic = pair.alerts?.topicIn(primary, AlertSeverity.WARNING);
  if (topic) {
    followServiceEvents(scope, { stack: primary, description: `What RDS says about ${source.id}`, ids: [source.id], topic });
  }
  const dimensions = dimensionsOf(kind, source.id);
  if (!dimensions) return [];
  const alarm = new cloudwatch.Alarm(primary, `FailoverWriter-${Names.nodeUniqueId(scope.node)}`, {
    alarmName: `cdk-failover-${controlSetName}-${pair.pairName}-database-writer`,
    alarmDescription: `The writer of ${source.id} has reported nothing for 5 minutes: the failover inside the Region is not over, or failed.`,
    metric: new cloudwatch.Metric({
      namespace: 'AWS/RDS',
      metricName: 'DatabaseConnections',
      dimensionsMap: dimensions,
      statistic: cloudwatch.Stats.SAMPLE_COUNT,
      period: Duration.minutes(1),
    }),
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    threshold: 1,
    // Typically over within two minutes.
    evaluationPeriods: 5,
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
  pair.alerts?.addAlarm(alarm, { severity: AlertSeverity.CRITICAL, pairName: pair.pairName });
  return [alarm];
}

/** Dimensions under which the writer reports; a Multi-AZ cluster reports by its instances only, whose ids RDS chooses. */
function dimensionsOf(kind: BoundDatabase['kind'], id: string): Record<string, string> | undefined {
  if (kind === 'multiAzInstance') return { DBInstanceIdentifier: id };
  if (kind === 'auroraCluster') return { DBClusterIdentifier: id, Role: 'WRITER' };
  return undefined;
}
