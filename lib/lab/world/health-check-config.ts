/** A health check as the API describes it, as far as the lab plays it. */
export type HealthCheckType = 'HTTP' | 'HTTPS' | 'HTTP_STR_MATCH' | 'HTTPS_STR_MATCH' | 'TCP';

export interface HealthCheckConfig {
  readonly type: HealthCheckType;
  /** By address; absent: `fqdn` is resolved in the lab's zone at every probe. */
  readonly ipAddress?: string;
  readonly fqdn?: string;
  readonly port: number;
  readonly path?: string;
  readonly searchString?: string;
  /** Counted from a response to the next request. */
  readonly requestIntervalSec: 10 | 30;
  /** Results in a row that turn a checker, in both directions: 1 to 10. */
  readonly failureThreshold: number;
  readonly enableSni?: boolean;
  readonly inverted?: boolean;
  readonly disabled?: boolean;
  readonly regions?: readonly string[];
}

/** What UpdateHealthCheck may change; type and interval are fixed at creation. */
export type HealthCheckChange = Partial<
  Pick<
    HealthCheckConfig,
    'ipAddress' | 'port' | 'path' | 'fqdn' | 'searchString' | 'failureThreshold' | 'inverted' | 'disabled' | 'enableSni'
  >
>;

export interface HealthCheck {
  readonly id: string;
  /** Grows by one at each update. */
  readonly version: number;
  readonly config: HealthCheckConfig;
}

/** What one checker saw last, as GetHealthCheckStatus shows it. */
export interface Observation {
  readonly region: string;
  readonly ipAddress: string;
  readonly status: string;
  readonly checkedAtMs: number;
  /** The checker's own verdict after its results in a row. */
  readonly healthy: boolean;
}
