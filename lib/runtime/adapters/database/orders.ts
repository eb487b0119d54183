import type { OrderAnswer } from '../../ports/database';

/** A look is tried twice, and quickly, because a prober waits for it; an order is made once, because only a look can tell what a lost answer meant. */
export const LOOK = { requestTimeoutMs: 3_000, attempts: 2 } as const;
export const ORDER = { requestTimeoutMs: 10_000, attempts: 1 } as const;

/** First look of a fence: the old writer's Region may be gone, and a failover waits for this answer twice at most. */
export const FENCE_LOOK = { connectTimeoutMs: 1_000, requestTimeoutMs: 2_500, attempts: 1 } as const;

/** Error codes of Node that say that nothing was sent. */
const NOT_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

const THROTTLED = ['Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'TooManyRequestsException', 'SlowDown'];

interface SdkError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/**
 * What a failed order may have come to. A refusal in so many words had no effect; no answer, or a fault of the service,
 * leaves it open.
 */
export function failedOrder(error: unknown): Extract<OrderAnswer, { kind: 'refused' | 'ambiguous' }> {
  const { name, message, code, $metadata } = (error instanceof Error ? error : new Error(String(error))) as SdkError;
  const because = `${name}: ${message}`;
  const status = $metadata?.httpStatusCode;
  if (THROTTLED.includes(name)) return { kind: 'refused', because, retryable: true };
  if (status !== undefined && status >= 400 && status < 500) return { kind: 'refused', because, retryable: false };
  if (name === 'CredentialsProviderError' || (code !== undefined && NOT_SENT.includes(code))) {
    return { kind: 'refused', because, retryable: true };
  }
  return { kind: 'ambiguous', because };
}

/** The client tried, and no status came back. Our own missing credentials are another matter. */
function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, $metadata } = error as SdkError;
  return $metadata !== undefined && $metadata.httpStatusCode === undefined && name !== 'CredentialsProviderError';
}

/** Nothing answered at all. */
export class NobodyAnswers extends Error {}

/** The answer to a first look: whether anybody is there. */
export async function heard<T>(look: Promise<T>): Promise<T> {
  try {
    return await look;
  } catch (error) {
    if (isUnreachable(error)) throw new NobodyAnswers(`${(error as Error).name}: ${(error as Error).message}`);
    throw error;
  }
}

/** Last part of an ARN or the id itself: sources in other Regions are named by ARN. */
export const idOf = (nameOrArn: string) => nameOrArn.split(':').at(-1) ?? nameOrArn;

export const regionOf = (arn: string) => arn.split(':')[3] ?? '';
