/**
 * The database part of a pair's journal item. The item is written as one, conditionally on its revision, so a run can
 * neither be begun twice nor carried by two runners at once. Times in it are for people and for one machine's own
 * patience; nothing compares the clocks of two machines to decide who writes.
 */

import type { Excess } from './excess';
import type { Loss } from './replica';

export type Side = 'primary' | 'standby';

export type ControllerState =
  /** Watches, and may fail over by itself if the trigger policy says so. */
  | 'ARMED'
  /** One witness or more speaks against the writer; nothing was done. */
  | 'SUSPECT'
  /** An epoch was taken; candidates and loss are being judged. */
  | 'ASSESSING'
  /** Waits for a person's consent to data loss. */
  | 'AWAITING_CONSENT'
  | 'FENCING'
  | 'LATCHING'
  /** The promote call was or is about to be made: from here on only forward. */
  | 'PROMOTING'
  | 'VERIFYING'
  /** The standby writes; the old primary stays out until a person has rebuilt it. */
  | 'SERVING_STANDBY'
  | 'REBUILDING'
  | 'FAILBACK'
  /** An attempt before the point of no return was undone; automation rests until `restUntilMs`. */
  | 'ROLLED_BACK'
  /** Past the point of no return and not able to go on: somebody is paged. */
  | 'STUCK';

export interface DatabaseState {
  readonly state: ControllerState;
  /** Who writes. Run-time state: templates never say. */
  readonly active: Side;
  /** Id of the instance or cluster that writes. */
  readonly writer: string;
  /** What the latch metric must say, and the generation of its frozen name. */
  readonly latch: LatchState;
  /** Sides of writer names, one entry per candidate id: true while that candidate's writer record is answered. */
  readonly writerName: Readonly<Record<string, boolean>>;
  readonly run?: DatabaseRun;
  readonly lastRuns: readonly EndedRun[];
  /** Automation rests until then, in Unix ms: after a rollback or a refusal. */
  readonly restUntilMs?: number;
  /** Since when the pair has no standby that could take over, in Unix ms. */
  readonly unprotectedSinceMs?: number;
  /** What the prober saw first against the writer, kept here because no single run of it lives long enough. */
  readonly suspect?: Suspicion;
  /** The primary recovered after this epoch: incidents of runs up to it that were given up are closed. */
  readonly recoveredEpoch?: number;
  /** A replica of today's writer in the old primary's Region, seen replicating: the way back. */
  readonly rebuilt?: RebuiltMember;
  /** The old primary since a failover, until the primary Region writes again. */
  readonly keptOut?: KeptOut;
  /** Claims of another writer, seen and not yet cleared by a person. */
  readonly splitBrain?: { readonly since: number; readonly because: string };
}

export interface KeptOut {
  /** Id of the writer that was replaced. */
  readonly id: string;
  /** The generation that replaced it. */
  readonly epoch: number;
  /** Level of each fence that was verified, by its name; what is not here is tried again each minute. */
  readonly up: Readonly<Record<string, string>>;
  /** A person let it through; nobody fences it again. */
  readonly loweredBy?: string;
}

export interface Suspicion {
  readonly sinceMs: number;
  /** First evidence against the writer itself, by the prober's clock. Loss is judged at this moment. */
  readonly writerSinceMs?: number;
  /** How long before `writerSinceMs` each candidate last saw a new heartbeat row, in ms. */
  readonly gapsMs?: Readonly<Record<string, number>>;
  /** The same where only the least is known, because the reader began after the last row. */
  readonly unheardMs?: Readonly<Record<string, number>>;
  /** What looks at each candidate add to its lag, at `writerSinceMs`. */
  readonly excess?: Readonly<Record<string, Excess>>;
  readonly because: readonly string[];
  /** Since when Route 53 has been seen to call the primary unhealthy. Until then users may have written there. */
  readonly outsideSinceMs?: number;
  /** Outcomes whose incident may be open: noted before anybody is told, and closed when the suspicion is over. */
  readonly telling?: readonly string[];
  /** Outcomes of the trigger that somebody was paged for. */
  readonly paged?: readonly string[];
  /** Nobody speaks against the primary any more: noted before its incidents are closed. */
  readonly over?: true;
}

