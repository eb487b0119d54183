import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ENV } from '../../../lib/contracts/environment';
import * as lab from '../../../lib/lab/aws';
import { findServer, removeHome } from '../../../lib/lab/postgres';
import { freePort, initCluster, ownFile, PostgresServer } from '../../../lib/lab/postgres/server';
import { makeCertificates } from '../../../lib/lab/world/certificates';
import { CLOCK_ENV } from '../../../lib/lab/world/clock';
import { DynamoDbLeases } from '../../../lib/runtime/adapters/database/dynamodb-leases';
import { TlsSqlDatabases } from '../../../lib/runtime/adapters/database/sql';
import type { RenewerEnd } from '../../../lib/runtime/drive/database/renew';
import { databaseOf } from '../../fakes/database/world';
import { HandTime } from '../../support/against';
import { sqlOf } from '../../support/docs-sql';
import { LIMIT_MS, until } from '../../support/until';
import { withPostgres } from './with-postgres';

/** The bundle that ships, its SDK and SQL clients, a real PostgreSQL, and a table that speaks DynamoDB's protocol. */

const REGION = 'eu-west-1';
const SCALE = 5;
jest.setTimeout(2 * LIMIT_MS);

/** Lambda's part: loads the bundle and answers one event. */
const RUNNER = `
  const { handler } = require(process.argv[1]);
  handler({}).then((answer) => process.send({ answer }), (error) => process.send({ error: error.message })).finally(() => process.disconnect());
`;

async function postgres(tls: { readonly cert: string; readonly key: string }) {
  const binaries = findServer();
  if (binaries.kind === 'absent') throw new Error(binaries.because);
  const folder = join(binaries.home, 'one');
  await initCluster(binaries, folder);
  const [cert, key] = [join(binaries.home, 'server.crt'), join(binaries.home, 'server.key')];
  ownFile(binaries, cert, tls.cert);
  ownFile(binaries, key, tls.key);
  const place = { host: '127.0.0.1', port: await freePort('127.0.0.1') };
  const lines = ['ssl = on', `ssl_cert_file = '${cert}'`, `ssl_key_file = '${key}'`, 'fsync = off'];
  const server = new PostgresServer(binaries, { name: 'primary', folder, place, lines });
  await server.start();
  return { server, port: place.port, remove: () => removeHome(binaries.home) };
}

