import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { DatabaseStepInput, DatabaseStepOutput } from '../../lib/contracts/database';
import { ENV } from '../../lib/contracts/environment';
import { type Acquire, acquire } from '../../lib/decide/database/order-rules';
import type { DatabaseRun } from '../../lib/decide/database/state';
import { latchNames } from '../../lib/decide/latch';
import { checksParameter, controlNames, databaseParameter, JOURNAL_KEY, registrationParameter } from '../../lib/decide/names';
import * as lab from '../../lib/lab/aws';
import { NameServer, Truth, Zone } from '../../lib/lab/world';
import { beaconRecords } from '../../lib/lab/world/world';
import { DynamoDbJournal } from '../../lib/runtime/adapters/dynamodb-journal';
import { type RunEnd, runPlan } from '../../lib/runtime/drive/database/walk';
import { transact } from '../../lib/runtime/drive/transact';
import { databaseOf, membersOf } from '../fakes/database/world';
import { registrationOf } from '../fakes/registration';
import { HandTime } from '../support/against';

export const [A, B] = ['eu-west-1', 'eu-central-1'];
const MINUTE = 60_000;
const names = controlNames('web', B);
const topic = (name: string) => `arn:aws:sns:${B}:111111111111:${name}`;

/** Lambda's part: loads the shipped bundle once, then answers events. */
const RUNNER = `
  const { handler } = require(process.argv[1]);
  process.on('message', async ({ id, event }) => {
    try { process.send({ id, answer: await handler(event) }); }
    catch (error) { process.send({ id, error: error.name + ': ' + error.message }); }
  });
  process.on('disconnect', () => process.exit(0));
  process.send('ready');
`;

