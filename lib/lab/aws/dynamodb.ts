import { type AwsCall, AwsFault, type AwsReply, type AwsService, arnOf, type Claim } from './call';
import { holds, type Item, type Placeholders } from './condition';
import { json, jsonError } from './protocols';

interface Request {
  readonly TableName: string;
  readonly Key?: Item;
  readonly Item?: Item;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Placeholders['names'];
  readonly ExpressionAttributeValues?: Placeholders['values'];
}

/** DynamoDB's GetItem and PutItem with conditions, for tables that exist beforehand. */
export class DynamoDb implements AwsService {
  public readonly name = 'dynamodb';
  public readonly fail = jsonError;
  private readonly tables: ReadonlyMap<string, { readonly keys: readonly string[]; readonly items: Map<string, Item> }>;

  /** @param tables key attributes by `region/table`; a table exists in its own Region only */
  public constructor(tables: Readonly<Record<string, readonly string[]>>) {
    this.tables = new Map(Object.entries(tables).map(([name, keys]) => [name, { keys, items: new Map() }]));
  }

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const operation = call.headers['x-amz-target']?.split('.')[1];
    const request = JSON.parse(call.body.toString()) as Request;
    const table = this.tables.get(`${call.region}/${request.TableName}`);
    claim(`dynamodb:${operation}`, arnOf('dynamodb', call.region, `table/${request.TableName}`));
    if (!table) throw new AwsFault('ResourceNotFoundException', 'Requested resource not found');
    switch (operation) {
      case 'GetItem':
        return json({ Item: table.items.get(keyOf(table.keys, request.Key)) });
      case 'PutItem': {
        const key = keyOf(table.keys, request.Item);
        checkCondition(request, table.items.get(key));
        table.items.set(key, request.Item ?? {});
        return json({});
      }
      default:
        throw new AwsFault('UnknownOperationException', `the lab does not play dynamodb:${operation}`);
    }
  }

  /** All items of a table, for assertions and for comparing before with after. */
  public items(region: string, table: string): readonly Item[] {
    return [...(this.tables.get(`${region}/${table}`)?.items.values() ?? [])];
  }
}

function keyOf(keys: readonly string[], item: Item | undefined): string {
  const values = keys.map((key) => item?.[key]);
  if (values.some((value) => value === undefined)) {
    throw new AwsFault('ValidationException', 'The provided key element does not match the schema');
  }
  return JSON.stringify(values);
}

function checkCondition(request: Request, item: Item | undefined): void {
  if (!request.ConditionExpression) return;
  let met: boolean;
  try {
    met = holds(request.ConditionExpression, item, {
      names: request.ExpressionAttributeNames,
      values: request.ExpressionAttributeValues,
    });
  } catch (error) {
    throw new AwsFault('ValidationException', (error as Error).message);
  }
  if (!met) throw new AwsFault('ConditionalCheckFailedException', 'The conditional request failed');
}
