import { numberOf } from '../timings';

/** What a failed check may mean, and what being wrong costs. */
export interface ThresholdFacts {
  readonly outagesPerMonth: number;
  /** Cost of one second of outage. */
  readonly outageCostPerSec: number;
  readonly intervalSec: number;
  /** Stalls that end by themselves. */
  readonly stallsPerMonth: number;
  /** Probability, between 0 and 1, that a stall still fails the next check. */
  readonly stallGoesOn: number;
  /** Cost of one failover that was not needed. */
  readonly falseFailoverCost: number;
}

export interface Threshold {
  /** Where the cost is least, as the formula gives it. */
  readonly exact: number;
  /** The same as a number of failures that Route 53 accepts. */
  readonly failures: number;
  readonly costPerMonth: number;
}

/** Cost of a month with this many failures in a row: waiting in real outages, and failing over for stalls. */
export function thresholdCost(facts: ThresholdFacts, failures: number): number {
  const waiting = facts.outagesPerMonth * facts.outageCostPerSec * facts.intervalSec * failures;
  return waiting + facts.falseFailoverCost * facts.stallsPerMonth * facts.stallGoesOn ** failures;
}

/** The number of failures in a row that costs least in a month. Cheap, reversible failovers deserve fewer than promotions. */
export function optimalThreshold(facts: ThresholdFacts): Threshold {
  const perCheck = facts.outagesPerMonth * facts.outageCostPerSec * facts.intervalSec;
  const perStall = facts.falseFailoverCost * facts.stallsPerMonth * Math.log(1 / facts.stallGoesOn);
  const [lowest, highest] = [numberOf('check.threshold.min', 'count'), numberOf('check.threshold.max', 'count')];
  // Without stalls, or with free failovers, waiting buys nothing; without outages it costs nothing.
  const exact =
    perStall <= 0 ? 0 : perCheck <= 0 ? Number.POSITIVE_INFINITY : Math.log(perCheck / perStall) / Math.log(facts.stallGoesOn);
  const allowed = Array.from({ length: highest - lowest + 1 }, (_, i) => lowest + i);
  const failures = allowed.reduce((best, n) => (thresholdCost(facts, n) < thresholdCost(facts, best) ? n : best));
  return { exact, failures, costPerMonth: thresholdCost(facts, failures) };
}

/** The formula that is usually printed: 0 whenever a missed failure costs more than a needless failover. Only to compare. */
export function publishedThreshold(falseFailoverCost: number, missedFailureCost: number, failureRate: number): number {
  return Math.max(0, Math.log(falseFailoverCost / missedFailureCost) / failureRate);
}
