import type { Time } from '../../../runtime/ports';
import { arnOf } from '../call';
import type { FunctionHost, InvokeResult } from '../lambda';
import type { QueueMessage, Sqs } from './sqs';

const BATCH_MAX = 10;

/** Feeds a queue to a function, as Lambda's event source mapping does, with partial batch failures. */
export class EventSource {
  private stopped = false;
  private wake: () => void = () => undefined;

  public constructor(
    private readonly time: Time,
    private readonly sqs: Sqs,
    private readonly host: FunctionHost,
    private readonly queue: string,
    private readonly functionName: string,
  ) {
    sqs.onArrival(queue, () => this.wake());
    void this.run();
  }

  /** Takes no further batch. */
  public close(): void {
    this.stopped = true;
    this.wake();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const messages = this.sqs.receive(this.queue, BATCH_MAX);
      if (messages.length > 0) await this.deliver(messages);
      else await this.idle();
    }
  }

  private async deliver(messages: readonly QueueMessage[]): Promise<void> {
    const { region } = this.sqs.settings(this.queue);
    const event = { Records: messages.map((message) => record(message, this.queue, region)) };
    const result = await this.host.invoke(this.functionName, region, event);
    const failed = failedItems(result);
    for (const message of messages) if (failed !== 'all' && !failed.has(message.id)) this.sqs.delete(this.queue, message.id);
  }

  /** Waits until something arrives or the next hidden message comes back. */
  private idle(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      const nextMs = this.sqs.nextVisibleMs(this.queue);
      if (nextMs !== undefined) void this.time.sleep(Math.max(1, nextMs - this.time.nowMs())).then(resolve);
    });
  }
}

function failedItems(result: InvokeResult): 'all' | ReadonlySet<string> {
  if (result.kind === 'failed') return 'all';
  const answer = result.answer as { batchItemFailures?: readonly { itemIdentifier: string }[] } | null | undefined;
  return new Set(answer?.batchItemFailures?.map((item) => item.itemIdentifier) ?? []);
}

const record = (message: QueueMessage, queue: string, region: string) => ({
  messageId: message.id,
  receiptHandle: message.receipt,
  body: message.body,
  attributes: { ApproximateReceiveCount: String(message.receives), SentTimestamp: String(message.sentAtMs) },
  messageAttributes: {},
  eventSource: 'aws:sqs',
  eventSourceARN: arnOf('sqs', region, queue),
  awsRegion: region,
});
