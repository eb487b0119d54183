/** `failover approve`: a person's consent to the loss that a waiting failover has shown. */
import { lasting } from '../../lib/decide/database/words';
import { approve } from '../../lib/runtime/drive/database/orders';
import { COMMON, COMMON_HELP, read } from '../operator/arguments';
import { confirmed, requester } from '../operator/confirm';
import { giveNote, refuse } from '../operator/database/note';
import { databasePair } from '../operator/database/pair';
import { consentCommand } from '../operator/database/watch';
import { CommandFailure, cannotReach, EXIT, usage } from '../operator/failure';
import type { Shell } from '../operator/shell';

export const APPROVE_HELP = `failover approve <pair> --epoch N --loss-ms N [options]

Consents to losing the writes of the last --loss-ms milliseconds, so that the failover of this epoch goes on. The page
that asks shows both numbers. Consent is a conditional write to the journal: it counts for this epoch only, and a larger
loss asks again. Without an answer the failover is rolled back after 60 min. Needs AWS credentials.

Options
  --epoch N          epoch of the failover that asks, from its page
  --loss-ms N        loss that was shown, in ms, from its page
  --yes-i-mean P     the pair's name again, for scripts
${COMMON_HELP}
Examples
  failover approve shop --epoch 4 --loss-ms 45000 --region eu-central-1

Exit code: 0 consent is written, 1 refused, 2 wrong arguments, 3 when AWS cannot be asked, 130 interrupted.
`;

const OPTIONS = {
  ...COMMON,
  epoch: { type: 'string' },
  'loss-ms': { type: 'string' },
  'yes-i-mean': { type: 'string' },
} as const;

export async function approveCommand(args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = read('approve', args, OPTIONS, 1);
  if (values.help) {
    shell.write(APPROVE_HELP);
    return EXIT.ok;
  }
  const [name] = positionals;
  if (name === undefined) throw usage('which pair? "failover pairs" lists them', 'approve');
  const epoch = whole('--epoch', values.epoch);
  const lossMs = whole('--loss-ms', values['loss-ms']);
  const found = await databasePair('approve', name, values);
  const { pair, namespace } = found.registration;
  const item = await found.aws
    .journalOf(namespace)
    .read(pair)
    .catch((error: Error) => {
      throw cannotReach(`the journal of ${pair} cannot be read`, `${error.name}: ${error.message}`);
    });
  const { run, state } = item?.database ?? {};
  const order = { order: 'approve', found, json: values.json ?? false };
  if (!run?.asked) {
    const because = run ? `${run.id} does not wait for consent; it is ${state}` : `no run of ${pair} is under way`;
    refuse(order, because, `"failover status --pair ${found.named}" shows the pair.`, shell);
  }
  (values.json ? shell.warn : shell.write)(
    `${run.id} (${run.kind}, epoch ${run.epoch}) asks to lose ${lasting(run.asked.lossMs)} of writes with ${run.candidate ?? 'an unknown replica'}.\nAfter consent the replica is promoted: there is no way back from that.\n`,
  );
  if (!(await confirmed('consent', pair, values['yes-i-mean'], shell)))
    throw new CommandFailure(EXIT.notOk, 'no consent: the name of the pair was not typed', 'Nothing was changed.');
  const { notePorts } = await import('../operator/database/ports');
  const refusedNext = `What it asks for now: ${consentCommand(found.named, run.epoch, run.asked.lossMs)}`;
  const consent = { pair, by: requester(), epoch, lossMs };
  return giveNote({ ...order, refusedNext }, () => approve(consent, notePorts(found.aws, namespace)), shell);
}

function whole(option: string, given: string | undefined): number {
  if (given !== undefined && /^\d{1,12}$/.test(given)) return Number(given);
  throw usage(
    given === undefined ? `${option} is missing; the page shows it` : `${option} is "${given}"; give a whole number`,
    'approve',
  );
}
