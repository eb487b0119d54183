import { Duration, Tags } from 'aws-cdk-lib';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { BEACON_HEALTHY, BEACON_UNHEALTHY, type BeaconSubject } from '../../decide/names';
import { numberOf } from '../../decide/timings';
import { keepId } from '../internal/stable-id';
import type { FailoverRegions } from '../regions';
import { BothUnhealthy } from './both-unhealthy';
import type { PairPlan, PlannedSide } from './pair-rules';
import type { BoundProbe, Endpoint } from './side';
import { zoneRecord } from './zone-record';

/** Checks of a pair; `standby` is absent when nothing watches it. */
export interface PairChecks {
  readonly primary: route53.HealthCheck;
  readonly standby?: route53.HealthCheck;
}

/** Makes the checks. Their logical ids name what replaces a check, so that a replacement shows in `cdk diff`. */
export function makeChecks(scope: Construct, regions: FailoverRegions, plan: PairPlan): PairChecks {
  const make = ({ side, site, probe }: PlannedSide) => probe && makeCheck(scope, regions, plan, side, site.endpoint, probe);
  const primary = make(plan.primary);
  if (!primary) throw new Error('a planned pair has a check on its primary');
  return { primary, standby: make(plan.standby) };
}

function makeCheck(
  scope: Construct,
  regions: FailoverRegions,
  plan: PairPlan,
  side: 'primary' | 'standby',
  endpoint: Endpoint,
  probe: BoundProbe,
): route53.HealthCheck {
  const type = typeOf(probe);
  const kind = `${type}-${probe.intervalSec}s-by-${endpoint.mode}`;
  const check = new route53.HealthCheck(scope, `${side}-check-${kind}`, {
    type,
    ...(endpoint.mode === 'ip' ? { ipAddress: endpoint.address, fqdn: probe.host } : { fqdn: endpoint.name }),
    port: probe.port,
    resourcePath: probe.path,
    searchString: probe.searchString,
    requestInterval: Duration.seconds(probe.intervalSec),
    failureThreshold: probe.failures,
    regions: probe.checkerRegions && [...probe.checkerRegions],
    enableSNI: probe.protocol === 'https' ? true : undefined,
  });
  keepId(check, regions.controlSetName, plan.name, side, 'check', kind);
  // On-call otherwise sees uuids.
  Tags.of(check).add('Name', `${plan.name} ${side}`);
  return check;
}

function typeOf({ protocol, searchString }: BoundProbe): route53.HealthCheckType {
  switch (protocol) {
    case 'tcp':
      return route53.HealthCheckType.TCP;
    case 'http':
      return searchString === undefined ? route53.HealthCheckType.HTTP : route53.HealthCheckType.HTTP_STR_MATCH;
    case 'https':
      return searchString === undefined ? route53.HealthCheckType.HTTPS : route53.HealthCheckType.HTTPS_STR_MATCH;
  }
}

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
