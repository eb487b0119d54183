/**
 * Settings of every AWS client: a call that hangs is given up, and tried again a bounded number of times. The SDK's own
 * default waits without end for an answer.
 */
export const clientSettings = (
  settings: {
    readonly region?: string;
    readonly connectTimeoutMs?: number;
    readonly requestTimeoutMs?: number;
    readonly attempts?: number;
  } = {},
) => ({
  ...(settings.region ? { region: settings.region } : {}),
  maxAttempts: settings.attempts ?? 3,
  requestHandler: {
    connectionTimeout: settings.connectTimeoutMs ?? 2_000,
    requestTimeout: settings.requestTimeoutMs ?? 5_000,
    throwOnRequestTimeout: true,
  },
});

/** For calls on the way of a page, which is rather sent without an answer than late. */
export const QUICK = { requestTimeoutMs: 3_000, attempts: 2 } as const;

/** True for an error of this name, as the SDK names them. */
export const isNamed = (error: unknown, ...names: readonly string[]) => error instanceof Error && names.includes(error.name);

/** What went wrong, as a value. */
export const unknownBecause = (error: unknown) =>
  ({ kind: 'unknown', because: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }) as const;
