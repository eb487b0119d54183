import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseRegistration } from '../../lib/contracts/database';
import { ENV } from '../../lib/contracts/environment';
import type { PairRegistration } from '../../lib/contracts/registration';
import { databaseMachine, longestDatabaseCallSec } from '../../lib/decide/database/machine';
import { boundDatabase } from '../../lib/decide/database/order-rules';
import type { DatabaseState, Suspicion } from '../../lib/decide/database/state';
import type { JournalItem } from '../../lib/decide/journal';
import { latchNames } from '../../lib/decide/latch';
import { controlNames, databaseParameter, JOURNAL_KEY, registrationParameter } from '../../lib/decide/names';
import * as lab from '../../lib/lab/aws';
import { ProcessHost } from '../../lib/lab/run/functions';
import { labFiles } from '../../lib/lab/run/setting';
import { StoppableTime } from '../../lib/lab/run/time';
import { type Clock, clockEnv, NameServer, ScaledTime, Truth, Zone } from '../../lib/lab/world';
import { beaconRecords } from '../../lib/lab/world/world';
import { DynamoDbJournal } from '../../lib/runtime/adapters/dynamodb-journal';
import { databaseOf, membersOf } from '../fakes/database/world';
import { registrationOf } from '../fakes/registration';

/** The shipped command line, the shipped steps and their machine, against AWS services, name servers and sites on loopback. */
export const [A, B] = ['eu-west-1', 'eu-central-1'];
const DIST_CLI = join(__dirname, '../../dist-cli');
const CLI = join(DIST_CLI, 'failover.js');
const MINUTE = 60_000;
const NAMES = controlNames('web', B);
const topic = (name: string) => lab.arnOf('sns', B, name);

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A writer, as the heartbeat reader and the sites see it. */
export interface Life {
  primarySite: boolean;
  standbySite: boolean;
  /** The heartbeat of the primary's database. */
  writer: boolean;
}

type Settings = Partial<DatabaseRegistration> & { readonly scale?: number; readonly promotionMs?: number };

export class OperatorWorld {
  public readonly life: Life = { primarySite: true, standbySite: true, writer: true };
  public readonly instances: lab.InstanceBoard;
  public readonly queues: lab.Sqs;
  public readonly machines: lab.StepFunctions;
  public readonly journal: DynamoDbJournal;
  public readonly home = mkdtempSync(join(tmpdir(), 'operator-'));
  /** Set by a test: what an operation of AWS answers instead. */
  public fault: (operation: string, call: lab.AwsCall) => lab.Fault | undefined = () => undefined;
  public endpoint!: lab.AwsEndpoint;
  private readonly network = new lab.Ec2({ [`${A}/subnet-1`]: 'acl-0' }, ['acl-0', 'acl-1']);
  private readonly cloudWatch: lab.CloudWatch;
  private readonly values: lab.Values = new Map();
  private host: ProcessHost | undefined;

  private constructor(
    public readonly time: StoppableTime,
    private readonly clock: Clock,
    public readonly database: DatabaseRegistration,
    private readonly servers: readonly NameServer[],
    private readonly sites: Readonly<Record<'primary' | 'standby', Server>>,
    promotionMs: number,
  ) {
    const source = lab.arnOf('rds', A, 'db:app-a');
    const replicas = ['app-b1', 'app-b2'].map((id) => instance(id, B, source));
    const all = [instance('app-a', A), ...replicas, { ...instance('app-a2', A), status: 'creating' }];
    this.instances = new lab.InstanceBoard(time, all, { promotionMs, describeLagMs: 0, stopMs: 0 });
    this.queues = new lab.Sqs(time, { alerts: { region: B, visibilitySec: 60 } });
    this.cloudWatch = new lab.CloudWatch(time, [], () => undefined);
    this.machines = new lab.StepFunctions([{ region: B, name: NAMES.databaseMachine, definition: MACHINE }], {
      time,
      task: async (_resource, parameters) => this.task(parameters),
    });
    this.journal = new DynamoDbJournal(NAMES.journalTable, time, B);
  }

  public static async start({ scale = 4, promotionMs = 20_000, ...change }: Settings = {}): Promise<OperatorWorld> {
    if (!existsSync(CLI)) throw new Error('no dist-cli/failover.js; run node scripts/build-cli.mjs');
    const base = new ScaledTime({ scale });
    const time = new StoppableTime(base);
    const database = databaseOf(change);
    const servers = await nameServers(database);
    const sites = { primary: createServer(), standby: createServer() };
    const world = new OperatorWorld(time, base.clock, database, servers, sites, promotionMs);
    for (const side of ['primary', 'standby'] as const) await world.serve(side);
    world.endpoint = await lab.startAwsEndpoint(time, world.services());
    world.endpoint.onCall((call) => call.action === 'cloudwatch:PutMetricData' && world.followLatch());
    Object.assign(process.env, lab.clientEnvironment(world.endpoint.url, 'test', B));
    world.host = new ProcessHost(time, [world.stepFunction()], labFiles(DIST_CLI));
    await world.host.warmUp();
    world.register();
    world.lag();
    await world.journal.write(world.item(), 0);
    return world;
  }

