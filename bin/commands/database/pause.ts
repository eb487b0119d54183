/** `failover pause` and `failover resume`: automation watches and pages, and does not act. */
import { pause, resume } from '../../../lib/runtime/drive/database/orders';
import { COMMON, read } from '../../operator/arguments';
import { requester } from '../../operator/confirm';
import { PAUSE_HELP, RESUME_HELP } from '../../operator/database/help';
import { giveNote } from '../../operator/database/note';
import { pairOf } from '../../operator/database/pair';
import { durationMs } from '../../operator/duration';
import { EXIT } from '../../operator/failure';
import type { Shell } from '../../operator/shell';

export async function pauseCommand(args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = read('pause', args, { ...COMMON, for: { type: 'string' }, hold: { type: 'boolean' } }, 1);
  if (values.help) {
    shell.write(PAUSE_HELP);
    return EXIT.ok;
  }
  const forMs = values.for === undefined ? undefined : durationMs('pause', '--for', values.for);
  const found = await pairOf('pause', positionals[0], values);
  const { notePorts } = await import('../../operator/database/ports');
  const { pair, namespace } = found.registration;
  const order = {
    pair,
    by: requester(),
    ...(forMs === undefined ? {} : { forMs }),
    ...(values.hold ? { hold: true } : {}),
  };
  const note = {
    order: 'pause',
    found,
    json: values.json ?? false,
    refusedNext: values.hold
      ? 'Without --hold it only keeps automation from acting. A pause lasts 4 h at most, and may be ordered again.'
      : 'A pause ends by itself; to pause longer, order it again then.',
  };
  return giveNote(note, () => pause(order, notePorts(found.aws, namespace)), shell);
}

export async function resumeCommand(args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = read('resume', args, COMMON, 1);
  if (values.help) {
    shell.write(RESUME_HELP);
    return EXIT.ok;
  }
  const found = await pairOf('resume', positionals[0], values);
  const { notePorts } = await import('../../operator/database/ports');
  const { pair, namespace } = found.registration;
  const note = { order: 'resume', found, json: values.json ?? false, refusedNext: 'Nothing has to be done.' };
  return giveNote(note, () => resume({ pair, by: requester() }, notePorts(found.aws, namespace)), shell);
}