interface Told {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/** One execution environment of the step function. */
export class Environment {
  private readonly waiting = new Map<number, (told: Told) => void>();
  private ids = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (told: Told) => this.waiting.get(told.id)?.(told));
  }

  public static async start(environment: Readonly<Record<string, string>>): Promise<Environment> {
    const bundle = join(__dirname, '../../assets/database-step/index.js');
    const child = spawn(process.execPath, ['-e', RUNNER, bundle], {
      env: { NODE_NO_WARNINGS: '1', ...environment },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    return new Environment(child);
  }

  public async step(event: DatabaseStepInput): Promise<DatabaseStepOutput> {
    const id = ++this.ids;
    const told = new Promise<Told>((resolve) => this.waiting.set(id, resolve));
    this.child.send({ id, event });
    const { answer, error } = await told;
    if (error !== undefined) throw new Error(error);
    return answer as DatabaseStepOutput;
  }

  public async end(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.disconnect();
    await gone;
  }
}

export interface WireSettings {
  readonly fault?: (operation: string, call: lab.AwsCall, n: number) => lab.Fault | undefined;
  readonly timings?: Partial<lab.RdsTimings>;
}

/** Everything that a step reaches, on loopback. Waiting of the runner moves the services' time and costs none. */
export class WireWorld {
  public readonly time = new HandTime();
  public readonly database = databaseOf();
  public readonly instances: lab.InstanceBoard;
  public readonly ec2 = new lab.Ec2({ [`${A}/subnet-1`]: 'acl-0' }, ['acl-1']);
  public readonly ecs = new lab.Ecs([`${B}/c/s`]);
  public readonly bus = new lab.EventBridge(this.time);
  public readonly cloudWatch = new lab.CloudWatch(this.time, [], () => undefined);
  public readonly queues = new lab.Sqs(this.time, { alerts: { region: B, visibilitySec: 60 } });
  public readonly values: lab.Values = new Map();
  public readonly journal: DynamoDbJournal;
  private readonly counts = new Map<string, number>();
  private readonly environments: Environment[] = [];

  private constructor(
    private readonly settings: WireSettings,
    private readonly servers: readonly NameServer[],
    private readonly site: Server,
    public endpoint: lab.AwsEndpoint,
  ) {
    const source = `arn:aws:rds:${A}:111111111111:db:app-a`;
    const all = ['app-b1', 'app-b2'].map((id) => instance(id, B, source));
    const timings = { promotionMs: 2 * MINUTE, describeLagMs: 15_000, stopMs: 0, ...settings.timings };
    this.instances = new lab.InstanceBoard(this.time, [instance('app-a', A), ...all], timings);
    this.journal = new DynamoDbJournal(names.journalTable, this.time, B);
  }

  public static async start(settings: WireSettings = {}): Promise<WireWorld> {
    const truth = new Truth(() => 0);
    const zone = new Zone('example.com', ['ns1.example.com', 'ns2.example.com']);
    const { beacons } = databaseOf().latch;
    for (const [name, check] of Object.entries({
      [beacons.latch]: 'latch',
      [beacons.primaryAllowed]: 'pa',
      [beacons.standbyAllowed]: 'sa',
    })) {
      zone.change(beaconRecords(name, check));
    }
    const servers = await Promise.all([1, 2].map(() => NameServer.open(zone, truth, '127.0.0.1')));
    const site = createServer((_request, response) => response.writeHead(200, { 'X-Failover-Site': 'standby' }).end('ok'));
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    const world = new WireWorld(settings, servers, site, undefined as never);
    world.endpoint = await lab.startAwsEndpoint(world.time, world.services());
    world.endpoint.onCall((call) => call.action === 'cloudwatch:PutMetricData' && world.followLatch());
    world.register();
    world.lag();
    Object.assign(process.env, lab.clientEnvironment(world.endpoint.url, 'prober', B));
    return world;
  }

  /** A cold environment of the step function. */
  public async environment(): Promise<Environment> {
    const started = await Environment.start({
      ...lab.clientEnvironment(this.endpoint.url, 'database-step', B),
      [ENV.journalTable]: names.journalTable,
      [ENV.registryPath]: names.registryPath,
    });
    this.environments.push(started);
    return started;
  }

  /** Takes the pair a minute after the writer died. */
  public async acquired(change: Partial<Acquire> = {}): Promise<DatabaseRun> {
    const nowMs = Date.now();
    const asked: Acquire = {
      pair: 'app',
      kind: 'failover',
      startedBy: 'prober',
      automatic: true,
      seenEpoch: 0,
      nowMs,
      failedAtMs: nowMs - MINUTE,
      gapsMs: { 'app-b1': 5_000, 'app-b2': 5_000 },
      members: membersOf(this.database),
      ...change,
    };
    const answer = await transact(this.journal, 'app', (item) => acquire(item, asked));
    if (answer.kind !== 'acquired') throw new Error(answer.because.join('; '));
    return answer.run;
  }

  /** Walks the plan in a cold environment. */
  public async walk(run: DatabaseRun): Promise<RunEnd> {
    const carrier = await this.environment();
    return runPlan({ pair: 'app', run: run.id, epoch: run.epoch }, (input) => carrier.step(input), this.time);
  }

  /** The same up to the end of the promotion: `promoted`, or where it ended before. */
  public async walkToPromotion(run: DatabaseRun): Promise<RunEnd['end'] | 'promoted'> {
    const carrier = await this.environment();
    let promoted = false;
    const carry = async (input: DatabaseStepInput): Promise<DatabaseStepOutput> => {
      promoted = input.step === 'repoint_writer';
      return promoted ? { verdict: 'lost', waitSec: 0, because: [] } : carrier.step(input);
    };
    const { end } = await runPlan({ pair: 'app', run: run.id, epoch: run.epoch }, carry, this.time);
    return promoted ? 'promoted' : end;
  }

  /** Calls in order, without looks and the journal's. */
  public acts(): readonly string[] {
    const quiet = /:(Describe|Get)|^dynamodb:/;
    return this.endpoint
      .recordedCalls()
      .flatMap(({ handler, action, resource }) =>
        handler === 'database-step' && !quiet.test(action) ? [`${action} ${resource.split(':').at(-1)}`] : [],
      );
  }

  public events(): readonly { readonly type: string; readonly severity: string }[] {
    return this.queues.messages('alerts').map(({ body }) => JSON.parse((JSON.parse(body) as { Message: string }).Message));
  }

  public async close(): Promise<void> {
    await Promise.all(this.environments.map((one) => one.end()));
    this.site.closeAllConnections();
    await Promise.all([
      this.endpoint.close(),
      ...this.servers.map((server) => server.close()),
      new Promise<void>((resolve) => this.site.close(() => resolve())),
    ]);
  }

  private services(): readonly lab.AwsService[] {
    const reader: lab.FunctionHost = {
      has: (name) => name === 'reader',
      invoke: async () => ({
        kind: 'done',
        answer: { kind: 'heartbeat', rowAtMs: 1, rowEpoch: 0, unchangedForMs: 90_000, writerAnswers: false },
      }),
      invokeLater: () => undefined,
    };
    const services = [
      new lab.Rds(this.instances),
      this.ec2,
      this.ecs,
      this.cloudWatch,
      this.bus,
      new lab.Sns(this.time, this.queues, { [topic('critical')]: ['alerts'], [topic('warning')]: ['alerts'] }),
      new lab.Parameters(this.values),
      new lab.DynamoDb({ [`${B}/${names.journalTable}`]: [JOURNAL_KEY] }),
      new lab.Lambda(reader),
    ];
    return services.map((service) =>
      lab.faulty(service, (call) => {
        const operation = lab.operationOf(call);
        const n = (this.counts.get(operation) ?? 0) + 1;
        this.counts.set(operation, n);
        return this.settings.fault?.(operation, call, n);
      }),
    );
  }

  private register(): void {
    const here = (name: string, value: unknown) => this.values.set(`${B}:${name}`, JSON.stringify(value));
    const pair = registrationOf();
    const { port } = this.site.address() as AddressInfo;
    const probe = { protocol: 'http' as const, connect: '127.0.0.1', port, host: 'app.example.com', path: '/health' };
    const nameServers = this.servers.map(({ server }) => server);
    here(registrationParameter('web', 'app'), {
      ...pair,
      standby: { ...pair.standby, probe },
      drill: { ...pair.drill, nameServers },
    });
    here(databaseParameter('web', 'app'), this.database);
    this.values.set(`us-east-1:${checksParameter('web', 'app')}`, '{"primary":"a"}');
    for (const server of this.servers) {
      for (const [check, healthy] of Object.entries({ latch: true, pa: false, sa: true })) server.learn(check, healthy);
    }
  }

  /** Five minutes of lag: two seconds for the first replica, ten for the second. */
  private lag(): void {
    for (const [id, value] of Object.entries({ 'app-b1': 2, 'app-b2': 10 })) {
      for (let n = 0; n < 6; n += 1) {
        const dimensions = { DBInstanceIdentifier: id };
        const atMs = Date.now() - n * MINUTE;
        this.cloudWatch.record({ region: B, namespace: 'AWS/RDS', name: 'ReplicaLag', dimensions, atMs, value });
      }
    }
  }

  /** Route 53 follows the alarm on the latch metric. */
  private followLatch(): void {
    const { metric } = latchNames('web', 'app', this.database.latch.generation);
    const on =
      this.cloudWatch
        .published()
        .filter(({ name }) => name === metric)
        .at(-1)?.value === 1;
    for (const server of this.servers) server.learn('latch', !on);
  }
}

const instance = (id: string, region: string, source?: string): lab.LabInstance => ({
  id,
  region,
  engine: 'postgres',
  status: 'available',
  backupRetentionDays: 7,
  backupWindow: '03:00-03:30',
  ...(source ? { source } : {}),
});
