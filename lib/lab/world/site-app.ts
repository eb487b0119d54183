/** What a lab site answers: the health endpoint of the docs' own example, or one of its faults. */
import type { RequestListener } from 'node:http';
import { siteListener } from '../../../examples/health-endpoint/server';
import type { SiteFault, SiteName } from './truth';

/** How long a `slow` site waits before it answers, in lab time: more than Route 53's 2 s. */
export const SLOW_MS = 3_000;

export interface AppState {
  readonly site: SiteName;
  fault(): SiteFault | undefined;
  after(ms: number, then: () => void): () => void;
}

export function siteApp(state: AppState): RequestListener {
  const serve = siteListener({ site: state.site, operational: async () => true });
  return (request, response) => {
    switch (state.fault()) {
      case 'http500':
        response.writeHead(500, { 'Content-Type': 'text/plain', 'X-Failover-Site': state.site }).end('internal error\n');
        return;
      case 'slow':
        response.on(
          'close',
          state.after(SLOW_MS, () => serve(request, response)),
        );
        return;
      default:
        serve(request, response);
    }
  };
}
