import { Duration } from 'aws-cdk-lib';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { BEACON_HEALTHY, BEACON_UNHEALTHY, type BeaconSubject } from '../../decide/names';
import { numberOf } from '../../decide/timings';
import { keepId } from '../internal/stable-id';
import type { FailoverRegions } from '../regions';
import { BothUnhealthy } from './both-unhealthy';
import type { PairChecks } from './pair-checks';
import type { PairPlan } from './pair-rules';
import { zoneRecord } from './zone-record';

/** One record that users resolve. */
export interface PairRecord {
  readonly side: 'primary' | 'standby';
  readonly record: route53.RecordSet;
  /** False for a standby that is answered without a check. */
  readonly checked: boolean;
}

/** Makes the records that users resolve. */
export function makeRecords(
  scope: Construct,
  regions: FailoverRegions,
  plan: PairPlan,
  checks: PairChecks,
): readonly PairRecord[] {
  const records: PairRecord[] = [];
  const standbyCheck = plan.bothUnhealthy === BothUnhealthy.STANDBY ? undefined : checks.standby;
  const sides = [
    { planned: plan.primary, failover: route53.Failover.PRIMARY, healthCheck: checks.primary },
    { planned: plan.standby, failover: route53.Failover.SECONDARY, healthCheck: standbyCheck },
  ];
  for (const { planned, failover, healthCheck } of sides) {
    for (const { type, values, alias } of planned.site.records) {
      const record = zoneRecord(scope, `${planned.side}-${type}`, {
        zone: regions.zone,
        name: plan.fqdn,
        type: route53.RecordType[type],
        target: alias ? { aliasTarget: alias } : { values: [...(values ?? [])] },
        ttl: alias ? undefined : Duration.seconds(plan.ttlSec),
        failover,
        setIdentifier: planned.side,
        healthCheck,
      });
      keepId(record, regions.controlSetName, plan.name, planned.side, type);
      records.push({ side: planned.side, record, checked: healthCheck !== undefined });
    }
  }
  return records;
}

/** Makes one TXT failover pair on a check: what it answers is Route 53's verdict. */
export function makeBeacon(
  scope: Construct,
  regions: FailoverRegions,
  plan: PairPlan,
  beacon: { readonly subject: BeaconSubject; readonly name: string; readonly check: route53.IHealthCheck },
): void {
  const verdicts = [
    { text: BEACON_HEALTHY, failover: route53.Failover.PRIMARY, healthCheck: beacon.check },
    { text: BEACON_UNHEALTHY, failover: route53.Failover.SECONDARY, healthCheck: undefined },
  ];
  for (const { text, failover, healthCheck } of verdicts) {
    const record = zoneRecord(scope, `${beacon.subject}-beacon-${text}`, {
      zone: regions.zone,
      name: beacon.name,
      type: route53.RecordType.TXT,
      target: { values: [`"${text}"`] },
      ttl: Duration.seconds(numberOf('record.ttl.beacon', 's')),
      failover,
      setIdentifier: text,
      healthCheck,
    });
    keepId(record, regions.controlSetName, plan.name, beacon.subject, 'beacon', text);
  }
}
