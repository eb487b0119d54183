import type { Duration } from 'aws-cdk-lib';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import type { FailoverZone } from '../regions';

export interface ZoneRecordProps {
  readonly zone: FailoverZone;
  /** Full name without the closing dot. */
  readonly name: string;
  readonly type: route53.RecordType;
  readonly target: { readonly values?: string[]; readonly aliasTarget?: route53.IAliasRecordTarget };
  readonly ttl?: Duration;
  readonly failover?: route53.Failover;
  readonly setIdentifier?: string;
  readonly healthCheck?: route53.IHealthCheck;
  readonly comment?: string;
}

/** A record in a zone that is known by id, or by name only: then CloudFormation finds the zone, and no lookup is needed. */
export function zoneRecord(scope: Construct, id: string, props: ZoneRecordProps): route53.RecordSet {
  const { zone, name, type, target, ...rest } = props;
  const { zoneName, hostedZoneId } = zone;
  const record = new route53.RecordSet(scope, id, {
    ...rest,
    zone: route53.HostedZone.fromHostedZoneAttributes(scope, `${id}Zone`, { zoneName, hostedZoneId: hostedZoneId ?? 'by name' }),
    recordName: `${name}.`,
    recordType: type,
    target: target.aliasTarget
      ? route53.RecordTarget.fromAlias(target.aliasTarget)
      : route53.RecordTarget.fromValues(...(target.values ?? [])),
  });
  if (hostedZoneId === undefined) {
    const resource = record.node.defaultChild as route53.CfnRecordSet;
    resource.hostedZoneId = undefined;
    resource.hostedZoneName = `${zoneName}.`;
  }
  return record;
}
