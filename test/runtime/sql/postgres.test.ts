import { Client } from 'pg';
import { type Dialect, sqlContract } from '../../contracts/sql-contract';
import { postgresFolder, startPostgres } from '../../support/postgres';

const dialect: Dialect = {
  name: 'postgresql',
  engine: 'postgres',
  orders: 'orders',
  password: (user, password) => `alter role ${user} password '${password.replaceAll("'", "''")}'`,
  instant: (text) => `'${text}+00'`,
  async statement(port, { username, password }, text, plain) {
    const ssl = plain ? false : { rejectUnauthorized: false };
    const client = new Client({ host: '127.0.0.1', port, user: username, password, database: 'postgres', ssl });
    try {
      await client.connect();
      await client.query(text);
    } finally {
      await client.end();
    }
  },
};

const folder = postgresFolder();
if (!folder) process.stderr.write('SKIPPED heartbeat of a real PostgreSQL: no initdb and postgres on this machine\n');

(folder ? describe : describe.skip)('on a real PostgreSQL with the SQL of the docs', () => {
  sqlContract(dialect, (tls) => startPostgres(folder ?? '', tls));
});
