import { JOURNAL_KEY } from '../../../lib/decide/names';
import {
  type AlarmState,
  type AwsService,
  CloudWatch,
  clientEnvironment,
  DynamoDb,
  type FunctionHost,
  Lambda,
  Parameters,
  Route53,
  S3,
  Scheduler,
  Sns,
  Sqs,
  StepFunctions,
  startAwsEndpoint,
} from '../../../lib/lab/aws';
import { StoppableTime } from '../../../lib/lab/run/time';
import { HealthChecks, ScaledTime, Truth } from '../../../lib/lab/world';
import { CloudWatchAlarms, CloudWatchMetrics } from '../../../lib/runtime/adapters/cloudwatch';
import { Route53HealthChecks } from '../../../lib/runtime/adapters/drill/route53-health-checks';
import { S3Reports } from '../../../lib/runtime/adapters/drill/s3-reports';
import { SchedulerSchedules } from '../../../lib/runtime/adapters/drill/scheduler-schedules';
import { DynamoDbJournal } from '../../../lib/runtime/adapters/dynamodb-journal';
import { LambdaFunctions } from '../../../lib/runtime/adapters/lambda-functions';
import { SfnMachine } from '../../../lib/runtime/adapters/sfn-machine';
import { SnsAnnouncer } from '../../../lib/runtime/adapters/sns-announcer';
import { SsmRegistry } from '../../../lib/runtime/adapters/ssm-registry';
import {
  alarmsContract,
  announcerContract,
  functionsContract,
  healthChecksContract,
  journalContract,
  machineContract,
  metricsContract,
  registryContract,
  reportsContract,
  schedulesContract,
} from '../../contracts';
import { registrationOf } from '../../fakes/registration';

const REGION = 'eu-central-1';
const TOPIC = `arn:aws:sns:${REGION}:111111111111:critical`;
const MACHINE = `arn:aws:states:${REGION}:111111111111:stateMachine:drill`;
const base = new ScaledTime();

/** The very adapters that ship, over real sockets, against services that speak the protocols of AWS. */
async function against<T extends object>(
  services: (time: StoppableTime) => { readonly services: readonly AwsService[] },
  made: () => T,
) {
  const time = new StoppableTime(base);
  const endpoint = await startAwsEndpoint(time, services(time).services);
  Object.assign(process.env, clientEnvironment(endpoint.url, 'drill-step', REGION));
  return {
    ...made(),
    close: async () => {
      time.stop();
      await endpoint.close();
    },
  };
}

const one = (service: AwsService) => () => ({ services: [service] });

const host: FunctionHost = {
  has: (name) => name !== 'missing',
  invoke: async (name, _region, event) =>
    name === 'echo' ? { kind: 'done', answer: event } : { kind: 'failed', errorType: 'Error', message: 'no way' },
  invokeLater: () => undefined,
};

journalContract('DynamoDbJournal', () =>
  against(one(new DynamoDb({ [`${REGION}/journal`]: [JOURNAL_KEY] })), () => ({ journal: new DynamoDbJournal('journal', base) })),
);

healthChecksContract('Route53HealthChecks', () => {
  const quiet = { resolve: () => undefined, onStatus: () => undefined, onDelete: () => undefined, uniform: () => 0 };
  const checks = new HealthChecks({ time: base, truth: new Truth(() => 0), ...quiet });
  const timing = { requestIntervalSec: 10, failureThreshold: 3, disabled: true } as const;
  const { id } = checks.create({ type: 'HTTPS', ipAddress: '192.0.2.1', port: 443, path: '/health', ...timing });
  const tcpId = checks.create({ type: 'TCP', ipAddress: '192.0.2.1', port: 5432, ...timing }).id;
  return against(one(new Route53(base, checks)), () => ({ checks: new Route53HealthChecks('us-east-1'), id, tcpId }));
});

registryContract('SsmRegistry', (registrations, checks) => {
  const values = new Map(
    registrations.map((one) => [`${REGION}:/cdk-failover/${one.namespace}/${one.pair}/registration`, JSON.stringify(one)]),
  );
  for (const { checksParameter } of registrations) values.set(`us-east-1:${checksParameter}`, JSON.stringify(checks));
  const path = `/cdk-failover/${registrations[0]?.namespace}/`;
  return against(one(new Parameters(values)), () => ({ registry: new SsmRegistry(path, 'us-east-1') }));
});

test('the registrations of a full control set are read, however few parameters Systems Manager puts on a page', async () => {
  const values = new Map(
    Array.from({ length: 20 }, (_, n) => registrationOf({ pair: `pair${n}` })).flatMap((one) => {
      const name = `${REGION}:/cdk-failover/${one.namespace}/${one.pair}`;
      return [[`${name}/registration`, JSON.stringify(one)] as const, [`${name}/database`, '{}'] as const];
    }),
  );
  const { registry, close } = await against(one(new Parameters(values, 2)), () => ({
    registry: new SsmRegistry('/cdk-failover/web/'),
  }));
  const pairs = await registry.pairs();
  await close();
  expect(pairs).toHaveLength(20);
});

schedulesContract('SchedulerSchedules', () => {
  const settings = { group: 'drills', roleArn: 'arn:aws:iam::111111111111:role/s', targetArn: 'arn:restore' };
  return against(
    (time) => ({ services: [new Scheduler(time, [`${REGION}/drills`], () => undefined)] }),
    () => ({ schedules: new SchedulerSchedules(settings) }),
  );
});

machineContract('SfnMachine', () =>
  against(
    (time) => {
      const definition = { StartAt: 'wait', States: { wait: { Type: 'Wait', Seconds: 60, End: true } } };
      return {
        services: [new StepFunctions([{ region: REGION, name: 'drill', definition }], { time, task: async () => undefined })],
      };
    },
    () => ({ machine: new SfnMachine(MACHINE) }),
  ),
);

const alarm = (name: string, region: string, state: AlarmState) => ({
  name,
  region,
  state,
  description: '',
  namespace: 'n',
  metric: 'm',
  periods: 1,
  sample: () => 1,
  breaches: () => false,
});

alarmsContract('CloudWatchAlarms', (region, states) => {
  const alarms = Object.entries(states).map(([name, state]) => alarm(name, region, state));
  return against(one(new CloudWatch(base, alarms, () => undefined)), () => ({ alarms: new CloudWatchAlarms() }));
});

metricsContract('CloudWatchMetrics', () => {
  const service = new CloudWatch(base, [], () => undefined);
  return against(one(service), () => ({ metrics: new CloudWatchMetrics(), published: () => service.published() }));
});

reportsContract('S3Reports', () => {
  const service = new S3([`${REGION}/reports`]);
  return against(one(service), () => ({
    reports: new S3Reports('reports'),
    stored: (key: string) => service.read(`reports/${key}`),
  }));
});

announcerContract('SnsAnnouncer', () => {
  const sqs = new Sqs(base, { alerts: { region: REGION, visibilitySec: 60 } });
  const received = () => sqs.messages('alerts').map(({ body }) => (JSON.parse(body) as { Message: string }).Message);
  return against(one(new Sns(base, sqs, { [TOPIC]: ['alerts'] })), () => ({
    announcer: new SnsAnnouncer(),
    topicArn: TOPIC,
    received,
  }));
});

functionsContract('LambdaFunctions', () =>
  against(one(new Lambda(host)), () => ({
    functions: new LambdaFunctions(5_000),
    echo: 'echo',
    failing: 'failing',
    missing: 'missing',
  })),
);
