const DAY_MIN = 1_440;

/** Minutes of the day from `03:10-03:40`; a window may pass midnight. What is no window has none. */
function minutesOf(window: string): readonly number[] {
  const found = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(window);
  if (!found) return [];
  const [fromHour = 0, fromMin = 0, toHour = 0, toMin = 0] = found.slice(1).map(Number);
  const from = fromHour * 60 + fromMin;
  const lasts = (toHour * 60 + toMin - from + DAY_MIN) % DAY_MIN;
  return Array.from({ length: lasts }, (_, n) => (from + n) % DAY_MIN);
}

/** Whether all of these daily windows have a minute in common. */
export function windowsMeet(windows: readonly string[]): boolean {
  const [first, ...rest] = windows.map(minutesOf);
  return first?.some((minute) => rest.every((minutes) => minutes.includes(minute))) ?? false;
}

/** A candidate whose window opens within so many minutes would be asked in the middle of it: about until the promote call. */
const AHEAD_MIN = 10;

/**
 * Whether a replica's daily backup may be running now or soon: RDS refuses to promote it meanwhile. The clock is that of
 * whoever asks, which only puts one candidate behind another.
 */
export function backupNear(window: string | undefined, retentionDays: number | undefined, nowMs: number): boolean {
  if (window === undefined || retentionDays === 0) return false;
  const minutes = minutesOf(window);
  const now = Math.floor(nowMs / 60_000);
  return Array.from({ length: AHEAD_MIN + 1 }, (_, n) => (now + n) % DAY_MIN).some((minute) => minutes.includes(minute));
}
