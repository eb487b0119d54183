/** A fence that went up after its run was given up: by a second runner, or by one that was slow. It would keep a living writer out. */
import { fenceName, fencesAfter } from '../../../decide/database/fences';
import { isGivenUp, type RunKey } from '../../../decide/database/run-rules';
import type { DatabasePorts } from './context';

/**
 * Lowers every fence of a run that was given up, unless another run came after it.
 *
 * @throws Error when one may still be up, so that the caller tries again
 */
export async function lowerLate(
  pair: string,
  key: RunKey,
  ports: Pick<DatabasePorts, 'journal' | 'databaseRegistry' | 'fences'>,
): Promise<void> {
  const [item, database] = await Promise.all([ports.journal.read(pair), ports.databaseRegistry.database(pair)]);
  if (!isGivenUp(item, key)) return;
  if (!('fences' in database)) throw new Error(`the fences of ${pair} cannot be read: ${database.kind}`);
  const after = fencesAfter(database.fences).map(({ name }) => name);
  const tried = database.fences.filter((fence) => !after.includes(fenceName(fence)));
  const answers = await Promise.all(tried.map((fence) => ports.fences.lower(fence, key.epoch)));
  const failed = answers.flatMap((answer) => (answer.kind === 'failed' ? [answer.because] : []));
  if (failed.length > 0) throw new Error(`a fence of ${key.run}, which was given up, may still be up: ${failed.join('; ')}`);
}
