import type { HealthChecks, HealthCheckView } from '../../lib/runtime/ports';
import { type Made, using } from './made';

/** Two checks that exist: `id` of type HTTPS on path `/health` and port 443, `tcpId` of type TCP on port 5432. */
export interface MadeHealthChecks extends Made {
  readonly checks: HealthChecks;
  readonly id: string;
  readonly tcpId: string;
}

const seen = async (checks: HealthChecks, id: string): Promise<HealthCheckView> => {
  const view = await checks.read(id);
  if ('kind' in view) throw new Error(view.because);
  return view;
};

export function healthChecksContract(name: string, make: () => MadeHealthChecks | Promise<MadeHealthChecks>): void {
  describe(`${name} keeps the contract of health checks`, () => {
    test('reads type, path, port and version', () =>
      using(make, async ({ checks, id, tcpId }) => {
        expect(await seen(checks, id)).toMatchObject({
          id,
          type: 'HTTPS',
          path: '/health',
          port: 443,
          version: expect.any(Number),
        });
        const tcp = await seen(checks, tcpId);
        expect(tcp).toMatchObject({ id: tcpId, type: 'TCP', port: 5432 });
        expect(tcp.path).toBeUndefined();
      }));

    test('a write on the stored version changes the path alone and raises the version', () =>
      using(make, async ({ checks, id }) => {
        const before = await seen(checks, id);
        expect(await checks.write(id, before.version, { path: '/.well-known/failover-drill/x-1' })).toBe('written');
        const after = await seen(checks, id);
        expect(after).toEqual({ ...before, path: '/.well-known/failover-drill/x-1', version: after.version });
        expect(after.version).toBeGreaterThan(before.version);
      }));

    test('a write that changes nothing raises the version too', () =>
      using(make, async ({ checks, id }) => {
        const before = await seen(checks, id);
        expect(await checks.write(id, before.version, { path: before.path })).toBe('written');
        expect((await seen(checks, id)).version).toBeGreaterThan(before.version);
      }));

    test('a port is changed alone', () =>
      using(make, async ({ checks, tcpId }) => {
        const before = await seen(checks, tcpId);
        expect(await checks.write(tcpId, before.version, { port: 9 })).toBe('written');
        expect((await seen(checks, tcpId)).port).toBe(9);
      }));

    test('fails to write on an older version, and changes nothing', () =>
      using(make, async ({ checks, id }) => {
        const { version } = await seen(checks, id);
        await checks.write(id, version, { path: '/a' });
        expect(await checks.write(id, version, { path: '/b' })).toBe('version-mismatch');
        expect((await seen(checks, id)).path).toBe('/a');
      }));

    test('fails as unknown, with the reason, for a check that does not exist', () =>
      using(make, async ({ checks }) => {
        const because = expect.stringContaining('NoSuchHealthCheck');
        expect(await checks.read('no-such-check')).toEqual({ kind: 'unknown', because });
        expect(await checks.write('no-such-check', 1, { path: '/' })).toEqual({ kind: 'unknown', because });
      }));

    test('observations say where, when and whether it was healthy', () =>
      using(make, async ({ checks, id }) => {
        const observations = await checks.observations(id);
        if ('kind' in observations) throw new Error(observations.because);
        for (const one of observations) {
          expect(one).toEqual({
            region: expect.any(String),
            healthy: expect.any(Boolean),
            checkedAtMs: expect.any(Number),
            text: expect.any(String),
          });
        }
      }));
  });
}
