/** What an order would do, before anybody is asked: who writes, who would, what is lost, what is fenced, what speaks against it. */
import type { DatabaseRegistration } from '../../../../contracts/database';
import type { PairRegistration } from '../../../../contracts/registration';
import { type ExpectedTime, expectedTotal } from '../../../../decide/database/expected';
import { FENCE_LEVELS, fenceName, fencesAfter, writesGoOn } from '../../../../decide/database/fences';
import { signsOfLife } from '../../../../decide/database/life';
import { gateLoss } from '../../../../decide/database/loss';
import { acquire, boundDatabase } from '../../../../decide/database/order-rules';
import { bestReplica, gapOf, judge, type Loss, lossText } from '../../../../decide/database/replica';
import type { ControllerState, DatabaseRun, DatabaseState, Side } from '../../../../decide/database/state';
import { failureOf } from '../../../../decide/database/watch-rules';
import type { Words } from '../../../../decide/database/witnesses';
import { blankItem } from '../../../../decide/drill/rules';
import type { JournalItem } from '../../../../decide/journal';
import { candidatesOf } from '../../database/context';
import { factsOf } from '../../database/look';
import { boundTo, lookedAt, type OrderPorts, sidesUnwell } from '../../database/orders';
import { membersOf } from '../../database/tick';
import type { StepLine } from '../progress';
import { plannedRun } from './progress';

export const FORESIGHT_SCHEMA = 'cdk-failover.foresight/1';

export type OrderKind = 'failover' | 'switchover' | 'failback';

export interface Intent {
  readonly kind: OrderKind;
  readonly pair: string;
  readonly by: string;
  readonly acceptLossMs?: number;
  readonly writesStopped?: boolean;
  readonly force?: string;
}

export interface ForeseenFence {
  readonly name: string;
  readonly level: string;
  /** `always`: needs nothing of the primary's Region. */
  readonly tried: 'always' | 'before the promotion' | 'after the promotion' | 'never';
  readonly because?: string;
}

export interface Foresight {
  readonly schema: typeof FORESIGHT_SCHEMA;
  readonly order: OrderKind;
  readonly pair: string;
  readonly recordName: string;
  readonly controlSet: string;
  readonly standbyRegion: string;
  readonly epoch: number;
  readonly state: ControllerState;
  readonly active: Side;
  readonly writer: string;
  readonly candidate?: { readonly id: string; readonly loss: Loss };
  /** Every other candidate, with the reason. */
  readonly notChosen: readonly { readonly id: string; readonly because: string }[];
  /** The moment at which the loss is judged, and why that one. */
  readonly judged: { readonly atMs: number; readonly because: string };
  /** What follows of the loss: goes on, or asks. */
  readonly loss?: string;
  readonly fences: readonly ForeseenFence[];
  readonly steps: readonly StepLine[];
  readonly takes: Omit<ExpectedTime, 'id'>;
  /** What the witnesses say now; for a failover only. */
  readonly evidence?: Words;
  /** The order is refused for these. */
  readonly refused: readonly string[];
  /** A person may go on against these. */
  readonly against: readonly string[];
}

export type Foreseen =
  | Foresight
  | { readonly kind: 'running'; readonly run: DatabaseRun; readonly state: ControllerState }
  | { readonly kind: 'refused'; readonly because: readonly string[] };

export async function foresee(intent: Intent, ports: OrderPorts): Promise<Foreseen> {
  const bound = await boundTo(intent.pair, ports);
  if ('because' in bound) return { kind: 'refused', because: bound.because };
  const { registration, database } = bound;
  const item = (await ports.journal.read(intent.pair)) ?? blankItem(intent.pair);
  const state = item.database ?? boundDatabase(membersOf(database));
  if (state.run) return { kind: 'running', run: state.run, state: state.state };
  const nowMs = ports.time.nowMs();
  const [candidates, evidence, unwell, fences] = await Promise.all([
    judged(intent, database, state, nowMs, ports),
    intent.kind === 'failover' ? lookedAt(bound, intent.pair, ports) : undefined,
    sidesUnwell(registration, intent.kind, ports),
    fencesOf(intent, database, ports),
  ]);
  const signs = evidence ? signsOfLife(evidence).map((sign) => `the primary lives: ${sign}`) : [];
  const planned = intent.kind !== 'failover';
  const epoch = item.epoch + 1;
  const consent =
    intent.acceptLossMs === undefined ? undefined : { by: intent.by, epoch, lossMs: intent.acceptLossMs, atMs: nowMs };
  const gate = candidates.chosen && !planned ? gateLoss(candidates.chosen.loss, database.dataLoss, epoch, consent) : undefined;
  return {
    schema: FORESIGHT_SCHEMA,
    order: intent.kind,
    ...placeOf(registration, database),
    epoch: item.epoch,
    state: state.state,
    active: state.active,
    writer: state.writer,
    ...(candidates.chosen ? { candidate: candidates.chosen } : {}),
    notChosen: candidates.notChosen,
    judged: candidates.judged,
    ...(gate ? { loss: gate.because } : planned ? { loss: PLANNED_LOSS } : {}),
    fences,
    steps: plannedRun(database, intent.kind),
    takes: expectedTotal(database, intent.kind),
    ...(evidence ? { evidence } : {}),
    refused: [
      ...ruledOut(intent, item, database, nowMs),
      ...(planned ? unwell : []),
      ...(intent.force === undefined ? signs : []),
    ],
    against: [
      ...(intent.force === undefined ? [] : signs),
      ...(planned ? [] : unwell),
      ...(candidates.chosen ? [] : ['no replica can take over now; it is given up after 60 s unless one can']),
      ...(gate?.kind === 'ask' ? [`it will wait for consent: ${gate.because}`] : []),
      ...fences.flatMap(({ name, tried, because }) => (tried !== 'never' && because ? [`${name} ${because}`] : [])),
      ...standing(item, state, nowMs),
    ],
  };
}

