import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as rds from 'aws-cdk-lib/aws-rds';
import { numberOf } from '../../decide/timings';
import { isKnown, type Problems, shown } from '../internal/problems';
import { type AuroraGlobalLagOptions, type AuroraReplicaLagOptions, bindAuroraGlobal, bindAuroraReplica } from './aurora-lag';
import { type BoundLag, checkRegion, type LagContext } from './bound-lag';

/** Engine of a replica, where the instance does not say. */
export enum ReplicaEngine {
  /** Lag is the time since the last replayed commit, so an idle writer looks minutes behind. */
  POSTGRESQL = 'postgres',
  /** Lag is -1 while replication is not running. */
  MYSQL = 'mysql',
  /** Lag is -1 while replication is not running. */
  MARIADB = 'mariadb',
}

/** Options of `LagSource.rdsReplica`. */
export interface RdsReplicaLagOptions {
  /**
   * Engine of the replica.
   *
   * @default - the engine of the instance. `DatabaseInstanceReadReplica` and imported instances do not tell, so it is required
   * there
   */
  readonly engine?: ReplicaEngine;
  /**
   * How often something commits on the writer, such as a scheduled update of one row. For PostgreSQL only: it makes the lag
   * honest while the writer is idle.
   *
   * @default - none, and PostgreSQL pages above 330 s only
   */
  readonly writerHeartbeat?: Duration;
}

/** Where the lag is read. */
export abstract class LagSource {
  /**
   * `ReplicaLag` of an RDS read replica, in seconds, one datapoint a minute.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Monitoring.html
   */
  public static rdsReplica(replica: rds.IDatabaseInstance, options: RdsReplicaLagOptions = {}): LagSource {
    return new RdsReplicaLag(replica, options);
  }

  /**
   * `AuroraReplicaLag` of the readers of an Aurora cluster, inside one Region: milliseconds, one datapoint a minute.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
   */
  public static auroraReplica(cluster: rds.IDatabaseCluster, options: AuroraReplicaLagOptions = {}): LagSource {
    return new AuroraLag((context) => bindAuroraReplica(cluster, options, context));
  }

  /**
   * How far a secondary cluster of an Aurora Global Database trails its primary: milliseconds, in the secondary's Region only.
   *
   * After a switchover the metric moves to the other Region: make such alarms in both, and expect those at the writer to say
   * that data is missing.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
   */
  public static auroraGlobal(secondary: rds.IDatabaseCluster, options: AuroraGlobalLagOptions = {}): LagSource {
    return new AuroraLag((context) => bindAuroraGlobal(secondary, options, context));
  }

  /**
   * Any metric of your own, with the factor that turns it into seconds: 0.001 for milliseconds.
   *
   * Read as the maximum of each minute, so it must be published at least once a minute, in the Region of the alarms.
   */
  public static metric(metric: cloudwatch.Metric, toSecondsFactor: number): LagSource {
    return new MetricLag(metric, toSecondsFactor);
  }

  /**
   * Checks the source and says what it renders; undefined when a problem was added.
   *
   * @internal
   */
  public abstract _bind(context: LagContext): BoundLag | undefined;
}

class RdsReplicaLag extends LagSource {
  constructor(
    private readonly replica: rds.IDatabaseInstance,
    private readonly options: RdsReplicaLagOptions,
  ) {
    super();
  }

  public _bind(context: LagContext): BoundLag | undefined {
    checkRegion('the replica', this.replica.env.region, context);
    const engine = this.engine(context.problems);
    if (engine === undefined) return undefined;
    const metric = new cloudwatch.Metric({
      namespace: 'AWS/RDS',
      metricName: 'ReplicaLag',
      dimensionsMap: { DBInstanceIdentifier: this.replica.instanceIdentifier },
      statistic: cloudwatch.Stats.MAXIMUM,
      period: Duration.minutes(1),
    });
    const { writerHeartbeat } = this.options;
    const base = { metric, factor: 1, pageSec: context.thresholdSec, negativeIsStopped: true };
    if (writerHeartbeat) {
      this.checkHeartbeat(writerHeartbeat, engine, context);
      return base;
    }
    return engine === ReplicaEngine.POSTGRESQL ? { ...base, ...idleWriter(context.thresholdSec) } : base;
  }

