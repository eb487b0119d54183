import type { Time } from '../../../runtime/ports';
import { arnOf, InstanceBoard, type LabInstance } from '../../aws';
import type { PostgresPair } from '../../postgres';
import { STANDBY_REGION } from '../setting';
import { PRIMARY_REGION, REPLICA, SOURCE } from './setting';

const common = { engine: 'postgres', status: 'available', backupRetentionDays: 7, backupWindow: '03:00-03:30' } as const;

const INSTANCES: readonly LabInstance[] = [
  { ...common, id: SOURCE, region: PRIMARY_REGION },
  { ...common, id: REPLICA, region: STANDBY_REGION, source: arnOf('rds', PRIMARY_REGION, `db:${SOURCE}`) },
];

/** RDS in front of real servers: its words and its slowness are played, the promotion itself is PostgreSQL's. */
export class PostgresInstances extends InstanceBoard {
  private orders = 0;
  private doneAtMs: number | undefined;

  public constructor(
    private readonly clock: Time,
    private readonly pair: PostgresPair,
    /** From the accepted order to the promotion, in lab ms. */
    private readonly promotionMs: number,
    private readonly told: (text: string) => void,
  ) {
    super(clock, INSTANCES);
  }

  /** Promotions that were accepted. */
  public get promotions(): number {
    return this.orders;
  }

  /** When a promotion was done and the replica available, in lab ms. */
  public get promotedAtMs(): number | undefined {
    return this.doneAtMs;
  }

  public override promote(region: string, id: string, backupRetentionDays: number, backupWindow?: string): LabInstance {
    const accepted = super.promote(region, id, backupRetentionDays, backupWindow);
    this.orders += 1;
    // The board would be done at once; real servers are done when they are.
    this.change(region, id, { status: 'modifying', source: arnOf('rds', PRIMARY_REGION, `db:${SOURCE}`) });
    this.told(`promotion of ${id} accepted; PostgreSQL is told in ${this.promotionMs / 1_000} s`);
    void this.carry(region, id);
    return accepted;
  }

  private async carry(region: string, id: string): Promise<void> {
    await this.clock.sleep(this.promotionMs);
    try {
      await this.pair.promote();
      this.doneAtMs = this.clock.nowMs();
    } catch (error) {
      this.told(`promotion of ${id} failed: ${(error as Error).message}`);
      this.change(region, id, { status: 'failed' });
      return;
    }
    this.change(region, id, { status: 'available', source: undefined });
    this.told(`${id} is promoted and available`);
  }
}
