/** Orders that start a run, or take one up. */

import type { PairRegistration } from '../../../../contracts/registration';
import { RENEW_MS } from '../../../../decide/database/lease';
import { signsOfLife } from '../../../../decide/database/life';
import { acquire, adopt as adoptRule } from '../../../../decide/database/order-rules';
import { runId } from '../../../../decide/database/run-rules';
import type { DatabaseRun, RunKind } from '../../../../decide/database/state';
import { failureOf } from '../../../../decide/database/watch-rules';
import type { Words } from '../../../../decide/database/witnesses';
import { patiently, probeSite } from '../../drill/look';
import { transact } from '../../transact';
import { beaconVerdict } from '../look';
import { PairMemory } from '../memory';
import { membersOf, startMachine } from '../tick';
import { gather } from '../witness';
import { type Bound, boundTo, type OrderPorts } from './bound';
import { tellOrder } from './note';

export type StartAnswer =
  | { readonly kind: 'started' | 'already-started'; readonly run: string; readonly epoch: number; readonly execution: string }
  | { readonly kind: 'refused'; readonly because: readonly string[] };

export interface StartOrder {
  readonly pair: string;
  readonly by: string;
  /** Generation that the person saw. Another one means that somebody came first; left out: whatever it is. */
  readonly epoch?: number;
  /** Consent to this loss, in ms, given with the order. */
  readonly acceptLossMs?: number;
  /** For a planned change: nothing writes to today's writer any more, by the person's word. */
  readonly writesStopped?: boolean;
  /** For a failover: why it goes ahead although the primary shows signs of life. Kept in the journal, and in the page. */
  readonly force?: string;
}

export const failover = (order: StartOrder, ports: OrderPorts) => start(order, 'failover', ports);

/** Planned, with both sides alive: nothing is lost, so both sides must be well. */
export const switchover = (order: StartOrder, ports: OrderPorts) => start(order, 'switchover', ports);

/** The way back, to a rebuilt replica in the primary's Region. */
export const failback = (order: StartOrder, ports: OrderPorts) => start(order, 'failback', ports);

async function start(order: StartOrder, kind: RunKind, ports: OrderPorts): Promise<StartAnswer> {
  const { pair } = order;
  const bound = await boundTo(pair, ports);
  if ('because' in bound) return { kind: 'refused', because: bound.because };
  const against = await spokenAgainst(order, kind, bound, ports);
  if (against.length > 0) return { kind: 'refused', because: against };
  const answer = await transact(ports.journal, pair, (item) => {
    const nowMs = ports.time.nowMs();
    const suspect = kind === 'failover' ? item?.database?.suspect : undefined;
    return acquire(item, {
      pair,
      kind,
      startedBy: order.by,
      automatic: false,
      seenEpoch: order.epoch ?? item?.epoch ?? 0,
      nowMs,
      ...failureOf(suspect, nowMs),
      ...(order.acceptLossMs === undefined ? {} : { acceptLossMs: order.acceptLossMs }),
      ...(order.writesStopped ? { writesStopped: true } : {}),
      ...(order.force === undefined ? {} : { forced: order.force }),
      members: membersOf(bound.database),
    });
  });
  if (answer.kind === 'acquired') return begin(pair, answer.run, ports);
  // The same order again, by the same person: the run is there, its machine perhaps not.
  const { running } = answer;
  const same = running && running.kind === kind && running.startedBy === order.by;
  return same ? begin(pair, running, ports) : { kind: 'refused', because: answer.because };
}

/** What is seen and speaks against the order: a living primary against a failover, an ill side against a planned change. */
async function spokenAgainst(order: StartOrder, kind: RunKind, bound: Bound, ports: OrderPorts): Promise<readonly string[]> {
  if (kind === 'failover' && order.force !== undefined) return [];
  // For a run that is under way this was judged before it began.
  if ((await ports.journal.read(order.pair))?.database?.run) return [];
  if (kind !== 'failover') return sidesUnwell(bound.registration, kind, ports);
  const words = await lookedAt(bound, order.pair, ports);
  return signsOfLife(words).map((sign) => `the primary lives: ${sign}`);
}

/** A lease shows life by a change only, so it is looked at twice, further apart than two renewals are. */
export async function lookedAt({ registration, database }: Bound, pair: string, ports: OrderPorts): Promise<Words> {
  const memory = new PairMemory();
  const writer = (await ports.journal.read(pair))?.database?.writer ?? database.source.id;
  const first = await gather(ports, registration, database, memory, writer);
  if (!database.lease) return first.words;
  await ports.time.sleep(2 * RENEW_MS);
  return (await gather(ports, registration, database, memory, writer)).words;
}

async function begin(pair: string, run: DatabaseRun, ports: OrderPorts): Promise<StartAnswer> {
  const started = await startMachine(ports, pair, run);
  if (started.kind === 'unknown') {
    return {
      kind: 'refused',
      because: [`${run.id} holds the pair, its machine was not started: ${started.because}; order it again`],
    };
  }
  const kind = started.kind === 'started' ? 'started' : 'already-started';
  return { kind, run: run.id, epoch: run.epoch, execution: started.execution };
}

/** Takes up a run that is stuck, or whose machine died, under a new execution. */
export async function adopt(
  order: { readonly pair: string; readonly by: string; readonly epoch: number },
  ports: OrderPorts,
): Promise<StartAnswer> {
  const { pair, by, epoch } = order;
  const key = { run: runId(pair, epoch), epoch };
  const answer = await transact(ports.journal, pair, (item) => adoptRule(item, key, ports.time.nowMs()));
  if (answer.kind === 'refused') return { kind: 'refused', because: [answer.because] };
  await tellOrder(order, 'run-adopted', `${by} adopted ${key.run}`, ports);
  return begin(pair, answer.run, ports);
}

/** Where users are about to be sent must answer, by Route 53's word and by our own probe. */
export async function sidesUnwell(registration: PairRegistration, kind: RunKind, ports: OrderPorts): Promise<string[]> {
  const side = kind === 'failback' ? 'primary' : 'standby';
  const name = registration.beacons[side];
  const because: string[] = [];
  if (name === undefined) because.push(`the ${side} has no beacon`);
  else {
    const verdict = await patiently(ports.time, () => beaconVerdict(ports, registration, name));
    if (verdict.kind !== 'healthy') because.push(`the ${side} is not known to be healthy: ${verdict.because}`);
  }
  const probed = await probeSite(ports, registration, side);
  if (probed.kind !== 'good') because.push(`the ${side} does not answer: ${probed.because}`);
  return because;
}
