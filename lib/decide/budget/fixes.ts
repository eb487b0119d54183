import { numberOf } from '../timings';
import { type Demand, type Miss, standing } from './judge';
import type { DatabaseKind, PairFacts } from './types';

/** A way out that was tried on the model. */
export interface Fix {
  /** What to change, in words of the API. Two changes only when no single one is enough. */
  readonly change: string;
  /** More per month at list prices (assumed); absent when it depends on what you run. */
  readonly monthlyUsd?: number;
  /** What else it does. */
  readonly note: string;
  /** False when the target stays at risk, but is no longer impossible. */
  readonly clears: boolean;
}

interface Candidate extends Omit<Fix, 'clears'> {
  readonly facts: PairFacts;
}

/** Cheapest change first; one change before two; a change that only helps last. Undefined when nothing that we know helps. */
export function findFix(facts: PairFacts, demand: Demand, miss: Miss): Fix | undefined {
  const leaves = (candidate: Candidate) => standing(candidate.facts, demand, miss.target);
  const singles = cheapestFirst(candidatesFor(facts));
  const single = singles.find((c) => leaves(c) === 'met');
  if (single) return fixOf(single, true);
  const doubles = cheapestFirst(singles.flatMap((first) => candidatesFor(first.facts).map((second) => both(first, second))));
  const double = doubles.find((c) => leaves(c) === 'met');
  if (double) return fixOf(double, true);
  const easier = miss.severity === 'impossible' ? singles.find((c) => leaves(c) === 'at-risk') : undefined;
  return easier && fixOf(easier, false);
}

function fixOf({ change, monthlyUsd, note }: Candidate, clears: boolean): Fix {
  return { change, ...(monthlyUsd === undefined ? {} : { monthlyUsd }), note, clears };
}

/** Stable: candidates of one price stay in the order of the list, which is the order of least disturbance. */
const cheapestFirst = (candidates: readonly Candidate[]): readonly Candidate[] =>
  [...candidates].sort((a, b) => (a.monthlyUsd ?? Number.MAX_VALUE) - (b.monthlyUsd ?? Number.MAX_VALUE));

function both(first: Candidate, second: Candidate): Candidate {
  const usd =
    first.monthlyUsd === undefined || second.monthlyUsd === undefined ? {} : { monthlyUsd: first.monthlyUsd + second.monthlyUsd };
  return { change: `${first.change} and ${second.change}`, ...usd, note: `${first.note}; ${second.note}`, facts: second.facts };
}

const FREE = 0;

/** Every change that the model knows, least disturbing first. */
function candidatesFor(facts: PairFacts): readonly Candidate[] {
  return [...checkChanges(facts), ...answerChanges(facts), ...dearChanges(facts), ...databaseChanges(facts)];
}

function checkChanges(facts: PairFacts): readonly Candidate[] {
  const { check } = facts;
  if (check.failures <= 2) return [];
  const [before, after] = [check.failures, 2].map((n) => n * check.intervalSec);
  return [
    {
      change: 'health failures: 2',
      monthlyUsd: FREE,
      note: `changed in place; an outage of about ${after} s moves the name, not only one of ${before} s`,
      facts: { ...facts, check: { ...check, failures: 2 } },
    },
  ];
}

function answerChanges(facts: PairFacts): readonly Candidate[] {
  const { answer } = facts;
  const ttlSec = numberOf('record.ttl.ours', 's');
  if (answer.kind === 'elb-alias') {
    if (answer.apex) return [];
    const note = 'an alias to a load balancer keeps its fixed 60 s';
    return [
      {
        change: `a CNAME to a regional name with ttl ${ttlSec} s in place of the alias`,
        monthlyUsd: FREE,
        note,
        facts: { ...facts, answer: { ...answer, kind: 'record', ttlSec } },
      },
    ];
  }
  return [ttlSec, 10]
    .filter((sec) => sec < answer.ttlSec)
    .map((sec) => ({
      change: `ttl: ${sec} s`,
      monthlyUsd: FREE,
      note: `changed in place; resolvers ask up to ${Math.round(answer.ttlSec / sec)} times as often`,
      facts: { ...facts, answer: { ...answer, ttlSec: sec } },
    }));
}

function dearChanges(facts: PairFacts): readonly Candidate[] {
  const { check } = facts;
  const option = 2 * numberOf('price.check.option.other', 'USD/month');
  const found: Candidate[] = [];
  const fastSec = numberOf('check.interval.fast', 's');
  if (check.intervalSec > fastSec) {
    found.push({
      change: `health interval: ${fastSec} s`,
      monthlyUsd: option,
      note: 'replaces the checks, and new checks start healthy',
      facts: { ...facts, check: { ...check, intervalSec: fastSec } },
    });
  }
  if (check.protocol === 'tcp') {
    found.push({
      change: 'HealthProbe.https() in place of tcp',
      monthlyUsd: option,
      note: 'needs a health endpoint; replaces the checks, and new checks start healthy',
      facts: { ...facts, check: { ...check, protocol: 'https' } },
    });
  }
  return found;
}

const DATABASE_CHANGES: readonly (readonly [from: readonly DatabaseKind[], to: DatabaseKind, change: string, note: string])[] = [
  [['aurora-alone'], 'aurora-replica', 'an Aurora replica in the Region', 'price of one more instance'],
  [
    ['multi-az-instance'],
    'multi-az-cluster',
    'a Multi-AZ DB cluster in place of the Multi-AZ instance',
    'price of two readable standbys',
  ],
  [
    ['replica-promotion'],
    'aurora-global',
    'Aurora Global Database in place of the cross-Region replica',
    'price depends on the instances',
  ],
  [
    ['replica-promotion', 'aurora-global'],
    'multi-az-cluster',
    'a Multi-AZ DB cluster in one Region in place of the cross-Region database',
    'survives the loss of a zone, not of the Region; price depends on the instances',
  ],
];

const databaseChanges = (facts: PairFacts): readonly Candidate[] => {
  const { database } = facts;
  if (!database) return [];
  return DATABASE_CHANGES.filter(([from]) => from.includes(database.kind)).map(([, kind, change, note]) => ({
    change,
    note,
    facts: { ...facts, database: { ...database, kind } },
  }));
};
