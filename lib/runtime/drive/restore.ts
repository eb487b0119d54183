import type { DrillStepInput, DrillStepOutput } from '../../contracts/drill';
import { beginRestore, noteRestored } from '../../decide/drill/rules';
import type { RestoreOutcome, RunningDrill, StepEntry, Undo } from '../../decide/journal';
import type { Functions, HealthChecks, Journal, Log, Metrics, Time } from '../ports';
import { faultMetric } from './drill/fault';
import { transact } from './transact';

export interface RestorePorts {
  readonly time: Time;
  readonly log: Log;
  readonly journal: Journal;
  readonly checks: HealthChecks;
  readonly functions: Functions;
  readonly metrics: Metrics;
}

/** How long one call goes on trying, and the pause between two looks, in ms. The keeper has a minute for all pairs. */
const TRY_MS = { machine: 90_000, schedule: 90_000, person: 90_000, keeper: 20_000 } as const;
const PAUSE_MS = 2_000;

/**
 * Puts back what a drill broke. Safe to call at any time, by anybody, any number of times.
 *
 * @throws Error when Route 53 does not answer, so that the caller tries again
 */
export async function restore(input: DrillStepInput, ports: RestorePorts): Promise<DrillStepOutput> {
  const by = input.caller ?? 'person';
  const { time, journal, log } = ports;
  const began = await transact(journal, input.pair, (item) => beginRestore(item, input.drillId, time.nowMs()));
  if (began.kind !== 'go') return { outcome: 'nothing to restore', because: [began.because] };
  const { undo } = began.drill;
  const untilMs = time.nowMs() + TRY_MS[by];
  const found = undo ? await undone(undo, input, began.drill, untilMs, ports) : { outcome: 'nothing to restore' as const };
  const because = 'because' in found && found.because !== undefined ? [found.because] : undefined;
  await transact(journal, input.pair, (item) => noteRestored(item, input.drillId, found.outcome, by, time.nowMs()));
  log.info(`restore: ${found.outcome}`, { pair: input.pair, drillId: input.drillId, by, because });
  if (found.outcome === 'not yet')
    throw new Error(`drill ${input.drillId} of ${input.pair} is not restored yet: ${because?.[0]}`);
  return { outcome: found.outcome, ...(because ? { because } : {}) };
}

interface Found {
  readonly outcome: RestoreOutcome;
  readonly because?: string;
}

async function undone(
  undo: Undo,
  input: DrillStepInput,
  drill: RunningDrill,
  untilMs: number,
  ports: RestorePorts,
): Promise<Found> {
  if (undo.kind === 'functions') {
    const answer = await ports.functions.invoke(undo.restore, { pair: input.pair, drillId: input.drillId });
    return answer.kind === 'done' ? { outcome: 'restored' } : { outcome: 'not yet', because: answer.because };
  }
  if (undo.kind === 'metric') return silenced({ namespace: undo.namespace, pair: input.pair }, ports);
  const turn = new PutBack(undo, drill.steps['measure'], ports.checks);
  for (;;) {
    const found = await turn.look();
    if (found !== 'again' && (found.outcome !== 'not yet' || ports.time.nowMs() >= untilMs)) return found;
    if (found !== 'again') await ports.time.sleep(PAUSE_MS);
  }
}

/** Says 0 once: the alarm then goes by it, and not by what was said before. Nobody says 1 any more, or it ends by itself. */
async function silenced(of: { readonly namespace: string; readonly pair: string }, ports: RestorePorts): Promise<Found> {
  try {
    await ports.metrics.publish(faultMetric(of, false));
    return { outcome: 'restored' };
  } catch (error) {
    return { outcome: 'not yet', because: `the metric was not published: ${(error as Error).message}` };
  }
}

/**
 * Looks, and writes only while the check carries our own marker. `restored` is what a later read says, never the answer
 * to a write.
 */
class PutBack {
  private wrote = false;

  constructor(
    private readonly undo: Extract<Undo, { readonly marker: unknown }>,
    private readonly measured: StepEntry | undefined,
    private readonly checks: HealthChecks,
  ) {}

  /** `again`: a write went through and wants to be read back. */
  public async look(): Promise<Found | 'again'> {
    const { undo } = this;
    const view = await this.checks.read(undo.checkId);
    if ('kind' in view) return { outcome: 'not yet', because: view.because };
    const [is, was] = undo.kind === 'healthCheckPath' ? [view.path, undo.path] : [view.port, undo.port];
    if (is !== was && is !== undo.marker) {
      return { outcome: 'changed by a deployment', because: `the health check carries ${is}, neither ${undo.marker} nor ${was}` };
    }
    // A measurement that began and did not end may have its fault on the way: the same path once more raises the
    // version, and a fault with the older version is refused.
    const onItsWay = this.measured !== undefined && this.measured.outcome === undefined;
    if (is === was && (this.wrote || !onItsWay)) return { outcome: this.measured ? 'restored' : 'nothing to restore' };
    return this.write(view.version);
  }

  private async write(version: number): Promise<Found | 'again'> {
    const { undo } = this;
    const change = undo.kind === 'healthCheckPath' ? { path: undo.path } : { port: undo.port };
    const written = await this.checks.write(undo.checkId, version, change);
    if (written === 'version-mismatch')
      return { outcome: 'not yet', because: 'somebody changed the health check at the same time' };
    if (written !== 'written') return { outcome: 'not yet', because: written.because };
    if (this.wrote) return { outcome: 'not yet', because: 'the health check carries our marker again' };
    this.wrote = true;
    return 'again';
  }
}
