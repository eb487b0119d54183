import { MAX_PAIRS } from '../limits';

/** Reserved executions of the functions that act on databases. A person who acts by hand takes them away, and gives them back. */
export const RESERVED = {
  /** An old run ends when it sees a newer one. */
  prober: 4,
  /** All databases may fail at the same hour, with their Region. */
  databaseStep: MAX_PAIRS,
} as const;
