import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { JournalItem } from '../../decide/journal';
import { JOURNAL_EXPIRES, JOURNAL_KEY } from '../../decide/names';
import type { Journal, Time } from '../ports';
import { clientSettings, isNamed } from './clients';

/** How long a claim of `once` is remembered, in seconds. */
const CLAIM_KEPT_SEC = 14 * 86_400;

/** One item per pair. The document is one JSON string beside the revision: people can read it, and nothing is lost on the way. */
export class DynamoDbJournal implements Journal {
  private readonly client: DynamoDBClient;

  constructor(
    private readonly table: string,
    private readonly time: Pick<Time, 'nowMs'>,
    region?: string,
    settings: Parameters<typeof clientSettings>[0] = {},
  ) {
    this.client = new DynamoDBClient(clientSettings({ ...settings, region }));
  }

  public async read(pair: string): Promise<JournalItem | undefined> {
    const answer = await this.client.send(
      new GetItemCommand({ TableName: this.table, Key: { [JOURNAL_KEY]: { S: `pair#${pair}` } }, ConsistentRead: true }),
    );
    const document = answer.Item?.['document']?.S;
    return document === undefined ? undefined : (JSON.parse(document) as JournalItem);
  }

  public write(item: JournalItem, seen: number): Promise<'written' | 'lost'> {
    return this.put({
      Item: {
        [JOURNAL_KEY]: { S: `pair#${item.pair}` },
        revision: { N: String(item.revision) },
        document: { S: JSON.stringify(item) },
      },
      ...(seen === 0
        ? { ConditionExpression: 'attribute_not_exists(#key)', ExpressionAttributeNames: { '#key': JOURNAL_KEY } }
        : {
            ConditionExpression: '#revision = :seen',
            ExpressionAttributeNames: { '#revision': 'revision' },
            ExpressionAttributeValues: { ':seen': { N: String(seen) } },
          }),
    });
  }

  public async once(key: string): Promise<boolean> {
    const expires = Math.ceil(this.time.nowMs() / 1000) + CLAIM_KEPT_SEC;
    const put = await this.put({
      Item: { [JOURNAL_KEY]: { S: `once#${key}` }, [JOURNAL_EXPIRES]: { N: String(expires) } },
      ConditionExpression: 'attribute_not_exists(#key)',
      ExpressionAttributeNames: { '#key': JOURNAL_KEY },
    });
    return put === 'written';
  }

  private async put(input: Omit<ConstructorParameters<typeof PutItemCommand>[0], 'TableName'>): Promise<'written' | 'lost'> {
    try {
      await this.client.send(new PutItemCommand({ TableName: this.table, ...input }));
      return 'written';
    } catch (error) {
      if (isNamed(error, 'ConditionalCheckFailedException')) return 'lost';
      throw error;
    }
  }
}
