/** `failover watch`: follows the run of a database until it ends. */
import { COMMON, read } from '../../operator/arguments';
import { WATCH_HELP } from '../../operator/database/help';
import { databasePair, epochOf } from '../../operator/database/pair';
import { followRun } from '../../operator/database/watch';
import { EXIT } from '../../operator/failure';
import type { Shell } from '../../operator/shell';

export async function watchCommand(args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = read('watch', args, { ...COMMON, epoch: { type: 'string' } }, 1);
  if (values.help) {
    shell.write(WATCH_HELP);
    return EXIT.ok;
  }
  const epoch = values.epoch === undefined ? undefined : epochOf('watch', values.epoch);
  const found = await databasePair('watch', positionals[0], values);
  return followRun(found, { ...(epoch === undefined ? {} : { epoch }), json: values.json ?? false }, shell);
}
