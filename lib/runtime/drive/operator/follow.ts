import type { JournalItem } from '../../../decide/journal';
import type { Journal } from '../../ports';

/** One look that fails says nothing; so many in a row say that nobody answers. */
const FAILURES_MAX = 5;

/** Reads a journal that may fail now and then. An error is the last of too many. */
export function readPatiently(journal: Journal, pair: string): () => Promise<JournalItem | undefined | 'not now' | Error> {
  let failures = 0;
  return async () => {
    try {
      const item = await journal.read(pair);
      failures = 0;
      return item;
    } catch (error) {
      failures += 1;
      if (failures < FAILURES_MAX) return 'not now';
      return error instanceof Error ? error : new Error(String(error));
    }
  };
}
