/** What Route 53 refuses for its form, what a delete must repeat, and what a zone holds after an accepted batch. */
import { applyBatch, type Change, type RecordSet } from '../../../lib/decide/route53';

const zone = 'example.com';
const simple: RecordSet = { name: 'app.example.com', type: 'A', ttlSec: 300, values: ['192.0.2.1'] };
const primary: RecordSet = { ...simple, ttlSec: 30, setIdentifier: 'primary', failover: 'PRIMARY', healthCheckId: 'check-1' };
const standby: RecordSet = { ...simple, ttlSec: 30, values: ['192.0.2.2'], setIdentifier: 'standby', failover: 'SECONDARY' };
const weighted: RecordSet = { ...simple, setIdentifier: 'w', weight: 1 };
const text: RecordSet = { name: 'app.example.com', type: 'TXT', ttlSec: 0, values: ['"x"'] };
const soa: RecordSet = { name: 'Example.com.', type: 'SOA', ttlSec: 900, values: ['ns1. root. 1 2 3 4 5'] };
const ns: RecordSet = { name: 'example.com.', type: 'NS', ttlSec: 60, values: ['ns1.example.com.'] };
const target: RecordSet = { ...simple, name: 'site.example.com' };
const alias = (to: string, change: Partial<RecordSet> = {}): RecordSet => ({
  name: 'app.example.com',
  type: 'A',
  alias: { target: to, evaluateTargetHealth: true },
  ...change,
});

const create = (record: RecordSet): Change => ({ action: 'CREATE', record });
const remove = (record: RecordSet): Change => ({ action: 'DELETE', record });
const upsert = (record: RecordSet): Change => ({ action: 'UPSERT', record });
const refused = (code: 'InvalidInput' | 'InvalidChangeBatch', ...messages: string[]) => ({ kind: 'refused', code, messages });

const plain = "[name='app.example.com.', type='A']";
const named = (set: string) => `[name='app.example.com.', type='A', set-identifier='${set}']`;
const oneOf = 'Invalid request: Expected exactly one of [Weight, Region, Failover, ...], but found';

test.each<[string, RecordSet, string[]]>([
  ['has a set identifier without a policy', { ...simple, setIdentifier: 'x' }, [`${oneOf} none in ${named('x')}`]],
  ['has two policies', { ...primary, weight: 1 }, [`${oneOf} more than one in ${named('primary')}`]],
  [
    'has an empty set identifier',
    { ...primary, setIdentifier: '' },
    [`Invalid request: SetIdentifier must have 1 to 128 characters in ${named('')}`],
  ],
  [
    'has a set identifier of 129 characters',
    { ...primary, setIdentifier: 'i'.repeat(129) },
    [`Invalid request: SetIdentifier must have 1 to 128 characters in ${named('i'.repeat(129))}`],
  ],
  [
    'has a weight and no set identifier',
    { ...simple, weight: 0 },
    [`Invalid request: Missing field 'SetIdentifier' in ${plain}`],
  ],
  ['has a negative TTL', { ...simple, ttlSec: -1 }, [`Invalid request: TTL must be from 0 to 2147483647 in ${plain}`]],
  ['has half a TTL', { ...simple, ttlSec: 0.5 }, [`Invalid request: TTL must be from 0 to 2147483647 in ${plain}`]],
  [
    'has a TTL that is too long',
    { ...simple, ttlSec: 2_147_483_648 },
    [`Invalid request: TTL must be from 0 to 2147483647 in ${plain}`],
  ],
  ['has no value', { ...simple, values: [] }, [`Invalid request: Missing field 'ResourceRecords' in ${plain}`]],
  [
    'has neither TTL nor values',
    { name: 'app.example.com', type: 'A' },
    [`Invalid request: Missing field 'TTL' in ${plain}`, `Invalid request: Missing field 'ResourceRecords' in ${plain}`],
  ],
  [
    'is an alias with a TTL',
    alias('site.example.com', { ttlSec: 30 }),
    [`Invalid request: an alias has no TTL and no ResourceRecords, in ${plain}`],
  ],
  [
    'is an alias with values',
    alias('site.example.com', { values: ['192.0.2.1'] }),
    [`Invalid request: an alias has no TTL and no ResourceRecords, in ${plain}`],
  ],
])('Route 53 refuses a record that %s', (_name, record, messages) => {
  expect(applyBatch(zone, [target], [create(record)])).toEqual(refused('InvalidInput', ...messages));
  expect(applyBatch(zone, [target], [upsert(record)])).toEqual(refused('InvalidInput', ...messages));
});

