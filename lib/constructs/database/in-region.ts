import { Annotations, Duration, Names } from 'aws-cdk-lib';
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
export function watchInRegion(scope: Construct, pair: FailoverPair, database: BoundDatabase): cloudwatch.Alarm[] {
  const { kind, source } = database;
  const { primary, controlSetName } = pair.regions;
  const topic = pair.alerts?.topicIn(primary, AlertSeverity.WARNING);
  if (topic) {
    followServiceEvents(scope, { stack: primary, description: `What RDS says about ${source.id}`, ids: [source.id], topic });
  }
  verifyWriter(scope, pair, database);
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

/**
 * The keeper asks the service each minute who writes. It exists where the control set has a drill or a database that is promoted;
 * for this alone none is made.
 */
function verifyWriter(scope: Construct, pair: FailoverPair, database: BoundDatabase): void {
  const { alerts, regions } = pair;
  let watched = false;
  if (alerts && pair._registered) {
    const { id, region } = database.source;
    regions._withControl((control) => {
      watched = true;
      const critical = alerts.topicIn(regions.standby, AlertSeverity.CRITICAL);
      const warning = alerts.topicIn(regions.standby, AlertSeverity.WARNING);
      pair._useServiceDatabase({ kind: database.kind === 'multiAzInstance' ? 'instance' : 'cluster', id, region });
      pair._useTopics({ critical: critical.topicArn, warning: warning.topicArn });
      control._watchDatabase({ database, topics: [critical, warning], alerts });
    });
  }
  scope.node.addValidation({
    validate: () => {
      if (!watched) Annotations.of(scope).addInfoV2('cdk-failover:WriterUnverified', unverified(pair));
      return [];
    },
  });
}

function unverified({ recordFqdn, alerts, _registered }: FailoverPair): string {
  const missing = alerts
    ? _registered
      ? 'this control set has no keeper; a FailoverDrill brings one'
      : 'beacons is Beacons.none(), so the pair is not registered; use Beacons.open()'
    : 'the pair has no alerts; set them';
  return `nobody asks the service who writes in the database of ${recordFqdn}, because ${missing}`;
}

/** Dimensions under which the writer reports; a Multi-AZ cluster reports by its instances only, whose ids RDS chooses. */
function dimensionsOf(kind: BoundDatabase['kind'], id: string): Record<string, string> | undefined {
  if (kind === 'multiAzInstance') return { DBInstanceIdentifier: id };
  if (kind === 'auroraCluster') return { DBClusterIdentifier: id, Role: 'WRITER' };
  return undefined;
}
