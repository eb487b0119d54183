import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as addresses from '../../examples/01-two-addresses/app';
import * as regions from '../../examples/02-two-regions-load-balancers/app';
import * as lag from '../../examples/03-lag-alarms/app';
import * as alertPath from '../../examples/04-alert-path/app';
import * as postgres from '../../examples/05-postgres-cross-region/app';
import * as aurora from '../../examples/06-aurora-global/app';
import * as multiAz from '../../examples/07-multi-az-cluster/app';
import { EXAMPLE_01 } from '../../scripts/numbers';

const root = join(__dirname, '../..');
const EXAMPLES = {
  '01-two-addresses': addresses,
  '02-two-regions-load-balancers': regions,
  '03-lag-alarms': lag,
  '04-alert-path': alertPath,
  '05-postgres-cross-region': postgres,
  '06-aurora-global': aurora,
  '07-multi-az-cluster': multiAz,
};

interface Example {
  build(app: App): void;
}

const done = new Map<Example, ReturnType<typeof synthesize>>();

/** Once per example. */
function synthesized(example: Example) {
  const result = done.get(example) ?? synthesize(example);
  done.set(example, result);
  return result;
}

function synthesize(example: Example) {
  const outdir = mkdtempSync(join(tmpdir(), 'example-'));
  try {
    const app = new App({ outdir });
    example.build(app);
    const { stacks, manifest } = app.synth();
    return {
      lookups: (manifest.missing ?? []).map(({ provider }) => provider),
      stacks: stacks.map((s) => ({ name: s.stackName, region: s.environment.region, template: Template.fromJSON(s.template) })),
      messages: stacks.flatMap((s) => s.messages),
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

test('every numbered folder of examples is tested here', () => {
  const folders = readdirSync(join(root, 'examples')).filter((name) => /^\d/.test(name));
  expect(folders.sort()).toEqual(Object.keys(EXAMPLES));
});

describe.each(Object.entries(EXAMPLES))('example %s', (name, example) => {
  const { stacks, messages, lookups } = synthesized(example);

  test('synthesizes without an error, and with no warning but the budget of 10 s x 3', () => {
    const said = messages.filter((m) => m.level !== 'info').map((m) => `${m.level} ${m.id}: ${String(m.entry.data)}`);
    const expected = name === '01-two-addresses' ? [expect.stringMatching(/^warning .*\[ack: cdk-failover:BudgetAtRisk\]$/)] : [];
    expect(said).toEqual(expected);
  });

  test('asks no account for anything, so that "cdk synth" needs no credentials', () => {
    expect(lookups).toEqual([]);
  });

  test('lets no token cross a Region', () => {
    const text = JSON.stringify(stacks.map((s) => s.template.toJSON()));
    expect(text).not.toMatch(/CrossRegionExport(Reader|Writer)|Fn::GetStackOutput|Fn::ImportValue/);
  });

  test('has no placeholder account but its own', () => {
    const text = JSON.stringify(stacks.map((s) => s.template.toJSON()));
    expect([...new Set(text.match(/(?<![0-9a-f.])[0-9]{12}(?![0-9a-f])/g) ?? [])].filter((id) => id !== '111111111111')).toEqual(
      [],
    );
  });
});

const stackOf = (example: Example, name: string) => {
  const found = synthesized(example).stacks.find((s) => s.name === name);
  if (!found) throw new Error(`no stack ${name}`);
  return found;
};

test('two addresses: one stack in us-east-1, a check per address, and one failover pair of addresses', () => {
  const { region, template } = stackOf(addresses, 'Web');
  expect(region).toBe('us-east-1');
  template.resourceCountIs('AWS::Route53::HealthCheck', 2);
  for (const [failover, address] of [
    ['PRIMARY', '1.2.3.4'],
    ['SECONDARY', '5.6.7.8'],
  ]) {
    template.hasResourceProperties('AWS::Route53::RecordSet', {
      Name: 'app.example.com.',
      Type: 'A',
      Failover: failover,
      ResourceRecords: [address],
      TTL: '30',
    });
  }
});

test('two addresses: the drill that README and drill.md start by hand is the one of this stack', () => {
  const { template } = stackOf(addresses, 'Web');
  const [output] = Object.values(
    template.findOutputs('*', { Description: 'Starts a drill: users really move to the standby and back' }),
  );
  const line = (output as { Value: { 'Fn::Join': [string, unknown[]] } | string }).Value;
  const text = typeof line === 'string' ? line : line['Fn::Join'][1].filter((part) => typeof part === 'string').join('');
  expect(text).toContain('{"pair":"web"}');
  for (const page of ['README.md', 'docs/drill.md']) {
    const shown = readFileSync(join(root, page), 'utf8');
    expect(shown).toContain('--function-name cdk-failover-web-drill');
    expect(shown).toContain('{"pair":"web",');
  }
  template.hasResourceProperties('AWS::Lambda::Function', { FunctionName: 'cdk-failover-web-drill' });
});

test('two addresses: the README counts what costs money as the template has it', () => {
  const { template } = stackOf(addresses, 'Web');
  const all = (type: string) =>
    Object.values(template.findResources(type)).map((resource) => resource.Properties as Record<string, unknown>);
  const metricsOf = (alarm: Record<string, unknown>) =>
    ((alarm['Metrics'] as { MetricStat?: unknown }[] | undefined)?.filter((m) => m.MetricStat) ?? [alarm]).length;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  expect(all('AWS::Route53::HealthCheck').map((p) => p['HealthCheckConfig'])).toMatchObject(
    Array(EXAMPLE_01.checks).fill({ Type: 'HTTPS', RequestInterval: 10 }),
  );
  expect(sum(all('AWS::CloudWatch::Alarm').map(metricsOf))).toBe(EXAMPLE_01.alarmMetrics);
  expect(all('AWS::KMS::Key')).toHaveLength(EXAMPLE_01.keys);
  const reserved = sum(all('AWS::Lambda::Function').map((p) => (p['ReservedConcurrentExecutions'] as number | undefined) ?? 0));
  expect(reserved).toBe(EXAMPLE_01.reservedConcurrency);
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`the first example reserves ${reserved}`);
});

test('two Regions: each load balancer has its regional name in its own stack, and the pair points at these names', () => {
  for (const [name, label] of [
    ['ShopA', 'shop-a'],
    ['ShopB', 'shop-b'],
  ] as const) {
    stackOf(regions, name).template.hasResourceProperties('AWS::Route53::RecordSet', {
      Name: `${label}.example.com.`,
      AliasTarget: Match.anyValue(),
    });
  }
  const routing = stackOf(regions, 'shop-routing');
  expect(routing.region).toBe('us-east-1');
  routing.template.hasResourceProperties('AWS::Route53::RecordSet', {
    Name: 'shop.example.com.',
    Type: 'CNAME',
    Failover: 'SECONDARY',
    ResourceRecords: ['shop-b.example.com'],
  });
});

test('lag alarms: in the Region of the replica, at 30 s thanks to the heartbeat', () => {
  const { region, template } = stackOf(lag, 'Lag');
  expect(region).toBe('eu-central-1');
  template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'ReplicaLag', Threshold: 30 });
});

