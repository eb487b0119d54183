import { transitionEvents } from '../../../decide/database/transition-events';
import type { JournalItem } from '../../../decide/journal';
import type { Journal, Log, Time } from '../../ports';
import type { Transitions } from '../../ports/database';

/** Longest wait at the end of a call for what is still being told, in ms. */
export const TOLD_WITHIN_MS = 1_500;

export interface TransitionPorts {
  readonly journal: Journal;
  readonly transitions: Transitions;
  readonly time: Time;
  readonly log: Log;
}

/**
 * A journal that tells every transition it was made to keep. Telling begins after the write and beside what follows it: it
 * delays no step, and what goes wrong with it is logged and changes nothing. The journal stays the truth; an event may be missing.
 */
export class TransitionJournal implements Journal {
  /** What each pair was last read as. */
  private readonly known = new Map<string, JournalItem>();
  private readonly telling = new Set<Promise<void>>();

  public constructor(
    private readonly ports: TransitionPorts,
    private readonly told: { readonly namespace: string; readonly source: string },
  ) {}

  public async read(pair: string): Promise<JournalItem | undefined> {
    const item = await this.ports.journal.read(pair);
    if (item && item.revision >= (this.known.get(pair)?.revision ?? 0)) this.known.set(pair, item);
    return item;
  }

  public async write(item: JournalItem, seen: number): Promise<'written' | 'lost'> {
    // Before the write: an answer to another read may show this very item before ours comes back.
    const before = this.known.get(item.pair);
    const answer = await this.ports.journal.write(item, seen);
    if (answer === 'written') this.tell(before, item, seen);
    return answer;
  }

  public once(key: string): Promise<boolean> {
    return this.ports.journal.once(key);
  }

  /** Waits a little for what is being told; what takes longer is left to its fate. */
  public async settled(): Promise<void> {
    if (this.telling.size === 0) return;
    const { time, log } = this.ports;
    const all = Promise.all(this.telling).then(() => true);
    const late = time.sleep(TOLD_WITHIN_MS).then(() => false);
    if (!(await Promise.race([all, late]))) log.error('transitions are still being told', { count: this.telling.size });
  }

  private tell(before: JournalItem | undefined, after: JournalItem, seen: number): void {
    const { transitions, time, log } = this.ports;
    if ((before?.revision ?? 0) !== seen) {
      log.error('a write was not told: what it replaced was not read here', { pair: after.pair, revision: after.revision });
      return;
    }
    const events = transitionEvents(before, after, { ...this.told, atMs: time.nowMs() });
    if (events.length === 0) return;
    const telling = Promise.resolve()
      .then(() => transitions.put(events))
      .catch((error: unknown) => {
        const because = error instanceof Error ? error.message : String(error);
        log.error('transitions were not told', { ids: events.map(({ id }) => id), because });
      })
      .finally(() => this.telling.delete(telling));
    this.telling.add(telling);
  }
}
