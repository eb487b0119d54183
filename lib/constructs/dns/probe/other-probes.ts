import { Stack, Tokenization } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { isKnown, shown, warn } from '../../internal/problems';
import type { BoundCheck, BoundHealth, BoundProbe, Endpoint, SideContext } from '../side';
import { bindAlarm } from './alarm-rules';
import type { AlarmProbeOptions, CalculatedProbeOptions, HealthProbe } from './health-probe';

/** Fewer than Route 53 takes, so that copies for a latch find room. */
const MOST_CHILDREN = 20;

export function bindAlarmProbe(
  alarm: cloudwatch.IAlarm,
  options: AlarmProbeOptions,
  direct: BoundProbe | undefined,
  context: SideContext,
): BoundHealth | undefined {
  const named = bindAlarm(alarm, context);
  if (!named || !direct) return undefined;
  const silent = options.insufficientData ?? route53.InsufficientDataHealthStatusEnum.UNHEALTHY;
  if (silent !== route53.InsufficientDataHealthStatusEnum.UNHEALTHY && diesWithItsSite(named.region, context)) {
    warn(
      context.pair,
      'AlarmDiesWithSite',
      `${context.probeProp} reads an alarm in ${named.region}, the Region of the ${context.side}, and takes silence for ${silent}: when that Region is gone, the ${context.side} stays healthy; leave insufficientData out, or alarm elsewhere`,
    );
  }
  return { check: { kind: 'alarm', ...named, silent, alarm }, direct };
}

const diesWithItsSite = (region: string, { side, regions }: SideContext) =>
  region === (side === 'primary' ? regions.primaryRegion : regions.standbyRegion);

export function bindExistingProbe(
  healthCheck: route53.IHealthCheck,
  direct: BoundProbe | undefined,
  { probeProp, regions, problems }: SideContext,
): BoundHealth | undefined {
  const id = healthCheck.healthCheckId;
  const token = isKnown(id) ? undefined : Tokenization.reverse(id, { failConcat: false });
  const target = token !== undefined && 'target' in token ? (token.target as route53.HealthCheck) : undefined;
  const isHere = isKnown(id) || (target !== undefined && Stack.of(target) === regions.routing);
  problems.addIf(
    !isHere,
    'CrossRegionToken',
    `${probeProp} is HealthProbe.existing on ${healthCheck.node.path}, whose id only another stack knows; make the check in ${regions.routing.node.path}, or import it by its id`,
  );
  return isHere && direct ? { check: { kind: 'existing', id }, direct } : undefined;
}

export function bindCalculatedProbe(
  children: readonly HealthProbe[],
  { healthy }: CalculatedProbeOptions,
  fallback: BoundProbe | undefined,
  context: SideContext,
  endpoint: Endpoint | undefined,
): BoundHealth | undefined {
  const { probeProp, problems } = context;
  const said = `${probeProp} is HealthProbe.calculated`;
  const bound = children.map((child) => child._bind(context, endpoint));
  problems.addIf(
    children.length < 1 || children.length > MOST_CHILDREN,
    'ProbeChildren',
    `${said} of ${children.length} probes; it takes 1 to ${MOST_CHILDREN}; give so many`,
  );
  const checks = bound.flatMap((one): readonly BoundCheck[] => (one ? [one.check] : []));
  problems.addIf(
    checks.some(({ kind }) => kind === 'calculated'),
    'ProbeChildren',
    `${said} and has another one below; Route 53 knows one level only; give all probes at once`,
  );
  const least = healthy ?? children.length;
  problems.addIf(
    isKnown(least) && (!Number.isInteger(least) || least < 1 || least > children.length),
    'ProbeChildren',
    `${said} with healthy ${shown(least)}; of ${children.length} probes 1 to ${children.length} can be asked for; give one of these`,
  );
  if (checks.length < children.length || checks.length === 0) return undefined;
  const first = bound.find((one) => one?.check.kind === 'endpoint')?.direct ?? fallback;
  return first && { check: { kind: 'calculated', children: checks, healthy: least }, direct: first };
}
