import { App } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { approveCommand } from '../../bin/commands/approve';
import { adoptCommand } from '../../bin/commands/database/adopt';
import { clearClaimCommand } from '../../bin/commands/database/clear-claim';
import { orderCommand } from '../../bin/commands/database/order';
import { pauseCommand, resumeCommand } from '../../bin/commands/database/pause';
import { runbookCommand } from '../../bin/commands/database/runbook';
import { watchCommand } from '../../bin/commands/database/watch';
import { pairsCommand } from '../../bin/commands/pairs';
import { statusCommand } from '../../bin/commands/status';
import type { Shell } from '../../bin/operator/shell';
import { AlertPath, AlertTarget, Database, FailoverRegions, Lease } from '../../lib';
import { LAB_ACCOUNT } from '../../lib/lab/aws';
import { A, B, OperatorWorld } from '../bin/database-world';
import { bind, heartbeatIn, instance, pairIn, world } from '../constructs/database/world';
import { ACCOUNT, inRegion, ofType, rendered, ZONE } from '../support/apps';
import { allowed, type Call, exactness, resolver, statementsOf, unknownActions } from '../support/iam';

/** The command line in this process, with real SDK clients on loopback, as somebody who has nothing but the grant. */
const ROLE = 'operators';
const YES = ['--yes-i-mean', 'app'];
jest.setTimeout(120_000);

const granted = () => {
  const app = new App();
  const regions = new FailoverRegions(app, 'Web', { account: ACCOUNT, primary: A, standby: B, zone: ZONE });
  const alerts = new AlertPath(app, 'Alerts', { regions, targets: [AlertTarget.pagerDuty({ secretName: 'pagerduty' })] });
  const db = bind(
    { regions, pair: pairIn(regions, 'App', { alerts }) },
    {
      database: Database.readReplicas({ source: instance('app-a'), replicas: [instance('app-b1'), instance('app-b2')] }),
      heartbeat: heartbeatIn(regions.standby),
    },
  );
  const role = iam.Role.fromRoleName(regions.standby, 'Role', ROLE);
  db.grantOperate(new iam.ManagedPolicy(regions.standby, 'Operate', { roles: [role] })).assertSuccess();
  return rendered(app);
};

const templates = granted();
const standby = inRegion(templates, B);
const statements = statementsOf(templates, { account: ACCOUNT }).filter(({ role }) => role === ROLE);
const warnings = ofType(standby, 'AWS::SNS::Topic')
  .map(([, topic]) => resolver(standby, { account: ACCOUNT })(topic.Properties.TopicName))
  .find((name) => name.includes('warning'));
const topicKey = ofType(standby, 'AWS::KMS::Key').find(([id]) => /^Alerts/.test(id))?.[0] ?? 'none';
const arn = (service: string, rest: string, region = B) => `arn:aws:${service}:${region}:${ACCOUNT}:${rest}`;

/** Names of the lab, as this app would have deployed them. */
const deployed = (resource: string) =>
  resource
    .replace(LAB_ACCOUNT, ACCOUNT)
    .replace(/:warning$/, `:${warnings}`)
    .replace(/function:reader$/, 'function:cdk-failover-web-app-beat');
const contextOf = (action: string): Record<string, string> =>
  action.startsWith('dynamodb:') ? { 'dynamodb:LeadingKeys': 'pair#app' } : {};

async function run(command: (args: readonly string[], shell: Shell) => number | Promise<number>, ...args: readonly string[]) {
  const shell: Shell = {
    isTTY: false,
    columns: 80,
    input: process.stdin,
    write: () => undefined,
    warn: () => undefined,
  };
  try {
    return await command(args, shell);
  } catch (error) {
    return (error as Error).message;
  }
}

