/** Endings of names that no public zone serves: special-use names and those in common private use. */
const PRIVATE_ENDINGS = ['internal', 'local', 'localhost', 'lan', 'corp', 'home', 'intranet', 'private', 'home.arpa'];

/** Lower case, without the closing dot: DNS compares names this way, and Route 53 stores them so. */
export const plainName = (name: string) => name.toLowerCase().replace(/\.$/, '');

/** Full name of `recordName` in the zone; a name that already ends with the zone's is taken as it is. */
export function fullName(recordName: string | undefined, zoneName: string): string {
  const zone = plainName(zoneName);
  const name = plainName(recordName ?? '');
  return name === '' || name === zone ? zone : name.endsWith(`.${zone}`) ? name : `${name}.${zone}`;
}

/** True when a public zone cannot have this name. */
export const isPrivateName = (name: string) => PRIVATE_ENDINGS.some((ending) => name === ending || name.endsWith(`.${ending}`));

/** What is wrong with a name of a host or zone; undefined when nothing is. */
export function nameFault(name: string): string | undefined {
  if (name.length > 253) return `it has ${name.length} characters, at most 253`;
  const labels = name.split('.');
  if (labels.length < 2) return 'it has no dot';
  const bad = labels.find((label) => !/^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  return bad === undefined ? undefined : `its label "${bad}" is not 1 to 63 letters, digits, - and _`;
}

/** Words of a kebab-case name, joined for a logical id. */
export const pascal = (name: string) =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('');
