import { usage } from './failure';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `30s`, `90m`, `2h` or `1500ms`, in ms. */
export function durationMs(command: string, option: string, given: string): number {
  const [, amount, unit = ''] = /^(\d{1,9})(ms|s|m|h)$/.exec(given) ?? [];
  const factor = UNITS[unit];
  if (amount !== undefined && factor !== undefined) return Number(amount) * factor;
  throw usage(`${option} is "${given}"; give a number with its unit, such as 30s, 90m or 2h`, command);
}

/** A time as a person reads it. */
export function shownMs(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  const sec = ms / 1_000;
  if (sec < 120) return `${Number(sec.toFixed(1))} s`;
  const min = sec / 60;
  return min < 120 ? `${Number(min.toFixed(1))} min` : `${Number((min / 60).toFixed(1))} h`;
}
