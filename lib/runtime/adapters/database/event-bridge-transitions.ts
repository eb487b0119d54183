import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { TRANSITION_DETAIL_TYPE, TRANSITION_SOURCE, type TransitionEvent } from '../../../decide/database/transition-events';
import type { Transitions } from '../../ports/database';
import { clientSettings } from '../clients';

/** EventBridge takes this many entries in one call. */
const MAX_ENTRIES = 10;
/** Nothing waits for the bus, so it is given up early. */
const SHORT = { connectTimeoutMs: 500, requestTimeoutMs: 1_000, attempts: 2 } as const;

/** The default event bus of the caller's Region. */
export class EventBridgeTransitions implements Transitions {
  private readonly client = new EventBridgeClient(clientSettings(SHORT));

  public async put(events: readonly TransitionEvent[]): Promise<void> {
    for (let from = 0; from < events.length; from += MAX_ENTRIES) await this.send(events.slice(from, from + MAX_ENTRIES));
  }

  private async send(events: readonly TransitionEvent[]): Promise<void> {
    const { FailedEntryCount: failed = 0, Entries: entries = [] } = await this.client.send(
      new PutEventsCommand({
        Entries: events.map((event) => ({
          Source: TRANSITION_SOURCE,
          DetailType: TRANSITION_DETAIL_TYPE,
          Time: new Date(event.atMs),
          Detail: JSON.stringify(event),
        })),
      }),
    );
    // A call that succeeds may have refused some of its entries.
    if (failed === 0) return;
    const because = entries.flatMap(({ ErrorCode: code, ErrorMessage: message }) => (code ? [`${code}: ${message}`] : []));
    throw new Error(`${failed} of ${events.length} events were refused: ${[...new Set(because)].join('; ')}`);
  }
}