test('alert path: the alarm tells when it fires and when it is over', () => {
  const [alarm] = Object.values(
    stackOf(alertPath, 'Orders').template.findResources('AWS::CloudWatch::Alarm', {
      Properties: { MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 300 },
    }),
  );
  expect(alarm?.Properties.AlarmActions).toHaveLength(1);
  expect(alarm?.Properties.OKActions).toEqual(alarm?.Properties.AlarmActions);
});

test('the app of a folder runs from a clone, as "npx cdk synth" starts it', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'example-'));
  try {
    const child = spawnSync(process.execPath, ['-r', 'tsx/cjs', 'app.ts'], {
      cwd: join(root, 'examples/04-alert-path'),
      env: { ...process.env, CDK_OUTDIR: outdir },
      encoding: 'utf8',
    });
    expect(child.stderr).toBe('');
    expect(readdirSync(outdir)).toContain('Orders.template.json');
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}, 60_000);

test('PostgreSQL: the writer name ends at the source, and the replica is encrypted in its own Region', () => {
  const { template: routing } = stackOf(postgres, 'shop-routing');
  routing.hasResourceProperties('AWS::Route53::RecordSetGroup', {
    HostedZoneId: 'Z9876543210ABCDEFGHIJ',
    RecordSets: [
      Match.objectLike({
        Name: 'db.shop.internal.',
        Failover: 'PRIMARY',
        ResourceRecords: [Match.stringLikeRegexp('^shop-b\\.')],
      }),
      Match.objectLike({
        Name: 'db.shop.internal.',
        Failover: 'SECONDARY',
        ResourceRecords: [Match.stringLikeRegexp('^shop-a\\.')],
      }),
    ],
  });
  const { template } = stackOf(postgres, 'shop-standby');
  template.hasResourceProperties('AWS::RDS::DBInstance', {
    DBInstanceIdentifier: 'shop-b',
    KmsKeyId: Match.anyValue(),
    MultiAZ: true,
  });
});

test('Aurora and PostgreSQL fail over by themselves, because the evidence is strong', () => {
  for (const example of [postgres, aurora]) {
    const { template } = stackOf(example, 'shop-standby');
    const [parameter] = Object.values(
      template.findResources('AWS::SSM::Parameter', { Properties: { Name: '/cdk-failover/shop/app/database' } }),
    );
    expect(JSON.stringify(parameter)).toContain('{\\"kind\\":\\"unanimous\\"}');
  }
});

test('a Multi-AZ cluster brings no machinery that promotes', () => {
  const { stacks } = synthesized(multiAz);
  expect(JSON.stringify(stacks.map(({ template }) => template.toJSON()))).not.toMatch(
    /PromoteReadReplica|FailoverGlobalCluster|-prober/,
  );
});
