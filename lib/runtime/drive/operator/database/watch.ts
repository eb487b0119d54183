/** Follows a database run by its journal until it ends. */
import type { DatabaseRun, DatabaseState, EndedRun } from '../../../../decide/database/state';
import type { Journal, Time } from '../../../ports';
import { follow, type Unfollowed } from '../follow';

export type RunEnd =
  | { readonly kind: 'ended'; readonly run: EndedRun }
  | { readonly kind: 'stuck'; readonly run: DatabaseRun }
  | { readonly kind: 'nothing'; readonly because: string }
  | Unfollowed;

export interface WatchingRun {
  readonly pair: string;
  /** Absent: whichever runs, else the last that ended. */
  readonly epoch?: number;
  /** False once the watcher wants to go. */
  open(): boolean;
  tell(database: DatabaseState, run: DatabaseRun, atMs: number): void;
}

export function watchRun(
  { pair, epoch: wanted, open, tell }: WatchingRun,
  ports: { readonly journal: Journal; readonly time: Time },
): Promise<RunEnd> {
  let epoch = wanted;
  return follow<RunEnd>(
    pair,
    open,
    (item, nowMs) => {
      const database = item?.database;
      const run = database?.run;
      if (!database || !run || (epoch !== undefined && run.epoch !== epoch)) return endOf(database, epoch);
      epoch = run.epoch;
      tell(database, run, nowMs);
      return database.state === 'STUCK' ? { kind: 'stuck', run } : 'goes on';
    },
    ports,
  );
}

function endOf(database: DatabaseState | undefined, epoch: number | undefined): RunEnd {
  if (!database) return { kind: 'nothing', because: 'the journal knows no database of this pair' };
  const ended = database.lastRuns.find((run) => epoch === undefined || run.epoch === epoch);
  if (ended) return { kind: 'ended', run: ended };
  const last = database.lastRuns[0];
  return {
    kind: 'nothing',
    because:
      epoch === undefined
        ? 'nothing runs, and nothing has ended yet'
        : `epoch ${epoch} does not run and is not among the last ${database.lastRuns.length}${last ? `; the last one was ${last.id}` : ''}`,
  };
}
