/** Runbooks of every kind of database, fence and application. */
import { type Bound, databaseFailover, type Runbook, regionFailover } from '../../../lib/decide/runbook';
import { EXAMPLE_DATABASE, EXAMPLE_PAIR } from '../../../scripts/runbook-docs';

const replicas: Bound = { pair: EXAMPLE_PAIR, database: EXAMPLE_DATABASE };
const everything: Bound = {
  pair: EXAMPLE_PAIR,
  database: {
    ...EXAMPLE_DATABASE,
    fences: [...EXAMPLE_DATABASE.fences, { kind: 'function', name: 'stop-writes' }],
    refresh: [...EXAMPLE_DATABASE.refresh, { kind: 'autoScalingGroup', name: 'web' }, { kind: 'function', name: 'reconnect' }],
  },
};
const aurora: Bound = { pair: EXAMPLE_PAIR, database: { ...EXAMPLE_DATABASE, kind: 'auroraGlobal', globalCluster: 'shop' } };
const custom: Bound = { pair: EXAMPLE_PAIR, database: { ...EXAMPLE_DATABASE, kind: 'custom', orderFunction: 'orders' } };
const leased: Bound = {
  pair: EXAMPLE_PAIR,
  database: { ...EXAMPLE_DATABASE, lease: { table: 'cdk-failover-shop-lease', region: 'eu-central-1' } },
};
const bare: Bound = { pair: EXAMPLE_PAIR, database: { ...EXAMPLE_DATABASE, fences: [], refresh: [] } };

export const BOUND = { replicas, everything, aurora, custom, leased, bare };
export const BOOKS: readonly (readonly [string, Runbook])[] = Object.entries(BOUND).flatMap(([name, bound]) => [
  [`database_failover, ${name}`, databaseFailover(bound)] as const,
  [`region_failover, ${name}`, regionFailover(bound)] as const,
]);

export const stepsOf = (book: Runbook) => book.parts.flatMap(({ steps }) => steps);
export const linesOf = (book: Runbook) => [...book.setUp, ...stepsOf(book).flatMap(({ commands }) => commands)];