withPostgres('the renewer that ships, beside a real PostgreSQL', () => {
  const leased = databaseOf({ lease: { table: 'leases', region: REGION } });
  const leases = new DynamoDbLeases({ database: async () => leased });
  const before = { ...process.env };
  const children: ChildProcess[] = [];
  let endpoint: lab.AwsEndpoint;
  let db: Awaited<ReturnType<typeof postgres>>;
  let authority: string;

  const seen = async () => {
    const look = await leases.read('app');
    if (look.kind !== 'lease') throw new Error(look.because);
    return look;
  };
  const row = async () =>
    (
      await db.server.query<{ epoch: string; at: string }>('select epoch::text, beat_at::text as at from cdk_failover.heartbeat')
    )[0];
  /** Starts one run, as a schedule does. */
  function run(): { readonly said: () => string; readonly ended: Promise<{ answer?: RenewerEnd; error?: string }> } {
    const child = spawn(
      process.execPath,
      [
        '--require',
        join(__dirname, '../../../dist-cli/lab/scaled-clock.js'),
        '-e',
        RUNNER,
        join(__dirname, '../../../assets/lease-renewer/index.js'),
      ],
      {
        env: {
          NODE_NO_WARNINGS: '1',
          [CLOCK_ENV.scale]: String(SCALE),
          [CLOCK_ENV.originMs]: String(Date.now()),
          ...lab.clientEnvironment(endpoint.url, 'lease-renewer', REGION),
          [ENV.controlSet]: 'web',
          [ENV.pair]: 'app',
          [ENV.leaseTable]: 'leases',
          [ENV.leaseRegion]: REGION,
          [ENV.leasedDatabase]: JSON.stringify({ ...leased.source, endpoint: 'localhost', port: db.port }),
          [ENV.databaseSecret]: 'renewer',
          [ENV.databaseAuthority]: authority,
        },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    );
    children.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (part) => (text += part));
    return {
      said: () => text,
      ended: once(child, 'message').then(([message]) => message as { answer?: RenewerEnd; error?: string }),
    };
  }

  beforeAll(async () => {
    const { ca, site } = await makeCertificates(['localhost'], [], Date.now());
    authority = ca;
    db = await postgres(site);
    await db.server.query(sqlOf('postgresql: row and reader'));
    await db.server.query(sqlOf('postgresql: renewer'));
    const secrets: lab.Values = new Map([
      [`${REGION}:renewer`, JSON.stringify({ username: 'failover_renewer', password: 'change-me' })],
    ]);
    const table = new lab.DynamoDb({ [`${REGION}/leases`]: ['pk'] });
    endpoint = await lab.startAwsEndpoint(new HandTime(), [table, new lab.Secrets(secrets)]);
    Object.assign(process.env, lab.clientEnvironment(endpoint.url, 'prober', REGION));
  }, LIMIT_MS);

  afterAll(async () => {
    for (const child of children) child.kill();
    await endpoint?.close();
    await db?.server.kill();
    db?.remove();
    process.env = before;
  });

  test('renews after rows, not without them, and stops when a failover took the lease', async () => {
    expect(await leases.offer('app', 4, 'app-a')).toBe('taken');
    const first = run();
    await until(async () => (await seen()).turn === 1);
    expect((await row())?.epoch).toBe('4');
    const { rvn } = await seen();
    await until(async () => (await seen()).rvn !== rvn);

    // A login that may not write any more: nothing commits, so nothing is renewed.
    await db.server.query('revoke update on cdk_failover.heartbeat from failover_renewer');
    await until(() => first.said().split('permission denied').length > 3);
    const silent = await seen();
    const stood = await row();
    await until(() => first.said().split('permission denied').length > 6);
    expect([(await seen()).rvn, await row()]).toEqual([silent.rvn, stood]);
    await db.server.query('grant update on cdk_failover.heartbeat to failover_renewer');
    await until(async () => (await seen()).rvn !== silent.rvn);

    // A newer run takes its turn, and the older one ends.
    const second = run();
    expect((await first.ended).answer).toMatchObject({
      ended: 'not the holder',
      because: expect.stringMatching(/^a newer run of the renewer holds turn \d+$/),
    });

    // A run of the controller takes exactly the record that it saw. It may have to look again: the renewer lives.
    await until(async () => (await leases.take('app', (await seen()).rvn, 5, 'app-e5')) === 'taken');
    expect((await second.ended).answer).toMatchObject({
      ended: 'not the holder',
      because: 'the lease is held by app-e5 at epoch 5',
    });
    const last = await row();
    expect((await run().ended).answer).toMatchObject({ renewals: 0, ended: 'not the holder' });
    expect([await row(), (await seen()).holder]).toEqual([last, 'app-e5']);
    expect(first.said()).toContain('DatabaseLeaseRenewals');
  });

  test('the row never goes back to an older epoch, and stands for the writer where the lease is unknown', async () => {
    const login = { kind: 'login', username: 'failover_renewer', password: 'change-me' } as const;
    const sql = new TlsSqlDatabases({ read: async () => login, forget: () => undefined }, authority);
    const member = { ...leased.source, endpoint: 'localhost', port: db.port };
    expect(await sql.beat(member, 7)).toBe('committed');
    expect(await sql.beat(member, 6)).toBe('newer');
    expect((await row())?.epoch).toBe('7');
    const stood = await row();
    expect(await sql.beat(member)).toBe('committed');
    expect(await row()).toEqual({ epoch: '7', at: expect.not.stringContaining(stood?.at ?? '') });
    await db.server.query(`alter role failover_renewer set default_transaction_read_only = on`);
    expect(await sql.beat(member, 8)).toMatchObject({ kind: 'unknown', because: expect.stringContaining('read-only') });
    await db.server.query(`alter role failover_renewer reset default_transaction_read_only`);
    await db.server.query('delete from cdk_failover.heartbeat');
    expect(await sql.beat(member, 8)).toEqual({ kind: 'unknown', because: 'app-a: cdk_failover.heartbeat has no row with id 1' });
  });
});