  /** Site, writer and Route 53's word about the primary, all at once. */
  public killPrimary(): void {
    Object.assign(this.life, { primarySite: false, writer: false });
    for (const server of this.servers) server.learn('primary', false);
  }

  /** The primary's Region is back; nothing writes there. */
  public revivePrimary(): void {
    this.life.primarySite = true;
    for (const server of this.servers) server.learn('primary', true);
  }

  /** Network ACL of the primary's database: `acl-0` lets everything through, `acl-1` nothing. */
  public networkAcl(): string | undefined {
    return this.network.aclOf(A, 'subnet-1');
  }

  /** A person built a replica of today's writer where the old primary stood. */
  public build(writer: string): void {
    this.instances.change(A, 'app-a2', { status: 'available', source: lab.arnOf('rds', B, `db:${writer}`) });
  }

  public item(change: Partial<DatabaseState> = {}): JournalItem {
    const database = { ...boundDatabase(membersOf(this.database)), ...change };
    return { pair: 'app', revision: 1, epoch: 0, lastDrills: [], database };
  }

  /** As if somebody had written it: the next revision of what lies there. */
  public async put(change: (item: JournalItem) => JournalItem): Promise<void> {
    const item = (await this.journal.read('app')) ?? this.item();
    const next = { ...change(item), revision: item.revision + 1 };
    if ((await this.journal.write(next, item.revision)) !== 'written') throw new Error('somebody else wrote');
  }

  public async state(): Promise<DatabaseState> {
    const state = (await this.journal.read('app'))?.database;
    if (!state) throw new Error('no database in the journal');
    return state;
  }

  public suspicion(agoMs: number): Suspicion {
    const sinceMs = this.time.nowMs() - agoMs;
    return {
      sinceMs,
      writerSinceMs: sinceMs,
      outsideSinceMs: sinceMs,
      gapsMs: { 'app-b1': 5_000, 'app-b2': 5_000 },
      because: ['the writer is dead'],
    };
  }

  public events(): readonly { readonly type: string; readonly summary: string; readonly source: string }[] {
    return this.queues.messages('alerts').map(({ body }) => JSON.parse((JSON.parse(body) as { Message: string }).Message));
  }

  /** Settles when every execution has ended. */
  public async ended(): Promise<void> {
    await Promise.all(this.machines.all().map(({ ended }) => ended));
  }

  public executions(): readonly string[] {
    return this.machines.all().map(({ name }) => name);
  }

