import type { Time } from '../../runtime/ports';
import type { HealthCheck, HealthCheckChange, HealthChecks } from '../world';
import { type AwsCall, AwsFault, type AwsReply, type AwsService, arnOf, type Claim } from './call';
import { tag, textOf, textsOf, xml, xmlError } from './protocols';

const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/';

/** The health checks of the world, which keep configuration and version. */
export type CheckBoard = Pick<HealthChecks, 'get' | 'update' | 'status'>;

/**
 * Route 53's health check calls: versions are checked, and GetHealthCheckStatus is limited to a burst of 4 and 1/s.
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/throttling-api-requests.html
 */
export class Route53 implements AwsService {
  public readonly name = 'route53';
  public readonly fail = xmlError(NAMESPACE);
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
    const check = this.board.get(id);
    if (!check) throw noSuchCheck(id);
    if (action === 'GetHealthCheck') return xml(wrap('GetHealthCheckResponse', rendered(check)));
    if (action === 'GetHealthCheckStatus') return this.status(id);
    return this.update(id, call.body.toString());
  }

  private update(id: string, body: string): AwsReply {
    const given = textOf(body, 'HealthCheckVersion');
    const change = changeIn(body);
    if ((change.path?.length ?? 0) > 255) throw new AwsFault('InvalidInput', 'ResourcePath is longer than 255 characters');
    const answer = this.board.update(id, change, given === undefined ? undefined : Number(given));
    if (answer.kind === 'no-such-check') throw noSuchCheck(id);
    if (answer.kind === 'version-mismatch') {
      const text = `The value of HealthCheckVersion ${given} does not match the stored ${answer.current}.`;
      throw new AwsFault('HealthCheckVersionMismatch', text, 409);
    }
    return xml(wrap('UpdateHealthCheckResponse', rendered(answer.check)));
  }

  private status(id: string): AwsReply {
    this.spendStatusToken();
    const observations = (this.board.status(id) ?? []).map(
      (seen) =>
        `<HealthCheckObservation>${tag('Region', seen.region)}${tag('IPAddress', seen.ipAddress)}<StatusReport>` +
        `${tag('Status', seen.status)}${tag('CheckedTime', new Date(seen.checkedAtMs).toISOString())}</StatusReport></HealthCheckObservation>`,
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
}

const noSuchCheck = (id: string) => new AwsFault('NoSuchHealthCheck', `A health check with ID ${id} does not exist.`, 404);

/** Only what was sent changes; a reset path is an empty one. */
function changeIn(body: string): HealthCheckChange {
  const number = (name: string) => {
    const text = textOf(body, name);
    return text === undefined ? undefined : Number(text);
  };
  const reset = textsOf(body, 'ResettableElementName').includes('ResourcePath');
  const change = {
    ipAddress: textOf(body, 'IPAddress'),
    port: number('Port'),
    path: reset ? '' : textOf(body, 'ResourcePath'),
    fqdn: textOf(body, 'FullyQualifiedDomainName'),
    searchString: textOf(body, 'SearchString'),
    failureThreshold: number('FailureThreshold'),
  };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

const rendered = ({ id, version, config }: HealthCheck) =>
  `<HealthCheck>${tag('Id', id)}${tag('CallerReference', `lab-${id}`)}<HealthCheckConfig>${tag('IPAddress', config.ipAddress)}` +
  `${tag('Port', config.port)}${tag('Type', config.type)}${tag('ResourcePath', config.path)}` +
  `${tag('FullyQualifiedDomainName', config.fqdn)}${tag('SearchString', config.searchString)}` +
  `${tag('RequestInterval', config.requestIntervalSec)}${tag('FailureThreshold', config.failureThreshold)}${tag('MeasureLatency', false)}` +
  `${tag('Inverted', config.inverted ?? false)}${tag('Disabled', config.disabled ?? false)}</HealthCheckConfig>` +
  `${tag('HealthCheckVersion', version)}</HealthCheck>`;

const STATUS_BURST = 4;

const OPERATIONS: Readonly<Record<string, string>> = {
  GET: 'GetHealthCheck',
  'GET/status': 'GetHealthCheckStatus',
  POST: 'UpdateHealthCheck',
};

const wrap = (name: string, body: string) => `<${name} xmlns="${NAMESPACE}">${body}</${name}>`;
