import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { DatabaseRegistration, FenceSettings } from '../../lib/contracts/database';
import { latchNames, writerMetric } from '../../lib/decide/latch';
import { databaseParameter } from '../../lib/decide/names';
import * as lab from '../../lib/lab/aws';
import { CloudWatchMetrics } from '../../lib/runtime/adapters/cloudwatch';
import { Ec2AclLooks } from '../../lib/runtime/adapters/database/acl-looks';
import { AwsApplications } from '../../lib/runtime/adapters/database/applications';
import { AwsDatabases } from '../../lib/runtime/adapters/database/databases';
import { DynamoDbLeases, DynamoDbRenewals } from '../../lib/runtime/adapters/database/dynamodb-leases';
import { EventBridgeTransitions } from '../../lib/runtime/adapters/database/event-bridge-transitions';
import { AwsFences } from '../../lib/runtime/adapters/database/fences';
import { AwsLags } from '../../lib/runtime/adapters/database/lags';
import { LambdaHeartbeats } from '../../lib/runtime/adapters/database/lambda-heartbeats';
import { MetricLatchPanel } from '../../lib/runtime/adapters/database/latch-panel';
import { RdsServiceLooks } from '../../lib/runtime/adapters/database/service-looks';
import { SsmDatabaseRegistry } from '../../lib/runtime/adapters/database/ssm-database-registry';
import { SsmWriterPointer } from '../../lib/runtime/adapters/database/writer-pointer';
import { LambdaFunctions } from '../../lib/runtime/adapters/lambda-functions';
import type { Functions } from '../../lib/runtime/ports';
import {
  applicationsContract,
  databaseRegistryContract,
  databasesContract,
  fencesContract,
  lagsContract,
  latchPanelContract,
  leasesContract,
  renewalsContract,
  transitionOf,
  transitionsContract,
  writerPointerContract,
} from '../contracts';
import { databaseOf } from '../fakes/database/world';
import { against, HandTime } from '../support/against';

const [A, B] = ['eu-west-1', 'eu-central-1'];
const registration = databaseOf();
const [replica] = registration.replicas;
if (!replica) throw new Error('the registration has a replica');
const MINUTE = 60_000;

const noFunctions: Functions = { invoke: async (name) => ({ kind: 'failed', because: `${name}: no such function` }) };
const answering = (answer: (payload: never) => unknown): Functions => ({
  invoke: async (_name, payload) => ({ kind: 'done', answer: answer(payload as never) }),
});

const instance = (id: string, region: string, source?: string): lab.LabInstance => ({
  id,
  region,
  engine: 'postgres',
  status: 'available',
  backupRetentionDays: 7,
  backupWindow: '03:00-03:30',
  ...(source ? { source } : {}),
});

/** RDS with the fake's own members, and time that passes by hand. */
async function rds(
  timings: Partial<lab.RdsTimings> = {},
  decide: (operation: string) => lab.Fault | undefined = () => undefined,
) {
  const time = new HandTime();
  const source = `arn:aws:rds:${A}:111111111111:db:app-a`;
  const all = [instance('app-a', A), instance('app-b1', B, source), instance('app-b2', B, source)];
  const board = new lab.InstanceBoard(time, all, { promotionMs: 10 * MINUTE, describeLagMs: 0, stopMs: MINUTE, ...timings });
  const faulty = lab.faulty(new lab.Rds(board), (call) => decide(lab.operationOf(call)));
  return against(time, [faulty], (endpoint) => ({
    board,
    time,
    databases: new AwsDatabases(noFunctions),
    fences: new AwsFences(noFunctions),
    registration,
    replica: replica as NonNullable<typeof replica>,
    finish: () => time.pass(11 * MINUTE),
    orders: () => endpoint.recordedCalls().filter(({ action }) => !action.startsWith('rds:Describe')).length,
  }));
}

const aurora: DatabaseRegistration = databaseOf({ kind: 'auroraGlobal', globalCluster: 'shop' });

async function global(decide: (operation: string) => lab.Fault | undefined = () => undefined) {
  const time = new HandTime();
  const cluster = (id: string, region: string) => ({
    id,
    region,
    status: 'available',
    engine: 'aurora-postgresql',
    backupRetentionDays: 1,
  });
  const board = new lab.GlobalClusterBoard(time, 'shop', [cluster('app-a', A), cluster('app-b1', B)], 3 * MINUTE);
  const service = lab.faulty(new lab.Rds(new lab.InstanceBoard(time, []), [board]), (call) => decide(lab.operationOf(call)));
  return against(time, [service], () => ({
    board,
    databases: new AwsDatabases(noFunctions),
    registration: aurora,
    replica: replica as NonNullable<typeof replica>,
    finish: () => time.pass(4 * MINUTE),
  }));
}

databasesContract('AwsDatabases on read replicas', () => rds());
databasesContract('AwsDatabases on Aurora Global', () => global());

