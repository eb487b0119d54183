import type { JournalItem } from '../../lib/decide/journal';
import type { Journal } from '../../lib/runtime/ports';

/** Holds items as JSON, as a table does: what is not JSON gets lost here too. */
export class FakeJournal implements Journal {
  private readonly items = new Map<string, string>();
  private readonly claims = new Set<string>();

  public async read(pair: string): Promise<JournalItem | undefined> {
    return this.peek(pair);
  }

  public async write(item: JournalItem, seen: number): Promise<'written' | 'lost'> {
    if ((this.peek(item.pair)?.revision ?? 0) !== seen) return 'lost';
    this.items.set(item.pair, JSON.stringify(item));
    return 'written';
  }

  public async once(key: string): Promise<boolean> {
    if (this.claims.has(key)) return false;
    this.claims.add(key);
    return true;
  }

  public peek(pair: string): JournalItem | undefined {
    const text = this.items.get(pair);
    return text === undefined ? undefined : (JSON.parse(text) as JournalItem);
  }

  /** As if somebody had written it before. */
  public put(item: JournalItem): void {
    this.items.set(item.pair, JSON.stringify(item));
  }
}
