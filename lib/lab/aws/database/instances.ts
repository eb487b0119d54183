import type { Time } from '../../../runtime/ports';
import { AwsFault } from '../call';

export interface LabInstance {
  readonly id: string;
  readonly region: string;
  readonly engine: string;
  readonly status: string;
  /** Id in the same Region, ARN in another. */
  readonly source?: string;
  readonly backupRetentionDays: number;
  readonly backupWindow: string;
  readonly multiAz?: boolean;
  readonly zone?: string;
}

export interface RdsTimings {
  /** From the accepted order until the replica stands alone and is available. */
  readonly promotionMs: number;
  /** How much Describe is behind. */
  readonly describeLagMs: number;
  readonly stopMs: number;
}

const QUICK: RdsTimings = { promotionMs: 0, describeLagMs: 0, stopMs: 0 };

interface Entry {
  readonly atMs: number;
  readonly instance: LabInstance;
}

/**
 * Instances whose states take time. Orders are judged by the truth, looks see it late: that is how a second promotion is
 * refused while Describe still shows an untouched replica.
 */
export class InstanceBoard {
  private readonly histories = new Map<string, Entry[]>();

  public constructor(
    private readonly time: Time,
    instances: readonly LabInstance[],
    private readonly timings: RdsTimings = QUICK,
  ) {
    for (const instance of instances) this.histories.set(keyOf(instance.region, instance.id), [{ atMs: 0, instance }]);
  }

  public seen(region: string, id: string): LabInstance {
    return this.at(region, id, this.time.nowMs() - this.timings.describeLagMs);
  }

  public truth(region: string, id: string): LabInstance {
    return this.at(region, id, this.time.nowMs());
  }

  /** Changes an instance from now on, as an operator or the service would. */
  public change(region: string, id: string, change: Partial<LabInstance>): void {
    this.later(region, id, 0, change);
  }

  public promote(region: string, id: string, backupRetentionDays: number, backupWindow?: string): LabInstance {
    const instance = this.truth(region, id);
    if (instance.source === undefined) throw wrongState(`DB Instance ${id} is not a read replica.`);
    if (instance.status !== 'available') throw wrongState(`DB Instance ${id} is not in the available state.`);
    const backups = { backupRetentionDays, ...(backupWindow ? { backupWindow } : {}) };
    const { promotionMs } = this.timings;
    this.later(region, id, 0, { status: 'modifying', ...backups });
    this.later(region, id, promotionMs / 2, { status: 'rebooting' });
    this.later(region, id, promotionMs, { status: 'available', source: undefined });
    return this.truth(region, id);
  }

  public stop(region: string, id: string): LabInstance {
    const instance = this.truth(region, id);
    const hanging = this.all().some(({ source }) => source !== undefined && source.split(':').at(-1) === id);
    if (hanging) throw wrongState(`DB Instance ${id} has read replicas.`);
    if (instance.status !== 'available') throw wrongState(`DB Instance ${id} is not in the available state.`);
    this.later(region, id, 0, { status: 'stopping' });
    this.later(region, id, this.timings.stopMs, { status: 'stopped' });
    return this.truth(region, id);
  }

  private all(): readonly LabInstance[] {
    return [...this.histories.values()].map((history) => newest(history, this.time.nowMs()));
  }

  private at(region: string, id: string, atMs: number): LabInstance {
    const history = this.histories.get(keyOf(region, id));
    if (!history) throw new AwsFault('DBInstanceNotFound', `DBInstance ${id} not found.`, 404);
    return newest(history, atMs);
  }

  private later(region: string, id: string, afterMs: number, change: Partial<LabInstance>): void {
    const history = this.histories.get(keyOf(region, id));
    const last = history?.at(-1);
    if (history && last) history.push({ atMs: this.time.nowMs() + afterMs, instance: { ...last.instance, ...change } });
  }
}

const keyOf = (region: string, id: string) => `${region}/${id}`;

const newest = (history: readonly Entry[], atMs: number): LabInstance =>
  (history.filter((entry) => entry.atMs <= atMs).at(-1) ?? (history[0] as Entry)).instance;

const wrongState = (message: string) => new AwsFault('InvalidDBInstanceState', message);
