/**
 * A database service that behaves as RDS does: a promotion takes minutes, its states show late, a second promotion is
 * refused, a replica that is being backed up cannot be promoted, and every description may lag behind.
 */
import type { MemberView, OrderAnswer } from '../../../runtime/ports/database';
import { firstPromotions, firstWriter } from './beginning';
import { inside, type ReplicaSetting, type Setting, within } from './setting';

export interface Promotion {
  readonly id: string;
  readonly epoch: number;
  readonly orderedMs: number;
  readonly writableMs: number;
  readonly endsMs: number;
  readonly fails: boolean;
}

export class DatabaseService {
  /** Every order that had its effect, in order. */
  public readonly promotions: Promotion[];
  private readonly replicas: readonly ReplicaSetting[];
  private failsLeft: number;

  public constructor(
    private readonly setting: Setting,
    private readonly source: string,
  ) {
    this.failsLeft = setting.promotionFails ? 1 : 0;
    this.promotions = firstPromotions(setting);
    this.replicas = [...setting.replicas, ...(setting.rebuilt ? [setting.rebuilt] : [])];
  }

  /** Carries the order. Its effect is the moment from which there is no way back. */
  public promote(id: string, epoch: number, nowMs: number): OrderAnswer {
    const replica = this.replicas.find((r) => r.id === id);
    if (!replica) return { kind: 'refused', because: 'DBInstanceNotFound', retryable: false };
    const before = this.standing(id, nowMs);
    if (before) return { kind: 'already', because: `InvalidDBInstanceState: ${id} is promoted or being promoted` };
    if (replica.alone) return { kind: 'refused', because: `${id} is not a read replica`, retryable: false };
    if (inside(replica.backingUp, nowMs)) {
      return { kind: 'refused', because: 'InvalidDBInstanceState: backing-up', retryable: true };
    }
    const fails = this.failsLeft > 0;
    if (fails) this.failsLeft -= 1;
    const { promotionMs } = this.setting;
    this.promotions.push({
      id,
      epoch,
      orderedMs: nowMs,
      writableMs: nowMs + Math.floor(promotionMs * 0.8),
      endsMs: nowMs + promotionMs,
      fails,
    });
    return { kind: 'accepted' };
  }

  /** The order that counts for one replica at a moment: one that failed is over once it ended. */
  public standing(id: string, atMs: number): Promotion | undefined {
    return this.promotions.findLast((p) => p.id === id && p.orderedMs <= atMs && !(p.fails && p.endsMs <= atMs));
  }

  /** True once the replica takes writes. */
  public writes(id: string, atMs: number): boolean {
    const promotion = this.standing(id, atMs);
    return promotion !== undefined && !promotion.fails && promotion.writableMs <= atMs;
  }

  /** What a description says that shows the state of `atMs`. */
  public look(id: string, atMs: number): MemberView | { readonly kind: 'absent' } {
    if (id === this.source) return { kind: 'member', id, status: 'available', backupRetentionDays: 7 };
    const replica = this.replicas.find((r) => r.id === id);
    if (!replica) return { kind: 'absent' };
    if (replica.alone) return { kind: 'member', id, backupRetentionDays: 7, status: 'available' };
    const promotion = this.standing(id, atMs);
    if (promotion && atMs >= promotion.endsMs) return { kind: 'member', id, backupRetentionDays: 7, status: 'available' };
    const status = promotion ? statusOf(promotion, atMs) : inside(replica.backingUp, atMs) ? 'backing-up' : 'available';
    const replicating = !promotion && this.flows(replica, atMs);
    const replicaOf = replica === this.setting.rebuilt ? firstWriter(this.setting) : this.source;
    return { kind: 'member', id, backupRetentionDays: 7, status, replicaOf, replicating };
  }

  private flows({ stalled }: ReplicaSetting, atMs: number): boolean {
    const { linkDown, writerDown } = this.setting;
    return !inside(stalled, atMs) && !within(linkDown, atMs) && !within(writerDown, atMs);
  }
}

/** A promotion shows as a change first, then as a restart. */
const statusOf = ({ orderedMs, endsMs }: Promotion, atMs: number) =>
  atMs - orderedMs > (endsMs - orderedMs) / 2 ? 'rebooting' : 'modifying';
