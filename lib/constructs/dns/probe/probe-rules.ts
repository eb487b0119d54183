import type { Duration } from 'aws-cdk-lib';
import { MARKER_PATH_PREFIX } from '../../../decide/names';
import { CHECKER_REGIONS } from '../../../decide/route53/health';
import { numberOf } from '../../../decide/timings';
import { nameFault, plainName } from '../../internal/dns-names';
import { isKnown, shown } from '../../internal/problems';
import { crossesRegions } from '../../internal/tokens';
import type { BoundProbe, Endpoint, SideContext } from '../side';
import type { HttpProbeOptions, TcpProbeOptions } from './health-probe';

export function bindTcp(options: TcpProbeOptions, context: SideContext, endpoint: Endpoint | undefined): BoundProbe {
  checkEndpoint(context, endpoint);
  return { protocol: 'tcp', ...bindCommon(options, 443, context) };
}

export function bindHttp(
  protocol: 'http' | 'https',
  options: HttpProbeOptions,
  context: SideContext,
  endpoint: Endpoint | undefined,
): BoundProbe {
  checkEndpoint(context, endpoint);
  const path = options.path ?? '/health';
  checkPath(path, context);
  if (options.searchString !== undefined) checkSearchString(options.searchString, context);
  return {
    protocol,
    ...bindCommon(options, protocol === 'https' ? 443 : 80, context),
    path,
    searchString: options.searchString,
    host: bindHost(options.host, context, endpoint),
  };
}

function bindCommon(options: TcpProbeOptions, defaultPort: number, context: SideContext) {
  const port = options.port ?? defaultPort;
  const failures = options.failures ?? numberOf('check.threshold.default', 'count');
  const least = numberOf('check.threshold.min', 'count');
  const most = numberOf('check.threshold.max', 'count');
  const { problems } = context;
  checkToken('port', port, context);
  problems.addIf(
    isKnown(port) && !isWhole(port, 1, 65_535),
    'ProbePort',
    `${context.probeProp}.port is ${shown(port)}; a port is 1 to 65535; give one of these`,
  );
  problems.addIf(
    isKnown(failures) && !isWhole(failures, least, most),
    'ProbeFailures',
    `${context.probeProp}.failures is ${shown(failures)}; Route 53 takes ${least} to ${most}; give one of these`,
  );
  return {
    port,
    failures,
    intervalSec: bindInterval(options.interval, context),
    checkerRegions: bindRegions(options.checkerRegions, context),
  };
}

function bindInterval(interval: Duration | undefined, context: SideContext): number {
  const fast = numberOf('check.interval.fast', 's');
  const standard = numberOf('check.interval.standard', 's');
  if (interval === undefined) return fast;
  const ms = interval.isUnresolved() ? undefined : interval.toMilliseconds();
  if (ms !== fast * 1000 && ms !== standard * 1000) {
    context.problems.add(
      'ProbeInterval',
      `${context.probeProp}.interval is ${ms === undefined ? 'only known at deploy time' : `${ms / 1000} s`}; Route 53 probes every ${fast} or ${standard} s; give Duration.seconds(${fast}) or Duration.seconds(${standard})`,
    );
    return fast;
  }
  return ms / 1000;
}

function bindRegions(regions: string[] | undefined, context: SideContext): string[] | undefined {
  if (!isKnown(regions) || regions.some((region) => !isKnown(region))) return regions;
  const least = numberOf('check.regions.min', 'count');
  const strange = regions.filter((region) => !CHECKER_REGIONS.some((known) => known === region));
  const { problems } = context;
  problems.addIf(
    strange.length > 0,
    'CheckerRegions',
    `${context.probeProp}.checkerRegions has ${strange.join(', ')}; checkers exist in ${CHECKER_REGIONS.join(', ')}; choose from these`,
  );
  const count = new Set(regions).size;
  problems.addIf(
    count < least,
    'CheckerRegions',
    `${context.probeProp}.checkerRegions has ${count} different Regions; Route 53 wants at least ${least}; add some, or leave it out for all ${CHECKER_REGIONS.length}`,
  );
  return regions;
}

function checkPath(path: string, context: SideContext): void {
  checkToken('path', path, context);
  if (!isKnown(path)) return;
  const most = numberOf('check.path.chars', 'chars');
  const prop = `${context.probeProp}.path`;
  const { problems } = context;
  problems.addIf(path.length > most, 'ProbePath', `${prop} has ${path.length} characters; Route 53 takes ${most}; shorten it`);
  problems.addIf(
    !/^\/[!-~]*$/.test(path),
    'ProbePath',
    `${prop} is ${shown(path)}; a path starts with / and has no blanks or special letters; write it as in a URL`,
  );
  problems.addIf(
    path.startsWith(MARKER_PATH_PREFIX),
    'ProbePath',
    `${prop} is ${shown(path)}; a drill breaks the check with paths below ${MARKER_PATH_PREFIX}; choose another path`,
  );
}

function checkSearchString(text: string, context: SideContext): void {
  checkToken('searchString', text, context);
  const most = numberOf('check.search.chars', 'chars');
  context.problems.addIf(
    isKnown(text) && (text.length < 1 || text.length > most),
    'ProbeSearchString',
    `${context.probeProp}.searchString has ${text.length} characters; Route 53 takes 1 to ${most}; shorten it, or leave it out`,
  );
}

/** Route 53 has one field for the name it resolves and the host it asks for. */
function bindHost(host: string | undefined, context: SideContext, endpoint: Endpoint | undefined): string {
  const own = endpoint?.mode === 'name' ? endpoint.name : context.fqdn;
  if (host === undefined) return own;
  checkToken('host', host, context);
  if (!isKnown(host)) return host;
  const name = plainName(host);
  const prop = `${context.probeProp}.host`;
  const fault = nameFault(name);
  context.problems.addIf(
    fault !== undefined,
    'ProbeHost',
    `${prop} is ${shown(host)} and ${fault}; give a name such as app.example.com`,
  );
  context.problems.addIf(
    endpoint?.mode === 'name' && name !== own,
    'ProbeHost',
    `${prop} is ${shown(host)} but ${context.side} is the name "${own}"; Route 53 resolves the host of a check by name, so it would probe another site; leave host out`,
  );
  return name;
}

function checkEndpoint({ side, fqdn, problems }: SideContext, endpoint: Endpoint | undefined): void {
  problems.addIf(
    endpoint?.mode === 'name' && endpoint.name === fqdn,
    'OwnName',
    `${side} is "${fqdn}", the name of the pair itself; its check would follow the failover that it decides; give the site a name of its own`,
  );
}

/** Direct probes run from the standby Region, so the registration there repeats these values. */
function checkToken(name: string, value: unknown, context: SideContext): void {
  context.problems.addIf(
    crossesRegions(value, context.regions),
    'CrossRegionToken',
    `${context.probeProp}.${name} is only known at deploy time, and stacks in other Regions need it; give it as plain text`,
  );
}

const isWhole = (value: number, least: number, most: number) => Number.isInteger(value) && value >= least && value <= most;
