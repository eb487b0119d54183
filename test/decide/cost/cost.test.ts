import { firesPerMonth, monthlyCost, type TemplateResource } from '../../../lib/decide/cost';

const check = (config: Record<string, unknown>): TemplateResource => ({
  Type: 'AWS::Route53::HealthCheck',
  Properties: { HealthCheckConfig: config },
});
const costOf = (...resources: TemplateResource[]) =>
  monthlyCost([{ stack: 'Web', resources: Object.fromEntries(resources.map((r, i) => [`R${i}`, r])) }]);
const linesOf = (...resources: TemplateResource[]) => costOf(...resources).lines.map((l) => [l.what, l.count, l.usdPerMonth]);

test('checks are priced by their options, as endpoints outside AWS', () => {
  const https = { Type: 'HTTPS', RequestInterval: 10 };
  expect(
    linesOf(
      check(https),
      check(https),
      check({ Type: 'HTTP_STR_MATCH', RequestInterval: 30 }),
      check({ Type: 'TCP', RequestInterval: '10', MeasureLatency: true }),
      check({ Type: 'CALCULATED' }),
      check({ Type: 'CLOUDWATCH_METRIC' }),
    ),
  ).toEqual([
    ['health checks with HTTPS, fast interval', 2, 9.5],
    ['health checks with search string', 1, 2.75],
    ['health checks with fast interval, latency', 1, 4.75],
    ['health checks without an endpoint', 2, 1],
  ]);
});

test('alarms, keys and secrets cost by the piece; the sum is of all lines', () => {
  const cost = costOf({ Type: 'AWS::CloudWatch::Alarm' }, { Type: 'AWS::KMS::Key' }, { Type: 'AWS::SecretsManager::Secret' });
  expect(cost.lines.map((l) => [l.what, l.usdPerMonth])).toEqual([
    ['metrics of alarms', 0.1],
    ['customer-managed keys', 1],
    ['secrets', 0.4],
  ]);
  expect(cost.usdPerMonth).toBe(1.5);
});

test('an alarm on an expression costs what it reads', () => {
  const read = { MetricStat: {} };
  const cost = costOf({ Type: 'AWS::CloudWatch::Alarm', Properties: { Metrics: [{ Expression: 'a / b' }, read, read] } });
  expect(cost.lines.map((l) => [l.what, l.count, l.usdPerMonth])).toEqual([['metrics of alarms', 2, 0.2]]);
});

test('what schedules start is counted, in the largest function', () => {
  const [line] = costOf(
    { Type: 'AWS::Scheduler::Schedule', Properties: { ScheduleExpression: 'rate(1 minute)' } },
    { Type: 'AWS::Lambda::Function', Properties: { MemorySize: 1_024 } },
  ).lines;
  expect(line).toMatchObject({ count: 43_800, usdPerMonth: 0.59 });
});

test('prober and renewer are paid for all the time that they run, in their own memory', () => {
  const lambda = (FunctionName: string, MemorySize: number) => ({
    Type: 'AWS::Lambda::Function',
    Properties: { FunctionName, MemorySize },
  });
  const eachMinute = (target: string) => ({
    Type: 'AWS::Scheduler::Schedule',
    Properties: { ScheduleExpression: 'rate(1 minute)', Target: { Arn: { 'Fn::GetAtt': [target, 'Arn'] } } },
  });
  const resources = {
    Prober: lambda('cdk-failover-shop-prober', 512),
    Keeper: lambda('cdk-failover-shop-keeper', 256),
    Renewer: lambda('cdk-failover-shop-app-lease', 256),
    Renew: eachMinute('Renewer'),
    Watch: eachMinute('Prober'),
    Keep: eachMinute('Keeper'),
  };
  expect(monthlyCost([{ stack: 'Standby', resources }]).lines.map((l) => [l.what, l.count, l.usdPerMonth])).toEqual([
    ['scheduled invocations, 1 s each (assumed)', 43_800, 0.15],
    ['prober, 75 s each minute (assumed)', 43_800, 21.91],
    ['renewer of a lease, 65 s each minute (assumed)', 43_800, 9.5],
  ]);
});

test.each([
  ['rate(1 minute)', 43_800],
  ['rate(5 minutes)', 8_760],
  ['rate(1 hour)', 730],
  ['rate(1 day)', 730 / 24],
  ['rate(10 minutes)', 4_380],
  ['rate(12 hours)', 730 / 12],
  ['every rate(1 minute)', undefined],
  ['rate(1 minute) or so', undefined],
  ['rate(x minutes)', undefined],
  ['cron(0 10 ? * TUE *)', undefined],
  [{ Ref: 'Rate' }, undefined],
])('%p fires %p times a month', (expression, times) => {
  expect(firesPerMonth(expression)).toBe(times);
});

test('every price is a dated list price, and the alternatives stand beside', () => {
  const cost = costOf(check({ Type: 'HTTPS' }));
  for (const line of [...cost.lines, ...cost.beside]) {
    expect(line.provenance).toMatch(/^assumed \(list price, 20\d\d-\d\d-\d\d\)$/);
    expect(line.source).toMatch(/^https:\/\/aws\.amazon\.com\/.+\/pricing\/$/);
  }
  expect(cost.beside.map((l) => [l.what, l.usdPerMonth])).toEqual([
    ['ARC Region switch, per plan', 70],
    ['ARC routing-control cluster', 1_825],
    ['canary, a run each minute', 52.56],
  ]);
});

test('nothing deployed costs nothing', () => {
  expect(monthlyCost([])).toMatchObject({ lines: [], usdPerMonth: 0 });
});