  /** Nothing of the machine's own credentials or profiles reaches the command line. */
  public cli(args: readonly string[], heard?: (said: Said, kill: (signal: NodeJS.Signals) => void) => void): Promise<Said> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, ['--require', join(DIST_CLI, 'lab/scaled-clock.js'), CLI, ...args], {
        cwd: this.home,
        env: this.environment(),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const said = { code: null as number | null, out: '', err: '' };
      const hear = (of: 'out' | 'err') => (text: string) => {
        said[of] += text;
        heard?.(said, (signal) => child.kill(signal));
      };
      child.stdout.setEncoding('utf8').on('data', hear('out'));
      child.stderr.setEncoding('utf8').on('data', hear('err'));
      child.on('close', (code) => resolve({ ...said, code }));
    });
  }

  /** What a person's shell must have to use this world. */
  public environment(): Record<string, string> {
    return {
      HOME: this.home,
      PATH: process.env['PATH'] ?? '',
      AWS_EC2_METADATA_DISABLED: 'true',
      NODE_NO_WARNINGS: '1',
      ...clockEnv(this.clock),
      ...lab.clientEnvironment(this.endpoint.url, 'operator', B),
    };
  }

  public async close(): Promise<void> {
    this.machines.stopAll();
    this.time.stop();
    await this.host?.close();
    for (const site of Object.values(this.sites)) site.closeAllConnections();
    await Promise.all([
      this.endpoint.close(),
      ...this.servers.map((server) => server.close()),
      ...Object.values(this.sites).map((site) => new Promise<void>((resolve) => site.close(() => resolve()))),
    ]);
    rmSync(this.home, { recursive: true, force: true });
  }

  private async task(parameters: unknown): Promise<unknown> {
    const { Payload } = parameters as { Payload: unknown };
    const result = await (this.host as ProcessHost).invoke(NAMES.databaseStepFunction, B, Payload);
    if (result.kind === 'failed') throw new lab.AslError(result.errorType, result.message);
    return { Payload: result.answer };
  }

  private stepFunction() {
    return {
      name: NAMES.databaseStepFunction,
      region: B,
      bundle: 'database-step',
      timeoutSec: longestDatabaseCallSec(),
      environment: {
        ...lab.clientEnvironment(this.endpoint.url, 'database-step', B),
        ...clockEnv(this.clock),
        [ENV.journalTable]: NAMES.journalTable,
        [ENV.registryPath]: NAMES.registryPath,
      },
    };
  }

  private services(): readonly lab.AwsService[] {
    const reader: lab.FunctionHost = {
      has: (name) => name === 'reader' || name === 'read-only',
      invoke: async (name, _region, event) => ({ kind: 'done', answer: this.answer(name, event) }),
      invokeLater: () => undefined,
    };
    const services = [
      new lab.Rds(this.instances),
      this.network,
      new lab.Ecs([`${B}/c/s`]),
      new lab.EventBridge(this.time),
      this.cloudWatch,
      new lab.Sns(this.time, this.queues, { [topic('critical')]: ['alerts'], [topic('warning')]: ['alerts'] }),
      new lab.Parameters(this.values),
      new lab.DynamoDb({ [`${B}/${NAMES.journalTable}`]: [JOURNAL_KEY] }),
      new lab.Lambda(reader),
      this.machines,
    ];
    return services.map((service) => lab.faulty(service, (call) => this.fault(lab.operationOf(call), call)));
  }

  /** The heartbeat reader, and the function that stops writes. */
  private answer(name: string, event: unknown): unknown {
    if (name === 'read-only') return { held: (event as { action: string }).action === 'raise' };
    const { writer } = this.life;
    const unchangedForMs = writer ? 2_000 : 90_000;
    return { kind: 'heartbeat', rowAtMs: 1, rowEpoch: 0, unchangedForMs, arrivedWithinMs: unchangedForMs, writerAnswers: writer };
  }

  private async serve(side: 'primary' | 'standby'): Promise<void> {
    const site = this.sites[side];
    site.on('request', (_request, response) => {
      if (!this.life[`${side}Site`]) response.destroy();
      else response.writeHead(200, { 'X-Failover-Site': side }).end('ok');
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  }

  /** Writes the registrations of pair and database. */
  public register(change: Partial<PairRegistration> = {}): void {
    const here = (name: string, value: unknown) => this.values.set(`${B}:${name}`, JSON.stringify(value));
    const pair = registrationOf();
    const probe = (side: 'primary' | 'standby') => ({
      protocol: 'http' as const,
      connect: '127.0.0.1',
      port: (this.sites[side].address() as AddressInfo).port,
      host: 'app.example.com',
      path: '/health',
    });
    here(registrationParameter('web', 'app'), {
      ...pair,
      primary: { ...pair.primary, probe: probe('primary') },
      standby: { ...pair.standby, probe: probe('standby') },
      drill: { ...pair.drill, nameServers: this.servers.map(({ server }) => server) },
      topics: { critical: topic('critical'), warning: topic('warning') },
      latch: { ...this.database.latch, region: B },
      ...change,
    });
    here(databaseParameter('web', 'app'), this.database);
  }

  /** Ten minutes of lag: two seconds for the first replica, ten for the second; the one that is built later is close. */
  private lag(): void {
    for (const [id, region, value] of [
      ['app-b1', B, 2],
      ['app-b2', B, 10],
      ['app-a2', A, 1],
    ] as const) {
      for (let n = -30; n < 10; n += 1) {
        const atMs = this.time.nowMs() - n * MINUTE;
        const dimensions = { DBInstanceIdentifier: id };
        this.cloudWatch.record({ region, namespace: 'AWS/RDS', name: 'ReplicaLag', dimensions, atMs, value });
      }
    }
  }

  /** Route 53 follows the alarm on the latch metric. */
  private followLatch(): void {
    const { metric } = latchNames('web', 'app', this.database.latch.generation);
    const on = this.cloudWatch.published().findLast(({ name }) => name === metric)?.value === 1;
    for (const server of this.servers) {
      server.learn('latch', !on);
      server.learn('primaryAllowed', !on);
    }
  }
}

const MACHINE = databaseMachine(
  lab.arnOf('lambda', B, `function:${NAMES.databaseStepFunction}`),
) as unknown as lab.LabMachine['definition'];

async function nameServers(database: DatabaseRegistration): Promise<readonly NameServer[]> {
  const zone = new Zone('example.com', ['ns1.example.com', 'ns2.example.com']);
  const { beacons } = registrationOf();
  const { latch } = database;
  for (const [check, name] of Object.entries({ ...beacons, ...latch.beacons })) if (name) zone.change(beaconRecords(name, check));
  const record = { name: 'app.example.com.', type: 'A', ttlSec: 2 } as const;
  zone.change([
    {
      action: 'CREATE',
      record: {
        ...record,
        setIdentifier: 'primary',
        failover: 'PRIMARY',
        healthCheckId: 'primaryAllowed',
        values: ['192.0.2.1'],
      },
    },
    { action: 'CREATE', record: { ...record, setIdentifier: 'standby', failover: 'SECONDARY', values: ['192.0.2.2'] } },
  ]);
  const truth = new Truth(() => 0);
  const servers = await Promise.all([1, 2].map(() => NameServer.open(zone, truth, '127.0.0.1')));
  for (const server of servers) {
    for (const check of ['primary', 'standby', 'latch', 'primaryAllowed', 'standbyAllowed']) server.learn(check, true);
  }
  return servers;
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
