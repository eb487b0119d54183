/** Follows a database run by its journal until it ends. Reads only: any number of people may watch. */
import type { DatabaseRun, DatabaseState, EndedRun } from '../../../../decide/database/state';
import type { Journal, Time } from '../../../ports';
import { readPatiently } from '../patience';

export type RunEnd =
  | { readonly kind: 'ended'; readonly run: EndedRun }
  | { readonly kind: 'stuck'; readonly run: DatabaseRun }
  | { readonly kind: 'nothing'; readonly because: string }
  | { readonly kind: 'unreachable'; readonly because: string }
  | { readonly kind: 'left' };

export interface WatchingRun {
  readonly pair: string;
  /** Absent: whichever runs, else the last that ended. */
  readonly epoch?: number;
  /** False once the watcher wants to go. */
  open(): boolean;
  tell(database: DatabaseState, run: DatabaseRun, atMs: number): void;
}

const PERIOD_MS = 2_000;

export async function watchRun(
  watching: WatchingRun,
  ports: { readonly journal: Journal; readonly time: Time },
): Promise<RunEnd> {
  const { pair } = watching;
  let { epoch } = watching;
  const look = readPatiently(ports.journal, pair);
  while (watching.open()) {
    const item = await look();
    if (item instanceof Error) return { kind: 'unreachable', because: `${item.name}: ${item.message}` };
    if (item !== 'not now') {
      const database = item?.database;
      const run = database?.run;
      if (!database || !run || (epoch !== undefined && run.epoch !== epoch)) return endOf(database, epoch);
      epoch = run.epoch;
      watching.tell(database, run, ports.time.nowMs());
      if (database.state === 'STUCK') return { kind: 'stuck', run };
    }
    await ports.time.sleep(PERIOD_MS);
  }
  return { kind: 'left' };
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
