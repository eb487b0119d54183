import type { Abort } from './abort';
import type { FaultFacts, Marked } from './marks';

/** What the steps leave in the ledger for later steps and for the report. */
export interface PreflightResult {
  readonly servers: readonly string[];
  readonly certificates: readonly { readonly site: string; readonly daysLeft: number | null; readonly because?: string }[];
}

export interface ArmResult {
  /** The check as it was when the undo was written; a later version is somebody else's. */
  readonly check?: { readonly id: string; readonly version: number };
}

export interface MeasureResult {
  /** Absent: nothing was broken. */
  readonly fault?: FaultFacts;
  readonly seen: Marked;
  /** When each client was served by the standby, in Unix ms. */
  readonly servedAtMs: readonly (number | null)[];
  readonly periodMs: number;
  /** Failed direct probes while measuring. */
  readonly primaryFails: number;
  readonly standbyFails: number;
  readonly abort?: Abort;
  readonly timeline: readonly { readonly atMs: number; readonly what: string }[];
}

export interface ReturnResult {
  /** The name answered the primary on every server. */
  readonly tB?: number;
  readonly timeline: readonly { readonly atMs: number; readonly what: string }[];
}
