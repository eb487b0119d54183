/** Orders that write to the journal, tell others, and are done. */
import type { DoneAnswer, RebuildOrderAnswer } from '../../../lib/runtime/drive/database/orders';
import { CommandFailure, EXIT, nextFor } from '../failure';
import { ORDER_SCHEMA } from '../order-schema';
import type { Shell } from '../shell';
import { onItsWay } from '../uninterrupted';
import type { Ordered } from './pair';

export interface Note {
  readonly order: string;
  readonly found: Ordered;
  readonly json: boolean;
  /** What helps when it is refused. */
  readonly refusedNext: string;
}

/** Gives the order, says what it came to. Asking again is safe, so a lost answer is no riddle. */
export async function giveNote(note: Note, order: () => Promise<DoneAnswer | RebuildOrderAnswer>, shell: Shell): Promise<number> {
  const { found, json } = note;
  const { pair, namespace } = found.registration;
  const answer = await onItsWay(order(), 'Whether it was taken is not known; to order it again is safe.').catch(
    (error: Error) => {
      if (error instanceof CommandFailure) throw error;
      const because = `${error.name}: ${error.message}`;
      throw new CommandFailure(EXIT.cannotReach, because, `${nextFor(because)}\nTo order it again is safe.`);
    },
  );
  if (json)
    shell.write(`${JSON.stringify({ schema: ORDER_SCHEMA, order: note.order, pair, controlSet: namespace, ...answer })}\n`);
  if (answer.kind === 'refused') throw new CommandFailure(EXIT.notOk, `refused: ${answer.because}`, note.refusedNext);
  if (!json) shell.write(`${pair}: ${answer.because}.\n`);
  if (answer.kind === 'under way')
    throw new CommandFailure(
      EXIT.notOk,
      'not replicating yet',
      `Look again: failover rebuild end ${pair} --region ${found.aws.region}`,
    );
  return EXIT.ok;
}
