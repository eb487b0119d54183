import { Stack } from 'aws-cdk-lib';
import { fullName, nameFault } from '../internal/dns-names';
import { isKnown, type Problems, shown } from '../internal/problems';
import { crossesRegions } from '../internal/tokens';
import { BothUnhealthy } from './both-unhealthy';
import type { FailoverPair, FailoverPairProps } from './failover-pair';
import { HealthProbe } from './probe';
import type { BoundCheck, BoundProbe, BoundSite, SideContext } from './side';

/** Fixed by Route 53 for aliases to load balancers, in seconds. */
const ALIAS_TTL_SEC = 60;
/** Our default, in seconds: counts in full against the RTO. */
const TTL_SEC = 30;

/** One side, ready to be rendered. */
export interface PlannedSide {
  readonly side: 'primary' | 'standby';
  readonly site: BoundSite;
  /** Absent: no check. */
  readonly check?: BoundCheck;
  /** How a drill asks the site itself, also when Route 53 does not. */
  readonly directProbe: BoundProbe;
}

/** Everything about a pair that is decided before the first resource is made. */
export interface PairPlan {
  readonly name: string;
  readonly fqdn: string;
  /** Of the records; 60 s where a side is an alias. */
  readonly ttlSec: number;
  readonly aliased: boolean;
  readonly primary: PlannedSide;
  readonly standby: PlannedSide;
  readonly bothUnhealthy: BothUnhealthy;
}

/** Checks a pair as a whole; undefined when a problem was added that leaves nothing to plan. */
export function planPair(pair: FailoverPair, name: string, props: FailoverPairProps, problems: Problems): PairPlan | undefined {
  const { regions } = props;
  const { zoneName } = regions.zone;
  checkScope(pair, props, problems);
  checkPairName(name, problems);
  const fqdn = isKnown(props.recordName) || props.recordName === undefined ? fullName(props.recordName, zoneName) : undefined;
  if (fqdn === undefined) {
    problems.add(
      'RecordName',
      `recordName is ${shown(props.recordName)}; names in other Regions are built from it; give it as plain text`,
    );
    return undefined;
  }
  checkRecordName(fqdn, problems);
  props.beacons?._check(problems);
  regions._pairs.add({ name, fqdn }, problems);

  const context = { pair, regions, fqdn, apex: fqdn === zoneName, problems };
  const health = props.health ?? HealthProbe.https();
  const standbyProp = props.standbyHealth ? 'standbyHealth' : 'health';
  const primary = planSide({ ...context, side: 'primary', probeProp: 'health' }, props, health, health);
  const standby = planSide({ ...context, side: 'standby', probeProp: standbyProp }, props, props.standbyHealth ?? health, health);
  const ttlSec = ttlOf(props, problems);
  if (!primary || !standby || ttlSec === undefined) return undefined;

  checkSources(primary.check, standby.check, problems);
  checkSidesMatch(primary.site, standby.site, zoneName, context.apex, problems);
  const aliased = [primary, standby].some(({ site }) => site.records.some((record) => record.alias));
  const bothUnhealthy = bothUnhealthyOf(props, standby.check !== undefined, aliased, problems);
  return { name, fqdn, ttlSec: aliased ? Math.max(ttlSec, ALIAS_TTL_SEC) : ttlSec, aliased, primary, standby, bothUnhealthy };
}

function planSide(
  context: SideContext,
  props: FailoverPairProps,
  probe: HealthProbe,
  fallback: HealthProbe,
): PlannedSide | undefined {
  const site = props[context.side]._bind(context);
  const bound = probe._bind(context, site?.endpoint);
  const direct = bound ?? fallback._bind(context, site?.endpoint);
  return site && direct ? { side: context.side, site, check: bound?.check, directProbe: direct.direct } : undefined;
}

function checkScope(pair: FailoverPair, { regions }: FailoverPairProps, problems: Problems): void {
  const stack = Stack.of(pair);
  problems.addIf(
    stack !== regions.routing,
    'WrongStack',
    `scope is in stack ${stack.node.path}; checks, records and their alarms live together in ${regions.routing.node.path}; make the pair with regions.routing as scope`,
  );
}

function checkPairName(name: string, problems: Problems): void {
  problems.addIf(
    !isKnown(name) || !/^[a-z0-9-]{1,24}$/.test(name),
    'PairName',
    `pairName is ${shown(name)}; parameters and alarms are named after it, 1 to 24 lower-case letters, digits and -; set pairName`,
  );
}

