import type { Abort } from '../../../decide/drill/abort';
import { warmClients } from '../../../decide/drill/clients';
import type { ArmResult, MeasureResult, PreflightResult } from '../../../decide/drill/results';
import { noteProbe, type StepAnswer } from '../../../decide/drill/rules';
import { MEASURE_LIMIT_SEC } from '../../../decide/plan';
import { restore } from '../restore';
import { transact } from '../transact';
import { answerOf } from './client';
import { drillIncident, isUnknown, type StepContext, tellIfPossible } from './context';
import { inject } from './fault';
import { patiently, probeSite, serversOf } from './look';
import { PERIOD_MS, Watch } from './watch';

/** Nothing is broken so close to the deadline that the other ways back could meet the first one, in ms. */
const MARGIN_MS = 60_000;

/** Breaks, looks, and hands over to the restore as soon as everything was seen or anything is wrong. */
export async function measure(context: StepContext): Promise<StepAnswer> {
  const { ports, drill, registration } = context;
  const startedMs = ports.time.nowMs();
  const untilMs = Math.min(startedMs + MEASURE_LIMIT_SEC * 1000, drill.deadlineMs - MARGIN_MS);
  const ready = await warmUp(context);
  if ('because' in ready) return aborted(undefined, { because: ready.because, realOutage: ready.realOutage });
  const armed = (drill.steps['arm']?.result as ArmResult | undefined)?.check;
  const clients = [...warmClients(ready.values, ready.ttlSec, ports.time.nowMs())];
  const watch = new Watch(context, ready.servers, clients, untilMs);
  watch.start(registration.drill?.fault.kind === 'healthCheckPath' ? armed?.id : undefined);
  await ports.time.sleep(2 * PERIOD_MS.probe);
  const end = await breakAndWatch(context, watch);
  const result: MeasureResult = {
    ...(watch.fault ? { fault: watch.fault } : {}),
    seen: watch.seen,
    servedAtMs: clients.map((client) => client.servedAtMs ?? null),
    periodMs: PERIOD_MS.dns,
    primaryFails: watch.primaryFails,
    standbyFails: watch.standbyFailsAll,
    ...(end === 'complete' ? {} : { abort: end }),
    timeline: watch.timeline,
  };
  if (end === 'complete') return { outcome: 'measured', result };
  if (end.realOutage) await tellOutage(context, end);
  return aborted(result, end);
}

const aborted = (result: MeasureResult | undefined, abort: Abort): StepAnswer => ({
  outcome: 'aborted',
  because: [abort.because],
  ...(result ? { result } : {}),
});

async function breakAndWatch(context: StepContext, watch: Watch): Promise<'complete' | Abort> {
  const { ports, input } = context;
  const early = await Promise.race([watch.finished(), Promise.resolve(undefined)]);
  if (early !== undefined) return early;
  watch.reset();
  const injected = await inject(context);
  if (injected.fault) {
    watch.fault = injected.fault;
    watch.say('the fault was injected');
  }
  if (injected.because !== undefined) watch.finish({ because: injected.because, realOutage: false });
  // A restore that ran while the fault was on its way saw nothing to restore: nobody else will look again soon.
  const now = ports.time.nowMs();
  const { overtaken } = await transact(ports.journal, input.pair, (item) => {
    const drill = item?.drill?.id === input.drillId ? item.drill : undefined;
    return { kind: 'keep', answer: { overtaken: !drill || drill.steps['restore'] !== undefined || now >= drill.deadlineMs } };
  });
  if (overtaken && injected.fault) {
    watch.finish({ because: 'a restore ran while the fault was on its way', realOutage: false });
    await restore({ ...input, caller: 'machine' }, ports);
  }
  return watch.finished();
}

type Ready =
  | { readonly servers: readonly string[]; readonly values: readonly string[]; readonly ttlSec: number }
  | { readonly because: string; readonly realOutage: boolean };

/** A last look before the fault, the first note for the pager, and the answer that the clients start with. */
async function warmUp(context: StepContext): Promise<Ready> {
  const { ports, input, registration, drill } = context;
  const calm = (because: string): Ready => ({ because, realOutage: false });
  const known = (drill.steps['preflight']?.result as PreflightResult | undefined)?.servers ?? [];
  const servers = known.length > 0 ? known : await patiently(ports.time, () => serversOf(ports.dns, registration));
  if (isUnknown(servers)) return calm(`the name servers are unknown: ${servers.because}`);
  const first = servers[0];
  if (first === undefined) return calm('the zone has no name servers');
  const [primary, standby, answer] = await Promise.all([
    probeSite(ports, registration, 'primary'),
    probeSite(ports, registration, 'standby'),
    patiently(ports.time, () => answerOf(ports.dns, registration, first)),
  ]);
  const probe = { good: primary.kind === 'good', atMs: ports.time.nowMs() };
  const { stop } = await transact(ports.journal, input.pair, (item) => noteProbe(item, input.drillId, probe, ports.time.nowMs()));
  if (primary.kind === 'bad') {
    return { because: `the primary does not answer: ${primary.because}; nothing was broken`, realOutage: true };
  }
  if (standby.kind === 'bad') return calm(`the standby does not answer: ${standby.because}; nothing was broken`);
  if (answer.kind !== 'answer') return calm(`the name does not answer: ${answer.because}; nothing was broken`);
  if (stop !== undefined) return calm(stop);
  return { servers, values: answer.values, ttlSec: answer.ttlSec };
}

/** An alarm that the pager took for the drill's own before this moment is not sent again by CloudWatch. */
async function tellOutage({ ports, registration, input }: StepContext, abort: Abort): Promise<void> {
  await tellIfPossible(ports, registration, 'drill', {
    type: 'drill-real-outage',
    incidentKey: `${drillIncident(input.pair, input.drillId)}/outage`,
    action: 'trigger',
    severity: 'critical',
    summary: `${registration.recordName}: ${abort.because}; the drill stops and restores`,
    details: { drillId: input.drillId },
  });
}
