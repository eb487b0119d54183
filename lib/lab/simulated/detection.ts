/**
 * How long Route 53 takes to call an endpoint unhealthy, and healthy again: checkers by the documented rules on a
 * virtual clock. The same rules (`decide/route53/health`) decide in the live lab.
 */
import { afterProbe, CHECKERS_PER_HEALTH_CHECK, type CheckerView, endpointHealthy, NEW_CHECKER } from '../../decide/route53';
import { numberOf } from '../../decide/timings';
import { type FailureMode, failingProbeSec } from '../../decide/timings/detection';
import { seededUniform } from './random';
import { Scheduler } from './scheduler';

/** Round trips of one good probe from a far checker: assumed. */
const GOOD_PROBE_MS = numberOf('check.round-trip', 's') * 1_000;

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
  private readonly failingProbeMs: number;
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
    this.failingProbeMs = failingProbeSec(options.mode, GOOD_PROBE_MS / 1_000) * 1_000;
    const roundMs = this.intervalMs + GOOD_PROBE_MS;
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
    // Longer than any detection or recovery: T rounds, and two rounds of slack.
    const slowestMs = (this.options.failureThreshold + 2) * (this.intervalMs + this.failingProbeMs + GOOD_PROBE_MS);
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
    const answerMs = sentMs + (good ? GOOD_PROBE_MS : this.failingProbeMs);
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

/** @param q from 0 to 1, such as 0.5 for the median */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
