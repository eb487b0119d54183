/** The AWS services of the lab on loopback, wired to each other and to the world. */
import type { ChecksDocument } from '../../contracts/registration';
import { drillMachine, type Machine } from '../../decide/machine';
import { checksParameter, JOURNAL_KEY, ROUTING_REGION, registrationParameter } from '../../decide/names';
import {
  ALARM_PERIOD_MS,
  AslError,
  type AslMachine,
  arnOf,
  CloudWatch,
  DynamoDb,
  EventBridge,
  type FunctionHost,
  functionName,
  type InvokeResult,
  type LabAlarm,
  Lambda,
  Parameters,
  Route53,
  S3,
  Scheduler,
  Secrets,
  Sns,
  Sqs,
  StepFunctions,
} from '../aws';
import type { PairInWorld, World } from '../world';
import type { LabDatabase } from './database/open';
import { faultAlarm, type Gate } from './drill-gate';
import type { LabEvent } from './lab';
import {
  ALARMS,
  alarmDescription,
  deadLetterName,
  FEET,
  NAMES,
  NAMESPACE,
  PAIR,
  queueName,
  REPORT_BUCKET,
  ROUTING_KEY,
  registrationOf,
  SECRET,
  STANDBY_REGION,
  topicArn,
} from './setting';
import type { StoppableTime } from './time';

export function openServices(
  time: StoppableTime,
  world: World,
  pair: PairInWorld,
  functions: FunctionHost,
  tell: (event: LabEvent) => void,
  { database, gate }: { readonly database: LabDatabase | undefined; readonly gate: Gate | undefined },
) {
  const queues = FEET.flatMap((region) => [
    [queueName(region), { region, visibilitySec: 360, deadLetter: { queue: deadLetterName(region), maxReceives: 50 } }] as const,
    [deadLetterName(region), { region, visibilitySec: 60 }] as const,
  ]);
  const sqs = new Sqs(time, Object.fromEntries(queues));
  const topics = FEET.flatMap((region) =>
    (['critical', 'warning'] as const).map((severity) => [topicArn(region, severity), [queueName(region)]] as const),
  );
  const sns = new Sns(time, sqs, Object.fromEntries(topics));
  const cloudWatch: CloudWatch = new CloudWatch(
    time,
    [
      ...pairAlarms(world, pair),
      ...(gate
        ? [
            faultAlarm(
              () => time.nowMs(),
              () => cloudWatch,
            ),
          ]
        : []),
      ...(database?.alarms ?? []),
    ],
    (topic, subject, message) => void sns.publish(topic, subject, message),
    (alarm, state) => {
      tell({ kind: 'alarm', name: alarm.name, region: alarm.region, state });
      database?.alarmTurned(alarm.name, state === 'ALARM');
      gate?.alarmTurned(alarm.name, state === 'ALARM');
    },
  );
  const checks: ChecksDocument = pair.checks;
  const registration = registrationOf(world, pair, gate?.fault);
  const registered = database?.registered(registration) ?? registration;
  const parameters = new Map([
    ...(database?.parameters ?? []),
    [`${STANDBY_REGION}:${registrationParameter(NAMESPACE, PAIR)}`, JSON.stringify(registered)],
    [`${ROUTING_REGION}:${checksParameter(NAMESPACE, PAIR)}`, JSON.stringify(checks)],
  ]);
  const machine = drillMachine({
    drillStep: arnOf('lambda', STANDBY_REGION, `function:${NAMES.drillStepFunction}`),
    restore: arnOf('lambda', STANDBY_REGION, `function:${NAMES.restoreFunction}`),
  });
  return {
    sqs,
    sns,
    cloudWatch,
    dynamo: new DynamoDb({ [`${STANDBY_REGION}/${NAMES.journalTable}`]: [JOURNAL_KEY] }),
    s3: new S3([`${STANDBY_REGION}/${REPORT_BUCKET}`]),
    scheduler: new Scheduler(time, [`${STANDBY_REGION}/${NAMES.scheduleGroup}`], ({ arn, targetArn, input }) => {
      tell({ kind: 'schedule', name: arn.split('/').pop() ?? arn });
      functions.invokeLater(functionName(targetArn), STANDBY_REGION, input);
    }),
    machines: new StepFunctions(
      [
        { region: STANDBY_REGION, name: NAMES.drillMachine, definition: machine as unknown as AslMachine },
        ...(database?.machines ?? []),
      ],
      {
        time,
        task: async (_resource, parameters) => invokeForMachine(functions, parameters),
        entered: (state, name) => {
          const about = aboutState(name === NAMES.drillMachine ? machine : database?.definition, state);
          tell({ kind: 'step', machine: name, state, about });
        },
        retrying: (state, error, name) => tell({ kind: 'retry', machine: name, state, because: error.message }),
      },
    ),
    eventBridge: new EventBridge(time),
    route53: new Route53(time, world.healthChecks),
    lambda: new Lambda(functions),
    parameters: new Parameters(parameters),
    secrets: new Secrets(
      new Map([...FEET.map((region) => [`${region}:${SECRET}`, ROUTING_KEY] as const), ...(database?.secrets ?? [])]),
    ),
  };
}

/** What the definition itself says about a state; a choice says nothing. */
function aboutState(machine: Machine | undefined, name: string): string {
  const state = machine?.States[name];
  return state?.Type === 'Task' ? state.Comment : '';
}

/** Route 53's two alarms of a pair, on one-minute datapoints of the check's status. */
function pairAlarms(world: World, pair: PairInWorld): readonly LabAlarm[] {
  return (['primary', 'standby'] as const).map((site) => ({
    name: ALARMS[site],
    region: ROUTING_REGION,
    description: alarmDescription(site),
    namespace: 'AWS/Route53',
    metric: 'HealthCheckStatus',
    periods: 1,
    // Statistic Minimum: one unhealthy moment is enough for the whole minute.
    sample: () => {
      const turned = world.truth.all(
        'check-turned',
        (event) => event.check === pair.checks[site],
        world.time.nowMs() - ALARM_PERIOD_MS,
      );
      const healthy = world.healthChecks.healthy(pair.checks[site]);
      return healthy === undefined ? undefined : Number(healthy && turned.every((event) => event.healthy));
    },
    breaches: (value) => value < 1,
    topicArn: topicArn(ROUTING_REGION, 'critical'),
  }));
}

/** What `arn:aws:states:::lambda:invoke` does with a function. */
async function invokeForMachine(functions: FunctionHost, parameters: unknown): Promise<unknown> {
  const { FunctionName, Payload } = parameters as { FunctionName: string; Payload: unknown };
  const result: InvokeResult = await functions.invoke(functionName(FunctionName), STANDBY_REGION, Payload);
  if (result.kind === 'failed') throw new AslError(result.errorType, result.message);
  return { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: result.answer };
}
