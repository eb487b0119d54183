/** Orders that write to the journal, tell others, and are done. */
import type { DoneAnswer, RebuildOrderAnswer } from '../../../lib/runtime/drive/database/orders';
import { CommandFailure, EXIT } from '../failure';
import { ORDER_SCHEMA } from '../order-schema';
import type { Shell } from '../shell';
import { onItsWay } from '../uninterrupted';
import type { Ordered } from './pair';

/** Which order this is about, and who reads what becomes of it. */
export interface Given {
  readonly order: string;
  readonly found: Ordered;
  readonly json: boolean;
}

export interface Note extends Given {
  /** What helps when it is refused. */
  readonly refusedNext: string;
}

/** Gives the order, says what it came to. Asking again is safe, so a lost answer is no riddle. */
export async function giveNote(note: Note, order: () => Promise<DoneAnswer | RebuildOrderAnswer>, shell: Shell): Promise<number> {
  const { found, json } = note;
  const answer = await onItsWay(order(), 'Whether it was taken is not known; to order it again is safe.');
  told(note, answer, shell);
  if (answer.kind === 'refused') throw new CommandFailure(EXIT.notOk, `refused: ${answer.because}`, note.refusedNext);
  if (!json) shell.write(`${found.registration.pair}: ${answer.because}.\n`);
  if (answer.kind === 'under way')
    throw new CommandFailure(EXIT.notOk, 'not replicating yet', `Look again: failover rebuild end ${found.named}`);
  return EXIT.ok;
}

/** What a script reads of an order's answer. */
export function told({ order, found: { registration }, json }: Given, answer: object, shell: Shell): void {
  const { pair, namespace: controlSet } = registration;
  if (json) shell.write(`${JSON.stringify({ schema: ORDER_SCHEMA, order, pair, controlSet, ...answer })}\n`);
}

/** Refused by what the journal says already, before anybody is asked to type. */
export function refuse(given: Given, because: string, next: string, shell: Shell): never {
  told(given, { kind: 'refused', because }, shell);
  throw new CommandFailure(EXIT.notOk, `refused: ${because}`, next);
}
