/** Reserved executions of the functions that act on databases. A person who acts by hand takes them away, and gives them back. */
export const RESERVED = {
  /** An old run ends when it sees a newer one. */
  prober: 4,
  /** One for each pair of a full control set: all databases may fail at the same hour, with their Region. */
  databaseStep: 20,
} as const;
