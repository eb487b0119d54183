/** The small parts of the world: journal table, lease item, fences, incidents. */
import type { FenceSettings } from '../../../contracts/database';
import type { FailoverEvent } from '../../../contracts/events';
import type { LeaseBelief, LeaseLook, LeaseRecord } from '../../../decide/database/lease';
import type { JournalItem } from '../../../decide/journal';
import type { FenceRaised } from '../../../runtime/ports/database';
import type { Scheduler } from '../scheduler';
import type { Runner } from './invocation';
import { type Setting, within } from './setting';

/** The journal table: strongly consistent, conditional. Items are values: whoever changes one makes a new one. */
export class JournalStore {
  private readonly items = new Map<string, JournalItem>();
  private readonly claims = new Set<string>();

  public constructor(
    first: JournalItem,
    private readonly written: (before: JournalItem | undefined, after: JournalItem, by: Runner) => void,
  ) {
    this.items.set(first.pair, first);
  }

  public read(pair: string): JournalItem | undefined {
    return this.items.get(pair);
  }

  public write(item: JournalItem, seen: number, by: Runner): 'written' | 'lost' {
    if ((this.read(item.pair)?.revision ?? 0) !== seen) return 'lost';
    this.put(item, by);
    return 'written';
  }

  /** Writes whatever was there: what a conditional write exists to prevent. */
  public put(item: JournalItem, by: Runner): void {
    const before = this.read(item.pair);
    this.items.set(item.pair, item);
    this.written(before, item, by);
  }

  public once(key: string): boolean {
    if (this.claims.has(key)) return false;
    this.claims.add(key);
    return true;
  }
}
/** The table of leases, with the conditions of the real one. Both Regions reach it by other ways than the link between them. */
export class LeaseItem {
  private record: LeaseRecord | undefined;
  private writes = 0;
  /** Renewals that were accepted. */
  public renewals = 0;

  public get holder(): string | undefined {
    return this.record?.holder;
  }

  /** Nobody has written a record before the prober offers it to the writer. */
  public read(): LeaseLook {
    return this.record ? { kind: 'lease', ...this.record } : { kind: 'absent', because: 'the table holds no record' };
  }

  public offer(epoch: number, holder: string): 'taken' | 'lost' {
    if (this.record) return 'lost';
    this.put({ epoch, holder, turn: 0 });
    return 'taken';
  }

  public take(seenRvn: string, epoch: number, holder: string): 'taken' | 'lost' {
    if (seenRvn !== this.record?.rvn || epoch < this.record.epoch) return 'lost';
    this.put({ epoch, holder, turn: 0 });
    return 'taken';
  }

  public renew(holder: string, { epoch, seenTurn, turn }: LeaseBelief): 'renewed' | 'refused' {
    const { record } = this;
    if (record?.holder !== holder || record.epoch !== epoch || record.turn !== seenTurn) return 'refused';
    this.put({ epoch, holder, turn });
    this.renewals += 1;
    return 'renewed';
  }

  private put(lease: Omit<LeaseRecord, 'rvn'>): void {
    this.writes += 1;
    this.record = { rvn: `w${this.writes}`, ...lease };
  }
}

/** What stands between the old writer and its writes. */
export class FencesUp {
  public readonly up = new Set<FenceSettings['kind']>();

  public constructor(
    private readonly setting: Setting,
    private readonly scheduler: Scheduler,
    private readonly changed: (what: string) => void,
  ) {}

  public raise(fence: FenceSettings, epoch: number): FenceRaised {
    if (!this.reaches()) return { kind: 'down', because: 'the Region does not answer', unreachable: true };
    this.up.add(fence.kind);
    this.changed(`fence ${fence.kind} is up at epoch ${epoch}`);
    return { kind: 'up', level: fence.kind === 'networkAcl' ? 'F3' : fence.kind === 'function' ? 'F4' : 'F6' };
  }

  public lower(fence: FenceSettings, epoch: number): { kind: 'lowered' } | { kind: 'failed'; because: string } {
    if (!this.reaches()) return { kind: 'failed', because: 'the Region does not answer' };
    this.up.delete(fence.kind);
    this.changed(`fence ${fence.kind} is down at epoch ${epoch}`);
    return { kind: 'lowered' };
  }

  public reaches(): boolean {
    const nowMs = this.scheduler.nowMs();
    return !within(this.setting.linkDown, nowMs);
  }
}

export interface Incident {
  readonly key: string;
  readonly source: string;
  open: boolean;
  pages: number;
}

/** What PagerDuty keeps: one incident per key, opened by a trigger, closed by a resolve. */
export class Incidents {
  public readonly table = new Map<string, Incident>();
  public readonly events: FailoverEvent[] = [];

  public constructor(private readonly heard: (event: FailoverEvent) => void) {}

  public hear(event: FailoverEvent): void {
    this.events.push(event);
    const known = this.table.get(event.incidentKey);
    if (event.action === 'trigger') {
      if (known) {
        known.pages += 1;
        known.open = true;
      } else this.table.set(event.incidentKey, { key: event.incidentKey, source: event.source, open: true, pages: 1 });
    } else if (event.action === 'resolve' && known) known.open = false;
    this.heard(event);
  }

  public get open(): readonly string[] {
    return [...this.table.values()].filter((incident) => incident.open).map((incident) => incident.key);
  }
}
