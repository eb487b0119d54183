/** What a person orders. Each is safe to repeat, and answers with every reason when it is refused. */

import type { DatabaseMember, DatabaseRegistration } from '../../../contracts/database';
import type { PairRegistration } from '../../../contracts/registration';
import { fenceName } from '../../../decide/database/fences';
import { letThrough } from '../../../decide/database/kept-out';
import { RENEW_MS } from '../../../decide/database/lease';
import { signsOfLife } from '../../../decide/database/life';
import {
  acquire,
  adopt as adoptRule,
  approve as approveRule,
  pause as pauseRule,
  resume as resumeRule,
} from '../../../decide/database/order-rules';
import { abandonRebuild, beginRebuild, noteRebuilt } from '../../../decide/database/rebuild-rules';
import { claimKey, incidentKey, runId } from '../../../decide/database/run-rules';
import type { DatabaseRun, RunKind } from '../../../decide/database/state';
import { clearSplitBrain, failureOf } from '../../../decide/database/watch-rules';
import type { Words } from '../../../decide/database/witnesses';
import { lasting } from '../../../decide/database/words';
import { isUnknown, tellIfPossible } from '../drill/context';
import { patiently, probeSite } from '../drill/look';
import { transact } from '../transact';
import type { DatabasePorts } from './context';
import { beaconVerdict } from './look';
import { PairMemory } from './memory';
import type { ProberPorts } from './prober';
import { membersOf, startMachine } from './tick';
import { gather } from './witness';

export type OrderPorts = Omit<ProberPorts, 'aclLooks'> & Pick<DatabasePorts, 'fences'>;

/** What an order needs that only writes to the journal and says so. */
export type NotePorts = Pick<OrderPorts, 'journal' | 'registry' | 'announcer' | 'time' | 'log'>;

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

export interface Bound {
  readonly registration: PairRegistration;
  readonly database: DatabaseRegistration;
}

