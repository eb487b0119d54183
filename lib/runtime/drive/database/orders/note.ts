/** Orders that only change the journal, and are told to everybody: consent, pause, a cleared claim. */

import { approve as approveRule, pause as pauseRule, resume as resumeRule } from '../../../../decide/database/order-rules';
import { claimKey, incidentKey } from '../../../../decide/database/run-rules';
import { clearSplitBrain } from '../../../../decide/database/watch-rules';
import { lasting } from '../../../../decide/database/words';
import { isUnknown, tellIfPossible } from '../../drill/context';
import { transact } from '../../transact';
import type { NotePorts } from './bound';

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
/** Lets everybody know what a person ordered; the order stands whether or not it is heard. */
export async function tellOrder(
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

export const done = (because: string): DoneAnswer => ({ kind: 'done', because });
