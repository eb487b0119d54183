/** `failover clear-claim`: a person has made sure that only one database writes. */
import { settleSplitBrain } from '../../../lib/runtime/drive/database/orders';
import { COMMON, read } from '../../operator/arguments';
import { confirmed, requester } from '../../operator/confirm';
import { CLEAR_CLAIM_HELP } from '../../operator/database/help';
import { giveNote, refuse } from '../../operator/database/note';
import { databasePair } from '../../operator/database/pair';
import { CommandFailure, cannotReach, EXIT } from '../../operator/failure';
import type { Shell } from '../../operator/shell';

export async function clearClaimCommand(args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = read('clear-claim', args, { ...COMMON, 'yes-i-mean': { type: 'string' } }, 1);
  if (values.help) {
    shell.write(CLEAR_CLAIM_HELP);
    return EXIT.ok;
  }
  const found = await databasePair('clear-claim', positionals[0], values);
  const { pair, namespace } = found.registration;
  const item = await found.aws
    .journalOf(namespace)
    .read(pair)
    .catch((error: Error) => {
      throw cannotReach(`the journal of ${pair} cannot be read`, `${error.name}: ${error.message}`);
    });
  const claim = item?.database?.splitBrain;
  const order = { order: 'clear-claim', found, json: values.json ?? false };
  if (!claim) refuse(order, 'no other writer was claimed', `"failover status --pair ${found.named}" shows the pair.`, shell);
  (values.json ? shell.warn : shell.write)(
    `Claimed since ${new Date(claim.since).toISOString()}: ${claim.because}.\n${item.database?.writer} is today's writer. Clear the claim only once nothing else writes; what still does is claimed again.\n`,
  );
  if (!(await confirmed('clear the claim', pair, values['yes-i-mean'], shell)))
    throw new CommandFailure(EXIT.notOk, 'not cleared: the name of the pair was not typed', 'Nothing was changed.');
  const { notePorts } = await import('../../operator/database/ports');
  const note = { ...order, refusedNext: 'Somebody else cleared it.' };
  return giveNote(note, () => settleSplitBrain({ pair, by: requester() }, notePorts(found.aws, namespace)), shell);
}
