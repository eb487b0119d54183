import { type Loss, lossText } from './replica';
import type { Consent } from './state';
import { lasting } from './words';

/** What the user consented to when the database was bound. */
export type LossPolicy = { readonly kind: 'never' } | { readonly kind: 'any' } | { readonly kind: 'upTo'; readonly ms: number };

export type LossDecision =
  | { readonly kind: 'accepted'; readonly because: string }
  | { readonly kind: 'ask'; readonly lossMs: number; readonly because: string };

/**
 * The RPO gate. A consent holds for its epoch and for the loss that was shown, or less; a larger loss asks again.
 */
export function gateLoss(loss: Loss, policy: LossPolicy, epoch: number, consent?: Consent): LossDecision {
  if (policy.kind === 'any') return { kind: 'accepted', because: `any loss is consented to; it is ${lossText(loss)}` };
  if (policy.kind === 'upTo' && loss.ms <= policy.ms) {
    return { kind: 'accepted', because: `the loss is ${lossText(loss)}; ${lasting(policy.ms)} are consented to` };
  }
  // Lag samples are a minute old, so their zero is no proof; a service's promise and rows that stand still are.
  if (loss.ms === 0 && loss.basis !== 'lag samples') return { kind: 'accepted', because: `nothing is lost, by ${loss.basis}` };
  if (consent && consent.epoch === epoch && loss.ms <= consent.lossMs) {
    return { kind: 'accepted', because: `${consent.by} consented to ${lasting(consent.lossMs)}; the loss is ${lossText(loss)}` };
  }
  const limit = policy.kind === 'upTo' ? `${lasting(policy.ms)} are consented to` : 'none is consented to';
  const again = consent && consent.epoch === epoch ? `; ${consent.by} consented to ${lasting(consent.lossMs)} only` : '';
  return { kind: 'ask', lossMs: loss.ms, because: `the loss would be ${lossText(loss)}; ${limit}${again}` };
}
