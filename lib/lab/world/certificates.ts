/** A certificate authority that lives as long as the lab, and one certificate for its sites. */
import { generate } from 'selfsigned';

export interface Certificates {
  /** PEM of the authority: what a client must trust. */
  readonly ca: string;
  readonly site: { readonly key: string; readonly cert: string };
}

const YEAR_MS = 365 * 86_400_000;

/** @param names host names, and addresses, that the sites answer for */
export async function makeCertificates(
  names: readonly string[],
  addresses: readonly string[],
  nowMs: number,
): Promise<Certificates> {
  // A day of slack before: the lab's clock may run behind the real one that TLS compares with.
  const life = { notBeforeDate: new Date(nowMs - 86_400_000), notAfterDate: new Date(nowMs + YEAR_MS) };
  const keys = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;
  const ca = await generate([{ name: 'commonName', value: 'cdk-failover lab authority' }], {
    ...keys,
    ...life,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const site = await generate([{ name: 'commonName', value: names[0] ?? 'lab' }], {
    ...keys,
    ...life,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [...names.map((value) => ({ type: 2 as const, value })), ...addresses.map((ip) => ({ type: 7 as const, ip }))],
      },
    ],
  });
  return { ca: ca.cert, site: { key: site.private, cert: site.cert } };
}
