import type { Time } from '../../runtime/ports';
import { type AwsCall, AwsFault, type AwsReply, type AwsService, arnOf, type Claim } from './call';
import { tag, textOf, textsOf, xml, xmlError } from './protocols';

const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/';

/** What Route 53 stores about an endpoint check. */
export interface CheckConfig {
  readonly type: 'HTTP' | 'HTTPS' | 'TCP' | 'HTTP_STR_MATCH' | 'HTTPS_STR_MATCH';
  readonly ipAddress?: string;
  readonly port: number;
  readonly path?: string;
  readonly fqdn?: string;
  readonly searchString?: string;
  readonly intervalSec: 10 | 30;
  readonly failures: number;
}

export interface CheckReport {
  readonly region: string;
  readonly ipAddress: string;
  readonly status: string;
  readonly checkedAtMs: number;
}

/** The part of the world behind the health checks. */
export interface CheckBoard {
  /** Undefined for an unknown id. */
  config(id: string): CheckConfig | undefined;
  /** A change of the control plane reaches the checkers. */
  apply(id: string, config: CheckConfig): void;
  reports(id: string): readonly CheckReport[];
}

/**
 * Route 53's health check calls: versions are checked, and GetHealthCheckStatus is limited to a burst of 4 and 1/s.
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/throttling-api-requests.html
 */
export class Route53 implements AwsService {
  public readonly name = 'route53';
  public readonly fail = xmlError(NAMESPACE);
  private readonly versions = new Map<string, number>();
  private readonly statusCalls: { tokens: number; atMs: number };

  public constructor(
    private readonly time: Time,
    private readonly board: CheckBoard,
  ) {
    this.statusCalls = { tokens: STATUS_BURST, atMs: time.nowMs() };
  }

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const path = /^\/2013-04-01\/healthcheck\/([^/]+)(\/status)?$/.exec(call.path);
    const id = path?.[1] ?? '';
    const operation = `${call.method}${path?.[2] ?? ''}`;
    const action = OPERATIONS[operation];
    if (!path || !action) throw new AwsFault('InvalidAction', `the lab does not play ${call.method} ${call.path}`);
    claim(`route53:${action}`, arnOf('route53', call.region, `healthcheck/${id}`));
    const config = this.board.config(id);
    if (!config) throw new AwsFault('NoSuchHealthCheck', `A health check with ID ${id} does not exist.`, 404);
    if (action === 'GetHealthCheck') return xml(wrap('GetHealthCheckResponse', this.check(id, config)));
    if (action === 'GetHealthCheckStatus') return this.status(id);
    return this.update(id, config, call.body.toString());
  }

  /** Stored version of a check. A deployment in the middle of a drill is `deploy`. */
  public version(id: string): number {
    return this.versions.get(id) ?? 1;
  }

  /** Changes a check as a deployment would, past any caller's version. */
  public deploy(id: string, change: Partial<CheckConfig>): void {
    const config = this.board.config(id);
    if (config) this.store(id, { ...config, ...change });
  }

  private update(id: string, config: CheckConfig, body: string): AwsReply {
    const given = textOf(body, 'HealthCheckVersion');
    if (given !== undefined && Number(given) !== this.version(id)) {
      throw new AwsFault(
        'HealthCheckVersionMismatch',
        `The value of HealthCheckVersion ${given} does not match the stored one.`,
        409,
      );
    }
    const port = textOf(body, 'Port');
    const failures = textOf(body, 'FailureThreshold');
    const changed: CheckConfig = {
      ...config,
      ipAddress: textOf(body, 'IPAddress') ?? config.ipAddress,
      port: port === undefined ? config.port : Number(port),
      path: textsOf(body, 'ResettableElementName').includes('ResourcePath')
        ? undefined
        : (textOf(body, 'ResourcePath') ?? config.path),
      fqdn: textOf(body, 'FullyQualifiedDomainName') ?? config.fqdn,
      searchString: textOf(body, 'SearchString') ?? config.searchString,
      failures: failures === undefined ? config.failures : Number(failures),
    };
    if (changed.path !== undefined && changed.path.length > 255)
      throw new AwsFault('InvalidInput', 'ResourcePath is longer than 255 characters');
    this.store(id, changed);
    return xml(wrap('UpdateHealthCheckResponse', this.check(id, changed)));
  }

  private store(id: string, config: CheckConfig): void {
    this.versions.set(id, this.version(id) + 1);
    this.board.apply(id, config);
  }

  private status(id: string): AwsReply {
    this.spendStatusToken();
    const observations = this.board
      .reports(id)
      .map(
        (report) =>
          `<HealthCheckObservation>${tag('Region', report.region)}${tag('IPAddress', report.ipAddress)}<StatusReport>` +
          `${tag('Status', report.status)}${tag('CheckedTime', new Date(report.checkedAtMs).toISOString())}</StatusReport></HealthCheckObservation>`,
      );
    return xml(
      wrap('GetHealthCheckStatusResponse', `<HealthCheckObservations>${observations.join('')}</HealthCheckObservations>`),
    );
  }

  private spendStatusToken(): void {
    const nowMs = this.time.nowMs();
    const tokens = Math.min(STATUS_BURST, this.statusCalls.tokens + (nowMs - this.statusCalls.atMs) / 1_000);
    this.statusCalls.atMs = nowMs;
    this.statusCalls.tokens = tokens < 1 ? tokens : tokens - 1;
    if (tokens < 1) throw new AwsFault('Throttling', 'Rate exceeded');
  }

  private check(id: string, config: CheckConfig): string {
    return (
      `<HealthCheck>${tag('Id', id)}${tag('CallerReference', `lab-${id}`)}<HealthCheckConfig>${tag('IPAddress', config.ipAddress)}` +
      `${tag('Port', config.port)}${tag('Type', config.type)}${tag('ResourcePath', config.path)}` +
      `${tag('FullyQualifiedDomainName', config.fqdn)}${tag('SearchString', config.searchString)}` +
      `${tag('RequestInterval', config.intervalSec)}${tag('FailureThreshold', config.failures)}${tag('MeasureLatency', false)}` +
      `${tag('Inverted', false)}${tag('Disabled', false)}</HealthCheckConfig>${tag('HealthCheckVersion', this.version(id))}</HealthCheck>`
    );
  }
}

const STATUS_BURST = 4;

const OPERATIONS: Readonly<Record<string, string>> = {
  GET: 'GetHealthCheck',
  'GET/status': 'GetHealthCheckStatus',
  POST: 'UpdateHealthCheck',
};

const wrap = (name: string, body: string) => `<${name} xmlns="${NAMESPACE}">${body}</${name}>`;
