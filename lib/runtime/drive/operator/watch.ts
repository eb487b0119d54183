/** Follows a drill by its journal until it ends. Reads only: any number of people may watch. */
import type { EndedDrill, JournalItem, RunningDrill } from '../../../decide/journal';
import type { Journal, Time } from '../../ports';
import { readPatiently } from './patience';

export type WatchEnd =
  | { readonly kind: 'ended'; readonly drill: EndedDrill }
  | { readonly kind: 'nothing'; readonly because: string }
  | { readonly kind: 'stuck'; readonly because: string }
  | { readonly kind: 'unreachable'; readonly because: string }
  | { readonly kind: 'left' };

export interface Watching {
  readonly pair: string;
  /** Absent: whichever runs, else the last that ended. */
  readonly id?: string;
  /** False once the watcher wants to go. */
  open(): boolean;
  tell(drill: RunningDrill, atMs: number): void;
}

const PERIOD_MS = 2_000;
/** Past its deadline a drill is put back within minutes, or somebody was paged long ago. */
const PATIENCE_MS = 30 * 60_000;

export async function watchDrill(
  watching: Watching,
  ports: { readonly journal: Journal; readonly time: Time },
): Promise<WatchEnd> {
  let id = watching.id;
  const look = readPatiently(ports.journal, watching.pair);
  while (watching.open()) {
    const item = await look();
    if (item instanceof Error) return { kind: 'unreachable', because: `${item.name}: ${item.message}` };
    if (item !== 'not now') {
      const drill = item?.drill;
      if (!drill || (id !== undefined && drill.id !== id)) return endOf(item, id);
      id = drill.id;
      const nowMs = ports.time.nowMs();
      watching.tell(drill, nowMs);
      if (nowMs > drill.deadlineMs + PATIENCE_MS) {
        return { kind: 'stuck', because: `drill ${id} still holds the pair 30 min after its deadline` };
      }
    }
    await ports.time.sleep(PERIOD_MS);
  }
  return { kind: 'left' };
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
