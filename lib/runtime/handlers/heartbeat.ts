import type { HeartbeatRequest } from '../../contracts/database';
import { ENV } from '../../contracts/environment';
import { SecretLogins } from '../adapters/database/logins';
import { TlsSqlDatabases } from '../adapters/database/sql';
import { environment } from '../adapters/environment';
import { HeartbeatReader } from '../drive/heartbeat';

const env = environment(ENV, ['databaseSecret']);
const sql = new TlsSqlDatabases(new SecretLogins(env.databaseSecret), process.env[ENV.databaseAuthority]);
const reader = new HeartbeatReader(sql, { elapsedMs: () => performance.now() });

/** Runs inside the standby's VPC; asked by prober and steps. Calls: GetSecretValue; SQL on replica and writer. */
export const handler = (event: HeartbeatRequest) => reader.read(event);
