process.env.CDK_VALIDATION = 'true';

import { Database, Fence, WriterName } from '../../lib/constructs/database';
import { bind, everything, heartbeatIn, instance, pairIn, STANDBY, world } from '../constructs/database/world';
import { ACCOUNT, inRegion, ofType, rendered, stacksOf } from '../support/apps';
import { resolver, statementsOf } from '../support/iam';
import { idleAcknowledgements, nagFindings } from '../support/nag';

/** AWS's own validator, offline; with these its warnings are errors too, and synth throws the whole report. */
const STRICT = { '@aws-cdk/core:validateAgainstDefaultRules': true, '@aws-cdk/core:strictCfnValidateErrors': true };

const full = everything(STRICT);
const templates = rendered(full.app);

test('the CloudFormation validator and cdk-nag find nothing in databases that has no reason, and no reason is idle', () => {
  expect(nagFindings(...stacksOf(full.app))).toEqual([]);
  expect(idleAcknowledgements(...stacksOf(full.app))).toEqual([]);
});

test('every alarm action is a topic of the alarm’s own stack', () => {
  for (const template of templates) {
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

test('rights are managed policies of our own, and nobody may change records, IAM, health checks or stacks to fail a database over', () => {
  for (const template of templates) {
    expect(ofType(template, 'AWS::IAM::Policy')).toEqual([]);
    for (const [, { Properties: role }] of ofType(template, 'AWS::IAM::Role')) {
      expect([role.Policies, role.ManagedPolicyArns]).toEqual([undefined, undefined]);
    }
  }
  const actions = [...new Set(statementsOf(templates, { account: ACCOUNT }).flatMap((s) => s.actions))];
  expect(actions.filter((action) => /^(route53|cloudformation|organizations|sts|iam):/.test(action)).sort()).toEqual([
    'iam:PassRole',
    // STS of the standby Region, for the role of a fence in another account.
    'sts:AssumeRole',
  ]);
  const taken = statementsOf(templates, { account: ACCOUNT }).filter(({ actions }) => actions.includes('sts:AssumeRole'));
  expect(taken.flatMap(({ resources }) => resources)).toEqual(['arn:aws:iam::222222222222:role/fence-shop']);
  expect(actions.filter((action) => action.includes('*'))).toEqual([]);
});

describe('twenty databases of three replicas, each with reader, writer name and fences', () => {
  const w = world({ recordName: 'app0', pairName: 'app-number-0' }, { alerts: true });
  const pairs = [w.pair, ...Array.from({ length: 19 }, (_, n) => pairIn(w.regions, `AppNumber${n + 1}`, { alerts: w.alerts }))];
  const heartbeat = heartbeatIn(w.regions.standby);
  pairs.forEach((pair, n) => {
    const id = (what: string) => instance(`shop-number-${n}-${what}`);
    bind(
      { regions: w.regions, pair },
      {
        database: Database.readReplicas({
          source: id('a'),
          replicas: [id('b1'), id('b2'), id('b3')],
          writer: WriterName.privateZone({ hostedZoneId: 'Z9999999999ABCDEFGHIJ', name: `db${n}.shop.internal` }),
        }),
        heartbeat,
        fences: [
          Fence.networkAcl({
            subnetIds: ['0', '1', '2'].map((s) => `subnet-0123456789abc${String(n).padStart(3, '0')}${s}`),
            denyAclId: `acl-0123456789abc${String(n).padStart(3, '0')}0`,
            openAclId: `acl-0123456789abc${String(n).padStart(3, '0')}1`,
          }),
          Fence.stopInstance(),
        ],
        writerParameter: `/shop/number-${n}/db-writer`,
      },
    );
  });
  const many = rendered(w.app);

  test('fit into policies of 6,144 characters', () => {
    for (const template of many) {
      const resolve = resolver(template, { account: ACCOUNT });
      const sizes = ofType(template, 'AWS::IAM::ManagedPolicy').map(([id, { Properties: policy }]) => {
        // IAM does not count white space.
        const text = JSON.stringify(policy.PolicyDocument, (_key, value) => (isIntrinsic(value) ? resolve(value) : value));
        return [id, text.length] as const;
      });
      expect(sizes.filter(([, size]) => size > 6144)).toEqual([]);
    }
  });

  test('fit into stacks of 500 resources', () => {
    expect(
      many
        .filter((template) => Object.keys(template.resources).length >= 500)
        .map((t) => [t.name, Object.keys(t.resources).length]),
    ).toEqual([]);
  });

  test('share one prober, one step function and one machine', () => {
    const standby = inRegion(many, STANDBY);
    const names = ofType(standby, 'AWS::Lambda::Function').map(([, f]) => String(f.Properties.FunctionName));
    expect(names.filter((name) => /-(prober|database-step)$/.test(name))).toHaveLength(2);
    expect(ofType(standby, 'AWS::StepFunctions::StateMachine')).toHaveLength(2);
  });
});

const isIntrinsic = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && ('Ref' in value || Object.keys(value).some((key) => key.startsWith('Fn::')));
