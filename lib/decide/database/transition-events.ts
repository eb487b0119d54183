import type { JournalItem } from '../journal';
import type { Provenance } from '../provenance';
import type { ControllerState, Side } from './state';
import { type ControllerEvent, TRANSITIONS, type Transition } from './transitions';

/** Transitions of the database controller, on the default event bus of the standby Region. */
export const TRANSITION_SCHEMA = 'cdk-failover.transition/1';
export const TRANSITION_SOURCE = 'cdk-failover';
export const TRANSITION_DETAIL_TYPE = 'Failover Controller Transition';

/** The `detail` of one event: one row of the controller's table was taken, and the journal holds it. */
export interface TransitionEvent {
  readonly schema: typeof TRANSITION_SCHEMA;
  /** `<pair>/<epoch>/<revision>/<row>`: the same transition always has the same. */
  readonly id: string;
  readonly pair: string;
  /** Name of the control set. */
  readonly namespace: string;
  readonly from: ControllerState;
  readonly to: ControllerState;
  /** Number of the row. */
  readonly row: number;
  readonly on: ControllerEvent;
  /** Why that row exists. */
  readonly because: string;
  /** Generation of the writer. */
  readonly epoch: number;
  /** The run that it belongs to; absent while nothing runs. */
  readonly run?: string;
  readonly active: Side;
  /** Id of the instance or cluster that writes. */
  readonly writer: string;
  /** Unix ms, by the clock of `source`. */
  readonly atMs: number;
  /** Who wrote it into the journal: `prober`, `database-step` or `operator`. */
  readonly source: string;
  readonly provenance: Provenance;
}

/** A database that the journal does not know yet is bound in this state; binding it is no transition. */
const BOUND: ControllerState = 'ARMED';

/** The one write that takes two rows: a run that begins after a rest ends the rest as well. */
const BY_WAY_OF: Readonly<Partial<Record<ControllerState, ControllerState>>> = { ROLLED_BACK: 'ARMED' };

const between = (from: ControllerState, to: ControllerState) => TRANSITIONS.find((row) => row.from === from && row.to === to);

/** The rows that lead from one item to the next, in order. No two rows share both ends, so the ends say which one it was. */
export function transitionsBetween(before: JournalItem | undefined, after: JournalItem): readonly Transition[] {
  const from = before?.database?.state ?? BOUND;
  const to = after.database?.state ?? from;
  const direct = between(from, to);
  if (direct) return [direct];
  const way = BY_WAY_OF[from];
  const rows = way ? [between(from, way), between(way, to)] : [];
  return rows.every((row) => row !== undefined) ? rows : [];
}

export interface Told {
  /** Name of the control set. */
  readonly namespace: string;
  /** Who wrote the item. */
  readonly source: string;
  readonly atMs: number;
}

/** What is told of a write that the journal took. Rows before the last one were taken as the item stood before it. */
export function transitionEvents(before: JournalItem | undefined, after: JournalItem, told: Told): readonly TransitionEvent[] {
  const rows = transitionsBetween(before, after);
  return rows.flatMap(({ row, from, to, on, because }, n) => {
    const item = n < rows.length - 1 ? (before ?? after) : after;
    const { pair, epoch, database } = item;
    if (!database) return [];
    // A run that ends is off the item by the same write.
    const run = database.run ?? before?.database?.run;
    return [
      {
        schema: TRANSITION_SCHEMA,
        id: `${pair}/${epoch}/${after.revision}/${row}`,
        pair,
        namespace: told.namespace,
        from,
        to,
        row,
        on,
        because,
        epoch,
        ...(run ? { run: run.id } : {}),
        active: database.active,
        writer: database.writer,
        atMs: told.atMs,
        source: told.source,
        provenance: 'measured',
      },
    ];
  });
}
