// The shipped prober over many pairs with databases: real SDK clients, DNS and HTTP on loopback; the services are the lab's.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE_REGISTRATION_SCHEMA, type DatabaseRegistration } from '../../lib/contracts/database';
import { ENV } from '../../lib/contracts/environment';
import { TICK_MS } from '../../lib/decide/database/witnesses';
import { latchBeacons, latchNames } from '../../lib/decide/latch';
import { databaseParameter, JOURNAL_KEY, registrationParameter } from '../../lib/decide/names';
import {
  type AwsService,
  arnOf,
  CloudWatch,
  clientEnvironment,
  DynamoDb,
  type FunctionHost,
  InstanceBoard,
  type LabInstance,
  Lambda,
  Parameters,
  Rds,
  startAwsEndpoint,
} from '../../lib/lab/aws';
import { json } from '../../lib/lab/aws/protocols';
import { NAMES, NAMESPACE, RECORD, registrationOf, STANDBY_REGION, ZONE } from '../../lib/lab/run/setting';
import { createWorld, definePair, ScaledTime } from '../../lib/lab/world';

const PRIMARY_REGION = 'eu-west-1';
const READER = 'reader';
/** The first ticks read the registry, look at everything once, and open connections. */
const COLD_TICKS = 6;
/** Of Linux's accounting, in all kernels that we know. */
const CLOCK_TICKS_PER_SEC = 100;

export interface Probed {
  readonly targets: number;
  /** That really came in that time. */
  readonly ticks: number;
  /** Processor time of each 5 s, user and system. */
  readonly cpuSec: readonly number[];
  readonly peakMb: number;
  /** Journal items at the end: each target was looked at. */
  readonly seen: number;
  readonly callsPerTick: number;
}

