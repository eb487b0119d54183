import { App, Stack } from 'aws-cdk-lib';
import { FailoverStack } from '../../../lib';
import { ofType, oneStack, type Rendered, rendered, stackProps } from '../../support/apps';
import { messageOf } from '../said';

const { app, stack } = oneStack();
const [template] = rendered(app) as [Rendered];

test('one line gives one stack with pair, alerts and drill', () => {
  expect(app.node.findAll().filter((node) => Stack.isStack(node))).toEqual([stack]);
  for (const type of [
    'Route53::HealthCheck',
    'Route53::RecordSet',
    'SNS::Topic',
    'StepFunctions::StateMachine',
    'Scheduler::Schedule',
  ]) {
    expect([type, ofType(template, `AWS::${type}`).length > 0]).toEqual([type, true]);
  }
  expect(stack.pair.pairName).toBe('web');
  expect(stack.pair.recordFqdn).toBe('app.example.com');
});

test('the documented default ttl is the one that is rendered', () => {
  const records = ofType(template, 'AWS::Route53::RecordSet')
    .map(([, r]) => r.Properties)
    .filter((r) => r.Name === 'app.example.com.');
  expect(records.map((r) => [r.Failover, r.TTL])).toEqual([
    ['PRIMARY', '30'],
    ['SECONDARY', '30'],
  ]);
});

test('without a drillSchedule users are moved only by hand', () => {
  const [alone] = rendered(oneStack({ drillSchedule: undefined }).app) as [Rendered];
  const inputs = ofType(alone, 'AWS::Scheduler::Schedule').map(([, s]) => JSON.stringify(s.Properties.Target.Input));
  expect(inputs.filter((input) => input.includes('OBSERVE'))).toHaveLength(1);
  expect(inputs.filter((input) => input.includes('TRAFFIC'))).toEqual([]);
});

test('its output is the command that starts a drill', () => {
  const outputs = app.synth().getStackByName('Web').template.Outputs;
  expect(JSON.stringify(Object.values(outputs))).toContain('aws lambda invoke --region us-east-1 --function-name ');
});

test('without alerts it is quiet, and says so', () => {
  const quiet = oneStack({ alerts: undefined });
  expect(quiet.stack.alertPath).toBeUndefined();
  expect(ofType((rendered(quiet.app) as [Rendered])[0], 'AWS::SNS::Topic')).toEqual([]);
});

test.each([
  ['eu-west-1', 'eu-west-1'],
  [undefined, 'not set'],
])('fails in Region %s', (region, is) => {
  expect(messageOf(() => new FailoverStack(new App(), 'Web', { ...stackProps, env: { region } }))).toBe(
    `[RoutingRegion] env.region is ${is}; health checks, their metrics and alarms exist in us-east-1 only; ` +
      "set env: { region: 'us-east-1' }, or compose FailoverRegions and FailoverPair for other Regions (at Web)",
  );
});
