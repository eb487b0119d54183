import type { FenceSettings } from './settings';

/**
 * What keeps the old writer from writing. F0 (epoch), F1 (latch) and F2 (writer name) always stand; those here need an
 * answer from the primary's Region and are tried for 20 s, or until nothing answered there twice in a row.
 */
export type FenceLevel = 'F3' | 'F4' | 'F6';

/** `silent`: how often in a row nothing answered there; absent after any answer, be it a refusal. */
export type RaisedFence =
  | { readonly name: string; readonly kind: 'up'; readonly level: string }
  | { readonly name: string; readonly kind: 'down'; readonly because: string; readonly silent?: number };

/** How strong each kind is, once it was verified. */
export const FENCE_LEVELS: Readonly<Record<FenceSettings['kind'], FenceLevel>> = {
  networkAcl: 'F3',
  function: 'F4',
  stopInstance: 'F6',
};

/** Why a planned change cannot lose nothing: writes go on, and nobody said that they are stopped. */
export function writesGoOn(
  run: 'switchover' | 'failback',
  database: { readonly kind: string; readonly fences: readonly Pick<FenceSettings, 'kind'>[] },
): string | undefined {
  // Fences are given for the primary's side, and an ACL alone would cut off what the replica has still to receive.
  if (run === 'failback') return 'today’s writer cannot be fenced from here, and nobody said that writes are stopped';
  if (database.fences.some((fence) => fence.kind === 'function')) return undefined;
  return 'a planned change needs a fence that stops writes and leaves replication alive, or writes stopped by hand';
}

/** What the fencing step keeps between two calls. */
export interface Fencing {
  readonly raised: readonly RaisedFence[];
  /** The replica had its time to receive what was sent before the first fence. */
  readonly replayed: boolean;
}

export const fenceName = (fence: FenceSettings): string => {
  switch (fence.kind) {
    case 'networkAcl':
      return `networkAcl:${fence.denyAcl}`;
    case 'stopInstance':
      return `stopInstance:${fence.id}`;
    case 'function':
      return `function:${fence.name}`;
  }
};

export interface NamedFence {
  readonly name: string;
  readonly fence: FenceSettings;
}

export type FenceTurn =
  | { readonly kind: 'raise'; readonly fences: readonly NamedFence[] }
  /** Lets the replica replay what was already sent. */
  | { readonly kind: 'replay' };

/**
 * Which fences to try before the promotion, and in which order: what stops writes first, then a pause in which the
 * replica catches up, and only then the network ACL, which cuts replication too. An instance that a replica hangs on
 * cannot be stopped, so `stopInstance` waits until after the promotion.
 */
export function fenceOrder(fences: readonly FenceSettings[]): readonly FenceTurn[] {
  return [
    { kind: 'raise', fences: named(fences, 'function') },
    { kind: 'replay' },
    { kind: 'raise', fences: named(fences, 'networkAcl') },
  ];
}

const named = (fences: readonly FenceSettings[], kind: FenceSettings['kind']): readonly NamedFence[] =>
  fences.filter((f) => f.kind === kind).map((fence) => ({ name: fenceName(fence), fence }));

/** Fences that only work once nothing replicates from the old writer any more. */
export const fencesAfter = (fences: readonly FenceSettings[]) => named(fences, 'stopInstance');

/** A fence that did not answer so often in a row is not waited for: its Region is gone, and every second costs users. */
export const SILENT_TRIES = 2;

/** What is known of one fence after another try. Any answer, a refusal too, begins the count of silences anew. */
export function afterTry(
  name: string,
  before: RaisedFence | undefined,
  answer:
    | { readonly kind: 'up'; readonly level: string }
    | { readonly kind: 'down'; readonly because: string; readonly unreachable?: boolean },
): RaisedFence {
  if (answer.kind === 'up') return { name, kind: 'up', level: answer.level };
  const { because } = answer;
  if (!answer.unreachable) return { name, kind: 'down', because };
  return { name, kind: 'down', because, silent: (before?.kind === 'down' ? (before.silent ?? 0) : 0) + 1 };
}

/** Whether more of the step's time can put another fence up: `silent` when every one that is down has stayed silent. */
export function fencing(raised: readonly RaisedFence[]): 'up' | 'silent' | 'open' {
  const down = raised.flatMap((f) => (f.kind === 'down' ? [f] : []));
  if (down.length === 0) return 'up';
  return down.every(({ silent = 0 }) => silent >= SILENT_TRIES) ? 'silent' : 'open';
}

/** In the words of a page: what is up, and what is not and why. */
export function fenceWords(raised: readonly RaisedFence[]): readonly string[] {
  if (raised.length === 0) return [`no fence is configured: ${ALWAYS}`];
  const words = raised.map((f) => {
    if (f.kind === 'up') return `${f.name} is up at ${f.level}`;
    const times = f.silent ? `did not answer, ${f.silent} times in a row` : 'is down';
    return `${f.name} ${times}: ${f.because}`;
  });
  return raised.some((f) => f.kind === 'up') ? words : [...words, ALWAYS];
}

const ALWAYS = 'F0 to F2 hold: epoch, latch and writer name';

/** The strongest of those that were verified: a higher number is not stronger, an ACL cuts what a function may miss. */
export function highestFence(raised: readonly RaisedFence[]): string | undefined {
  const levels = raised.flatMap((f) => (f.kind === 'up' ? [f.level] : []));
  const strength = ['F6', 'F3', 'F7', 'F4', 'F5'];
  return levels.sort((a, b) => rank(strength, a) - rank(strength, b))[0];
}

const rank = (order: readonly string[], level: string) => (order.includes(level) ? order.indexOf(level) : order.length);
