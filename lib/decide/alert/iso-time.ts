const FORM = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?\s*(?:Z|[+-]\d\d:?\d\d)?)?$/;
const ZONE = /(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Unix ms of an ISO 8601 text; undefined when it is none. Services also write a space for `T` and `+0000` for `Z`;
 * without a zone it is UTC.
 */
export function isoToMs(text: string): number | undefined {
  const trimmed = text.trim();
  if (!FORM.test(trimmed)) return undefined;
  const iso = trimmed
    .replace(/^(\S+) (\d\d:)/, '$1T$2')
    .replace(/\s/g, '')
    .replace(/([+-]\d\d)(\d\d)$/, '$1:$2');
  const ms = new Date(iso.includes('T') && !ZONE.test(iso) ? `${iso}Z` : iso).getTime();
  return Number.isNaN(ms) ? undefined : ms;
}

/** Last moment that a date can hold, in Unix ms. */
const LAST_MS = 8.64e15;

/** ISO 8601 in UTC with milliseconds. A time that no date can hold is cut, so that its page still goes out. */
export const msToIso = (ms: number): string => new Date(Math.min(Math.max(ms, -LAST_MS), LAST_MS)).toISOString();
