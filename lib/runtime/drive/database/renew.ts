/** The writer's renewer: heartbeat row first, lease after. A renewal means that the writer has just committed a row. */
import type { DatabaseMember } from '../../../contracts/database';
import { afterRefusal, type LeaseBelief, RENEW_MS, standingOf, stillBelieved } from '../../../decide/database/lease';
import { LEASE_METRIC } from '../../../decide/metrics';
import type { Log, Time } from '../../ports';
import type { LeaseRenewals } from '../../ports/database';
import type { HeartbeatWriter, Stopwatch } from '../../ports/heartbeat';
import type { PagerMetrics } from '../../ports/pager';
import { every } from '../every';

export interface RenewerPorts {
  readonly time: Time;
  /** Its own, which only grows: how old a belief is, and when a run ends. */
  readonly stopwatch: Stopwatch;
  readonly rows: HeartbeatWriter;
  readonly lease: LeaseRenewals;
  readonly metrics: PagerMetrics;
  readonly log: Log;
}

export interface RenewerSettings {
  readonly pair: string;
  /** The database that this renewer stands beside. */
  readonly member: DatabaseMember;
}

/** Longest run, in ms. A schedule that starts one each minute, and late, leaves no gap. */
export const RENEWER_MS = 130_000;
/** Renewals are counted once in so many ticks: about a minute. */
const COUNTED_TICKS = 12;

export interface RenewerEnd {
  readonly renewals: number;
  readonly ended: 'time' | 'not the holder';
  readonly because?: string;
}

/** Renews until another holds the lease, a newer run took over, or its time is up. The next run looks again. */
export async function renew(ports: RenewerPorts, settings: RenewerSettings): Promise<RenewerEnd> {
  const { stopwatch, time } = ports;
  const renewer = new Renewer(ports, settings);
  const beganMs = stopwatch.elapsedMs();
  await every(
    time,
    RENEW_MS,
    () => renewer.over === undefined && stopwatch.elapsedMs() - beganMs < RENEWER_MS,
    () => renewer.tick(),
  );
  renewer.count();
  const because = renewer.over;
  if (because === undefined) return { renewals: renewer.renewals, ended: 'time' };
  ports.log.info('the lease is not renewed any more', { pair: settings.pair, because });
  return { renewals: renewer.renewals, ended: 'not the holder', because };
}

class Renewer {
  public renewals = 0;
  /** Why this run renews no more. */
  public over: string | undefined;
  private belief: LeaseBelief | undefined;
  private ticks = 0;
  private counted = 0;

  public constructor(
    private readonly ports: RenewerPorts,
    private readonly settings: RenewerSettings,
  ) {}

  public async tick(): Promise<void> {
    // An old belief is worth no row either.
    if (!this.belief || !stillBelieved(this.belief, this.ports.stopwatch.elapsedMs())) await this.look();
    // Somebody else's: a row here would claim that this database still writes for the pair.
    if (this.over !== undefined) return;
    const committed = await this.beat();
    if (committed && this.belief) await this.renewBy(this.belief);
    this.ticks += 1;
    if (this.ticks % COUNTED_TICKS === 0) this.count();
  }

  /** Says how often the lease was renewed since it was said last. */
  public count(): void {
    this.ports.metrics.publish({ [LEASE_METRIC.renewals]: { value: this.renewals - this.counted, unit: 'Count' } });
    this.counted = this.renewals;
  }

  private async look(): Promise<void> {
    const { lease, stopwatch } = this.ports;
    const askedMs = stopwatch.elapsedMs();
    this.belief = undefined;
    const seen = await lease.read(this.settings.pair);
    if (seen.kind !== 'lease') return this.say('the lease was not seen', seen.because);
    const standing = standingOf(seen, this.settings.member.id, askedMs);
    if (standing.kind === 'mine') this.belief = standing.belief;
    else this.over = standing.because;
  }

  /** Beats without an epoch while the lease is unknown: the row stands for the writer, not for the table of leases. */
  private async beat(): Promise<boolean> {
    const row = await this.ports.rows.beat(this.settings.member, this.belief?.epoch);
    if (row === 'committed') return true;
    this.say('no heartbeat row was committed', row === 'newer' ? 'the row carries a newer epoch than the lease' : row.because);
    // Whoever could not write may have been replaced meanwhile.
    this.belief = undefined;
    return false;
  }

  private async renewBy(belief: LeaseBelief): Promise<void> {
    const { lease, stopwatch } = this.ports;
    const { pair, member } = this.settings;
    const sentMs = stopwatch.elapsedMs();
    this.belief = undefined;
    if (!stillBelieved(belief, sentMs)) return this.say('the lease was not renewed', 'the belief in it is too old: look again');
    const answer = await lease.renew(pair, member.id, belief);
    if (answer === 'renewed') {
      this.belief = { ...belief, seenTurn: belief.turn, sinceMs: sentMs };
      this.renewals += 1;
    } else if (answer === 'refused') await this.refused(belief);
    else this.say('the lease was not renewed', answer.because);
  }

  private async refused(belief: LeaseBelief): Promise<void> {
    const seen = await this.ports.lease.read(this.settings.pair);
    if (seen.kind !== 'lease') return this.say('the lease was refused', seen.because);
    const refusal = afterRefusal(seen, belief, this.settings.member.id);
    if (refusal !== 'look-again') this.over = refusal.because;
  }

  private say(what: string, because: string): void {
    this.ports.log.error(what, { pair: this.settings.pair, because });
  }
}
