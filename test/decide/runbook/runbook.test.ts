import { FAILOVER_PLAN, UNDO_PLAN } from '../../../lib/decide/database/plan';
import { databaseFailover, markdown, type Runbook } from '../../../lib/decide/runbook';
import { callsOf, wrongIn } from '../../support/aws-command-line';
import { BOOKS, BOUND, linesOf, stepsOf } from './books';

const { replicas, aurora } = BOUND;
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

  test('names only services, operations and options that exist', () => {
    const calls = linesOf(book).flatMap(callsOf);
    expect(calls.length).toBeGreaterThan(10);
    expect([...new Set(calls.flatMap(wrongIn))]).toEqual([]);
  });

  test('needs nothing of us-east-1, and leaves no name open', () => {
    expect(markdown(book)).not.toMatch(/--region us-east-1|undefined|\[object/);
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
