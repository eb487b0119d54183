/**
 * What a change batch does to a zone, and what Route 53 refuses.
 *
 * Texts marked (seen) are those of the API as users report them; the others follow their pattern, because the rule is
 * documented but no text was found. Code and rule are what matters to a caller, not the text.
 *
 * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
 */
import { absolute, bare, type Change, inZone, quoted, type RecordSet, sameName, sameSet } from './record';

export type BatchResult =
  | { readonly kind: 'applied'; readonly records: readonly RecordSet[] }
  | { readonly kind: 'refused'; readonly code: 'InvalidChangeBatch' | 'InvalidInput'; readonly messages: readonly string[] };

const MAX_TTL_SEC = 2_147_483_647;

/** All changes or none: nothing is kept when one of them is refused. The result of the whole batch must be a legal zone. */
export function applyBatch(zone: string, records: readonly RecordSet[], changes: readonly Change[]): BatchResult {
  if (changes.length === 0) {
    return { kind: 'refused', code: 'InvalidInput', messages: ['Change batch must contain at least one change'] };
  }
  const malformed = changes.filter((c) => c.action !== 'DELETE').flatMap((c) => malformedBecause(c.record));
  if (malformed.length > 0) return { kind: 'refused', code: 'InvalidInput', messages: malformed };

  const messages: string[] = [];
  let next = [...records];
  for (const { action, record } of changes) {
    const found = next.find((r) => sameSet(r, record));
    if (!inZone(record.name, zone)) {
      messages.push(`RRSet with DNS name ${absolute(record.name)} is not permitted in zone ${absolute(zone)}`); // (seen)
      continue;
    }
    if (action === 'CREATE' && found)
      messages.push(`Tried to create resource record set ${quoted(record)} but it already exists`); // (seen)
    if (action === 'DELETE') messages.push(...deleteRefused(zone, record, found));
    next = next.filter((r) => r !== found);
    if (action !== 'DELETE') next.push(record);
  }
  const touched = changes.filter((c) => c.action !== 'DELETE').map((c) => c.record);
  for (const record of touched) if (next.includes(record)) messages.push(...conflicts(zone, record, next));

  if (messages.length > 0) return { kind: 'refused', code: 'InvalidChangeBatch', messages: [...new Set(messages)] };
  return { kind: 'applied', records: next };
}

/** The API's one-line form: all messages in square brackets. */
export const batchErrorText = (messages: readonly string[]) => `[${messages.join(', ')}]`;

function malformedBecause(r: RecordSet): string[] {
  const problems: string[] = [];
  const routed = r.failover !== undefined || r.weight !== undefined;
  if (routed && r.setIdentifier === undefined) problems.push(`Invalid request: Missing field 'SetIdentifier' in ${quoted(r)}`);
  if (!routed && r.setIdentifier !== undefined) {
    problems.push(`Invalid request: Expected exactly one of [Weight, Region, Failover, ...], but found none in ${quoted(r)}`);
  }
  if (r.failover !== undefined && r.weight !== undefined) {
    problems.push(
      `Invalid request: Expected exactly one of [Weight, Region, Failover, ...], but found more than one in ${quoted(r)}`,
    );
  }
  if (r.setIdentifier !== undefined && (r.setIdentifier.length < 1 || r.setIdentifier.length > 128)) {
    problems.push(`Invalid request: SetIdentifier must have 1 to 128 characters in ${quoted(r)}`);
  }
  if (r.alias === undefined) {
    if (r.ttlSec === undefined) problems.push(`Invalid request: Missing field 'TTL' in ${quoted(r)}`);
    else if (!Number.isInteger(r.ttlSec) || r.ttlSec < 0 || r.ttlSec > MAX_TTL_SEC) {
      problems.push(`Invalid request: TTL must be from 0 to ${MAX_TTL_SEC} in ${quoted(r)}`);
    }
    if ((r.values ?? []).length === 0) problems.push(`Invalid request: Missing field 'ResourceRecords' in ${quoted(r)}`);
  } else if (r.ttlSec !== undefined || r.values !== undefined) {
    problems.push(`Invalid request: an alias has no TTL and no ResourceRecords, in ${quoted(r)}`);
  }
  return problems;
}

