import type { DatabaseMember, DatabaseRegistration } from '../../../contracts/database';
import type { PairRegistration } from '../../../contracts/registration';
import type { StepVerdict } from '../../../decide/database/plan';
import { incidentKey, type RunKey } from '../../../decide/database/run-rules';
import type { DatabaseRun, DatabaseState, RunStep } from '../../../decide/database/state';
import type { Announcer, Dns, Journal, Log, Metrics, Probe, Registry, Time } from '../../ports';
import type {
  Applications,
  DatabaseRegistry,
  Databases,
  Fences,
  Heartbeats,
  Lags,
  LatchPanel,
  Leases,
  WriterPointer,
} from '../../ports/database';
import { type Said, tell } from '../drill/context';

/** Everything that the steps of a database run reach the world through. */
export interface DatabasePorts {
  readonly time: Time;
  readonly log: Log;
  readonly dns: Dns;
  readonly probe: Probe;
  readonly journal: Journal;
  readonly registry: Registry;
  readonly databaseRegistry: DatabaseRegistry;
  readonly databases: Databases;
  readonly lags: Lags;
  readonly heartbeats: Heartbeats;
  readonly latchPanel: LatchPanel;
  readonly fences: Fences;
  readonly applications: Applications;
  readonly pointer: WriterPointer;
  readonly leases: Leases;
  readonly metrics: Metrics;
  readonly announcer: Announcer;
}

/** One call of one step, after its first write. */
export interface StepContext {
  readonly ports: DatabasePorts;
  readonly pair: string;
  readonly key: RunKey;
  readonly registration: PairRegistration;
  readonly database: DatabaseRegistration;
  readonly state: DatabaseState;
  readonly run: DatabaseRun;
  readonly step: RunStep;
}

export interface StepSaid {
  readonly verdict: StepVerdict;
  readonly because: readonly string[];
  readonly waitSec?: number;
  /** With `done`: the step goes on without all of what it wanted. */
  readonly incomplete?: boolean;
  /** With `done`: there was nothing to do, so no event says that anything was done. */
  readonly idle?: boolean;
}

export const done = (...because: readonly string[]): StepSaid => ({ verdict: 'done', because });
export const idle = (...because: readonly string[]): StepSaid => ({ verdict: 'done', because, idle: true });
export const again = (...because: readonly string[]): StepSaid => ({ verdict: 'again', because });
export const undo = (...because: readonly string[]): StepSaid => ({ verdict: 'undo', because });
export const stuck = (...because: readonly string[]): StepSaid => ({ verdict: 'stuck', because });
export const lost = (...because: readonly string[]): StepSaid => ({ verdict: 'lost', because });

/** Members that this run may promote: the replicas, or on the way back the rebuilt one. */
export function candidatesOf(database: DatabaseRegistration, state: DatabaseState, run: DatabaseRun): readonly DatabaseMember[] {
  if (run.kind !== 'failback') return database.replicas;
  return state.rebuilt ? [{ ...state.rebuilt, priority: 0 }] : [];
}

/** A member by its id, wherever it stands. */
export function memberOf(database: DatabaseRegistration, state: DatabaseState, id: string): DatabaseMember | undefined {
  const known = [database.source, ...database.replicas].find((member) => member.id === id);
  return known ?? (state.rebuilt?.id === id ? { ...state.rebuilt, priority: 0 } : undefined);
}

export type RunEvent = Omit<Said, 'incidentKey'>;

/** Puts an event of a run on the alert path, under the incident of its epoch. Throws when it could not be delivered. */
export async function tellRun(
  context: Pick<StepContext, 'ports' | 'pair' | 'registration' | 'key'>,
  said: RunEvent,
): Promise<void> {
  const { epoch } = context.key;
  await tell(context.ports, context.registration, 'database-step', {
    ...said,
    incidentKey: incidentKey(context.pair, epoch),
    epoch,
  });
}

/** Says what must not stop the one who says it: a failover never waits for the alert path. False: nobody heard it. */
export async function tellRunIfPossible(context: Parameters<typeof tellRun>[0], said: RunEvent): Promise<boolean> {
  try {
    await tellRun(context, said);
    return true;
  } catch (error) {
    context.ports.log.error('an event was not announced', { type: said.type, because: (error as Error).message });
    return false;
  }
}