/** Runs with something that is closed afterwards. */
async function on<T extends { close(): Promise<void> }>(made: Promise<T>, test: (made: T) => Promise<void>): Promise<void> {
  const ready = await made;
  try {
    await test(ready);
  } finally {
    await ready.close();
  }
}

describe('orders to RDS', () => {
  test('a promotion keeps retention and window of the backups', () =>
    on(rds(), async ({ databases, board }) => {
      await databases.promote(registration, replica, 1);
      expect(board.truth(B, replica.id)).toMatchObject({ backupRetentionDays: 7, backupWindow: '03:00-03:30' });
    }));

  test('a replica without backups gets them with the promotion', () =>
    on(rds(), async ({ databases, board }) => {
      board.change(B, replica.id, { backupRetentionDays: 0 });
      await databases.promote(registration, replica, 1);
      expect(board.truth(B, replica.id)).toMatchObject({ backupRetentionDays: 1 });
    }));

  test('fails, and may be asked again, while the replica is backed up', () =>
    on(rds(), async ({ databases, board }) => {
      board.change(B, replica.id, { status: 'backing-up' });
      expect(await databases.promote(registration, replica, 1)).toEqual({
        kind: 'refused',
        because: 'InvalidDBInstanceStateFault: DB Instance app-b1 is not in the available state. (it is backing-up)',
        retryable: true,
      });
    }));

  test('a second order is refused by the service while Describe still shows an untouched replica', () =>
    on(rds({ describeLagMs: MINUTE }), async ({ databases, orders }) => {
      expect((await databases.promote(registration, replica, 1)).kind).toBe('accepted');
      expect(await databases.look(registration, replica)).toMatchObject({ status: 'available', replicaOf: 'app-a' });
      expect(await databases.promote(registration, replica, 1)).toMatchObject({ kind: 'refused', retryable: true });
      expect(orders()).toBe(2);
    }));

  test('after it the same order is known to be carried out, without being sent', () =>
    on(rds(), async ({ databases, finish, orders }) => {
      await databases.promote(registration, replica, 1);
      finish();
      const because = 'app-b1 replicates from nothing any more';
      expect(await databases.promote(registration, replica, 1)).toEqual({ kind: 'already', because });
      expect(orders()).toBe(1);
    }));

  test('an answer that is lost after the effect is ambiguous, and the order was sent once', () =>
    on(
      rds({}, (operation) => (operation === 'PromoteReadReplica' ? { kind: 'lost' } : undefined)),
      async (made) => {
        expect((await made.databases.promote(registration, replica, 1)).kind).toBe('ambiguous');
        expect(made.board.truth(B, replica.id).status).toBe('modifying');
        expect(made.orders()).toBe(1);
      },
    ));

  test.each([
    ['InternalFailure', 500, { kind: 'ambiguous' }],
    ['ServiceUnavailable', 503, { kind: 'ambiguous' }],
    ['Throttling', 400, { kind: 'refused', retryable: true }],
    ['AccessDenied', 403, { kind: 'refused', retryable: false }],
    ['DBInstanceNotFound', 404, { kind: 'refused', retryable: false }],
  ])('%s with %i is %j, and is not sent again by itself', (code, status, expected) => {
    let sent = 0;
    const decide = (operation: string): lab.Fault | undefined => {
      if (operation !== 'PromoteReadReplica') return undefined;
      sent += 1;
      return { kind: 'refused', code, status };
    };
    return on(rds({}, decide), async ({ databases }) => {
      expect(await databases.promote(registration, replica, 1)).toMatchObject(expected);
      expect(sent).toBe(1);
    });
  });

  test('fails to order anything for a member that does not exist or cannot be looked at', async () => {
    await on(rds(), async ({ databases }) => {
      const nobody = { ...replica, id: 'nobody' };
      expect(await databases.promote(registration, nobody, 1)).toEqual({
        kind: 'refused',
        because: 'nobody does not exist',
        retryable: false,
      });
    });
    await on(
      rds({}, () => ({ kind: 'cut' })),
      async ({ databases, orders }) => {
        expect(await databases.promote(registration, replica, 1)).toMatchObject({ kind: 'refused', retryable: true });
        expect(await databases.look(registration, replica)).toMatchObject({ kind: 'unknown' });
        expect(orders()).toBe(0);
      },
    );
  });
});

