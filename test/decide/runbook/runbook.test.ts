import { spawnSync } from 'node:child_process';
import { FAILOVER_PLAN, UNDO_PLAN } from '../../../lib/decide/database/plan';
import { type Bound, databaseFailover, markdown, type Runbook, regionFailover } from '../../../lib/decide/runbook';
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
const bare: Bound = { pair: EXAMPLE_PAIR, database: { ...EXAMPLE_DATABASE, fences: [], refresh: [] } };

const BOUND = { replicas, everything, aurora, bare };
const BOOKS: readonly (readonly [string, Runbook])[] = Object.entries(BOUND).flatMap(([name, bound]) => [
  [`database_failover, ${name}`, databaseFailover(bound)] as const,
  [`region_failover, ${name}`, regionFailover(bound)] as const,
]);

const stepsOf = (book: Runbook) => book.parts.flatMap(({ steps }) => steps);
const linesOf = (book: Runbook) => [...book.setUp, ...stepsOf(book).flatMap(({ commands }) => commands)];
const names = (book: Runbook) => stepsOf(book).map(({ name }) => name);

describe.each(BOOKS)('%s', (_name, book) => {
  test('has every step of the plan, in its order', () => {
    const plan = FAILOVER_PLAN.map(({ step }) => step as string);
    const undo = UNDO_PLAN.map(({ step }) => step as string);
    expect(names(book).filter((name) => plan.includes(name))).toEqual(plan);
    expect(names(book).filter((name) => undo.includes(name))).toEqual(undo);
  });

  test('says of each step what must hold before, how long it takes, how to see it and what must not be done', () => {
    for (const step of stepsOf(book)) {
      expect(step.commands.length).toBeGreaterThan(0);
      for (const text of [step.before, step.verify, step.mustNot, step.title]) expect(text).toMatch(/^\S.*\S$/s);
      expect([step.takes, step.waits].filter((told) => told !== undefined)).toHaveLength(1);
    }
  });

  test('is a script that a shell can read', () => {
    const read = spawnSync('bash', ['-n'], { input: linesOf(book).join('\n'), encoding: 'utf8' });
    expect(read.stderr).toBe('');
  });

  test('names only services, operations and options that exist', () => {
    const calls = linesOf(book).flatMap(callsOf);
    expect(calls.length).toBeGreaterThan(10);
    expect([...new Set(calls.flatMap(wrongIn))]).toEqual([]);
  });

  test('needs nothing of us-east-1, and leaves no name open', () => {
    expect(markdown(book)).not.toMatch(/--region us-east-1|undefined|\[object/);
  });

  test('sets every variable that it uses, or says who does', () => {
    const text = linesOf(book).join('\n');
    const used = [...text.matchAll(/\$([A-Z_]+)\b/g)].map(([, name = '']) => name);
    const set = [...text.matchAll(/^\s*([A-Z_]+)=/gm)].map(([, name = '']) => name);
    const byHand = ['EXECUTION', 'REBUILT', 'SUBNET_GROUP', 'KEY', 'SNAPSHOT'];
    expect([...new Set(used)].filter((name) => !set.includes(name) && !byHand.includes(name))).toEqual([]);
  });
});

test('an Aurora Global Database is failed over with the loss allowed, and switched back without', () => {
  const text = linesOf(databaseFailover(aurora)).join('\n');
  expect(text.match(/failover-global-cluster[^#]*?--allow-data-loss/g)).toHaveLength(1);
  expect(text).toContain('switchover-global-cluster');
  expect(text).not.toContain('promote-read-replica');
});

test('the old instance is stopped only after the promotion, because RDS refuses while a replica hangs on it', () => {
  const book = databaseFailover(replicas);
  const stop = stepsOf(book).findIndex(({ commands }) => commands.some((line) => line.includes('stop-db-instance')));
  expect(stop).toBeGreaterThan(names(book).indexOf('promote_replica'));
});

test('before the old instance is opened to its network again, it is stopped', () => {
  const lines = linesOf({ ...databaseFailover(replicas), parts: databaseFailover(replicas).parts.slice(2) });
  const stop = lines.findIndex((line) => line.includes('stop-db-instance'));
  const open = lines.findIndex((line) => line.includes('acl-0123456789abcdef1'));
  expect([stop, open].every((at) => at >= 0)).toBe(true);
  expect(stop).toBeLessThan(open);
});

test('where the latch goes off, the journal is told first: the keeper says each minute what it wants', () => {
  for (const step of stepsOf(databaseFailover(replicas)).filter(({ name }) => name === 'failback' || name === 'undo_latch')) {
    const told = step.commands.findIndex((line) => line.includes('put-item'));
    const said = step.commands.findIndex((line) => line.includes('put-metric-data'));
    expect([step.name, told >= 0 && told < said]).toEqual([step.name, true]);
  }
});

test('fails on an operation or an option that AWS does not have', () => {
  expect(callsOf('aws rds promote-replica --region eu-west-1').flatMap(wrongIn)).toEqual(['rds promote-replica']);
  expect(callsOf('x=$(aws rds stop-db-instance --region eu-west-1 --force); true').flatMap(wrongIn)).toEqual([
    'rds stop-db-instance --force',
  ]);
});

interface Call {
  readonly service: string;
  readonly operation: string;
  readonly options: readonly string[];
}

/** The calls of the AWS command line in a piece of shell. */
function callsOf(text: string): readonly Call[] {
  const joined = text.replace(/\\\n\s*/g, ' ');
  return [...joined.matchAll(/(?<![\w-])aws (\S+) ((?:wait )?[a-z-]+) ((?:'[^']*'|"(?:[^"\\]|\\.)*"|[^;|)\n'"])*)/g)].map(
    ([, service = '', operation = '', rest = '']) => ({
      service,
      operation,
      options: [...rest.replace(/'[^']*'|"(?:[^"\\]|\\.)*"/g, '').matchAll(/--([a-z0-9-]+)/g)].map(([, option = '']) => option),
    }),
  );
}

const CLIENTS: Readonly<Record<string, string>> = {
  autoscaling: 'auto-scaling',
  stepfunctions: 'sfn',
};
const GLOBAL = ['region', 'query', 'output', 'cli-binary-format'];
/** Made by the command line itself: it signs a copy between Regions. */
const OF_THE_COMMAND_LINE = ['rds create-db-instance-read-replica --source-region'];
/** An operation behind each waiter that is used. */
const WAITERS: Readonly<Record<string, string>> = {
  'rds db-instance-available': 'describe-db-instances',
  'rds db-snapshot-available': 'describe-db-snapshots',
  'ecs services-stable': 'describe-services',
  'lambda function-updated': 'get-function-configuration',
};

/** What does not exist, by the schemas that the SDK's clients carry. */
function wrongIn({ service, operation, options }: Call): readonly string[] {
  const waiter = /^wait (.*)$/.exec(operation)?.[1];
  const real = waiter === undefined ? operation : WAITERS[`${service} ${waiter}`];
  if (real === undefined) return [`${service} ${operation}`];
  const client: Readonly<Record<string, unknown>> = jest.requireActual(`@aws-sdk/client-${CLIENTS[service] ?? service}`);
  const schema = Object.entries(client).find(([name]) => name.endsWith('Command') && dashed(name.slice(0, -7)) === real)?.[0];
  if (schema === undefined) return [`${service} ${operation}`];
  const shape = client[`${schema.slice(0, -7)}$`] as readonly [number, string, string, unknown, () => unknown] | undefined;
  const known = membersOf(shape);
  return options
    .filter((option) => !GLOBAL.includes(option) && !known.map(dashed).includes(option.replace(/^no-/, '')))
    .map((option) => `${service} ${operation} --${option}`)
    .filter((wrong) => !OF_THE_COMMAND_LINE.includes(wrong));
}

/** As the command line spells the names of the API. */
const dashed = (name: string) =>
  name
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase();

/** An operation's schema leads to that of its input, whose fifth place lists the members. */
function membersOf(shape: readonly unknown[] | undefined): readonly string[] {
  const input = typeof shape?.[4] === 'function' ? (shape[4] as () => readonly unknown[])() : (shape?.[4] as readonly unknown[]);
  return (input?.[4] as readonly string[] | undefined) ?? [];
}