/** Everything that operators do, in a world where the primary is dead; the run itself is not waited for. */
async function operate(lab: OperatorWorld): Promise<readonly unknown[]> {
  const order = (args: readonly string[], shell: Shell) => orderCommand('failover', args, shell);
  const codes = [
    await run(pairsCommand, '--json'),
    await run(statusCommand, '--pair', 'app', '--json'),
    await run(runbookCommand, 'app'),
    await run(pauseCommand, 'app'),
    await run(resumeCommand, 'app'),
  ];
  await lab.put((item) => ({ ...item, database: lab.item({ splitBrain: { since: 0, because: 'x' } }).database }));
  codes.push(await run(clearClaimCommand, 'app', ...YES));
  lab.killPrimary();
  codes.push(await run(order, 'app', ...YES));
  codes.push(await run(approveCommand, 'app', '--epoch', '1', '--loss-ms', '1', ...YES));
  codes.push(await run(adoptCommand, 'app', '--epoch', '1', ...YES));
  codes.push(await run(watchCommand, 'app', '--json'));
  return codes;
}

test('an operator may do what the command line does, on this pair and nothing else, and no statement is idle', async () => {
  const before = { ...process.env };
  const lab = await OperatorWorld.start();
  try {
    Object.assign(process.env, lab.environment());
    expect(await operate(lab)).toEqual([0, 0, 0, 0, 0, 0, 0, expect.stringMatching(/^refused: /), 0, 0]);
    const calls: readonly Call[] = lab.endpoint
      .recordedCalls()
      .filter(({ handler }) => handler === 'operator')
      .map(({ action, resource }) => ({ role: ROLE, action, resource: deployed(resource), context: contextOf(action) }));
    const viaSns = { 'kms:ViaService': `sns.${B}.amazonaws.com` };
    const platform = ['kms:GenerateDataKey', 'kms:Decrypt'].map((action) => ({
      role: ROLE,
      action,
      resource: arn('kms', `key/${topicKey}`),
      context: viaSns,
    }));
    expect(calls.length).toBeGreaterThan(30);
    expect(exactness(statements, [...calls, ...platform])).toEqual({ refused: [], tooWide: [], unused: [] });
  } finally {
    process.env = before;
    await lab.close();
  }
});

test('every action exists', async () => {
  expect(await unknownActions(statements)).toEqual([]);
});

const journal = (action: string, key: string): Call => ({
  role: ROLE,
  action,
  resource: arn('dynamodb', 'table/cdk-failover-web-journal'),
  context: { 'dynamodb:LeadingKeys': key },
});

test.each<[string, Call]>([
  ['writes the journal of another pair', journal('dynamodb:PutItem', 'pair#billing')],
  ['deletes the journal', journal('dynamodb:DeleteItem', 'pair#app')],
  ['promotes a replica by hand', { role: ROLE, action: 'rds:PromoteReadReplica', resource: arn('rds', 'db:app-b1') }],
  ['deletes a database', { role: ROLE, action: 'rds:DeleteDBInstance', resource: arn('rds', 'db:app-b1') }],
  ['stops a database', { role: ROLE, action: 'rds:StopDBInstance', resource: arn('rds', 'db:app-a', A) }],
  [
    'stops an execution',
    { role: ROLE, action: 'states:StopExecution', resource: arn('states', 'execution:cdk-failover-web-database:app-e1') },
  ],
  [
    'rewrites the registration',
    { role: ROLE, action: 'ssm:PutParameter', resource: arn('ssm', 'parameter/cdk-failover/web/app/database') },
  ],
])('is denied when an operator %s', (_name, call) => {
  expect(allowed(statements, call)).toBe(false);
});

test('with a lease, an operator may read it and cannot take it', () => {
  const w = world();
  const db = bind(w, { lease: Lease.multiRegion() });
  const role = iam.Role.fromRoleName(w.regions.standby, 'Role', ROLE);
  db.grantOperate(new iam.ManagedPolicy(w.regions.standby, 'Operate', { roles: [role] }));
  const on = statementsOf(rendered(w.app), { account: ACCOUNT }).filter(
    ({ role: of, resources }) => of === ROLE && resources.some((resource) => resource.includes('lease')),
  );
  expect(on.map(({ actions }) => actions)).toEqual([['dynamodb:GetItem']]);
});

test('fails for a database that its own service fails over', () => {
  const w = world();
  const db = bind(w, { database: Database.multiAzInstance(instance('shop-a')) });
  const grant = () => db.grantOperate(iam.Role.fromRoleName(w.regions.standby, 'Role', ROLE));
  expect(grant).toThrow(
    '[NothingToOperate] the database of app.example.com is failed over by its own service; there is no order to give; leave the grant out (at Shop/Standby/AppDb)',
  );
});
