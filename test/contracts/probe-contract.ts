import type { ProbeTarget } from '../../lib/contracts/registration';
import type { Probe } from '../../lib/runtime/ports';
import { type Made, using } from './made';

/**
 * A site that answers `/health` with 200, `X-Failover-Site: primary` and the body `all good`, `/moved` with 302, anything
 * else with 404; over HTTPS for `app.example.com` with a certificate of `certificateAuthority`; `refused` is closed.
 */
export interface MadeProbe extends Made {
  readonly probe: Probe;
  readonly http: ProbeTarget;
  readonly https: ProbeTarget;
  readonly tcp: ProbeTarget;
  readonly refused: ProbeTarget;
  readonly certificateAuthority: string;
  readonly certificateExpiresAtMs: number;
}

export function probeContract(name: string, make: () => MadeProbe | Promise<MadeProbe>): void {
  describe(`${name} keeps the contract of probes`, () => {
    test('2xx and 3xx are good, redirects are not followed, 4xx is bad', () =>
      using(make, async ({ probe, http }) => {
        expect(await probe.probe(http)).toMatchObject({ kind: 'good', status: 200, site: 'primary' });
        expect(await probe.probe(http, { path: '/moved' })).toMatchObject({ kind: 'good', status: 302 });
        expect(await probe.probe(http, { path: '/nothing' })).toMatchObject({ kind: 'bad', status: 404 });
      }));

    test('a search string must stand in the body', () =>
      using(make, async ({ probe, http }) => {
        expect((await probe.probe({ ...http, searchString: 'good' })).kind).toBe('good');
        expect((await probe.probe({ ...http, searchString: 'Good' })).kind).toBe('bad');
      }));

    test('HTTPS tells when the certificate expires', () =>
      using(make, async ({ probe, https, certificateAuthority, certificateExpiresAtMs }) => {
        const answer = await probe.probe(https, { certificateAuthority });
        expect(answer).toMatchObject({ kind: 'good', status: 200, certificateExpiresAtMs });
      }));

    test('fails on a certificate that nobody vouches for, or for another name, and still tells when it expires', () =>
      using(make, async ({ probe, https, certificateAuthority, certificateExpiresAtMs }) => {
        expect(await probe.probe(https)).toMatchObject({
          kind: 'bad',
          because: expect.stringContaining('certificate'),
          certificateExpiresAtMs,
        });
        const other = await probe.probe({ ...https, host: 'other.example.com' }, { certificateAuthority });
        expect(other).toMatchObject({ kind: 'bad', because: expect.stringContaining('certificate') });
      }));

    test('TCP is good when it connects', () =>
      using(make, async ({ probe, tcp }) => {
        expect(await probe.probe(tcp)).toMatchObject({ kind: 'good', because: 'connected' });
      }));

    test('fails on a closed port', () =>
      using(make, async ({ probe, refused }) => {
        expect(await probe.probe(refused)).toMatchObject({ kind: 'bad', because: 'ECONNREFUSED' });
        expect((await probe.probe({ protocol: 'tcp', connect: refused.connect, port: refused.port })).kind).toBe('bad');
      }));
  });
}
