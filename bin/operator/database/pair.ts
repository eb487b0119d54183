/** The pair that an order of the database is about. */
import type { PairRegistration } from '../../../lib/contracts/registration';
import type { Aws } from '../aws';
import { CommandFailure, EXIT, usage } from '../failure';

export interface Ordered {
  readonly aws: Aws;
  readonly registration: PairRegistration;
}

export interface Given {
  readonly region?: string;
  readonly 'control-set'?: string;
}

export async function pairOf(command: string, pair: string | undefined, given: Given): Promise<Ordered> {
  if (pair === undefined) throw usage('which pair? "failover pairs" lists them', command);
  const { findPair, needAws } = await import('../aws');
  const aws = await needAws(given.region);
  return { aws, registration: await findPair(aws, pair, given['control-set']) };
}

export async function databasePair(command: string, pair: string | undefined, given: Given): Promise<Ordered> {
  const found = await pairOf(command, pair, given);
  if (found.registration.latch) return found;
  throw new CommandFailure(
    EXIT.notOk,
    `the pair ${found.registration.pair} has no database`,
    'Its traffic fails over by itself. For a database define a DatabaseFailover and deploy.',
  );
}

/** `--epoch`, as the page, `status` or a question shows it. */
export function epochOf(command: string, given: string | undefined): number {
  if (given !== undefined && /^\d{1,9}$/.test(given)) return Number(given);
  throw usage(
    given === undefined
      ? '--epoch is missing; the page and "failover status" show it'
      : `--epoch is "${given}"; give a whole number`,
    command,
  );
}
