/** How long the steps of a run should take: times that somebody waits for, each with the place where its number comes from. */
import type { Provenance } from '../provenance';
import { SPANS, type SpanId } from '../timings/spans';
import { type DatabaseStep, FAILOVER_PLAN } from './plan';
import type { RunKind } from './state';

export interface ExpectedTime {
  readonly typicalSec: number;
  readonly worstSec: number;
  readonly provenance: Provenance;
  /** Line of docs/numbers.md. */
  readonly id: SpanId;
}

export interface Paced {
  readonly kind: string;
  readonly fences: readonly unknown[];
}

function spanOf(step: DatabaseStep, database: Paced, run: RunKind): SpanId | undefined {
  switch (step) {
    case 'assess':
      return 'decide.assess';
    case 'stop_writes_to_primary':
      return run === 'failback' || database.fences.length === 0 ? undefined : 'fence';
    case 'latch':
      // On the way back the latch stays on until the promotion is over.
      return run === 'failback' ? undefined : 'latch.alarm';
    case 'promote_replica':
      if (database.kind !== 'auroraGlobal') return 'db.replica-promotion';
      return run === 'failover' ? 'db.global-failover' : 'db.global-switchover';
    case 'repoint_writer':
      return 'db.writer-name';
    default:
      return undefined;
  }
}

/** Absent for a step that is a call, or waits for a person. */
export function expectedTime(step: DatabaseStep, database: Paced, run: RunKind): ExpectedTime | undefined {
  const id = spanOf(step, database, run);
  if (id === undefined) return undefined;
  const { p50Sec, worstSec, provenance } = SPANS[id];
  return { typicalSec: p50Sec, worstSec, provenance, id };
}

/** From the order to the verified end, when nobody has to be asked. Assumed as soon as one of its parts is. */
export function expectedTotal(database: Paced, run: RunKind): Omit<ExpectedTime, 'id'> {
  const parts = FAILOVER_PLAN.flatMap(({ step }) => expectedTime(step, database, run) ?? []);
  const sum = (pick: (part: ExpectedTime) => number) => parts.reduce((total, part) => total + pick(part), 0);
  return {
    typicalSec: sum((part) => part.typicalSec),
    worstSec: sum((part) => part.worstSec),
    provenance: parts.some((part) => part.provenance === 'assumed') ? 'assumed' : 'documented',
  };
}
