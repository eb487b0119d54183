/** What happens to a service, and what a failover does about it. Rates are per month of `MONTH_SEC`. */
export interface AvailabilityFacts {
  readonly outagesPerMonth: number;
  /** Outage without failover: until somebody has repaired the primary. */
  readonly repairSec: number;
  /** Outage with failover, while the standby is there. */
  readonly rtoSec: number;
  /** Share of time, 0 to 1, in which the standby could take over. */
  readonly standbyAvailability: number;
  /** Share of outages, 0 to 1, that hit both sides: a bad release, an expired certificate, a shared dependency. */
  readonly commonCauseShare: number;
  readonly falseFailoversPerMonth: number;
  /** Interruption by a failover that was not needed. */
  readonly switchSec: number;
}

export const MONTH_SEC = 720 * 3_600;

/**
 * Availability of the whole, 0 to 1.
 *
 * Every outage costs at least the time to recover; when the standby is down or hit too, it costs the whole repair. A failover
 * slower than the repair is no help, so the time to recover is bounded by it.
 */
export function availability(facts: AvailabilityFacts): number {
  const recoverSec = Math.min(facts.rtoSec, facts.repairSec);
  const noStandby = (1 - facts.commonCauseShare) * (1 - facts.standbyAvailability) + facts.commonCauseShare;
  const perOutageSec = recoverSec + (facts.repairSec - recoverSec) * noStandby;
  const downSec = facts.outagesPerMonth * perOutageSec + facts.falseFailoversPerMonth * facts.switchSec;
  return Math.max(0, 1 - downSec / MONTH_SEC);
}

/** The formula that is usually printed: it divides the failover time by the month, not by the outages. Only to compare. */
export function publishedAvailability(primary: number, standby: number, failoverSec: number): number {
  return Math.min(1, primary + standby * (1 - primary) * (1 - failoverSec / MONTH_SEC));
}
