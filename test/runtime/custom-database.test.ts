import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrderFunction } from '../../lib/runtime/adapters/database/order-function';
import { standsAlone } from '../../lib/runtime/drive/database/promote';
import { databaseOf } from '../fakes/database/world';

const page = readFileSync(join(__dirname, '../../docs/custom-database.md'), 'utf8');
const examples = new Map(
  [...page.matchAll(/<!-- example: (.*) -->\n```json\n([\s\S]*?)```/g)].map(([, name, text]) => [name, JSON.parse(text ?? '')]),
);
const registration = databaseOf({ kind: 'custom', orderFunction: 'orders' });
const [replica] = registration.replicas;
if (!replica) throw new Error('the registration has a replica');

/** The adapter that ships, beside a function that answers what the page says. */
function answering(example: string) {
  const requests: unknown[] = [];
  const answer = examples.get(example);
  const invoke = async (_name: string, request: unknown) => {
    requests.push(JSON.parse(JSON.stringify(request)));
    return { kind: 'done' as const, answer };
  };
  return { requests, asked: new OrderFunction({ invoke }) };
}

describe('the page on databases outside RDS', () => {
  test('shows the request that is sent, and a replica that does not stand alone', async () => {
    const { requests, asked } = answering('look replica');
    const view = await asked.look(registration, replica);
    expect(requests).toEqual([examples.get('request')]);
    expect(view).toEqual({
      kind: 'member',
      id: 'app-b1',
      status: 'available',
      replicaOf: 'app-a',
      replicating: true,
      isWriter: false,
    });
    expect(view.kind === 'member' && standsAlone(view, 'custom')).toBe(false);
  });

  test('shows a writer that stands alone', async () => {
    const view = await answering('look writer').asked.look(registration, replica);
    expect(view.kind === 'member' && standsAlone(view, 'custom')).toBe(true);
  });

  test('shows samples, of which one is unknown with its reason', async () => {
    const { requests, asked } = answering('lag');
    expect(await asked.samples(registration, replica, 1, 2)).toEqual([
      { kind: 'lag', atMs: 1_795_176_000_000, ms: 800 },
      { kind: 'unknown', atMs: 1_795_176_010_000, because: 'the replica did not answer' },
    ]);
    expect(requests).toEqual([{ ...examples.get('request'), action: 'lag', fromMs: 1, toMs: 2 }]);
  });

  test('shows an order that is taken, and one that is refused for good', async () => {
    const { requests, asked } = answering('promote');
    expect(await asked.promote(registration, replica, 7)).toEqual({ kind: 'accepted' });
    expect(requests).toEqual([{ ...examples.get('request'), action: 'promote', epoch: 7 }]);
    expect(await answering('refused').asked.switchover(registration, replica, 6)).toEqual({
      kind: 'refused',
      because: 'epoch 6 is older than 7, which was carried out',
      retryable: false,
    });
  });
});
