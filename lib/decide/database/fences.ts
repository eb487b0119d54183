/**
 * What keeps the old writer from writing. F0 (epoch), F1 (latch) and F2 (writer name) always stand; those here need an
 * answer from the primary's Region and are tried for 20 s.
 */
export type FenceLevel = 'F3' | 'F4' | 'F6';

/** The part of a fence's settings that its order depends on. */
export interface FenceKind {
  readonly kind: 'networkAcl' | 'stopInstance' | 'function';
  readonly id?: string;
  readonly name?: string;
  readonly denyAcl?: string;
}

export type RaisedFence =
  | { readonly name: string; readonly kind: 'up'; readonly level: string }
  | { readonly name: string; readonly kind: 'down'; readonly because: string };

export const fenceName = (fence: FenceKind): string =>
  `${fence.kind}:${fence.kind === 'networkAcl' ? fence.denyAcl : fence.kind === 'stopInstance' ? fence.id : fence.name}`;

export type FenceTurn<T> =
  | { readonly kind: 'raise'; readonly fences: readonly { readonly name: string; readonly fence: T }[] }
  /** Lets the replica replay what was already sent. */
  | { readonly kind: 'replay' };

/**
 * Which fences to try before the promotion, and in which order: what stops writes first, then a pause in which the
 * replica catches up, and only then the network ACL, which cuts replication too. An instance that a replica hangs on
 * cannot be stopped, so `stopInstance` waits until after the promotion.
 */
export function fenceOrder<T extends FenceKind>(fences: readonly T[]): readonly FenceTurn<T>[] {
  const named = (kind: FenceKind['kind']) =>
    fences.filter((f) => f.kind === kind).map((fence) => ({ name: fenceName(fence), fence }));
  return [{ kind: 'raise', fences: named('function') }, { kind: 'replay' }, { kind: 'raise', fences: named('networkAcl') }];
}

/** Fences that only work once nothing replicates from the old writer any more. */
export const fencesAfter = <T extends FenceKind>(fences: readonly T[]) =>
  fences.filter((f) => f.kind === 'stopInstance').map((fence) => ({ name: fenceName(fence), fence }));

/** The strongest of those that were verified: a higher number is not stronger, an ACL cuts what a function may miss. */
export function highestFence(raised: readonly RaisedFence[]): string | undefined {
  const levels = raised.flatMap((f) => (f.kind === 'up' ? [f.level] : []));
  const strength = ['F6', 'F3', 'F7', 'F4', 'F5'];
  return levels.sort((a, b) => rank(strength, a) - rank(strength, b))[0];
}

const rank = (order: readonly string[], level: string) => (order.includes(level) ? order.indexOf(level) : order.length);