export async function boundTo(pair: string, ports: OrderPorts): Promise<Bound | { readonly because: readonly string[] }> {
  const [registration, database] = await Promise.all([ports.registry.pair(pair), ports.databaseRegistry.database(pair)]);
  if (isUnknown(registration)) return { because: [`the pair cannot be read: ${registration.because}`] };
  if (database.kind === 'unknown') return { because: [`the database cannot be read: ${database.because}`] };
  if (database.kind === 'none') return { because: [`the pair ${pair} has no database`] };
  if (database.kind === 'multiAzInstance' || database.kind === 'multiAzCluster' || database.kind === 'auroraCluster') {
    return { because: [`the service fails a ${database.kind} over by itself: there is nothing to promote`] };
  }
  return { registration, database };
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

export type DoneAnswer =
  | { readonly kind: 'done'; readonly because: string }
  | { readonly kind: 'refused'; readonly because: string };

/** Consents to the loss that was shown; the run goes on with its next call. */
export async function approve(
  order: { readonly pair: string; readonly by: string; readonly epoch: number; readonly lossMs: number },
  ports: NotePorts,
): Promise<DoneAnswer> {
  const answer = await transact(ports.journal, order.pair, (item) => approveRule(item, { ...order, nowMs: ports.time.nowMs() }));
  if (answer.kind === 'refused') return answer;
  return tellOrder(order, 'loss-consented', `${order.by} consented to ${lasting(order.lossMs)} at epoch ${order.epoch}`, ports);
}

/** Automation watches and pages but does not act until then; four hours when left out. */
export async function pause(
  order: { readonly pair: string; readonly by: string; readonly forMs?: number; readonly hold?: boolean },
  ports: NotePorts,
): Promise<DoneAnswer> {
  const { pair, by, hold, forMs = 4 * 3_600_000 } = order;
  const nowMs = ports.time.nowMs();
  const untilMs = nowMs + forMs;
  const answer = await transact(ports.journal, pair, (item) =>
    pauseRule(item, { pair, by, untilMs, nowMs, ...(hold ? { hold } : {}) }),
  );
  if (answer.kind === 'refused') return answer;
  return tellOrder(order, 'automation-paused', `paused until ${new Date(untilMs).toISOString()} by ${by}`, ports);
}

export async function resume(order: { readonly pair: string; readonly by?: string }, ports: NotePorts): Promise<DoneAnswer> {
  const answer = await transact(ports.journal, order.pair, resumeRule);
  if (answer.kind !== 'resumed') return { kind: 'refused', because: 'nothing is paused' };
  return tellOrder(order, 'automation-resumed', `automation acts again, by ${order.by ?? 'a person'}`, ports);
}

/** Lets everybody know what a person ordered; the order stands whether or not it is heard. */
async function tellOrder(
  order: { readonly pair: string; readonly by?: string; readonly epoch?: number },
  type: string,
  because: string,
  ports: NotePorts,
): Promise<DoneAnswer> {
  const registration = await ports.registry.pair(order.pair);
  if (!isUnknown(registration)) {
    await tellIfPossible(ports, registration, order.by ?? 'person', {
      type,
      incidentKey: order.epoch === undefined ? `${order.pair}/orders` : incidentKey(order.pair, order.epoch),
      ...(order.epoch === undefined ? {} : { epoch: order.epoch }),
      action: 'note',
      severity: 'info',
      summary: `${order.pair}: ${because}`,
    });
  }
  return done(because);
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

export type RebuildOrderAnswer = DoneAnswer | { readonly kind: 'under way'; readonly because: string };

/** Names the replica that stands where the old primary stood; order it again until it is seen replicating. */
export async function rebuild(
  order: { readonly pair: string; readonly by: string; readonly member: Omit<DatabaseMember, 'priority'> },
  ports: OrderPorts,
): Promise<RebuildOrderAnswer> {
  const { pair, member } = order;
  const bound = await boundTo(pair, ports);
  if ('because' in bound) return { kind: 'refused', because: bound.because.join('; ') };
  if (member.region !== bound.database.primaryRegion) {
    return {
      kind: 'refused',
      because: `${member.id} is in ${member.region}, the way back leads to ${bound.database.primaryRegion}`,
    };
  }
  const writer = (await ports.journal.read(pair))?.database?.writer;
  const began = await transact(ports.journal, pair, (item) => beginRebuild(item, member));
  if (began.kind === 'refused') return began;
  if (began.kind === 'begun')
    await tellOrder(order, 'rebuild-began', `${order.by} named ${member.id} as the replica that leads back`, ports);
  const view = await ports.databases.look(bound.database, { ...member, priority: 0 });
  if (view.kind === 'unknown') return { kind: 'under way', because: `${member.id} cannot be looked at: ${view.because}` };
  if (view.kind === 'absent') return { kind: 'under way', because: `${member.id} does not exist yet` };
  if (view.replicaOf === undefined)
    return { kind: 'under way', because: `${member.id} is ${view.status} and replicates from nobody yet` };
  if (view.replicaOf !== writer)
    return { kind: 'under way', because: `${member.id} replicates from ${view.replicaOf}, not from ${writer}` };
  if (view.status !== 'available') return { kind: 'under way', because: `${member.id} is ${view.status}` };
  const noted = await transact(ports.journal, pair, (item) => noteRebuilt(item, member.id));
  if (noted.kind === 'refused') return noted;
  await tellIfPossible(ports, bound.registration, order.by, {
    type: 'rebuild-done',
    incidentKey: `${pair}/rebuild`,
    action: 'note',
    severity: 'info',
    summary: `${pair}: ${member.id} replicates from ${writer}; a person may fail back`,
  });
  return done(`${member.id} replicates from ${writer}`);
}

/** Lets the old primary's network through again, so that a replica can be built there. Only while it has no part in a run. */
export async function lowerFences(order: { readonly pair: string; readonly by: string }, ports: OrderPorts): Promise<DoneAnswer> {
  const { pair } = order;
  const bound = await boundTo(pair, ports);
  if ('because' in bound) return { kind: 'refused', because: bound.because.join('; ') };
  const item = await ports.journal.read(pair);
  const run = item?.database?.run;
  if (run) return { kind: 'refused', because: `${run.id} is under way` };
  // Noted first: from here on nobody raises them again.
  await transact(ports.journal, pair, (found) => letThrough(found, order.by));
  const fences = bound.database.fences.filter((fence) => fence.kind !== 'stopInstance');
  const answers = await Promise.all(fences.map((fence) => ports.fences.lower(fence, item?.epoch ?? 0)));
  const failed = answers.some(({ kind }) => kind === 'failed');
  const words = fences.map((fence, n) => loweredWords(fenceName(fence), answers[n]));
  const because = words.length > 0 ? words.join('; ') : 'there is no fence to lower';
  await tellOrder(order, 'fences-opened', `${order.by} let the old primary through: ${because}`, ports);
  return failed ? { kind: 'refused', because } : done(because);
}

const loweredWords = (name: string, answer: Awaited<ReturnType<OrderPorts['fences']['lower']>> | undefined): string =>
  answer?.kind === 'failed' ? `${name} may still be up: ${answer.because}` : `${name} is down`;

export async function giveUpRebuild(
  order: { readonly pair: string; readonly by: string },
  ports: NotePorts,
): Promise<DoneAnswer> {
  const answer = await transact(ports.journal, order.pair, abandonRebuild);
  if (answer.kind === 'refused') return answer;
  return tellOrder(order, 'rebuild-given-up', `${order.by} gave the rebuild up; the standby goes on alone`, ports);
}

/** A person has made sure that only one of the two writes. */
export async function settleSplitBrain(
  order: { readonly pair: string; readonly by: string },
  ports: NotePorts,
): Promise<DoneAnswer> {
  const { pair, by } = order;
  const claim = await transact(ports.journal, pair, clearSplitBrain);
  if (!claim) return { kind: 'refused', because: 'no other writer was claimed' };
  const because = `${by} cleared the claim: ${claim.because}`;
  const registration = await ports.registry.pair(pair);
  if (!isUnknown(registration)) {
    await tellIfPossible(ports, registration, by, {
      type: 'claim-cleared',
      incidentKey: claimKey(pair, claim.epoch),
      epoch: claim.epoch,
      action: 'resolve',
      severity: 'info',
      summary: `${pair}: ${because}`,
    });
  }
  return done(because);
}

const done = (because: string): DoneAnswer => ({ kind: 'done', because });
