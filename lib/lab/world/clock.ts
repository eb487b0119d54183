/**
 * The lab's clock as two numbers, the same in every process: lab time and real time are equal at `originMs`, and from
 * there lab time runs `scale` times as fast.
 */
export interface Clock {
  readonly scale: number;
  /** Real Unix time in ms at which lab time and real time are equal. */
  readonly originMs: number;
}

/** Environment variables that carry the clock to child processes. */
export const CLOCK_ENV = { scale: 'LAB_SCALE', originMs: 'LAB_EPOCH_MS' } as const;

export const toLabMs = (clock: Clock, realMs: number) => clock.originMs + (realMs - clock.originMs) * clock.scale;
export const toRealDelayMs = (clock: Clock, labMs: number) => labMs / clock.scale;

/** Environment of a child process that is to live in this clock, with `--require` of the scaled-clock bundle. */
export const clockEnv = (clock: Clock): Record<string, string> => ({
  [CLOCK_ENV.scale]: String(clock.scale),
  [CLOCK_ENV.originMs]: String(clock.originMs),
});
