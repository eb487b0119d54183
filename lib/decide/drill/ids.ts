/** EventBridge Scheduler allows 64 characters for `restore-<drill id>`, which is the tightest of the names made from an id. */
const ID_MAX = 56;
const SEPARATORS = /[:.]/g;

/**
 * The id of a drill: pair and requested id in one, because pairs share one state machine and one schedule group, where a
 * second pair with the same id would be taken for the same drill. Scheduler's own times (`2026-11-24T10:00:00Z`) are
 * accepted as ids: `:` and `.` are left out.
 */
export function drillIdOf(pair: string, requested: string): string {
  const id = requested.replace(SEPARATORS, '');
  if (id === pair || id.startsWith(`${pair}-`)) return id.slice(0, ID_MAX);
  const whole = `${pair}-${id}`;
  return whole.length <= ID_MAX ? whole : `${shortened(pair, ID_MAX - id.length - 1)}-${id}`;
}

/** What `drillIdOf` accepts. */
export const isDrillId = (id: string) => /^[A-Za-z0-9_:.-]{1,48}$/.test(id);

/** Keeps long pair names apart by a checksum at the end. */
function shortened(pair: string, length: number): string {
  let hash = 0x811c9dc5;
  for (const char of pair) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  const sum = hash.toString(36).slice(0, 6);
  return length <= sum.length ? sum.slice(0, Math.max(length, 1)) : `${pair.slice(0, length - sum.length)}${sum}`;
}
