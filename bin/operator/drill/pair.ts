/** The drilled pair that an order is about. */
import type { DrillSettings } from '../../../lib/contracts/registration';
import { drillIdOf, isDrillId } from '../../../lib/decide/drill/ids';
import { type Given, type Ordered, pairOf } from '../database/pair';
import { CommandFailure, EXIT, usage } from '../failure';

export interface Drilled extends Ordered {
  readonly settings: DrillSettings;
}

export async function drilled(command: string, [pair]: readonly string[], given: Given): Promise<Drilled> {
  const found = await pairOf(command, pair, given);
  const { drill: settings } = found.registration;
  if (settings) return { ...found, settings };
  throw new CommandFailure(EXIT.notOk, `the pair ${pair} has no drill`, 'Define a FailoverDrill for it and deploy.');
}

/** The drill's own id for what a person wrote: `web-release-42` for `release-42`. */
export function drillId(command: string, pair: string, id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  if (!isDrillId(id)) throw usage(`--id is "${id}"; letters, digits, "-", "_", ":" and ".", at most 48`, command);
  return drillIdOf(pair, id);
}
