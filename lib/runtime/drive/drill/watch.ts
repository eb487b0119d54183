import type { DrillSettings } from '../../../contracts/registration';
import { type Abort, abortReason } from '../../../decide/drill/abort';
import { type Client, lastServed } from '../../../decide/drill/clients';
import type { FaultFacts } from '../../../decide/drill/marks';
import { type Marked, mark, type Sample, UNMARKED } from '../../../decide/drill/marks';
import { noteProbe } from '../../../decide/drill/rules';
import { every } from '../every';
import { transact } from '../transact';
import { tick } from './client';
import { isUnknown, type StepContext } from './context';
import { faultMetric } from './fault';
import { beaconAt, nameAt, probeSite } from './look';

/** How often each thing is looked at, in ms. AWS allows one GetHealthCheckStatus per second and account. */
export const PERIOD_MS = {
  dns: 250,
  probe: 500,
  client: 500,
  journal: 3_000,
  observations: 1_100,
  alarms: 10_000,
  limit: 1_000,
  /** The alarm of a drill by metric looks at one minute at a time. */
  metric: 20_000,
} as const;
/** Writes of the journal in a row that may fail. */
const JOURNAL_FAILS = 3;

/** Looks at everything at once, side by side, until the measurement is complete or must end. */
export class Watch {
  public seen: Marked = UNMARKED;
  public fault: FaultFacts | undefined;
  public primaryFails = 0;
  public standbyFailsAll = 0;
  public readonly timeline: { atMs: number; what: string }[] = [];

  private open = true;
  private end: (how: 'complete' | Abort) => void = () => undefined;
  private readonly ended = new Promise<'complete' | Abort>((resolve) => {
    this.end = resolve;
  });
  private standbyFails = 0;
  private primary: { good: boolean; atMs: number; because: string } | undefined;
  private standbyBeacon: 'healthy' | 'unhealthy' | 'unknown' | undefined;
  private abortAlarmsOn: readonly string[] = [];
  private alarmBlindReads = 0;
  private journalFails = 0;
  private stop: string | undefined;
  private primaryBeacon: 'healthy' | 'unhealthy' | 'unknown' | undefined;
  private readonly ofMetric: Extract<DrillSettings['fault'], { kind: 'metric' }> | undefined;

  constructor(
    private readonly context: StepContext,
    private readonly servers: readonly string[],
    private readonly clients: Client[],
    private readonly untilMs: number,
  ) {
    const fault = context.registration.drill?.fault;
    this.ofMetric = fault?.kind === 'metric' ? fault : undefined;
  }

  /** Starts every loop. What a loop throws ends the measurement: nothing is measured in the dark. */
  public start(checkId: string | undefined): void {
    const loops: Promise<void>[] = [
      this.loop(PERIOD_MS.dns, () => this.round()),
      this.loop(PERIOD_MS.probe, () => this.lookAtPrimary()),
      this.loop(PERIOD_MS.probe, () => this.lookAtStandby()),
      this.loop(PERIOD_MS.journal, () => this.note()),
      this.loop(PERIOD_MS.alarms, () => this.lookAtAlarms()),
      this.loop(PERIOD_MS.limit, async () => this.judge()),
      ...this.clients.map((_, index) => this.loop(PERIOD_MS.client, () => this.request(index))),
    ];
    if (this.ofMetric) loops.push(this.loop(PERIOD_MS.metric, () => this.keepMetric()));
    if (checkId !== undefined) loops.push(this.loop(PERIOD_MS.observations, () => this.observe(checkId)));
    for (const loop of loops) loop.catch((error: Error) => this.finish({ because: error.message, realOutage: false }));
  }

  /** From here on samples count: the fault is on its way. */
  public reset(): void {
    this.seen = UNMARKED;
    this.primaryFails = 0;
    this.standbyFailsAll = 0;
  }

  public finished(): Promise<'complete' | Abort> {
    return this.ended;
  }

  public finish(how: 'complete' | Abort): void {
    this.open = false;
    this.end(how);
  }

  public say(what: string): void {
    this.timeline.push({ atMs: this.context.ports.time.nowMs(), what });
  }

  private loop(periodMs: number, act: () => Promise<void>): Promise<void> {
    return every(this.context.ports.time, periodMs, () => this.open, act);
  }

  private take(sample: Sample): void {
    if (!this.open) return;
    const before = this.seen;
    this.seen = mark(before, sample);
    if (before.tD === undefined && this.seen.tD !== undefined) {
      this.say(this.ofMetric ? 'Route 53 does not allow the primary any more' : 'Route 53 calls the primary unhealthy');
    }
    if (before.tS === undefined && this.seen.tS !== undefined) this.say('the name answers the standby on every server');
    this.judge();
  }

  private judge(): void {
    if (!this.open) return;
    const abort = abortReason({
      fault: this.context.registration.drill?.fault.kind ?? 'healthCheckPath',
      standbyBeacon: this.standbyBeacon,
      standbyFails: this.standbyFails,
      primaryBad: this.primary && !this.primary.good ? this.primary.because : undefined,
      primaryBeacon: this.primaryBeacon,
      abortAlarmsOn: this.abortAlarmsOn,
      alarmBlindReads: this.alarmBlindReads,
      stop: this.stop,
      largestGapMs: this.seen.largestGapMs,
      limitReached: this.context.ports.time.nowMs() >= this.untilMs,
    });
    if (abort) this.finish(abort);
    else if (this.fault && this.seen.tD !== undefined && this.seen.tS !== undefined && lastServed(this.clients) !== undefined) {
      this.finish('complete');
    }
  }

