/** What a name server of the zone answers, given the records and each check's status. No clock, no sockets. */
import { chooseFailover, type HealthOf, recordHealthy } from './answer';
import { bare, inZone, type RecordSet, type RecordType, sameName } from './record';

/** One answered set: the owner is the name that was asked or reached, never an alias target. */
export interface AnsweredSet {
  readonly name: string;
  readonly type: RecordType;
  readonly ttlSec: number;
  readonly values: readonly string[];
}

export type Lookup =
  | { readonly kind: 'answer'; readonly sets: readonly AnsweredSet[] }
  /** The name exists, this type does not; `sets` holds the CNAMEs followed so far. */
  | { readonly kind: 'nodata'; readonly sets: readonly AnsweredSet[] }
  | { readonly kind: 'nxdomain'; readonly sets: readonly AnsweredSet[] }
  /** Not our zone. */
  | { readonly kind: 'refused' };

/** Longest chain of CNAMEs or aliases that is followed; ends loops. */
const MAX_CHAIN = 8;

export function lookUp(zone: string, records: readonly RecordSet[], name: string, type: string, health: HealthOf): Lookup {
  if (!inZone(name, zone)) return { kind: 'refused' };
  const sets: AnsweredSet[] = [];
  let at = name;
  for (let step = 0; step <= MAX_CHAIN; step++) {
    const here = records.filter((r) => sameName(r.name, at));
    const direct = answered(records, here, at, type, health, MAX_CHAIN);
    if (direct) return { kind: 'answer', sets: [...sets, direct] };

    const cname = answered(records, here, at, 'CNAME', health, MAX_CHAIN);
    if (!cname) {
      const exists = here.length > 0 || records.some((r) => bare(r.name).endsWith(`.${bare(at)}`));
      return { kind: exists ? 'nodata' : 'nxdomain', sets };
    }
    sets.push(cname);
    at = cname.values[0] ?? at;
    // Out of the zone the resolver goes on by itself.
    if (!inZone(at, zone)) return { kind: 'answer', sets };
  }
  return { kind: 'answer', sets };
}

/** The set that one name and type answers, with failover decided and aliases followed. */
function answered(
  records: readonly RecordSet[],
  here: readonly RecordSet[],
  owner: string,
  type: string,
  health: HealthOf,
  depth: number,
): AnsweredSet | undefined {
  const chosen = choose(
    records,
    here.filter((r) => r.type === type),
    health,
    depth,
  );
  if (!chosen) return undefined;
  if (chosen.alias === undefined) {
    return { name: owner, type: chosen.type, ttlSec: chosen.ttlSec ?? 0, values: chosen.values ?? [] };
  }
  if (depth === 0) return undefined;
  const { target } = chosen.alias;
  return answered(
    records,
    records.filter((r) => sameName(r.name, target)),
    owner,
    type,
    health,
    depth - 1,
  );
}

function choose(all: readonly RecordSet[], group: readonly RecordSet[], health: HealthOf, depth: number): RecordSet | undefined {
  const healthy = (r: RecordSet) => setHealthy(all, r, health, depth);
  if (group.every((r) => r.failover === undefined)) return group[0];
  return chooseFailover(
    group.find((r) => r.failover === 'PRIMARY'),
    group.find((r) => r.failover === 'SECONDARY'),
    healthy,
  );
}

/** A check and target-health evaluation on one alias must both be good; a group is healthy while one member is. */
function setHealthy(all: readonly RecordSet[], record: RecordSet, health: HealthOf, depth: number): boolean {
  if (!recordHealthy(record.healthCheckId, health)) return false;
  const { alias } = record;
  if (!alias?.evaluateTargetHealth || depth === 0) return true;
  return all
    .filter((r) => sameName(r.name, alias.target) && r.type === record.type)
    .some((r) => setHealthy(all, r, health, depth - 1));
}
