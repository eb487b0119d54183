import type { DatabaseRegistration } from '../../../../contracts/database';
import type { PairRegistration } from '../../../../contracts/registration';
import { isUnknown } from '../../drill/context';
import type { DatabasePorts } from '../context';
import type { ProberPorts } from '../prober';

export type OrderPorts = Omit<ProberPorts, 'aclLooks'> & Pick<DatabasePorts, 'fences'>;

/** What an order needs that only writes to the journal and says so. */
export type NotePorts = Pick<OrderPorts, 'journal' | 'registry' | 'announcer' | 'time' | 'log'>;

export interface Bound {
  readonly registration: PairRegistration;
  readonly database: DatabaseRegistration;
}

export async function boundTo(pair: string, ports: OrderPorts): Promise<Bound | { readonly because: readonly string[] }> {
  const [registration, database] = await Promise.all([ports.registry.pair(pair), ports.databaseRegistry.database(pair)]);
  if (isUnknown(registration)) return { because: [`the pair cannot be read: ${registration.because}`] };
  if (database.kind === 'unknown') return { because: [`the database cannot be read: ${database.because}`] };
  if (database.kind === 'none') return { because: [`the pair ${pair} has no database`] };
  return { registration, database };
}
