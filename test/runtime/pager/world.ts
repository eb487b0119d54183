import { severityMap } from '../../../lib/decide/alert';
import type { JournalItem } from '../../../lib/decide/journal';
import { type LabPagerDuty, startPagerDuty } from '../../../lib/lab/pagerduty';
import { HttpPagerDuty } from '../../../lib/runtime/adapters/pager/pagerduty';
import { drivePager, type PagerPorts } from '../../../lib/runtime/drive/pager';
import type { QueuedMessage } from '../../../lib/runtime/ports';

export const KEY = 'lab-routing-key-lab-routing-key1';
export const NEW_KEY = 'new-routing-key-new-routing-key2';
export const TOPIC = 'arn:aws:sns:eu-west-1:111111111111:cdk-failover-Shop-Alerts-critical';
export const ALARM_ARN = 'arn:aws:cloudwatch:eu-west-1:111111111111:alarm:shop-primary';
const START_MS = 1_795_183_200_000;
const MOST_ROUNDS = 2_000;

type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
type Waiting = { id: string; body: string; sentAtMs: number; visibleAtMs: number; attempt: number };

/**
 * A queue and an alarm on a clock that jumps to the next visible message; PagerDuty is a real server, and the sender's
 * own HTTP client talks to it.
 */
export class PagerWorld {
  public nowMs = START_MS;
  public readonly dead: { readonly id: string; readonly because: string }[] = [];
  public readonly lines: Readonly<Record<string, unknown>>[] = [];
  public readonly metrics: Record<string, number> = {};
  /** What the secret holds; undefined: it cannot be read. */
  public secret: string | undefined = KEY;
  public secretReads = 0;
  public alarmState: AlarmState | 'gone' | undefined = 'OK';
  public journal: JournalItem | undefined | Error;
  public queueWorks = true;
  public chance: () => number = () => 0.5;
  private waiting: Waiting[] = [];
  private kept?: string;
  private sent = 0;

  public static async open(accepted: readonly string[] = [KEY], answerMs?: number): Promise<PagerWorld> {
    const world: { opened?: PagerWorld } = {};
    const server = await startPagerDuty({ nowMs: () => world.opened?.nowMs ?? START_MS }, { routingKeys: new Set(accepted) });
    world.opened = new PagerWorld(server, new HttpPagerDuty(server.url, answerMs));
    return world.opened;
  }

  private constructor(
    public readonly pagerDuty: LabPagerDuty,
    private readonly client: PagerPorts['pagerDuty'],
  ) {}

  public close(): Promise<void> {
    return this.pagerDuty.close();
  }

  /** Changes the alarm and puts CloudWatch's message into the queue. */
  public turn(state: AlarmState, more: Readonly<Record<string, unknown>> = {}): string {
    const before = this.alarmState;
    this.alarmState = state;
    return this.publish({
      AlarmName: 'shop-primary',
      AlarmArn: ALARM_ARN,
      AlarmDescription: 'The primary is unhealthy. [failover pair shop]',
      NewStateValue: state,
      OldStateValue: before,
      NewStateReason: 'Threshold Crossed',
      StateChangeTime: new Date(this.nowMs).toISOString(),
      ...more,
    });
  }

  public publish(message: unknown, topicArn = TOPIC): string {
    const id = `m${++this.sent}`;
    const body = JSON.stringify({
      MessageId: `sns-${id}`,
      TopicArn: topicArn,
      Timestamp: new Date(this.nowMs).toISOString(),
      Message: typeof message === 'string' ? message : JSON.stringify(message),
    });
    this.waiting.push({ id, body, sentAtMs: this.nowMs, visibleAtMs: this.nowMs, attempt: 0 });
    return id;
  }

  /** Delivers what is visible now, `pick` first, and everything that failed stays. */
  public async deliver(pick: (id: string) => boolean = () => true): Promise<void> {
    const visible = this.waiting.filter((one) => one.visibleAtMs <= this.nowMs && pick(one.id));
    for (const one of visible) one.attempt += 1;
    const messages: QueuedMessage[] = visible.map((one) => ({ ...one, receipt: `${one.id}@${one.attempt}` }));
    const again = await drivePager(
      messages,
      { severities: severityMap('critical', 'warning'), startWithinMs: 20_000 },
      this.ports(),
    );
    this.waiting = this.waiting.filter((one) => !visible.includes(one) || again.includes(one.id));
    // The queue's own visibility time-out, for what the sender could not put off.
    for (const one of visible) if (one.visibleAtMs <= this.nowMs) one.visibleAtMs = this.nowMs + 180_000;
  }

  /** Delivers until the queue is empty, jumping to the next visible message. */
  public async drain(): Promise<void> {
    for (let round = 0; this.waiting.length > 0; round++) {
      if (round > MOST_ROUNDS) throw new Error('the queue does not get empty');
      this.nowMs = Math.max(this.nowMs, Math.min(...this.waiting.map((one) => one.visibleAtMs)));
      await this.deliver();
    }
  }

  public get left(): number {
    return this.waiting.length;
  }

  public statuses(): readonly (number | undefined)[] {
    return this.pagerDuty.requests().map((request) => request.status);
  }

  private ports(): PagerPorts {
    return {
      time: { nowMs: () => this.nowMs },
      chance: { uniform: () => this.chance() },
      keys: {
        read: async (fresh) => {
          if (fresh || this.kept === undefined) {
            this.secretReads += 1;
            this.kept = this.secret;
          }
          return this.kept === undefined
            ? { kind: 'unknown', because: 'secret pagerduty: AccessDenied' }
            : { kind: 'key', key: this.kept };
        },
      },
      pagerDuty: this.client,
      queue: {
        delay: async (receipt, sec) => {
          if (!this.queueWorks) throw new Error('queue is away');
          const one = this.waiting.find((w) => `${w.id}@${w.attempt}` === receipt);
          if (one) one.visibleAtMs = this.nowMs + sec * 1000;
        },
        bury: async ({ id }, because) => {
          if (!this.queueWorks) throw new Error('queue is away');
          this.dead.push({ id, because });
        },
      },
      alarms: {
        states: async (_region, [name = '']) => {
          if (this.alarmState === undefined) return { kind: 'unknown', because: 'throttled' };
          return this.alarmState === 'gone' ? {} : { [name]: this.alarmState };
        },
      },
      journal: {
        read: async () => {
          if (this.journal instanceof Error) throw this.journal;
          return this.journal;
        },
      },
      metrics: {
        publish: (values) => {
          for (const [name, { value }] of Object.entries(values)) this.metrics[name] = (this.metrics[name] ?? 0) + value;
        },
      },
      log: {
        info: (_what, facts = {}) => void this.lines.push(facts),
        error: (_what, facts = {}) => void this.lines.push({ ...facts, error: true }),
      },
    };
  }
}