test('a delete is not looked at for its form, only for what it names', () => {
  expect(applyBatch(zone, [simple], [remove({ ...simple, ttlSec: undefined, values: undefined })])).toEqual(
    refused(
      'InvalidChangeBatch',
      `Tried to delete resource record set ${plain} but the values provided do not match the current values`,
    ),
  );
});

test.each<[string, RecordSet]>([
  ['with a TTL of 0', { ...simple, ttlSec: 0 }],
  ['with the longest TTL', { ...simple, ttlSec: 2_147_483_647 }],
  ['with a set identifier of one character', { ...primary, setIdentifier: 'p' }],
  ['with a set identifier of 128 characters', { ...primary, setIdentifier: 'i'.repeat(128) }],
  ['with a weight of 0', { ...weighted, weight: 0 }],
  ['that is an alias of a record in the same zone', alias('SITE.example.com.')],
  ['that is an alias and a PRIMARY without a check', alias('site.example.com', { setIdentifier: 'p', failover: 'PRIMARY' })],
  ['at the zone itself', { ...simple, name: 'example.com' }],
])('Route 53 takes a record %s', (_name, record) => {
  expect(applyBatch(zone, [target], [create(record)])).toEqual({ kind: 'applied', records: [target, record] });
});

describe('a delete', () => {
  const full: RecordSet = { ...primary, values: ['192.0.2.1', '192.0.2.2'] };
  test.each<[string, RecordSet, RecordSet]>([
    ['of the same values in another order', full, { ...full, values: ['192.0.2.2', '192.0.2.1'] }],
    ['of the same name in other letters', full, { ...full, name: 'APP.Example.com.' }],
    ['of an alias', alias('site.example.com'), alias('site.example.com')],
    ['of the name servers of a name below the zone', { ...ns, name: 'sub.example.com' }, { ...ns, name: 'sub.example.com' }],
    ['of another record of the zone itself', { ...text, name: zone }, { ...text, name: zone }],
  ])('%s is accepted and takes that record alone', (_name, stands, asked) => {
    expect(applyBatch(zone, [text, stands, target], [remove(asked)])).toEqual({ kind: 'applied', records: [text, target] });
  });

  const mismatch = (set: string) =>
    `Tried to delete resource record set ${set} but the values provided do not match the current values`;
  test.each<[string, RecordSet, RecordSet, string]>([
    ['with another TTL', full, { ...full, ttlSec: 31 }, mismatch(named('primary'))],
    ['with a value less', full, { ...full, values: ['192.0.2.1'] }, mismatch(named('primary'))],
    ['with another failover role', full, { ...full, failover: 'SECONDARY' }, mismatch(named('primary'))],
    ['with another check', full, { ...full, healthCheckId: 'check-2' }, mismatch(named('primary'))],
    ['with another weight', weighted, { ...weighted, weight: 2 }, mismatch(named('w'))],
    ['of an alias with another target', alias('site.example.com'), alias('other.example.com'), mismatch(plain)],
    [
      'of another type',
      full,
      { ...full, type: 'AAAA' },
      `Tried to delete resource record set [name='app.example.com.', type='AAAA', set-identifier='primary'] but it was not found`,
    ],
    [
      'of another set',
      full,
      { ...full, setIdentifier: 'p' },
      `Tried to delete resource record set ${named('p')} but it was not found`,
    ],
    ['of the SOA', soa, soa, 'A HostedZone must contain at least one SOA record.'],
    [
      'of the zone’s NS, even with other values',
      ns,
      { ...ns, ttlSec: 1 },
      'A HostedZone must contain at least one NS record for the zone itself.',
    ],
  ])('%s is refused', (_name, stands, asked, message) => {
    expect(applyBatch(zone, [stands], [remove(asked)])).toEqual(refused('InvalidChangeBatch', message));
  });
});

