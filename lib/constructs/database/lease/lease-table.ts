import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { LEASE_KEY } from '../../../contracts/database';
import { refuse } from '../../internal/problems';
import type { FailoverRegions } from '../../regions';

interface LeaseTableProps {
  readonly tableName: string;
  /** Regions with a copy: those of primary and standby. */
  readonly regions: readonly string[];
  readonly witness: string;
}

/**
 * The table of leases, once per control set.
 *
 * It is made in the primary stack: whatever changes in it needs all three Regions, and the standby stack must deploy while the primary
 * Region is gone. The standby knows it by name.
 */
export function leaseTable({ primary, primaryRegion, standbyRegion }: FailoverRegions, tableName: string, witness: string): void {
  const id = 'Leases';
  const found = primary.node.tryFindChild(id);
  if (found instanceof LeaseTable) {
    if (found.witness === witness) return;
    refuse(
      found,
      'LeaseTable',
      `lease.witnessRegion is "${witness}" for one database and "${found.witness}" for another; a control set has one table of leases; give both the same`,
    );
  }
  new LeaseTable(primary, id, { tableName, regions: [primaryRegion, standbyRegion], witness });
}

/**
 * The L2 refuses Regions that it does not know to be of one set, and AWS widens the sets. Encrypted with a key of DynamoDB itself: a
 * disabled key of ours would take the witness away in both Regions.
 */
class LeaseTable extends dynamodb.CfnGlobalTable {
  public readonly witness: string;

  constructor(scope: FailoverRegions['primary'], id: string, { tableName, regions, witness }: LeaseTableProps) {
    super(scope, id, {
      tableName,
      attributeDefinitions: [{ attributeName: LEASE_KEY, attributeType: 'S' }],
      keySchema: [{ attributeName: LEASE_KEY, keyType: 'HASH' }],
      billingMode: 'PAY_PER_REQUEST',
      multiRegionConsistency: 'STRONG',
      globalTableWitnesses: [{ region: witness }],
      replicas: regions.map((region) => ({
        region,
        deletionProtectionEnabled: true,
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      })),
    });
    this.witness = witness;
    this.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }
}
