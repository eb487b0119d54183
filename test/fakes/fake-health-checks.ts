import type { CheckerObservation, HealthChecks, HealthCheckView, Unknown } from '../../lib/runtime/ports';

export interface FakeCheck {
  version: number;
  type: string;
  path?: string;
  port?: number;
}

/** Route 53's rule for writes: only on the version that is stored, and every write raises it. */
export class FakeHealthChecks implements HealthChecks {
  public readonly stored = new Map<string, FakeCheck>();
  /** Every accepted write, in order. */
  public readonly writes: { readonly id: string; readonly path?: string; readonly port?: number }[] = [];
  /** AWS does not say whether a write that changes nothing raises the version. */
  public countsEveryWrite = true;
  /** While set, the control plane answers nothing else. */
  public down: Unknown | undefined;
  public observed: (id: string) => readonly CheckerObservation[] = () => [];
  public changed: () => void = () => undefined;

  public async read(id: string): Promise<HealthCheckView | Unknown> {
    if (this.down) return this.down;
    const check = this.stored.get(id);
    return check ? { id, ...check } : { kind: 'unknown', because: 'NoSuchHealthCheck' };
  }

  public async write(id: string, version: number, change: { readonly path?: string; readonly port?: number }) {
    if (this.down) return this.down;
    const check = this.stored.get(id);
    if (!check) return { kind: 'unknown' as const, because: 'NoSuchHealthCheck' };
    if (check.version !== version) return 'version-mismatch' as const;
    this.change(id, change);
    return 'written' as const;
  }

  public async observations(id: string) {
    return this.down ?? this.observed(id);
  }

  /** A write by anybody: a drill, a restore, a deployment. */
  public change(id: string, change: { readonly path?: string; readonly port?: number }): void {
    const check = this.stored.get(id);
    if (!check) throw new Error(`no check ${id}`);
    const changes = Object.entries(change).some(([name, value]) => check[name as keyof FakeCheck] !== value);
    Object.assign(check, change, { version: check.version + (changes || this.countsEveryWrite ? 1 : 0) });
    this.writes.push({ id, ...change });
    this.changed();
  }
}