describe('side by side', () => {
  test.each<[string, RecordSet[], RecordSet]>([
    ['two weighted records', [weighted], { ...weighted, setIdentifier: 'v' }],
    ['a pair', [primary], standby],
    ['another type of the same name', [primary], text],
    ['a pair of another type', [simple], { ...text, setIdentifier: 'p', failover: 'SECONDARY' }],
    ['the same type of another name', [primary], target],
    ['two CNAMEs of one routed name', [{ ...weighted, type: 'CNAME' }], { ...weighted, type: 'CNAME', setIdentifier: 'v' }],
  ])('%s may stand', (_name, stand, record) => {
    expect(applyBatch(zone, stand, [create(record)])).toEqual({ kind: 'applied', records: [...stand, record] });
  });

  const start = 'RRSet with DNS name app.example.com., type A, SetIdentifier';
  const toSite = (to: string, more: string) => `Tried to create an alias that targets ${to}.${more}`;
  const lost =
    ', type A in zone example.com., but the alias target name does not lie within the target zone or was not found: app.example.com.';
  test.each<[string, RecordSet[], RecordSet, string]>([
    [
      'two SECONDARY records',
      [standby],
      { ...standby, setIdentifier: 'x' },
      `${start} x cannot be created as a SECONDARY failover RRSet exists with the same name and type.`,
    ],
    [
      'a weighted record beside a simple one',
      [simple],
      weighted,
      `${start} w cannot be created as a non-weighted set exists with the same name and type.`,
    ],
    ['an alias of a name that does not exist', [], alias('site.example.com'), toSite('site.example.com', lost)],
    [
      'an alias of a name without this type',
      [{ ...text, name: 'site.example.com' }],
      alias('site.example.com'),
      toSite('site.example.com', lost),
    ],
    ['an alias of itself', [target], alias('app.example.com'), toSite('app.example.com', lost)],
    [
      'an alias of another zone',
      [],
      alias('site.example.net'),
      toSite('site.example.net', ", but the lab's zone follows aliases inside example.com. only"),
    ],
  ])('%s may not stand', (_name, stand, record, message) => {
    expect(applyBatch(zone, stand, [create(record)])).toEqual(refused('InvalidChangeBatch', message));
  });
});

describe('a batch', () => {
  test('is applied in its order, an upsert in the place of what it replaces', () => {
    const changed = { ...primary, ttlSec: 10 };
    expect(applyBatch(zone, [ns, simple, text], [remove(simple), create(primary), create(standby), upsert(changed)])).toEqual({
      kind: 'applied',
      records: [ns, text, standby, changed],
    });
  });

  test('that creates and deletes the same record has nothing left to refuse', () => {
    const unchecked: RecordSet = { ...primary, healthCheckId: undefined };
    expect(applyBatch(zone, [ns], [create(unchecked), remove(unchecked)])).toEqual({ kind: 'applied', records: [ns] });
  });

  test('fails with the same text once, and a foreign name is neither made nor looked at further', () => {
    const foreign: RecordSet = { ...primary, name: 'app.example.net', healthCheckId: undefined };
    expect(applyBatch(zone, [ns], [create(foreign), upsert(foreign), create(text)])).toEqual(
      refused('InvalidChangeBatch', 'RRSet with DNS name app.example.net. is not permitted in zone example.com.'),
    );
  });

  test('fails for each malformed record of it', () => {
    const bad = { ...simple, ttlSec: -1 };
    expect(applyBatch(zone, [], [create(bad), create({ ...bad, values: [] }), remove(text)])).toEqual(
      refused(
        'InvalidInput',
        `Invalid request: TTL must be from 0 to 2147483647 in ${plain}`,
        `Invalid request: TTL must be from 0 to 2147483647 in ${plain}`,
        `Invalid request: Missing field 'ResourceRecords' in ${plain}`,
      ),
    );
  });
});
