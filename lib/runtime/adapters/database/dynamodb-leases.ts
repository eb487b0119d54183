import { randomUUID } from 'node:crypto';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { LEASE_KEY } from '../../../contracts/database';
import type { Unknown } from '../../ports';
import type { DatabaseRegistry, Leases } from '../../ports/database';
import { clientSettings, isNamed, unknownBecause } from '../clients';
import { Regional } from '../regional';
import { LOOK } from './orders';

/**
 * One item per pair, in the table that its registration names. Whether a lease has run out is never read from a clock in
 * it: the observer watches `rvn` stand still, and takes exactly the record that it saw.
 */
export class DynamoDbLeases implements Leases {
  // A take that is repeated by the client loses against itself and is read again: safe, so it may be retried.
  private readonly clients = new Regional((region) => new DynamoDBClient(clientSettings({ ...LOOK, region })));

  public constructor(private readonly registry: DatabaseRegistry) {}

  public async read(pair: string): ReturnType<Leases['read']> {
    try {
      const where = await this.where(pair);
      if ('kind' in where) return where;
      const { Item: item } = await this.clients
        .in(where.region)
        .send(new GetItemCommand({ TableName: where.table, Key: keyOf(pair), ConsistentRead: true }));
      const [rvn, epoch, holder] = [item?.['rvn']?.S, Number(item?.['epoch']?.N), item?.['holder']?.S];
      if (rvn === undefined || holder === undefined || !Number.isSafeInteger(epoch)) {
        return { kind: 'unknown', because: `table ${where.table} holds no lease of ${pair}` };
      }
      return { kind: 'lease', rvn, epoch, holder };
    } catch (error) {
      return unknownBecause(error);
    }
  }

  public async take(pair: string, seenRvn: string, epoch: number, holder: string): Promise<'taken' | 'lost' | Unknown> {
    try {
      const where = await this.where(pair);
      if ('kind' in where) return where;
      await this.clients.in(where.region).send(
        new PutItemCommand({
          TableName: where.table,
          Item: { ...keyOf(pair), rvn: { S: randomUUID() }, epoch: { N: String(epoch) }, holder: { S: holder } },
          ConditionExpression: '#rvn = :seen AND #epoch <= :epoch',
          ExpressionAttributeNames: { '#rvn': 'rvn', '#epoch': 'epoch' },
          ExpressionAttributeValues: { ':seen': { S: seenRvn }, ':epoch': { N: String(epoch) } },
        }),
      );
      return 'taken';
    } catch (error) {
      return isNamed(error, 'ConditionalCheckFailedException') ? 'lost' : unknownBecause(error);
    }
  }

  private async where(pair: string): Promise<{ readonly table: string; readonly region: string } | Unknown> {
    const database = await this.registry.database(pair);
    if (database.kind === 'unknown') return database;
    const lease = database.kind === 'none' ? undefined : database.lease;
    return lease ?? { kind: 'unknown', because: `${pair} has no lease` };
  }
}

const keyOf = (pair: string) => ({ [LEASE_KEY]: { S: `pair#${pair}` } });
