import type { Ruled } from '../drill/rules';
import type { JournalItem } from '../journal';
import { latchNames, writerAlarm } from './names';

/** How long journal, metric and beacon may differ before somebody is paged: a latch takes up to two minutes to be seen. */
export const DOUBT_MS = 180_000;

/** What the journal wants: latch, hold, and which candidate's writer record is answered. */
export interface LatchWish {
  readonly on: boolean;
  readonly hold: boolean;
  readonly writers?: Readonly<Record<string, boolean>>;
}

/** What one place says about latch, hold or one candidate. `unknown` neither accuses nor acquits. */
export interface LatchSign {
  readonly what: 'latch' | 'hold' | `writer ${string}`;
  /** Such as `alarm cdk-failover-shop-app-latch-g1` or `beacon at 192.0.2.1:53`. */
  readonly source: string;
  readonly says: 'on' | 'off' | 'unknown';
}

export type LatchVerdict =
  | { readonly kind: 'ours' }
  /** Somebody or something other than the journal decides. */
  | { readonly kind: 'LatchNotOurs'; readonly because: readonly string[] }
  /** Nobody could say anything about the latch. */
  | { readonly kind: 'unknown'; readonly because: readonly string[] };

const word = (on: boolean) => (on ? 'on' : 'off');

/** The wish in words; another one starts the patience anew. */
export const wishText = ({ on, hold, writers = {} }: LatchWish): string => {
  const writing = Object.keys(writers).filter((candidate) => writers[candidate]);
  return [`latch ${word(on)}`, `hold ${word(hold)}`, ...writing.map((candidate) => `writer ${candidate}`)].join(', ');
};

/** Holds what was seen against what the journal wants. One known contradiction is enough. */
export function judgeLatch(wanted: LatchWish, signs: readonly LatchSign[]): LatchVerdict {
  const writers = Object.entries(wanted.writers ?? {}).map(([candidate, on]) => [`writer ${candidate}`, word(on)] as const);
  const want: Readonly<Record<string, string>> = {
    latch: word(wanted.on),
    hold: word(wanted.hold),
    ...Object.fromEntries(writers),
  };
  const against = signs.filter((sign) => sign.says !== 'unknown' && sign.says !== want[sign.what]);
  if (against.length > 0) {
    return {
      kind: 'LatchNotOurs',
      because: against.map(({ what, source, says }) => `${source} says ${what} ${says}, the journal wants ${want[what]}`),
    };
  }
  const blind = (['latch', 'hold'] as const).filter((what) => {
    const about = signs.filter((sign) => sign.what === what);
    return about.every((sign) => sign.says === 'unknown');
  });
  if (blind.length === 0) return { kind: 'ours' };
  return { kind: 'unknown', because: blind.map((what) => `nobody says whether the ${what} is on`) };
}

/** What an alarm's state says about the metric that it watches. */
export const alarmSays = (state: string | undefined): LatchSign['says'] =>
  state === 'ALARM' ? 'on' : state === 'OK' ? 'off' : 'unknown';

/** What a TXT beacon on the not-latched check says. */
export const beaconLatch = (says: 'healthy' | 'unhealthy' | 'unknown'): LatchSign['says'] =>
  says === 'unhealthy' ? 'on' : says === 'healthy' ? 'off' : 'unknown';

export type DoubtAnswer =
  | { readonly kind: 'quiet' }
  | { readonly kind: 'page'; readonly sinceMs: number }
  /** What was paged is over. */
  | { readonly kind: 'resolve' };

