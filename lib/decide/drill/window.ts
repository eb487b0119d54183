export interface Window {
  readonly fromHour: number;
  readonly toHour: number;
  readonly timeZone: string;
}

/** Hour of the day, 0 to 23, on the clocks of a time zone. */
export function hourIn(timeZone: string, atMs: number): number {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' }).formatToParts(atMs);
  return Number(parts.find((part) => part.type === 'hour')?.value);
}

/** Why a drill may not start now, or nothing. A window may pass midnight (22 to 4). */
export function outside(window: Window, atMs: number): string | undefined {
  const { fromHour, toHour, timeZone } = window;
  let hour: number;
  try {
    hour = hourIn(timeZone, atMs);
  } catch {
    return `the drill window names the unknown time zone ${timeZone}`;
  }
  const inside = fromHour < toHour ? hour >= fromHour && hour < toHour : hour >= fromHour || hour < toHour;
  return inside ? undefined : `it is ${hour} h in ${timeZone}, outside the drill window ${fromHour} h to ${toHour} h`;
}
