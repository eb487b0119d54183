import type { JournalItem } from '../../../decide/journal';
import type { Journal, Time } from '../../ports';

const PERIOD_MS = 2_000;
/** One look that fails says nothing; so many in a row say that nobody answers. */
const FAILURES_MAX = 5;

export type Unfollowed = { readonly kind: 'unreachable'; readonly because: string } | { readonly kind: 'left' };

/**
 * Shows a journal every 2 s until `look` has seen the end, or `open` says that the watcher wants to go. Reads only: any number
 * of people may watch.
 */
export async function follow<End>(
  pair: string,
  open: () => boolean,
  look: (item: JournalItem | undefined, nowMs: number) => End | 'goes on',
  { journal, time }: { readonly journal: Journal; readonly time: Time },
): Promise<End | Unfollowed> {
  let failures = 0;
  while (open()) {
    const item = await journal.read(pair).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    if (item instanceof Error) {
      failures += 1;
      if (failures >= FAILURES_MAX) return { kind: 'unreachable', because: `${item.name}: ${item.message}` };
    } else {
      failures = 0;
      const seen = look(item, time.nowMs());
      if (seen !== 'goes on') return seen;
    }
    await time.sleep(PERIOD_MS);
  }
  return { kind: 'left' };
}
