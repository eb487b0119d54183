/** Puts the lab together: the world, the AWS services on loopback, the shipped functions, PagerDuty; and tears it down. */
import type { ChecksDocument } from '../../contracts/registration';
import { drillMachine, type Machine } from '../../decide/machine';
import { checksParameter, JOURNAL_KEY, ROUTING_REGION, registrationParameter } from '../../decide/names';
import {
  ALARM_PERIOD_MS,
  AslError,
  type AslMachine,
  type AwsEndpoint,
  arnOf,
  CloudWatch,
  clientEnvironment,
  DynamoDb,
  EventBridge,
  EventSource,
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
  startAwsEndpoint,
} from '../aws';
import { type LabPagerDuty, startPagerDuty } from '../pagerduty';
import { clockEnv, createWorld, definePair, type PairInWorld, ScaledTime, type World } from '../world';
import { type LabDatabase, openDatabase } from './database/open';
import { faultAlarm, type Gate, gatePair } from './drill-gate';
import { type FunctionEvent, type FunctionFiles, ProcessHost } from './functions';
import { type Operator, operatorOf } from './operator';
import { addTruth } from './report/columns';
import { Recorder } from './report/recorder';
import {
  ALARMS,
  alarmDescription,
  deadLetterName,
  FEET,
  labFunctions,
  NAMES,
  NAMESPACE,
  PAGER,
  PAIR,
  queueName,
  RECORD,
  REPORT_BUCKET,
  ROUTING_KEY,
  registrationOf,
  SECRET,
  STANDBY_REGION,
  TTL_SEC,
  topicArn,
  ZONE,
} from './setting';
import { StoppableTime } from './time';

export interface LabOptions {
  readonly scale: number;
  readonly files: FunctionFiles;
  readonly uniform: () => number;
  readonly protocol: 'http' | 'https';
  /** Longest time from a verdict to each name server, in lab ms. */
  readonly delayMs: number;
  /** With a real PostgreSQL pair behind the sites. @default false */
  readonly database?: boolean;
  /** How its drill breaks the primary. @default 'healthCheckPath' */
  readonly fault?: 'metric';
}

/** What happened, for whoever watches. Events of the world come from `lab.world.truth`. */
export type LabEvent =
  | { readonly kind: 'step'; readonly machine: string; readonly state: string; readonly about: string }
  | { readonly kind: 'retry'; readonly machine: string; readonly state: string; readonly because: string }
  | { readonly kind: 'alarm'; readonly name: string; readonly region: string; readonly state: string }
  | { readonly kind: 'schedule'; readonly name: string }
  | { readonly kind: 'database'; readonly text: string }
  | { readonly kind: 'function'; readonly event: FunctionEvent };

export interface Lab {
  readonly time: StoppableTime;
  readonly scale: number;
  readonly world: World;
  readonly pair: PairInWorld;
  readonly endpoint: AwsEndpoint;
  readonly host: ProcessHost;
  readonly machines: StepFunctions;
  readonly dynamo: DynamoDb;
  readonly s3: S3;
  readonly cloudWatch: CloudWatch;
  readonly scheduler: Scheduler;
  readonly sqs: Sqs;
  readonly pagerDuty: LabPagerDuty;
  readonly database?: LabDatabase;
  /** Samples since the lab was opened; whoever measures adds columns. */
  readonly recorder: Recorder;
  /** A person at a terminal. */
  readonly operator: Operator;
  onEvent(listener: (event: LabEvent) => void): void;
  close(): Promise<void>;
}

const MINUTE_MS = 60_000;

export async function openLab(options: LabOptions): Promise<Lab> {
  const base = new ScaledTime({ scale: options.scale });
  const time = new StoppableTime(base);
  const listeners: ((event: LabEvent) => void)[] = [];
  const tell = (event: LabEvent) => {
    for (const listener of listeners) listener(event);
  };
  const world = await createWorld({
    time: base,
    zone: ZONE,
    protocol: options.protocol,
    uniform: options.uniform,
    verdictDelayMs: { min: 0, max: options.delayMs },
  });
  const pair = definePair(world, { recordName: RECORD, ttlSec: TTL_SEC });
  const pagerDuty = await startPagerDuty(time, { routingKeys: new Set([ROUTING_KEY]) });

  // Functions need the endpoint's address, and the endpoint needs the functions.
  let host: ProcessHost | undefined;
  const functions: FunctionHost = {
    has: (name, region) => host?.has(name, region) ?? false,
    invoke: (name, region, event) => (host as ProcessHost).invoke(name, region, event),
    invokeLater: (name, region, event) => host?.invokeLater(name, region, event),
    environmentOf: (name, region) => host?.environmentOf(name, region) ?? {},
  };
  const database = options.database
    ? await openDatabase({ time, base, scale: options.scale, world, pair, tell: (text) => tell({ kind: 'database', text }) })
    : undefined;
  const gate = options.fault === 'metric' ? gatePair(world, pair) : undefined;
  const services = openServices(time, world, pair, functions, tell, { database, gate });
  const endpoint = await startAwsEndpoint(time, [...Object.values(services), ...(database?.services ?? [])]);
  const common = (handler: string) => ({ ...clientEnvironment(endpoint.url, handler, STANDBY_REGION), ...clockEnv(base.clock) });
  const deployed = [...labFunctions(endpoint.url, pagerDuty.url, base.clock), ...(database?.functions(common) ?? [])];
  const opened = new ProcessHost(time, deployed, options.files, (event) => tell({ kind: 'function', event }));
  host = opened;
  await opened.warmUp();
  const sources = FEET.map((region) => new EventSource(time, services.sqs, opened, queueName(region), PAGER));
  void services.cloudWatch.evaluateForever();
  void everyMinute(time, () => opened.invokeLater(NAMES.keeperFunction, STANDBY_REGION, {}));
  if (database) {
    database.attach(services.cloudWatch);
    opened.invokeLater(NAMES.proberFunction, STANDBY_REGION, {});
    void everyMinute(time, () => opened.invokeLater(NAMES.proberFunction, STANDBY_REGION, {}));
  }

  const recorder = new Recorder(time);
  const watched = { world, pair, time, scale: options.scale, dynamo: services.dynamo, ...(database ? { database } : {}) };
  addTruth(recorder, watched);
  void recorder.run();

  return {
    ...services,
    recorder,
    time,
    scale: options.scale,
    world,
    pair,
    endpoint,
    host: opened,
    pagerDuty,
    operator: operatorOf(options.files, endpoint, base.clock),
    ...(database ? { database } : {}),
    onEvent: (listener) => void listeners.push(listener),
    close: async () => {
      time.stop();
      for (const source of sources) source.close();
      await opened.close();
      await Promise.all([endpoint.close(), pagerDuty.close(), world.close(), database?.close()]);
    },
  };
}

function openServices(
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

async function everyMinute(time: StoppableTime, act: () => void): Promise<void> {
  for (;;) {
    await time.sleep(MINUTE_MS);
    act();
  }
}
