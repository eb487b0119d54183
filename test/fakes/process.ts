import type { DrillStepInput } from '../../lib/contracts/drill';
import type { FailoverEvent } from '../../lib/contracts/events';
import { latchMetrics } from '../../lib/decide/latch';
import type { DrillPorts } from '../../lib/runtime/drive/drill/context';
import type { StartPorts } from '../../lib/runtime/drive/drill/start';
import type { KeeperPorts } from '../../lib/runtime/drive/keeper';
import { restore } from '../../lib/runtime/drive/restore';
import type { Log } from '../../lib/runtime/ports';
import { type Hook, Mortal } from './mortal';
import { METRIC_FAULT, type World } from './world';

export type { Hook } from './mortal';

export const RESTORE_FUNCTION = 'arn:aws:lambda:eu-central-1:111111111111:function:restore';
const silent: Log = { info: () => undefined, error: () => undefined };

/** The alarm on the drill's metric follows it, unless a test says otherwise. */
function stateIn(world: World, name: string): readonly (readonly [string, string])[] {
  const said = world.alarmStates.get(name) ?? (name === METRIC_FAULT.alarm ? (world.metricAllows() ? 'OK' : 'ALARM') : undefined);
  return said === undefined ? [] : [[name, said]];
}

export type AllPorts = DrillPorts & StartPorts & KeeperPorts;

/** One run of one function. When it dies, its call and every later one never come back. */
export class Process extends Mortal<AllPorts> {
  constructor(
    private readonly world: World,
    hook?: Hook,
  ) {
    super(hook);
  }

  public ports(): AllPorts {
    const { world } = this;
    const { checks } = world;
    return {
      log: silent,
      restoreFunction: RESTORE_FUNCTION,
      time: this.time(world.time),
      dns: this.mortal('dns', {
        nameServers: async () => world.servers,
        ask: async (server: string, name: string, type: string) => world.answer(server, name, type),
        addresses: async (name: string) => [name],
      }),
      probe: this.mortal('probe', {
        probe: async (target, options = {}) => world.request({ ...target, ...options }),
      }) as DrillPorts['probe'],
      checks: this.mortal('checks', {
        read: (id: string) => checks.read(id),
        write: (id: string, version: number, change: { path?: string; port?: number }) => checks.write(id, version, change),
        observations: (id: string) => checks.observations(id),
      }),
      journal: this.journal(world.journal),
      registry: this.mortal('registry', {
        pair: async (name: string) =>
          name === world.registration.pair ? world.registration : { kind: 'unknown' as const, because: 'ParameterNotFound' },
        pairs: async () => [world.registration],
        checks: async () => world.checksDocument,
      }),
      machine: this.machine(world.executions),
      ...this.outbound(),
    };
  }

  private outbound() {
    const { world } = this;
    const { time } = world;
    return {
      schedules: this.mortal('schedules', {
        restoreAt: async (name: string, atMs: number, input: unknown) => {
          if (world.schedulesDown) return world.schedulesDown;
          if (world.schedules.has(name)) return 'exists' as const;
          world.schedules.set(name, { atMs, input });
          return 'created' as const;
        },
        remove: async (name: string) => (world.schedules.delete(name) ? ('removed' as const) : ('absent' as const)),
      }),
      alarms: this.mortal('alarms', {
        states: async (_region: string, names: readonly string[]) =>
          world.alarmsDown ?? Object.fromEntries(names.flatMap((name) => stateIn(world, name))),
      }) as DrillPorts['alarms'],
      metrics: this.mortal('metrics', {
        publish: async (metrics: Parameters<DrillPorts['metrics']['publish']>[0]) => {
          if (world.metricsDown) throw new Error(world.metricsDown);
          world.published.push(...metrics.map((one) => ({ ...one, atMs: time.nowMs() })));
        },
      }),
      serviceLooks: this.mortal('serviceLooks', {
        look: async () => {
          world.serviceLooks.push(time.nowMs());
          return world.service;
        },
      }),
      latchPanel: this.mortal('latchPanel', {
        publish: async (...[of, latch, writers]: Parameters<KeeperPorts['latchPanel']['publish']>) => {
          if (world.latchPanelDown) return world.latchPanelDown;
          world.published.push(...latchMetrics(of, latch, writers).map((one) => ({ ...one, atMs: time.nowMs() })));
          return 'published' as const;
        },
      }),
      reports: this.mortal('reports', {
        put: async (key: string, body: string) => {
          world.reports.set(key, body);
        },
      }),
      announcer: this.mortal('announcer', {
        announce: async (topicArn: string, event: FailoverEvent) => {
          world.announced.push({ ...event, topic: topicArn.split(':').pop() ?? '' });
        },
      }),
      functions: this.mortal('functions', { invoke: (name: string, payload: unknown) => this.invoke(name, payload) }),
    };
  }

  private async invoke(name: string, payload: unknown) {
    const { world } = this;
    if (name === 'inject') world.breakPrimary();
    if (name === 'mend') world.healPrimary();
    if (name !== RESTORE_FUNCTION) return { kind: 'done' as const, answer: undefined };
    try {
      return { kind: 'done' as const, answer: await restore(payload as DrillStepInput, new Process(world, this.hook).ports()) };
    } catch (error) {
      return { kind: 'failed' as const, because: (error as Error).message };
    }
  }
}
