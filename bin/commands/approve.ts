/** `failover approve`: a person's consent to the loss that a waiting failover has shown. */
import { approve } from '../../lib/runtime/drive/database/orders';
import { COMMON, COMMON_HELP, read } from '../operator/arguments';
import { confirmed, requester } from '../operator/confirm';
import { CommandFailure, cannotReach, EXIT, usage } from '../operator/failure';
import { ORDER_SCHEMA } from '../operator/order-schema';
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
const SILENT = { info: () => undefined, error: () => undefined };

export async function approveCommand(args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = read('approve', args, OPTIONS, 1);
  if (values.help) {
    shell.write(APPROVE_HELP);
    return EXIT.ok;
  }
  const [pair] = positionals;
  if (pair === undefined) throw usage('which pair? "failover pairs" lists them', 'approve');
  const epoch = whole('--epoch', values.epoch);
  const lossMs = whole('--loss-ms', values['loss-ms']);
  const { findPair, needAws } = await import('../operator/aws');
  const aws = await needAws(values.region);
  const { namespace } = await findPair(aws, pair, values['control-set']);
  const journal = aws.journalOf(namespace);
  const item = await journal.read(pair).catch((error: Error) => {
    throw cannotReach(`the journal of ${pair} cannot be read`, `${error.name}: ${error.message}`);
  });
  const run = item?.database?.run;
  const say = values.json ? shell.warn : shell.write;
  say(
    run
      ? `${run.id}: ${run.kind} at epoch ${run.epoch}, candidate ${run.candidate ?? 'unknown'}, loss ${run.loss?.ms ?? 'unknown'} ms (${run.loss?.basis ?? 'unknown'}).\nAfter consent the replica is promoted: there is no way back from that.\n`
      : `No run of ${pair} waits for consent.\n`,
  );
  if (!(await confirmed('consent', pair, values['yes-i-mean'], shell)))
    throw new CommandFailure(EXIT.notOk, 'no consent: the name of the pair was not typed', 'Nothing was changed.');
  const { announcer, time } = aws;
  const ports = { journal, registry: aws.registryOf(namespace), announcer, time, log: SILENT };
  const answer = await approve({ pair, by: requester(), epoch, lossMs }, ports);
  if (values.json)
    shell.write(`${JSON.stringify({ schema: ORDER_SCHEMA, order: 'approve', pair, controlSet: namespace, ...answer })}\n`);
  if (answer.kind === 'refused')
    throw new CommandFailure(EXIT.notOk, `refused: ${answer.because}`, 'The newest page shows epoch and loss.');
  say(`Consented to a loss of ${lossMs} ms at epoch ${epoch}.\n`);
  return EXIT.ok;
}

function whole(option: string, given: string | undefined): number {
  if (given !== undefined && /^\d{1,12}$/.test(given)) return Number(given);
  throw usage(
    given === undefined ? `${option} is missing; the page shows it` : `${option} is "${given}"; give a whole number`,
    'approve',
  );
}
