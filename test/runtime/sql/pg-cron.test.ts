import { dirname } from 'node:path';
import { makeCertificates } from '../../../lib/lab/world/certificates';
import { memberAt, READER, RENEWER, sqlWith } from '../../contracts/sql-contract';
import { sqlOf } from '../../support/docs-sql';
import { labServers, withServers } from '../../support/lab-sql';
import { type PostgresServer, startPostgres } from '../../support/postgres';
import { until } from '../../support/until';

withServers('PostgreSQL with pg_cron, a replica and the SQL of the docs', labServers('postgres'), (binary) => {
  let primary: PostgresServer;
  let replica: PostgresServer;
  let authority: string;
  const rowOf = (server: PostgresServer) => server.sql('select beat_at, epoch from cdk_failover.heartbeat');
  const at = ({ port }: PostgresServer) => memberAt(port, 'postgres');
  const beats = async (server: PostgresServer) => {
    const before = rowOf(server);
    await until(() => rowOf(server) !== before);
  };

  beforeAll(async () => {
    const { ca, site } = await makeCertificates(['localhost'], [], Date.now());
    authority = ca;
    // The ports of the two differ here, and a job remembers the port of the server that it was made on.
    const cron = { 'cron.use_background_workers': 'on', 'cron.timezone': 'Asia/Kathmandu' };
    const settings = { ...cron, shared_preload_libraries: 'pg_cron', timezone: 'Asia/Kathmandu' };
    const start = (from?: PostgresServer) => startPostgres(dirname(binary.path), site, { settings, ...(from && { from }) });
    primary = await start();
    for (const block of ['row and reader', 'renewer', 'beat']) primary.sql(sqlOf(`postgresql: ${block}`));
    await primary.stop();
    replica = await start(primary);
    await primary.start();
    // Only sooner: what it does stays.
    primary.sql(`select cron.alter_job(jobid, schedule => '1 second') from cron.job where jobname = 'cdk_failover_heartbeat'`);
  }, 120_000);
  afterAll(() => Promise.all([primary?.close(), replica?.close()]));

  test('the job beats on the primary, and rows arrive at the replica', async () => {
    await beats(primary);
    await beats(replica);
    expect(await sqlWith(READER, authority).row(at(replica))).toMatchObject({ kind: 'row', epoch: 0 });
    const said = primary.sql(
      `select distinct status from cron.job_run_details where status not in ('starting', 'running', 'sending')`,
    );
    expect(said).toBe('succeeded');
  });

  test('a replica runs no job, and takes no beat of a renewer', async () => {
    expect(replica.sql("select count(*) from pg_stat_activity where backend_type ilike '%cron%'")).toBe('0');
    const answer = await sqlWith(RENEWER, authority).beat(at(replica), 1);
    expect(answer).toEqual({ kind: 'unknown', because: expect.stringContaining('read-only') });
  });

  test('the row of a primary that is killed stands still, and a promoted replica beats by itself', async () => {
    await primary.stop();
    const sql = sqlWith(READER, authority);
    expect(await sql.answers(at(primary))).toBe(false);
    const stood = await sql.row(at(replica));
    expect(await sql.row(at(replica))).toEqual(stood);
    replica.sql('select pg_promote()');
    await beats(replica);
    replica.sql(sqlOf('both: after a promotion'));
    expect(await sqlWith(RENEWER, authority).beat(at(replica), 1)).toBe('committed');
    expect(await sqlWith(RENEWER, authority).beat(at(replica), 0)).toBe('newer');
  });

  test('the log of runs is emptied by the job that the docs give for it', () => {
    replica.sql("update cron.job_run_details set end_time = end_time - interval '2 days'");
    replica.sql(replica.sql("select command from cron.job where jobname = 'cdk_failover_heartbeat_log'"));
    expect(replica.sql("select count(*) from cron.job_run_details where end_time < now() - interval '1 day'")).toBe('0');
  });
});
