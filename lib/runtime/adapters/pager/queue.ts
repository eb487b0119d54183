import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { AlertQueue, QueuedMessage } from '../../ports';
import { clientSettings, QUICK } from '../clients';

/** SQS takes text that XML 1.0 allows; a reason may quote anything. */
const NOT_ALLOWED = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/g;
const REASON_CHARS = 1_024;

/** Queue of a foot and its dead-letter queue. */
export class SqsAlertQueue implements AlertQueue {
  private readonly client: SQSClient;

  public constructor(
    private readonly queueUrl: string,
    private readonly deadLetterQueueUrl: string,
    client?: SQSClient,
  ) {
    this.client = client ?? new SQSClient(clientSettings(QUICK));
  }

  public async delay(receipt: string, sec: number): Promise<void> {
    await this.client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: this.queueUrl, ReceiptHandle: receipt, VisibilityTimeout: sec }),
    );
  }

  public async bury(message: QueuedMessage, because: string): Promise<void> {
    const reason = because.replace(NOT_ALLOWED, '?').slice(0, REASON_CHARS);
    await this.client.send(
      new SendMessageCommand({
        QueueUrl: this.deadLetterQueueUrl,
        MessageBody: message.body,
        MessageAttributes: {
          Reason: { DataType: 'String', StringValue: reason },
          MessageId: { DataType: 'String', StringValue: message.id },
        },
      }),
    );
  }
}
