/** Puts the lab together: the world, the AWS services on loopback, the shipped functions, PagerDuty; and tears it down. */
import {
  type AwsEndpoint,
  type CloudWatch,
  clientEnvironment,
  type DynamoDb,
  EventSource,
  type FunctionHost,
  type S3,
  type Scheduler,
  type Sqs,
  type StepFunctions,
  startAwsEndpoint,
} from '../aws';
import { type LabPagerDuty, startPagerDuty } from '../pagerduty';
import { clockEnv, createWorld, definePair, type PairInWorld, ScaledTime, type World } from '../world';
import { type LabDatabase, openDatabase } from './database/open';
import { gatePair } from './drill-gate';
import { type FunctionEvent, type FunctionFiles, ProcessHost } from './functions';
import { type Operator, operatorOf } from './operator';
import { addTruth } from './report/columns';
import { Recorder } from './report/recorder';
import { openServices } from './services';
import { FEET, labFunctions, NAMES, PAGER, queueName, RECORD, ROUTING_KEY, STANDBY_REGION, TTL_SEC, ZONE } from './setting';
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

async function everyMinute(time: StoppableTime, act: () => void): Promise<void> {
  for (;;) {
    await time.sleep(MINUTE_MS);
    act();
  }
}
