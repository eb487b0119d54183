/** A duration for people, never shorter than it is: `0.4 s`, `60 s`, `2.5 min`. */
export function lasting(ms: number): string {
  const sec = Math.ceil(ms / 100) / 10;
  return Math.abs(sec) < 120 ? `${sec} s` : `${Math.ceil(ms / 6_000) / 10} min`;
}
