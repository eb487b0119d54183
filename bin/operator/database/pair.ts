/** The pair that an order of the database is about. */
import type { PairRegistration, ServiceDatabase } from '../../../lib/contracts/registration';
import type { Aws } from '../aws';
import { CommandFailure, EXIT, usage } from '../failure';

export interface Ordered {
  readonly aws: Aws;
  readonly registration: PairRegistration;
  /** How the next command names the pair: its Region with it, whatever this shell is set to. */
  readonly named: string;
}

export interface Given {
  readonly region?: string;
  readonly 'control-set'?: string;
}

export async function pairOf(command: string, pair: string | undefined, given: Given): Promise<Ordered> {
  if (pair === undefined) throw usage('which pair? "failover pairs" lists them', command);
  const { findPair, needAws } = await import('../aws');
  const aws = await needAws(given.region);
  const registration = await findPair(aws, pair, given['control-set']);
  const set = given['control-set'] === undefined ? '' : ` --control-set ${registration.namespace}`;
  return { aws, registration, named: `${pair} --region ${aws.region}${set}` };
}

export async function databasePair(command: string, pair: string | undefined, given: Given): Promise<Ordered> {
  const found = await pairOf(command, pair, given);
  const { latch, serviceDatabase } = found.registration;
  if (latch) return found;
  if (serviceDatabase) throw failedOverByItself(found, serviceDatabase);
  throw new CommandFailure(
    EXIT.notOk,
    `the pair ${found.registration.pair} has no database`,
    'Its traffic fails over by itself. For a database define a DatabaseFailover and deploy.',
  );
}

function failedOverByItself({ registration, named }: Ordered, { kind, id, region }: ServiceDatabase): CommandFailure {
  const order =
    kind === 'instance'
      ? `reboot-db-instance --force-failover --db-instance-identifier ${id}`
      : `failover-db-cluster --db-cluster-identifier ${id}`;
  return new CommandFailure(
    EXIT.notOk,
    `the database of ${registration.pair} is failed over by its own service; there is no order to give`,
    `"failover status --pair ${named}" shows who writes.\nTo make the service fail over: aws rds ${order} --region ${region}`,
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
