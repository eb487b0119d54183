/**
 * How long Route 53 takes to call an endpoint unhealthy, and healthy again: checkers by the documented rules on a
 * virtual clock. The same rules (`decide/route53/health`) decide in the live lab.
 */
import {
  afterProbe,
  CHECKERS_PER_HEALTH_CHECK,
  type CheckerView,
  checkersThatDecide,
  endpointHealthy,
  NEW_CHECKER,
  PROBE_LIMITS_MS,
} from '../../decide/route53';
import { seededUniform } from './random';
import { Scheduler } from './scheduler';

/** How an endpoint fails; `blackHoleTcp` is a TCP check whose SYNs are dropped. */
export type FailureMode = 'refused' | 'http500' | 'slow' | 'blackHole' | 'blackHoleTcp';

export const FAILURE_MODES: readonly FailureMode[] = ['refused', 'http500', 'slow', 'blackHole', 'blackHoleTcp'];

/** Assumed round trips between a checker and an endpoint, in ms. */
export const ROUND_TRIP_MS = { connect: 100, answer: 150 } as const;

/** How long one failing probe keeps its checker; the interval starts only then. */
export function failingProbeMs(mode: FailureMode): number {
  switch (mode) {
    case 'refused':
      return ROUND_TRIP_MS.connect;
    case 'http500':
      return ROUND_TRIP_MS.answer;
    case 'slow':
      return ROUND_TRIP_MS.connect + PROBE_LIMITS_MS.response;
    case 'blackHole':
      return PROBE_LIMITS_MS.connect;
    case 'blackHoleTcp':
      return PROBE_LIMITS_MS.tcpConnect;
  }
}

export interface DetectionOptions {
  readonly mode: FailureMode;
  readonly requestIntervalSec: number;
  readonly failureThreshold: number;
  readonly outages: number;
  readonly seed: number;
  readonly checkers?: number;
  /** How long an outage lasts; left out: for ever. */
  readonly outageSec?: number;
}

export interface OutageResult {
  /** From the first broken moment to the verdict; undefined when the outage ended unnoticed. */
  readonly detectionSec: number | undefined;
  /** From the repair to the verdict "healthy"; undefined without a repair or a detection. */
  readonly recoverySec: number | undefined;
}

export interface Simulation {
  readonly results: readonly OutageResult[];
  readonly events: number;
}

export function simulateOutages(options: DetectionOptions): Simulation {
  const uniform = seededUniform(options.seed);
  const results: OutageResult[] = [];
  let events = 0;
  for (let i = 0; i < options.outages; i++) {
    const one = new Outage(options, uniform);
    results.push(one.run());
    events += one.events;
  }
  return { results, events };
}

/** One outage of one endpoint, seen by checkers that have been probing in steady state. */
class Outage {
  private readonly scheduler = new Scheduler();
  private readonly views: CheckerView[];
  private readonly beginMs: number;
  private readonly endMs: number;
  private readonly intervalMs: number;
  private healthyCheckers: number;
  private healthy = true;
  private detectedAtMs: number | undefined;
  private recoveredAtMs: number | undefined;

  constructor(
    private readonly options: DetectionOptions,
    uniform: () => number,
  ) {
    const count = options.checkers ?? CHECKERS_PER_HEALTH_CHECK;
    this.intervalMs = options.requestIntervalSec * 1_000;
    const roundMs = this.intervalMs + ROUND_TRIP_MS.answer;
    // The outage begins at any moment of the second round: every checker has probed at least once before.
    this.beginMs = roundMs * (1 + uniform());
    this.endMs = options.outageSec === undefined ? Number.POSITIVE_INFINITY : this.beginMs + options.outageSec * 1_000;
    this.views = Array.from({ length: count }, () => NEW_CHECKER);
    this.healthyCheckers = count;
    for (let i = 0; i < count; i++) {
      this.scheduler.at(uniform() * roundMs, () => this.probe(i));
    }
  }

  public get events(): number {
    return this.scheduler.events;
  }

  public run(): OutageResult {
    // Longer than any detection or recovery: T rounds with the slowest probe, and one round of slack.
    const slowestMs = (this.options.failureThreshold + 2) * (this.intervalMs + failingProbeMs('blackHoleTcp'));
    const limitMs = (Number.isFinite(this.endMs) ? this.endMs : this.beginMs) + slowestMs;
    this.scheduler.run(
      limitMs,
      () => this.recoveredAtMs !== undefined || (this.detectedAtMs !== undefined && !Number.isFinite(this.endMs)),
    );
    const sec = (from: number, to: number | undefined) => (to === undefined ? undefined : (to - from) / 1_000);
    return { detectionSec: sec(this.beginMs, this.detectedAtMs), recoverySec: sec(this.endMs, this.recoveredAtMs) };
  }

  private probe(checker: number): void {
    const sentMs = this.scheduler.nowMs();
    const good = sentMs < this.beginMs || sentMs >= this.endMs;
    const answerMs = sentMs + (good ? ROUND_TRIP_MS.answer : failingProbeMs(this.options.mode));
    this.scheduler.at(answerMs, () => {
      this.judge(checker, good);
      this.scheduler.at(answerMs + this.intervalMs, () => this.probe(checker));
    });
  }

  private judge(checker: number, good: boolean): void {
    const before = this.views[checker] ?? NEW_CHECKER;
    const after = afterProbe(before, good, this.options.failureThreshold);
    this.views[checker] = after;
    if (after.healthy === before.healthy) return;
    this.healthyCheckers += after.healthy ? 1 : -1;
    const healthy = endpointHealthy(this.healthyCheckers, this.views.length);
    if (healthy === this.healthy) return;
    this.healthy = healthy;
    if (!healthy) this.detectedAtMs ??= this.scheduler.nowMs();
    else if (this.detectedAtMs !== undefined) this.recoveredAtMs ??= this.scheduler.nowMs();
  }
}

/**
 * The same without events: each checker's turn is a uniform phase plus whole rounds, and the deciding checker is an
 * order statistic. A second way to the same numbers.
 */
export function closedFormDetectionSec(options: Omit<DetectionOptions, 'outageSec'>): number[] {
  const { mode, requestIntervalSec, failureThreshold, outages, seed, checkers = CHECKERS_PER_HEALTH_CHECK } = options;
  const uniform = seededUniform(seed);
  const failSec = failingProbeMs(mode) / 1_000;
  const phaseSec = requestIntervalSec + ROUND_TRIP_MS.answer / 1_000;
  const roundsSec = (failureThreshold - 1) * (requestIntervalSec + failSec) + failSec;
  return Array.from({ length: outages }, () => {
    const turns = Array.from({ length: checkers }, () => uniform() * phaseSec + roundsSec).sort((a, b) => a - b);
    return turns[checkersThatDecide(checkers) - 1] ?? Number.NaN;
  });
}

/** @param q from 0 to 1, such as 0.5 for the median */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
