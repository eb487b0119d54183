import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { BEACON_HEALTHY, BEACON_UNHEALTHY } from '../../../decide/names';
import { numberOf } from '../../../decide/timings';
import { pascal } from '../../internal/dns-names';
import type { FailoverRegions } from '../../regions';

export interface LatchBeacon {
  readonly name: string;
  readonly check: route53.IHealthCheck;
}

/** TXT failover pairs on checks of a latch, as one resource: a stack with twenty latched pairs has no room for six each. */
export function makeBeaconGroup(
  scope: Construct,
  regions: FailoverRegions,
  pair: string,
  beacons: readonly LatchBeacon[],
  id = 'latch-beacons',
): void {
  const { zoneName, hostedZoneId } = regions.zone;
  const verdicts = [
    { text: BEACON_HEALTHY, failover: route53.Failover.PRIMARY, checked: true },
    { text: BEACON_UNHEALTHY, failover: route53.Failover.SECONDARY, checked: false },
  ];
  const group = new route53.CfnRecordSetGroup(scope, id, {
    ...(hostedZoneId === undefined ? { hostedZoneName: `${zoneName}.` } : { hostedZoneId }),
    recordSets: beacons.flatMap(({ name, check }) =>
      verdicts.map(({ text, failover, checked }) => ({
        name: `${name}.`,
        type: route53.RecordType.TXT,
        ttl: String(numberOf('record.ttl.beacon', 's')),
        resourceRecords: [`"${text}"`],
        failover,
        setIdentifier: text,
        healthCheckId: checked ? check.healthCheckId : undefined,
      })),
    ),
  });
  group.overrideLogicalId(`Failover${[regions.controlSetName, pair, id].map(pascal).join('')}`);
}