  private engine(problems: Problems): ReplicaEngine | undefined {
    const told = this.replica.engine?.engineType;
    const wanted = this.options.engine;
    if (wanted !== undefined && told !== undefined && told !== wanted) {
      problems.add('ReplicaEngine', `engine is ${shown(wanted)} but the instance is ${shown(told)}; leave engine out`);
      return undefined;
    }
    const engine = wanted ?? told;
    const known = Object.values(ReplicaEngine);
    const found = known.find((one) => one === engine);
    if (found) return found;
    problems.add(
      'ReplicaEngine',
      engine === undefined
        ? `engine of ${this.replica.node.path} is unknown, and each engine counts lag in its own way; set engine, such as ReplicaEngine.POSTGRESQL`
        : `engine of ${this.replica.node.path} is ${shown(engine)}; lag is understood for ${known.join(', ')}; use LagSource.metric with a metric of your own`,
    );
    return undefined;
  }

  private checkHeartbeat(heartbeat: Duration, engine: ReplicaEngine, { thresholdSec, problems }: LagContext): void {
    problems.addIf(
      engine !== ReplicaEngine.POSTGRESQL,
      'WriterHeartbeat',
      `writerHeartbeat is set for ${engine}, whose lag is honest while the writer is idle; leave it out`,
    );
    if (heartbeat.isUnresolved()) return;
    const sec = heartbeat.toMilliseconds() / 1000;
    problems.addIf(
      engine === ReplicaEngine.POSTGRESQL && (sec <= 0 || sec >= thresholdSec),
      'WriterHeartbeat',
      `writerHeartbeat is ${sec} s; an idle writer looks that far behind, so it must be more than 0 and less than the threshold of ${thresholdSec} s; commit more often or raise threshold`,
    );
  }
}

/** Without a heartbeat, an idle PostgreSQL writer looks up to five minutes behind. */
function idleWriter(thresholdSec: number): Pick<BoundLag, 'pageSec' | 'warning'> {
  const pageSec = Math.max(thresholdSec, numberOf('rds.lag.page', 's'));
  const idleMin = numberOf('rds.lag.idle-postgres', 'min');
  return {
    pageSec,
    warning: {
      code: 'IdleWriter',
      text:
        `PostgreSQL shows up to ${idleMin} min of lag while its writer is idle, so this pages above ${pageSec} s, not ${thresholdSec} s; ` +
        `to page above ${thresholdSec} s, let something commit on the writer every few seconds and say so: writerHeartbeat: Duration.seconds(10)`,
    },
  };
}

class AuroraLag extends LagSource {
  constructor(private readonly bound: (context: LagContext) => BoundLag) {
    super();
  }

  public _bind(context: LagContext): BoundLag {
    return this.bound(context);
  }
}

class MetricLag extends LagSource {
  constructor(
    private readonly metric: cloudwatch.Metric,
    private readonly factor: number,
  ) {
    super();
  }

  public _bind(context: LagContext): BoundLag | undefined {
    if (this.metric.region !== undefined) checkRegion('the metric', this.metric.region, context);
    context.problems.addIf(
      isKnown(this.factor) && !(Number.isFinite(this.factor) && this.factor > 0),
      'LagFactor',
      `toSecondsFactor is ${shown(this.factor)}; it multiplies the metric to seconds, so it is more than 0; give 1 for seconds, 0.001 for milliseconds`,
    );
    return {
      metric: this.metric.with({ statistic: cloudwatch.Stats.MAXIMUM, period: Duration.minutes(1) }),
      factor: this.factor,
      pageSec: context.thresholdSec,
      negativeIsStopped: false,
    };
  }
}
