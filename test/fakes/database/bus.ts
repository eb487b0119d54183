import type { TransitionEvent } from '../../../lib/decide/database/transition-events';
import type { Transitions } from '../../../lib/runtime/ports/database';

/** An event bus that takes, refuses, or never answers. */
export class FakeBus implements Transitions {
  public readonly taken: TransitionEvent[] = [];
  public mood: 'takes' | 'refuses' | 'hangs' = 'takes';

  public async put(events: readonly TransitionEvent[]): Promise<void> {
    if (this.mood === 'hangs') return new Promise(() => undefined);
    if (this.mood === 'refuses') throw new Error('the bus is out of order');
    this.taken.push(...events);
  }
}
