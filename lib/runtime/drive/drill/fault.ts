import type { PairRegistration } from '../../../contracts/registration';
import type { FaultFacts } from '../../../decide/drill/marks';
import type { ArmResult } from '../../../decide/drill/results';
import { METRIC, pairDimensions } from '../../../decide/metrics';
import { isUnknown, type StepContext } from './context';
import { patiently } from './look';

/** `because`: there is nothing to measure. `fault`: something was broken, or may have been. */
export interface Injected {
  readonly fault?: FaultFacts;
  readonly because?: string;
}

/** Breaks the primary. A call whose answer was lost may have had its effect. */
export async function inject(context: StepContext): Promise<Injected> {
  const { undo } = context.drill;
  if (!undo) return { because: 'no way back was written down' };
  if (undo.kind === 'functions') return injectByFunction(context);
  if (undo.kind === 'metric') return injectByMetric(context);
  const armed = (context.drill.steps['arm']?.result as ArmResult | undefined)?.check;
  if (!armed) return { because: 'the version of the health check was not written down' };
  return injectIntoCheck(context, armed, undo.kind === 'healthCheckPath' ? { path: undo.marker } : { port: undo.marker });
}

/** The version of `arm` goes along: a deployment or a restore since then makes this write void. */
async function injectIntoCheck(
  { ports }: StepContext,
  armed: { readonly id: string; readonly version: number },
  change: { readonly path?: string; readonly port?: number },
): Promise<Injected> {
  const sentAtMs = ports.time.nowMs();
  const written = await ports.checks.write(armed.id, armed.version, change);
  const fault: FaultFacts = { kind: 'healthCheckPath', sentAtMs, returnedAtMs: ports.time.nowMs() };
  if (written === 'written') return { fault };
  // A retry of the client finds its own first write as a newer version.
  const view = await patiently(ports.time, () => ports.checks.read(armed.id));
  if (isUnknown(view)) return { fault, because: `whether the health check was changed is unknown: ${view.because}` };
  const ours = change.path === undefined ? view.port === change.port : view.path === change.path;
  if (ours) return { fault };
  return isUnknown(written)
    ? { because: `the health check could not be changed: ${written.because}` }
    : { because: 'the health check was changed after the drill was armed; nothing was broken' };
}

/** The metric that the drill's alarm reads: 1 holds the primary out, 0 lets it in again, silence counts as 0. */
export const faultMetric = ({ namespace, pair }: Pick<PairRegistration, 'namespace' | 'pair'>, on: boolean) => [
  { name: METRIC.fault, value: on ? 1 : 0, unit: 'None' as const, dimensions: pairDimensions(namespace, pair) },
];

async function injectByMetric({ ports, registration }: StepContext): Promise<Injected> {
  const sentAtMs = ports.time.nowMs();
  const because = await ports.metrics.publish(faultMetric(registration, true)).then(
    () => undefined,
    (error: Error) => `whether the drill's metric was published is unknown: ${error.message}`,
  );
  const fault: FaultFacts = { kind: 'metric', sentAtMs, returnedAtMs: ports.time.nowMs() };
  return { fault, ...(because === undefined ? {} : { because }) };
}

async function injectByFunction({ ports, input, registration }: StepContext): Promise<Injected> {
  const fault = registration.drill?.fault;
  if (fault?.kind !== 'functions') return { because: 'the registration names no function that breaks' };
  const sentAtMs = ports.time.nowMs();
  const answer = await ports.functions.invoke(fault.inject, { pair: input.pair, drillId: input.drillId });
  return {
    fault: { kind: 'functions', sentAtMs, returnedAtMs: ports.time.nowMs() },
    ...(answer.kind === 'failed' ? { because: `the function that breaks failed: ${answer.because}` } : {}),
  };
}
