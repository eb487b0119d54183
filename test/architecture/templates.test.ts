import type { App } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DrillFault } from '../../lib';
import { ROUTING_REGION } from '../../lib/decide/names';
import { ACCOUNT, inRegion, ofType, oneStack, type Rendered, rendered, stacksOf, threeRegions } from '../support/apps';
import { resolver, statementsOf } from '../support/iam';
import { idleAcknowledgements, nagFindings } from '../support/nag';

/** Long names make long policies: the longest Region name that a user may choose costs the most. */
const twenty = threeRegions({
  pairs: 20,
  drill: ({ standby }, n) => ({
    fault: DrillFault.functions({
      inject: lambda.Function.fromFunctionName(standby, `Inject${n}`, `break-the-primary-of-app-${n}`),
      restore: lambda.Function.fromFunctionName(standby, `Mend${n}`, `mend-the-primary-of-app-${n}`),
    }),
  }),
});
const APPS: Readonly<Record<string, App>> = {
  'three Regions': threeRegions().app,
  'three Regions without account': threeRegions({ account: undefined }).app,
  'twenty pairs': twenty.app,
  'one stack': oneStack().app,
  'one stack without account': oneStack({ env: { region: ROUTING_REGION } }).app,
};
const templatesOf = new Map<string, readonly Rendered[]>(Object.entries(APPS).map(([name, app]) => [name, rendered(app)]));
const apps = [...templatesOf];
const all = apps.flatMap(([, templates]) => templates);

test.each(Object.entries(APPS).filter(([name]) => name !== 'twenty pairs'))(
  'cdk-nag finds nothing in %s that has no reason, and no reason is idle',
  (_name, app) => {
    expect(nagFindings(...stacksOf(app))).toEqual([]);
    expect(idleAcknowledgements(...stacksOf(app))).toEqual([]);
  },
);

test('no value crosses a Region or a stack', () => {
  for (const template of all) {
    expect(template.text).not.toMatch(/CrossRegionExport(Reader|Writer)|Fn::GetStackOutput|Fn::ImportValue/);
    expect(template.text).not.toMatch(/"Export":/);
  }
});

test('each Region’s stack is the same when the others are gone: nothing in it names another stack', () => {
  for (const [, templates] of apps) {
    for (const template of templates) {
      for (const other of templates.filter((t) => t !== template)) expect(template.text).not.toContain(`"${other.name}"`);
    }
  }
});

test('every alarm action is a topic of the alarm’s own stack', () => {
  for (const template of all) {
    for (const [id, { Properties: alarm }] of ofType(template, 'AWS::CloudWatch::Alarm')) {
      for (const action of [...(alarm.AlarmActions ?? []), ...(alarm.OKActions ?? [])]) {
        expect([id, resolver(template, { account: ACCOUNT })(action)]).toEqual([
          id,
          expect.stringContaining(`arn:aws:sns:${template.region}:${ACCOUNT}:`),
        ]);
      }
    }
  }
});

test('rights are managed policies of our own: none inline, none of AWS', () => {
  for (const template of all) {
    expect(ofType(template, 'AWS::IAM::Policy')).toEqual([]);
    for (const [, { Properties: role }] of ofType(template, 'AWS::IAM::Role')) {
      expect([role.Policies, role.ManagedPolicyArns]).toEqual([undefined, undefined]);
    }
  }
});

const statements = all.flatMap((template) => statementsOf([template], { account: ACCOUNT }));

test('nobody may change records, IAM or stacks, and health checks only by drill-step and restore', () => {
  const actions = [...new Set(statements.flatMap((s) => s.actions))];
  expect(
    actions.filter((action) => /^(route53:(Change|Create|Delete|Associate)|cloudformation:|organizations:|sts:)/.test(action)),
  ).toEqual([]);
  expect(actions.filter((action) => action.startsWith('iam:'))).toEqual(['iam:PassRole']);
  expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  const writers = statements.filter((s) => s.actions.some((action) => action.startsWith('route53:Update'))).map((s) => s.role);
  expect([...new Set(writers)].filter((role) => !/-(drill-step|restore)-[a-z]+-[a-z]+-\d$/.test(role))).toEqual([]);
  expect(writers.length).toBeGreaterThan(0);
});

test('PassRole hands over exactly the one-shot schedule’s role, to Scheduler only', () => {
  const passing = statements.filter((s) => s.actions.includes('iam:PassRole'));
  expect(passing).toHaveLength(apps.length);
  for (const { role, actions, resources, conditions } of passing) {
    expect(role).toMatch(/-drill-step-/);
    expect(actions).toEqual(['iam:PassRole']);
    expect(resources).toEqual([expect.stringMatching(/^arn:aws:iam::111111111111:role\/cdk-failover-[a-z]+-schedule-/)]);
    expect(conditions).toEqual({ StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } });
  }
});

test('twenty pairs fit: policies, resources, and still four functions of the control set', () => {
  const templates = templatesOf.get('twenty pairs') ?? [];
  for (const template of templates) {
    const resolve = resolver(template, { account: ACCOUNT });
    for (const [id, { Properties: policy }] of ofType(template, 'AWS::IAM::ManagedPolicy')) {
      // IAM does not count white space; a health check's id has 36 characters.
      const text = JSON.stringify(policy.PolicyDocument, (_key, value) => (isIntrinsic(value) ? resolve(value) : value));
      expect([id, text.replace(/healthcheck\/[^"]+/g, `healthcheck/${'x'.repeat(36)}`).length <= 6144]).toEqual([id, true]);
    }
    expect([template.name, Object.keys(template.resources).length < 500]).toEqual([template.name, true]);
  }
  const standby = inRegion(templates, 'eu-central-1');
  const names = ofType(standby, 'AWS::Lambda::Function').map(([, f]) => f.Properties.FunctionName);
  expect(names.filter((name) => /^cdk-failover-shop-(drill|drill-step|restore|keeper)$/.test(name))).toHaveLength(4);
  expect(names).toHaveLength(5);
});

const isIntrinsic = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && ('Ref' in value || Object.keys(value).some((key) => key.startsWith('Fn::')));
