import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyBatch, type Change, lookUp, type RecordSet, type RecordType } from '../../lib/decide/route53';

interface ApiRecordSet {
  readonly Name: string;
  readonly Type: RecordType;
  readonly TTL?: number;
  readonly ResourceRecords?: readonly { readonly Value: string }[];
  readonly AliasTarget?: { readonly DNSName: string; readonly EvaluateTargetHealth: boolean };
}
type Batch = { readonly Changes: readonly { readonly Action: Change['action']; readonly ResourceRecordSet: ApiRecordSet }[] };

const ZONE = 'example.com';
const page = readFileSync(join(__dirname, '../../docs/adopt.md'), 'utf8');
const batches: Readonly<Record<string, Batch>> = Object.fromEntries(
  [...page.matchAll(/<!-- batch: (\S+) -->\n```json\n([\s\S]*?)```/g)].map(([, name, json = '']) => [
    name,
    JSON.parse(json) as Batch,
  ]),
);

function changesOf(name: string): readonly Change[] {
  const batch = batches[name];
  if (!batch) throw new Error(`no batch ${name} on the page`);
  return batch.Changes.map(({ Action, ResourceRecordSet: r }) => ({
    action: Action,
    record: {
      name: r.Name,
      type: r.Type,
      ...(r.TTL === undefined ? {} : { ttlSec: r.TTL }),
      ...(r.ResourceRecords ? { values: r.ResourceRecords.map((v) => v.Value) } : {}),
      ...(r.AliasTarget
        ? { alias: { target: r.AliasTarget.DNSName, evaluateTargetHealth: r.AliasTarget.EvaluateTargetHealth } }
        : {}),
    },
  }));
}

const old: RecordSet = { name: 'app.example.com', type: 'A', ttlSec: 300, values: ['1.2.3.4'] };
const oldName: RecordSet = { name: 'app.example.com', type: 'CNAME', ttlSec: 30, values: ['old.example.net'] };

/** The pair as its stack makes it, on a name of its own. */
function pair(name: string, type: 'A' | 'CNAME'): readonly RecordSet[] {
  const common = { name, type, ttlSec: 30 } as const;
  const [a, b] = type === 'A' ? ['1.2.3.4', '5.6.7.8'] : ['a.example.net', 'b.example.net'];
  return [
    { ...common, setIdentifier: 'primary', failover: 'PRIMARY', healthCheckId: 'a', values: [a] },
    { ...common, setIdentifier: 'standby', failover: 'SECONDARY', healthCheckId: 'b', values: [b] },
  ];
}
const create = (records: readonly RecordSet[]): readonly Change[] => records.map((record) => ({ action: 'CREATE', record }));

function applied(records: readonly RecordSet[], changes: readonly Change[]): readonly RecordSet[] {
  const result = applyBatch(ZONE, records, changes);
  if (result.kind === 'refused') throw new Error(result.messages.join('; '));
  return result.records;
}

/** Last value that the name answers, the primary being healthy or not. */
function answers(records: readonly RecordSet[], primaryHealthy = true): string | undefined {
  const found = lookUp(ZONE, records, 'app.example.com', 'A', (id) => id !== 'a' || primaryHealthy);
  return found.kind === 'nxdomain' || found.kind === 'refused' ? undefined : found.sets.at(-1)?.values.at(-1);
}

describe('the steps of adopt.md, on a zone that refuses what Route 53 refuses', () => {
  test('the name answers the old address after every step, then follows the pair, and the way back works', () => {
    let zone = applied([old], changesOf('1-ttl.json'));
    expect(answers(zone)).toBe('1.2.3.4');
    zone = applied(zone, create(pair('app-pair.example.com', 'A')));
    expect(answers(zone)).toBe('1.2.3.4');
    zone = applied(zone, changesOf('2-move.json'));
    expect(answers(zone)).toBe('1.2.3.4');
    expect(answers(zone, false)).toBe('5.6.7.8');
    zone = applied(zone, changesOf('3-back.json'));
    expect(answers(zone, false)).toBe('1.2.3.4');
  });

  test('a CNAME becomes a pair of addresses in one batch', () => {
    const zone = applied([oldName, ...pair('app-pair.example.com', 'A')], changesOf('cname-to-addresses.json'));
    expect([answers(zone), answers(zone, false)]).toEqual(['1.2.3.4', '5.6.7.8']);
  });

  test('an address becomes a pair of names in one batch', () => {
    const zone = applied([{ ...old, ttlSec: 30 }, ...pair('app-pair.example.com', 'CNAME')], changesOf('address-to-names.json'));
    expect([answers(zone), answers(zone, false)]).toEqual(['a.example.net', 'b.example.net']);
  });

  test('fails, as the page says, when the pair is deployed beside the plain record of that name', () => {
    expect(applyBatch(ZONE, [old], create(pair('app.example.com', 'A')))).toMatchObject({
      kind: 'refused',
      code: 'InvalidChangeBatch',
    });
  });

  test('fails, as the page says, when the type changes in two batches', () => {
    const [deletion, creation] = changesOf('cname-to-addresses.json');
    const zone = [oldName, ...pair('app-pair.example.com', 'A')];
    expect(applyBatch(ZONE, zone, [creation as Change])).toMatchObject({ kind: 'refused' });
    expect(answers(applied(zone, [deletion as Change]))).toBeUndefined();
  });

  test('fails when the pair is not deployed yet', () => {
    expect(applyBatch(ZONE, [old], changesOf('2-move.json'))).toMatchObject({ kind: 'refused' });
  });
});
