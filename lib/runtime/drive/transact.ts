import { blankItem, type Ruled } from '../../decide/drill/rules';
import type { JournalItem } from '../../decide/journal';
import type { Journal } from '../ports';

/** A pair has a handful of writers; losing this often in a row is our own mistake. */
const TRIES = 20;

/** Reads, asks the rule, writes if nothing else was written meanwhile; a lost race reads again. */
export async function transact<T>(journal: Journal, pair: string, rule: (item: JournalItem | undefined) => Ruled<T>): Promise<T> {
  for (let n = 0; n < TRIES; n += 1) {
    const item = await journal.read(pair);
    const ruled = rule(item);
    if (ruled.kind === 'keep') return ruled.answer;
    const seen = (item ?? blankItem(pair)).revision;
    if ((await journal.write({ ...ruled.item, revision: seen + 1 }, seen)) === 'written') return ruled.answer;
  }
  throw new Error(`lost ${TRIES} races for the journal of ${pair}`);
}
