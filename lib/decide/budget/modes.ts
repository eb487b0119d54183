import { numberOf } from '../timings';
import { detectedBy, detectionTime, type FailureMode } from '../timings/detection';
import { SPANS, type SpanId } from '../timings/spans';
import type { Calibration } from './calibration';
import type { BudgetLine, DatabaseFacts, DatabaseKind, Fork, ModeBudget, PairFacts, Part, Path } from './types';

const HEALTH = 'https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html';
const RECORD = 'https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html';
const NEVER = 'a TCP check only connects: it never sees what the service answers';

/** A time of the data file as a line of the budget. */
function line(part: Part, id: SpanId): BudgetLine {
  const { bestSec, p50Sec, p95Sec, worstSec, what, provenance, source } = SPANS[id];
  return { part, bestSec, p50Sec, p95Sec, worstSec, what, provenance, source };
}

const CLIENT = line('client', 'client.reconnect');
const PROBER = line('prober', 'decide.prober');
const ASSESS = line('assess', 'decide.assess');
const LATCH = line('latch', 'latch.alarm');
const FENCED: Fork = { fork: [[line('fence', 'fence')], [LATCH]] };

const OUTAGES: Readonly<Record<'tcp' | 'http', readonly FailureMode[]>> = {
  http: ['refused', 'http-500', 'slow', 'black-hole'],
  tcp: ['refused', 'http-500', 'slow', 'black-hole-tcp'],
};
const UNSEEN_BY_TCP: readonly FailureMode[] = ['http-500', 'slow'];

/** Every failure mode of a pair, in the order in which they are shown. */
export function modeBudgets(facts: PairFacts, calibration?: Calibration): readonly ModeBudget[] {
  const { database } = facts;
  const dns = dnsLine(calibration);
  const switched = [ttlLine(facts), CLIENT];
  const promotion = database && crossRegion(database.kind);
  const outages = OUTAGES[facts.check.protocol === 'tcp' ? 'tcp' : 'http'].map((mode): ModeBudget => {
    if (facts.check.protocol === 'tcp' && UNSEEN_BY_TCP.includes(mode)) return { kind: 'never', mode, because: NEVER };
    const effective = [checkersLine(facts, mode), dns];
    const detection = effective.slice(0, 1);
    if (!database || !promotion) {
      return { kind: 'timed', mode, paths: { detection, effective, switch: switched, rto: [...effective, ...switched] } };
    }
    const decided: Fork = { fork: [[PROBER], effective] };
    const paths = {
      detection,
      effective,
      database: promotion,
      switch: [LATCH, ...switched],
      rto: [decided, ASSESS, FENCED, { fork: [promotion, switched] }],
      rpo: [lossLine(database)],
    };
    return { kind: 'timed', mode, paths };
  });
  return [...outages, ...databaseModes(database)];
}

/** Points of checks that were computed before: the pairs of an app mostly share one kind, and bisecting takes its time. */
const knownLines = new Map<string, BudgetLine>();

/** From the outage to the verdict of the checkers: known in closed form, so its points are exact. */
export function checkersLine(facts: PairFacts, mode: FailureMode): BudgetLine {
  const { intervalSec, failures, checkers, protocol } = facts.check;
  const key = `${protocol} ${intervalSec} ${failures} ${checkers} ${mode}`;
  const found = knownLines.get(key);
  if (found) return found;
  const computed = computedLine(facts, mode);
  knownLines.set(key, computed);
  return computed;
}

function computedLine(facts: PairFacts, mode: FailureMode): BudgetLine {
  const { intervalSec, failures, checkers, protocol } = facts.check;
  const timing = { intervalSec, failures, checkers };
  const { bestSec, medianSec, worstSec } = detectionTime(timing, mode);
  return {
    part: 'checkers',
    bestSec,
    p50Sec: medianSec,
    p95Sec: detectedBy(0.95, timing, mode),
    worstSec,
    what: `${protocol.toUpperCase()} check, ${intervalSec} s x ${failures}, ${checkers} checkers`,
    provenance: 'simulated',
    source: HEALTH,
  };
}

