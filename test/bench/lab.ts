// Whole outages on real sockets, several worlds at once, against the simulators: detection, and clients on the standby.
import { modeBudgets, type PairFacts } from '../../lib/decide/budget';
import { quantileOf } from '../../lib/decide/budget/points';
import { drawsOf } from '../../lib/decide/budget/simulate';
import { Observer } from '../../lib/lab/run/observer';
import { SAMPLING_LIMIT_MS } from '../../lib/lab/run/outcome';
import { RECORD, TTL_SEC, ZONE } from '../../lib/lab/run/setting';
import { seededUniform, simulateOutages } from '../../lib/lab/simulated';
import { createWorld, definePair, type PairInWorld, ScaledTime, type World } from '../../lib/lab/world';

const CHECK = { requestIntervalSec: 10, failureThreshold: 3 } as const;
const CLIENTS = 8;
/** Every checker has probed once, so all are somewhere in their round. */
const WARM_MS = 11_000;
const SERVED_LIMIT_MS = 120_000;
const LOOK_MS = 250;

export interface Outage {
  readonly detectionSec: number | undefined;
  /** Until the last of eight clients is served by the standby. */
  readonly rtoSec: number | undefined;
  readonly largestGapMs: number;
}

/** @param worlds how many at once, in this process */
export async function outages(worlds: number, scale: number, seed: number): Promise<Outage[]> {
  const time = new ScaledTime({ scale });
  const uniform = seededUniform(seed);
  const opened: { readonly world: World; readonly pair: PairInWorld }[] = [];
  try {
    // One after the other: two that look for a free port at once may find the same one.
    for (let i = 0; i < worlds; i++) {
      const world = await createWorld({ time, zone: ZONE, protocol: 'http', uniform });
      opened.push({ world, pair: definePair(world, { recordName: RECORD, ttlSec: TTL_SEC, ...CHECK }) });
    }
    await time.sleep(WARM_MS);
    return await Promise.all(opened.map(({ world, pair }) => outage(time, scale, world, pair, 10_000 * uniform())));
  } finally {
    await Promise.all(opened.map(({ world }) => world.close()));
  }
}

async function outage(time: ScaledTime, scale: number, world: World, pair: PairInWorld, waitMs: number): Promise<Outage> {
  const observer = new Observer(time, world, scale, pair.beacons.primary);
  try {
    await time.sleep(2_000 + waitMs);
    await world.sites.primary.fail('refused');
    const failedMs = world.truth.first('fault-began')?.atMs ?? time.nowMs();
    const limitMs = failedMs + SERVED_LIMIT_MS;
    while (observer.observed.servedMs === undefined && time.nowMs() < limitMs) await time.sleep(LOOK_MS);
    const { detectedMs, servedMs, largestGapMs } = observer.observed;
    const since = (atMs: number | undefined) => (atMs === undefined ? undefined : (atMs - failedMs) / 1_000);
    return { detectionSec: since(detectedMs), rtoSec: since(servedMs), largestGapMs };
  } finally {
    observer.stop();
  }
}

export const GAP_LIMIT_MS = SAMPLING_LIMIT_MS;

export interface Expected {
  readonly detectionSec: number;
  readonly rtoSec: number;
}

/**
 * Medians by the simulators: checkers on a virtual clock, then the budget's own line of a cached answer for eight clients
 * whose answers run out evenly. The budget's assumed times of Route 53 and of reconnecting are left out: the lab has neither.
 */
export function expected(runs: number, seed: number): Expected {
  const { results } = simulateOutages({ mode: 'refused', ...CHECK, outages: runs, seed });
  const facts: PairFacts = {
    pair: 'bench',
    check: { protocol: 'http', intervalSec: CHECK.requestIntervalSec, failures: CHECK.failureThreshold, checkers: 16 },
    answer: { kind: 'record', ttlSec: TTL_SEC, apex: false },
  };
  const budget = modeBudgets(facts).find(({ mode }) => mode === 'refused');
  const path = budget?.kind === 'timed' ? (budget.paths.switch ?? []) : [];
  const cached = path.find((step) => 'part' in step && step.part === 'ttl');
  if (!cached || !('part' in cached)) throw new Error('the budget has no line for a cached answer');
  const draw = drawsOf(seed);
  const detections = results.flatMap(({ detectionSec }) => detectionSec ?? []);
  const rtos = detections.map((sec) => sec + quantileOf(cached, (CLIENTS - 1 + draw()) / CLIENTS));
  return { detectionSec: median(detections), rtoSec: median(rtos) };
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
