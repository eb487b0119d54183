import type { FenceSettings } from '../../../lib/contracts/database';
import type { FailoverEvent } from '../../../lib/contracts/events';
import type { DatabasePorts } from '../../../lib/runtime/drive/database/context';
import type { Log, Machine } from '../../../lib/runtime/ports';
import type { AclLooks } from '../../../lib/runtime/ports/database';
import type { Stopwatch } from '../../../lib/runtime/ports/heartbeat';
import { type Hook, Mortal } from '../mortal';
import type { DatabaseWorld } from './world';

const silent: Log = { info: () => undefined, error: () => undefined };

export type AllDatabasePorts = DatabasePorts & {
  readonly machine: Machine;
  readonly aclLooks: AclLooks;
  readonly stopwatch: Stopwatch;
};

/** One run of one function. When it dies, its call and every later one never come back. */
export class DatabaseProcess extends Mortal<AllDatabasePorts> {
  constructor(
    private readonly world: DatabaseWorld,
    hook?: Hook,
  ) {
    super(hook);
  }

  public ports(): AllDatabasePorts {
    const { world } = this;
    const { time } = world;
    return {
      log: silent,
      time: this.time(world.time),
      stopwatch: { elapsedMs: () => time.elapsedMs() },
      dns: this.mortal('dns', {
        nameServers: async () => world.servers,
        ask: async (server: string, name: string, _type: string, transport?: string) => {
          if (world.silent.has(server)) return { kind: 'unknown' as const, because: 'timed out' };
          const said = world.beacon(name);
          if (said === undefined) return { kind: 'none' as const, because: 'NXDOMAIN' };
          world.asked.add(transport ?? 'udp');
          return { kind: 'answer' as const, values: [said], ttlSec: 1 };
        },
        addresses: async (name: string) => [name],
      }),
      probe: this.mortal('probe', {
        probe: async (target: { connect: string }) => {
          const good = target.connect === '192.0.2.1' ? world.primary.web && world.primary.reachable : world.standby.web;
          return { kind: good ? ('good' as const) : ('bad' as const), because: good ? '200' : 'ECONNREFUSED', tookMs: 20 };
        },
      }) as DatabasePorts['probe'],
      journal: this.journal(world.journal),
      registry: this.mortal('registry', {
        pair: async () => world.registration,
        pairs: async () => [world.registration],
        checks: async () => ({ primary: 'a', standby: 'b' }),
      }),
      databaseRegistry: this.mortal('databaseRegistry', { database: async () => world.database }),
      machine: this.machine(world.executions),
      aclLooks: this.mortal('aclLooks', { look: async () => world.acls }),
      ...this.database(),
      ...this.outbound(),
    };
  }

  private database() {
    const { world } = this;
    return {
      databases: this.mortal('databases', {
        look: async (_: unknown, member: { id: string }) => world.look(member.id),
        promote: async (_: unknown, member: { id: string }, epoch: number) => world.promote(member.id, epoch),
        switchover: async (_: unknown, member: { id: string }, epoch: number) => world.promote(member.id, epoch),
      }) as DatabasePorts['databases'],
      lags: this.mortal('lags', {
        samples: async (_: unknown, member: { id: string }, fromMs: number, toMs: number) =>
          world.samples(member.id, fromMs, toMs),
      }) as DatabasePorts['lags'],
      heartbeats: this.mortal('heartbeats', {
        read: async (_: unknown, member: { id: string }) => world.heartbeat(member.id),
      }) as DatabasePorts['heartbeats'],
      latchPanel: this.mortal('latchPanel', {
        publish: async (
          _: unknown,
          latch: { on: boolean; hold: boolean },
          writers: Readonly<Record<string, boolean>>,
        ): Promise<'published'> => {
          world.publish(latch.on, latch.hold, writers);
          return 'published';
        },
      }) as DatabasePorts['latchPanel'],
      fences: this.mortal('fences', {
        raise: async (fence: FenceSettings) => {
          if (world.fenceRefused) return { kind: 'down' as const, because: world.fenceRefused };
          if (!world.primary.reachable)
            return { kind: 'down' as const, because: 'the Region does not answer', unreachable: true };
          const name = fence.kind === 'networkAcl' ? fence.denyAcl : fence.kind === 'function' ? fence.name : fence.id;
          world.fences.add(name);
          world.timeline.push(`fence ${name}`);
          return { kind: 'up' as const, level: fence.kind === 'networkAcl' ? 'F3' : fence.kind === 'function' ? 'F4' : 'F6' };
        },
        lower: async (fence: FenceSettings) => {
          const name = fence.kind === 'networkAcl' ? fence.denyAcl : fence.kind === 'function' ? fence.name : fence.id;
          if (!world.primary.reachable && world.fences.has(name)) return { kind: 'failed' as const, because: 'no answer' };
          world.fences.delete(name);
          return { kind: 'lowered' as const };
        },
      }),
    };
  }

  private outbound() {
    const { world } = this;
    return {
      applications: this.mortal('applications', {
        refresh: async (_: unknown, token: string) => {
          if (world.refreshed.has(token)) return 'done' as const;
          world.refreshed.add(token);
          return 'started' as const;
        },
      }),
      pointer: this.mortal('pointer', {
        set: async (parameter: string, endpoint: string, epoch: number) => {
          const found = world.pointers.get(parameter);
          if (found && found.epoch > epoch) return 'newer' as const;
          world.pointers.set(parameter, { endpoint, epoch });
          return 'set' as const;
        },
      }),
      leases: this.mortal('leases', {
        read: (pair: string) => world.lease.read(pair),
        take: (pair: string, rvn: string, epoch: number, holder: string) => world.lease.take(pair, rvn, epoch, holder),
        offer: (pair: string, epoch: number, holder: string) => world.lease.offer(pair, epoch, holder),
      }),
      metrics: this.mortal('metrics', {
        publish: async (metrics: readonly { name: string; value: number }[]) => {
          world.metrics.push(...metrics);
        },
      }) as DatabasePorts['metrics'],
      announcer: this.mortal('announcer', {
        announce: async (topicArn: string, event: FailoverEvent) => {
          if (world.deaf === true) throw new Error('SNS does not answer');
          world.announced.push({ ...event, topic: topicArn.split(':').pop() ?? '' });
        },
      }),
    };
  }
}
