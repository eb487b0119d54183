/** The health checks of the world: created, updated by version, read; each with its own checkers. */
import { randomUUID } from 'node:crypto';
import { CHECKERS_PER_HEALTH_CHECK, checkHealthy } from '../../decide/route53';
import { Checkers } from './checkers';
import type { HealthCheck, HealthCheckChange, HealthCheckConfig, Observation } from './health-check-config';
import type { LabTime } from './time';
import type { Truth } from './truth';

export interface HealthChecksOptions {
  readonly time: LabTime;
  readonly truth: Truth;
  readonly uniform: () => number;
  readonly resolve: (name: string) => string | undefined;
  /** The status of a check changed; the name servers are told. */
  readonly onStatus: (id: string, healthy: boolean) => void;
  readonly onDelete: (id: string) => void;
}

export type UpdateAnswer =
  | { readonly kind: 'updated'; readonly check: HealthCheck }
  | { readonly kind: 'version-mismatch'; readonly current: number }
  | { readonly kind: 'no-such-check' };

interface Entry {
  check: HealthCheck;
  readonly checkers: Checkers;
  endpointHealthy: boolean;
  healthy: boolean;
}

export class HealthChecks {
  private readonly entries = new Map<string, Entry>();
  /** Checks without checkers: calculated ones, and those that follow an alarm. */
  private readonly derived = new Map<string, boolean>();

  constructor(private readonly options: HealthChecksOptions) {}

  /** A new check counts as healthy (an inverted one as unhealthy) and starts probing at once. */
  public create(config: HealthCheckConfig, id: string = randomUUID()): HealthCheck {
    const entry: Omit<Entry, 'checkers'> = {
      check: { id, version: 1, config },
      endpointHealthy: true,
      healthy: checkHealthy(true, config),
    };
    const checkers = new Checkers({
      check: id,
      count: CHECKERS_PER_HEALTH_CHECK,
      config: () => entry.check.config,
      time: this.options.time,
      truth: this.options.truth,
      uniform: this.options.uniform,
      resolve: this.options.resolve,
      onVerdict: (healthy) => {
        entry.endpointHealthy = healthy;
        this.settle(entry, checkers);
      },
    });
    // One object, so that an update is seen by the checkers too.
    this.entries.set(id, Object.assign(entry, { checkers }));
    this.options.onStatus(id, entry.healthy);
    if (config.disabled !== true) checkers.start();
    return entry.check;
  }

  public get(id: string): HealthCheck | undefined {
    return this.entries.get(id)?.check;
  }

  public list(): HealthCheck[] {
    return [...this.entries.values()].map((e) => e.check);
  }

  /** Takes effect at each checker's next probe. With `expectedVersion`, only if nobody wrote in between. */
  public update(id: string, change: HealthCheckChange, expectedVersion?: number): UpdateAnswer {
    const entry = this.entries.get(id);
    if (!entry) return { kind: 'no-such-check' };
    const { version } = entry.check;
    if (expectedVersion !== undefined && expectedVersion !== version) return { kind: 'version-mismatch', current: version };
    entry.check = { id, version: version + 1, config: { ...entry.check.config, ...change } };
    this.options.truth.record({ kind: 'check-updated', check: id, version: version + 1, changed: { ...change } });
    if (entry.check.config.disabled === true) entry.checkers.stop();
    else entry.checkers.start();
    this.settle(entry, entry.checkers);
    return { kind: 'updated', check: entry.check };
  }

  /** Deleting a check that records still use is allowed; the records then count as healthy. */
  public delete(id: string): boolean {
    this.entries.get(id)?.checkers.stop();
    const existed = this.entries.delete(id);
    if (existed) this.options.onDelete(id);
    return existed;
  }

  /** Says what a check without checkers says from now on; the first time, the check is new. */
  public derive(id: string, healthy: boolean): void {
    const before = this.derived.get(id);
    if (before === healthy) return;
    this.derived.set(id, healthy);
    if (before !== undefined) {
      this.options.truth.record({ kind: 'check-turned', check: id, healthy, healthyCheckers: 0, checkers: 0 });
    }
    this.options.onStatus(id, healthy);
  }

  /** The verdict now; undefined for an id that does not exist. */
  public healthy(id: string): boolean | undefined {
    return this.entries.get(id)?.healthy ?? this.derived.get(id);
  }

  public healthyCheckers(id: string): { readonly healthy: number; readonly of: number } | undefined {
    const checkers = this.entries.get(id)?.checkers;
    return checkers && { healthy: checkers.healthyCount, of: checkers.count };
  }

  /** What each checker saw last; undefined for an id that does not exist. */
  public status(id: string): Observation[] | undefined {
    return this.entries.get(id)?.checkers.observations();
  }

  public close(): void {
    for (const { checkers } of this.entries.values()) checkers.stop();
  }

  private settle(entry: Omit<Entry, 'checkers'>, checkers: Checkers): void {
    const healthy = checkHealthy(entry.endpointHealthy, entry.check.config);
    if (healthy === entry.healthy) return;
    entry.healthy = healthy;
    this.options.truth.record({
      kind: 'check-turned',
      check: entry.check.id,
      healthy,
      healthyCheckers: checkers.healthyCount,
      checkers: checkers.count,
    });
    this.options.onStatus(entry.check.id, healthy);
  }
}
