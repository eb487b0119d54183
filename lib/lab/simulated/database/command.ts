/** `npm run simulate`: many worlds, or one as a timeline. */
import { figures } from './figures';
import { INVARIANTS } from './invariants';
import { seedsFrom, simulateOne, simulateWorlds, tellWorld } from './simulate';

const USAGE = 'simulate [--worlds N] [--seed S] | --replay S';

interface Asked {
  readonly worlds: number;
  readonly seed: number;
  readonly replay?: number;
}

/** @throws Error naming what is wrong */
export function asked(given: readonly string[]): Asked {
  const found: Record<string, number> = { worlds: 2_000, seed: 1 };
  for (let n = 0; n < given.length; n += 2) {
    const name = (given[n] ?? '').replace(/^--/, '');
    const value = Number(given[n + 1]);
    if (!['worlds', 'seed', 'replay'].includes(name) || !Number.isSafeInteger(value) || value < 0) {
      throw new Error(`[BadArgument] ${given[n]} ${given[n + 1] ?? ''}; a whole number from 0; usage: ${USAGE}`);
    }
    found[name] = value;
  }
  return {
    worlds: found['worlds'] ?? 0,
    seed: found['seed'] ?? 0,
    ...(found['replay'] === undefined ? {} : { replay: found['replay'] }),
  };
}

/** @returns the exit code: 1 when an invariant broke */
export async function main(given: readonly string[], say: (line: string) => void): Promise<number> {
  const { worlds, seed, replay } = asked(given);
  if (replay !== undefined) {
    const end = await simulateOne(replay, { record: true });
    say(tellWorld(end));
    return end.broken.length > 0 ? 1 : 0;
  }
  const began = process.hrtime.bigint();
  const campaign = await simulateWorlds(seedsFrom(seed, worlds));
  const tookSec = Number(process.hrtime.bigint() - began) / 1e9;
  const rate = (n: number) => (n / tookSec).toFixed(0);
  say(
    `${campaign.worlds} worlds from seed ${seed}: ${Object.entries(campaign.ended)
      .map(([end, n]) => `${n} ${end}`)
      .join(', ')}`,
  );
  say(
    `${rate(campaign.worlds)} worlds/s, ${rate(campaign.ended.promoted)} failovers/s, ${rate(campaign.events)} events/s (measured, one core)`,
  );
  for (const { seed: broken, broken: what } of campaign.broken) {
    for (const { invariant, because } of what) say(`BROKEN ${invariant}, ${INVARIANTS[invariant]}: ${because}`);
    say(`seed ${broken}: npm run simulate -- --replay ${broken}`);
  }
  if (campaign.broken.length > 0) return 1;
  say('\nseconds from the death of the writer (simulated)          p50     p95');
  for (const { name, p50Sec, p95Sec } of await figures(seed, Math.min(200, worlds))) {
    say(`${name.padEnd(56)} ${p50Sec.toFixed(2).padStart(6)} ${p95Sec.toFixed(2).padStart(7)}`);
  }
  return 0;
}
