/** What came back from PagerDuty. */
export type PagerAnswer =
  | { readonly kind: 'status'; readonly status: number; readonly body: string; readonly retryAfterSec?: number }
  | { readonly kind: 'network'; readonly because: string };

export type AnswerVerdict =
  | { readonly kind: 'done' }
  /** The routing key may have been rotated: read it again and, only if it changed, try once more. */
  | { readonly kind: 'check-key'; readonly because: string }
  | { readonly kind: 'retry'; readonly because: string; readonly atLeastSec: number }
  | { readonly kind: 'dead-letter'; readonly because: string };

/** A message is tried this long, in ms, counted from its arrival in the queue. */
export const GIVE_UP_MS = 6 * 3_600_000;

const FIRST_DELAY_SEC = 5;
const LONGEST_DELAY_SEC = 900;
const QUOTED_CHARS = 300;

/**
 * What an answer means. 202 is done; what is wrong with the event or the key stays wrong, so it goes to the dead-letter
 * queue; what may pass is tried again.
 *
 * @see https://github.com/PagerDuty/developer-docs/blob/main/docs/events-API-v2/01-Overview.md
 */
export function judgeAnswer(answer: PagerAnswer, keyChecked: boolean): AnswerVerdict {
  if (answer.kind === 'network') return { kind: 'retry', because: `PagerDuty did not answer: ${answer.because}`, atLeastSec: 0 };
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: 'done' };
  const because = `PagerDuty answered ${status}${answer.body ? `: ${answer.body.slice(0, QUOTED_CHARS)}` : ''}`;
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { kind: 'retry', because, atLeastSec: Math.min(Math.max(answer.retryAfterSec ?? 0, 0), LONGEST_DELAY_SEC) };
  }
  if (!keyChecked && (status === 400 || status === 401 || status === 403)) return { kind: 'check-key', because };
  return { kind: 'dead-letter', because };
}

/** Seconds until the next try: anywhere between nothing and a limit that doubles, so that many senders spread out. */
export function retryDelaySec(attempt: number, uniform: number, atLeastSec: number): number {
  const limit = Math.min(LONGEST_DELAY_SEC, FIRST_DELAY_SEC * 2 ** Math.min(Math.max(attempt, 1) - 1, 20));
  return Math.min(LONGEST_DELAY_SEC, Math.max(1, Math.ceil(uniform * limit), Math.ceil(atLeastSec)));
}

/** True once a message has been tried long enough. */
export const isTooOld = (ageMs: number) => ageMs >= GIVE_UP_MS;
