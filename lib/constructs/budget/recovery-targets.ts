import type { Duration } from 'aws-cdk-lib';

/** Longest times and losses that are accepted. Each is held against every failure mode, at its worst. */
export interface RecoveryTargets {
  /**
   * Outage to the verdict of Route 53's checkers. Their verdict still has to reach DNS; that counts against the RTO.
   *
   * @default Duration.seconds(30)
   */
  readonly detection?: Duration;
  /**
   * Changed answer to a client on the standby: what is left of a cached answer, and a new connection.
   *
   * @default Duration.seconds(60)
   */
  readonly trafficSwitch?: Duration;
  /**
   * Outage to a client being served by the standby.
   *
   * @default Duration.seconds(120)
   */
  readonly rto?: Duration;
  /**
   * Longest stretch of writes that may be lost. Says nothing about a pair without a database.
   *
   * @default Duration.seconds(60)
   */
  readonly rpo?: Duration;
}

/** One of the `RecoveryTargets`. */
export enum RecoveryTarget {
  /** Outage to the verdict of the checkers. */
  DETECTION = 'detection',
  /** Changed answer to a client on the standby. */
  TRAFFIC_SWITCH = 'switch',
  /** Outage to a client being served by the standby. */
  RTO = 'rto',
  /** Longest stretch of writes that may be lost. */
  RPO = 'rpo',
}

/** What a health checker sees of an outage. */
export enum OutageMode {
  /** The connection is refused. */
  REFUSED = 'refused',
  /** Status 4xx or 5xx at once. */
  HTTP_ERROR = 'http-500',
  /** Connected, but no answer in time. */
  SLOW_ANSWER = 'slow',
  /** Packets are dropped, and the check is HTTP or HTTPS. */
  BLACK_HOLE = 'black-hole',
  /** Packets are dropped, and the check is TCP. */
  TCP_BLACK_HOLE = 'black-hole-tcp',
}

/** A miss that is accepted on purpose. */
export interface BudgetWaiver {
  /**
   * Why the miss is accepted; stands in `failover-budget.json`.
   */
  readonly reason: string;
  /**
   * The target that may be missed.
   *
   * @default - every target
   */
  readonly target?: RecoveryTarget;
  /**
   * The failure mode in which it may be missed.
   *
   * @default - every mode
   */
  readonly mode?: OutageMode;
}
