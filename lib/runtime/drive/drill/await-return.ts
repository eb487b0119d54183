import type { MeasureResult, PreflightResult, ReturnResult } from '../../../decide/drill/results';
import { noteProbe, type StepAnswer } from '../../../decide/drill/rules';
import { RETURN_LIMIT_SEC } from '../../../decide/plan';
import { transact } from '../transact';
import { isUnknown, type StepContext } from './context';
import { nameAt, patiently, probeSite, serversOf } from './look';

const PERIOD_MS = 500;
const NOTE_MS = 3_000;
/**
 * Alarms on one-minute metrics turn up to two minutes after what they speak of. As long as the drill still looks at the
 * primary, the pager can tell them from a real outage.
 */
export const SETTLE_MS = 120_000;

/** Waits until the name answers the primary again on every server, and then for the drill's own alarms. */
export async function awaitReturn(context: StepContext): Promise<StepAnswer> {
  const { ports, drill, registration } = context;
  const measured = drill.steps['measure']?.result as MeasureResult | undefined;
  const mayBeBroken = drill.steps['measure'] !== undefined && (measured === undefined || measured.fault !== undefined);
  if (!mayBeBroken) return { outcome: 'nothing to return', result: { timeline: [] } satisfies ReturnResult };
  const known = (drill.steps['preflight']?.result as PreflightResult | undefined)?.servers ?? [];
  const servers = known.length > 0 ? known : await patiently(ports.time, () => serversOf(ports.dns, registration));
  if (isUnknown(servers)) return { outcome: 'not returned', because: [`the name servers are unknown: ${servers.because}`] };
  const startedMs = ports.time.nowMs();
  const settledMs = (drill.restored?.atMs ?? startedMs) + (drill.expectedAlarms.length > 0 ? SETTLE_MS : 0);
  const tB = await watchReturn(context, servers, startedMs + RETURN_LIMIT_SEC * 1000, settledMs);
  if (tB === undefined) {
    return {
      outcome: 'not returned',
      because: [`the name did not answer the primary on every server within ${RETURN_LIMIT_SEC} s`],
    };
  }
  const result: ReturnResult = { tB, timeline: [{ atMs: tB, what: 'the name answers the primary again on every server' }] };
  return { outcome: 'returned', result };
}

async function watchReturn(context: StepContext, servers: readonly string[], untilMs: number, settledMs: number) {
  const { ports, registration } = context;
  let tB: number | undefined;
  let notedMs = Number.NEGATIVE_INFINITY;
  while (ports.time.nowMs() < untilMs) {
    if (tB === undefined) {
      const seen = await Promise.all(servers.map((server) => nameAt(ports.dns, server, registration)));
      if (seen.every((side) => side === 'primary')) tB = ports.time.nowMs();
    }
    if (tB !== undefined && ports.time.nowMs() >= settledMs) return tB;
    if (ports.time.nowMs() - notedMs >= NOTE_MS) {
      notedMs = ports.time.nowMs();
      await note(context);
    }
    await ports.time.sleep(PERIOD_MS);
  }
  return tB;
}

async function note({ ports, input, registration }: StepContext): Promise<void> {
  const seen = await probeSite(ports, registration, 'primary');
  const probe = { good: seen.kind === 'good', atMs: ports.time.nowMs() };
  await transact(ports.journal, input.pair, (item) => noteProbe(item, input.drillId, probe, ports.time.nowMs()));
}
