import type { Provenance } from '../provenance';
import type { FailureMode } from '../timings/detection';

/** What goes wrong: an outage as a checker sees it, the writer lost inside its Region, or nothing (a planned switchover). */
export type BudgetMode = FailureMode | 'writer-lost' | 'planned';

export const MODE_NAME: Readonly<Record<BudgetMode, string>> = {
  refused: 'refused',
  'http-500': 'HTTP error',
  slow: 'slow answer',
  'black-hole': 'black hole',
  'black-hole-tcp': 'TCP black hole',
  'writer-lost': 'writer lost',
  planned: 'planned switchover',
};

export type Target = 'detection' | 'switch' | 'rto' | 'rpo';
export const TARGETS: readonly Target[] = ['detection', 'switch', 'rto', 'rpo'];

/** Longest accepted times. RPO is the longest stretch of writes that may be lost. */
export type Targets = Readonly<Record<Target, number>>;

/** Seconds: detection 30, switch 60, RTO 120, RPO 60. */
export const DEFAULT_TARGETS: Targets = { detection: 30, switch: 60, rto: 120, rpo: 60 };

/**
 * What is shown of a mode: the targets, and two stages without one. `effective` is detection and Route 53's own way to changed
 * answers, `database` the way of the writer.
 */
export type Stage = Target | 'effective' | 'database';
export const STAGES: readonly Stage[] = ['detection', 'effective', 'switch', 'database', 'rto', 'rpo'];

/** Four points of a time's distribution. */
export interface Points {
  readonly bestSec: number;
  readonly p50Sec: number;
  readonly p95Sec: number;
  readonly worstSec: number;
}

export type Part =
  | 'checkers'
  | 'dns'
  | 'ttl'
  | 'client'
  | 'prober'
  | 'assess'
  | 'fence'
  | 'latch'
  | 'database'
  | 'writer'
  | 'data';

/** One part of the way back into service, with the place the number comes from. */
export interface BudgetLine extends Points {
  readonly part: Part;
  readonly what: string;
  readonly provenance: Provenance;
  readonly source: string;
}

/** Parts one after the other; a fork waits for the slowest of its branches. */
export type Path = readonly (BudgetLine | Fork)[];
export interface Fork {
  readonly fork: readonly Path[];
}

/** One failure mode. A stage without a path does not apply to it. */
export type ModeBudget =
  | { readonly kind: 'timed'; readonly mode: BudgetMode; readonly paths: Readonly<Partial<Record<Stage, Path>>> }
  /** Never detected, so never recovered. */
  | { readonly kind: 'never'; readonly mode: BudgetMode; readonly because: string };

export type DatabaseKind =
  | 'multi-az-instance'
  | 'multi-az-cluster'
  | 'aurora-replica'
  | 'aurora-alone'
  | 'aurora-global'
  | 'replica-promotion';

export interface DatabaseFacts {
  readonly kind: DatabaseKind;
  /** Lag that raises the alarm. */
  readonly lagThresholdSec: number;
  /** Period of the lag metric. */
  readonly lagPeriodSec: number;
  /** Largest loss that a promotion accepts; a larger one waits for a person. */
  readonly consentSec?: number;
}

/** What of a pair decides its times. */
export interface PairFacts {
  readonly pair: string;
  readonly check: {
    readonly protocol: 'https' | 'http' | 'tcp';
    readonly intervalSec: number;
    readonly failures: number;
    readonly checkers: number;
  };
  readonly answer: {
    /** `elb-alias`: an alias to a load balancer, whose TTL nobody can change. */
    readonly kind: 'record' | 'elb-alias';
    readonly ttlSec: number;
    /** An apex cannot be a CNAME. */
    readonly apex: boolean;
  };
  readonly database?: DatabaseFacts;
}

/** A target that is given up on purpose. Left out: every mode, every target. */
export interface Waiver {
  readonly target?: Target;
  readonly mode?: BudgetMode;
  readonly reason: string;
}
