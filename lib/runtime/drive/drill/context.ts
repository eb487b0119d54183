import type { DrillStepInput } from '../../../contracts/drill';
import type { EventSeverity, FailoverEvent } from '../../../contracts/events';
import { EVENT_SCHEMA } from '../../../contracts/events';
import type { PairRegistration } from '../../../contracts/registration';
import type { RunningDrill } from '../../../decide/journal';
import type {
  Alarms,
  Announcer,
  Dns,
  Functions,
  HealthChecks,
  Journal,
  Log,
  Metrics,
  Probe,
  Registry,
  Reports,
  Schedules,
  Time,
} from '../../ports';

/** Everything that the steps of a drill reach the world through. */
export interface DrillPorts {
  readonly time: Time;
  readonly log: Log;
  readonly dns: Dns;
  readonly probe: Probe;
  readonly checks: HealthChecks;
  readonly journal: Journal;
  readonly registry: Registry;
  readonly schedules: Schedules;
  readonly alarms: Alarms;
  readonly metrics: Metrics;
  readonly reports: Reports;
  readonly announcer: Announcer;
  readonly functions: Functions;
}

/** One step of one drill, after its first write. */
export interface StepContext {
  readonly ports: DrillPorts;
  readonly input: DrillStepInput;
  readonly drill: RunningDrill;
  readonly registration: PairRegistration;
}

export const isUnknown = (value: unknown): value is { readonly kind: 'unknown'; readonly because: string } =>
  typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'unknown';

export const drillIncident = (pair: string, drillId: string) => `${pair}/drill/${drillId}`;

export interface Said {
  readonly type: string;
  readonly incidentKey: string;
  readonly action: FailoverEvent['action'];
  readonly severity: EventSeverity;
  readonly summary: string;
  readonly details?: FailoverEvent['details'];
  /** Generation of the writer; 0 for what has no database. */
  readonly epoch?: number;
}

/** Puts an event on the alert path: critical ones on the critical topic, all others on the warning topic. */
export async function tell(
  ports: Pick<DrillPorts, 'time' | 'announcer'>,
  registration: PairRegistration,
  source: string,
  said: Said,
  topic: 'critical' | 'warning' = said.severity === 'critical' ? 'critical' : 'warning',
): Promise<void> {
  if (!registration.topics) return;
  await ports.announcer.announce(registration.topics[topic], {
    schema: EVENT_SCHEMA,
    pair: registration.pair,
    epoch: 0,
    atMs: ports.time.nowMs(),
    source,
    provenance: 'measured',
    ...said,
  });
}

/** Says what is worth saying but must not stop the one who says it. */
export async function tellIfPossible(
  ports: Pick<DrillPorts, 'time' | 'announcer' | 'log'>,
  registration: PairRegistration,
  source: string,
  said: Said,
): Promise<void> {
  try {
    await tell(ports, registration, source, said);
  } catch (error) {
    ports.log.error('an event was not announced', { type: said.type, because: (error as Error).message });
  }
}
