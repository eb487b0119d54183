import type { Stack } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { ROUTING_REGION } from '../../decide/names';
import { isPrivateName, nameFault, plainName } from '../internal/dns-names';
import { isKnown, type Problems, shown } from '../internal/problems';
import type { FailoverStacks } from './failover-regions';
import type { FailoverZone } from './failover-zone';

const TOO_MANY_ROLES = `health checks and their alarms live in ${ROUTING_REGION}, so one stack can take all three roles only there`;

/** A Region must be a plain string of partition `aws`: names and ARNs in other Regions are built from it. */
export function checkRegion(role: string, region: string, problems: Problems): void {
  if (!isKnown(region)) {
    problems.add(
      'UnknownRegion',
      `${role} is ${shown(region)}; names and ARNs in other Regions are built from it; give a Region such as eu-west-1`,
    );
    return;
  }
  if (!/^[a-z]{2,4}(-[a-z]+)+-\d+$/.test(region)) {
    problems.add('UnknownRegion', `${role} is ${shown(region)}; that is not the name of a Region; give one such as eu-west-1`);
    return;
  }
  const partition = RegionInfo.get(region).partition ?? 'aws';
  problems.addIf(
    partition !== 'aws',
    'Partition',
    `${role} is ${shown(region)} in partition ${partition}; this version supports partition aws only; give a Region of it`,
  );
}

export function checkSites(primary: string, standby: string, problems: Problems): void {
  checkRegion('primary', primary, problems);
  checkRegion('standby', standby, problems);
  problems.addIf(
    isKnown(primary) && primary === standby && primary !== ROUTING_REGION,
    'RoutingRegion',
    `primary and standby are both ${shown(primary)}; ${TOO_MANY_ROLES}; give two Regions, or ${ROUTING_REGION} for both`,
  );
}

export function checkName(name: string, problems: Problems): void {
  problems.addIf(
    !isKnown(name) || !/^[a-z0-9-]{1,20}$/.test(name),
    'ControlSetName',
    `controlSetName is ${shown(name)}; it is part of names in every Region and takes 1 to 20 lower-case letters, digits and -; set controlSetName`,
  );
}

export function checkZone(zone: FailoverZone, problems: Problems): void {
  if (!isKnown(zone.zoneName)) {
    problems.add(
      'ZoneName',
      `zoneName is ${shown(zone.zoneName)}; names of records in other Regions are built from it; give it as plain text`,
    );
    return;
  }
  const name = plainName(zone.zoneName);
  if (isPrivateName(name)) {
    problems.add(
      'PrivateZone',
      `zoneName is ${shown(zone.zoneName)}, a private name; health checkers are outside every VPC and see public zones only; use a public zone`,
    );
    return;
  }
  const fault = nameFault(name);
  problems.addIf(
    fault !== undefined,
    'ZoneName',
    `zoneName is ${shown(zone.zoneName)} and ${fault}; give the name of a public hosted zone such as example.com`,
  );
}

/** Rules for stacks that the user made. */
export function checkStacks(stacks: FailoverStacks, problems: Problems): void {
  const { primary, standby, routing } = stacks;
  checkRegion('routing', routing.region, problems);
  problems.addIf(
    isKnown(routing.region) && routing.region !== ROUTING_REGION,
    'RoutingRegion',
    `routing is in ${shown(routing.region)}; health checks and their alarms live in ${ROUTING_REGION}; pass a stack of ${ROUTING_REGION}`,
  );
  problems.addIf(
    isKnown(primary.region) && primary.region === standby.region && primary.region === ROUTING_REGION && !isOneStack(stacks),
    'SameRegion',
    `primary and standby are both in ${shown(primary.region)} but not one stack with routing; a standby in the same Region fails with it; ` +
      'give two Regions, or the same stack three times',
  );
  const seen = new Set<Stack>();
  for (const [role, stack] of Object.entries({ primary, standby, routing })) {
    if (seen.has(stack)) continue;
    seen.add(stack);
    problems.addIf(
      (stack as unknown as { _crossRegionReferences?: boolean })._crossRegionReferences === true,
      'CrossRegionReferences',
      `${role} has crossRegionReferences: true; its deployment would read another Region, just when that is gone; leave it out and pass names as plain text`,
    );
  }
}

const isOneStack = (stacks: FailoverStacks) => stacks.primary === stacks.standby && stacks.standby === stacks.routing;