export interface RebuiltMember {
  readonly id: string;
  readonly endpoint: string;
  readonly port: number;
  readonly region: string;
  readonly engine: string;
  /** False until it was seen replicating from today's writer. */
  readonly replicating: boolean;
}

export interface LatchState {
  readonly on: boolean;
  /** Maintenance: the primary counts as allowed whatever its endpoint says. */
  readonly hold?: { readonly untilMs: number; readonly by: string };
  readonly generation: number;
}

export type RunKind = 'failover' | 'switchover' | 'rebuild' | 'failback';

export interface DatabaseRun {
  /** Name of the execution: `<pair>-e<epoch>`. */
  readonly id: string;
  readonly kind: RunKind;
  /** The generation that this run took. Every order that changes who writes carries it. */
  readonly epoch: number;
  readonly startedBy: string;
  readonly automatic: boolean;
  readonly startedAtMs: number;
  /** First evidence against the writer, in Unix ms of the prober. Loss is judged at this moment, never now. */
  readonly failedAtMs?: number;
  /** How long before `failedAtMs` each candidate last saw a new heartbeat row, in ms. */
  readonly gapsMs?: Readonly<Record<string, number>>;
  /** The same where only the least is known. A candidate that is in neither was not heard at all. */
  readonly unheardMs?: Readonly<Record<string, number>>;
  /** What looks at each candidate add to its lag, at `failedAtMs`. */
  readonly excess?: Readonly<Record<string, Excess>>;
  /** Lease record that was seen unchanged for too long; only this one may be taken over. */
  readonly leaseRvn?: string;
  /** A person's word that nothing writes to today's writer any more, for a planned change. */
  readonly writesStopped?: boolean;
  /** Why a person failed over although the primary showed signs of life. */
  readonly forced?: string;
  readonly candidate?: string;
  /** What the promotion loses, judged before it: milliseconds of writes. */
  readonly loss?: Loss;
  /** The loss a person was asked to consent to. */
  readonly asked?: { readonly lossMs: number; readonly atMs: number };
  readonly consent?: Consent;
  /** Highest fence that was verified, such as `F3`. */
  readonly fence?: string;
  /** Written before the promote call is made. Its presence is the point of no return. */
  readonly promoteRequested?: { readonly candidate: string; readonly atMs: number };
  /** Since then everything is undone, newest first. Never together with `promoteRequested`. */
  readonly rollback?: { readonly atMs: number; readonly because: readonly string[] };
  /** Why it could not go on, once it was stuck. */
  readonly stuckBecause?: readonly string[];
  /** How often a person took a stuck or abandoned run up again; part of the name of the next execution. */
  readonly adopted?: number;
  readonly adoptedAtMs?: number;
  readonly steps: Readonly<Record<string, RunStep>>;
}

export interface Consent {
  readonly by: string;
  readonly epoch: number;
  /** The loss that was shown to the person. A larger one asks again. */
  readonly lossMs: number;
  readonly atMs: number;
}

export interface RunStep {
  readonly beganAtMs: number;
  /** When it was called last. */
  readonly calledAtMs?: number;
  readonly attempts: number;
  readonly outcome?: string;
  readonly because?: readonly string[];
  readonly endedAtMs?: number;
  readonly undone?: boolean;
  readonly result?: unknown;
}

export interface EndedRun {
  readonly id: string;
  readonly kind: RunKind;
  readonly epoch: number;
  readonly outcome: 'done' | 'rolled-back' | 'refused' | 'stuck';
  readonly because: readonly string[];
  readonly endedAtMs: number;
  readonly lossMs?: number;
}
