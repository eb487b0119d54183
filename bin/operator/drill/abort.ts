import { controlNames } from '../../../lib/decide/names';
import { order } from '../../../lib/runtime/drive/operator/orders';
import { COMMON, read } from '../arguments';
import { CommandFailure, EXIT, nextFor } from '../failure';
import { ORDER_SCHEMA } from '../order-schema';
import type { Shell } from '../shell';
import { drilled, drillId } from './pair';

const COMMAND = 'drill abort';
const OPTIONS = { ...COMMON, id: { type: 'string' } } as const;

export async function drillAbort(args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = read(COMMAND, args, OPTIONS, 1);
  const { aws, registration, named } = await drilled(COMMAND, positionals, values);
  const { pair, namespace } = registration;
  const id = drillId(COMMAND, pair, values.id);
  const { drillFunction, restoreFunction } = controlNames(namespace, aws.region);
  const answer = await order(aws.functions, drillFunction, { pair, operation: 'stop', ...(id === undefined ? {} : { id }) });
  if (answer.kind === 'unanswered') {
    throw new CommandFailure(
      EXIT.cannotReach,
      answer.because,
      `${nextFor(answer.because)}\nTo restore without the drill function, invoke ${restoreFunction} with {"pair":"${pair}","drillId":"...","caller":"person"} (id: "failover status --pair ${named}").`,
    );
  }
  if (values.json) {
    shell.write(`${JSON.stringify({ schema: ORDER_SCHEMA, order: 'drill-abort', pair, controlSet: namespace, ...answer })}\n`);
  }
  if (answer.kind === 'refused')
    throw new CommandFailure(
      EXIT.notOk,
      `not aborted: ${answer.because.join('; ')}`,
      `"failover status --pair ${named}" shows what runs.`,
    );
  if (!values.json) {
    shell.write(
      `Drill ${answer.drillId} was told to stop; it puts everything back now.\nFollow it: failover drill watch ${named}\n`,
    );
  }
  return EXIT.ok;
}