describe('who writes where the service fails over by itself', () => {
  const seen = async (decide: (operation: string) => lab.Fault | undefined = () => undefined) => {
    const time = new HandTime();
    const of = (id: string, instances: Readonly<Record<string, boolean>>): lab.LabCluster => ({
      id,
      region: A,
      status: 'available',
      engine: 'aurora-postgresql',
      backupRetentionDays: 1,
      instances,
    });
    const clusters = [
      of('one', { 'one-1': false, 'one-2': true }),
      of('none', { 'none-1': false }),
      of('two', { 'two-1': true, 'two-2': true }),
    ];
    const board = new lab.InstanceBoard(time, [{ ...instance('shop', A), multiAz: true, zone: `${A}b` }]);
    const service = lab.faulty(new lab.Rds(board, [], clusters), (call) => decide(lab.operationOf(call)));
    return against(time, [service], () => ({ looks: new RdsServiceLooks() }));
  };

  test('is said by an instance with its zone, and by a cluster with the one instance that it calls its writer', () =>
    on(seen(), async ({ looks }) => {
      const at = (kind: 'instance' | 'cluster', id: string) => looks.look({ kind, id, region: A });
      expect(await at('instance', 'shop')).toMatchObject({ id: 'shop', status: 'available', zone: 'eu-west-1b' });
      expect(await at('cluster', 'one')).toMatchObject({ id: 'one', status: 'available', writesBy: 'one-2' });
      for (const id of ['none', 'two']) expect(await at('cluster', id)).not.toHaveProperty('writesBy');
      expect(await at('instance', 'nobody')).toEqual({ kind: 'absent' });
      expect(await at('cluster', 'nobody')).toEqual({ kind: 'absent' });
      expect(await looks.look({ kind: 'instance', id: 'shop', region: B })).toEqual({ kind: 'absent' });
    }));

  test('is unknown, with its reason, while the Region does not answer', () =>
    on(
      seen(() => ({ kind: 'cut' })),
      async ({ looks }) => {
        for (const kind of ['instance', 'cluster'] as const) {
          expect(await looks.look({ kind, id: 'shop', region: A })).toEqual({
            kind: 'unknown',
            because: expect.stringMatching(/./),
          });
        }
      },
    ));
});

describe('orders to Aurora Global', () => {
  test('a failover says that data may be lost, in the Region of the candidate; a switchover says nothing of the kind, in that of the writer', async () => {
    await on(global(), async ({ databases, board, endpoint }) => {
      expect(await databases.promote(aurora, replica, 1)).toEqual({ kind: 'accepted' });
      expect(board.underWay()).toMatchObject({ status: 'failing-over', dataLoss: true });
      expect(endpoint.recordedCalls().at(-1)).toMatchObject({ action: 'rds:FailoverGlobalCluster', region: B });
    });
    await on(global(), async ({ databases, board, endpoint }) => {
      expect(await databases.switchover(aurora, replica, 1)).toEqual({ kind: 'accepted' });
      expect(board.underWay()).toMatchObject({ status: 'switching-over', dataLoss: false });
      expect(endpoint.recordedCalls().at(-1)).toMatchObject({ action: 'rds:SwitchoverGlobalCluster', region: A });
    });
  });

  test('while roles change no cluster is available, and the same order is under way already', () =>
    on(global(), async ({ databases, finish }) => {
      await databases.promote(aurora, replica, 1);
      expect(await databases.look(aurora, replica)).toMatchObject({ status: 'failing-over', isWriter: false });
      expect(await databases.promote(aurora, replica, 1)).toEqual({
        kind: 'already',
        because: 'app-b1 is taking over: failing-over',
      });
      finish();
      expect(await databases.look(aurora, aurora.source)).toMatchObject({ isWriter: false, replicaOf: 'app-b1' });
    }));

  test('fails as ambiguous when the answer to the order is lost', () =>
    on(
      global((operation) => (operation === 'FailoverGlobalCluster' ? { kind: 'lost' } : undefined)),
      async (made) => {
        expect((await made.databases.promote(aurora, replica, 1)).kind).toBe('ambiguous');
        expect(made.board.underWay()).toBeDefined();
      },
    ));

  test('fails to look at a cluster that is not in the global one', () =>
    on(global(), async ({ databases }) => {
      const other = { ...replica, region: A };
      expect(await databases.look(aurora, { ...other, id: 'app-b1' })).toEqual({ kind: 'absent' });
      expect(await databases.promote(aurora, { ...other, id: 'else' }, 1)).toEqual({
        kind: 'refused',
        because: 'nothing was ordered: else is no member of shop',
        retryable: true,
      });
    }));
});

