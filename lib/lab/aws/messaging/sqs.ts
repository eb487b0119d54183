import { createHash, randomUUID } from 'node:crypto';
import type { Time } from '../../../runtime/ports';
import { type AwsCall, AwsFault, type AwsReply, type AwsService, arnOf, type Claim, LAB_ACCOUNT } from '../call';
import { json, jsonError } from '../protocols';

export interface QueueSettings {
  readonly region: string;
  readonly visibilitySec: number;
  /** Where a message goes that was received too often. */
  readonly deadLetter?: { readonly queue: string; readonly maxReceives: number };
}

export interface QueueMessage {
  readonly id: string;
  readonly body: string;
  readonly sentAtMs: number;
  visibleAtMs: number;
  receives: number;
  receipt: string;
}

/** SQS standard queues: SendMessage, ChangeMessageVisibility, and what an event source mapping needs. */
export class Sqs implements AwsService {
  public readonly name = 'sqs';
  public readonly fail = jsonError;
  private readonly queues: ReadonlyMap<string, { readonly settings: QueueSettings; messages: QueueMessage[] }>;
  private readonly arrivals = new Map<string, () => void>();

  public constructor(
    private readonly time: Time,
    queues: Readonly<Record<string, QueueSettings>>,
  ) {
    this.queues = new Map(Object.entries(queues).map(([name, settings]) => [name, { settings, messages: [] }]));
  }

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const operation = call.headers['x-amz-target']?.split('.')[1];
    const request = JSON.parse(call.body.toString()) as Record<string, string | number | undefined>;
    const name = String(request.QueueUrl).split('/').pop() ?? '';
    claim(`sqs:${operation}`, arnOf('sqs', call.region, name));
    if (this.queues.get(name)?.settings.region !== call.region) {
      throw new AwsFault('AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.');
    }
    switch (operation) {
      case 'SendMessage': {
        const body = String(request.MessageBody);
        return json({ MessageId: this.send(name, body), MD5OfMessageBody: createHash('md5').update(body).digest('hex') });
      }
      case 'ChangeMessageVisibility':
        return this.changeVisibility(name, String(request.ReceiptHandle), Number(request.VisibilityTimeout));
      default:
        throw new AwsFault('InvalidAction', `the lab does not play sqs:${operation}`);
    }
  }

  public send(name: string, body: string): string {
    const queue = this.queue(name);
    const sentAtMs = this.time.nowMs();
    const message = { id: randomUUID(), body, sentAtMs, visibleAtMs: sentAtMs, receives: 0, receipt: '' };
    queue.messages.push(message);
    this.arrivals.get(name)?.();
    return message.id;
  }

  /** Takes up to `most` visible messages and hides them for the queue's visibility time. */
  public receive(name: string, most: number): readonly QueueMessage[] {
    const queue = this.queue(name);
    const nowMs = this.time.nowMs();
    this.buryOften(queue);
    const taken = queue.messages.filter((message) => message.visibleAtMs <= nowMs).slice(0, most);
    for (const message of taken) {
      message.receives += 1;
      message.receipt = randomUUID();
      message.visibleAtMs = nowMs + 1_000 * queue.settings.visibilitySec;
    }
    return taken.map((message) => ({ ...message }));
  }

  public delete(name: string, id: string): void {
    const queue = this.queue(name);
    queue.messages = queue.messages.filter((message) => message.id !== id);
  }

  /** Everything in a queue, visible or not. */
  public messages(name: string): readonly QueueMessage[] {
    return this.queue(name).messages;
  }

  /** When the next message can be received; undefined for an empty queue. */
  public nextVisibleMs(name: string): number | undefined {
    const times = this.queue(name).messages.map((message) => message.visibleAtMs);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** Hears of messages that arrive or become visible earlier; one listener per queue. */
  public onArrival(name: string, listener: () => void): void {
    this.arrivals.set(name, listener);
  }

  public settings(name: string): QueueSettings {
    return this.queue(name).settings;
  }

  private changeVisibility(name: string, receipt: string, sec: number): AwsReply {
    const message = this.queue(name).messages.find((one) => one.receipt === receipt);
    if (!message) throw new AwsFault('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
    if (!(sec >= 0 && sec <= 43_200))
      throw new AwsFault('InvalidParameterValue', `Value ${sec} for parameter VisibilityTimeout is invalid.`);
    message.visibleAtMs = this.time.nowMs() + 1_000 * sec;
    this.arrivals.get(name)?.();
    return json({});
  }

  private buryOften(queue: { readonly settings: QueueSettings; messages: QueueMessage[] }): void {
    const { deadLetter } = queue.settings;
    if (!deadLetter) return;
    const nowMs = this.time.nowMs();
    const often = queue.messages.filter((message) => message.receives >= deadLetter.maxReceives && message.visibleAtMs <= nowMs);
    for (const message of often) this.send(deadLetter.queue, message.body);
    queue.messages = queue.messages.filter((message) => !often.includes(message));
  }

  private queue(name: string) {
    const queue = this.queues.get(name);
    if (!queue) throw new AwsFault('AWS.SimpleQueueService.NonExistentQueue', `The specified queue does not exist: ${name}`);
    return queue;
  }
}

export const queueUrl = (endpoint: string, name: string) => `${endpoint}/${LAB_ACCOUNT}/${name}`;
