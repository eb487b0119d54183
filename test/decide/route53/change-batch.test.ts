import { applyBatch, batchErrorText, type Change, type RecordSet } from '../../../lib/decide/route53';

const zone = 'example.com';
const simple: RecordSet = { name: 'app.example.com', type: 'A', ttlSec: 300, values: ['192.0.2.1'] };
const primary: RecordSet = { ...simple, ttlSec: 30, setIdentifier: 'primary', failover: 'PRIMARY', healthCheckId: 'check-1' };
const standby: RecordSet = { ...simple, ttlSec: 30, values: ['192.0.2.2'], setIdentifier: 'standby', failover: 'SECONDARY' };
const cname: RecordSet = { name: 'app.example.com', type: 'CNAME', ttlSec: 30, values: ['elsewhere.example.net'] };
const ns: RecordSet = { name: 'example.com.', type: 'NS', ttlSec: 60, values: ['ns1.example.com.'] };

const create = (record: RecordSet): Change => ({ action: 'CREATE', record });
const remove = (record: RecordSet): Change => ({ action: 'DELETE', record });
const upsert = (record: RecordSet): Change => ({ action: 'UPSERT', record });
const verdict = (records: readonly RecordSet[], ...changes: Change[]) => {
  const result = applyBatch(zone, records, changes);
  return result.kind === 'applied' ? 'applied' : `${result.code}: ${batchErrorText(result.messages)}`;
};

describe('Route 53 refuses', () => {
  test.each<[string, readonly RecordSet[], Change[], string]>([
    [
      'a failover record beside a simple one of the same name and type',
      [simple],
      [create(primary)],
      'InvalidChangeBatch: [RRSet with DNS name app.example.com., type A, SetIdentifier primary cannot be created as a non-failover set exists with the same name and type.]',
    ],
    [
      'a simple record beside a failover one',
      [primary],
      [create(simple)],
      'InvalidChangeBatch: [RRSet with DNS name app.example.com., type A cannot be created as other RRSets exist with the same name and type.]',
    ],
    [
      'a weighted record beside a failover one',
      [primary],
      [create({ ...simple, setIdentifier: 'w', weight: 1 })],
      'InvalidChangeBatch: [RRSet with DNS name app.example.com., type A, SetIdentifier w cannot be created as a non-weighted set exists with the same name and type.]',
    ],
    [
      'two PRIMARY records',
      [primary],
      [create({ ...primary, setIdentifier: 'again' })],
      'InvalidChangeBatch: [RRSet with DNS name app.example.com., type A, SetIdentifier again cannot be created as a PRIMARY failover RRSet exists with the same name and type.]',
    ],
    [
      'a CNAME beside another type, also in capitals',
      [simple],
      [create({ ...cname, name: 'APP.example.com.' })],
      'InvalidChangeBatch: [RRSet of type CNAME with DNS name app.example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.]',
    ],
    [
      'another type beside a CNAME',
      [cname],
      [create(simple)],
      'InvalidChangeBatch: [RRSet of type A with DNS name app.example.com. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone example.com.]',
    ],
    [
      'a CNAME at the apex',
      [ns],
      [create({ ...cname, name: 'example.com' })],
      'InvalidChangeBatch: [RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com.]',
    ],
    [
      'a PRIMARY without a health check',
      [],
      [create({ ...primary, healthCheckId: undefined } as unknown as RecordSet)],
      'InvalidChangeBatch: [A non-alias primary ResourceRecordSet must have an associated health check. No changes made.]',
    ],
    [
      'creating what exists',
      [primary],
      [create(primary)],
      "InvalidChangeBatch: [Tried to create resource record set [name='app.example.com.', type='A', set-identifier='primary'] but it already exists]",
    ],
    [
      'deleting what does not exist',
      [],
      [remove(simple)],
      "InvalidChangeBatch: [Tried to delete resource record set [name='app.example.com.', type='A'] but it was not found]",
    ],
    [
      'deleting with other values than the current ones',
      [simple],
      [remove({ ...simple, values: ['192.0.2.9'] })],
      "InvalidChangeBatch: [Tried to delete resource record set [name='app.example.com.', type='A'] but the values provided do not match the current values]",
    ],
    [
      'deleting the zone’s own NS',
      [ns],
      [remove(ns)],
      'InvalidChangeBatch: [A HostedZone must contain at least one NS record for the zone itself.]',
    ],
    [
      'a name of another zone',
      [],
      [create({ ...simple, name: 'app.example.net' })],
      'InvalidChangeBatch: [RRSet with DNS name app.example.net. is not permitted in zone example.com.]',
    ],
    [
      'a routing policy without a set identifier',
      [],
      [create({ ...primary, setIdentifier: undefined } as unknown as RecordSet)],
      "InvalidInput: [Invalid request: Missing field 'SetIdentifier' in [name='app.example.com.', type='A']]",
    ],
    ['an empty batch', [], [], 'InvalidInput: [Change batch must contain at least one change]'],
  ])('%s', (_name, records, changes, expected) => {
    expect(verdict(records, ...changes)).toBe(expected);
  });

  test('everything that is wrong at once, in one answer', () => {
    expect(verdict([simple], create(cname), remove({ ...simple, name: 'gone.example.com' }))).toBe(
      "InvalidChangeBatch: [Tried to delete resource record set [name='gone.example.com.', type='A'] but it was not found, " +
        'RRSet of type CNAME with DNS name app.example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.]',
    );
  });
});

describe('Route 53 accepts', () => {
  test.each<[string, readonly RecordSet[], Change[]]>([
    ['a pair in one batch', [], [create(primary), create(standby)]],
    [
      'replacing a simple record by a pair in one batch, which is how a live name is adopted',
      [simple],
      [remove(simple), create(primary), create(standby)],
    ],
    ['replacing a CNAME by addresses in one batch', [cname], [remove(cname), create(primary)]],
    ['an upsert that changes only the TTL', [primary, standby], [upsert({ ...primary, ttlSec: 10 })]],
    ['a SECONDARY without a health check', [primary], [create(standby)]],
    ['an alias PRIMARY without a health check', [{ ...simple, name: 'a.example.com' }], [create(aliasTo('a.example.com'))]],
  ])('%s', (_name, records, changes) => {
    expect(verdict(records, ...changes)).toBe('applied');
  });

  test('fails to swap roles one record at a time, but not by delete and create in one batch', () => {
    const swapped = [
      { ...primary, failover: 'SECONDARY' as const },
      { ...standby, failover: 'PRIMARY' as const, healthCheckId: 'check-2' },
    ] as const;
    expect(verdict([primary, standby], upsert(swapped[0]))).toMatch('cannot be created as a SECONDARY failover RRSet exists');
    expect(verdict([primary, standby], remove(primary), remove(standby), create(swapped[0]), create(swapped[1]))).toBe('applied');
  });
});

function aliasTo(target: string): RecordSet {
  return {
    name: 'app.example.com',
    type: 'A',
    setIdentifier: 'primary',
    failover: 'PRIMARY',
    alias: { target, evaluateTargetHealth: true },
  };
}
