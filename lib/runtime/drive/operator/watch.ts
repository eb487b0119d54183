/** Follows a drill by its journal until it ends. */
import type { EndedDrill, JournalItem, RunningDrill } from '../../../decide/journal';
import type { Journal, Time } from '../../ports';
import { follow, type Unfollowed } from './follow';

export type WatchEnd =
  | { readonly kind: 'ended'; readonly drill: EndedDrill }
  | { readonly kind: 'nothing'; readonly because: string }
  | { readonly kind: 'stuck'; readonly because: string }
  | Unfollowed;

export interface Watching {
  readonly pair: string;
  /** Absent: whichever runs, else the last that ended. */
  readonly id?: string;
  /** False once the watcher wants to go. */
  open(): boolean;
  tell(drill: RunningDrill, atMs: number): void;
}

/** Past its deadline a drill is put back within minutes, or somebody was paged long ago. */
const PATIENCE_MS = 30 * 60_000;

export function watchDrill(
  { pair, id: wanted, open, tell }: Watching,
  ports: { readonly journal: Journal; readonly time: Time },
): Promise<WatchEnd> {
  let id = wanted;
  return follow<WatchEnd>(
    pair,
    open,
    (item, nowMs) => {
      const drill = item?.drill;
      if (!drill || (id !== undefined && drill.id !== id)) return endOf(item, id);
      id = drill.id;
      tell(drill, nowMs);
      return nowMs > drill.deadlineMs + PATIENCE_MS
        ? { kind: 'stuck', because: `drill ${id} still holds the pair 30 min after its deadline` }
        : 'goes on';
    },
    ports,
  );
}

function endOf(item: JournalItem | undefined, id: string | undefined): WatchEnd {
  const ended = item?.lastDrills.find((drill) => id === undefined || drill.id === id);
  if (ended) return { kind: 'ended', drill: ended };
  const last = item?.lastDrills[0];
  return {
    kind: 'nothing',
    because:
      id === undefined
        ? 'no drill runs, and none has ended yet'
        : `drill ${id} does not run and is not among the last ${item?.lastDrills.length ?? 0}${last ? `; the last one was ${last.id}` : ''}`,
  };
}
