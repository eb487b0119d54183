import { createConnection } from 'mysql2/promise';
import { type Dialect, sqlContract } from '../../contracts/sql-contract';
import { labServers, type ServerBinary, withServers } from '../../support/lab-sql';
import { MysqlServer, ODD } from '../../support/mysql';

const dialectOf = (engine: ServerBinary['engine']): Dialect => ({
  name: 'mysql',
  engine,
  orders: 'mysql.orders',
  password: (user, password) => `alter user '${user}'@'%' identified by '${password.replaceAll("'", "''")}'`,
  instant: (text) => `from_unixtime(${Date.parse(`${text.replace(' ', 'T')}Z`) / 1000})`,
  async statement(port, { username, password }, text, plain) {
    const ssl = plain ? {} : { ssl: { rejectUnauthorized: false } };
    const connection = await createConnection({ host: '127.0.0.1', port, user: username, password, ...ssl });
    try {
      await connection.query(text);
    } finally {
      connection.destroy();
    }
  },
});

withServers('a real MySQL or MariaDB with the SQL of the docs', labServers('mysql', 'mariadb'), (binary) => {
  sqlContract(dialectOf(binary.engine), (tls) => MysqlServer.start(binary, { tls, options: ODD }));
});
