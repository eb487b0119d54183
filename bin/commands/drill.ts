/** `failover drill`: start, watch, abort and report. */
import { drillAbort } from '../operator/drill/abort';
import { DRILL_HELP, DRILL_HELPS } from '../operator/drill/help';
import { drillReport } from '../operator/drill/report';
import { drillStart } from '../operator/drill/start';
import { drillWatch } from '../operator/drill/watch';
import { EXIT, usage } from '../operator/failure';
import type { Shell } from '../operator/shell';

const ORDERS: Readonly<Record<string, (args: readonly string[], shell: Shell) => Promise<number>>> = {
  start: drillStart,
  watch: drillWatch,
  abort: drillAbort,
  report: drillReport,
};

export async function drillCommand([order, ...rest]: readonly string[], shell: Shell): Promise<number> {
  if (order === '--help' || order === '-h') {
    shell.write(DRILL_HELP);
    return EXIT.ok;
  }
  const carry = order === undefined ? undefined : ORDERS[order];
  if (order === undefined || !carry) {
    throw usage(
      order === undefined
        ? 'what about the drill? start, watch, abort or report'
        : `there is no drill ${order}; there are start, watch, abort and report`,
      'drill',
    );
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    shell.write(DRILL_HELPS[order] ?? DRILL_HELP);
    return EXIT.ok;
  }
  return carry(rest, shell);
}
