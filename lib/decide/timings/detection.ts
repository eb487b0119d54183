import { numberOf } from './index';

/**
 * How long Route 53's checkers need to call an endpoint unhealthy, in closed form.
 *
 * Checkers are not coordinated, so at the moment of the outage each one is at a uniformly random point of its round. A
 * checker turns after `failures` failed probes in a row; the verdict turns with the checker that leaves no more than 18 %
 * healthy ones: the 14th of 16. The k-th of n uniform points has a known distribution, so nothing is sampled here.
 *
 * Route 53's own delay from the verdict to changed answers is not included: AWS publishes none.
 */

/** How an outage looks to a checker. */
export type FailureMode =
  /** The connection is refused. */
  | 'refused'
  /** Status 4xx or 5xx at once. */
  | 'http-500'
  /** Connected, but no status within the time for the response. */
  | 'slow'
  /** Packets are dropped: no connection within its time. */
  | 'black-hole'
  /** Packets are dropped, and the check is a TCP check. */
  | 'black-hole-tcp';

export const FAILURE_MODES: readonly FailureMode[] = ['refused', 'http-500', 'slow', 'black-hole', 'black-hole-tcp'];

/** What of a check decides its detection time. */
export interface CheckTiming {
  readonly intervalSec: number;
  readonly failures: number;
  /** Left out: 16. */
  readonly checkers?: number;
  /** Duration of one good probe. Left out: 0.15 s, assumed. */
  readonly goodProbeSec?: number;
}

export interface DetectionTime {
  /** No outage is detected faster. */
  readonly bestSec: number;
  readonly medianSec: number;
  /** 99 of 100 outages are detected by then. */
  readonly p99Sec: number;
  /** No outage is detected later. */
  readonly worstSec: number;
}

const goodProbe = (timing: CheckTiming) => timing.goodProbeSec ?? numberOf('check.round-trip', 's');
const checkersOf = (timing: CheckTiming) => timing.checkers ?? numberOf('check.checkers', 'count');

/** How long one failing probe takes, in seconds. */
export function failingProbeSec(mode: FailureMode, goodProbeSec: number): number {
  switch (mode) {
    case 'refused':
    case 'http-500':
      return goodProbeSec;
    case 'slow':
      return goodProbeSec + numberOf('check.response.http', 's');
    case 'black-hole':
      return numberOf('check.connect.http', 's');
    case 'black-hole-tcp':
      return numberOf('check.connect.tcp', 's');
  }
}

/** Most checkers that may still say healthy while the verdict is unhealthy: 2 of 16. */
export function healthyAllowed(checkers: number): number {
  return Math.floor((checkers * numberOf('check.quorum', 'percent')) / 100);
}

/** From the outage to the verdict "unhealthy". */
export function detectionTime(timing: CheckTiming, mode: FailureMode): DetectionTime {
  const n = checkersOf(timing);
  const good = goodProbe(timing);
  const failing = failingProbeSec(mode, good);
  const fixed = (timing.failures - 1) * (timing.intervalSec + failing) + failing;
  return spread(fixed, timing.intervalSec + good, n - healthyAllowed(n), n);
}

/** Time by which this share of outages, 0 to 1, has the verdict "unhealthy". */
export function detectedBy(share: number, timing: CheckTiming, mode: FailureMode): number {
  const { bestSec, worstSec } = detectionTime(timing, mode);
  const n = checkersOf(timing);
  return bestSec + (worstSec - bestSec) * pointOf(share, n - healthyAllowed(n), n);
}

/** From the end of the outage to the verdict "healthy": three of 16 checkers are enough, so it is faster than detection. */
export function recoveryTime(timing: CheckTiming, mode: FailureMode): DetectionTime {
  const n = checkersOf(timing);
  const good = goodProbe(timing);
  const fixed = (timing.failures - 1) * (timing.intervalSec + good) + good;
  return spread(fixed, timing.intervalSec + failingProbeSec(mode, good), healthyAllowed(n) + 1, n);
}

/** Share of outages, 0 to 1, whose verdict comes within the limit. */
export function detectedWithin(limitSec: number, timing: CheckTiming, mode: FailureMode): number {
  const { bestSec, worstSec } = detectionTime(timing, mode);
  if (limitSec <= bestSec) return 0;
  if (limitSec >= worstSec) return 1;
  const n = checkersOf(timing);
  return probabilityByPoint((limitSec - bestSec) / (worstSec - bestSec), n - healthyAllowed(n), n);
}

function spread(fixedSec: number, roundSec: number, k: number, n: number): DetectionTime {
  const at = (share: number) => fixedSec + roundSec * pointOf(share, k, n);
  return { bestSec: fixedSec, medianSec: at(0.5), p99Sec: at(0.99), worstSec: fixedSec + roundSec };
}

/** Probability that at least k of n uniform points lie below x. */
function probabilityByPoint(x: number, k: number, n: number): number {
  let sum = 0;
  let choose = 1;
  for (let j = 0; j <= n; j++) {
    if (j >= k) sum += choose * x ** j * (1 - x) ** (n - j);
    choose = (choose * (n - j)) / (j + 1);
  }
  return sum;
}

/** The x below which at least k of n uniform points lie with the given probability; 50 halvings are exact to a double. */
function pointOf(probability: number, k: number, n: number): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (probabilityByPoint(middle, k, n) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
