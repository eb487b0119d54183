import type { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as route53 from 'aws-cdk-lib/aws-route53';
import type { BoundHealth, BoundProbe, Endpoint, SideContext } from '../side';
import { bindAlarmProbe, bindCalculatedProbe, bindExistingProbe } from './other-probes';
import { bindHttp, bindTcp } from './probe-rules';

/** How Route 53 probes over TCP. */
export interface TcpProbeOptions {
  /**
   * Port, 1 to 65535.
   *
   * @default - 443; 80 for HTTP
   */
  readonly port?: number;
  /**
   * Pause from an answer to the next request, per checker: 10 s or 30 s.
   *
   * A change replaces the check, and a new check counts as healthy until checkers have enough data: change it while nothing
   * is wrong.
   *
   * @default Duration.seconds(10)
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
   */
  readonly interval?: Duration;
  /**
   * Failures in a row that flip one checker, and passes in a row that flip it back: 1 to 10. Changed in place.
   *
   * @default 3
   */
  readonly failures?: number;
  /**
   * Checker Regions, at least 3 of the 8 that exist. Changed in place; a removed Region keeps probing for up to an hour.
   *
   * @default - all 8
   */
  readonly checkerRegions?: string[];
}

/** How Route 53 probes over HTTP or HTTPS. */
export interface HttpProbeOptions extends TcpProbeOptions {
  /**
   * Path with query, at most 255 characters. Changed in place.
   *
   * @default '/health'
   */
  readonly path?: string;
  /**
   * Text in the first 5,120 bytes of the body, at most 255 characters.
   *
   * A change from or to no text changes the type, so it replaces the check, which then starts healthy.
   *
   * @default - status 2xx or 3xx is enough
   */
  readonly searchString?: string;
  /**
   * Host header, and SNI for HTTPS. Only for a site with an address: of a site with a name, Route 53 resolves the host.
   *
   * @default - the pair's record name for an address, the site's own name otherwise
   */
  readonly host?: string;
}

/** Options of `HealthProbe.existing`. */
export interface ExistingProbeOptions {
  /**
   * How a drill and a database failover ask the site themselves.
   *
   * @default HealthProbe.https()
   */
  readonly directProbe?: HealthProbe;
}

/** Options of `HealthProbe.alarm`. */
export interface AlarmProbeOptions extends ExistingProbeOptions {
  /**
   * What the check says while the alarm has no data.
   *
   * @default InsufficientDataHealthStatusEnum.UNHEALTHY: what is not known to be healthy is not
   */
  readonly insufficientData?: route53.InsufficientDataHealthStatusEnum;
}

/** Options of `HealthProbe.calculated`. */
export interface CalculatedProbeOptions {
  /**
   * Probes that must be healthy at least, 1 to all.
   *
   * @default - all
   */
  readonly healthy?: number;
}

/**
 * How a site's health is learned.
 *
 * What replaces a check: its protocol, `interval`, the step from or to a `searchString`, and a site that turns from an address
 * into a name or back. A replaced check starts healthy. Everything else changes in place.
 */
export abstract class HealthProbe {
  /**
   * GET over TLS on port 443; connected within 4 s, status 2xx or 3xx within 2 s more.
   *
   * Checkers do not validate the certificate, and do not speak TLS 1.3 alone.
   *
   * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
   */
  public static https(options: HttpProbeOptions = {}): HealthProbe {
    return new HttpProbe('https', options);
  }

  /** GET on port 80; connected within 4 s, status 2xx or 3xx within 2 s more. */
  public static http(options: HttpProbeOptions = {}): HealthProbe {
    return new HttpProbe('http', options);
  }

  /** A TCP connection within 10 s: a black hole takes longer to detect than with HTTP, and a hung service never. */
  public static tcp(options: TcpProbeOptions = {}): HealthProbe {
    return new TcpProbe(options);
  }

  /**
   * Healthy while a CloudWatch alarm is not in alarm, in whatever Region it is. For what checkers cannot see: a private site, a
   * queue, an error rate.
   *
   * Route 53 reads the metric itself, with a copy of the alarm's settings: setting the alarm's state by hand moves nothing. It
   * follows one metric at standard resolution, by average, minimum, maximum, sum or sample count, in a row; all else is refused.
   * A change of these settings replaces the check, which then starts healthy.
   *
   * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-creating-values.html
   */
  public static alarm(alarm: cloudwatch.IAlarm, options: AlarmProbeOptions = {}): HealthProbe {
    return new AlarmProbe(alarm, options);
  }

  /** Healthy while at least so many of these probes are, all by default. One level only; with a latch none, because that makes one. */
  public static calculated(probes: HealthProbe[], options: CalculatedProbeOptions = {}): HealthProbe {
    return new CalculatedProbe(probes, options);
  }

  /** A health check that exists already, made in `regions.routing` or imported by its id. Drills and this library never change it. */
  public static existing(healthCheck: route53.IHealthCheck, options: ExistingProbeOptions = {}): HealthProbe {
    return new ExistingProbe(healthCheck, options);
  }

  /** No check: always healthy. Only for the standby, and only with `BothUnhealthy.STANDBY`. */
  public static none(): HealthProbe {
    return new NoProbe();
  }

  /**
   * Checks the probe against the site it is for, and fills in the defaults; undefined for no check.
   *
   * @internal
   */
  public abstract _bind(context: SideContext, endpoint: Endpoint | undefined): BoundHealth | undefined;
}

const ofEndpoint = (probe: BoundProbe): BoundHealth => ({ check: { kind: 'endpoint', probe }, direct: probe });

class HttpProbe extends HealthProbe {
  constructor(
    private readonly protocol: 'http' | 'https',
    private readonly options: HttpProbeOptions,
  ) {
    super();
  }

  public _bind(context: SideContext, endpoint: Endpoint | undefined): BoundHealth {
    return ofEndpoint(bindHttp(this.protocol, this.options, context, endpoint));
  }
}

class TcpProbe extends HealthProbe {
  constructor(private readonly options: TcpProbeOptions) {
    super();
  }

  public _bind(context: SideContext, endpoint: Endpoint | undefined): BoundHealth {
    return ofEndpoint(bindTcp(this.options, context, endpoint));
  }
}

const directOf = (probe: HealthProbe | undefined, context: SideContext, endpoint: Endpoint | undefined) =>
  (probe ?? HealthProbe.https())._bind(context, endpoint)?.direct;

class AlarmProbe extends HealthProbe {
  constructor(
    private readonly alarm: cloudwatch.IAlarm,
    private readonly options: AlarmProbeOptions,
  ) {
    super();
  }

  public _bind(context: SideContext, endpoint: Endpoint | undefined): BoundHealth | undefined {
    return bindAlarmProbe(this.alarm, this.options, directOf(this.options.directProbe, context, endpoint), context);
  }
}

class CalculatedProbe extends HealthProbe {
  constructor(
    private readonly probes: HealthProbe[],
    private readonly options: CalculatedProbeOptions,
  ) {
    super();
  }

  public _bind(context: SideContext, endpoint: Endpoint | undefined): BoundHealth | undefined {
    return bindCalculatedProbe(this.probes, this.options, directOf(undefined, context, endpoint), context, endpoint);
  }
}

class ExistingProbe extends HealthProbe {
  constructor(
    private readonly healthCheck: route53.IHealthCheck,
    private readonly options: ExistingProbeOptions,
  ) {
    super();
  }

  public _bind(context: SideContext, endpoint: Endpoint | undefined): BoundHealth | undefined {
    return bindExistingProbe(this.healthCheck, directOf(this.options.directProbe, context, endpoint), context);
  }
}

class NoProbe extends HealthProbe {
  public _bind(context: SideContext): undefined {
    context.problems.addIf(
      context.side === 'primary',
      'PrimaryNeedsCheck',
      'health is HealthProbe.none(); a primary without a check is always healthy and never fails over; give it https, http or tcp',
    );
    return undefined;
  }
}
