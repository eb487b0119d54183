/** A bill line by line, and what a schedule starts. */
import { leaseCost, monthlyCost, type Template, type TemplateResource, targetOf } from '../../../lib/decide/cost';

const of = (Type: string, Properties?: Record<string, unknown>): TemplateResource => ({
  Type,
  ...(Properties ? { Properties } : {}),
});
const check = (HealthCheckConfig: Record<string, unknown>) => of('AWS::Route53::HealthCheck', { HealthCheckConfig });
const lambda = (FunctionName?: string, MemorySize?: number) =>
  of('AWS::Lambda::Function', { ...(FunctionName ? { FunctionName } : {}), ...(MemorySize ? { MemorySize } : {}) });
const inStack = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const schedule = (ScheduleExpression: string, Arn: unknown) =>
  of('AWS::Scheduler::Schedule', { ScheduleExpression, Target: { Arn } });
const stackOf = (resources: Record<string, TemplateResource>): Template => ({ stack: 'Web', resources });
const linesOf = (...templates: Template[]) => monthlyCost(templates).lines.map((l) => [l.what, l.count, l.usdPerMonth]);

const ROUTE53 = 'https://aws.amazon.com/route53/pricing/';
const CLOUDWATCH = 'https://aws.amazon.com/cloudwatch/pricing/';
const LAMBDA = 'https://aws.amazon.com/lambda/pricing/';
const ARC = 'https://aws.amazon.com/application-recovery-controller/pricing/';
const listed = { provenance: 'assumed (list price, 2026-11-20)' };

test('a bill names what, how many, how much, by which price and what it leaves out', () => {
  const stack = stackOf({
    Check: check({ Type: 'TCP', RequestInterval: 30 }),
    Alarm: of('AWS::CloudWatch::Alarm'),
    Other: of('AWS::CloudWatch::Alarm'),
    Key: of('AWS::KMS::Key'),
    Secret: of('AWS::SecretsManager::Secret'),
    Topic: of('AWS::SNS::Topic'),
    Keeper: lambda('shop-keeper', 256),
    Keep: schedule('rate(1 minute)', inStack('Keeper')),
  });
  expect(monthlyCost([stack])).toEqual({
    lines: [
      { what: 'health checks', count: 1, usdPerMonth: 0.75, ...listed, source: ROUTE53 },
      { what: 'metrics of alarms', count: 2, usdPerMonth: 0.2, ...listed, source: CLOUDWATCH },
      { what: 'customer-managed keys', count: 1, usdPerMonth: 1, ...listed, source: 'https://aws.amazon.com/kms/pricing/' },
      { what: 'secrets', count: 1, usdPerMonth: 0.4, ...listed, source: 'https://aws.amazon.com/secrets-manager/pricing/' },
      { what: 'scheduled invocations, 1 s each (assumed)', count: 43_800, usdPerMonth: 0.15, ...listed, source: LAMBDA },
    ],
    usdPerMonth: 2.5,
    notCounted:
      'the sites, DNS queries, logs, custom metrics, storage, messages, reads of heartbeats, events of a failover (1 USD a million, assumed (list price, 2026-11-20)), drills and data transfer',
    beside: [
      { what: 'ARC Region switch, per plan', count: 1, usdPerMonth: 70, ...listed, source: ARC },
      { what: 'ARC routing-control cluster', count: 1, usdPerMonth: 1_825, ...listed, source: ARC },
      { what: 'canary, a run each minute', count: 1, usdPerMonth: 52.56, ...listed, source: CLOUDWATCH },
    ],
  });
});

test.each<[string, Record<string, unknown>, string, number]>([
  [
    'HTTPS with a search string, fast',
    { Type: 'HTTPS_STR_MATCH', RequestInterval: 10 },
    'health checks with HTTPS, fast interval, search string',
    6.75,
  ],
  [
    'HTTP, fast, with latency',
    { Type: 'HTTP', RequestInterval: 10, MeasureLatency: true },
    'health checks with fast interval, latency',
    4.75,
  ],
  ['HTTP without latency', { Type: 'HTTP', RequestInterval: 30, MeasureLatency: false }, 'health checks', 0.75],
  ['a calculated check', { Type: 'CALCULATED' }, 'health checks without an endpoint', 0.5],
  ['the check of an alarm', { Type: 'CLOUDWATCH_METRIC' }, 'health checks without an endpoint', 0.5],
  ['the check of a routing control', { Type: 'RECOVERY_CONTROL' }, 'health checks without an endpoint', 0.5],
])('%s costs what its kind costs', (_name, config, what, usd) => {
  expect(linesOf(stackOf({ Check: check(config) }))).toEqual([[what, 1, usd]]);
});

test('a check that says nothing about itself is one of an endpoint', () => {
  expect(linesOf(stackOf({ A: of('AWS::Route53::HealthCheck'), B: check({}) }))).toEqual([['health checks', 2, 1.5]]);
});

