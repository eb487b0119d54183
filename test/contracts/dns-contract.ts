import type { Dns } from '../../lib/runtime/ports';
import { type Made, using } from './made';

/**
 * A server of the zone example.com with
 * `app 30 A 192.0.2.1`, `app 30 A 192.0.2.2`, `www 60 CNAME shop.example.com`, `_primary._failover.app 1 TXT "healthy"`;
 * `silent` never answers, `foreign` refuses or answers without authority.
 */
export interface MadeDns extends Made {
  readonly dns: Dns;
  readonly server: string;
  readonly silent: string;
  readonly foreign: string;
}

export function dnsContract(name: string, make: () => MadeDns | Promise<MadeDns>): void {
  describe(`${name} keeps the DNS contract`, () => {
    test.each(['udp', 'tcp'] as const)('addresses come with their TTL over %s', (transport) =>
      using(make, async ({ dns, server }) => {
        const answer = await dns.ask(server, 'app.example.com', 'A', transport);
        expect(answer).toEqual({ kind: 'answer', values: ['192.0.2.1', '192.0.2.2'], ttlSec: 30 });
      }),
    );

    test('a CNAME comes without closing dot, a TXT as its text', () =>
      using(make, async ({ dns, server }) => {
        expect(await dns.ask(server, 'www.example.com', 'CNAME')).toEqual({
          kind: 'answer',
          values: ['shop.example.com'],
          ttlSec: 60,
        });
        expect(await dns.ask(server, '_primary._failover.app.example.com', 'TXT')).toEqual({
          kind: 'answer',
          values: ['healthy'],
          ttlSec: 1,
        });
      }));

    test('a name without such a record is none, and so is a name that does not exist', () =>
      using(make, async ({ dns, server }) => {
        expect((await dns.ask(server, 'app.example.com', 'AAAA')).kind).toBe('none');
        expect((await dns.ask(server, 'nobody.example.com', 'A')).kind).toBe('none');
      }));

    test('fails as unknown, with the reason, when a server is silent or speaks for another zone', () =>
      using(make, async ({ dns, silent, foreign }) => {
        const unknown = { kind: 'unknown', because: expect.stringMatching(/./) };
        expect(await dns.ask(silent, 'app.example.com', 'A')).toEqual(unknown);
        expect(await dns.ask(foreign, 'app.example.com', 'A')).toEqual(unknown);
      }));

    test('an address is its own address', () =>
      using(make, async ({ dns }) => {
        expect(await dns.addresses('192.0.2.7')).toEqual(['192.0.2.7']);
      }));
  });
}
