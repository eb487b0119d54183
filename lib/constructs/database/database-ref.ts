import { isIP } from 'node:net';
import type { DatabaseMember } from '../../contracts/database';
import { nameFault } from '../internal/dns-names';
import { isKnown, type Problems, shown } from '../internal/problems';

/** Engine of a database. */
export enum DatabaseEngine {
  /** RDS for PostgreSQL. */
  POSTGRESQL = 'postgres',
  /** RDS for MySQL. */
  MYSQL = 'mysql',
  /** RDS for MariaDB. */
  MARIADB = 'mariadb',
  /** Aurora, PostgreSQL edition. */
  AURORA_POSTGRESQL = 'aurora-postgresql',
  /** Aurora, MySQL edition. */
  AURORA_MYSQL = 'aurora-mysql',
}

/** One database, by what never changes when it is promoted. All of it is plain text: stacks of other Regions name it too. */
export interface DatabaseRefOptions {
  /** `DBInstanceIdentifier` or `DBClusterIdentifier`, in lower case. */
  readonly id: string;
  /** Name that clients connect to. A promotion does not change it. */
  readonly endpoint: string;
  /**
   * Name that only reads. The cluster of Aurora in the standby Region has no other one that answers while it does not write, so
   * `heartbeat` needs it there.
   *
   * @default - rows are read at the endpoint
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-connecting.html
   */
  readonly readerEndpoint?: string;
  /** Engine of the database. */
  readonly engine: DatabaseEngine;
  /**
   * Port of the endpoint.
   *
   * @default - 5432 for PostgreSQL, 3306 for MySQL and MariaDB
   */
  readonly port?: number;
  /**
   * Region of the database.
   *
   * @default - the primary Region for the one that writes, the standby Region for one that takes over
   */
  readonly region?: string;
}

/** Which place a database takes: the prop in which it stands, and the Region it is expected in. */
export interface RefContext {
  /** Such as `source` or `replicas[0]`. */
  readonly prop: string;
  readonly region: string;
  readonly priority: number;
  /** What the place takes. */
  readonly kind: 'instance' | 'cluster';
  readonly engines: readonly DatabaseEngine[];
  readonly problems: Problems;
}

const PORTS: Readonly<Record<DatabaseEngine, number>> = {
  [DatabaseEngine.POSTGRESQL]: 5432,
  [DatabaseEngine.MYSQL]: 3306,
  [DatabaseEngine.MARIADB]: 3306,
  [DatabaseEngine.AURORA_POSTGRESQL]: 5432,
  [DatabaseEngine.AURORA_MYSQL]: 3306,
};

/** What RDS takes as an identifier, as it stores it. */
const ID = /^[a-z](-?[a-z0-9]){0,62}$/;
/** The Region in a name that RDS gave. */
const RDS_NAME = /\.([a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com$/i;

/**
 * A database by its id and endpoint. It is never owned: a promotion must not fight a deployment, so nothing here creates,
 * changes or deletes it.
 */
export class DatabaseRef {
  /** A DB instance. */
  public static instance(options: DatabaseRefOptions): DatabaseRef {
    return new DatabaseRef('instance', options);
  }

  /** A DB cluster: Aurora, or Multi-AZ with two readable standbys. The endpoint is the writer's. */
  public static cluster(options: DatabaseRefOptions): DatabaseRef {
    return new DatabaseRef('cluster', options);
  }

  private constructor(
    private readonly kind: 'instance' | 'cluster',
    private readonly options: DatabaseRefOptions,
  ) {}

  /**
   * Checks the database for its place and fills in what was left out.
   *
   * @internal
   */
  public _bind(context: RefContext): DatabaseMember {
    const { id, endpoint, readerEndpoint, engine, port, region } = this.options;
    const { prop, problems } = context;
    problems.addIf(
      this.kind !== context.kind,
      'DatabaseKind',
      `${prop} is DatabaseRef.${this.kind}; it must be a DB ${context.kind} here; use DatabaseRef.${context.kind}`,
    );
    this.checkText(context);
    this.checkPlace(context, region ?? context.region);
    problems.addIf(
      !context.engines.includes(engine),
      'DatabaseEngine',
      `${prop}.engine is ${shown(engine)}; ${context.engines.join(', ')} can be here; use another engine, or Database.custom with a function of your own`,
    );
    problems.addIf(
      isKnown(port) && !(Number.isInteger(port) && port >= 1 && port <= 65_535),
      'DatabasePort',
      `${prop}.port is ${shown(port)}; a whole number from 1 to 65535; leave it out for the engine's own`,
    );
    return {
      id,
      endpoint,
      ...(readerEndpoint === undefined ? {} : { readerEndpoint }),
      port: port ?? PORTS[engine],
      region: region ?? context.region,
      engine,
      priority: context.priority,
    };
  }

  /** Two names that were mixed up must not wait for the daily look. */
  private checkPlace({ prop, problems }: RefContext, region: string): void {
    for (const name of ['endpoint', 'readerEndpoint'] as const) {
      const value = this.options[name];
      const at = value !== undefined && isKnown(value) ? RDS_NAME.exec(value)?.[1]?.toLowerCase() : undefined;
      problems.addIf(
        at !== undefined && isKnown(region) && at !== region,
        'EndpointElsewhere',
        `${prop}.${name} is ${shown(value)}, a name of ${at}; the database is looked for in ${region}; give the name of the one that is there`,
      );
    }
  }

  private checkText({ prop, problems }: RefContext): void {
    const { id, endpoint, readerEndpoint, region, port } = this.options;
    for (const [name, value] of Object.entries({ id, endpoint, readerEndpoint, region, port })) {
      problems.addIf(
        value !== undefined && !isKnown(value),
        'DatabaseText',
        `${prop}.${name} is ${shown(value)}; stacks of other Regions name the database too; deploy it first and give ${name} as plain text`,
      );
    }
    problems.addIf(
      isKnown(id) && !ID.test(id),
      'DatabaseId',
      `${prop}.id is ${shown(id)}; RDS takes 1 to 63 lower-case letters, digits and single -, beginning with a letter; give the identifier, not the ARN`,
    );
    for (const [name, value] of Object.entries({ endpoint, readerEndpoint })) {
      const fault = value !== undefined && isKnown(value) ? endpointFault(value) : undefined;
      problems.addIf(
        fault !== undefined,
        'DatabaseEndpoint',
        `${prop}.${name} is ${shown(value)} and ${fault}; give the name that clients connect to, without a port`,
      );
    }
  }
}

/** A CNAME names no address, and a certificate of MySQL is checked against a name only. */
const endpointFault = (endpoint: string) => (isIP(endpoint) ? 'it is an address' : nameFault(endpoint.toLowerCase()));
