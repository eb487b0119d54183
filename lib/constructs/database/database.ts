import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { DatabaseMember, OrderedKind } from '../../contracts/database';
import { isKnown, type Problems, shown } from '../internal/problems';
import type { LagSource } from '../lag';
import type { BoundLag } from '../lag/bound-lag';
import type { FailoverRegions } from '../regions';
import { DatabaseEngine, type DatabaseRef } from './database-ref';
import type { PrivateZoneWriterName, WriterName } from './strategies/writer-name';

/** Databases that can write, the source with them. */
const MOST_MEMBERS = 4;

/** A primary and its read replicas in the standby Region. */
export interface ReadReplicasOptions {
  /** The instance that writes in normal times, in the primary Region. */
  readonly source: DatabaseRef;
  /** Its read replicas in the standby Region, the preferred one first; 1 to 3. The one that loses least is promoted. */
  readonly replicas: DatabaseRef[];
  /**
   * Name that answers the writer.
   *
   * @default - clients find the writer by other means, such as `writerParameter`
   */
  readonly writer?: WriterName;
}

/** An Aurora Global Database. */
export interface AuroraGlobalOptions {
  /** `GlobalClusterIdentifier`. Clients use its global writer endpoint, which follows the writer by itself. */
  readonly globalClusterId: string;
  /** The cluster that writes in normal times, in the primary Region. */
  readonly primary: DatabaseRef;
  /** The cluster that takes over, in the standby Region. It needs an instance of its own. */
  readonly standby: DatabaseRef;
}

/** Databases outside RDS. */
export interface CustomDatabaseOptions {
  /** The database that writes in normal times. */
  readonly source: DatabaseRef;
  /** Databases of the standby Region that may take over; 1 to 3. */
  readonly replicas: DatabaseRef[];
  /**
   * Function of the standby Region that looks and promotes, such as a front of Patroni. Idempotent.
   */
  readonly handler: lambda.IFunction;
  /**
   * How far the replicas trail, by metrics in the standby Region, for the page of `FailoverDashboard` alone: what would be lost
   * is judged by what `handler` answers.
   *
   * @default - the page shows no lag
   */
  readonly lags?: LagSource[];
  /**
   * Name that answers the writer.
   *
   * @default - none
   */
  readonly writer?: WriterName;
}

/** What a database needs to know of its pair. */
export interface DatabaseContext {
  readonly regions: FailoverRegions;
  readonly problems: Problems;
}

/** A database, every value filled in. */
export type DatabaseKind = OrderedKind | 'multiAzInstance' | 'multiAzCluster' | 'auroraCluster';

export interface BoundDatabase {
  readonly kind: DatabaseKind;
  readonly source: DatabaseMember;
  readonly replicas: readonly DatabaseMember[];
  readonly globalCluster?: string;
  readonly handler?: lambda.IFunction;
  /** Metrics of a custom database, to look at. */
  readonly lags?: readonly BoundLag[];
  readonly writer?: PrivateZoneWriterName;
  /** The service itself says when the writer has failed, as long as its Region answers. */
  readonly serviceKnowsWriter: boolean;
}

export type OrderedDatabase = BoundDatabase & { readonly kind: OrderedKind };

const { POSTGRESQL, MYSQL, MARIADB, AURORA_POSTGRESQL, AURORA_MYSQL } = DatabaseEngine;
const RDS = [POSTGRESQL, MYSQL, MARIADB];
const AURORA = [AURORA_POSTGRESQL, AURORA_MYSQL];

/** How a database survives. Databases are taken by id and endpoint, and never owned. */
export abstract class Database {
  /**
   * A read replica in the standby Region is promoted: minutes, asynchronous, and RDS itself fences nothing. PostgreSQL, MySQL and
   * MariaDB.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html
   */
  public static readReplicas(options: ReadReplicasOptions): Database {
    return new ReadReplicas(options);
  }

