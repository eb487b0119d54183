/** The drilled pair that an order is about. */
import type { DrillSettings, PairRegistration } from '../../../lib/contracts/registration';
import { drillIdOf, isDrillId } from '../../../lib/decide/drill/ids';
import type { Aws } from '../aws';
import { CommandFailure, EXIT, usage } from '../failure';

export interface Drilled {
  readonly aws: Aws;
  readonly registration: PairRegistration;
  readonly settings: DrillSettings;
}

interface Given {
  readonly region?: string;
  readonly 'control-set'?: string;
}

export async function drilled(command: string, [pair]: readonly string[], given: Given): Promise<Drilled> {
  if (pair === undefined) throw usage('which pair? "failover pairs" lists them', command);
  const { findPair, needAws } = await import('../aws');
  const aws = await needAws(given.region);
  const registration = await findPair(aws, pair, given['control-set']);
  const { drill: settings } = registration;
  if (settings) return { aws, registration, settings };
  throw new CommandFailure(EXIT.notOk, `the pair ${pair} has no drill`, 'Define a FailoverDrill for it and deploy.');
}

/** The drill's own id for what a person wrote: `web-release-42` for `release-42`. */
export function drillId(command: string, pair: string, id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  if (!isDrillId(id)) throw usage(`--id is "${id}"; letters, digits, "-", "_", ":" and ".", at most 48`, command);
  return drillIdOf(pair, id);
}
