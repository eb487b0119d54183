/** The one-way step. The request is in the journal before the call is made; after that nobody asks without looking. */
import type { DatabaseMember, OrderedKind } from '../../../contracts/database';
import { notePromoted, requestPromotion } from '../../../decide/database/promotion-rules';
import { noteResult } from '../../../decide/database/run-rules';
import { lasting } from '../../../decide/database/words';
import type { MemberView, OrderAnswer } from '../../ports/database';
import { transact } from '../transact';
import { again, done, lost, memberOf, type StepContext, type StepSaid, stuck, tellRunIfPossible, undo } from './context';
import { writerIsBack } from './look';

/** How long an accepted order is given before a replica that still looks like one is asked again, in ms. */
const PATIENCE_MS = 120_000;

/** True once it writes for itself. Where the service names its writer, only that word counts. */
export function standsAlone(view: MemberView, kind: OrderedKind): boolean {
  if (view.status !== 'available') return false;
  if (kind === 'auroraGlobal') return view.isWriter === true;
  return view.replicaOf === undefined && view.isWriter !== false;
}

export async function promote(context: StepContext): Promise<StepSaid> {
  const { ports, pair, key, database, state, run } = context;
  const id = run.promoteRequested?.candidate ?? run.candidate;
  const candidate = id === undefined ? undefined : memberOf(database, state, id);
  if (!candidate) return run.promoteRequested ? stuck(`${id} is not registered`) : undo(`${id} is not registered`);
  const view = await ports.databases.look(database, candidate);
  if (view.kind === 'unknown') return again(`${candidate.id} cannot be looked at: ${view.because}`, ...lastSeen(context));
  if (run.promoteRequested) return goOn(context, candidate, view);
  if (view.kind === 'absent') return undo(`${candidate.id} does not exist`);
  if (standsAlone(view, database.kind)) return undo(`${candidate.id} stands alone already, and nobody here promoted it`);
  if (view.status !== 'available') return again(`${candidate.id} is ${view.status}, not available`);
  if (view.replicaOf !== state.writer) return undo(`${candidate.id} replicates from ${view.replicaOf}, not from ${state.writer}`);
  const back = await writerIsBack(context);
  if (back) return undo(back);
  const requested = await transact(ports.journal, pair, (item) => requestPromotion(item, key, ports.time.nowMs()));
  if (requested.kind === 'lost') return lost(requested.because);
  if (requested.kind === 'refused') return undo(...requested.because);
  // Somebody else requested it between our look and now: they may have ordered it too.
  if (requested.kind === 'already') return { ...again('another runner requested the promotion'), waitSec: 1 };
  await tellRunIfPossible(context, {
    type: 'promotion-requested',
    action: 'note',
    severity: 'critical',
    summary: `${pair} promotes ${candidate.id} at epoch ${key.epoch}; from here on only forward`,
    details: {
      candidate: candidate.id,
      lossMs: run.loss?.ms,
      basis: run.loss?.basis,
      fence: run.fence ?? 'none beyond latch and name',
    },
  });
  return order(context, candidate, 'first');
}

/** The request stands. What was seen decides: done, under way, or to be asked again. */
async function goOn(
  context: StepContext,
  candidate: DatabaseMember,
  view: MemberView | { readonly kind: 'absent' },
): Promise<StepSaid> {
  const { ports, pair, key, database, step } = context;
  if (view.kind === 'absent') return again(`${candidate.id} does not exist`);
  if (standsAlone(view, database.kind)) {
    const noted = await transact(ports.journal, pair, (item) => notePromoted(item, key, ports.time.nowMs()));
    return noted.kind === 'lost' ? lost(noted.because) : done(`${candidate.id} stands alone and is available`);
  }
  const { orderedAtMs, refused } = resultOf(step);
  if (view.status !== 'available') {
    const still = view.replicaOf === undefined ? 'it stands alone' : `it still replicates from ${view.replicaOf}`;
    const because = `${candidate.id} is ${view.status}, ${still}`;
    // Any other state may be a promotion under way whose answer was lost.
    const idle = orderedAtMs === undefined && (refused !== undefined || view.status === 'backing-up');
    return idle ? notTaken(context, candidate, because) : again(because);
  }
  const forMs = orderedAtMs === undefined ? Number.POSITIVE_INFINITY : Math.abs(ports.time.nowMs() - orderedAtMs);
  if (forMs < PATIENCE_MS) return again(`${candidate.id} still replicates, ${lasting(forMs)} after the order`);
  return order(context, candidate, 'repeated');
}

