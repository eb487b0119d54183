/** A database as `status` shows it: what the journal says, and how far the candidates trail. */
import type { DatabaseMember, DatabaseRegistration } from '../../../../contracts/database';
import type { ControllerState, DatabaseState, EndedRun, RunKind, Side } from '../../../../decide/database/state';
import type { Time, Unknown } from '../../../ports';
import type { DatabaseRegistry, Lags } from '../../../ports/database';
import { isUnknown } from '../../drill/context';
import { stepOfRun } from './progress';

export interface DatabaseView {
  readonly state: ControllerState;
  readonly active: Side;
  readonly writer: string;
  readonly latched: boolean;
  readonly heldUntilMs?: number;
  readonly run?: {
    readonly id: string;
    readonly kind: RunKind;
    readonly epoch: number;
    readonly startedBy: string;
    readonly startedAtMs: number;
    /** The step that runs; absent between steps. */
    readonly step?: string;
    readonly promotionRequested: boolean;
    /** Loss that a person is asked to consent to, in ms. */
    readonly asksLossMs?: number;
    readonly stuckBecause?: readonly string[];
  };
  readonly suspect?: { readonly sinceMs: number; readonly because: readonly string[] };
  /** Automation rests until then, after a run that was given up. */
  readonly restUntilMs?: number;
  readonly unprotectedSinceMs?: number;
  readonly claim?: { readonly sinceMs: number; readonly because: string };
  readonly rebuilt?: { readonly id: string; readonly replicating: boolean };
  readonly lastRun?: EndedRun;
}

export function databaseView(database: DatabaseState, nowMs: number): DatabaseView {
  const { state, active, writer, latch, run, suspect, restUntilMs, unprotectedSinceMs, splitBrain, rebuilt, lastRuns } = database;
  const step = run && stepOfRun(run);
  return {
    state,
    active,
    writer,
    latched: latch.on,
    ...(latch.hold ? { heldUntilMs: latch.hold.untilMs } : {}),
    ...(run
      ? {
          run: {
            id: run.id,
            kind: run.kind,
            epoch: run.epoch,
            startedBy: run.startedBy,
            startedAtMs: run.startedAtMs,
            ...(step === undefined ? {} : { step }),
            promotionRequested: run.promoteRequested !== undefined,
            ...(state === 'AWAITING_CONSENT' && run.asked ? { asksLossMs: run.asked.lossMs } : {}),
            ...(state === 'STUCK' ? { stuckBecause: run.stuckBecause ?? [] } : {}),
          },
        }
      : {}),
    ...(suspect ? { suspect: { sinceMs: suspect.sinceMs, because: suspect.because } } : {}),
    ...(restUntilMs !== undefined && restUntilMs > nowMs ? { restUntilMs } : {}),
    ...(unprotectedSinceMs === undefined ? {} : { unprotectedSinceMs }),
    ...(splitBrain ? { claim: { sinceMs: splitBrain.since, because: splitBrain.because } } : {}),
    ...(rebuilt ? { rebuilt: { id: rebuilt.id, replicating: rebuilt.replicating } } : {}),
    ...(lastRuns[0] ? { lastRun: lastRuns[0] } : {}),
  };
}

/** Every reason of a database for an operator to look closer. */
export function databaseProblems(view: DatabaseView): readonly string[] {
  const { run, claim, unprotectedSinceMs, active, writer, restUntilMs } = view;
  return [
    ...(run?.stuckBecause ? [`${run.id} is stuck: ${run.stuckBecause.join('; ')}`] : []),
    ...(run?.asksLossMs === undefined ? [] : [`${run.id} waits for consent to a loss of ${run.asksLossMs} ms`]),
    ...(run && view.state !== 'STUCK' && run.asksLossMs === undefined ? [`${run.id} is under way, a ${run.kind}`] : []),
    ...(claim ? [`another writer is claimed since ${iso(claim.sinceMs)}: ${claim.because}`] : []),
    ...(active === 'standby' ? [`${writer} in the standby Region writes`] : []),
    ...(unprotectedSinceMs === undefined ? [] : [`no replica could take over since ${iso(unprotectedSinceMs)}`]),
    ...(restUntilMs === undefined ? [] : [`automation rests until ${iso(restUntilMs)}, after a run that was given up`]),
  ];
}

const iso = (ms: number) => new Date(ms).toISOString();

export interface LagView {
  readonly id: string;
  readonly lag: { readonly kind: 'known'; readonly ms: number; readonly atMs: number } | Unknown;
  /** Highest loss with which it may take over, in ms. */
  readonly limitMs: number;
}

export interface LagPorts {
  readonly databaseRegistry: DatabaseRegistry;
  readonly lags: Lags;
  readonly time: Time;
}

/** The newest lag of every replica that could take over. */
export async function lagsOf(
  pair: string,
  view: DatabaseView | undefined,
  ports: LagPorts,
): Promise<readonly LagView[] | Unknown> {
  const database = await ports.databaseRegistry.database(pair);
  if (database.kind === 'unknown') return database;
  if (database.kind === 'none' || (view && view.active !== 'primary')) return [];
  return Promise.all(database.replicas.map((member) => lagOf(database, member, ports)));
}

async function lagOf(database: DatabaseRegistration, member: DatabaseMember, { lags, time }: LagPorts): Promise<LagView> {
  const { lagMs: limitMs, sampleAgeMs } = database.limits;
  const nowMs = time.nowMs();
  const samples = await lags.samples(database, member, nowMs - sampleAgeMs, nowMs);
  if (isUnknown(samples)) return { id: member.id, lag: samples, limitMs };
  const newest = samples.reduce<(typeof samples)[number] | undefined>(
    (last, one) => (last && last.atMs >= one.atMs ? last : one),
    undefined,
  );
  if (!newest)
    return { id: member.id, lag: { kind: 'unknown', because: `no sample in the last ${sampleAgeMs / 1_000} s` }, limitMs };
  const lag =
    newest.kind === 'lag'
      ? { kind: 'known' as const, ms: newest.ms, atMs: newest.atMs }
      : { kind: 'unknown' as const, because: newest.because };
  return { id: member.id, lag, limitMs };
}
