import type { PagerAnswer } from '../../decide/alert';
import type { Unknown } from './index';

/** The routing key of the service that is paged. Kept between calls; `fresh` reads it again. */
export interface RoutingKeys {
  read(fresh: boolean): Promise<{ readonly kind: 'key'; readonly key: string } | Unknown>;
}

/** PagerDuty's Events API v2. */
export interface PagerDuty {
  post(endpoint: 'enqueue' | 'change', event: Readonly<Record<string, unknown>>): Promise<PagerAnswer>;
}

/** One message as the queue hands it over. */
export interface QueuedMessage {
  readonly id: string;
  /** Names this delivery; a later one has another. */
  readonly receipt: string;
  readonly body: string;
  /** Deliveries so far, this one included. */
  readonly attempt: number;
  /** Unix ms of its arrival in the queue. */
  readonly sentAtMs: number;
}

/** The queue that the messages came from, and where those end that nobody takes. */
export interface AlertQueue {
  /** The message comes back after so many seconds. */
  delay(receipt: string, sec: number): Promise<void>;
  /** Keeps the message in the dead-letter queue, with the reason. */
  bury(message: QueuedMessage, because: string): Promise<void>;
}

/** Counts that alarms watch. */
export interface PagerMetrics {
  publish(values: Readonly<Record<string, { readonly value: number; readonly unit: 'Count' | 'Seconds' }>>): void;
}
