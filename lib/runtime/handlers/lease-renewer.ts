import type { DatabaseMember } from '../../contracts/database';
import { ENV } from '../../contracts/environment';
import { pairDimensions } from '../../decide/metrics';
import { DynamoDbRenewals } from '../adapters/database/dynamodb-leases';
import { SecretLogins } from '../adapters/database/logins';
import { TlsSqlDatabases } from '../adapters/database/sql';
import { EmbeddedMetrics } from '../adapters/embedded-metrics';
import { environment } from '../adapters/environment';
import { JsonLog, SystemTime } from '../adapters/system';
import { type RenewerPorts, renew } from '../drive/database/renew';

const env = environment(ENV, ['controlSet', 'pair', 'leaseTable', 'leaseRegion', 'leasedDatabase', 'databaseSecret']);
const member = JSON.parse(env.leasedDatabase) as DatabaseMember;
const time = new SystemTime();
const ports: RenewerPorts = {
  time,
  stopwatch: { elapsedMs: () => performance.now() },
  rows: new TlsSqlDatabases(new SecretLogins(env.databaseSecret), process.env[ENV.databaseAuthority]),
  lease: new DynamoDbRenewals({ table: env.leaseTable, region: env.leaseRegion }),
  metrics: new EmbeddedMetrics({ ...pairDimensions(env.controlSet, env.pair), Database: member.id }, time),
  log: new JsonLog('lease-renewer'),
};

/**
 * Runs in the database's VPC; started every minute, ends when a newer run took over. Calls: GetSecretValue; SQL on its database;
 * GetItem, PutItem on the lease.
 */
export const handler = () => renew(ports, { pair: env.pair, member });
