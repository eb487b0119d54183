/** The renewer of a lease in a world: production code, beside a database, on the clock of that side. */
import type { DatabaseMember } from '../../../contracts/database';
import type { LeaseLook } from '../../../decide/database/lease';
import type { RenewerPorts } from '../../../runtime/drive/database/renew';
import type { Unknown } from '../../../runtime/ports';
import type { Invocation } from './invocation';
import { SOURCE } from './registrations';
import { within } from './setting';
import type { World } from './world';

const unknown = (because: string): Unknown => ({ kind: 'unknown', because });
const UNKNOWN = { throttled: () => unknown('throttled'), lost: () => unknown('timed out') };

/** Databases with a renewer: each that may write. */
export const renewed = ({ registration }: World): readonly DatabaseMember[] => [registration.source, ...registration.replicas];

/** The one beside the primary may be dead while its writer lives; and it is, while its writer is. */
export const renewerRuns = (world: World, id: string): boolean =>
  id !== SOURCE || (world.writerUp() && !within(world.setting.renewerDown, world.nowMs()));

const commits = (world: World, id: string): boolean =>
  id === SOURCE ? renewerRuns(world, id) && world.oldWrites() : world.service.writes(id, world.nowMs());

export function renewerPorts(world: World, invocation: Invocation, skewMs: number): RenewerPorts {
  const { scheduler, lease } = world;
  return {
    time: { nowMs: () => scheduler.nowMs() + skewMs, sleep: (ms) => invocation.sleep(ms) },
    stopwatch: { elapsedMs: () => scheduler.nowMs() },
    rows: {
      beat: (member) =>
        invocation.call<'committed' | Unknown>(
          'rows.beat',
          () => (commits(world, member.id) ? 'committed' : unknown('the writer does not commit')),
          UNKNOWN,
        ),
    },
    lease: {
      read: () => invocation.call<LeaseLook>('leases.read', () => lease.read(), UNKNOWN),
      renew: (_pair, holder, belief) =>
        invocation.call<'renewed' | 'refused' | Unknown>('leases.renew', () => lease.renew(holder, belief), UNKNOWN),
    },
    metrics: { publish: () => undefined },
    log: { info: () => undefined, error: () => undefined },
  };
}
