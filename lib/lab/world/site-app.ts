/** What a lab site answers: the health endpoint contract, and a page that says which site served it. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { SiteFault, SiteName } from './truth';

/** How long a `slow` site waits before it answers, in lab time: more than Route 53's 2 s. */
export const SLOW_MS = 3_000;

export interface AppState {
  readonly site: SiteName;
  fault(): SiteFault | undefined;
  after(ms: number, then: () => void): () => void;
}

export function siteApp(state: AppState): RequestListener {
  return (request, response) => {
    if (state.fault() !== 'slow') return answer(state, request, response);
    const cancel = state.after(SLOW_MS, () => answer(state, request, response));
    response.on('close', cancel);
  };
}

function answer(state: AppState, request: IncomingMessage, response: ServerResponse): void {
  const operational = state.fault() !== 'http500';
  const path = new URL(request.url ?? '/', 'http://site').pathname;
  const status = !operational ? 500 : path === '/health' || path === '/' ? 200 : 404;
  const body =
    path === '/health'
      ? JSON.stringify({ site: state.site, status: operational ? 'ok' : 'failing' })
      : `${status === 200 ? `hello from ${state.site}` : status === 404 ? 'not found' : 'internal error'}\n`;
  response.writeHead(status, {
    'Content-Type': path === '/health' ? 'application/json' : 'text/plain',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Failover-Site': state.site,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
