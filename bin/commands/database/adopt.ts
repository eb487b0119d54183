/** `failover adopt`: a stuck run, or one whose execution died, goes on under a new one. */
import { adopt } from '../../../lib/runtime/drive/database/orders';
import { COMMON, read } from '../../operator/arguments';
import { confirmed, requester } from '../../operator/confirm';
import { ADOPT_HELP } from '../../operator/database/help';
import { refuse, told } from '../../operator/database/note';
import { databasePair, epochOf } from '../../operator/database/pair';
import { followRun } from '../../operator/database/watch';
import { CommandFailure, cannotReach, EXIT } from '../../operator/failure';
import type { Shell } from '../../operator/shell';
import { onItsWay } from '../../operator/uninterrupted';

const OPTIONS = {
  ...COMMON,
  epoch: { type: 'string' },
  'yes-i-mean': { type: 'string' },
  watch: { type: 'boolean' },
} as const;

export async function adoptCommand(args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = read('adopt', args, OPTIONS, 1);
  if (values.help) {
    shell.write(ADOPT_HELP);
    return EXIT.ok;
  }
  const json = values.json ?? false;
  const found = await databasePair('adopt', positionals[0], values);
  const epoch = epochOf('adopt', values.epoch);
  const { pair, namespace } = found.registration;
  const item = await found.aws
    .journalOf(namespace)
    .read(pair)
    .catch((error: Error) => {
      throw cannotReach(`the journal of ${pair} cannot be read`, `${error.name}: ${error.message}`);
    });
  const database = item?.database;
  const say = json ? shell.warn : shell.write;
  const run = database?.run;
  const order = { order: 'adopt', found, json };
  const shows = `"failover status --pair ${found.named}" shows run and epoch, or how the last run ended.`;
  if (!run) refuse(order, `no run of ${pair} is under way`, shows, shell);
  say(
    `${run.id}: ${run.kind} at epoch ${run.epoch}, ${database.state}.\n${(run.stuckBecause ?? []).map((text) => `  ${text}\n`).join('')}${
      run.promoteRequested
        ? `It goes on with ${run.promoteRequested.candidate}: there is no way back.\n`
        : 'Nothing was promoted yet.\n'
    }`,
  );
  if (!(await confirmed('adopt it', pair, values['yes-i-mean'], shell)))
    throw new CommandFailure(EXIT.notOk, 'not adopted: the name of the pair was not typed', 'Nothing was changed.');
  const { orderPorts } = await import('../../operator/database/ports');
  const ports = await orderPorts(found.aws, found.registration);
  const next = `Whether it was taken is not known; "failover watch ${found.named}" shows, and to order it again is safe.`;
  const answer = await onItsWay(adopt({ pair, by: requester(), epoch }, ports), next);
  told(order, answer, shell);
  if (answer.kind === 'refused') throw new CommandFailure(EXIT.notOk, `refused: ${answer.because.join('; ')}`, shows);
  say(`${answer.run} goes on at epoch ${answer.epoch}.\n`);
  if (values.watch) return followRun(found, { epoch, json }, shell);
  say(`Watch it: failover watch ${found.named}\n`);
  return EXIT.ok;
}
