import type { FailoverEvent } from '../../lib/contracts/events';
import type { ChecksDocument, PairRegistration, ProbeTarget } from '../../lib/contracts/registration';
import { METRIC } from '../../lib/decide/metrics';
import { MARKER_PATH_PREFIX } from '../../lib/decide/names';
import type { DnsAnswer, ProbeAnswer, Unknown } from '../../lib/runtime/ports';
import type { ServiceLooks } from '../../lib/runtime/ports/database';
import { FakeHealthChecks } from './fake-health-checks';
import { FakeJournal } from './fake-journal';
import { registrationOf } from './registration';
import { VirtualTime } from './virtual-time';

export const PRIMARY_CHECK = 'check-a';
const STANDBY_CHECK = 'check-b';
/** A fault that the drill publishes. */
export const METRIC_FAULT = {
  kind: 'metric',
  beacon: '_allowed-primary._failover.app.example.com',
  alarm: 'app-drill-fault',
  region: 'eu-central-1',
} as const;
const CERTIFICATE_DAYS = 40.5;

/** One pair on virtual time: its two sites, Route 53's opinion of them, and what AWS holds. */
export class World {
  public readonly time = new VirtualTime();
  public readonly journal = new FakeJournal();
  public readonly checks = new FakeHealthChecks();
  public registration: PairRegistration = registrationOf();
  public readonly servers = ['192.0.2.53:53', '192.0.2.54:53'];
  public readonly silentServers = new Set<string>();
  public readonly primary = { up: true, markerStatus: 404, openPorts: new Set([443]) };
  public readonly standby = { up: true };
  public readonly schedules = new Map<string, { readonly atMs: number; readonly input: unknown }>();
  public schedulesDown: Unknown | undefined;
  public readonly executions = new Map<string, unknown>();
  public readonly alarmStates = new Map<string, 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'>();
  public alarmsDown: Unknown | undefined;
  /** What RDS says about the database that it fails over by itself. */
  public service: Awaited<ReturnType<ServiceLooks['look']>> = { kind: 'absent' };
  /** Looks at it, with the time of each. */
  public readonly serviceLooks: number[] = [];
  public latchPanelDown: Unknown | undefined;
  /** What CloudWatch answers to every datapoint. */
  public metricsDown: string | undefined;
  /** What each server shows on the beacon of the latch: `healthy` is not latched. */
  public readonly latchBeacon: Record<string, 'healthy' | 'unhealthy'> = {};
  public readonly published: {
    readonly atMs: number;
    readonly name: string;
    readonly value: number;
    readonly dimensions: Readonly<Record<string, string>>;
  }[] = [];
  public readonly reports = new Map<string, string>();
  public readonly announced: (FailoverEvent & { readonly topic: string })[] = [];
  /** How long Route 53 takes to notice, in either direction. */
  public detectMs = 2_000;
  public recoverMs = 1_500;

  private verdict = true;
  private failing = false;
  private sinceMs = 0;

  constructor() {
    this.checks.stored.set(PRIMARY_CHECK, { version: 7, type: 'HTTPS', path: '/health', port: 443 });
    this.checks.stored.set(STANDBY_CHECK, { version: 3, type: 'HTTPS', path: '/health', port: 443 });
    this.checks.changed = () => this.touch();
    this.checks.observed = () => this.observe();
    for (const alarm of this.registration.alarms) this.alarmStates.set(alarm.name, 'OK');
  }

  public readonly checksDocument: ChecksDocument = { primary: PRIMARY_CHECK, standby: STANDBY_CHECK };

  /** Everything that a drill may touch, to be compared before and after. */
  public snapshot() {
    return [...this.checks.stored].map(([id, { version: _version, ...rest }]) => ({ id, ...rest }));
  }

  public breakPrimary(): void {
    this.primary.up = false;
    this.touch();
  }

