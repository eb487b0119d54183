/** The ports of the runtime on the simulated world: every call passes a fault point, and answers as the real one may. */
import type { FenceSettings } from '../../../contracts/database';
import type { FailoverEvent } from '../../../contracts/events';
import type { LeaseLook } from '../../../decide/database/lease';
import type { JournalItem } from '../../../decide/journal';
import { FENCE_LOOK } from '../../../runtime/adapters/database/orders';
import type { DatabasePorts } from '../../../runtime/drive/database/context';
import type { Alarms, DnsAnswer, Log, Machine, ProbeAnswer, Unknown } from '../../../runtime/ports';
import type {
  AclLooks,
  FenceRaised,
  HeartbeatReading,
  LagSample,
  MemberView,
  OrderAnswer,
} from '../../../runtime/ports/database';
import type { Stopwatch } from '../../../runtime/ports/heartbeat';
import type { Failures, Invocation } from './invocation';
import { ADDRESS, PAIR_REGISTRATION, SERVERS, SOURCE, SUBJECT_OF } from './registrations';
import { within } from './setting';
import type { World } from './world';

/** What every function of the control set reaches the world through. */
export type SimulatedPorts = DatabasePorts & {
  readonly machine: Machine;
  readonly alarms: Alarms;
  readonly aclLooks: AclLooks;
  readonly stopwatch: Stopwatch;
};

const silent: Log = { info: () => undefined, error: () => undefined };
const unknown = (because: string): Unknown => ({ kind: 'unknown', because });

/** For calls whose adapter answers `unknown`. */
const UNKNOWN: Failures<Unknown> = { throttled: () => unknown('throttled'), lost: () => unknown('timed out') };
const orUnknown = <T>() => UNKNOWN as unknown as Failures<T | Unknown>;

/** Made once: what is thrown a million times needs no trace of its own. */
const fail = (because: string) => {
  const error = new Error(because);
  return (): never => {
    throw error;
  };
};
const throttled = fail('ThrottlingException');
const timedOut = fail('TimeoutError');
/** For calls whose adapter throws. */
const THROWS = { throttled, lost: timedOut } as const;
const orThrow = <T>() => THROWS as unknown as Failures<T>;

/** Ports of one invocation of one function. */
export function portsOf(world: World, invocation: Invocation, skewMs: number): SimulatedPorts {
  const { scheduler } = world;
  const { dns, probe, heartbeats, lags, look, alarms, aclLooks } = observing(world, invocation);
  const { journal, registry, databaseRegistry, leases } = remembering(world, invocation);
  const { databases, latchPanel, fences } = ordering(world, invocation, look);
  const { applications, pointer, metrics, announcer, machine } = telling(world, invocation);
  const time = { nowMs: () => scheduler.nowMs() + skewMs, sleep: (ms: number) => invocation.sleep(ms) };
  return {
    log: silent,
    time,
    stopwatch: { elapsedMs: () => scheduler.nowMs() },
    dns,
    probe,
    heartbeats,
    lags,
    alarms,
    aclLooks,
    journal,
    registry,
    databaseRegistry,
    leases,
    databases,
    latchPanel,
    fences,
    applications,
    pointer,
    metrics,
    announcer,
    machine,
  };
}

