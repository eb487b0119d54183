import { numberOf } from '../timings';

/**
 * How Route 53 turns single probes into a verdict. The numbers are facts of `decide/timings`.
 *
 * Sources: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
 * and https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
 */

/** An endpoint is healthy when MORE than this share of checkers, in percent, says so. AWS says the number may change. */
export const HEALTHY_ABOVE_PERCENT = numberOf('check.quorum', 'percent');

/** Time limits of one probe; none of them can be configured. */
export const PROBE_LIMITS_MS = {
  /** TCP connect of an HTTP or HTTPS probe. */
  connect: numberOf('check.connect.http', 's') * 1_000,
  /** From the connection to the status line and headers. */
  response: numberOf('check.response.http', 's') * 1_000,
  /** From the headers to the body, when a string is searched. */
  body: numberOf('check.body.http', 's') * 1_000,
  /** TCP connect of a TCP probe. */
  tcpConnect: numberOf('check.connect.tcp', 's') * 1_000,
} as const;

/** A search string must lie wholly in this many first bytes of the body. */
export const SEARCHED_BODY_BYTES = numberOf('check.search.bytes', 'bytes');

/** The eight Regions that checkers probe from, two in each, unless fewer are chosen. */
export const CHECKER_REGIONS = [
  'us-east-1',
  'us-west-1',
  'us-west-2',
  'eu-west-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-northeast-1',
  'sa-east-1',
] as const;

/** Checkers that probe one endpoint by default. */
export const CHECKERS_PER_HEALTH_CHECK = numberOf('check.checkers', 'count');

/** What one checker believes. */
export interface CheckerView {
  readonly healthy: boolean;
  /** Results in a row that contradict `healthy`. */
  readonly against: number;
}

/** A new check counts as healthy until there is enough data. */
export const NEW_CHECKER: CheckerView = { healthy: true, against: 0 };

/** The same number of results in a row turns a checker in both directions: there is no separate recovery threshold. */
export function afterProbe(view: CheckerView, good: boolean, failureThreshold: number): CheckerView {
  if (good === view.healthy) return view.against === 0 ? view : { healthy: view.healthy, against: 0 };
  const against = view.against + 1;
  return against >= failureThreshold ? { healthy: good, against: 0 } : { healthy: view.healthy, against };
}

/** The verdict over all checkers. Whole numbers only, so that 18 % of 50 is exact. */
export function endpointHealthy(healthyCheckers: number, checkers: number): boolean {
  if (checkers === 0) return NEW_CHECKER.healthy;
  return healthyCheckers * 100 > HEALTHY_ABOVE_PERCENT * checkers;
}

/** The status of the check itself. A disabled check stops probing and counts as healthy; inversion applies last. */
export function checkHealthy(endpoint: boolean, options: { readonly inverted?: boolean; readonly disabled?: boolean }): boolean {
  const status = options.disabled === true ? true : endpoint;
  return options.inverted === true ? !status : status;
}

/** 2xx and 3xx are good; a redirect is not followed. */
export const goodHttpStatus = (status: number) => status >= 200 && status <= 399;
