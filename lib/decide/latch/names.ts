import type { LatchState } from '../database/state';
import { pairDimensions } from '../metrics';
import { beaconName } from '../names';

/**
 * Names of a latch. They are frozen: Route 53 copies the settings of an alarm when a check is attached to it, and an alarm
 * with another name has no history, which reads as "not latched". A change of anything here is a new generation.
 */
export interface LatchNames {
  readonly generation: number;
  readonly metric: string;
  readonly holdMetric: string;
  readonly alarm: string;
  readonly holdAlarm: string;
}

export function latchNames(namespace: string, pair: string, generation: number): LatchNames {
  const alarm = (what: string) => `cdk-failover-${namespace}-${pair}-${what}-g${generation}`;
  return {
    generation,
    metric: `Latch-g${generation}`,
    holdMetric: `Hold-g${generation}`,
    alarm: alarm('latch'),
    holdAlarm: alarm('hold'),
  };
}

/** One candidate of a writer name: 1 while its record is to be answered. */
export const writerMetric = (generation: number) => `Writer-g${generation}`;
export const writerAlarm = (namespace: string, pair: string, candidate: string, generation: number) =>
  `cdk-failover-${namespace}-${pair}-writer-${candidate}-g${generation}`;
export const writerDimensions = (namespace: string, pair: string, candidate: string) => ({
  ...pairDimensions(namespace, pair),
  Candidate: candidate,
});

/** TXT names that show what Route 53 makes of the latch. `latch` says `healthy` while nobody has latched the primary out. */
export const latchBeacons = (fqdn: string, label?: string) => ({
  latch: beaconName('latch', fqdn, label),
  primaryAllowed: beaconName('allowed-primary', fqdn, label),
  standbyAllowed: beaconName('allowed-standby', fqdn, label),
});

export interface LatchMetric {
  readonly name: string;
  readonly value: number;
  readonly unit: 'None';
  readonly dimensions: Readonly<Record<string, string>>;
}

/**
 * The datapoints that say what the journal wants. The generation before is told the same: nobody here knows whether the
 * stack with the checks has followed to the new alarm yet, and whichever it reads must hold.
 */
export function latchMetrics(
  where: { readonly namespace: string; readonly pair: string; readonly latch: { readonly generation: number } },
  latch: { readonly on: boolean; readonly hold: boolean; readonly generation?: number },
  writers: Readonly<Record<string, boolean>>,
): readonly LatchMetric[] {
  const { namespace, pair } = where;
  const dimensions = pairDimensions(namespace, pair);
  const point = (name: string, value: boolean, of: Readonly<Record<string, string>>): LatchMetric => ({
    name,
    value: value ? 1 : 0,
    unit: 'None',
    dimensions: of,
  });
  const now = where.latch.generation;
  const generations = new Set([now, now - 1, latch.generation ?? now].filter((generation) => generation > 0));
  return [...generations].flatMap((generation) => {
    const names = latchNames(namespace, pair, generation);
    return [
      point(names.metric, latch.on, dimensions),
      point(names.holdMetric, latch.hold, dimensions),
      ...Object.entries(writers).map(([candidate, on]) =>
        point(writerMetric(generation), on, writerDimensions(namespace, pair, candidate)),
      ),
    ];
  });
}

/** What the journal wants at this moment: a hold ends by itself. */
export const wantedOf = (latch: LatchState, nowMs: number) => ({
  on: latch.on,
  hold: latch.hold !== undefined && nowMs < latch.hold.untilMs,
  generation: latch.generation,
});