  /**
   * Aurora fails over to its cluster in the standby Region, with the loss of what was not replicated.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
   */
  public static auroraGlobal(options: AuroraGlobalOptions): Database {
    return new AuroraGlobal(options);
  }

  /** A Multi-AZ instance of the primary Region: RDS fails over by itself in 60 to 120 s. Watched, never ordered. */
  public static multiAzInstance(instance: DatabaseRef): Database {
    return new InRegion('multiAzInstance', 'instance', instance, RDS);
  }

  /** A Multi-AZ cluster with two readable standbys in the primary Region: RDS fails over by itself, typically in less than 35 s. */
  public static multiAzCluster(cluster: DatabaseRef): Database {
    return new InRegion('multiAzCluster', 'cluster', cluster, [POSTGRESQL, MYSQL]);
  }

  /** An Aurora cluster of the primary Region: Aurora fails over by itself, usually in less than 60 s. Watched, never ordered. */
  public static auroraCluster(cluster: DatabaseRef): Database {
    return new InRegion('auroraCluster', 'cluster', cluster, AURORA);
  }

  /** Databases outside RDS, by a function of your own. */
  public static custom(options: CustomDatabaseOptions): Database {
    return new Custom(options);
  }

  /**
   * Checks the database and fills in what was left out.
   *
   * @internal
   */
  public abstract _bind(context: DatabaseContext): BoundDatabase;
}

class ReadReplicas extends Database {
  constructor(private readonly options: ReadReplicasOptions) {
    super();
  }

  public _bind({ regions, problems }: DatabaseContext): BoundDatabase {
    const { writer } = this.options;
    const members = bindMembers(this.options, RDS, regions, problems);
    return { kind: 'readReplicas', ...members, writer: writer?._bind(problems), serviceKnowsWriter: false };
  }
}

class Custom extends Database {
  constructor(private readonly options: CustomDatabaseOptions) {
    super();
  }

  public _bind({ regions, problems }: DatabaseContext): BoundDatabase {
    const { handler, lags = [], writer } = this.options;
    const members = bindMembers(this.options, RDS, regions, problems);
    problems.addIf(
      isKnown(handler.env.region) && handler.env.region !== regions.standbyRegion,
      'FunctionElsewhere',
      `handler is in ${handler.env.region}; the controller calls functions of the standby Region ${regions.standbyRegion}; put it there`,
    );
    // Nobody is paged by them, so no threshold can be too low for a source.
    const context = { scope: regions.standby, thresholdSec: Number.POSITIVE_INFINITY, problems };
    const bound = lags.flatMap((lag) => lag._bind(context) ?? []);
    return { kind: 'custom', ...members, handler, lags: bound, writer: writer?._bind(problems), serviceKnowsWriter: false };
  }
}

class AuroraGlobal extends Database {
  constructor(private readonly options: AuroraGlobalOptions) {
    super();
  }

  public _bind({ regions, problems }: DatabaseContext): BoundDatabase {
    const { globalClusterId, primary, standby } = this.options;
    problems.addIf(
      !isKnown(globalClusterId) || !/^[a-z](-?[a-z0-9]){0,62}$/.test(globalClusterId),
      'DatabaseId',
      `globalClusterId is ${shown(globalClusterId)}; RDS takes 1 to 63 lower-case letters, digits and single -, beginning with a letter; give the identifier as plain text, not the ARN`,
    );
    const place = { kind: 'cluster', engines: AURORA, problems } as const;
    const source = primary._bind({ ...place, prop: 'primary', region: regions.primaryRegion, priority: 0 });
    const replica = standby._bind({ ...place, prop: 'standby', region: regions.standbyRegion, priority: 1 });
    checkRegion('primary', source, regions.primaryRegion, 'primary', problems);
    checkMembers(source, [replica], ['standby'], regions, problems);
    return { kind: 'auroraGlobal', source, replicas: [replica], globalCluster: globalClusterId, serviceKnowsWriter: true };
  }
}