function checkRecordName(fqdn: string, problems: Problems): void {
  if (fqdn.includes('*')) {
    problems.add(
      'Wildcard',
      `recordName is "${fqdn}"; a wildcard has no single name to probe, to answer or to show in a beacon; make a pair for each name`,
    );
    return;
  }
  // The beacon `_standby-<label>._failover.` goes in front.
  const most = 253 - '_standby-'.length - 32 - '._failover.'.length;
  const fault = fqdn.length > most ? `it has ${fqdn.length} characters, at most ${most} beside its beacons` : nameFault(fqdn);
  problems.addIf(fault !== undefined, 'RecordName', `recordName is "${fqdn}" and ${fault}; give a name in the zone such as app`);
}

function checkSidesMatch(primary: BoundSite, standby: BoundSite, zoneName: string, apex: boolean, problems: Problems): void {
  const a = typesOf(primary);
  const b = typesOf(standby);
  problems.addIf(
    a !== b,
    'SitesDoNotMatch',
    `primary answers ${a} and standby answers ${b}; a type on one side only would keep serving a dead site, and CNAME allows no other type; give both sides the same types`,
  );
  problems.addIf(
    JSON.stringify(primary.endpoint) === JSON.stringify(standby.endpoint),
    'SameSite',
    'primary and standby are the same site; nothing would take over; give the standby an address or name of its own',
  );
  problems.addIf(
    apex && (a === 'CNAME' || b === 'CNAME'),
    'ApexCname',
    `recordName is the apex of ${zoneName}; DNS allows no CNAME there; use Site.ip or Site.loadBalancer, or a recordName`,
  );
}

/** What turns both sides at once turns nothing over. */
function checkSources(primary: BoundCheck | undefined, standby: BoundCheck | undefined, problems: Problems): void {
  const ofStandby = new Set(sourcesOf(standby).map(({ key }) => key));
  for (const { key, text } of sourcesOf(primary)) {
    problems.addIf(
      ofStandby.has(key),
      'SameHealth',
      `health and standbyHealth both read ${text}; when it turns, both sides turn; give standbyHealth a source of its own`,
    );
  }
}

/** Sources that say the same about whatever site they are asked for. */
function sourcesOf(check: BoundCheck | undefined): readonly { readonly key: string; readonly text: string }[] {
  switch (check?.kind) {
    case 'alarm':
      return [{ key: `${check.region}/${check.name}`, text: `the alarm ${check.name} in ${check.region}` }];
    case 'existing':
      return [{ key: check.id, text: isKnown(check.id) ? `the health check ${check.id}` : 'one health check' }];
    case 'calculated':
      return check.children.flatMap(sourcesOf);
    default:
      return [];
  }
}

const typesOf = (site: BoundSite) =>
  site.records
    .map((record) => record.type)
    .sort()
    .join(' and ');

function ttlOf({ ttl, regions }: FailoverPairProps, problems: Problems): number | undefined {
  if (ttl === undefined) return TTL_SEC;
  if (ttl.isUnresolved()) {
    if (!crossesRegions(ttl.toSeconds(), regions)) return ttl.toSeconds();
    problems.add(
      'CrossRegionToken',
      'ttl is only known at deploy time, and stacks in other Regions need it; give it as a plain Duration',
    );
    return undefined;
  }
  const ms = ttl.toMilliseconds();
  problems.addIf(ms % 1000 !== 0, 'Ttl', `ttl is ${ms} ms; DNS counts whole seconds; give a Duration of whole seconds`);
  return Math.ceil(ms / 1000);
}

function bothUnhealthyOf(props: FailoverPairProps, standbyChecked: boolean, aliased: boolean, problems: Problems): BothUnhealthy {
  const chosen = props.bothUnhealthy ?? (standbyChecked ? BothUnhealthy.PRIMARY : BothUnhealthy.STANDBY);
  problems.addIf(
    chosen === BothUnhealthy.PRIMARY && !standbyChecked,
    'StandbyNeedsCheck',
    'bothUnhealthy is PRIMARY and standbyHealth is HealthProbe.none(); a standby without a check is always healthy, so the primary is never answered instead; give standbyHealth a check, or leave bothUnhealthy out',
  );
  problems.addIf(
    chosen === BothUnhealthy.STANDBY && aliased,
    'AliasNeedsTargetHealth',
    'bothUnhealthy is STANDBY at the apex; a failover alias must evaluate its target, so a standby whose targets are unhealthy is not answered; use a recordName, or BothUnhealthy.PRIMARY with a check on the standby',
  );
  return chosen;
}
