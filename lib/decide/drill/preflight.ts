import { MARKER_PATH_PREFIX } from '../names';
import type { Serves } from './site';
import { outside, type Window } from './window';

/** A look that failed, and why. Unknown is a reason to refuse. */
export interface Blind {
  readonly kind: 'unknown';
  readonly because: string;
}

export interface Look {
  readonly good: boolean;
  readonly because: string;
}

export interface ServerFacts {
  readonly server: string;
  readonly name: Serves;
  readonly primaryBeacon: 'healthy' | 'unhealthy' | 'unknown';
  /** Absent when no check watches the standby. */
  readonly standbyBeacon?: 'healthy' | 'unhealthy' | 'unknown';
}

export interface PreflightFacts {
  readonly nowMs: number;
  /** From the journal: pause, incident. */
  readonly standing: readonly string[];
  readonly window?: Window;
  readonly servers: readonly ServerFacts[] | Blind;
  readonly primary: Look;
  readonly standby: Look;
  readonly alarms: readonly { readonly name: string; readonly region: string; readonly state: string }[];
  /** Only for a fault that moves the health check. */
  readonly check?: CheckFacts | Blind;
  /** Only for a fault by metric: its alarm, the beacon of what it holds out at each server, and the write that changes nothing. */
  readonly metric?: MetricFacts;
}

export interface MetricFacts {
  readonly alarm: string;
  readonly state: string;
  readonly beacons: readonly { readonly server: string; readonly says: 'healthy' | 'unhealthy' | 'unknown' }[];
  /** Absent where a run must not write. */
  readonly wayBack?: { readonly kind: 'proved' } | Blind;
}

export interface CheckFacts {
  readonly kind: 'check';
  readonly path?: string;
  /** What the primary answers on the marker path, or on the closed port: `healthy` would make the fault no fault. */
  readonly marker: { readonly passes: boolean; readonly because: string } | Blind;
  /** The write that changes nothing; absent where a run must not write. */
  readonly wayBack?: { readonly kind: 'proved' } | Blind;
}

/** Every reason against a drill, all at once. None: ready. */
export function refusals(facts: PreflightFacts): string[] {
  const because = [...facts.standing];
  const closed = facts.window && outside(facts.window, facts.nowMs);
  if (closed) because.push(closed);
  if (!facts.primary.good) because.push(`the primary does not answer its probe: ${facts.primary.because}`);
  if (!facts.standby.good) because.push(`the standby does not answer its probe: ${facts.standby.because}`);
  because.push(...('kind' in facts.servers ? [facts.servers.because] : facts.servers.flatMap(serverRefusals)));
  because.push(...facts.alarms.filter((a) => a.state !== 'OK').map((a) => `alarm ${a.name} in ${a.region} is ${a.state}`));
  if (facts.check) because.push(...checkRefusals(facts.check));
  if (facts.metric) because.push(...metricRefusals(facts.metric));
  return because;
}

function serverRefusals(facts: ServerFacts): string[] {
  const because: string[] = [];
  const at = `at ${facts.server}`;
  if (facts.name !== 'primary') because.push(`the name answers ${said(facts.name)} ${at}, not the primary`);
  if (facts.primaryBeacon !== 'healthy') because.push(`the beacon of the primary is ${facts.primaryBeacon} ${at}`);
  if (facts.standbyBeacon !== undefined && facts.standbyBeacon !== 'healthy') {
    because.push(`the beacon of the standby is ${facts.standbyBeacon} ${at}`);
  }
  return because;
}

const said = (name: Serves) => (name === 'standby' ? 'the standby' : name === 'other' ? 'neither side' : 'nothing we can read');

function checkRefusals(check: CheckFacts | Blind): string[] {
  if (check.kind === 'unknown') return [`the health check of the primary cannot be read: ${check.because}`];
  const because: string[] = [];
  if (check.path?.startsWith(MARKER_PATH_PREFIX)) {
    because.push(`the health check of the primary still carries ${check.path}; restore its path, then deploy the pair again`);
  }
  if ('kind' in check.marker)
    because.push(`what the primary answers where the drill points its check is unknown: ${check.marker.because}`);
  else if (check.marker.passes) because.push(check.marker.because);
  if (check.wayBack?.kind === 'unknown') because.push(`the way back is not proved: ${check.wayBack.because}`);
  return because;
}

/** Silence is what the alarm knows in peace, and not breaching; anything but OK is a drill that is not over, or no alarm. */
function metricRefusals({ alarm, state, beacons, wayBack }: MetricFacts): string[] {
  const because = state === 'OK' ? [] : [`alarm ${alarm} of the drill's metric is ${state}`];
  for (const { server, says } of beacons) {
    if (says !== 'healthy') because.push(`the beacon of what the drill holds out is ${says} at ${server}`);
  }
  if (wayBack?.kind === 'unknown') because.push(`the way back is not proved: ${wayBack.because}`);
  return because;
}

/** What the answer on the marker path means. Route 53 takes any 2xx and 3xx for healthy and follows no redirect. */
export function markerAnswer(path: string, status: number | undefined, because: string): CheckFacts['marker'] {
  if (status === undefined) return { kind: 'unknown', because };
  const passes = status >= 200 && status < 400;
  return {
    passes,
    because: passes
      ? `the primary answers ${status} on ${path}, which Route 53 takes for healthy; answer 4xx or 5xx below ${MARKER_PATH_PREFIX}`
      : `answers ${status}`,
  };
}

/** The port that a drill moves a `tcp` check to; 9 (discard) is closed on any host of this century. */
export const closedPort = (port: number) => (port === 9 ? 10 : 9);
