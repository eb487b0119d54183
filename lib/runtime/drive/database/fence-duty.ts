/** The fences that the old primary's Region did not answer to: raised once it answers again. */
import type { DatabaseRegistration, DatabaseStepOutput } from '../../../contracts/database';
import { afterTry, type NamedFence, type RaisedFence } from '../../../decide/database/fences';
import { fenceDuty, noteFenced } from '../../../decide/database/kept-out';
import { FENCE_DUTY } from '../../../decide/database/plan';
import type { RunKey } from '../../../decide/database/run-rules';
import { isUnknown } from '../drill/context';
import { transact } from '../transact';
import { type DatabasePorts, tellRunIfPossible } from './context';
import type { ProberPorts } from './prober';

/** Starts an execution for it, once a minute at most: the prober itself cannot reach a fence. */
export async function startFencing(
  ports: Pick<ProberPorts, 'journal' | 'machine' | 'time' | 'log'>,
  pair: string,
  database: DatabaseRegistration,
): Promise<void> {
  const duty = fenceDuty(await ports.journal.read(pair), database.fences);
  if (duty.kind === 'none') return;
  // Only a name: two probers of one minute start one execution.
  const minute = Math.floor(ports.time.nowMs() / 60_000);
  const started = await ports.machine.start(`${duty.key.run}-f${minute}`, { pair, ...duty.key, duty: FENCE_DUTY });
  if (started.kind === 'unknown') ports.log.error('the old writer is not being fenced', { pair, because: started.because });
}

/** Raises what is open, records what was verified, and says what is new. Whatever stays down is tried in the next minute. */
export async function fenceOldWriter(pair: string, key: RunKey, ports: DatabasePorts): Promise<DatabaseStepOutput> {
  const [registration, database, item] = await Promise.all([
    ports.registry.pair(pair),
    ports.databaseRegistry.database(pair),
    ports.journal.read(pair),
  ]);
  if (isUnknown(registration)) throw new Error(`the registration of ${pair} cannot be read: ${registration.because}`);
  if (database.kind === 'unknown') throw new Error(`the database of ${pair} cannot be read: ${database.because}`);
  if (database.kind === 'none') return ended('lost', `the pair ${pair} has no database`);
  const duty = fenceDuty(item, database.fences);
  if (duty.kind === 'none') return ended('done', duty.because);
  if (duty.key.epoch !== key.epoch) return ended('lost', `the epoch is ${duty.key.epoch}, not ${key.epoch}`);
  const raised = await Promise.all(
    duty.fences.map(async ({ name, fence }) => afterTry(name, undefined, await ports.fences.raise(fence, key.epoch))),
  );
  const noted = await transact(ports.journal, pair, (found) => noteFenced(found, key, database.fences, raised));
  if (noted.kind === 'let through') return ended('lost', noted.because, ...(await lowerAgain(duty.fences, raised, key, ports)));
  const words = raised.map((f) => (f.kind === 'up' ? `${f.name} is up at ${f.level}` : `${f.name} is down: ${f.because}`));
  ports.log.info('the old writer was fenced as far as it answers', { pair, because: words });
  if (noted.fresh.length > 0) {
    await tellRunIfPossible(
      // The incident of the failover that left it behind, whatever was tried since.
      { ports, pair, registration, key: { ...key, epoch: duty.out.epoch } },
      {
        type: 'old-writer-fenced',
        action: 'note',
        severity: 'info',
        summary: `${pair}: the old primary ${duty.out.id} was fenced: ${words.join('; ')}`,
        details: { oldWriter: duty.out.id, fences: noted.fresh, open: noted.open },
      },
    );
  }
  return ended('done', ...words);
}

async function lowerAgain(
  fences: readonly NamedFence[],
  raised: readonly RaisedFence[],
  key: RunKey,
  ports: DatabasePorts,
): Promise<readonly string[]> {
  const up = fences.filter(({ name }) => raised.some((f) => f.name === name && f.kind === 'up'));
  const answers = await Promise.all(up.map(({ fence }) => ports.fences.lower(fence, key.epoch)));
  return answers.map((answer, n) => `${up[n]?.name} is ${answer.kind === 'lowered' ? 'down again' : answer.because}`);
}

const ended = (verdict: 'done' | 'lost', ...because: readonly string[]): DatabaseStepOutput => ({ verdict, waitSec: 0, because });
