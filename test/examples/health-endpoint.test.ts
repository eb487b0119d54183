import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type SiteOptions, siteListener } from '../../examples/health-endpoint/server';
import { markerPath } from '../../lib/decide/names';

async function ask(options: Partial<SiteOptions>, path: string): Promise<{ status: number; site: string | null; text: string }> {
  const server = createServer(siteListener({ site: 'primary', operational: async () => true, ...options }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual' });
    return { status: response.status, site: response.headers.get('x-failover-site'), text: (await response.text()).trim() };
  } finally {
    server.close();
  }
}

describe('the health endpoint example keeps the contract', () => {
  test('answers 200 and its side while it is operational', async () => {
    expect(await ask({ site: 'standby' }, '/health')).toEqual({ status: 200, site: 'standby', text: 'ok' });
  });

  test.each([
    ['says no', async () => false],
    ['throws', async () => Promise.reject(new Error('no connection'))],
    ['never answers', () => new Promise<boolean>(() => undefined)],
  ])('fails with 503 when the check %s', async (_name, operational) => {
    expect(await ask({ operational, limitMs: 20 }, '/health')).toEqual({ status: 503, site: 'primary', text: 'not operational' });
  });

  test.each(['/unknown', markerPath('tue-1'), '/health/deeper'])('fails with 404 for %s', async (path) => {
    expect(await ask({}, path)).toEqual({ status: 404, site: 'primary', text: 'not found' });
  });

  test('a query does not hide the path', async () => {
    expect((await ask({}, '/health?from=route53')).status).toBe(200);
  });
});
