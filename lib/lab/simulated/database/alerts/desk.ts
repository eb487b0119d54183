/** What PagerDuty keeps: incidents by key, and how often each was opened. */
export interface PagedIncident {
  readonly key: string;
  open: boolean;
  opened: number;
}

/** PagerDuty's Events API: a trigger joins the open incident of its key or opens one, a resolve closes it. */
export class Desk {
  public readonly incidents = new Map<string, PagedIncident>();
  private keyless = 0;

  /** @returns what became of it */
  public take({ event_action: action, dedup_key: given }: Readonly<Record<string, unknown>>): string {
    if (action === undefined) return 'a change is noted';
    const key = typeof given === 'string' ? given : this.newKey();
    const known = this.incidents.get(key);
    if (action === 'trigger') return this.opens(key, known);
    if (action !== 'resolve' || !known?.open) return `${action} ${key} changes nothing`;
    known.open = false;
    return `incident ${key} is closed`;
  }

  public isOpen(key: string): boolean {
    return this.incidents.get(key)?.open ?? false;
  }

  private opens(key: string, known: PagedIncident | undefined): string {
    if (known?.open) return `a page joins incident ${key}`;
    if (known) {
      known.open = true;
      known.opened += 1;
    } else this.incidents.set(key, { key, open: true, opened: 1 });
    return `incident ${key} is open`;
  }

  private newKey(): string {
    this.keyless += 1;
    return `without a key, ${this.keyless}`;
  }
}
