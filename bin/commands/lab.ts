/** `failover lab`, whose wrong arguments end like those of every other command. */
import { LAB_HELP, labCommand, UsageError } from '../../lib/lab/run/command';
import { usage } from '../operator/failure';
import type { Shell } from '../operator/shell';

export { LAB_HELP };

export async function playLab(args: readonly string[], distCli: string, shell: Shell): Promise<number> {
  try {
    return await labCommand(args, distCli, shell, async (report) => (await import('../lab/page')).labPage(report));
  } catch (error) {
    throw error instanceof UsageError ? usage(error.message, 'lab') : error;
  }
}