class InRegion extends Database {
  constructor(
    private readonly kind: DatabaseKind,
    private readonly shape: 'instance' | 'cluster',
    private readonly ref: DatabaseRef,
    private readonly engines: readonly DatabaseEngine[],
  ) {
    super();
  }

  public _bind({ regions, problems }: DatabaseContext): BoundDatabase {
    const region = regions.primaryRegion;
    const source = this.ref._bind({
      prop: this.shape,
      kind: this.shape,
      region,
      engines: this.engines,
      priority: 0,
      problems,
    });
    checkRegion(this.shape, source, region, 'primary', problems);
    return { kind: this.kind, source, replicas: [], serviceKnowsWriter: true };
  }
}

function bindMembers(
  { source, replicas }: { readonly source: DatabaseRef; readonly replicas: readonly DatabaseRef[] },
  engines: readonly DatabaseEngine[],
  regions: FailoverRegions,
  problems: Problems,
): Pick<BoundDatabase, 'source' | 'replicas'> {
  const place = { kind: 'instance', engines, problems } as const;
  const writes = source._bind({ ...place, prop: 'source', region: regions.primaryRegion, priority: 0 });
  const takes = replicas.map((replica, i) =>
    replica._bind({ ...place, prop: `replicas[${i}]`, region: regions.standbyRegion, priority: i + 1 }),
  );
  checkRegion('source', writes, regions.primaryRegion, 'primary', problems);
  problems.addIf(
    takes.length === 0,
    'NoReplica',
    'replicas is empty, so nothing could take over; give at least one read replica of the standby Region, such as a CrossRegionReplica',
  );
  problems.addIf(
    takes.length + 1 > MOST_MEMBERS,
    'TooManyReplicas',
    `replicas has ${takes.length}; at most ${MOST_MEMBERS - 1}, because ${MOST_MEMBERS} databases with the source have a place in the writer name; name the ${MOST_MEMBERS - 1} that may take over`,
  );
  checkMembers(
    writes,
    takes,
    takes.map((_, i) => `replicas[${i}]`),
    regions,
    problems,
  );
  return { source: writes, replicas: takes };
}

function checkRegion(prop: string, member: DatabaseMember, region: string, role: string, problems: Problems): void {
  problems.addIf(
    isKnown(member.region) && member.region !== region,
    'DatabaseRegion',
    `${prop}.region is "${member.region}"; it must be in the ${role} Region ${region} of the pair; leave region out, or name another database`,
  );
}

/** What databases that take over must share with the one that writes, and what they must not. */
function checkMembers(
  source: DatabaseMember,
  replicas: readonly DatabaseMember[],
  props: readonly string[],
  { primaryRegion, standbyRegion }: FailoverRegions,
  problems: Problems,
): void {
  const seen = new Set<string>();
  replicas.forEach((replica, i) => {
    const prop = props[i] ?? '';
    const same = replica.id === source.id && replica.region === source.region;
    if (same) {
      problems.add(
        'SourceAsReplica',
        `${prop} is "${replica.id}", the database that writes; a database cannot take over from itself; name its replica`,
      );
    } else if (isKnown(replica.region) && (replica.region === primaryRegion || replica.region !== standbyRegion)) {
      problems.add(
        'ReplicaRegion',
        `${prop} is in ${replica.region}, ${replica.region === primaryRegion ? 'the primary Region, and would fail with it' : 'which is neither Region of the pair'}; ` +
          `name a replica in the standby Region ${standbyRegion}, such as a CrossRegionReplica`,
      );
    }
    problems.addIf(
      seen.has(`${replica.region}/${replica.id}`),
      'SameReplicaTwice',
      `${prop} is "${replica.id}", which stands there already; each replica once; remove it`,
    );
    seen.add(`${replica.region}/${replica.id}`);
    problems.addIf(
      replica.engine !== source.engine,
      'EngineMismatch',
      `${prop}.engine is "${replica.engine}" but the source is "${source.engine}"; a replica has its source's engine; correct one of them`,
    );
  });
}
