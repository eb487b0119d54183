/** The lease by hand: looked at twice, then taken exactly as it stands. */
import { STEAL_MS } from '../database/lease';
import { aws, kept, shell } from './shell';
import type { Bound } from './types';

export function takeLease({ pair, database: { lease } }: Bound): readonly string[] {
  if (!lease) return [];
  const key = { pk: { S: `pair#${pair.pair}` } };
  const read = aws(
    'dynamodb',
    'get-item',
    lease.region,
    ['table-name', lease.table],
    ['key', JSON.stringify(key)],
    ['consistent-read'],
    ['query', 'Item.rvn.S'],
    ['output', 'text'],
  );
  const item = {
    ...key,
    rvn: { S: 'by-hand-e$EPOCH' },
    holder: { S: 'by-hand-e$EPOCH' },
    epoch: { N: '$EPOCH' },
    turn: { N: '0' },
  };
  const take = aws(
    'dynamodb',
    'put-item',
    lease.region,
    ['table-name', lease.table],
    ['item', expanded(item)],
    ['condition-expression', 'rvn = :seen AND epoch <= :epoch'],
    ['expression-attribute-values', expanded({ ':seen': { S: '$SEEN' }, ':epoch': { N: '$EPOCH' } })],
  );
  return [
    `# the lease, twice, ${STEAL_MS / 1000} s apart: two different words mean that the primary renews it, so its writer lives. Stop here`,
    kept('FIRST', read),
    `sleep ${STEAL_MS / 1000}`,
    kept('SEEN', read),
    'echo "$FIRST $SEEN"',
    `[ "$FIRST" = "$SEEN" ] && ${take}`,
  ];
}

/** JSON in which the shell fills in its variables. */
const expanded = (value: unknown) => shell(`"${JSON.stringify(value).replaceAll('"', '\\"')}"`);