describe('orders to a function of the user', () => {
  const custom = databaseOf({ kind: 'custom', orderFunction: 'orders' });
  const asked = (answer: unknown) => new AwsDatabases(answering(() => answer));

  test.each([
    [{ outcome: 'accepted' }, { kind: 'accepted' }],
    [
      { outcome: 'already', because: 'b1 leads' },
      { kind: 'already', because: 'b1 leads' },
    ],
    [
      { outcome: 'refused', because: 'no quorum', retryable: true },
      { kind: 'refused', because: 'no quorum', retryable: true },
    ],
    [{ outcome: 'refused' }, { kind: 'refused', because: 'the order function gave no reason', retryable: false }],
    [{ ok: true }, { kind: 'ambiguous', because: 'the order function answered {"ok":true}' }],
    [null, { kind: 'ambiguous', because: 'the order function answered nothing' }],
  ])('the answer %j is read as %j', async (answer, expected) => {
    expect(await asked(answer).promote(custom, replica, 3)).toEqual(expected);
  });

  test('the epoch goes with the order', async () => {
    const requests: unknown[] = [];
    const databases = new AwsDatabases(answering((request) => void requests.push(request)));
    await databases.switchover(custom, replica, 7);
    expect(requests).toEqual([{ action: 'switchover', member: replica, epoch: 7, pair: 'app' }]);
  });

  test('fails as unknown when a look or a lag is not what was agreed', async () => {
    expect(await asked({ up: true }).look(custom, replica)).toMatchObject({ kind: 'unknown' });
    expect(
      await new AwsLags(
        answering(() => ({
          samples: [
            { atMs: 2, ms: -1 },
            { atMs: 1, ms: 30 },
          ],
        })),
      ).samples(custom, replica, 0, 9),
    ).toEqual([
      { kind: 'lag', atMs: 1, ms: 30 },
      { kind: 'unknown', atMs: 2, because: 'lag -1 is no lag' },
    ]);
    expect(await new AwsLags(noFunctions).samples(custom, replica, 0, 9)).toMatchObject({ kind: 'unknown' });
  });
});

const lagOf = async (database: DatabaseRegistration, points: readonly Partial<lab.MetricPoint>[]) => {
  const time = new HandTime();
  const cloudWatch = new lab.CloudWatch(time, [], () => undefined);
  const aurora = database.kind === 'auroraGlobal';
  const usual: Omit<lab.MetricPoint, 'atMs' | 'value'> = {
    region: B,
    namespace: 'AWS/RDS',
    name: aurora ? 'AuroraGlobalDBRPOLag' : 'ReplicaLag',
    dimensions: { [aurora ? 'DBClusterIdentifier' : 'DBInstanceIdentifier']: replica.id },
  };
  for (const point of points) cloudWatch.record({ ...usual, atMs: 0, value: 0, ...point });
  return against(time, [cloudWatch], () => ({ lags: new AwsLags(noFunctions), registration: database, replica }));
};

lagsContract('AwsLags', async (sample) => {
  const atMs = 30_000_000 * MINUTE;
  const made = await lagOf(registration, [
    { atMs: atMs + 20_000, value: sample === 'of 5 s' ? 5 : -1 },
    { atMs: atMs + MINUTE, value: 500 },
  ]);
  return { ...made, atMs };
});

describe('lag from CloudWatch', () => {
  const t = 30_000_000 * MINUTE;

  test('a missing minute between two others is unknown, one at the end is merely not there yet', () =>
    on(
      lagOf(registration, [
        { atMs: t, value: 1 },
        { atMs: t + 2 * MINUTE, value: 2 },
      ]),
      async ({ lags }) => {
        expect(await lags.samples(registration, replica, t - MINUTE, t + 5 * MINUTE)).toEqual([
          { kind: 'lag', atMs: t, ms: 1_000 },
          { kind: 'unknown', atMs: t + MINUTE, because: 'no datapoint of ReplicaLag' },
          { kind: 'lag', atMs: t + 2 * MINUTE, ms: 2_000 },
        ]);
      },
    ));

  test('Aurora counts milliseconds, with or without the Region of the source; the worse of two values counts', () => {
    const dimensions = { DBClusterIdentifier: replica.id, SourceRegion: A };
    const points = [
      { atMs: t, value: 900 },
      { atMs: t, value: 1_100, dimensions },
      { atMs: t + MINUTE, value: 700, dimensions },
      { atMs: t + 2 * MINUTE, value: -1, dimensions },
      { atMs: t + 2 * MINUTE, value: 5 },
    ];
    return on(lagOf(aurora, points), async ({ lags }) => {
      expect(await lags.samples(aurora, replica, t, t + 2 * MINUTE)).toEqual([
        { kind: 'lag', atMs: t, ms: 1_100 },
        { kind: 'lag', atMs: t + MINUTE, ms: 700 },
        { kind: 'unknown', atMs: t + 2 * MINUTE, because: 'AuroraGlobalDBRPOLag of -1: replication does not run' },
      ]);
    });
  });

  test('no datapoint at all is no sample', () =>
    on(lagOf(registration, []), async ({ lags }) => {
      expect(await lags.samples(registration, replica, t, t + MINUTE)).toEqual([]);
    }));

  test('fails as unknown when CloudWatch does not answer', async () => {
    const made = await lagOf(registration, []);
    await made.close();
    expect(await made.lags.samples(registration, replica, t, t + MINUTE)).toMatchObject({ kind: 'unknown' });
  });
});

