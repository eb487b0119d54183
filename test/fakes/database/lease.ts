import type { LeaseBelief, LeaseLook, LeaseRecord } from '../../../lib/decide/database/lease';
import type { Unknown } from '../../../lib/runtime/ports';
import type { LeaseRenewals, Leases } from '../../../lib/runtime/ports/database';

/** The table of leases, with the conditions of the real one. */
export class FakeLease implements Leases, LeaseRenewals {
  public record: LeaseRecord | undefined;
  /** Set: the table does not answer. */
  public because: string | undefined;
  /** Successful renewals, with the epoch they carried. */
  public readonly renewals: number[] = [];
  private writes = 0;

  public constructor(record?: Partial<LeaseRecord>) {
    this.record = record && { rvn: 'r0', epoch: 0, holder: 'app-a', turn: 0, ...record };
  }

  public async read(pair = 'app'): Promise<LeaseLook> {
    if (this.because !== undefined) return { kind: 'unknown', because: this.because };
    return this.record ? { kind: 'lease', ...this.record } : { kind: 'absent', because: `no lease of ${pair}` };
  }

  public async take(_pair: string, seenRvn: string, epoch: number, holder: string) {
    return this.put(this.record?.rvn === seenRvn && this.record.epoch <= epoch, { epoch, holder, turn: 0 });
  }

  public async offer(_pair: string, epoch: number, holder: string) {
    return this.put(this.record === undefined, { epoch, holder, turn: 0 });
  }

  public async renew(_pair: string, holder: string, { epoch, seenTurn, turn }: LeaseBelief) {
    const { record } = this;
    const mine = record?.holder === holder && record.epoch === epoch && record.turn === seenTurn;
    const answer = this.put(mine, { epoch, holder, turn });
    if (answer === 'taken') this.renewals.push(epoch);
    return answer === 'taken' ? 'renewed' : answer === 'lost' ? 'refused' : answer;
  }

  private put(met: boolean, lease: Omit<LeaseRecord, 'rvn'>): 'taken' | 'lost' | Unknown {
    if (this.because !== undefined) return { kind: 'unknown', because: this.because };
    if (!met) return 'lost';
    this.writes += 1;
    this.record = { rvn: `w${this.writes}`, ...lease };
    return 'taken';
  }
}