  private async round(): Promise<void> {
    const { ports, registration } = this.context;
    const { time, dns } = ports;
    const { beacons } = registration;
    const verdict = this.ofMetric?.beacon ?? beacons.primary;
    const servers = await Promise.all(
      this.servers.map(async (server) => {
        const [name] = await Promise.all([
          nameAt(dns, server, registration),
          beaconAt(dns, server, verdict).then((says) => this.take({ kind: 'beacon', server, says, atMs: time.nowMs() })),
          this.ofMetric ? beaconAt(dns, server, beacons.primary).then((says) => this.primarySays(says)) : undefined,
          beacons.standby === undefined
            ? undefined
            : beaconAt(dns, server, beacons.standby).then((says) => this.standbySays(says)),
        ]);
        return name;
      }),
    );
    this.take({ kind: 'name', servers, atMs: time.nowMs() });
  }

  private primarySays(says: 'healthy' | 'unhealthy' | 'unknown'): void {
    if (says !== 'unhealthy') return;
    this.primaryBeacon = says;
    this.judge();
  }

  /** Whoever does not say it again has ended the drill: the alarm falls silent by itself. */
  private async keepMetric(): Promise<void> {
    if (!this.fault || !this.open) return;
    await this.context.ports.metrics.publish(faultMetric(this.context.registration, true));
  }

  private standbySays(says: 'healthy' | 'unhealthy' | 'unknown'): void {
    if (says !== 'unhealthy') return;
    this.standbyBeacon = says;
    this.judge();
  }

  private async lookAtPrimary(): Promise<void> {
    const { ports, registration } = this.context;
    const seen = await probeSite(ports, registration, 'primary');
    if (!this.open) return;
    const good = seen.kind === 'good';
    const turned = this.primary?.good !== good;
    this.primary = { good, atMs: ports.time.nowMs(), because: seen.because };
    if (!good) {
      this.primaryFails += 1;
      if (turned) this.say(`a direct probe of the primary failed: ${seen.because}`);
      // The pager trusts this note: bad news may not wait for the next period.
      if (turned) await this.note();
    }
    this.take({ kind: 'primary', good, atMs: this.primary.atMs });
  }

  private async lookAtStandby(): Promise<void> {
    const { ports, registration } = this.context;
    const seen = await probeSite(ports, registration, 'standby');
    if (!this.open) return;
    if (seen.kind === 'good') {
      this.standbyFails = 0;
      return;
    }
    this.standbyFails += 1;
    this.standbyFailsAll += 1;
    this.say(`a direct probe of the standby failed: ${seen.because}`);
    this.judge();
  }

  private async lookAtAlarms(): Promise<void> {
    const { ports, registration } = this.context;
    const blocking = registration.alarms.filter((alarm) => alarm.blocksDrill && !alarm.inDrill);
    if (blocking.length === 0) return;
    const on: string[] = [];
    let blind = false;
    for (const region of new Set(blocking.map((alarm) => alarm.region))) {
      const names = blocking.filter((alarm) => alarm.region === region).map((alarm) => alarm.name);
      const states = await ports.alarms.states(region, names);
      if (isUnknown(states)) blind = true;
      else on.push(...names.filter((name) => (states as Record<string, string>)[name] === 'ALARM'));
    }
    this.alarmBlindReads = blind ? this.alarmBlindReads + 1 : 0;
    this.abortAlarmsOn = on;
    this.judge();
  }

  private async observe(checkId: string): Promise<void> {
    const { fault } = this;
    if (!fault || (fault.firstFailingMs !== undefined && this.seen.tD !== undefined)) return;
    const observations = await this.context.ports.checks.observations(checkId);
    if (isUnknown(observations) || !this.open) return;
    const failing = observations.filter((o) => !o.healthy && o.checkedAtMs >= fault.sentAtMs).map((o) => o.checkedAtMs);
    const firstFailingMs = Math.min(...failing, this.fault?.firstFailingMs ?? Number.POSITIVE_INFINITY);
    if (Number.isFinite(firstFailingMs)) this.fault = { ...fault, firstFailingMs };
  }

  private async request(index: number): Promise<void> {
    const client = this.clients[index];
    if (!client || client.servedAtMs !== undefined) return;
    const next = await tick(this.context, this.servers, client);
    if (!this.open) return;
    this.clients[index] = next;
    if (next.servedAtMs !== undefined) this.judge();
  }

  private async note(): Promise<void> {
    const { ports, input } = this.context;
    const last = this.primary;
    if (!last) return;
    try {
      const { stop } = await transact(ports.journal, input.pair, (item) =>
        noteProbe(item, input.drillId, { good: last.good, atMs: last.atMs }, ports.time.nowMs()),
      );
      this.journalFails = 0;
      this.stop = this.stop ?? stop;
    } catch (error) {
      this.journalFails += 1;
      if (this.journalFails >= JOURNAL_FAILS) this.stop = `the journal does not answer: ${(error as Error).message}`;
    }
    this.judge();
  }
}
