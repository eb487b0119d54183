import { closedPort } from '../../../decide/drill/preflight';
import { recordUndo, type StepAnswer } from '../../../decide/drill/rules';
import type { Undo } from '../../../decide/journal';
import { MARKER_PATH_PREFIX, markerPath, restoreScheduleName } from '../../../decide/names';
import { transact } from '../transact';
import { drillIncident, isUnknown, type StepContext, tellIfPossible } from './context';
import { patiently } from './look';

/** Writes the way back down, then makes the schedule that goes it when nobody else does. No schedule, no drill. */
export async function arm(context: StepContext): Promise<StepAnswer> {
  const { ports, input, registration, drill } = context;
  const plan = await planOf(context);
  if ('because' in plan) return { outcome: 'not armed', because: [plan.because] };
  const recorded = await transact(ports.journal, input.pair, (item) => recordUndo(item, drill.id, plan.undo, ports.time.nowMs()));
  if (recorded.kind === 'refused') return { outcome: 'stopped', because: [recorded.because] };
  const { pair, drillId, level, scenario } = input;
  const scheduled = await patiently(ports.time, () =>
    ports.schedules.restoreAt(restoreScheduleName(drill.id), drill.deadlineMs, {
      pair,
      drillId,
      level,
      scenario,
      caller: 'schedule',
    }),
  );
  if (isUnknown(scheduled)) {
    return { outcome: 'not armed', because: [`the schedule that restores could not be made: ${scheduled.because}`] };
  }
  await tellIfPossible(ports, registration, 'drill', {
    type: 'drill-started',
    incidentKey: drillIncident(pair, drill.id),
    action: 'note',
    severity: 'info',
    summary: `Drill ${drill.id} moves ${registration.recordName} to the standby and back`,
    details: { drillId, level, scenario, requestedBy: drill.requestedBy, deadlineMs: drill.deadlineMs },
  });
  return { outcome: 'armed', result: plan.result };
}

type Plan =
  | { readonly undo: Undo; readonly result: { readonly check?: { readonly id: string; readonly version: number } } }
  | { readonly because: string };

async function planOf({ ports, registration, drill }: StepContext): Promise<Plan> {
  const fault = registration.drill?.fault;
  if (!fault) return { because: `the pair ${registration.pair} has no drill` };
  if (fault.kind === 'functions') return { undo: { kind: 'functions', restore: fault.restore }, result: {} };
  if (fault.kind === 'metric') return { undo: { kind: 'metric', namespace: registration.namespace }, result: {} };
  const checks = await patiently(ports.time, () => ports.registry.checks(registration));
  if (isUnknown(checks)) return { because: checks.because };
  const view = await patiently(ports.time, () => ports.checks.read(checks.primary));
  if (isUnknown(view)) return { because: view.because };
  const result = { check: { id: view.id, version: view.version } };
  if (view.path !== undefined) {
    // Taking a marker for the old path would make the fault permanent.
    if (view.path.startsWith(MARKER_PATH_PREFIX)) return { because: `the health check already carries ${view.path}` };
    return { undo: { kind: 'healthCheckPath', checkId: view.id, path: view.path, marker: markerPath(drill.id) }, result };
  }
  if (view.port === undefined) return { because: `health check ${view.id} has neither path nor port` };
  return { undo: { kind: 'healthCheckPort', checkId: view.id, port: view.port, marker: closedPort(view.port) }, result };
}
