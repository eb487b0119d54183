import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseFailover } from '../../../lib/decide/runbook';
import { BOOKS, BOUND, linesOf, stepsOf } from './books';
import { walk } from './walk';

const whole = (bound: keyof typeof BOUND) => linesOf(databaseFailover(BOUND[bound]));
const one = (bound: keyof typeof BOUND, name: string) => {
  const book = databaseFailover(BOUND[bound]);
  return [...book.setUp, ...(stepsOf(book).find((step) => step.name === name)?.commands ?? [])];
};
const optionOf = (call: readonly string[], option: string) => call[call.indexOf(`--${option}`) + 1] ?? '';
const named = (calls: readonly (readonly string[])[], operation: string) => calls.filter((call) => call[1] === operation);

describe.each(BOOKS)('%s', (_name, book) => {
  test('can be walked in a shell from end to end, with every variable set and no word empty', () => {
    const { code, stderr, calls } = walk(linesOf(book));
    expect([code, stderr]).toEqual([0, '']);
    expect(calls.length).toBeGreaterThan(10);
    expect(calls.filter((call) => call.includes(''))).toEqual([]);
  });
});

test('a variable that a person must set is asked for, and nothing is run without it', () => {
  const lines = one('replicas', 'acquire').filter((line) => !line.startsWith('EPOCH=1'));
  const { stderr, calls } = walk(lines, 'unset EXECUTION');
  expect(stderr).toMatch(/EXECUTION: its ARN/);
  expect(named(calls, 'stop-execution')).toEqual([]);
});

test('without the name of the rebuilt replica nothing is promoted, and nothing is written into the journal', () => {
  const { stderr, calls } = walk(one('replicas', 'failback'), 'unset REBUILT');
  expect(stderr).toMatch(/REBUILT: the replica that you built/);
  expect([...named(calls, 'promote-read-replica'), ...named(calls, 'put-item')]).toEqual([]);
});

test('whoever chose the second replica promotes it, names it to clients, and judges its lag', () => {
  const { calls } = walk(whole('replicas'), 'CANDIDATE=shop-b2');
  expect(optionOf(named(calls, 'promote-read-replica')[0] ?? [], 'db-instance-identifier')).toBe('shop-b2');
  expect(JSON.parse(optionOf(named(calls, 'put-parameter')[0] ?? [], 'value'))).toEqual({
    endpoint: 'shop-b2.abcdefghijkl.eu-central-1.rds.amazonaws.com:5432',
    epoch: 2,
  });
  expect(optionOf(named(calls, 'get-metric-statistics').at(-1) ?? [], 'dimensions')).toBe(
    'Name=DBInstanceIdentifier,Value=shop-b2',
  );
  const writers = named(calls, 'put-metric-data').flatMap((call) =>
    (
      JSON.parse(optionOf(call, 'metric-data')) as {
        MetricName: string;
        Value: number;
        Dimensions: { Name: string; Value: string }[];
      }[]
    )
      .filter(({ MetricName, Value }) => MetricName.startsWith('Writer') && Value === 1)
      .flatMap(({ Dimensions }) => Dimensions.filter(({ Name }) => Name === 'Candidate').map(({ Value }) => Value)),
  );
  expect(writers).toEqual(['shop-b2']);
});

test('a custom database is ordered by its function alone, at the epoch of the run', () => {
  const { calls } = walk(whole('custom'), 'CANDIDATE=shop-b2');
  expect(calls.filter(([service]) => service === 'rds')).toEqual([]);
  const asked = named(calls, 'invoke').map(
    (call) => JSON.parse(optionOf(call, 'payload')) as { action: string; member: { id: string } },
  );
  expect(asked.filter(({ action }) => action === 'promote')).toMatchObject([
    { pair: 'app', member: { id: 'shop-b2' }, epoch: 2 },
  ]);
});

test('a query keeps its own quotes on the way through the shell', () => {
  const { calls } = walk(whole('aurora'));
  expect(optionOf(named(calls, 'describe-db-cluster-snapshots')[0] ?? [], 'query')).toBe(
    "DBClusterSnapshots[?starts_with(DBClusterSnapshotIdentifier,'rds:unplanned-global-failover')].DBClusterSnapshotIdentifier",
  );
});

describe('the lease', () => {
  const taken = (before: string) =>
    named(walk(one('leased', 'acquire'), before).calls, 'put-item').map((call) => optionOf(call, 'expression-attribute-values'));

  test('is taken as it stands when two looks show the same record', () => {
    expect(taken('').map((text) => JSON.parse(text))).toEqual([{ ':seen': { S: 'rvn-1' }, ':epoch': { N: '2' } }]);
  });

  test('is left alone when the primary renewed it in between', () => {
    expect(taken('sleep() { RVN=2; }')).toEqual([]);
  });
});

/** `AWS_CLI=aws npx jest test/decide/runbook`: takes minutes; nothing leaves the machine. */
const CLI = process.env['AWS_CLI'];
const ENV = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_MAX_ATTEMPTS: '1', AWS_EC2_METADATA_DISABLED: 'true' };

(CLI ? test : test.skip)(
  'the AWS command line takes every call (AWS_CLI=aws plays this)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'runbook-'));
    writeFileSync(join(folder, 'item.json'), '{"pk":{"S":"pair#app"}}');
    const first = /aws-cli\/1/.test(String(spawnSync(CLI ?? '', ['--version']).stdout));
    const calls = new Set(BOOKS.flatMap(([, book]) => walk(linesOf(book)).calls.map((call) => JSON.stringify(call))));
    const refused = [...calls].flatMap((text) => {
      const words = (JSON.parse(text) as string[]).filter(
        (word) => !first || !/^(--cli-binary-format|raw-in-base64-out)$/.test(word),
      );
      const { stderr } = spawnSync(CLI ?? '', [...words, '--endpoint-url', 'http://127.0.0.1:9'], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, ...ENV },
      });
      return stderr.includes('Could not connect to the endpoint URL') ? [] : [`${text}: ${stderr.slice(-300)}`];
    });
    rmSync(folder, { recursive: true });
    expect(refused).toEqual([]);
  },
  1_800_000,
);
