import type { DrillResponse, DrillStepInput } from '../../../contracts/drill';
import { drillIdOf } from '../../../decide/drill/ids';
import { type Requested, readRequest } from '../../../decide/drill/request';
import { claim, requestStop } from '../../../decide/drill/rules';
import { DEADLINE_SEC } from '../../../decide/plan';
import type { Journal, Log, Machine, Registry, Time } from '../../ports';
import { transact } from '../transact';
import { isUnknown } from './context';

export interface StartPorts {
  readonly time: Time;
  readonly log: Log;
  readonly journal: Journal;
  readonly registry: Registry;
  readonly machine: Machine;
}

/**
 * Starts or stops a drill. `invocation` names the drill when the request does not: a retry of Lambda repeats it.
 *
 * @throws Error when the machine may or may not have started, so that the caller tries again
 */
export async function startDrill(event: unknown, invocation: string, ports: StartPorts): Promise<DrillResponse> {
  const read = readRequest(event);
  if ('problems' in read) return refused(ports, read.problems);
  const { request } = read;
  if (request.operation === 'stop') return stopDrill(request, ports);
  const registration = await ports.registry.pair(request.pair);
  if (isUnknown(registration)) return refused(ports, [`the pair ${request.pair} cannot be read: ${registration.because}`]);
  if (!registration.drill) return refused(ports, [`the pair ${request.pair} has no drill; define a FailoverDrill for it`]);
  const drillId = drillIdOf(request.pair, request.id ?? invocation);
  const nowMs = ports.time.nowMs();
  const { pair, level, scenario, requestedBy } = request;
  // A drill by metric leaves the primary's own health alone: its alarms mean what they say.
  const byMetric = registration.drill.fault.kind === 'metric';
  const expectedAlarms = byMetric ? [] : registration.alarms.filter((alarm) => alarm.inDrill).map((alarm) => alarm.name);
  const claimed = await transact(ports.journal, pair, (item) =>
    claim(item, {
      pair,
      id: drillId,
      level,
      scenario,
      requestedBy,
      nowMs,
      deadlineMs: nowMs + DEADLINE_SEC * 1000,
      expectedAlarms,
    }),
  );
  if (claimed.kind === 'refused') return refused(ports, claimed.because);
  const input: DrillStepInput = { pair, drillId, level, scenario };
  const started = await ports.machine.start(drillId, input);
  if (isUnknown(started))
    throw new Error(`whether drill ${drillId} started is unknown: ${started.because}; ask again with the same id`);
  ports.log.info(`drill ${claimed.kind}`, { pair, drillId, execution: started.execution });
  const fresh = claimed.kind === 'claimed' && started.kind === 'started';
  return { kind: fresh ? 'started' : 'already-started', drillId, execution: started.execution };
}

async function stopDrill(request: Requested, ports: StartPorts): Promise<DrillResponse> {
  const drillId = request.id === undefined ? undefined : drillIdOf(request.pair, request.id);
  const answer = await transact(ports.journal, request.pair, (item) => requestStop(item, drillId));
  return answer.kind === 'refused' ? refused(ports, answer.because) : answer;
}

function refused(ports: StartPorts, because: readonly string[]): DrillResponse {
  ports.log.info('drill refused', { because });
  return { kind: 'refused', because };
}