latchPanelContract('MetricLatchPanel', () => {
  const time = new HandTime();
  const cloudWatch = new lab.CloudWatch(time, [], () => undefined);
  const { generation } = registration.latch;
  const names = latchNames(registration.namespace, registration.pair, generation);
  const last = (name: string) =>
    cloudWatch
      .published()
      .filter((metric) => metric.name === name)
      .at(-1)?.value === 1;
  return against(time, [cloudWatch], () => ({
    panel: new MetricLatchPanel(new CloudWatchMetrics()),
    registration,
    arrived: () => {
      const writers = cloudWatch.published().filter((metric) => metric.name === writerMetric(generation));
      return {
        latch: last(names.metric),
        hold: last(names.holdMetric),
        writers: Object.fromEntries(writers.map(({ dimensions, value }) => [dimensions.Candidate ?? '', value === 1])),
      };
    },
  }));
});

const ROLE = 'arn:aws:iam::111111111111:role/fence-a';
const acl: FenceSettings = {
  kind: 'networkAcl',
  region: A,
  subnets: ['subnet-1', 'subnet-2'],
  denyAcl: 'acl-deny',
  openAcl: 'acl-open',
};

async function network(decide: (operation: string) => lab.Fault | undefined = () => undefined) {
  const time = new HandTime();
  const ec2 = new lab.Ec2({ [`${A}/subnet-1`]: 'acl-open', [`${A}/subnet-2`]: 'acl-open', [`${A}/other`]: 'acl-open' }, [
    'acl-deny',
  ]);
  const services = [lab.faulty(ec2, (call) => decide(lab.operationOf(call))), new lab.Sts(time, [ROLE])];
  return against(time, services, () => ({
    ec2,
    fences: new AwsFences(noFunctions),
    looks: new Ec2AclLooks(),
    fence: acl,
    closed: () => ['subnet-1', 'subnet-2'].every((subnet) => ec2.aclOf(A, subnet) === 'acl-deny'),
  }));
}

fencesContract('AwsFences with a network ACL', () => network());

