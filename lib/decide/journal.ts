/**
 * The journal: one item per pair, changed only by conditional writes on `revision`. Any runner may crash or run twice;
 * the item decides. This file holds the shape; rules that change it are pure functions beside it.
 */

import type { Readiness } from './database/readiness-rules';
import type { ServiceWatch } from './database/service-watch';
import type { DatabaseState } from './database/state';

export interface JournalItem {
  readonly pair: string;
  /** Counts writes; a write names the revision it read and loses when another came first. */
  readonly revision: number;
  /** Generation of the writer. Never a time. 0 until a database is bound. */
  readonly epoch: number;
  /** Until then, in Unix ms, automation only watches. */
  readonly pausedUntilMs?: number;
  /** Set while an incident is open. */
  readonly incident?: { readonly key: string; readonly sinceMs: number };
  /** The drill that runs now, if any. */
  readonly drill?: RunningDrill;
  /** The last drills that ended, newest first, at most 20. */
  readonly lastDrills: readonly EndedDrill[];
  /** Unix ms of the last drill at TRAFFIC or above that passed. */
  readonly lastSuccessAtMs?: number;
  /** Unix ms since which the keeper has known the pair; the age of a drill that never passed counts from here. */
  readonly watchedSinceMs?: number;
  /** Who writes, and the run that changes it; absent until a database is bound. */
  readonly database?: DatabaseState;
  /** What the daily look at the database found; absent until the first one. */
  readonly readiness?: Readiness;
  /** Who writes in a database that its own service fails over; absent until the first look at one. */
  readonly service?: ServiceWatch;
  /** Set while latch, metric and beacon disagree. */
  readonly latchDoubt?: LatchDoubt;
}

/** Since when they disagree, and what was wanted then. */
export interface LatchDoubt {
  readonly sinceMs: number;
  readonly wanted: string;
  readonly paged: boolean;
  /** Its incident may be open: noted before the page. */
  readonly telling?: true;
  /** They agree again: noted before its incident is closed. */
  readonly over?: true;
}

export interface RunningDrill {
  readonly id: string;
  readonly level: 'OBSERVE' | 'TRAFFIC';
  readonly scenario: 'primary_crash';
  readonly requestedBy: string;
  readonly startedAtMs: number;
  /** After it the keeper restores and pages. */
  readonly deadlineMs: number;
  /** Recorded before anything is broken; absent means nothing was. */
  readonly undo?: Undo;
  /** What the restore found, once it ran. */
  readonly restored?: {
    readonly outcome: RestoreOutcome;
    readonly atMs: number;
    readonly by: string;
    /** Last time that a restore looked and found nothing left to do. */
    readonly verifiedAtMs?: number;
  };
  readonly stopRequested?: boolean;
  /** Set once somebody was paged because this drill passed its deadline. */
  readonly overduePaged?: boolean;
  /** Last direct probe of the primary, from the drill. A page is downgraded only while this is good and fresh. */
  readonly lastPrimaryProbe?: { readonly good: boolean; readonly atMs: number };
  /** Alarms that may fire because of this drill. */
  readonly expectedAlarms: readonly string[];
  /** Step ledger: what began and what it answered. */
  readonly steps: Readonly<Record<string, StepEntry>>;
}

export interface StepEntry {
  readonly beganAtMs: number;
  readonly attempts: number;
  readonly endedAtMs?: number;
  readonly outcome?: string;
  readonly because?: readonly string[];
  /** What later steps and the report need, as JSON. */
  readonly result?: unknown;
}

export type Undo =
  | { readonly kind: 'healthCheckPath'; readonly checkId: string; readonly path: string; readonly marker: string }
  | { readonly kind: 'healthCheckPort'; readonly checkId: string; readonly port: number; readonly marker: number }
  | { readonly kind: 'functions'; readonly restore: string }
  /** `namespace`: the control set, in whose dimensions it was published. */
  | { readonly kind: 'metric'; readonly namespace: string };

/** `changed by a deployment`: the check no longer carries our marker nor the old value, so it was left alone. */
export type RestoreOutcome = 'restored' | 'nothing to restore' | 'changed by a deployment' | 'not yet';

export interface EndedDrill {
  readonly id: string;
  readonly level: 'OBSERVE' | 'TRAFFIC';
  readonly verdict: string;
  readonly endedAtMs: number;
  readonly restoredAtMs?: number;
  readonly expectedAlarms: readonly string[];
  /** Set once alarms still on after the restore were looked at. */
  readonly afterglowChecked?: boolean;
}
