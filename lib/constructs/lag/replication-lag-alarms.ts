import type { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import type { AlertPath } from '../alert';

/** Engine of a replica, where the instance does not say. */
export enum ReplicaEngine {
  POSTGRESQL = 'postgres',
  MYSQL = 'mysql',
  MARIADB = 'mariadb',
}

/** Options of `LagSource.rdsReplica`. */
export interface RdsReplicaLagOptions {
  /** @default - the engine of the instance; an imported instance does not tell, so it is required there */
  readonly engine?: ReplicaEngine;
  /** How often something commits on the writer; makes PostgreSQL's lag honest while idle. @default - none, and the page threshold is 330 s for PostgreSQL */
  readonly writerHeartbeat?: Duration;
}

/** Where the lag is read. */
export abstract class LagSource {
  /** `ReplicaLag` of an RDS read replica, in seconds. */
  public static rdsReplica(replica: rds.IDatabaseInstance, options: RdsReplicaLagOptions = {}): LagSource {
    return new RdsReplicaLag(replica, options);
  }
  /** Any metric of your own, with the factor that turns it into seconds. */
  public static metric(metric: cloudwatch.Metric, toSecondsFactor: number): LagSource {
    return new MetricLag(metric, toSecondsFactor);
  }
}
class RdsReplicaLag extends LagSource {
  constructor(
    readonly replica: rds.IDatabaseInstance,
    readonly options: RdsReplicaLagOptions,
  ) {
    super();
  }
}
class MetricLag extends LagSource {
  constructor(
    readonly metric: cloudwatch.Metric,
    readonly factor: number,
  ) {
    super();
  }
}

/** Which lag is watched, and who is told. */
export interface ReplicationLagAlarmsProps {
  readonly source: LagSource;
  /** Lag that pages, in seconds. @default Duration.seconds(30) */
  readonly threshold?: Duration;
  /** @default - alarms without actions, and a synth warning */
  readonly alerts?: AlertPath;
}

/** Three alarms on one replica: lag too high, replication stopped, data missing. In the replica's Region. */
export class ReplicationLagAlarms extends Construct {
  constructor(scope: Construct, id: string, _props: ReplicationLagAlarmsProps) {
    super(scope, id);
  }
}