describe('fences', () => {
  test('a fence leaves every other subnet alone, and acts in the other Region with the role it was given', () =>
    on(network(), async ({ fences, ec2, endpoint }) => {
      expect(await fences.raise({ ...acl, roleArn: ROLE }, 1)).toEqual({ kind: 'up', level: 'F3' });
      expect(ec2.aclOf(A, 'other')).toBe('acl-open');
      const swaps = endpoint.recordedCalls().filter(({ action }) => action === 'ec2:ReplaceNetworkAclAssociation');
      expect(new Set(swaps.map(({ handler, region }) => `${handler} ${region}`))).toEqual(new Set([`fence-a ${A}`]));
    }));

  test('fails as down, with what is seen, when a swap was refused', () => {
    const refuse = (operation: string): lab.Fault | undefined =>
      operation.startsWith('Replace') ? { kind: 'refused', code: 'UnauthorizedOperation', status: 403 } : undefined;
    return on(network(refuse), async ({ fences }) => {
      const raised = await fences.raise(acl, 1);
      expect(raised).toEqual({ kind: 'down', because: expect.stringContaining('subnet-1 is still under acl-open') });
      expect(raised).toEqual({ kind: 'down', because: expect.stringContaining('UnauthorizedOperation') });
    });
  });

  test('a swap whose answer was lost counts as up, because it is looked at', () => {
    const lose = (operation: string): lab.Fault | undefined => (operation.startsWith('Replace') ? { kind: 'lost' } : undefined);
    return on(network(lose), async ({ fences }) => {
      expect(await fences.raise(acl, 1)).toEqual({ kind: 'up', level: 'F3' });
    });
  });

  test('a look sees which ACL each subnet has, and whether an ACL lets anything through, and changes nothing', () =>
    on(network(), async ({ fences, looks, endpoint }) => {
      const both = { kind: 'acls', allows: { 'acl-deny': false, 'acl-open': true } };
      expect(await looks.look(acl)).toEqual({ ...both, aclOf: { 'subnet-1': 'acl-open', 'subnet-2': 'acl-open' } });
      expect(await looks.look({ ...acl, subnets: ['subnet-1', 'gone'], denyAcl: 'acl-gone' })).toEqual({
        kind: 'acls',
        allows: { 'acl-open': true },
        aclOf: { 'subnet-1': 'acl-open' },
      });
      expect(new Set(endpoint.recordedCalls().map(({ action }) => action))).toEqual(new Set(['ec2:DescribeNetworkAcls']));
      await fences.raise(acl, 1);
      expect(await looks.look(acl)).toMatchObject({ aclOf: { 'subnet-1': 'acl-deny', 'subnet-2': 'acl-deny' } });
    }));

  test('a look that is refused says why', () =>
    on(
      network(() => ({ kind: 'refused', code: 'UnauthorizedOperation', status: 403 })),
      async ({ looks }) => {
        expect(await looks.look(acl)).toEqual({ kind: 'unknown', because: expect.stringContaining('UnauthorizedOperation') });
      },
    ));

  test('fails as down when a subnet is not there, or the Region does not answer', async () => {
    await on(network(), async ({ fences }) => {
      expect(await fences.raise({ ...acl, subnets: ['subnet-1', 'gone'] }, 1)).toEqual({
        kind: 'down',
        because: 'gone has no network ACL',
      });
    });
    await on(
      network(() => ({ kind: 'cut' })),
      async ({ fences }) => {
        expect(await fences.raise(acl, 1)).toMatchObject({ kind: 'down', unreachable: true });
        expect(await fences.lower(acl, 1)).toMatchObject({ kind: 'failed' });
      },
    );
  });

  test('a Region that throttles, or falls silent after it was looked at, is not unreachable', async () => {
    const throttled: lab.Fault = { kind: 'refused', code: 'RequestLimitExceeded', status: 503 };
    await on(
      network(() => throttled),
      async ({ fences }) => {
        const raised = await fences.raise(acl, 1);
        expect(raised).toEqual({ kind: 'down', because: expect.stringContaining('RequestLimitExceeded') });
      },
    );
    let looks = 0;
    const silentLater = (operation: string): lab.Fault | undefined => {
      if (!operation.startsWith('Describe')) return undefined;
      looks += 1;
      return looks > 1 ? { kind: 'cut' } : undefined;
    };
    await on(network(silentLater), async ({ fences }) => {
      expect(await fences.raise(acl, 1)).toEqual({ kind: 'down', because: expect.any(String) });
    });
  });

  test('an instance that a replica hangs on is not stopped; once alone it takes its time', () =>
    on(rds(), async ({ fences, databases, board, time, finish }) => {
      const stop: FenceSettings = { kind: 'stopInstance', region: A, id: 'app-a' };
      expect(await fences.raise(stop, 1)).toMatchObject({ kind: 'down', because: expect.stringContaining('has read replicas') });
      await databases.promote(registration, replica, 1);
      board.change(B, 'app-b2', { source: undefined });
      finish();
      expect(await fences.raise(stop, 1)).toEqual({ kind: 'down', because: 'app-a is stopping' });
      time.pass(2 * MINUTE);
      expect(await fences.raise(stop, 1)).toEqual({ kind: 'up', level: 'F6' });
      expect(await fences.lower(stop, 1)).toEqual({ kind: 'failed', because: 'app-a is started by a person only' });
    }));

  test.each([
    [{ held: true }, { kind: 'up', level: 'F4' }],
    [
      { held: false, because: 'one session left' },
      { kind: 'down', because: 'f: one session left' },
    ],
    [
      { held: false, unreachable: true, because: 'the host does not answer' },
      { kind: 'down', because: 'f: the host does not answer', unreachable: true },
    ],
    [{}, { kind: 'down', because: 'f: answered {}' }],
  ])('a function that answers %j is %j', async (answer, expected) => {
    const fences = new AwsFences(answering(() => answer));
    expect(await fences.raise({ kind: 'function', name: 'f' }, 4)).toEqual(expected);
  });
});

/** SSM in which somebody else writes once, right before the n-th write of ours. */
async function parameters(intruder?: { readonly before: number; readonly document: object }) {
  const time = new HandTime();
  const values: lab.Values = new Map();
  const ssm = new lab.Parameters(values);
  let writes = 0;
  const service: lab.AwsService = {
    name: 'ssm',
    fail: ssm.fail,
    answer: (call, claim) => {
      if (lab.operationOf(call) === 'PutParameter' && ++writes === intruder?.before) {
        const body = Buffer.from(JSON.stringify({ Name: '/w', Value: JSON.stringify(intruder.document), Overwrite: true }));
        ssm.answer({ ...call, body }, () => undefined);
      }
      return ssm.answer(call, claim);
    },
  };
  return against(time, [service], () => ({
    values,
    pointer: new SsmWriterPointer(),
    stands: (name: string) => JSON.parse(values.get(`${B}:${name}`) ?? 'null'),
  }));
}

writerPointerContract('SsmWriterPointer', () => parameters());

describe('the writer parameter', () => {
  test('fails to stand on a lower epoch when a higher one came in between', () =>
    on(parameters({ before: 1, document: { endpoint: 'c:5432', epoch: 9 } }), async ({ pointer, stands }) => {
      expect(await pointer.set('/w', 'b:5432', 8)).toBe('newer');
      expect(stands('/w')).toEqual({ endpoint: 'c:5432', epoch: 9 });
    }));

  test('stands on the higher epoch when a lower one came in between', () =>
    on(parameters({ before: 1, document: { endpoint: 'a:5432', epoch: 7 } }), async ({ pointer, stands }) => {
      expect(await pointer.set('/w', 'b:5432', 8)).toBe('set');
      expect(stands('/w')).toEqual({ endpoint: 'b:5432', epoch: 8 });
    }));

  test('replaces text that is not ours', () =>
    on(parameters(), async ({ pointer, values, stands }) => {
      values.set(`${B}:/w`, 'app-a.example.com');
      expect(await pointer.set('/w', 'b:5432', 1)).toBe('set');
      expect(stands('/w')).toEqual({ endpoint: 'b:5432', epoch: 1 });
    }));
});