export async function measure(targets: number, ticks: number, assets: string, runner: string): Promise<Probed> {
  const time = new ScaledTime({ scale: 1 });
  const world = await createWorld({ time, zone: ZONE, protocol: 'http' });
  const records = definePair(world, { recordName: RECORD });
  // One reading of a heartbeat for each target and tick.
  let asked = 0;
  const names = Array.from({ length: targets }, (_, i) => `pair${i}`);
  const host: FunctionHost = {
    has: (name) => name === READER,
    invoke: async () => {
      asked += 1;
      return { kind: 'done', answer: beating() };
    },
    invokeLater: () => undefined,
  };
  const cloudWatch = new CloudWatch(
    time,
    [],
    () => undefined,
    () => undefined,
  );
  const dynamo = new DynamoDb({ [`${STANDBY_REGION}/${NAMES.journalTable}`]: [JOURNAL_KEY] });
  const registration = registrationOf(world, records);
  const endpoint = await startAwsEndpoint(time, [
    cloudWatch,
    dynamo,
    new Lambda(host),
    new Rds(new InstanceBoard(time, names.flatMap(instancesOf))),
    shelf(
      new Map(
        names.flatMap((pair) => [
          [registrationParameter(NAMESPACE, pair), JSON.stringify({ ...registration, pair })] as const,
          [databaseParameter(NAMESPACE, pair), JSON.stringify(databaseOf(pair))] as const,
        ]),
      ),
    ),
  ]);
  const child = fork(runner, [join(assets, 'prober', 'index.js')], {
    env: {
      NODE_NO_WARNINGS: '1',
      AWS_LAMBDA_FUNCTION_NAME: NAMES.proberFunction,
      ...clientEnvironment(endpoint.url, 'prober', STANDBY_REGION),
      [ENV.journalTable]: NAMES.journalTable,
      [ENV.registryPath]: NAMES.registryPath,
      [ENV.machineArn]: arnOf('states', STANDBY_REGION, `stateMachine:${NAMES.databaseMachine}`),
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    await new Promise((resolve) => child.once('message', resolve));
    child.send({
      id: 1,
      event: {},
      deadlineMs: Date.now() + 600_000,
      functionArn: arnOf('lambda', STANDBY_REGION, 'function:prober'),
    });
    await time.sleep(COLD_TICKS * TICK_MS);
    const [calls, before] = [endpoint.recordedCalls().length, asked];
    const cpuSec: number[] = [];
    for (let i = 0, spent = cpuSecOf(child.pid); i < ticks; i++) {
      await time.sleep(TICK_MS);
      const now = cpuSecOf(child.pid);
      cpuSec.push(now - spent);
      spent = now;
    }
    const ticked = (asked - before) / targets;
    return {
      targets,
      ticks: ticked,
      cpuSec,
      peakMb: peakMbOf(child.pid),
      seen: dynamo.items(STANDBY_REGION, NAMES.journalTable).length,
      callsPerTick: (endpoint.recordedCalls().length - calls) / ticked,
    };
  } finally {
    child.kill('SIGKILL');
    await Promise.all([endpoint.close(), world.close()]);
  }
}

/**
 * Parameters in one page, where AWS and the lab give ten: a control set holds 20 pairs, and its prober refuses to read more
 * pages than those take. Everything else is as it is for 20.
 */
function shelf(values: ReadonlyMap<string, string>): AwsService {
  const one = new Parameters(new Map([...values].map(([name, value]) => [`${STANDBY_REGION}:${name}`, value])));
  return {
    name: one.name,
    fail: one.fail,
    answer: (call, claim) => {
      if (call.headers['x-amz-target']?.split('.')[1] !== 'GetParametersByPath') return one.answer(call, claim);
      const { Path } = JSON.parse(call.body.toString()) as { readonly Path: string };
      const found = [...values].filter(([name]) => name.startsWith(Path));
      return json({ Parameters: found.map(([Name, Value]) => ({ Name, Type: 'String', Value, Version: 1 })) });
    },
  };
}

const beating = () => ({
  kind: 'heartbeat',
  rowAtMs: Date.now(),
  rowEpoch: 0,
  unchangedForMs: 2_000,
  arrivedWithinMs: 4_000,
  writerAnswers: true,
});

function instancesOf(pair: string): LabInstance[] {
  const common = { engine: 'postgres', status: 'available', backupRetentionDays: 7, backupWindow: '03:00-03:30' };
  return [
    { ...common, id: `${pair}-a`, region: PRIMARY_REGION },
    { ...common, id: `${pair}-b`, region: STANDBY_REGION, source: arnOf('rds', PRIMARY_REGION, `db:${pair}-a`) },
  ];
}

function databaseOf(pair: string): DatabaseRegistration {
  const latch = latchNames(NAMESPACE, pair, 1);
  const member = (id: string, region: string) => ({
    id,
    endpoint: `${id}.lab`,
    port: 5432,
    region,
    engine: 'postgres',
    priority: 0,
  });
  return {
    schema: DATABASE_REGISTRATION_SCHEMA,
    pair,
    namespace: NAMESPACE,
    kind: 'readReplicas',
    primaryRegion: PRIMARY_REGION,
    standbyRegion: STANDBY_REGION,
    source: member(`${pair}-a`, PRIMARY_REGION),
    replicas: [member(`${pair}-b`, STANDBY_REGION)],
    trigger: { kind: 'unanimous' },
    dataLoss: { kind: 'upTo', ms: 30_000 },
    heartbeat: { readerFunction: READER, limitMs: 15_000 },
    fences: [],
    latch: { metric: latch.metric, holdMetric: latch.holdMetric, generation: latch.generation, beacons: latchBeacons(RECORD) },
    refresh: [],
    limits: { lagMs: 60_000, sampleAgeMs: 300_000 },
  };
}

/** CPU of a process so far, user and system. */
function cpuSecOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SEC;
}

/** Most memory that a process ever had resident. */
const peakMbOf = (pid: number | undefined) =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