async function order(context: StepContext, candidate: DatabaseMember, turn: 'first' | 'repeated'): Promise<StepSaid> {
  const { ports, pair, key, database, run } = context;
  const answer = await give(context, candidate);
  ports.log.info('the promotion was ordered', { pair, run: run.id, candidate: candidate.id, answer: answer.kind });
  switch (answer.kind) {
    case 'accepted':
    case 'already': {
      const result: PromoteResult = { orderedAtMs: ports.time.nowMs() };
      const noted = await transact(ports.journal, pair, (item) => noteResult(item, key, 'promote_replica', result));
      return noted.kind === 'lost'
        ? lost(noted.because)
        : again(`${database.kind}: the order to promote ${candidate.id} is ${answer.kind}`);
    }
    case 'ambiguous': {
      const noted = await transact(ports.journal, pair, (item) => noteResult(item, key, 'promote_replica', {}));
      return noted.kind === 'lost' ? lost(noted.because) : again(`the order may have had its effect: ${answer.because}`);
    }
    case 'refused':
      // A repeated order may be refused because the first one is under way and the look was old.
      return answer.retryable || turn === 'repeated'
        ? notTaken(context, candidate, `the order was refused: ${answer.because}; ${candidate.id} still replicates`)
        : stuck(`${candidate.id} cannot be promoted: ${answer.because}`);
  }
}

/** What the step keeps between two calls. */
interface PromoteResult {
  /** When an order was taken. */
  readonly orderedAtMs?: number;
  /** Since when none is, why not, and whether somebody was told. */
  readonly refused?: { readonly sinceMs: number; readonly because: string; readonly told: boolean };
}

const resultOf = (step: StepContext['step']): PromoteResult => (step.result ?? {}) as PromoteResult;

/** An order that is not taken for this long is a person's to know of, in ms: a replica in a backup refuses for as long as that lasts. */
const REFUSED_MS = 120_000;

/** Nothing was promoted and nothing can be undone: the order is made again, and a person hears of it early. */
async function notTaken(context: StepContext, candidate: DatabaseMember, because: string): Promise<StepSaid> {
  const { ports, pair, key, step } = context;
  const before = resultOf(step);
  const nowMs = ports.time.nowMs();
  const sinceMs = before.refused?.sinceMs ?? nowMs;
  const late = Math.abs(nowMs - sinceMs) >= REFUSED_MS;
  const told =
    before.refused?.told === true ||
    (late &&
      (await tellRunIfPossible(context, {
        type: 'promotion-refused',
        action: 'trigger',
        severity: 'critical',
        summary: `${pair}: ${candidate.id} has not taken the order to promote for ${lasting(nowMs - sinceMs)}: ${because}. Nothing was promoted; the order is made again until it is taken. End what keeps the instance busy, such as a backup or a change`,
        details: { candidate: candidate.id, because },
      })));
  if (before.refused?.because !== because || before.refused.told !== told) {
    const result: PromoteResult = { ...before, refused: { sinceMs, because, told } };
    const noted = await transact(ports.journal, pair, (item) => noteResult(item, key, 'promote_replica', result));
    if (noted.kind === 'lost') return lost(noted.because);
  }
  return again(because);
}

const lastSeen = ({ step }: StepContext): readonly string[] => {
  const { refused } = resultOf(step);
  return refused ? [`when it was last seen: ${refused.because}`] : [];
};

/** With both sides alive the service can change roles without loss; in a failover that order would wait for the dead. */
function give({ ports, database, run, key }: StepContext, candidate: DatabaseMember): Promise<OrderAnswer> {
  const planned = run.kind !== 'failover' && database.kind === 'auroraGlobal';
  return planned
    ? ports.databases.switchover(database, candidate, key.epoch)
    : ports.databases.promote(database, candidate, key.epoch);
}