const leased = databaseOf({ lease: { table: 'leases', region: A } });

/** A table of leases with one record, over real sockets. */
async function leaseTable<T extends object>(record: { readonly epoch: number; readonly turn: number }, make: () => T) {
  const table = new lab.DynamoDb({ [`${A}/leases`]: ['pk'] });
  const made = await against(new HandTime(), [table], make);
  await new DynamoDBClient({ region: A }).send(
    new PutItemCommand({
      TableName: 'leases',
      Item: {
        pk: { S: 'pair#app' },
        rvn: { S: 'r0' },
        holder: { S: 'app-a' },
        epoch: { N: String(record.epoch) },
        turn: { N: String(record.turn) },
      },
    }),
  );
  return made;
}

leasesContract('DynamoDbLeases', () =>
  leaseTable({ epoch: 0, turn: 2 }, () => ({ leases: new DynamoDbLeases({ database: async () => leased }) })),
);

renewalsContract('DynamoDbRenewals', () =>
  leaseTable({ epoch: 3, turn: 2 }, () => ({ renewals: new DynamoDbRenewals({ table: 'leases', region: A }) })),
);

test('the first lease of a pair is offered once, and an odd record is unknown', () =>
  on(
    against(new HandTime(), [new lab.DynamoDb({ [`${A}/leases`]: ['pk'] })], () => ({})),
    async () => {
      const leases = new DynamoDbLeases({ database: async () => leased });
      expect(await leases.offer('app', 4, 'app-a')).toBe('taken');
      expect(await leases.offer('app', 5, 'app-b1')).toBe('lost');
      expect(await leases.read('app')).toMatchObject({ kind: 'lease', epoch: 4, holder: 'app-a', turn: 0 });
      const odd = new PutItemCommand({ TableName: 'leases', Item: { pk: { S: 'pair#app' }, rvn: { S: 'r0' } } });
      await new DynamoDBClient({ region: A }).send(odd);
      expect(await leases.read('app')).toEqual({
        kind: 'unknown',
        because: 'the lease of app in table leases has another shape',
      });
    },
  ));

test('a lease fails as unknown for a pair that has none, and as absent where its table is empty', () =>
  on(
    against(new HandTime(), [new lab.DynamoDb({ [`${A}/leases`]: ['pk'] })], () => ({})),
    async () => {
      const none = new DynamoDbLeases({ database: async () => registration });
      expect(await none.read('app')).toEqual({ kind: 'unknown', because: 'app has no lease' });
      expect(await new DynamoDbLeases({ database: async () => leased }).read('app')).toEqual({
        kind: 'absent',
        because: 'table leases holds no lease of app',
      });
    },
  ));

databaseRegistryContract(
  'SsmDatabaseRegistry',
  (database) => {
    const values: lab.Values = new Map([
      [`${B}:${databaseParameter(database.namespace, database.pair)}`, JSON.stringify(database)],
    ]);
    return against(new HandTime(), [new lab.Parameters(values)], () => ({
      registry: new SsmDatabaseRegistry('/cdk-failover/web/'),
    }));
  },
  registration,
);

test('a pair without a database has none; another document fails as unknown', () => {
  const values: lab.Values = new Map([[`${B}:${databaseParameter('web', 'odd')}`, '{"schema":"other"}']]);
  return on(
    against(new HandTime(), [new lab.Parameters(values)], () => ({ registry: new SsmDatabaseRegistry('/cdk-failover/web/') })),
    async ({ registry }) => {
      expect(await registry.database('app')).toEqual({ kind: 'none' });
      expect(await registry.database('odd')).toMatchObject({ kind: 'unknown' });
    },
  );
});

async function rollouts() {
  const fn = new lab.LabFunction(B, 'api', 'live');
  const host: lab.FunctionHost = {
    has: (name) => name === 'reader',
    invoke: async () => ({ kind: 'done', answer: { kind: 'heartbeat', rowAtMs: 1, rowEpoch: 2 } }),
    invokeLater: () => undefined,
  };
  const ecs = new lab.Ecs([`${B}/c/s`]);
  const groups = new lab.AutoScaling([`${B}/g`]);
  const functions = new lab.Lambda(host, new lab.FunctionVersions([fn]));
  return against(new HandTime(), [ecs, groups, functions], () => ({
    fn,
    ecs,
    groups,
    applications: new AwsApplications(noFunctions),
  }));
}

applicationsContract('AwsApplications', () => rollouts());

