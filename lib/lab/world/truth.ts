/** Ground truth of the lab: what really happened and when, in lab time. The drill's report is held against it. */

export type SiteName = 'primary' | 'standby';

/** How a site breaks. `slow` answers after 3 s; `blackHole` never answers a SYN. */
export type SiteFault = 'refused' | 'http500' | 'slow' | 'blackHole';

export type TruthEvent = { readonly atMs: number } & (
  | { readonly kind: 'fault-began'; readonly site: SiteName; readonly fault: SiteFault }
  | { readonly kind: 'fault-ended'; readonly site: SiteName; readonly fault: SiteFault }
  /** First failing probe of this checker since its last good one; `startedAtMs` is when it sent the probe. */
  | {
      readonly kind: 'probe-failed';
      readonly check: string;
      readonly checker: number;
      readonly region: string;
      readonly startedAtMs: number;
      readonly because: string;
    }
  | {
      readonly kind: 'checker-turned';
      readonly check: string;
      readonly checker: number;
      readonly region: string;
      readonly healthy: boolean;
    }
  /** The verdict over all checkers changed. */
  | {
      readonly kind: 'check-turned';
      readonly check: string;
      readonly healthy: boolean;
      readonly healthyCheckers: number;
      readonly checkers: number;
    }
  | {
      readonly kind: 'check-updated';
      readonly check: string;
      readonly version: number;
      readonly changed: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'records-changed'; readonly changes: number }
  /** One name server gives another answer than before. `server` is `address:port`. */
  | {
      readonly kind: 'answer-changed';
      readonly server: string;
      readonly name: string;
      readonly type: string;
      readonly before: readonly string[];
      readonly values: readonly string[];
    }
);

export type TruthKind = TruthEvent['kind'];
export type TruthOf<K extends TruthKind> = Extract<TruthEvent, { kind: K }>;
type Unstamped<E> = E extends TruthEvent ? Omit<E, 'atMs'> : never;

export class Truth {
  private readonly log: TruthEvent[] = [];
  private readonly listeners = new Set<(event: TruthEvent) => void>();

  constructor(private readonly nowMs: () => number) {}

  public get events(): readonly TruthEvent[] {
    return this.log;
  }

  public record(event: Unstamped<TruthEvent>): void {
    const stamped = { atMs: this.nowMs(), ...event } as TruthEvent;
    this.log.push(stamped);
    for (const listener of this.listeners) listener(stamped);
  }

  /** Calls `listener` for each event from now on; the returned function ends that. */
  public on(listener: (event: TruthEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Events of one kind at or after `sinceMs`, oldest first. */
  public all<K extends TruthKind>(kind: K, match: (event: TruthOf<K>) => boolean = () => true, sinceMs = 0): TruthOf<K>[] {
    return this.log.filter((e): e is TruthOf<K> => e.kind === kind && e.atMs >= sinceMs && match(e as TruthOf<K>));
  }

  public first<K extends TruthKind>(kind: K, match?: (event: TruthOf<K>) => boolean, sinceMs = 0): TruthOf<K> | undefined {
    return this.all(kind, match, sinceMs)[0];
  }

  /** Resolves with the first event of this kind that matches, also when it was recorded already. */
  public when<K extends TruthKind>(
    kind: K,
    match: (event: TruthOf<K>) => boolean = () => true,
    sinceMs = 0,
  ): Promise<TruthOf<K>> {
    const past = this.first(kind, match, sinceMs);
    if (past) return Promise.resolve(past);
    return new Promise((resolve) => {
      const off = this.on((event) => {
        if (event.kind !== kind || event.atMs < sinceMs || !match(event as TruthOf<K>)) return;
        off();
        resolve(event as TruthOf<K>);
      });
    });
  }
}
