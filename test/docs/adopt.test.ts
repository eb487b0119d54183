import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { applyBatch, type Change, lookUp, type RecordSet, type RecordType } from '../../lib/decide/route53';
import { build } from './adopt-app';

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

interface TemplateRecord {
  readonly Name: string;
  readonly Type: RecordType;
  readonly SetIdentifier: string;
  readonly Failover: 'PRIMARY' | 'SECONDARY';
  readonly HealthCheckId?: { readonly Ref: string };
  readonly TTL: string;
  readonly ResourceRecords: readonly string[];
}

/** Everything that the stack on the page puts into the zone, beacons too. */
const deployed = (): readonly RecordSet[] =>
  Object.values(Template.fromStack(build(new App())).findResources('AWS::Route53::RecordSet')).map((resource) => {
    const r = resource['Properties'] as TemplateRecord;
    return {
      name: r.Name,
      type: r.Type,
      setIdentifier: r.SetIdentifier,
      failover: r.Failover,
      ttlSec: Number(r.TTL),
      values: r.ResourceRecords,
      ...(r.HealthCheckId ? { healthCheckId: r.HealthCheckId.Ref } : {}),
    };
  });
const PAIR = deployed();
const primaryCheck = PAIR.find((r) => r.failover === 'PRIMARY' && r.type === 'A')?.healthCheckId;

/** A pair of names has CNAMEs in the place of addresses. */
const PAIR_OF_NAMES = PAIR.filter((r) => r.type === 'A').map((r): RecordSet => {
  return { ...r, type: 'CNAME', values: [r.failover === 'PRIMARY' ? 'a.example.net' : 'b.example.net'] };
});
const create = (records: readonly RecordSet[]): readonly Change[] => records.map((record) => ({ action: 'CREATE', record }));

function applied(records: readonly RecordSet[], changes: readonly Change[]): readonly RecordSet[] {
  const result = applyBatch(ZONE, records, changes);
  if (result.kind === 'refused') throw new Error(result.messages.join('; '));
  return result.records;
}

/** Last value that the name answers, the primary being healthy or not. */
function answers(records: readonly RecordSet[], primaryHealthy = true): string | undefined {
  const found = lookUp(ZONE, records, 'app.example.com', 'A', (id) => id !== primaryCheck || primaryHealthy);
  return found.kind === 'nxdomain' || found.kind === 'refused' ? undefined : found.sets.at(-1)?.values.at(-1);
}

describe('the steps of adopt.md, on a zone that refuses what Route 53 refuses', () => {
  test('the name answers the old address after every step, then follows the pair, and the way back works', () => {
    expect(PAIR.length).toBe(6);
    let zone = applied([old], changesOf('1-ttl.json'));
    expect(answers(zone)).toBe('1.2.3.4');
    zone = applied(zone, create(PAIR));
    expect(answers(zone)).toBe('1.2.3.4');
    zone = applied(zone, changesOf('2-move.json'));
    expect(answers(zone)).toBe('1.2.3.4');
    expect(answers(zone, false)).toBe('5.6.7.8');
    zone = applied(zone, changesOf('3-back.json'));
    expect(answers(zone, false)).toBe('1.2.3.4');
  });

  test('a CNAME becomes a pair of addresses in one batch', () => {
    const zone = applied([oldName, ...PAIR], changesOf('cname-to-addresses.json'));
    expect([answers(zone), answers(zone, false)]).toEqual(['1.2.3.4', '5.6.7.8']);
  });

  test('an address becomes a pair of names in one batch', () => {
    const zone = applied([{ ...old, ttlSec: 30 }, ...PAIR_OF_NAMES], changesOf('address-to-names.json'));
    expect([answers(zone), answers(zone, false)]).toEqual(['a.example.net', 'b.example.net']);
  });

  test('fails, as the page says, when the pair is deployed beside the plain record of that name', () => {
    expect(
      applyBatch(ZONE, [old], create(PAIR.filter((r) => r.type === 'A').map((r) => ({ ...r, name: 'app.example.com' })))),
    ).toMatchObject({
      kind: 'refused',
      code: 'InvalidChangeBatch',
    });
  });

  test('fails, as the page says, when the type changes in two batches', () => {
    const [deletion, creation] = changesOf('cname-to-addresses.json');
    const zone = [oldName, ...PAIR];
    expect(applyBatch(ZONE, zone, [creation as Change])).toMatchObject({ kind: 'refused' });
    expect(answers(applied(zone, [deletion as Change]))).toBeUndefined();
  });

  test('fails when the pair is not deployed yet', () => {
    expect(applyBatch(ZONE, [old], changesOf('2-move.json'))).toMatchObject({ kind: 'refused' });
  });
});