describe('refreshes', () => {
  test('an ECS service deploys anew, once for one call', () =>
    on(rollouts(), async ({ applications, ecs }) => {
      await applications.refresh({ kind: 'ecsService', cluster: 'c', service: 's' }, 't');
      expect(ecs.deployments(`${B}/c/s`)).toBe(1);
    }));

  test('a group that is refreshed already is waited for', () =>
    on(rollouts(), async ({ applications, groups }) => {
      groups.refreshing.add(`${B}/g`);
      const what = { kind: 'autoScalingGroup', name: 'g' } as const;
      expect(await applications.refresh(what, 't')).toBe('started');
      groups.refreshing.clear();
      expect(await applications.refresh(what, 't')).toBe('done');
    }));

  test('an alias moves to a new version of the same code, once for one token', () =>
    on(rollouts(), async ({ applications, fn }) => {
      const what = { kind: 'lambdaAlias', name: 'api', alias: 'live' } as const;
      expect([await applications.refresh(what, 't'), await applications.refresh(what, 't')]).toEqual(['started', 'done']);
      expect([fn.aliasVersion, fn.versions.map(({ CodeSha256 }) => CodeSha256)]).toEqual(['2', ['sha-1', 'sha-1']]);
      expect(await applications.refresh(what, 't')).toBe('done');
      expect(fn.versions).toHaveLength(2);
    }));

  test('fails to move an alias onto work that nobody published', () =>
    on(rollouts(), async ({ applications, fn }) => {
      fn.change({ CodeSha256: 'sha-2' });
      expect(await applications.refresh({ kind: 'lambdaAlias', name: 'api', alias: 'live' }, 't')).toEqual({
        kind: 'unknown',
        because: 'the unpublished api differs from live in CodeSha256; publish it or take it back',
      });
      expect(fn.aliasVersion).toBe('1');
    }));

  test('fails as unknown for what does not exist', () =>
    on(rollouts(), async ({ applications }) => {
      for (const what of [
        { kind: 'ecsService', cluster: 'c', service: 'none' },
        { kind: 'autoScalingGroup', name: 'none' },
        { kind: 'lambdaAlias', name: 'none', alias: 'live' },
        { kind: 'function', name: 'none' },
      ] as const) {
        expect(await applications.refresh(what, 't')).toMatchObject({ kind: 'unknown' });
      }
    }));
});

test('a heartbeat reading that is not whole fails as unknown', () =>
  on(rollouts(), async () => {
    const heartbeats = new LambdaHeartbeats(new LambdaFunctions(2_000));
    const answer = '{"kind":"heartbeat","rowAtMs":1,"rowEpoch":2}';
    expect(await heartbeats.read(registration, replica)).toEqual({ kind: 'unknown', because: `the reader answered ${answer}` });
    const missing = databaseOf({ heartbeat: { readerFunction: 'gone', limitMs: 1 } });
    expect(await heartbeats.read(missing, replica)).toMatchObject({ kind: 'unknown' });
  }));

test('what looks add is left out where it is not whole', async () => {
  const whole = { kind: 'heartbeat', rowAtMs: 1, rowEpoch: 2, unchangedForMs: 3, writerAnswers: false };
  const read = (answer: object) =>
    new LambdaHeartbeats({ invoke: async () => ({ kind: 'done', answer }) }).read(registration, replica);
  expect(await read({ ...whole, excess: { agoMs: 1, ms: [2], doubtMs: 1 } })).toEqual({
    ...whole,
    excess: { agoMs: 1, ms: [2], doubtMs: 1 },
  });
  for (const excess of [{ agoMs: 1, ms: [null], doubtMs: 1 }, { agoMs: 1 }, { ms: [2] }, 'much']) {
    expect(await read({ ...whole, excess })).toEqual(whole);
  }
});

const bus = async () => {
  const eventBridge = new lab.EventBridge(new HandTime());
  const made = await against(new HandTime(), [eventBridge], () => ({ transitions: new EventBridgeTransitions() }));
  return {
    ...made,
    eventBridge,
    arrived: () => eventBridge.events().map(({ detail }) => detail),
    refuse: () => {
      eventBridge.refusing = true;
    },
  };
};

transitionsContract('EventBridgeTransitions', bus);

test('a transition arrives with the source, the type and the time that rules see', async () => {
  const { transitions, eventBridge, endpoint, close } = await bus();
  try {
    await transitions.put([transitionOf(3)]);
    expect(eventBridge.events()).toMatchObject([
      {
        source: 'cdk-failover',
        'detail-type': 'Failover Controller Transition',
        region: B,
        time: '1970-01-01T00:00:03.000Z',
      },
    ]);
    expect(endpoint.recordedCalls().map(({ action, resource }) => [action, resource])).toEqual([
      ['events:PutEvents', `arn:aws:events:${B}:111111111111:event-bus/default`],
    ]);
  } finally {
    await close();
  }
});
