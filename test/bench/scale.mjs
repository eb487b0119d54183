// Many pairs in one app: what each one adds, and whether the time grows straight.
import { builtDist, fresh, inTurn, row } from './common.mjs';

const ROUNDS = 5;

/** What a policy is once deployed: no intrinsics, ids and ARNs at their real or longest length. */
const DEPLOYED = `
  const deployed = (value) => {
    if (Array.isArray(value)) return value.map(deployed);
    if (value === null || typeof value !== 'object') return value;
    const [[key, inner]] = Object.entries(value).length === 1 ? Object.entries(value) : [['', '']];
    if (key === 'Fn::Join') return inner[1].map(deployed).join(inner[0]);
    if (key === 'Ref') return { 'AWS::Partition': 'aws', 'AWS::Region': 'eu-central-1', 'AWS::AccountId': '111111111111' }[inner] ?? 'x'.repeat(36);
    if (key === 'Fn::GetAtt') return 'x'.repeat(120);
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, deployed(v)]));
  };`;

/** Builds `sets` control sets with `pairs` pairs each, drills included, and counts. */
const app = (sets, pairs) => `${DEPLOYED}
  const { App } = require('aws-cdk-lib'); const fs = require('fs');
  const { AlertPath, AlertTarget, FailoverDrill, FailoverPair, FailoverRegions, Site } = require('./dist/index.js');
  const outdir = fs.mkdtempSync(require('path').join(require('os').tmpdir(), 'scale-'));
  const c = process.cpuUsage();
  const app = new App({ outdir });
  for (let s = 0; s < ${sets}; s++) {
    const regions = new FailoverRegions(app, 'Set' + s, {
      account: '111111111111', primary: 'eu-west-1', standby: 'eu-central-1',
      zone: { zoneName: 'example.com', hostedZoneId: 'Z0123456789ABCDEFGHIJ' },
    });
    const alerts = new AlertPath(app, 'Alerts' + s, { regions, targets: [AlertTarget.pagerDuty({ secretName: 'pagerduty' }), AlertTarget.email('oncall@example.com')] });
    for (let p = 0; p < ${pairs}; p++) {
      const name = 's' + s + 'p' + p;
      const pair = new FailoverPair(regions.routing, 'Pair' + p, {
        regions, alerts, recordName: name, pairName: name,
        primary: Site.ip('1.2.' + s + '.' + (p + 1)), standby: Site.ip('5.6.' + s + '.' + (p + 1)),
      });
      new FailoverDrill(regions.standby, 'Drill' + p, { pair });
    }
  }
  const assembly = app.synth();
  const used = process.cpuUsage(c); const ms = (used.user + used.system) / 1000;
  const stacks = assembly.stacks.map((stack) => {
    const resources = Object.values(stack.template.Resources ?? {});
    const ofType = (type) => resources.filter((r) => r.Type === type);
    const policies = [...ofType('AWS::IAM::ManagedPolicy'), ...ofType('AWS::IAM::Policy')].map((r) => JSON.stringify(deployed(r.Properties.PolicyDocument)).length);
    return { name: stack.stackName, resources: resources.length, lambdas: ofType('AWS::Lambda::Function').length, policyChars: Math.max(0, ...policies) };
  });
  fs.rmSync(outdir, { recursive: true, force: true });
  console.log(JSON.stringify({ ms, stacks }));`;

const count = (sets, pairs) => fresh(app(sets, pairs), { CDK_VALIDATION: 'false' });
const total = (result, what) => result.stacks.reduce((sum, stack) => sum + stack[what], 0);
const largest = (result, what) => Math.max(...result.stacks.map((stack) => stack[what]));

export async function run() {
  builtDist();
  const [one, ten, twenty, hundred] = [count(1, 1), count(1, 10), count(1, 20), count(5, 20)];
  const ms = inTurn({ ten: () => count(1, 10).ms, twenty: () => count(1, 20).ms }, ROUNDS);
  return [
    row('resources that one more pair adds, all stacks', (total(twenty, 'resources') - total(ten, 'resources')) / 10, {
      note: `1 pair ${total(one, 'resources')}, 10 pairs ${total(ten, 'resources')}, 20 pairs ${total(twenty, 'resources')}`,
    }),
    row('resources of the largest stack, 20 pairs', largest(twenty, 'resources'), { aim: 500 }),
    row(
      'characters that one more pair adds to the largest policy',
      (largest(twenty, 'policyChars') - largest(ten, 'policyChars')) / 10,
      {
        note: 'as deployed: ids of 36 characters, other ARNs of 120',
      },
    ),
    row('characters of the largest policy, 20 pairs', largest(twenty, 'policyChars'), { aim: 6_144 }),
    row('Lambdas of one control set, 20 pairs / 1 pair', total(twenty, 'lambdas') / total(one, 'lambdas'), {
      aim: 1,
      note: `${total(one, 'lambdas')} Lambdas, alert path included`,
    }),
    row(
      'Lambdas per control set, 100 pairs over five sets / 20 pairs in one',
      total(hundred, 'lambdas') / 5 / total(twenty, 'lambdas'),
      { aim: 1 },
    ),
    row('synth time, 20 pairs / 10 pairs', ms.twenty / ms.ten, {
      aim: 2.2,
      note: `${ms.twenty.toFixed(0)} ms of ${ms.ten.toFixed(0)} ms of CPU, validation off`,
    }),
    row('synth time, 100 pairs over five control sets', hundred.ms, { unit: 'ms', note: 'CPU of one run, validation off' }),
  ];
}
