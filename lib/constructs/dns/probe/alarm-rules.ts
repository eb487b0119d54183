import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { isKnown, type Problems, shown, warn } from '../../internal/problems';
import type { SideContext } from '../side';

/** An alarm as a health check names it. */
export interface NamedAlarm {
  readonly name: string;
  readonly region: string;
  /** Changes with whatever Route 53 copies from the alarm. Empty for an alarm that was made elsewhere. */
  readonly fingerprint: string;
}

const STATISTICS = ['Average', 'Minimum', 'Maximum', 'Sum', 'SampleCount'];
const STANDARD_PERIOD_SEC = 60;

/** Names an alarm that Route 53 can follow, or says everything that speaks against it. */
export function bindAlarm(alarm: cloudwatch.IAlarm, context: SideContext): NamedAlarm | undefined {
  const { problems, probeProp } = context;
  const said = `${probeProp} is HealthProbe.alarm on ${alarm.node.path}`;
  const resource = alarm.node.defaultChild;
  if (resource instanceof cloudwatch.CfnCompositeAlarm) {
    problems.add(
      'AlarmNotFollowed',
      `${said}, a composite alarm; it has no metric that Route 53 could read; give a metric alarm, or HealthProbe.calculated over several`,
    );
    return undefined;
  }
  const own = resource instanceof cloudwatch.CfnAlarm ? resource : undefined;
  if (own) checkSettings(own, said, problems);
  else {
    warn(
      context.pair,
      'AlarmUnseen',
      `${said}, which was made elsewhere: nobody looked whether Route 53 can follow it, and a change of its settings reaches the health check only when that is replaced`,
    );
  }
  const place = own ? placeOf(own, context) : placeByArn(alarm.alarmArn);
  checkPlace(place, said, context);
  if (!isKnown(place.name) || !isKnown(place.region)) return undefined;
  return { name: place.name, region: place.region, fingerprint: own ? fingerprintOf(own) : '' };
}

function checkSettings(alarm: cloudwatch.CfnAlarm, said: string, problems: Problems): void {
  const refuse = (fault: string) => problems.add('AlarmNotFollowed', `${said}, ${fault}`);
  const metrics = Stack.of(alarm).resolve(alarm.metrics) as
    | { readonly accountId?: string; readonly expression?: string }[]
    | undefined;
  const elsewhere = metrics?.find(({ accountId }) => accountId !== undefined)?.accountId;
  if (metrics?.some(({ expression }) => expression !== undefined)) {
    refuse('which computes; Route 53 reads one metric as it is; publish the result as a metric of its own');
  } else if (elsewhere !== undefined) {
    refuse(`whose metric is of account ${elsewhere}; Route 53 reads its own account only; publish the metric here`);
  }
  const statistic = alarm.extendedStatistic ?? alarm.statistic;
  if (isKnown(statistic) && !STATISTICS.includes(statistic)) {
    refuse(`whose statistic is ${shown(statistic)}; Route 53 reads ${STATISTICS.join(', ')}; choose one of these`);
  }
  const { period, datapointsToAlarm, evaluationPeriods } = alarm;
  if (isKnown(period) && period < STANDARD_PERIOD_SEC) {
    refuse(`whose period is ${period} s; Route 53 reads standard resolution only; use ${STANDARD_PERIOD_SEC} s or more`);
  }
  if (isKnown(datapointsToAlarm) && datapointsToAlarm !== evaluationPeriods) {
    refuse(
      `which waits for ${datapointsToAlarm} of ${evaluationPeriods} datapoints; Route 53 counts datapoints in a row only; leave datapointsToAlarm out`,
    );
  }
}

interface Place {
  readonly name?: string;
  readonly region?: string;
  readonly account?: string;
}

function placeOf(alarm: cloudwatch.CfnAlarm, { regions }: SideContext): Place {
  const { region, account } = Stack.of(alarm);
  return { name: alarm.alarmName, region: regions._oneStack && !isKnown(region) ? regions.standbyRegion : region, account };
}

function placeByArn(arn: string): Place {
  if (!isKnown(arn)) return {};
  const { resourceName, region, account } = Arn.split(arn, ArnFormat.COLON_RESOURCE_NAME);
  return { name: resourceName, region, account };
}

function checkPlace({ name, region, account }: Place, said: string, { pair, problems }: SideContext): void {
  problems.addIf(
    !isKnown(name),
    'AlarmName',
    `${said}, whose name is only known at deploy time; a health check in us-east-1 names it by text; set alarmName, or import it by a plain ARN`,
  );
  problems.addIf(
    isKnown(name) && !isKnown(region),
    'AlarmName',
    `${said}, whose Region is only known at deploy time; a health check in us-east-1 names it by text; give its stack a Region`,
  );
  const own = Stack.of(pair).account;
  problems.addIf(
    isKnown(account) && isKnown(own) && account !== own,
    'AlarmNotFollowed',
    `${said}, of account ${account}; Route 53 reads alarms of its own account ${own} only; make the alarm there`,
  );
}

/** Route 53 copies these when the check is made. With the mark in the check's id a change makes a new check, and a new copy. */
function fingerprintOf(alarm: cloudwatch.CfnAlarm): string {
  const { namespace, metricName, dimensions, statistic, period, evaluationPeriods, threshold, comparisonOperator } = alarm;
  const { treatMissingData, unit } = alarm;
  const copied = [namespace, metricName, dimensions, statistic, period, evaluationPeriods, threshold, comparisonOperator];
  const text = JSON.stringify(Stack.of(alarm).resolve([...copied, treatMissingData, unit]));
  // FNV-1a: short and stable, nothing secret.
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
