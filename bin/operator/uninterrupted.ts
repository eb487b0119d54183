import { CommandFailure, EXIT, nextFor } from './failure';
import { interrupt } from './shell';

/**
 * An order on its way cannot be taken back: Ctrl-C leaves at once, and says how to find out what became of it, as does an
 * order that nobody answers.
 */
export async function onItsWay<T>(order: Promise<T>, next: string): Promise<T> {
  const stop = interrupt();
  try {
    return await Promise.race([
      order.catch((error: Error) => {
        const because = `${error.name}: ${error.message}`;
        throw new CommandFailure(EXIT.cannotReach, `the order was not answered: ${because}`, `${nextFor(because)}\n${next}`);
      }),
      stop.code.then((code) => {
        throw new CommandFailure(code, 'interrupted while the order was on its way', next);
      }),
    ]);
  } finally {
    stop.off();
  }
}
