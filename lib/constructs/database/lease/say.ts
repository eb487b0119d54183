import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { DatabaseRegistration } from '../../../contracts/database';
import { warn } from '../../internal/problems';
import type { BoundLease } from '../strategies/lease';

const WITNESSES = 'Route 53, our own probe and the evidence about the writer';

/** What starts a failover, for a sentence. */
function witnesses({ kind, ...policy }: DatabaseRegistration['trigger'], leased: boolean): string {
  const all = leased ? 'Route 53, our own probe, the evidence about the writer and the lease' : WITNESSES;
  if (kind === 'manual') return 'a person says so';
  if (kind === 'unanimous' || !('of' in policy)) return `${all} agree`;
  return `${policy.of} of ${all} agree${leased ? ', the lease among them' : ''}`;
}

/** Says whether there is a lease and what that means; warns at synth when nobody renews it. */
export function sayLease(
  scope: Construct,
  trigger: DatabaseRegistration['trigger'],
  lease: BoundLease | undefined,
  how: { readonly chosen: boolean; readonly isRenewed: () => boolean },
): void {
  if (!lease) {
    if (trigger.kind === 'manual' || how.chosen) return;
    Annotations.of(scope).addInfoV2(
      'cdk-failover:Lease',
      `lease is Lease.none(): a failover starts when ${witnesses(trigger, false)}, and to them a primary that is cut off from everybody outside looks dead; a lease can tell: set lease: Lease.multiRegion(), or say Lease.none()`,
    );
    return;
  }
  Annotations.of(scope).addInfoV2(
    'cdk-failover:Lease',
    `lease is in table ${lease.table} in ${lease.regions.join(' and ')}: a failover starts when ${witnesses(trigger, true)}; while the lease cannot be read, only a person starts one`,
  );
  scope.node.addValidation({
    validate: () => {
      if (!how.isRenewed()) {
        warn(
          scope,
          'NobodyRenews',
          `lease is set, and no LeaseRenewer of this app stands in the primary Region; a lease that nobody renews keeps every failover for a person; add one, or leave lease out`,
        );
      }
      return [];
    },
  });
}
