import type { LeaseWord, OutsideWord, ProbeWord, Words, WriterWord } from './witnesses';

/** What the words of the witnesses amount to. */
export type Outcome =
  /** The only automatic promotion. */
  | 'failover'
  /** The evidence calls for a person: it is weak, incomplete, or automation is off. */
  | 'ask'
  /** It would fail over, and something forbids it. */
  | 'blocked'
  /** The site is down and the writer is not known to be: Route 53 has moved users, nothing is promoted. */
  | 'traffic'
  | 'database'
  | 'partition'
  | 'outside'
  | 'hold';

export interface TriggerRow {
  readonly row: number;
  /** A list that is left out matches every word. */
  readonly outside?: readonly OutsideWord[];
  readonly probe?: readonly ProbeWord[];
  readonly writer?: readonly WriterWord[];
  readonly lease?: readonly LeaseWord[];
  /** `act`: the policy decides between failover and a person. */
  readonly outcome: Exclude<Outcome, 'failover' | 'blocked'> | 'act';
  readonly because: string;
}

/**
 * The first row that matches decides. A failing endpoint alone never reaches `act`, nor does a witness that is unknown
 * where another speaks for the primary.
 */
export const TRIGGER_ROWS: readonly TriggerRow[] = [
  {
    row: 10,
    outside: ['unhealthy', 'unknown'],
    probe: ['failed'],
    lease: ['renewed'],
    outcome: 'traffic',
    because: 'the primary renews its lease, so its writer accepts writes',
  },
  {
    row: 20,
    outside: ['healthy'],
    probe: ['failed'],
    outcome: 'partition',
    because: 'only we cannot reach the primary: the path between the Regions is broken',
  },
  {
    row: 30,
    outside: ['unhealthy', 'unknown'],
    probe: ['failed'],
    writer: ['dead'],
    outcome: 'act',
    because: 'site and writer are dead',
  },
  {
    row: 40,
    outside: ['unhealthy'],
    probe: ['failed'],
    writer: ['silent'],
    outcome: 'ask',
    because: 'the site is down, and the evidence against the writer is weak',
  },
  {
    row: 41,
    outside: ['unhealthy'],
    probe: ['failed'],
    writer: ['alive'],
    outcome: 'traffic',
    because: 'the site is down and the writer lives',
  },
  {
    row: 42,
    outside: ['unhealthy'],
    probe: ['failed'],
    writer: ['unknown'],
    outcome: 'traffic',
    because: 'the site is down; nothing proves that the writer is dead',
  },
  {
    row: 43,
    outside: ['unknown'],
    probe: ['failed'],
    outcome: 'partition',
    because: 'we cannot reach the primary, nor learn what Route 53 says',
  },
  {
    row: 50,
    probe: ['good'],
    writer: ['dead'],
    outcome: 'database',
    because: 'the site answers and its writer is dead: the service may be failing over inside its Region',
  },
  {
    row: 60,
    outside: ['unhealthy'],
    probe: ['good'],
    outcome: 'outside',
    because: 'we reach the primary and Route 53 does not',
  },
  { row: 70, probe: ['failing'], outcome: 'hold', because: 'a missed probe is not an outage' },
  { row: 90, outcome: 'hold', because: 'the primary answers' },
];

export type Policy =
  | { readonly kind: 'unanimous' }
  | { readonly kind: 'manual' }
  | { readonly kind: 'quorum'; readonly of: number };

/** How long the service is left alone with a dead writer behind a living site, in ms. */
export const GRACE_MS = 180_000;

export interface TriggerFacts {
  readonly words: Words;
  readonly policy: Policy;
  /** For how long the writer has been spoken against, in ms. */
  readonly writerForMs: number;
  /** Why nothing may be promoted now, although the witnesses agree. */
  readonly notReady: readonly string[];
}

export interface TriggerDecision {
  readonly outcome: Outcome;
  readonly row: number;
  readonly because: readonly string[];
}

const matches = <T>(words: readonly T[] | undefined, word: T) => words === undefined || words.includes(word);

export const rowFor = (words: Words): TriggerRow => {
  const found = TRIGGER_ROWS.find(
    (r) =>
      matches(r.outside, words.outside.says) &&
      matches(r.probe, words.probe.says) &&
      matches(r.writer, words.writer.says) &&
      matches(r.lease, words.lease.says),
  );
  if (!found) throw new Error('no row matches; the last one must match everything');
  return found;
};

/** What to do about the primary now. */
export function decideTrigger(facts: TriggerFacts): TriggerDecision {
  const { words } = facts;
  const found = rowFor(words);
  const heard = [words.outside.because, words.probe.because, words.writer.because, words.lease.because];
  const decide = (outcome: Outcome, ...because: readonly string[]): TriggerDecision => ({
    outcome,
    row: found.row,
    because: [found.because, ...because, ...heard],
  });
  if (found.outcome === 'database') return facts.writerForMs < GRACE_MS ? decide('hold', grace(facts)) : decide('database');
  if (found.outcome !== 'act') return decide(found.outcome);
  const missing = againstPolicy(facts.policy, words);
  if (missing) return decide('ask', missing);
  return facts.notReady.length > 0 ? decide('blocked', ...facts.notReady) : decide('failover');
}

const grace = (facts: TriggerFacts) => `the service has ${GRACE_MS} ms to recover it, ${facts.writerForMs} ms have passed`;

/**
 * Why the policy leaves this to a person. A quorum lets Route 53 be silent; it never lets it be contradicted. Our own probe and the
 * evidence about the writer come over one path, and a cut of it silences both, so without Route 53 the lease must speak. A lease is
 * more than a witness: automation takes it, and can take only a record that it saw standing still.
 */
function againstPolicy(policy: Policy, words: Words): string | undefined {
  const { lease } = words;
  if (policy.kind === 'quorum' && lease.says !== 'none' && lease.says !== 'expired') {
    return `the lease is ${lease.says}, and automation takes it only once it stood still`;
  }
  if (policy.kind === 'quorum' && lease.says === 'none' && words.outside.says !== 'unhealthy') {
    return 'only what comes over our own path speaks against the primary: Route 53 is not heard, and there is no lease';
  }
  const against = [
    words.outside.says === 'unhealthy',
    words.probe.says === 'failed',
    words.writer.says === 'dead',
    words.lease.says === 'expired',
  ].filter(Boolean).length;
  switch (policy.kind) {
    case 'manual':
      return 'the trigger is manual';
    case 'unanimous': {
      const asked = words.lease.says === 'none' ? 3 : 4;
      return against === asked ? undefined : `${against} of ${asked} witnesses speak against the primary, all must`;
    }
    case 'quorum':
      return against >= policy.of ? undefined : `${against} witnesses speak against the primary, ${policy.of} must`;
  }
}

/** How long an outcome must last before it is paged: checkers and resolvers need their time, and so does a return. */
export function pageAfterMs(outcome: Outcome): { readonly lastsMs: number; readonly suspectMs: number } | undefined {
  switch (outcome) {
    case 'ask':
    case 'blocked':
    case 'database':
      return { lastsMs: 0, suspectMs: 0 };
    case 'traffic':
      return { lastsMs: 15_000, suspectMs: 0 };
    case 'partition':
    case 'outside':
      return { lastsMs: 45_000, suspectMs: 90_000 };
    case 'failover':
    case 'hold':
      return undefined;
  }
}