// A second of 1 GB costs 0.0000133334 USD, a request 0.0000002 USD.
describe('what a schedule starts', () => {
  const scheduled = (...templates: Template[]) =>
    linesOf(...templates).map(([what, count, usd]) => [`${what}`.split(',')[0], count, usd]);
  const big = { Big: lambda('big', 8_192), Small: lambda('small', 128) };
  test.each<[string, Record<string, TemplateResource>, unknown[]]>([
    [
      'a function of its own memory',
      { ...big, S: schedule('rate(1 minute)', inStack('Small')) },
      ['scheduled invocations', 43_800, 0.08],
    ],
    [
      'a function of another stack, taken for the largest here',
      { ...big, S: schedule('rate(1 minute)', 'arn:of:another') },
      ['scheduled invocations', 43_800, 4.68],
    ],
    [
      'a queue, taken for the largest here',
      { ...big, Queue: of('AWS::SQS::Queue'), S: schedule('rate(1 minute)', inStack('Queue')) },
      ['scheduled invocations', 43_800, 4.68],
    ],
    [
      'nothing that we know, in a stack without functions',
      { S: schedule('rate(1 minute)', 'arn:of:another') },
      ['scheduled invocations', 43_800, 0.08],
    ],
    [
      'a function without a name or a memory',
      { F: lambda(), S: schedule('rate(1 minute)', inStack('F')) },
      ['scheduled invocations', 43_800, 0.08],
    ],
    [
      'a function that says nothing about itself',
      { F: of('AWS::Lambda::Function'), S: schedule('rate(1 minute)', inStack('F')) },
      ['scheduled invocations', 43_800, 0.08],
    ],
    [
      'a function of 512 MB by a rule',
      {
        F: lambda('f', 512),
        R: of('AWS::Events::Rule', { ScheduleExpression: 'rate(5 minutes)', Targets: [{ Arn: inStack('F') }] }),
      },
      ['scheduled invocations', 8_760, 0.06],
    ],
    [
      'the prober',
      { F: lambda('cdk-failover-shop-prober', 512), S: schedule('rate(1 minute)', inStack('F')) },
      ['prober', 43_800, 21.91],
    ],
    [
      'a lease renewer',
      { F: lambda('cdk-failover-shop-app-lease', 256), S: schedule('rate(1 minute)', inStack('F')) },
      ['renewer of a lease', 43_800, 9.5],
    ],
  ])('is %s', (_name, resources, line) => {
    expect(scheduled(stackOf(resources))).toEqual([line]);
  });

  test('is nothing by rate when it goes by the clock, or once', () => {
    const clock = schedule('cron(0 10 ? * TUE *)', inStack('F'));
    expect(linesOf(stackOf({ F: lambda('f', 512), Clock: clock, Rule: of('AWS::Events::Rule') }))).toEqual([]);
  });

  test('is counted over all stacks, each with the largest function of its own', () => {
    const far = schedule('rate(1 minute)', 'arn:of:another');
    expect(scheduled(stackOf({ ...big, S: far }), stackOf({ F: lambda('f', 1_024), S: far }))).toEqual([
      ['scheduled invocations', 87_600, 5.27],
    ]);
  });
});

test.each<[string, TemplateResource, string | undefined]>([
  ['a schedule with a function of its stack', schedule('rate(1 day)', inStack('F')), 'F'],
  ['a rule, by its first target', of('AWS::Events::Rule', { Targets: [{ Arn: inStack('F') }, { Arn: inStack('G') }] }), 'F'],
  ['a rule without targets', of('AWS::Events::Rule', { Targets: [] }), undefined],
  ['a schedule with an ARN', schedule('rate(1 day)', 'arn:x'), undefined],
  ['a schedule with the short form of an attribute', schedule('rate(1 day)', { 'Fn::GetAtt': 'F.Arn' }), undefined],
  ['a schedule without an ARN', of('AWS::Scheduler::Schedule', { Target: {} }), undefined],
  ['a schedule without a target', of('AWS::Scheduler::Schedule', {}), undefined],
  ['a schedule without properties', of('AWS::Scheduler::Schedule'), undefined],
])('the target of %s', (_name, resource, id) => {
  expect(targetOf(resource)).toBe(id);
});

test('a lease costs its renewer, its writes, its looks and what stands around them', () => {
  expect(leaseCost()).toEqual([
    { what: 'the renewer, 256 MB, 65 s each minute', usdPerMonth: 9.49 },
    { what: '525600 renewals, each written 3 times', usdPerMonth: 0.99 },
    { what: '840960 looks of the prober', usdPerMonth: 0.11 },
    { what: 'a key for its logs, its secret, an alarm and two metrics', usdPerMonth: 2.1 },
  ]);
});
