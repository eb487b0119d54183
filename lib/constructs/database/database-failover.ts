import { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { DatabaseMember, DatabaseRegistration } from '../../contracts/database';
import { AlertSeverity } from '../alert';
import type { RecoveryTargets } from '../budget';
import type { FailoverPair } from '../dns';
import { Problems, refuse, warn } from '../internal/problems';
import { FailoverRegions } from '../regions';
import type { Database, OrderedDatabase } from './database';
import { databaseAlarms, databaseMetric } from './database-alarms';
import { askBudget } from './database-budget';
import { documentOf, writeDatabase } from './database-document';
import { checkFailover, isOrdered, sayTrigger, triggerOf } from './database-rules';
import { watchInRegion } from './in-region';
import { sayLease } from './lease/say';
import { grantOperation, type Operated } from './operate';
import { followServiceEvents } from './service-events';
import { type ShownLag, shownLag } from './shown-lag';
import type { AppRefresh } from './strategies/app-refresh';
import { DataLoss, MOST_LOSS_SEC } from './strategies/data-loss';
import type { Fence } from './strategies/fence';
import type { HeartbeatReader } from './strategies/heartbeat-reader';
import { type BoundLease, type Lease, placeOf } from './strategies/lease';
import type { TriggerPolicy } from './strategies/trigger-policy';
import { transitionRule } from './transition-rule';
import { makeWriterRecords } from './writer-records';

/** Which database, who may fail it over, and what may be lost. */
export interface DatabaseFailoverProps {
  /** The pair whose traffic follows the database. Needs beacons and a check on each side; it is latched from now on. */
  readonly pair: FailoverPair;
  /** The database. */
  readonly database: Database;
  /**
   * Longest times that are accepted, judged at synth as with `RecoveryBudget`. Required where a promotion takes minutes, unless the
   * pair has a `RecoveryBudget` already.
   *
   * @default - the default targets
   */
  readonly targets?: RecoveryTargets;
  /**
   * Writes that a failover may lose without asking a person.
   *
   * @default DataLoss.upTo(Duration.seconds(60))
   */
  readonly dataLoss?: DataLoss;
  /**
   * Who may start a failover.
   *
   * @default TriggerPolicy.unanimous() with a heartbeat reader or Aurora; else TriggerPolicy.manual(), because points that are a
   * minute old do not prove that a writer is dead. Without a heartbeat Aurora must still answer and say that its writer has failed
   */
  readonly trigger?: TriggerPolicy;
  /**
   * Strong evidence about the writer, also where its whole Region is silent.
   *
   * @default - only what the service says about writer and replication
   */
  readonly heartbeat?: HeartbeatReader;
  /**
   * Tells a primary that is cut off from a dead one, and is taken by a failover. Needs a `LeaseRenewer` in the primary Region.
   *
   * @default Lease.none()
   */
  readonly lease?: Lease;
  /**
   * Keeps the old primary from writing, besides epoch, latch and writer name.
   *
   * @default - none
   */
  readonly fences?: Fence[];
  /**
   * Applications of the standby Region that are started anew after a promotion.
   *
   * @default - none; connection pools must find the new writer themselves
   */
  readonly refresh?: AppRefresh[];
  /**
   * Name of an SSM parameter in the standby Region, for clients that do not use DNS. It belongs to the controller, which writes
   * `{ endpoint, epoch }` into it at the first failover: do not make it in a template.
   *
   * @default - none
   */
  readonly writerParameter?: string;
}

/**
 * Fails the database of a pair over, when the writer itself is proven dead: to the replica that loses least, within the consented
 * loss, with the old primary kept out.
 *
 * For a database that its own service fails over inside the Region (Multi-AZ, Aurora cluster) nothing is ordered: it is watched, what
 * RDS says is passed on, and the keeper of the control set, where there is one, verifies each minute who writes.
 *
 * Who writes is run-time state and not in any template: `cdk deploy` after a failover changes nothing of it.
 *
 * Alarms of a database that is promoted, in the standby Region, named `cdk-failover-<control set>-<pair>-<what>`:
 *
 * - `database-unwatched`: nobody has looked for 3 minutes. Critical. Fires at the first deployment until the first look, about two
 *   minutes.
 * - `database-stuck`: past the point of no return and unable to go on. Critical.
 * - `database-split-brain`: two databases claim to write. Critical.
 * - `database-unprotected`: nothing could take over for 5 minutes, as after a failover until the primary was rebuilt. Warning.
 * - `database-lease-lost`, with a lease: the primary writes and nobody renews its lease, for 2 minutes. Warning.
 */
export class DatabaseFailover extends Construct {
  /** The alarms of this database. */
  public readonly alarms: cloudwatch.Alarm[];
  /** Reads the heartbeat on the replicas. Absent without `heartbeat`. */
  public readonly heartbeatFunction?: lambda.IFunction;

  /**
   * The pair whose traffic follows.
   *
   * @internal
   */
  public readonly _pair: FailoverPair;
  /**
   * How far the candidates trail, as RDS publishes it, and the loss above which none takes over. Absent where nothing is promoted.
   *
   * @internal
   */
  public readonly _lag?: ShownLag;
  private readonly members: readonly DatabaseMember[];
  private lease?: BoundLease;
  private renewed = false;
  private readonly operated?: Operated;

  /**
   * @throws WrongStack, TargetsRequired, SecondBudget, SecondDatabase, WeakEvidence, DataLoss, the codes of `DatabaseRef`, `Database`,
   * `Fence`, `WriterName`, `HeartbeatReader` and `Lease`; all that apply at once. Then LatchNeeded or BeaconsNeeded, by the pair, or
   * DatabaseTooLong.
   */
  constructor(scope: Construct, id: string, props: DatabaseFailoverProps) {
    super(scope, id);
    const { pair } = props;
    const problems = new Problems();
    const database = props.database._bind({ regions: pair.regions, problems });
    checkFailover(this, props, database, problems);
    const loss = (props.dataLoss ?? defaultLoss())._bind(problems);
    askBudget(props, database, loss, problems);
    problems.throwAt(this);

    this._pair = pair;
    this.members = [database.source, ...database.replicas];
    if (isOrdered(database)) {
      const made = this.makeController(props, database, loss);
      this.alarms = made.alarms;
      this.heartbeatFunction = made.reader;
      this._lag = shownLag(pair, database, loss.limits.lagMs);
      this.operated = {
        pair,
        database,
        reader: made.reader,
        warnings: pair.alerts?.topicIn(pair.regions.standby, AlertSeverity.WARNING),
        lease: this.lease && placeOf(this.lease, pair.regions.standbyRegion),
      };
    } else {
      this.alarms = watchInRegion(this, pair, database);
    }
    if (!pair.alerts)
      warn(this, 'NoAlerts', `nobody is told what happens to the database of ${pair.recordFqdn}; set alerts on the pair`);
  }

  /**
   * Lets `grantee` operate this database by the command line: look, order a failover, switchover or failback, watch, approve, adopt,
   * pause, resume, clear a claim, name a rebuilt replica. On this pair only, and with nothing that promotes, stops or deletes a database:
   * the steps' own role carries an order. Opening fences (`rebuild open-fences`) needs what the fence needs, and looking at a rebuilt
   * replica of another id needs `rds:DescribeDBInstances` on it.
   *
   * @throws NothingToOperate for a database that its own service fails over
   */
  public grantOperate(grantee: iam.IGrantable): iam.Grant {
    if (this.operated) return grantOperation(grantee, this.operated);
    return refuse(
      this,
      'NothingToOperate',
      `the database of ${this._pair.recordFqdn} is failed over by its own service; there is no order to give; leave the grant out`,
    );
  }

  /**
   * A rule in the standby Region for every transition of this database's controller, such as from PROMOTING to VERIFYING. Events are
   * best effort: the journal is the truth, and the alert path pages. Add `detail` in `eventPattern` to hear fewer.
   *
   * @throws NoTransitions for a database that its own service fails over
   */
  public onTransition(id: string, options?: events.OnEventOptions): events.Rule {
    if (this.operated) return transitionRule(this, id, this._pair, options);
    return refuse(
      this,
      'NoTransitions',
      `the database of ${this._pair.recordFqdn} is failed over by its own service; no controller moves; leave the rule out`,
    );
  }

  /** 1 while nothing could take over; for a database that is promoted. */
  public metricUnprotected(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return databaseMetric(this._pair, 'unprotected', options);
  }

  /** 0 while the primary's database writes, 1 while the standby's does; for a database that is promoted. */
  public metricStandbyWrites(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return databaseMetric(this._pair, 'standbyWrites', options);
  }

  /** Generation of the writer, which grows by one with each run; for a database that is promoted. */
  public metricEpoch(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return databaseMetric(this._pair, 'epoch', options);
  }

  /** 1 while two databases claim to write; for a database that is promoted. */
  public metricSplitBrain(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return databaseMetric(this._pair, 'splitBrain', options);
  }

  /** 1 while the primary writes and nobody renews its lease; with a lease only. */
  public metricLeaseLost(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return databaseMetric(this._pair, 'leaseLost', options);
  }

  /**
   * What a renewer needs to know. All of it is plain text.
   *
   * @internal
   */
  public get _leased(): {
    readonly lease?: BoundLease;
    readonly pair: FailoverPair;
    readonly members: readonly DatabaseMember[];
  } {
    return { lease: this.lease, pair: this._pair, members: this.members };
  }

  /**
   * A renewer stands beside the primary.
   *
   * @internal
   */
  public _renewed(): void {
    this.renewed = true;
  }

  private makeController(
    props: DatabaseFailoverProps,
    database: OrderedDatabase,
    loss: Pick<DatabaseRegistration, 'dataLoss' | 'limits'>,
  ): { readonly alarms: cloudwatch.Alarm[]; readonly reader?: lambda.IFunction } {
    const { pair, heartbeat } = props;
    const { regions, pairName, alerts } = pair;
    const { policy, strong } = triggerOf(props, database);
    const latch = pair._useLatch();
    if (database.writer) {
      const { hostedZoneId: zoneId, name } = database.writer;
      makeWriterRecords(pair, { regions, pair: pairName, database, zoneId, name, generation: latch.generation });
    }
    const fences = (props.fences ?? []).map((fence) =>
      fence._bind({ source: database.source, problems: new Problems(), prop: 'fences' }),
    );
    const refresh = (props.refresh ?? []).map((one) => one._bind());
    this.lease = props.lease?._bind({ regions, problems: new Problems() });
    this.lease?.make();
    const lease = this.lease && placeOf(this.lease, regions.standbyRegion);
    const control = FailoverRegions.controlOf(regions);
    const topics = alerts
      ? [AlertSeverity.CRITICAL, AlertSeverity.WARNING].map((severity) => alerts.topicIn(regions.standby, severity))
      : [];
    const [critical, warning] = topics;
    if (critical && warning) pair._useTopics({ critical: critical.topicArn, warning: warning.topicArn });
    const reader = control._addDatabase({
      pair: pairName,
      database,
      fences,
      refresh,
      topics,
      ...(alerts ? { alerts } : {}),
      ...(props.writerParameter ? { writerParameter: props.writerParameter } : {}),
      ...(lease ? { lease } : {}),
      ...(heartbeat ? { heartbeat: { scope: this, reader: heartbeat } } : {}),
    });
    writeDatabase(
      this,
      regions,
      documentOf({ pair, props, database, loss, policy: policy._policy, latch, fences, refresh, reader, lease }),
    );
    const alarms = databaseAlarms(this, pair, lease !== undefined);
    for (const { alarm, severity } of alarms) alerts?.addAlarm(alarm, { severity, pairName });
    if (warning && database.kind !== 'custom') {
      const ids = database.replicas.map((replica) => replica.id);
      followServiceEvents(this, {
        stack: regions.standby,
        description: `What RDS says about ${ids.join(', ')}`,
        ids,
        topic: warning,
      });
    }
    sayTrigger(this, props, policy._policy.kind, strong);
    sayLease(this, policy._policy, this.lease, { chosen: props.lease !== undefined, isRenewed: () => this.renewed });
    return { alarms: alarms.map(({ alarm }) => alarm), ...(reader ? { reader } : {}) };
  }
}

const defaultLoss = (): DataLoss => DataLoss.upTo(Duration.seconds(MOST_LOSS_SEC));
