/**
 * The alert path of a world: topic, queue, the pager's production code, and PagerDuty. It has a clock and dice of its own,
 * so that it can be lived to its end when nothing else happens any more, and so that it reshuffles nothing else.
 */
import type { FailoverEvent } from '../../../../contracts/events';
import { severityMap } from '../../../../decide/alert';
import { suspectedIncidents, watchKey } from '../../../../decide/database/run-rules';
import type { JournalItem } from '../../../../decide/journal';
import { drivePager, type PagerPorts } from '../../../../runtime/drive/pager';
import type { QueuedMessage } from '../../../../runtime/ports';
import { seededUniform } from '../../random';
import { Scheduler } from '../../scheduler';
import { FaultPoints, Invocation } from '../invocation';
import { PAIR } from '../registrations';
import { EPOCH_MS } from '../setting';
import type { World } from '../world';
import { type Alarm, alarmMessage, HEALTH_ALARM } from './alarm';
import { Desk } from './desk';
import { pagerPorts } from './ports';
import { Queue } from './queue';

/** Changes what the pager reaches the world through: how a planted bug gets in. */
export type DecoratePager = (ports: PagerPorts, world: World) => PagerPorts;

/** What was said last under a key, and how many outages it told of. */
export interface Said {
  readonly last: 'trigger' | 'resolve';
  readonly outages: number;
}

const SETTINGS = { severities: severityMap('critical', 'warning'), startWithinMs: 20_000 };
/** Two calls at a time, each ended at its limit: as the construct sets them. */
const MOST_CALLS = 2;
const CALL_MS = 90_000;
/** Ordinary delay of topic and queue together, and the longest there is. */
const SOON_MS = 400;
const LATE_MS = 600_000;
/** From Route 53's verdict to the alarm's message. */
const ALARM_MS = 75_000;

export class AlertPath {
  public readonly scheduler = new Scheduler(EPOCH_MS);
  public readonly points: FaultPoints;
  public readonly desk = new Desk();
  public readonly said = new Map<string, Said>();
  public readonly queue: Queue;
  public readonly uniform: () => number;
  /** Events that may open what is over: nobody could be asked, it changed after the question, or a suspicion stands anyway. */
  public excused = 0;
  private alarm: Alarm = 'OK';
  private published = 0;
  private calls = 0;
  private waking = false;

  public constructor(
    private readonly world: World,
    private readonly decorate: DecoratePager = (ports) => ports,
  ) {
    const { setting, points, faultsEndMs } = world;
    this.uniform = seededUniform(setting.seed ^ 0x68bc21eb);
    const { crash, met } = points;
    this.points = new FaultPoints(this.scheduler, this.uniform, setting.faults, faultsEndMs, crash, met);
    this.queue = new Queue(this.scheduler, this.uniform, () => this.wake());
  }

  /** One of our own events; it is in the topic from now on. */
  public tell(topicArn: string, event: FailoverEvent): void {
    if (event.action === 'trigger' || event.action === 'resolve') this.note(event.incidentKey, event.action);
    this.publish(topicArn, JSON.stringify(event));
  }

  /** Route 53 turned its verdict on the primary: the alarm on it follows. */
  public verdict(primaryHealthy: () => boolean): void {
    this.scheduler.at(this.world.nowMs() + ALARM_MS, () => {
      const now = primaryHealthy() ? 'OK' : 'ALARM';
      if (now === this.alarm) return;
      this.alarm = now;
      this.note(HEALTH_ALARM.arn, now === 'OK' ? 'resolve' : 'trigger');
      this.publish(HEALTH_ALARM.topic, alarmMessage(now, this.scheduler.nowMs()));
    });
  }

  public alarmState(): Alarm {
    return this.alarm;
  }

  public journal(pair: string): JournalItem | undefined {
    return this.world.store.read(pair);
  }

  /** What PagerDuty does with one event: it may be busy. */
  public post(event: Readonly<Record<string, unknown>>) {
    if (this.chance('pagerDutyBusy', 'events that PagerDuty refuses')) {
      return { kind: 'status' as const, status: this.uniform() < 0.7 ? 429 : 503, body: 'busy', retryAfterSec: 30 };
    }
    if (this.isUntold(event['dedup_key'])) this.excused += 1;
    const became = this.desk.take(event);
    this.world.note(() => `PagerDuty: ${became}`);
    return { kind: 'status' as const, status: 202, body: '' };
  }

  /** What may be of an earlier suspicion goes out while another one stands. */
  private isUntold(key: unknown): boolean {
    const database = this.journal(PAIR)?.database;
    const watched = typeof key === 'string' && key.startsWith(watchKey(PAIR, ''));
    return watched && database?.suspect !== undefined && !suspectedIncidents(PAIR, database).includes(key);
  }

  private note(key: string, last: Said['last']): void {
    const before = this.said.get(key);
    const begins = last === 'trigger' && before?.last !== 'trigger';
    this.said.set(key, { last, outages: (before?.outages ?? 0) + (begins ? 1 : 0) });
  }

  private publish(topicArn: string, message: string): void {
    this.published += 1;
    const nowMs = Math.max(this.world.nowMs(), this.scheduler.nowMs());
    const fields = { Type: 'Notification', MessageId: `m${this.published}`, TopicArn: topicArn, Message: message };
    const body = JSON.stringify({ ...fields, Timestamp: new Date(nowMs).toISOString() });
    const times = this.chance('alertTwice', 'alerts delivered twice') ? 2 : 1;
    for (let n = 0; n < times; n += 1) {
      const lateMs = this.chance('alertLate', 'alerts delivered late') ? LATE_MS * this.uniform() ** 3 : 0;
      this.scheduler.at(Math.floor(nowMs + SOON_MS * this.uniform() + lateMs), () => this.queue.send(body));
    }
  }

  /** One call for whatever is visible, and another at once when there is more. */
  private wake(): void {
    if (this.waking) return;
    this.waking = true;
    this.scheduler.at(this.scheduler.nowMs(), () => {
      this.waking = false;
      if (this.calls >= MOST_CALLS) return;
      const messages = this.queue.receive();
      if (messages.length > 0) this.call(messages);
    });
  }

  private call(messages: readonly QueuedMessage[]): void {
    this.calls += 1;
    const over = () => {
      this.calls -= 1;
      this.wake();
    };
    const cancel = this.scheduler.after(CALL_MS, () => invocation.kill(`no answer within ${CALL_MS} ms`));
    const invocation = new Invocation('pager', this.points, (because) => {
      cancel();
      this.world.note(() => `pager: ${because}`);
      over();
    });
    const ports = this.decorate(pagerPorts(this, invocation), this.world);
    void drivePager(messages, SETTINGS, ports).then((again) => {
      if (invocation.isDead) return;
      cancel();
      for (const { id } of messages) {
        // A delete is not always the end of a message.
        if (!again.includes(id) && !this.chance('alertTwice', 'alerts delivered again after their end')) this.queue.delete(id);
      }
      over();
    });
  }

  private chance(rate: 'alertTwice' | 'alertLate' | 'pagerDutyBusy', trouble: string): boolean {
    const p = this.points.now()[rate];
    if (p === 0 || this.uniform() >= p) return false;
    this.points.meet(trouble);
    return true;
  }
}
