import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { FailoverEvent } from '../../contracts/events';
import type { Announcer } from '../ports';
import { clientSettings } from './clients';

/** SNS takes at most 100 characters of printable ASCII as a subject. */
const subjectOf = (event: FailoverEvent) =>
  `${event.pair}: ${event.summary}`
    .replace(/[^\x20-\x7e]/g, ' ')
    .slice(0, 100)
    .trim();

export class SnsAnnouncer implements Announcer {
  private readonly client = new SNSClient(clientSettings());

  public async announce(topicArn: string, event: FailoverEvent): Promise<void> {
    await this.client.send(new PublishCommand({ TopicArn: topicArn, Subject: subjectOf(event), Message: JSON.stringify(event) }));
  }
}