function deleteRefused(zone: string, record: RecordSet, found: RecordSet | undefined): string[] {
  if (!found) return [`Tried to delete resource record set ${quoted(record)} but it was not found`]; // (seen)
  if (sameName(record.name, zone) && (record.type === 'SOA' || record.type === 'NS')) {
    return [`A HostedZone must contain at least one ${record.type === 'NS' ? 'NS record for the zone itself' : 'SOA record'}.`]; // (seen)
  }
  if (!sameContent(found, record)) {
    return [`Tried to delete resource record set ${quoted(record)} but the values provided do not match the current values`]; // (seen)
  }
  return [];
}

/** A delete must repeat the record as it stands. */
function sameContent(a: RecordSet, b: RecordSet): boolean {
  const content = (r: RecordSet) => [r.ttlSec, [...(r.values ?? [])].sort(), r.failover, r.weight, r.healthCheckId, r.alias];
  return JSON.stringify(content(a)) === JSON.stringify(content(b));
}

/** Why `record` may not stand beside the others, were the batch applied. */
function conflicts(zone: string, record: RecordSet, all: readonly RecordSet[]): string[] {
  const name = absolute(record.name);
  const z = absolute(zone);
  const messages: string[] = [];
  const others = all.filter((r) => r !== record && sameName(r.name, record.name));

  if (record.type === 'CNAME' && bare(record.name) === bare(zone)) {
    messages.push(`RRSet of type CNAME with DNS name ${name} is not permitted at apex in zone ${z}`); // (seen)
  } else if (record.type === 'CNAME' && others.some((r) => r.type !== 'CNAME')) {
    messages.push(
      `RRSet of type CNAME with DNS name ${name} is not permitted as it conflicts with other records with the same DNS name in zone ${z}`, // (seen)
    );
  } else if (record.type !== 'CNAME' && others.some((r) => r.type === 'CNAME')) {
    messages.push(
      `RRSet of type ${record.type} with DNS name ${name} is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone ${z}`, // (seen)
    );
  }
  if (record.failover === 'PRIMARY' && record.alias === undefined && record.healthCheckId === undefined) {
    messages.push('A non-alias primary ResourceRecordSet must have an associated health check. No changes made.'); // (seen)
  }
  messages.push(
    ...routingConflicts(
      record,
      others.filter((r) => r.type === record.type),
      name,
    ),
  );
  messages.push(...aliasConflicts(zone, record, all, name));
  return messages;
}

/** One name and type has one routing policy, and a failover pair has one record of each kind. */
function routingConflicts(record: RecordSet, siblings: readonly RecordSet[], name: string): string[] {
  const start = `RRSet with DNS name ${name}, type ${record.type}`;
  const policy = policyOf(record);
  if (policy === 'simple') {
    return siblings.length > 0 ? [`${start} cannot be created as other RRSets exist with the same name and type.`] : []; // (seen)
  }
  const which = `${start}, SetIdentifier ${record.setIdentifier}`;
  if (siblings.some((r) => policyOf(r) !== policy)) {
    return [`${which} cannot be created as a non-${policy} set exists with the same name and type.`]; // (seen for weighted)
  }
  if (record.failover !== undefined && siblings.some((r) => r.failover === record.failover)) {
    return [`${which} cannot be created as a ${record.failover} failover RRSet exists with the same name and type.`];
  }
  return [];
}

function policyOf(record: RecordSet): 'simple' | 'failover' | 'weighted' {
  if (record.failover !== undefined) return 'failover';
  return record.weight !== undefined ? 'weighted' : 'simple';
}

function aliasConflicts(zone: string, record: RecordSet, all: readonly RecordSet[], name: string): string[] {
  if (record.alias === undefined) return [];
  const target = record.alias.target;
  if (!inZone(target, zone))
    return [
      `Tried to create an alias that targets ${absolute(target)}, but the lab's zone follows aliases inside ${absolute(zone)} only`,
    ];
  if (!all.some((r) => r !== record && sameName(r.name, target) && r.type === record.type)) {
    return [
      `Tried to create an alias that targets ${absolute(target)}, type ${record.type} in zone ${absolute(zone)}, but the alias target name does not lie within the target zone or was not found: ${name}`,
    ];
  }
  return [];
}
