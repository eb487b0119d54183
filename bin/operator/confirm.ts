/** Orders that matter are given by somebody who types what they mean. */
import { userInfo } from 'node:os';
import { CommandFailure, EXIT } from './failure';
import { ask, type Shell } from './shell';

/** True when the person typed the pair's name; a script says it as an argument. */
export async function confirmed(order: string, pair: string, meant: string | undefined, shell: Shell): Promise<boolean> {
  if (meant !== undefined) {
    if (meant === pair) return true;
    throw new CommandFailure(EXIT.usage, `--yes-i-mean is "${meant}", but the pair is ${pair}`, 'Nothing was changed.');
  }
  if (!shell.input.isTTY) {
    throw new CommandFailure(
      EXIT.usage,
      'nobody can be asked: the input is no terminal',
      `Scripts say --yes-i-mean ${pair}. Nothing was changed.`,
    );
  }
  const typed = await ask(shell, `Type the name of the pair to ${order} (${pair}): `);
  if (typed === undefined) throw new CommandFailure(EXIT.interrupted, 'interrupted', 'Nothing was changed.');
  return typed.trim() === pair;
}

/** Who asks, for journal and report. */
export function requester(): string {
  try {
    return `${userInfo().username} (command line)`.slice(0, 200);
  } catch {
    return 'command line';
  }
}
