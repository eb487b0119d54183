/** Record sets as Route 53's API knows them, and how it writes their names. */

export type RecordType = 'A' | 'AAAA' | 'CNAME' | 'TXT' | 'NS' | 'SOA' | 'MX' | 'CAA' | 'SRV';

export interface RecordSet {
  /** Full name. Compared without regard to case and closing dot. */
  readonly name: string;
  readonly type: RecordType;
  readonly setIdentifier?: string;
  readonly failover?: 'PRIMARY' | 'SECONDARY';
  /** Only to tell mixed routing policies apart; the lab does not choose by weight. */
  readonly weight?: number;
  readonly healthCheckId?: string;
  /** Absent for an alias: the target's own is used. */
  readonly ttlSec?: number;
  /** Values as the API writes them: TXT in double quotes. Absent for an alias. */
  readonly values?: readonly string[];
  /** Another record of the same zone and type. */
  readonly alias?: { readonly target: string; readonly evaluateTargetHealth: boolean };
}

export interface Change {
  readonly action: 'CREATE' | 'DELETE' | 'UPSERT';
  readonly record: RecordSet;
}

/** Lower case, with a closing dot: how the API answers and how its errors quote names. */
export const absolute = (name: string) => `${name.replace(/\.$/, '').toLowerCase()}.`;

/** Lower case, without a closing dot. */
export const bare = (name: string) => name.replace(/\.$/, '').toLowerCase();

export const sameName = (a: string, b: string) => bare(a) === bare(b);

/** True for the zone's own name and everything below it. */
export function inZone(name: string, zone: string): boolean {
  const [n, z] = [bare(name), bare(zone)];
  return n === z || n.endsWith(`.${z}`);
}

/** One record set is this name, type and set identifier. */
export const sameSet = (a: RecordSet, b: RecordSet) =>
  sameName(a.name, b.name) && a.type === b.type && a.setIdentifier === b.setIdentifier;

/** How the API's errors quote a record set. */
export function quoted(r: RecordSet): string {
  const set = r.setIdentifier === undefined ? '' : `, set-identifier='${r.setIdentifier}'`;
  return `[name='${absolute(r.name)}', type='${r.type}'${set}]`;
}
