import { createConnection } from 'mysql2/promise';
import { type Dialect, sqlContract } from '../../contracts/sql-contract';
import { labServers, type ServerBinary, withServers } from '../../support/lab-sql';
import { MysqlServer } from '../../support/mysql';

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

/** Settings that users have and that the SQL must not mind, all at once. */
const ODD = {
  'sql-mode': 'ANSI_QUOTES,STRICT_ALL_TABLES,NO_ZERO_DATE,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES',
  'lower-case-table-names': 1,
  'character-set-server': 'utf16',
  'explicit-defaults-for-timestamp': 0,
  'default-time-zone': '+05:45',
  'transaction-isolation': 'SERIALIZABLE',
  autocommit: 0,
};

withServers('a real MySQL or MariaDB with the SQL of the docs', labServers('mysql', 'mariadb'), (binary) => {
  sqlContract(dialectOf(binary.engine), (tls) => MysqlServer.start(binary, { tls, options: ODD }));
});
