/** One probe of one checker, on real sockets, with Route 53's time limits in lab time. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, isIP } from 'node:net';
import { goodHttpStatus, PROBE_LIMITS_MS, SEARCHED_BODY_BYTES } from '../../decide/route53';
import type { HealthCheckConfig } from './health-check-config';
import type { LabTime } from './time';

export interface ProbeResult {
  readonly good: boolean;
  /** As GetHealthCheckStatus words it: begins with `Success:` or `Failure:`. */
  readonly text: string;
}

/** By which a site can tell the lab's checkers from users. */
export const CHECKER_AGENT = 'cdk-failover-lab-health-check';

const fail = (text: string): ProbeResult => ({ good: false, text: `Failure: ${text}` });

const TIMED_OUT =
  'Connection timed out. The endpoint or the internet connection is down, or requests are being blocked by your firewall.';

/** Calls `done` once; the returned function gives the probe up without a result. */
export function probe(
  config: HealthCheckConfig,
  address: string,
  time: LabTime,
  done: (result: ProbeResult) => void,
): () => void {
  return config.type === 'TCP' ? probeTcp(config, address, time, done) : probeHttp(config, address, time, done);
}

function probeTcp(config: HealthCheckConfig, address: string, time: LabTime, done: (result: ProbeResult) => void): () => void {
  const socket = connect(config.port, address);
  const end = once(done, () => {
    cancel();
    socket.destroy();
  });
  const cancel = time.after(PROBE_LIMITS_MS.tcpConnect, () => end(fail(TIMED_OUT)));
  socket.on('connect', () => end({ good: true, text: 'Success: TCP connection established' }));
  socket.on('error', (error) => end(fail(refusal(error))));
  return () => end(undefined);
}

function probeHttp(config: HealthCheckConfig, address: string, time: LabTime, done: (result: ProbeResult) => void): () => void {
  const tls = config.type.startsWith('HTTPS');
  let cancel: () => void = () => undefined;
  const limit = (ms: number, text: string) => {
    cancel();
    cancel = time.after(ms, () => end(fail(text)));
  };
  const request: ClientRequest = (tls ? httpsRequest : httpRequest)({
    host: address,
    port: config.port,
    path: config.path === undefined || config.path === '' ? '/' : config.path,
    agent: false,
    headers: { Host: hostHeader(config, address, tls), 'User-Agent': CHECKER_AGENT, Connection: 'close' },
    // Route 53 does not validate certificates and does not offer TLS 1.3.
    ...(tls ? { rejectUnauthorized: false, maxVersion: 'TLSv1.2', ...sni(config) } : {}),
  });
  const end = once(done, () => {
    cancel();
    request.destroy();
  });
  limit(PROBE_LIMITS_MS.connect, TIMED_OUT);
  request.on('socket', (socket) => {
    socket.once('connect', () => limit(PROBE_LIMITS_MS.response, 'The health check endpoint did not respond in time.'));
  });
  request.on('error', (error) => end(fail(refusal(error))));
  request.on('response', (response) => onResponse(config, response, limit, end));
  request.end();
  return () => end(undefined);
}

function onResponse(
  config: HealthCheckConfig,
  response: IncomingMessage,
  limit: (ms: number, text: string) => void,
  end: (result: ProbeResult) => void,
): void {
  const status = response.statusCode ?? 0;
  const said = `HTTP Status Code ${status}, ${response.statusMessage ?? ''}`;
  const { searchString } = config;
  if (!goodHttpStatus(status) || searchString === undefined) {
    end(goodHttpStatus(status) ? { good: true, text: `Success: ${said}` } : fail(said));
    return;
  }

  limit(PROBE_LIMITS_MS.body, 'The body of the response did not arrive in time.');
  let body = Buffer.alloc(0);
  const judge = () => {
    const found = body.subarray(0, SEARCHED_BODY_BYTES).includes(searchString);
    end(found ? { good: true, text: `Success: ${said}` } : fail(`${said}, but the search string was not found.`));
  };
  response.on('data', (chunk: Buffer) => {
    body = Buffer.concat([body, chunk]);
    if (body.length >= SEARCHED_BODY_BYTES) judge();
  });
  response.on('end', judge);
}

/** The name alone on the protocol's own port, else `name:port`; the address when there is no name. */
function hostHeader(config: HealthCheckConfig, address: string, tls: boolean): string {
  if (config.fqdn === undefined) return address;
  return config.port === (tls ? 443 : 80) ? config.fqdn : `${config.fqdn}:${config.port}`;
}

const sni = (config: HealthCheckConfig) => ({
  servername: config.enableSni !== false && config.fqdn !== undefined && isIP(config.fqdn) === 0 ? config.fqdn : '',
});

const refusal = (error: Error) => {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ECONNREFUSED' ? 'Connection refused.' : `${error.message || code || 'connection failed'}.`;
};

/** Cleans up and reports the first end only; `undefined` ends without a report. */
function once(done: (result: ProbeResult) => void, cleanUp: () => void): (result: ProbeResult | undefined) => void {
  let ended = false;
  return (result) => {
    if (ended) return;
    ended = true;
    cleanUp();
    if (result) done(result);
  };
}
