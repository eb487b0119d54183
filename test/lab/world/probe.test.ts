import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HealthCheckConfig, ScaledTime } from '../../../lib/lab/world';
import { probe } from '../../../lib/lab/world/probe';

// Only twice as fast: a good answer must come within one real second, also on a busy machine.
const time = new ScaledTime({ scale: 2 });
const NAME = 'app.example.com';

describe('one probe', () => {
  const check = (port: number, more: Partial<HealthCheckConfig> = {}): HealthCheckConfig => ({
    type: 'HTTP',
    ipAddress: '127.0.0.1',
    fqdn: NAME,
    port,
    path: '/x?y=1',
    requestIntervalSec: 10,
    failureThreshold: 3,
    ...more,
  });
  const probed = (config: HealthCheckConfig) =>
    new Promise<string>((resolve) => {
      probe(config, '127.0.0.1', time, ({ text }) => resolve(text));
    });
  async function against(app: RequestListener, more: Partial<HealthCheckConfig> = {}): Promise<string> {
    const server = createServer(app);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    try {
      return await probed(check((server.address() as AddressInfo).port, more));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }
  const page = (size: number) => `${'-'.repeat(size)}all good`;

  test.each<[string, RequestListener, Partial<HealthCheckConfig>, string]>([
    [
      'takes a redirect as good and does not follow it',
      (_q, s) => s.writeHead(302, { Location: '/loop' }).end(),
      {},
      'Success: HTTP Status Code 302, Found',
    ],
    ['fails on 404', (_q, s) => s.writeHead(404).end(), {}, 'Failure: HTTP Status Code 404, Not Found'],
    ['fails when headers do not come in 2 s', () => undefined, {}, 'Failure: The health check endpoint did not respond in time.'],
    [
      'finds a string in the first 5,120 bytes',
      (_q, s) => s.end(page(5_112)),
      { searchString: 'all good' },
      'Success: HTTP Status Code 200, OK',
    ],
    [
      'fails when the string ends one byte later',
      (_q, s) => s.end(page(5_113)),
      { searchString: 'all good' },
      'Failure: HTTP Status Code 200, OK, but the search string was not found.',
    ],
    [
      'fails when the body does not come in 2 s more',
      (_q, s) => s.flushHeaders(),
      { searchString: 'all good' },
      'Failure: The body of the response did not arrive in time.',
    ],
    ['opens only a connection when it is a TCP check', () => undefined, { type: 'TCP' }, 'Success: TCP connection established'],
  ])('%s', async (_name, app, more, text) => {
    expect(await against(app, more)).toBe(text);
  });

  test('asks for the path with the name and port as host', async () => {
    const asked: unknown[] = [];
    await against((q, s) => {
      asked.push(q.url, q.headers.host?.replace(/\d+$/, 'PORT'));
      s.end();
    });
    expect(asked).toEqual(['/x?y=1', `${NAME}:PORT`]);
  });

  test('fails on a refused connection', async () => {
    expect(await probed(check(1))).toBe('Failure: Connection refused.');
  });
});
