import type { DatabaseRegistration } from '../../../contracts/database';
import type { PairRegistration } from '../../../contracts/registration';
import { STEAL_MS } from '../../../decide/database/lease';
import { FAILED_TICKS, TICK_MS } from '../../../decide/database/witnesses';
import { blankItem } from '../../../decide/drill/rules';
import type { Machine, Unknown } from '../../ports';
import type { AclLooks } from '../../ports/database';
import type { Stopwatch } from '../../ports/heartbeat';
import { isUnknown } from '../drill/context';
import { every } from '../every';
import { transact } from '../transact';
import type { DatabasePorts } from './context';
import { startFencing } from './fence-duty';
import { PairMemory } from './memory';
import { protection, publishWatch } from './protection';
import { lookForReadiness } from './readiness';
import { tick } from './tick';

/** A prober orders nothing, so it cannot reach what orders. */
export interface ProberPorts extends Omit<DatabasePorts, 'fences' | 'applications' | 'latchPanel' | 'pointer'> {
  readonly machine: Machine;
  readonly aclLooks: AclLooks;
  /** How long a lease stands still is never judged by a clock that may be set. */
  readonly stopwatch: Stopwatch;
}

/** Longest run, in ms. A schedule that starts one each minute, and late, leaves no gap. */
export const RUN_MS = 130_000;

/** Journal key whose epoch counts prober runs. No pair can be called so. */
export const PROBER_KEY = '#prober';

export interface ProberEnd {
  readonly ticks: number;
  readonly ended: 'newer run' | 'time';
}

interface Watched {
  readonly registration: PairRegistration;
  readonly database: DatabaseRegistration;
  readonly memory: PairMemory;
}

/**
 * Watches every database of the control set, in one process, every 5 s.
 *
 * A run takes over from the older one only when its own memory is as good: after as many ticks as a verdict takes, and
 * as long as a lease must stand still. Until then both look; whoever decides first takes the epoch.
 */
export async function probe(ports: ProberPorts): Promise<ProberEnd> {
  const { time } = ports;
  const beganMs = time.nowMs();
  let watched: readonly Watched[] | Unknown = { kind: 'unknown', because: 'not read yet' };
  let generation: number | undefined;
  let ticks = 0;
  let newer = false;
  await every(
    time,
    TICK_MS,
    () => !newer && ticks * TICK_MS < RUN_MS && Math.abs(time.nowMs() - beganMs) < RUN_MS,
    async () => {
      if (isUnknown(watched)) watched = await roster(ports);
      if (isUnknown(watched)) ports.log.error('nobody is watched', { because: watched.because });
      else await Promise.all(watched.map((w) => tickSafely(ports, w, ticks === 0)));
      ticks += 1;
      try {
        if (generation !== undefined) newer = (await currentGeneration(ports)) > generation;
        else if (!isUnknown(watched) && warm(watched, ticks)) generation = await takeOver(ports);
      } catch (error) {
        // Two that watch are as safe as one; one that ends takes its memory with it.
        ports.log.error('it is not known whether a newer prober runs', { because: (error as Error).message });
      }
    },
  );
  return { ticks, ended: newer ? 'newer run' : 'time' };
}

/** Pairs with a database. One that cannot be read makes the roster unknown: nobody is forgotten quietly. */
async function roster(ports: ProberPorts): Promise<readonly Watched[] | Unknown> {
  const pairs = await ports.registry.pairs();
  if (isUnknown(pairs)) return pairs;
  const found = await Promise.all(
    pairs.map(async (registration) => ({ registration, database: await ports.databaseRegistry.database(registration.pair) })),
  );
  const watched: Watched[] = [];
  for (const { registration, database } of found) {
    if (database.kind === 'unknown') return database;
    if (database.kind === 'none') continue;
    watched.push({ registration, database, memory: new PairMemory() });
  }
  return watched;
}

/** A reader of heartbeats that just started has seen one row only; by this tick it has seen more. */
const READINESS_TICK = 3;

const warm = (watched: readonly Watched[], ticks: number) =>
  ticks >= FAILED_TICKS && (ticks * TICK_MS > STEAL_MS || !watched.some((w) => w.database.lease));

/** One pair that goes wrong must not blind the others. */
async function tickSafely(ports: ProberPorts, watched: Watched, first: boolean): Promise<void> {
  const { registration, database, memory } = watched;
  try {
    await tick(ports, registration, database, memory);
    if (first) {
      await protection(ports, registration, database);
      await startFencing(ports, registration.pair, database);
    }
    await publishWatch(ports, registration, memory);
    if (memory.ticks === READINESS_TICK) await lookForReadiness(ports, registration, database);
  } catch (error) {
    ports.log.error('a tick failed', { pair: registration.pair, because: (error as Error).message });
  }
}

const takeOver = (ports: ProberPorts) =>
  transact(ports.journal, PROBER_KEY, (found) => {
    const item = found ?? blankItem(PROBER_KEY);
    return { kind: 'write', item: { ...item, epoch: item.epoch + 1 }, answer: item.epoch + 1 };
  });

async function currentGeneration(ports: ProberPorts): Promise<number> {
  return (await ports.journal.read(PROBER_KEY))?.epoch ?? 0;
}