function observing(world: World, invocation: Invocation) {
  const { scheduler, setting, traffic, replication, service } = world;
  const now = () => scheduler.nowMs();
  const dns: DatabasePorts['dns'] = {
    nameServers: () => invocation.call('dns.nameServers', () => SERVERS as readonly string[] | Unknown, orUnknown()),
    ask: (server, name, type) =>
      invocation.call<DnsAnswer>(
        'dns.ask',
        () => {
          if (world.blind('dns')) return unknown('timed out');
          if (type !== 'TXT') return { kind: 'answer', values: [ADDRESS[traffic.answer()]], ttlSec: 30 };
          const subject = SUBJECT_OF.get(name);
          if (!subject) return { kind: 'none', because: 'NXDOMAIN' };
          const lagMs = setting.serverLagMs[SERVERS.indexOf(server as (typeof SERVERS)[number])] ?? 0;
          const healthy = traffic.seen(subject, now() - lagMs);
          return { kind: 'answer', values: [healthy ? 'healthy' : 'unhealthy'], ttlSec: 1 };
        },
        orUnknown(),
      ),
    addresses: (name) => invocation.call('dns.addresses', () => [name] as readonly string[] | Unknown, orUnknown()),
  };
  const probe: DatabasePorts['probe'] = {
    probe: (target) =>
      invocation.call<ProbeAnswer>(
        'probe.probe',
        () => {
          if (world.blind('probe')) return { kind: 'bad', because: 'timed out', tookMs: 2_000 };
          const primary = target.connect === PAIR_REGISTRATION.primary.probe.connect;
          const down = primary && (within(setting.siteDown, now()) || within(setting.linkDown, now()));
          return down
            ? { kind: 'bad', because: 'timed out', tookMs: 2_000 }
            : { kind: 'good', because: '200', status: 200, tookMs: 40 };
        },
        {
          throttled: () => ({ kind: 'bad', because: 'no socket', tookMs: 0 }),
          lost: () => ({ kind: 'bad', because: 'timed out', tookMs: 2_000 }),
        },
      ),
  };
  const heartbeats: DatabasePorts['heartbeats'] = {
    read: (_registration, member) =>
      invocation.call<HeartbeatReading | Unknown>(
        'heartbeats.read',
        () => {
          if (world.blind('heartbeat')) return unknown('the reader does not answer');
          if (member.id === SOURCE) return world.ownRows();
          return replication.reading(member.id, now(), world.rowEpoch(member.id), world.writerAnswersSql());
        },
        orUnknown(),
      ),
  };
  const lags: DatabasePorts['lags'] = {
    samples: (_registration, member, fromMs, toMs) =>
      invocation.call<readonly LagSample[] | Unknown>(
        'lags.samples',
        () => replication.samples(member.id, fromMs, toMs, now()),
        orUnknown(),
      ),
  };
  const look: DatabasePorts['databases']['look'] = (_registration, member) =>
    invocation.call<MemberView | { readonly kind: 'absent' } | Unknown>(
      'databases.look',
      () => {
        if (world.blind('service')) return unknown('timed out');
        if (member.id === SOURCE && within(setting.linkDown, now())) return unknown('timed out');
        const stale = setting.describeLagMs > 0 && world.uniform() < world.points.now().stale;
        if (stale) world.points.meet('stale looks');
        return service.look(member.id, stale ? now() - setting.describeLagMs : now());
      },
      orUnknown(),
    );
  const alarms: Alarms = {
    states: (_region, names) =>
      invocation.call<Readonly<Record<string, 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'>> | Unknown>(
        'alarms.states',
        () => Object.fromEntries(names.map((name) => [name, world.alarmState(name)])),
        orUnknown(),
      ),
  };
  const aclLooks: AclLooks = {
    look: ({ subnets, denyAcl, openAcl }) =>
      invocation.call<Awaited<ReturnType<AclLooks['look']>>>(
        'aclLooks.look',
        () =>
          within(setting.linkDown, now())
            ? unknown('timed out')
            : {
                kind: 'acls',
                aclOf: Object.fromEntries(subnets.map((subnet) => [subnet, openAcl])),
                allows: { [denyAcl]: false, [openAcl]: true },
              },
        orUnknown(),
      ),
  };
  return { dns, probe, heartbeats, lags, look, alarms, aclLooks };
}

