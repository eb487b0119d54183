import type { DrillResponse } from '../../../lib/contracts/drill';
import { DEADLINE_SEC } from '../../../lib/decide/plan';
import { foreseen, order } from '../../../lib/runtime/drive/operator/orders';
import { planned } from '../../../lib/runtime/drive/operator/progress';
import { COMMON, oneOf, read } from '../arguments';
import { confirmed, requester } from '../confirm';
import { CommandFailure, cannotReach, EXIT, nextFor } from '../failure';
import { ORDER_SCHEMA } from '../order-schema';
import { Colours, interrupt, type Shell } from '../shell';
import { type Drilled, drilled, drillId } from './pair';
import { stepTable } from './text';
import { followDrill } from './watch';

const COMMAND = 'drill start';
const OPTIONS = {
  ...COMMON,
  level: { type: 'string' },
  id: { type: 'string' },
  'yes-i-mean': { type: 'string' },
  watch: { type: 'boolean' },
} as const;

export async function drillStart(args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = read(COMMAND, args, OPTIONS, 1);
  const level = oneOf(COMMAND, '--level', values.level, ['TRAFFIC', 'OBSERVE'] as const) ?? 'TRAFFIC';
  const found = await drilled(COMMAND, positionals, values);
  const { pair, namespace } = found.registration;
  // Made here, so that asking again after an answer got lost is the same drill.
  const id = drillId(COMMAND, pair, values.id ?? `cli-${stamp()}`) as string;

  await refuseWhatCannotBe(found, level, id);
  // A script reads JSON only; the plan goes where people look.
  const say = values.json ? shell.warn : shell.write;
  say(announcement(found, level, id, shell));
  const meant = level === 'OBSERVE' || (await confirmed('start it', pair, values['yes-i-mean'], shell));
  if (!meant) throw new CommandFailure(EXIT.notOk, 'not started: the name of the pair was not typed', 'Nothing was changed.');

  const answer = await startNow(found, { level, id });
  if (values.json) {
    shell.write(`${JSON.stringify({ schema: ORDER_SCHEMA, order: 'drill-start', pair, controlSet: namespace, ...answer })}\n`);
  }
  if (answer.kind === 'refused') throw refused(found.named, answer.because);
  say(`Drill ${id} ${answer.kind === 'already-started' ? 'has been started before' : 'started'}.\n`);
  if (values.watch) return followDrill(found, { id, json: values.json ?? false }, shell);
  say(`Follow it: failover drill watch ${found.named}\nStop it:   failover drill abort ${found.named}\n`);
  return EXIT.ok;
}

async function startNow(
  { aws, registration, named }: Drilled,
  wanted: { readonly level: 'TRAFFIC' | 'OBSERVE'; readonly id: string },
) {
  const { pair, namespace } = registration;
  const again = `Whether it started is not known. "failover drill watch ${named}" shows; asking again with --id ${wanted.id} is safe.`;
  const stop = interrupt();
  try {
    const answer = await Promise.race([
      order(aws.functions, aws.namesOf(namespace).drillFunction, { pair, ...wanted, requestedBy: requester() }),
      stop.code.then((code) => {
        throw new CommandFailure(code, 'interrupted while the order was on its way', again);
      }),
    ]);
    if (answer.kind === 'unanswered')
      throw new CommandFailure(EXIT.cannotReach, answer.because, `${nextFor(answer.because)}\n${again}`);
    return answer as Exclude<DrillResponse, { kind: 'stopping' }>;
  } finally {
    stop.off();
  }
}

async function refuseWhatCannotBe(
  { aws, registration, settings, named }: Drilled,
  level: 'TRAFFIC' | 'OBSERVE',
  id: string,
): Promise<void> {
  const journal = aws.journalOf(registration.namespace);
  const item = await journal.read(registration.pair).catch((error: Error) => {
    throw cannotReach(`the journal of ${registration.pair} cannot be read`, `${error.name}: ${error.message}`);
  });
  const because = foreseen(item, settings, { level, drillId: id }, Date.now());
  if (because.length > 0) throw refused(named, because);
}

function refused(named: string, because: readonly string[]): CommandFailure {
  const running = because.some((reason) => reason.endsWith('is running'));
  return new CommandFailure(
    EXIT.notOk,
    `refused: ${because.join('; ')}`,
    running
      ? `Follow it with "failover drill watch ${named}", end it with "failover drill abort ${named}".`
      : `"failover status --pair ${named}" shows more.`,
  );
}

function announcement({ aws, registration, settings }: Drilled, level: string, id: string, shell: Shell): string {
  const paint = new Colours(shell);
  const { pair, namespace, recordName, standby } = registration;
  const where = standby.answers.flatMap(({ values }) => values).join(', ');
  const { detectionSec, switchSec, rtoSec } = settings.targets;
  const how =
    settings.fault.kind === 'functions'
      ? `by your function ${settings.fault.inject}`
      : settings.fault.kind === 'metric'
        ? `by a metric that alarm ${settings.fault.alarm} reads`
        : 'by a marker path in its health check';
  const head = `${paint.strong(`Drill ${id}`)}: ${level} of pair ${pair} (${recordName}), control set ${namespace}, ${aws.region}\n`;
  if (level === 'OBSERVE')
    return `${head}Looks only: every precondition of a drill and the certificates. Nothing is touched.\n\n`;
  return `${head}
${stepTable(planned(registration), paint)}
${paint.bad(`Users of ${recordName} really move to ${where} and back.`)} The primary keeps serving; it is called unhealthy ${how}.
Whatever happens to the drill, a one-shot schedule and the keeper put everything back, ${DEADLINE_SEC / 60} min after its start at the latest.
Targets: detection ${detectionSec} s, switch ${switchSec} s, RTO ${rtoSec} s.

`;
}

/** UTC to the second, in what a drill's id may hold. */
const stamp = () => new Date().toISOString().replace(/[-:]|\.\d+/g, '');
