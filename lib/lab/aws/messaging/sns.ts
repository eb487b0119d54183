import { randomUUID } from 'node:crypto';
import type { Time } from '../../../runtime/ports';
import { type AwsCall, AwsFault, type AwsReply, type AwsService, type Claim } from '../call';
import { tag, xml, xmlError } from '../protocols';
import type { Sqs } from './sqs';

const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';

/** Printable ASCII that begins with no space, at most 100 characters. */
const SUBJECT = /^[\x21-\x7e][\x20-\x7e]{0,99}$/;

/** SNS: topics that deliver to queues. Alarms publish through `publish`, handlers through the wire. */
export class Sns implements AwsService {
  public readonly name = 'sns';
  public readonly fail = xmlError(NAMESPACE);

  /** @param subscriptions queue names by topic ARN */
  public constructor(
    private readonly time: Time,
    private readonly sqs: Sqs,
    private readonly subscriptions: Readonly<Record<string, readonly string[]>>,
  ) {}

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const form = new URLSearchParams(call.body.toString());
    const operation = form.get('Action');
    const topicArn = form.get('TopicArn') ?? '';
    claim(`sns:${operation}`, topicArn);
    if (operation !== 'Publish') throw new AwsFault('InvalidAction', `the lab does not play sns:${operation}`);
    if (topicArn.split(':')[3] !== call.region) throw new AwsFault('InvalidParameter', 'Invalid parameter: TopicArn');
    const subject = form.get('Subject') ?? undefined;
    if (subject !== undefined && !SUBJECT.test(subject)) throw new AwsFault('InvalidParameter', 'Invalid parameter: Subject');
    const messageId = this.publish(topicArn, subject, form.get('Message') ?? '');
    return xml(
      `<PublishResponse xmlns="${NAMESPACE}"><PublishResult>${tag('MessageId', messageId)}</PublishResult>` +
        `<ResponseMetadata>${tag('RequestId', randomUUID())}</ResponseMetadata></PublishResponse>`,
    );
  }

  /** @returns the message id */
  public publish(topicArn: string, subject: string | undefined, message: string): string {
    const queues = this.subscriptions[topicArn];
    if (!queues) throw new AwsFault('NotFound', 'Topic does not exist', 404);
    const messageId = randomUUID();
    const envelope = {
      Type: 'Notification',
      MessageId: messageId,
      TopicArn: topicArn,
      ...(subject === undefined ? {} : { Subject: subject }),
      Message: message,
      Timestamp: new Date(this.time.nowMs()).toISOString(),
      SignatureVersion: '1',
    };
    for (const queue of queues) this.sqs.send(queue, JSON.stringify(envelope));
    return messageId;
  }
}
