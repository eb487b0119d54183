import { regionSets, setOf, witnessFor } from '../../../decide/database/lease-regions';
import { isKnown, type Problems, shown } from '../../internal/problems';
import type { FailoverRegions } from '../../regions';
import { leaseTable } from '../lease/lease-table';

/** Regions of a lease that is kept in three of them. */
export interface MultiRegionLeaseOptions {
  /**
   * Region that breaks a tie between primary and standby. It holds no copy that anybody reads.
   *
   * @default - the first other Region of the set in which DynamoDB keeps both
   */
  readonly witnessRegion?: string;
  /**
   * Takes Regions that this version does not know to be of one set. AWS has widened the sets before; DynamoDB refuses at deployment
   * what it does not support. Needs `witnessRegion`.
   *
   * @default false
   */
  readonly unlistedRegions?: boolean;
}

/** A table of your own that holds leases. */
export interface WitnessTableOptions {
  /** Name of the table. Its partition key is `pk`, a string; nothing else is in it. */
  readonly tableName: string;
  /** Region of the table: a third one, neither primary nor standby. */
  readonly region: string;
}

/** Where a lease is looked for. */
export interface LeaseContext {
  readonly regions: FailoverRegions;
  readonly problems: Problems;
}

/** A lease, every value filled in. */
export interface BoundLease {
  readonly table: string;
  /** Regions in which the table answers; whoever is in one of them asks there. */
  readonly regions: readonly string[];
  /** Makes what is ours to make. */
  readonly make: () => void;
}

/** Where somebody in this Region asks for the lease. */
export const placeOf = ({ table, regions }: BoundLease, region: string) => ({
  table,
  region: regions.includes(region) ? region : (regions[0] ?? region),
});

/**
 * Witness W4: one record that the primary renews only after its writer has committed a heartbeat row, in a table that a Region alone
 * cannot write. A primary that is cut off from everybody outside looks dead to every other witness; only a lease can tell, and only
 * somebody who has taken it promotes by himself.
 *
 * A `LeaseRenewer` renews it.
 */
export abstract class Lease {
  /**
   * A DynamoDB global table with multi-Region strong consistency, replicas in primary and standby Region and a witness in a third one;
   * made in the primary stack, one per control set. It answers while any one of the three Regions is gone.
   *
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
   */
  public static multiRegion(options: MultiRegionLeaseOptions = {}): Lease {
    return new MultiRegionLease(options);
  }

  /**
   * A table of your own in one third Region, taken by name. While that Region is gone nobody can renew or take the lease: a failover
   * then waits for a person. Safety does not suffer, availability does.
   *
   * Never a global table with eventual consistency: there both sides can take the lease at once.
   */
  public static witnessTable(options: WitnessTableOptions): Lease {
    return new WitnessTableLease(options);
  }

  /** No lease: three witnesses, and a primary that is cut off from everybody outside counts as dead. */
  public static none(): Lease {
    return new NoLease();
  }

  /**
   * Checks the lease; undefined where there is none.
   *
   * @internal
   */
  public abstract _bind(context: LeaseContext): BoundLease | undefined;
}

const WAY_OUT = 'use Lease.witnessTable with a table in any third Region';

class MultiRegionLease extends Lease {
  constructor(private readonly options: MultiRegionLeaseOptions) {
    super();
  }

  public _bind({ regions, problems }: LeaseContext): BoundLease | undefined {
    const { primaryRegion: primary, standbyRegion: standby } = regions;
    const { unlistedRegions, witnessRegion } = this.options;
    const text =
      "lease is Lease.multiRegion(), which takes three Regions of one set of DynamoDB's multi-Region strong consistency";
    const refuse = (because: string, wayOut: string) => problems.add('LeaseRegions', `${text}; ${because}; ${wayOut}`);
    if (primary === standby) {
      refuse(`primary and standby are both ${primary}`, 'leave it out, or put primary and standby into two Regions');
      return undefined;
    }
    if (witnessRegion !== undefined && (!isKnown(witnessRegion) || witnessRegion === primary || witnessRegion === standby)) {
      refuse(`witnessRegion is ${shown(witnessRegion)}`, 'give a third Region as plain text, or leave it out');
      return undefined;
    }
    const witness = witnessRegion ?? witnessFor(primary, standby);
    const listed = setOf(primary, standby, ...(witness === undefined ? [] : [witness])) !== undefined;
    if (unlistedRegions && witness === undefined) {
      refuse(`${primary} and ${standby} are in no set that this version knows`, 'set witnessRegion beside unlistedRegions');
      return undefined;
    }
    if (witness === undefined || (!listed && !unlistedRegions)) {
      const all = [primary, standby, ...(witness === undefined ? [] : [witness])];
      refuse(
        `${all.slice(0, -1).join(', ')} and ${all.at(-1)} are in none (${regionSets()})`,
        `${WAY_OUT}, or, if AWS has added these Regions, set ${witnessRegion === undefined ? 'witnessRegion and ' : ''}unlistedRegions: true`,
      );
      return undefined;
    }
    const table = `cdk-failover-${regions.controlSetName}-lease`;
    return { table, regions: [primary, standby], make: () => leaseTable(regions, table, witness) };
  }
}

class WitnessTableLease extends Lease {
  constructor(private readonly options: WitnessTableOptions) {
    super();
  }

  public _bind({ regions, problems }: LeaseContext): BoundLease {
    const { tableName, region } = this.options;
    problems.addIf(
      !isKnown(tableName) || !/^[A-Za-z0-9_.-]{3,255}$/.test(tableName),
      'LeaseTable',
      `lease.tableName is ${shown(tableName)}; stacks of two Regions name the table; give its name as plain text, 3 to 255 letters, digits and _.-`,
    );
    problems.addIf(
      !isKnown(region) || region === regions.primaryRegion || region === regions.standbyRegion,
      'LeaseRegions',
      `lease.region is ${shown(region)}; a table beside the primary dies with it, and one beside the standby cannot tell a primary that is cut off from a dead one; give a third Region as plain text`,
    );
    return { table: tableName, regions: [region], make: () => undefined };
  }
}

class NoLease extends Lease {
  public _bind(): undefined {
    return undefined;
  }
}
