import type { Duration } from 'aws-cdk-lib';

/** How Route 53 probes over TCP. */
export interface TcpProbeOptions {
  /** Port, 1 to 65535. @default 443 */
  readonly port?: number;
  /** Pause from an answer to the next request, per checker: 10 s or 30 s. A change replaces the check. @default Duration.seconds(10) */
  readonly interval?: Duration;
  /** Failures in a row that flip one checker, and passes in a row that flip it back: 1 to 10. @default 3 */
  readonly failures?: number;
  /** Checker Regions, at least 3 of the 8 that exist. @default - all 8 */
  readonly checkerRegions?: string[];
}

/** How Route 53 probes over HTTP or HTTPS. */
export interface HttpProbeOptions extends TcpProbeOptions {
  /** Path with query, at most 255 characters. @default '/health' */
  readonly path?: string;
  /** Text in the first 5,120 bytes of the body, at most 255 characters. Changing from or to no text replaces the check. @default - status 2xx or 3xx is enough */
  readonly searchString?: string;
  /** Host header, and SNI for HTTPS. @default - the pair's record name for an address, the site's own name otherwise */
  readonly host?: string;
}

/** How a site's health is learned. */
export abstract class HealthProbe {
  /** GET over TLS on port 443. Checkers do not validate the certificate. */
  public static https(options: HttpProbeOptions = {}): HealthProbe {
    return new HttpProbe('https', options);
  }
  /** GET on port 80. */
  public static http(options: HttpProbeOptions = {}): HealthProbe {
    return new HttpProbe('http', options);
  }
  /** A TCP connection within 10 s; slow to detect a black hole. */
  public static tcp(options: TcpProbeOptions = {}): HealthProbe {
    return new TcpProbe(options);
  }
  /** No check: always healthy. Only for the standby. */
  public static none(): HealthProbe {
    return new NoProbe();
  }
}
class HttpProbe extends HealthProbe {
  constructor(
    readonly protocol: 'http' | 'https',
    readonly options: HttpProbeOptions,
  ) {
    super();
  }
}
class TcpProbe extends HealthProbe {
  constructor(readonly options: TcpProbeOptions) {
    super();
  }
}
class NoProbe extends HealthProbe {}
