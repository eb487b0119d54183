import { createConnection } from 'mysql2/promise';
import { ENV } from '../../../lib/contracts/environment';
import * as lab from '../../../lib/lab/aws';
import { makeCertificates } from '../../../lib/lab/world/certificates';
import { memberAt, READER, RENEWER, sqlWith } from '../../contracts/sql-contract';
import { HandTime } from '../../support/against';
import { sqlOf } from '../../support/docs-sql';
import { labServers, withServers } from '../../support/lab-sql';
import { BundleProcess } from '../../support/lambda';
import { type MysqlServer, ODD } from '../../support/mysql';
import { MysqlReplicas } from '../../support/mysql-replica';
import { LIMIT_MS, until } from '../../support/until';

const REGION = 'eu-central-1';

/** A connection that stays, or none where the server is full. */
async function guestOf({ port }: MysqlServer): Promise<{ destroy(): void }> {
  const { username: user, password } = RENEWER;
  const given = { host: '127.0.0.1', port, user, password, ssl: { rejectUnauthorized: false } };
  return await createConnection(given).catch(() => ({ destroy: () => undefined }));
}

withServers('MySQL or MariaDB with replicas and the SQL of the docs', labServers('mysql', 'mariadb'), (binary) => {
  let servers: MysqlReplicas;
  let authority: string;
  let endpoint: lab.AwsEndpoint;
  let reader: BundleProcess;
  const at = ({ port }: MysqlServer) => memberAt(port, binary.engine);
  const rowOf = (server: MysqlServer) => server.sql('select beat_at, epoch from cdk_failover.heartbeat');
  const eventOf = (server: MysqlServer, column: string) =>
    server.sql(`select ${column} from information_schema.events where event_schema = 'cdk_failover' and event_name = 'beat'`);
  const beats = async (server: MysqlServer) => {
    const before = rowOf(server);
    await until(() => rowOf(server) !== before);
  };
  const look = (replica: MysqlServer) => reader.call({ pair: 'app', member: at(replica), writer: at(servers.primary) });

  beforeAll(async () => {
    const { ca, site } = await makeCertificates(['localhost'], [], Date.now());
    authority = ca;
    servers = await MysqlReplicas.start(binary, { tls: site, options: ODD }, (primary) => {
      for (const block of ['row and reader', 'renewer', 'beat']) primary.sql(sqlOf(`mysql: ${block}`));
      // Only sooner: what it does stays.
      primary.sql('alter event cdk_failover.beat on schedule every 1 second');
    });
    const { username, password } = READER;
    const secrets: lab.Values = new Map([[`${REGION}:reader`, JSON.stringify({ username, password })]]);
    endpoint = await lab.startAwsEndpoint(new HandTime(), [new lab.Secrets(secrets)]);
    reader = await BundleProcess.start('heartbeat', {
      ...lab.clientEnvironment(endpoint.url, 'heartbeat', REGION),
      [ENV.databaseSecret]: 'reader',
      [ENV.databaseAuthority]: authority,
    });
  }, 4 * LIMIT_MS);
  afterAll(async () => {
    reader?.close();
    await endpoint?.close();
    await servers?.close();
  });

  test('the event beats on the primary, rows arrive at every replica, and the reader that ships sees them', async () => {
    for (const replica of [servers.follower, servers.copy]) {
      await beats(replica);
      await look(replica);
      await until(async () => ((await look(replica)) as { unchangedForMs?: number }).unchangedForMs === 0);
      expect(await look(replica)).toMatchObject({ kind: 'heartbeat', rowEpoch: 0, writerAnswers: true });
    }
  });

  test('a replica that is cut off never beats by itself, although the event of a copy is enabled', async () => {
    expect(eventOf(servers.follower, 'status')).toMatch(/^(SLAVE|REPLICA_?)SIDE_DISABLED$/);
    expect(eventOf(servers.copy, 'status')).toBe('ENABLED');
    servers.pause(servers.copy);
    const stood = rowOf(servers.copy);
    for (let runs = 0; runs < 2; runs += 1) {
      const ran = eventOf(servers.copy, 'last_executed');
      await until(() => eventOf(servers.copy, 'last_executed') !== ran);
    }
    expect(rowOf(servers.copy)).toBe(stood);
    servers.resume(servers.copy);
    await beats(servers.copy);
  });

  test('a renewer may not write into a replica', async () => {
    for (const replica of [servers.follower, servers.copy]) {
      const answer = await sqlWith(RENEWER, authority).beat(at(replica), 1);
      expect(answer).toEqual({ kind: 'unknown', because: expect.stringContaining('read-only') });
    }
  });

  test('looks and beats say goodbye, so that the server counts nothing as aborted', async () => {
    const { primary } = servers;
    const aborted = primary.sql("show global status like 'Aborted_clients'");
    for (const login of [READER, RENEWER]) {
      const sql = sqlWith(login, authority);
      await Promise.all([sql.row(at(primary)), sql.answers(at(primary)), sql.beat(at(primary))]);
    }
    await until(() => primary.sql("select count(*) from information_schema.processlist where user like 'failover%'") === '0');
    expect(primary.sql("show global status like 'Aborted_clients'")).toBe(aborted);
  });

  test('a beat within the same millisecond changes nothing, and is committed all the same', async () => {
    const { primary } = servers;
    const sql = sqlWith(RENEWER, authority);
    primary.sql("set global event_scheduler = off; set global init_connect = 'set timestamp = 1795176000.5'");
    expect([await sql.beat(at(primary)), await sql.beat(at(primary)), await sql.beat(at(primary), 0)]).toEqual(
      Array(3).fill('committed'),
    );
    expect(await sql.row(at(primary))).toEqual({ kind: 'row', atMs: 1_795_176_000_500, epoch: 0 });
    primary.sql("set global init_connect = ''; set global event_scheduler = on");
    await beats(primary);
  });

  test('a server that takes the login and then says nothing does not answer; one that is full is unknown', async () => {
    const { primary } = servers;
    const sql = sqlWith(READER, authority);
    primary.sql("set global init_connect = 'do sleep(20)'");
    expect(await sql.answers(at(primary))).toBe(false);
    primary.sql("set global init_connect = ''");
    const most = primary.sql('select @@global.max_connections');
    primary.sql('set global max_connections = 10');
    const guests = await Promise.all(Array.from({ length: 10 }, () => guestOf(primary)));
    expect(await sql.row(at(primary))).toEqual({ kind: 'unknown', because: expect.stringMatching(/too many connections/i) });
    expect(await sql.answers(at(primary))).toBe('unknown');
    for (const guest of guests) guest.destroy();
    primary.sql(`set global max_connections = ${most}`);
    await until(async () => (await sql.answers(at(primary))) === true);
  });

  test('a primary that is killed does not answer, its row stands still, and a promoted replica beats', async () => {
    const { primary, follower, copy } = servers;
    await primary.kill();
    await look(follower);
    for (const replica of [follower, copy]) {
      await until(async () => ((await look(replica)) as { unchangedForMs?: number }).unchangedForMs !== 0);
      const [before, after] = [await look(replica), await look(replica)];
      expect(after).toMatchObject({ kind: 'heartbeat', writerAnswers: false });
      expect(after).toMatchObject({ rowAtMs: (before as { rowAtMs: number }).rowAtMs });
    }

    servers.promote(follower);
    const stood = rowOf(follower);
    expect(await sqlWith(RENEWER, authority).beat(at(follower), 1)).toBe('committed');
    expect(rowOf(follower)).not.toBe(stood);
    expect(rowOf(follower)).toMatch(/\t1$/);
    follower.sql(sqlOf('mysql: after a promotion'));
    await beats(follower);

    servers.promote(copy);
    await beats(copy);
    copy.sql(sqlOf('both: after a promotion'));
    expect(rowOf(copy)).toMatch(/\t1$/);

    await primary.start();
    await beats(primary);
    expect(await sqlWith(READER, authority).row(at(primary))).toMatchObject({ epoch: 0 });
  });
});
