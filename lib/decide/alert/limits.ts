import type { PageBody } from './types';

/**
 * Limits of PagerDuty's Events API v2. What is too long is cut where people see it, never dropped.
 *
 * @see https://github.com/PagerDuty/developer-docs/blob/main/docs/events-API-v2/02-Trigger-Events.md
 */
export const LIMITS = {
  summaryChars: 1024,
  dedupKeyChars: 255,
  /** 512 KB, in bytes of UTF-8, for the whole event. */
  eventBytes: 512 * 1024,
  routingKeyChars: 32,
} as const;

const CUT = '… [cut]';
/** A field that is not the summary needs no more; PagerDuty documents no limit for it. */
const FIELD_CHARS = 1024;
/** Room for the routing key and its field name. */
const ROUTING_KEY_BYTES = 64;
const KEPT_DETAIL_CHARS = 64 * 1024;

/** At most `chars` long, and visibly so when it was longer. */
export function cut(value: string, chars: number): string {
  if (value.length <= chars) return value;
  // A surrogate pair is not split: half of one is no character.
  const kept = value.slice(0, chars - CUT.length).replace(/[\uD800-\uDBFF]$/, '');
  return `${kept}${CUT}`;
}

/** An incident key that fits. A longer one keeps its beginning and ends in a hash of the whole, so two keys stay two. */
export function dedupKey(key: string): string {
  if (key.length <= LIMITS.dedupKeyChars) return key;
  const hash = fnv1a64(key);
  return `${key.slice(0, LIMITS.dedupKeyChars - hash.length - 1).replace(/[\uD800-\uDBFF]$/, '')}#${hash}`;
}

/** The event within every limit. Details go first, as text with their beginning kept; key, action and summary always stay. */
export function withinLimits(body: PageBody): PageBody {
  const { payload } = body;
  if (!payload) return body;
  const short: PageBody = {
    ...body,
    payload: {
      ...payload,
      summary: cut(payload.summary, LIMITS.summaryChars),
      source: cut(payload.source, FIELD_CHARS),
      ...(payload.component ? { component: cut(payload.component, FIELD_CHARS) } : {}),
      ...(payload.group ? { group: cut(payload.group, FIELD_CHARS) } : {}),
      ...(payload.class ? { class: cut(payload.class, FIELD_CHARS) } : {}),
    },
  };
  const room = LIMITS.eventBytes - ROUTING_KEY_BYTES;
  if (bytes(short) <= room || !short.payload) return short;
  const details = JSON.stringify(payload.custom_details);
  const custom_details = {
    cut: `details of ${utf8Bytes(details)} bytes do not fit into an event of ${LIMITS.eventBytes} bytes; this is their beginning`,
    beginning: cut(details, KEPT_DETAIL_CHARS),
  };
  return { ...short, payload: { ...short.payload, custom_details } };
}

const bytes = (value: unknown) => utf8Bytes(JSON.stringify(value));

/** Bytes of a text in UTF-8. */
export function utf8Bytes(value: string): number {
  let count = 0;
  for (const char of value) {
    const code = char.codePointAt(0) ?? 0;
    count += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return count;
}

/** FNV-1a, 64 bits, over UTF-16 units, as 16 hex digits. Keeps keys apart; protects nothing. */
function fnv1a64(value: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < value.length; i++) {
    hash = ((hash ^ BigInt(value.charCodeAt(i))) * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return hash.toString(16).padStart(16, '0');
}
