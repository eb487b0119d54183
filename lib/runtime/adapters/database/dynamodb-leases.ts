import { randomUUID } from 'node:crypto';
import { type AttributeValue, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { LEASE_KEY } from '../../../contracts/database';
import type { LeaseBelief, LeaseLook } from '../../../decide/database/lease';
import type { Unknown } from '../../ports';
import type { DatabaseRegistry, LeaseRenewals, Leases } from '../../ports/database';
import { clientSettings, isNamed, unknownBecause } from '../clients';
import { Regional } from '../regional';
import { LOOK } from './orders';

/** Where a pair's record is: the table, and the Region of the replica that is asked. */
export interface LeasePlace {
  readonly table: string;
  readonly region: string;
}

interface Condition {
  readonly text: string;
  readonly names: readonly string[];
  readonly values?: Record<string, AttributeValue>;
}

/**
 * One item per pair. Whether a lease has run out is never read from a clock in it: the observer watches `rvn` stand still, and
 * takes exactly the record that it saw. Reads are strongly consistent, over Regions where the table is.
 */
class LeaseTable {
  private readonly clients: Regional<DynamoDBClient>;

  public constructor(settings: { readonly requestTimeoutMs: number; readonly attempts: number }) {
    this.clients = new Regional((region) => new DynamoDBClient(clientSettings({ ...settings, region })));
  }

  public async read({ table, region }: LeasePlace, pair: string): Promise<LeaseLook> {
    try {
      const command = new GetItemCommand({ TableName: table, Key: keyOf(pair), ConsistentRead: true });
      const { Item: item } = await this.clients.in(region).send(command);
      if (!item) return { kind: 'absent', because: `table ${table} holds no lease of ${pair}` };
      const [rvn, holder] = [item['rvn']?.S, item['holder']?.S];
      const [epoch, turn] = [Number(item['epoch']?.N), Number(item['turn']?.N)];
      if (rvn === undefined || holder === undefined || !Number.isSafeInteger(epoch) || !Number.isSafeInteger(turn)) {
        return { kind: 'unknown', because: `the lease of ${pair} in table ${table} has another shape` };
      }
      return { kind: 'lease', rvn, epoch, holder, turn };
    } catch (error) {
      return unknownBecause(error);
    }
  }

  /** Writes a record with a new `rvn`, if the one that stands there meets the condition. */
  public async write(
    { table, region }: LeasePlace,
    pair: string,
    lease: { readonly epoch: number; readonly holder: string; readonly turn: number },
    condition: Condition,
  ): Promise<'written' | 'lost' | Unknown> {
    const fields = { holder: { S: lease.holder }, epoch: number(lease.epoch), turn: number(lease.turn) };
    try {
      await this.clients.in(region).send(
        new PutItemCommand({
          TableName: table,
          Item: { ...keyOf(pair), rvn: { S: randomUUID() }, ...fields },
          ConditionExpression: condition.text,
          ExpressionAttributeNames: Object.fromEntries(condition.names.map((name) => [`#${name}`, name])),
          ...(condition.values ? { ExpressionAttributeValues: condition.values } : {}),
        }),
      );
      return 'written';
    } catch (error) {
      return isNamed(error, 'ConditionalCheckFailedException') ? 'lost' : unknownBecause(error);
    }
  }
}

/** The lease as prober and steps see it, in the table that a pair's registration names. */
export class DynamoDbLeases implements Leases {
  // A take that is repeated by the client loses against itself and is read again: safe, so it may be retried.
  private readonly table = new LeaseTable(LOOK);

  public constructor(private readonly registry: DatabaseRegistry) {}

  public async read(pair: string): Promise<LeaseLook> {
    const where = await this.where(pair);
    return 'kind' in where ? where : this.table.read(where, pair);
  }

  public take(pair: string, seenRvn: string, epoch: number, holder: string): Promise<'taken' | 'lost' | Unknown> {
    return this.put(pair, epoch, holder, {
      text: '#rvn = :seen AND #epoch <= :epoch',
      names: ['rvn', 'epoch'],
      values: { ':seen': { S: seenRvn }, ':epoch': number(epoch) },
    });
  }

  public offer(pair: string, epoch: number, holder: string): Promise<'taken' | 'lost' | Unknown> {
    return this.put(pair, epoch, holder, { text: `attribute_not_exists(#${LEASE_KEY})`, names: [LEASE_KEY] });
  }

  private async put(pair: string, epoch: number, holder: string, condition: Condition): Promise<'taken' | 'lost' | Unknown> {
    const where = await this.where(pair);
    if ('kind' in where) return where;
    const written = await this.table.write(where, pair, { epoch, holder, turn: 0 }, condition);
    return written === 'written' ? 'taken' : written;
  }

  private async where(pair: string): Promise<LeasePlace | Unknown> {
    const database = await this.registry.database(pair);
    if (database.kind === 'unknown') return database;
    const lease = database.kind === 'none' ? undefined : database.lease;
    return lease ?? { kind: 'unknown', because: `${pair} has no lease` };
  }
}

/** Shorter than the pause between two renewals; sent once, because a late repetition would be an old belief. */
const RENEWAL = { requestTimeoutMs: 3_000, attempts: 1 } as const;

/** The lease as the writer's renewer sees it. */
export class DynamoDbRenewals implements LeaseRenewals {
  private readonly table = new LeaseTable(RENEWAL);

  public constructor(private readonly where: LeasePlace) {}

  public read(pair: string): Promise<LeaseLook> {
    return this.table.read(this.where, pair);
  }

  public async renew(pair: string, holder: string, { epoch, seenTurn, turn }: LeaseBelief): ReturnType<LeaseRenewals['renew']> {
    const written = await this.table.write(
      this.where,
      pair,
      { epoch, holder, turn },
      {
        text: '#holder = :me AND #epoch = :mine AND #turn = :seen',
        names: ['holder', 'epoch', 'turn'],
        values: { ':me': { S: holder }, ':mine': number(epoch), ':seen': number(seenTurn) },
      },
    );
    return written === 'written' ? 'renewed' : written === 'lost' ? 'refused' : written;
  }
}

const number = (value: number) => ({ N: String(value) });
const keyOf = (pair: string) => ({ [LEASE_KEY]: { S: `pair#${pair}` } });
