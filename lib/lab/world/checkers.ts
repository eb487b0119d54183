/** The checkers of one health check: uncoordinated, each counting its interval from a response to the next request. */
import { afterProbe, CHECKER_REGIONS, type CheckerView, endpointHealthy, NEW_CHECKER } from '../../decide/route53';
import type { HealthCheckConfig, Observation } from './health-check-config';
import { probe } from './probe';
import type { LabTime } from './time';
import type { Truth } from './truth';

interface Checker {
  readonly number: number;
  readonly region: string;
  readonly ipAddress: string;
  view: CheckerView;
  lastGood: boolean;
  last?: { readonly text: string; readonly atMs: number };
  stop: () => void;
}

export interface CheckersOptions {
  readonly check: string;
  readonly count: number;
  readonly config: () => HealthCheckConfig;
  readonly time: LabTime;
  readonly truth: Truth;
  readonly uniform: () => number;
  /** Addresses of a name, for checks by name. */
  readonly resolve: (name: string) => string | undefined;
  /** The verdict over all checkers, after each probe that turned one. */
  readonly onVerdict: (healthy: boolean, healthyCheckers: number) => void;
}

export class Checkers {
  private readonly all: Checker[];
  private running = false;

  constructor(private readonly options: CheckersOptions) {
    const regions = options.config().regions ?? CHECKER_REGIONS;
    this.all = Array.from({ length: options.count }, (_, number) => ({
      number,
      region: regions[number % regions.length] ?? 'us-east-1',
      // Documentation addresses (RFC 5737): on loopback all checkers share one real source address.
      ipAddress: `198.51.100.${number + 1}`,
      view: NEW_CHECKER,
      lastGood: true,
      stop: () => undefined,
    }));
  }

  /** Starts every checker at its own moment of the interval. */
  public start(): void {
    if (this.running) return;
    this.running = true;
    for (const checker of this.all) {
      const offsetMs = this.options.uniform() * this.options.config().requestIntervalSec * 1_000;
      checker.stop = this.options.time.after(offsetMs, () => this.probeOnce(checker));
    }
  }

  public stop(): void {
    this.running = false;
    for (const checker of this.all) checker.stop();
  }

  public get healthyCount(): number {
    return this.all.reduce((n, c) => n + (c.view.healthy ? 1 : 0), 0);
  }

  public get count(): number {
    return this.all.length;
  }

  /** One line per checker that probed at least once. */
  public observations(): Observation[] {
    return this.all.flatMap(({ region, ipAddress, view, last }) =>
      last ? [{ region, ipAddress, status: last.text, checkedAtMs: last.atMs, healthy: view.healthy }] : [],
    );
  }

  private probeOnce(checker: Checker): void {
    const { time, config, resolve } = this.options;
    const now = config();
    const startedAtMs = time.nowMs();
    const done = (good: boolean, text: string) => {
      this.judge(checker, good, text, startedAtMs);
      checker.stop = time.after(now.requestIntervalSec * 1_000, () => this.probeOnce(checker));
    };
    const address = now.ipAddress ?? resolve(now.fqdn ?? '');
    if (address === undefined) {
      done(false, 'Failure: DNS resolution failed.');
      return;
    }
    checker.stop = probe(now, address, time, ({ good, text }) => {
      if (this.running) done(good, `${text}${now.ipAddress === undefined ? ` Resolved IP: ${address}` : ''}`);
    });
  }

  private judge(checker: Checker, good: boolean, text: string, startedAtMs: number): void {
    const { check, truth, config, onVerdict } = this.options;
    checker.last = { text, atMs: startedAtMs };
    const where = { check, checker: checker.number, region: checker.region };
    if (!good && checker.lastGood) truth.record({ kind: 'probe-failed', ...where, startedAtMs, because: text });
    checker.lastGood = good;
    const before = checker.view;
    checker.view = afterProbe(before, good, config().failureThreshold);
    if (before.healthy === checker.view.healthy) return;
    truth.record({ kind: 'checker-turned', ...where, healthy: checker.view.healthy });
    const healthyCheckers = this.healthyCount;
    onVerdict(endpointHealthy(healthyCheckers, this.count), healthyCheckers);
  }
}
