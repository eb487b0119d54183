import fc from 'fast-check';
import { applyBatch, type Change, type RecordSet } from '../../../lib/decide/route53';

const seed = Number(process.env.SEED ?? 20261120);
const zone = 'example.com';
const simple: RecordSet = { name: 'app.example.com', type: 'A', ttlSec: 300, values: ['192.0.2.1'] };
const primary: RecordSet = { ...simple, ttlSec: 30, setIdentifier: 'primary', failover: 'PRIMARY', healthCheckId: 'check-1' };
const standby: RecordSet = { ...simple, ttlSec: 30, values: ['192.0.2.2'], setIdentifier: 'standby', failover: 'SECONDARY' };
const cname: RecordSet = { name: 'app.example.com', type: 'CNAME', ttlSec: 30, values: ['elsewhere.example.net'] };
const ns: RecordSet = { name: 'example.com.', type: 'NS', ttlSec: 60, values: ['ns1.example.com.'] };

test('a refused batch changes nothing, and an accepted one leaves a legal zone', () => {
  const record = fc.record({
    name: fc.constantFrom('app.example.com', 'APP.example.com.', 'www.example.com'),
    kind: fc.constantFrom('simple', 'primary', 'standby', 'weighted', 'cname'),
  });
  const make = ({ name, kind }: { name: string; kind: string }): RecordSet => {
    const base = kind === 'cname' ? cname : kind === 'primary' ? primary : kind === 'standby' ? standby : simple;
    return kind === 'weighted' ? { ...simple, name, setIdentifier: 'w', weight: 1 } : { ...base, name };
  };
  const batch = fc.array(fc.tuple(fc.constantFrom('CREATE', 'UPSERT', 'DELETE'), record), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 12 }), (batches) => {
      let records: readonly RecordSet[] = [ns];
      for (const changes of batches) {
        const before = JSON.stringify(records);
        const result = applyBatch(
          zone,
          records,
          changes.map(([action, r]) => ({ action, record: make(r) }) as Change),
        );
        expect(JSON.stringify(records)).toBe(before);
        if (result.kind === 'applied') records = result.records;
        for (const name of ['app.example.com', 'www.example.com']) {
          const here = records.filter((r) => r.name.replace(/\.$/, '').toLowerCase() === name);
          const policies = new Set(
            here.filter((r) => r.type === 'A').map((r) => (r.failover ? 'failover' : r.weight ? 'weighted' : 'simple')),
          );
          expect(policies.size).toBeLessThanOrEqual(1);
          expect(here.filter((r) => r.failover === 'PRIMARY').length).toBeLessThanOrEqual(1);
          expect(here.some((r) => r.type === 'CNAME') && here.some((r) => r.type !== 'CNAME')).toBe(false);
        }
      }
    }),
    { seed, numRuns: 300 },
  );
});