  /** Checkers do not reach the primary; everybody else does. */
  public loseCheckers(): void {
    if (this.failing) return;
    this.verdict = this.primaryHealthy();
    this.failing = true;
    this.sinceMs = this.time.nowMs();
  }

  public healPrimary(): void {
    this.primary.up = true;
    this.touch();
  }

  /** Route 53's opinion of the primary. */
  public primaryHealthy(): boolean {
    const ageMs = this.time.nowMs() - this.sinceMs;
    const settled = ageMs >= (this.failing ? this.detectMs : this.recoverMs);
    return settled ? !this.failing : this.verdict;
  }

  public answer(server: string, name: string, type: string): DnsAnswer {
    if (this.silentServers.has(server)) return { kind: 'unknown', because: 'no answer within 700 ms' };
    const { beacons, recordName, ttlSec } = this.registration;
    const txt = (healthy: boolean): DnsAnswer => ({ kind: 'answer', values: [healthy ? 'healthy' : 'unhealthy'], ttlSec: 1 });
    if (type === 'TXT' && name === beacons.primary) return txt(this.primaryHealthy());
    if (type === 'TXT' && name === METRIC_FAULT.beacon) return txt(this.primaryHealthy() && this.metricAllows());
    if (type === 'TXT' && name === beacons.standby) return txt(this.standby.up);
    if (type === 'TXT' && name === this.registration.latch?.beacons.latch) return txt(this.latchBeacon[server] !== 'unhealthy');
    const side =
      (this.primaryHealthy() && this.metricAllows()) || !this.standby.up ? this.registration.primary : this.registration.standby;
    const found = name === recordName ? side.answers.find((answer) => answer.type === type) : undefined;
    return found ? { kind: 'answer', values: found.values, ttlSec } : { kind: 'none', because: `${name} has no ${type} record` };
  }

  public request(target: ProbeTarget): ProbeAnswer {
    const isPrimary = target.connect === this.registration.primary.probe.connect;
    const site = isPrimary ? 'primary' : 'standby';
    const up = isPrimary ? this.primary.up : this.standby.up;
    if (target.protocol === 'tcp') {
      const open = up && this.primary.openPorts.has(target.port);
      return { kind: open ? 'good' : 'bad', because: open ? 'connected' : 'ECONNREFUSED', tookMs: 1 };
    }
    if (!up) return { kind: 'bad', because: 'ECONNREFUSED', tookMs: 1 };
    const status = target.path?.startsWith(MARKER_PATH_PREFIX) ? this.primary.markerStatus : 200;
    const certificateExpiresAtMs = this.time.nowMs() + CERTIFICATE_DAYS * 86_400_000;
    return {
      kind: status < 400 ? 'good' : 'bad',
      because: `answered ${status}`,
      status,
      site,
      tookMs: 1,
      certificateExpiresAtMs,
    };
  }

  /** The drill's alarm on its metric, the highest value of the last minute, and the check that reads it. */
  public metricAllows(): boolean {
    const sinceMs = this.time.nowMs() - 60_000;
    return !this.published.some((one) => one.name === METRIC.fault && one.value >= 1 && one.atMs > sinceMs);
  }

  private touch(): void {
    const check = this.checks.stored.get(PRIMARY_CHECK);
    const moved = check?.path?.startsWith(MARKER_PATH_PREFIX) ? this.primary.markerStatus >= 400 : false;
    const closed = check?.type === 'TCP' && !this.primary.openPorts.has(check.port ?? 0);
    const failing = !this.primary.up || moved || closed;
    if (failing === this.failing) return;
    this.verdict = this.primaryHealthy();
    this.failing = failing;
    this.sinceMs = this.time.nowMs();
  }

  private observe() {
    const text = this.failing ? 'Failure: HTTP Status Code 404' : 'Success: HTTP Status Code 200';
    return [{ region: 'eu-west-1', healthy: !this.failing, checkedAtMs: this.sinceMs + 300, text }];
  }
}
