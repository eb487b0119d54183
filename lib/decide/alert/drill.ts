import type { JournalItem } from '../journal';

/** A good probe of the primary proves this long, in ms, that an alarm is the drill's doing. */
export const PROBE_FRESH_MS = 10_000;

export type DrillVerdict = { readonly kind: 'drill'; readonly id: string } | { readonly kind: 'real'; readonly because: string };

/**
 * Whether a running drill explains an alarm. Everything must speak for it; anything missing or unknown pages for real,
 * because a real outage may begin while a drill runs.
 */
export function drillVerdict(
  item: JournalItem | undefined | { readonly kind: 'unknown'; readonly because: string },
  alarmName: string,
  nowMs: number,
): DrillVerdict {
  if (item === undefined) return real('the pair has no journal');
  if ('kind' in item) return real(`the journal is unknown: ${item.because}`);
  const { drill } = item;
  if (!drill) return real('no drill runs');
  if (nowMs >= drill.deadlineMs) return real(`drill ${drill.id} is past its deadline`);
  if (!drill.expectedAlarms.includes(alarmName)) return real(`drill ${drill.id} does not expect this alarm`);
  const probe = drill.lastPrimaryProbe;
  if (!probe) return real(`drill ${drill.id} has not probed the primary`);
  if (!probe.good) return real(`the last probe of the primary in drill ${drill.id} failed`);
  // Clocks differ a little; a probe from far in the future is as worthless as an old one.
  const ageMs = Math.abs(nowMs - probe.atMs);
  if (ageMs >= PROBE_FRESH_MS)
    return real(`the last probe of the primary in drill ${drill.id} is ${ageMs} ms away, limit ${PROBE_FRESH_MS} ms`);
  return { kind: 'drill', id: drill.id };
}

const real = (because: string): DrillVerdict => ({ kind: 'real', because });
