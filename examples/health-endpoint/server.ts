import { createServer, type RequestListener } from 'node:http';

// #region server
export interface SiteOptions {
  /** Which side this is; a drill reads it to know who answered. */
  readonly site: 'primary' | 'standby';
  /** True only when everything that a user needs works here. Must not write. */
  readonly operational: () => Promise<boolean>;
  /** A checker gives up 2 s after it connected; an answer that is not known by then is a no. */
  readonly limitMs?: number;
}

export function siteListener({ site, operational, limitMs = 1_500 }: SiteOptions): RequestListener {
  return async (request, response) => {
    const answer = (status: number, text: string) =>
      response
        .writeHead(status, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store', 'X-Failover-Site': site })
        .end(`${text}\n`);

    const path = request.url?.split('?')[0];
    if (path === '/') return answer(200, `hello from ${site}`);
    if (path !== '/health') return answer(404, 'not found'); // never 200, never a redirect: a drill needs its marker path to fail
    return (await within(limitMs, operational)) ? answer(200, 'ok') : answer(503, 'not operational');
  };
}

/** False when the answer is no, when it throws, and when it is late. */
async function within(limitMs: number, ask: () => Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const asked = ask().catch(() => false);
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
// #endregion

// Only when this very file was started: bundled into another program it must not open a port.
if (/health-endpoint[\\/]server\.[jt]s$/.test(process.argv[1] ?? '')) {
  const site = process.argv[2] === 'standby' ? 'standby' : 'primary';
  createServer(siteListener({ site, operational: async () => true })).listen(8080, () => console.log(`${site} on port 8080`));
}