const PLANNED_LOSS = 'nothing is lost once writes are stopped and all has arrived; otherwise it asks';

const placeOf = ({ pair, recordName, namespace }: PairRegistration, { standbyRegion }: DatabaseRegistration) => ({
  pair,
  recordName,
  controlSet: namespace,
  standbyRegion,
});

/** Asks the very rule that the order will meet, and writes nothing. */
function ruledOut(intent: Intent, item: JournalItem, database: DatabaseRegistration, nowMs: number): readonly string[] {
  const { kind, pair, by, writesStopped } = intent;
  const ruled = acquire(item, {
    pair,
    kind,
    startedBy: by,
    automatic: false,
    seenEpoch: item.epoch,
    nowMs,
    members: membersOf(database),
  });
  const because = ruled.answer.kind === 'refused' ? [...ruled.answer.because] : [];
  if (kind !== 'failover' && database.kind !== 'auroraGlobal' && !writesStopped) {
    const goOn = writesGoOn(kind, database);
    if (goOn) because.push(goOn);
  }
  return because;
}

/** The candidates as the run will judge them. */
async function judged(intent: Intent, database: DatabaseRegistration, state: DatabaseState, nowMs: number, ports: OrderPorts) {
  const suspect = intent.kind === 'failover' ? state.suspect : undefined;
  const failure = failureOf(suspect, nowMs);
  const { failedAtMs } = failure;
  const run = { kind: intent.kind } as DatabaseRun;
  const facts = await Promise.all(
    candidatesOf(database, state, run).map((member) =>
      factsOf(ports, database, member, failedAtMs, database.heartbeat ? gapOf(failure, member.id) : {}),
    ),
  );
  const { sampleAgeMs, lagMs } = database.limits;
  const limits = { sampleAgeMs, lagMs: Math.max(lagMs, intent.acceptLossMs ?? 0) };
  const best = bestReplica(facts, state.writer, failedAtMs, limits);
  const chosen = best.kind === 'chosen' ? { id: best.id, loss: best.loss } : undefined;
  const notChosen = facts
    .filter(({ id }) => id !== chosen?.id)
    .map((one) => {
      const word = judge(one, state.writer, failedAtMs, limits);
      if (word.kind === 'ineligible') return { id: one.id, because: word.because };
      return { id: one.id, because: `it would lose ${lossText(word.loss)}` };
    });
  const because = suspect ? 'first evidence against the writer, by the prober' : 'now: the prober has seen nothing';
  return { ...(chosen ? { chosen } : {}), notChosen, judged: { atMs: failedAtMs, because } };
}

const ALWAYS: readonly ForeseenFence[] = [
  { name: 'epoch', level: 'F0', tried: 'always' },
  { name: 'latch', level: 'F1', tried: 'always' },
];

/** Fences are ordered in the primary's Region; whether it answers is seen by a look at the old writer. */
async function fencesOf(intent: Intent, database: DatabaseRegistration, ports: OrderPorts): Promise<readonly ForeseenFence[]> {
  const named = database.writerName ? [{ name: 'writer name', level: 'F2', tried: 'always' as const }] : [];
  if (intent.kind === 'failback') return [...ALWAYS, ...named];
  const { source, primaryRegion } = database;
  const view = database.fences.length > 0 ? await ports.databases.look(database, source) : undefined;
  const gone = view?.kind === 'unknown' ? `${primaryRegion} does not answer: ${view.because}` : undefined;
  const after = fencesAfter(database.fences).map(({ name }) => name);
  const configured = database.fences.map((fence): ForeseenFence => {
    const name = fenceName(fence);
    const level = FENCE_LEVELS[fence.kind];
    if (intent.writesStopped) return { name, level, tried: 'never', because: 'writes are stopped by hand' };
    if (gone) return { name, level, tried: 'before the promotion', because: `will not go up: ${gone}` };
    return { name, level, tried: after.includes(name) ? 'after the promotion' : 'before the promotion' };
  });
  return [...ALWAYS, ...named, ...configured];
}

/** What stands and does not forbid an order of a person. */
function standing(item: JournalItem, state: DatabaseState, nowMs: number): readonly string[] {
  const iso = (ms: number) => new Date(ms).toISOString();
  const { pausedUntilMs, incident } = item;
  return [
    ...(pausedUntilMs !== undefined && pausedUntilMs > nowMs ? [`automation is paused until ${iso(pausedUntilMs)}`] : []),
    ...(incident ? [`incident ${incident.key} is open since ${iso(incident.sinceMs)}`] : []),
    ...(state.splitBrain ? [`another writer was claimed: ${state.splitBrain.because}`] : []),
    ...(state.latch.hold ? [`users are held at the primary until ${iso(state.latch.hold.untilMs)}`] : []),
  ];
}