/** Keeps the age of a contradiction in the journal, so that it outlives the keeper's minute; asks for a page once it is old enough. */
export function noteDoubt(
  item: JournalItem | undefined,
  verdict: LatchVerdict,
  wanted: string,
  nowMs: number,
): Ruled<DoubtAnswer> {
  const doubt = item?.latchDoubt;
  if (!item || verdict.kind === 'unknown') return quiet;
  if (verdict.kind === 'ours') {
    if (!doubt) return quiet;
    if (!doubt.paged && !doubt.telling) return withoutDoubt(item);
    return { kind: 'write', item: { ...item, latchDoubt: { ...doubt, over: true } }, answer: { kind: 'resolve' } };
  }
  if (!doubt || doubt.wanted !== wanted || doubt.over) {
    // An order changed meanwhile what is wanted; what was paged stays open until all agree, and once they did it may be closed.
    const { telling } = doubt ?? {};
    const latchDoubt = { sinceMs: nowMs, wanted, paged: doubt?.paged === true && !doubt.over, ...(telling ? { telling } : {}) };
    return { kind: 'write', item: { ...item, latchDoubt }, answer: { kind: 'quiet' } };
  }
  if (doubt.paged || nowMs - doubt.sinceMs <= DOUBT_MS) return quiet;
  const answer = { kind: 'page', sinceMs: doubt.sinceMs } as const;
  return { kind: 'write', item: { ...item, latchDoubt: { ...doubt, telling: true } }, answer };
}

/** Written once the page or its end is delivered: a page that got lost is asked for again the next minute. */
export function doubtTold(item: JournalItem | undefined, told: 'page' | 'resolve'): Ruled<DoubtAnswer> {
  const doubt = item?.latchDoubt;
  if (!item || !doubt) return quiet;
  if (told === 'resolve') return withoutDoubt(item);
  return { kind: 'write', item: { ...item, latchDoubt: { ...doubt, paged: true } }, answer: { kind: 'quiet' } };
}

const quiet: Ruled<DoubtAnswer> = { kind: 'keep', answer: { kind: 'quiet' } };

function withoutDoubt(item: JournalItem): Ruled<DoubtAnswer> {
  const { latchDoubt: _over, ...rest } = item;
  return { kind: 'write', item: rest, answer: { kind: 'quiet' } };
}

export interface Expired {
  readonly hold?: { readonly by: string };
  readonly pause: boolean;
}

/** Ends a hold and a pause whose time is over. Both always have one: nothing stays switched off because somebody forgot. */
export function expire(item: JournalItem | undefined, nowMs: number): Ruled<Expired> {
  const hold = item?.database?.latch.hold;
  const held = hold !== undefined && nowMs >= hold.untilMs;
  const paused = item?.pausedUntilMs !== undefined && nowMs >= item.pausedUntilMs;
  if (!item || (!held && !paused)) return { kind: 'keep', answer: { pause: false } };
  const { pausedUntilMs: _until, ...awake } = item;
  let next: JournalItem = paused ? awake : item;
  if (held && next.database) {
    const { hold: _over, ...latch } = next.database.latch;
    next = { ...next, database: { ...next.database, latch } };
  }
  return { kind: 'write', item: next, answer: { ...(held ? { hold: { by: hold.by } } : {}), pause: paused } };
}

/**
 * Takes over another generation of the latch. While the latch is on, the generation stays: a check on the new alarm would
 * start without history, which is "not latched".
 */
export function adoptGeneration(
  item: JournalItem | undefined,
  generation: number,
): Ruled<{ readonly kind: 'same' | 'adopted' } | { readonly kind: 'refused'; readonly because: string }> {
  const database = item?.database;
  if (!item || !database || database.latch.generation === generation) return { kind: 'keep', answer: { kind: 'same' } };
  const { latch } = database;
  if (latch.on) {
    return {
      kind: 'keep',
      answer: {
        kind: 'refused',
        because:
          `generation ${generation} of the latch is deployed while generation ${latch.generation} holds the primary out; ` +
          `deploy generation ${latch.generation} again, and change it after the failback`,
      },
    };
  }
  return {
    kind: 'write',
    item: { ...item, database: { ...database, latch: { ...latch, generation } } },
    answer: { kind: 'adopted' },
  };
}

/** The alarms of a latch as they are asked for. A pair without writer names has none for its candidates. */
export const latchAlarms = (
  namespace: string,
  pair: string,
  generation: number,
  candidates: readonly string[],
): readonly { readonly what: LatchSign['what']; readonly name: string }[] => {
  const { alarm, holdAlarm } = latchNames(namespace, pair, generation);
  return [
    { what: 'latch', name: alarm },
    { what: 'hold', name: holdAlarm },
    ...candidates.map((one) => ({ what: `writer ${one}` as const, name: writerAlarm(namespace, pair, one, generation) })),
  ];
};