function remembering(world: World, invocation: Invocation) {
  const { store } = world;
  const journal: DatabasePorts['journal'] = {
    read: (pair) => invocation.call<JournalItem | undefined>('journal.read', () => store.read(pair), orThrow()),
    write: (item, seen) =>
      invocation.call<'written' | 'lost'>('journal.write', () => store.write(item, seen, invocation.runner), {
        throttled,
        // The SDK tries again by itself, and then meets its own write.
        lost: () => (world.uniform() < 0.5 ? 'lost' : timedOut()),
      }),
    once: (key) => invocation.call<boolean>('journal.once', () => store.once(key), orThrow()),
  };
  const registry: DatabasePorts['registry'] = {
    pair: () => invocation.call('registry.pair', () => PAIR_REGISTRATION as typeof PAIR_REGISTRATION | Unknown, orUnknown()),
    pairs: () =>
      invocation.call(
        'registry.pairs',
        () => [PAIR_REGISTRATION] as readonly (typeof PAIR_REGISTRATION)[] | Unknown,
        orUnknown(),
      ),
    checks: async () => ({ primary: 'hc-a', standby: 'hc-b' }),
  };
  const databaseRegistry: DatabasePorts['databaseRegistry'] = {
    database: () =>
      invocation.call('registry.database', () => world.registration as typeof world.registration | Unknown, orUnknown()),
  };
  const leases: DatabasePorts['leases'] = {
    read: () =>
      invocation.call<LeaseLook>(
        'leases.read',
        () => (world.blind('lease') ? unknown('timed out') : world.lease.read()),
        orUnknown(),
      ),
    offer: (_pair, epoch, holder) =>
      invocation.call<'taken' | 'lost' | Unknown>('leases.offer', () => world.lease.offer(epoch, holder), orUnknown()),
    take: (_pair, seenRvn, epoch, holder) =>
      invocation.call<'taken' | 'lost' | Unknown>('leases.take', () => world.lease.take(seenRvn, epoch, holder), orUnknown()),
  };
  return { journal, registry, databaseRegistry, leases };
}

function ordering(world: World, invocation: Invocation, look: DatabasePorts['databases']['look']) {
  const { runner } = invocation;
  const order = (name: string, id: string, epoch: number) =>
    invocation.call<OrderAnswer>(name, () => world.promote(id, epoch, runner), {
      throttled: () => ({ kind: 'refused', because: 'Throttling', retryable: true }),
      lost: () => ({ kind: 'ambiguous', because: 'timed out' }),
    });
  const databases: DatabasePorts['databases'] = {
    look,
    promote: (_registration, candidate, epoch) => order('databases.promote', candidate.id, epoch),
    switchover: (_registration, candidate, epoch) => order('databases.switchover', candidate.id, epoch),
  };
  const latchPanel: DatabasePorts['latchPanel'] = {
    publish: (_registration, latch, writers) =>
      invocation.call<'published' | Unknown>(
        'latchPanel.publish',
        () => world.publishLatch(latch.on, latch.hold, writers, runner),
        orUnknown(),
      ),
  };
  const fences: DatabasePorts['fences'] = {
    raise: async (fence: FenceSettings, epoch) => {
      // Nobody answers: the adapter waits for a connection that never comes.
      if (!world.fences.reaches()) await invocation.sleep(FENCE_LOOK.connectTimeoutMs);
      return invocation.call<FenceRaised>('fences.raise', () => world.raiseFence(fence, epoch, runner), {
        throttled: () => ({ kind: 'down', because: 'throttled' }),
        lost: () => ({ kind: 'down', because: 'timed out' }),
      });
    },
    lower: (fence: FenceSettings, epoch) =>
      invocation.call<{ kind: 'lowered' } | { kind: 'failed'; because: string }>(
        'fences.lower',
        () => world.fences.lower(fence, epoch),
        { throttled: () => ({ kind: 'failed', because: 'throttled' }), lost: () => ({ kind: 'failed', because: 'timed out' }) },
      ),
  };
  return { databases, latchPanel, fences };
}

function telling(world: World, invocation: Invocation) {
  const applications: DatabasePorts['applications'] = {
    refresh: (_what, token) =>
      invocation.call<'started' | 'done' | Unknown>('applications.refresh', () => world.refresh(token), orUnknown()),
  };
  const pointer: DatabasePorts['pointer'] = {
    set: (_parameter, endpoint, epoch) =>
      invocation.call<'set' | 'newer' | Unknown>('pointer.set', () => world.point(endpoint, epoch), orUnknown()),
  };
  const metrics: DatabasePorts['metrics'] = {
    publish: (published) => invocation.call<void>('metrics.publish', () => world.measure(published), orThrow()),
  };
  const announcer: DatabasePorts['announcer'] = {
    announce: (topic, event: FailoverEvent) =>
      invocation.call<void>('announcer.announce', () => world.announce(topic, event), orThrow()),
  };
  const machine: Machine = {
    start: (name, input) =>
      invocation.call<{ kind: 'started' | 'exists'; execution: string } | Unknown>(
        'machine.start',
        () => world.startMachine(name, input),
        orUnknown(),
      ),
  };
  return { applications, pointer, metrics, announcer, machine };
}