function dnsLine(calibration: Calibration | undefined): BudgetLine {
  const assumed = line('dns', 'dns.effective');
  if (!calibration) return assumed;
  const { points, drills, fromDay, toDay } = calibration.dns;
  const days = fromDay === toDay ? fromDay : `${fromDay} to ${toDay}`;
  return { ...assumed, ...points, provenance: 'measured', source: `${drills} drill${drills === 1 ? '' : 's'}, ${days}` };
}

/** What is left of a cached answer: a client may have asked at any moment of the TTL. */
function ttlLine(facts: PairFacts): BudgetLine {
  const alias = facts.answer.kind === 'elb-alias';
  const ttlSec = alias ? numberOf('record.ttl.alias-elb', 's') : facts.answer.ttlSec;
  return {
    part: 'ttl',
    bestSec: 0,
    p50Sec: ttlSec / 2,
    p95Sec: ttlSec * 0.95,
    worstSec: ttlSec,
    what: alias ? `cached answer, alias to a load balancer with its fixed ${ttlSec} s` : `cached answer, ttl ${ttlSec} s`,
    provenance: 'documented',
    source: RECORD,
  };
}

/** The database's own way into the other Region; undefined when it has none and stays behind the same endpoint. */
function crossRegion(kind: DatabaseKind): Path | undefined {
  if (kind === 'aurora-global') return [line('database', 'db.global-failover'), line('writer', 'db.global-endpoint')];
  if (kind === 'replica-promotion') return [line('database', 'db.replica-promotion'), line('writer', 'db.writer-name')];
  return undefined;
}

const IN_REGION: Readonly<Partial<Record<DatabaseKind, SpanId>>> = {
  'multi-az-instance': 'db.multi-az-instance',
  'multi-az-cluster': 'db.multi-az-cluster',
  'aurora-replica': 'db.aurora-replica',
  'aurora-alone': 'db.aurora-alone',
};

/** Losing the writer without losing the site, and moving it on purpose. RDS detects by itself: its times include that. */
function databaseModes(database: DatabaseFacts | undefined): readonly ModeBudget[] {
  if (!database) return [];
  const inRegion = IN_REGION[database.kind];
  if (inRegion) {
    const rto = [line('database', inRegion), line('writer', 'db.reconnect')];
    return [{ kind: 'timed', mode: 'writer-lost', paths: { database: rto, rto, rpo: [NO_LOSS] } }];
  }
  if (database.kind !== 'aurora-global') return [];
  const rto = [line('database', 'db.global-switchover'), line('writer', 'db.global-endpoint')];
  return [{ kind: 'timed', mode: 'planned', paths: { database: rto, rto, rpo: [NO_LOSS] } }];
}

const NO_LOSS: BudgetLine = {
  part: 'data',
  bestSec: 0,
  p50Sec: 0,
  p95Sec: 0,
  worstSec: 0,
  what: 'writes lost: none, replication is synchronous or waited for',
  provenance: 'documented',
  source: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html',
};

/**
 * Writes that an asynchronous replica may miss. Until the lag alarm has its two datapoints the lag may grow a second each
 * second, and the newest datapoint is up to one period old: threshold + 3 periods. Consent bounds it: a promotion that would
 * lose more waits for a person.
 */
function lossLine(database: DatabaseFacts): BudgetLine {
  const { lagThresholdSec, lagPeriodSec, consentSec } = database;
  const undetected = lagThresholdSec + 3 * lagPeriodSec;
  const worstSec = Math.min(undetected, consentSec ?? undetected);
  const bounded = consentSec !== undefined && consentSec < undetected;
  return {
    part: 'data',
    bestSec: 0,
    p50Sec: Math.min(1, worstSec),
    p95Sec: Math.min(lagThresholdSec, worstSec),
    worstSec,
    what: bounded
      ? `writes lost, bounded by the consent to ${consentSec} s`
      : `writes lost, alarm over ${lagThresholdSec} s of lag, ${lagPeriodSec} s metric`,
    provenance: 'assumed',
    source: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html',
  };
}
