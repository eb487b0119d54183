import { DEFAULT_TARGETS, type Demand, type PairFacts } from '../../../lib/decide/budget';
import { type DrillReport, REPORT_SCHEMA } from '../../../lib/decide/drill/report-shape';

/** 10 s x 3 over HTTPS, ttl 30 s: what a pair has by default. */
export const DEFAULT_FACTS: PairFacts = {
  pair: 'app',
  check: { protocol: 'https', intervalSec: 10, failures: 3, checkers: 16 },
  answer: { kind: 'record', ttlSec: 30, apex: false },
};

export const DEFAULT_DEMAND: Demand = { targets: DEFAULT_TARGETS, waivers: [] };

export const factsWith = (
  check: Partial<PairFacts['check']> = {},
  answer: Partial<PairFacts['answer']> = {},
  database?: PairFacts['database'],
): PairFacts => ({
  ...DEFAULT_FACTS,
  check: { ...DEFAULT_FACTS.check, ...check },
  answer: { ...DEFAULT_FACTS.answer, ...answer },
  ...(database ? { database } : {}),
});

export const database = (kind: NonNullable<PairFacts['database']>['kind'], consentSec?: number) => ({
  kind,
  lagThresholdSec: 30,
  lagPeriodSec: 60,
  ...(consentSec === undefined ? {} : { consentSec }),
});

const T0 = Date.UTC(2026, 10, 3, 10, 0, 0);

/** A drill whose name answered the standby so many seconds after the fault. */
export const drill = (switchedSec: number | undefined, more: Partial<DrillReport> = {}): DrillReport => ({
  schema: REPORT_SCHEMA,
  drillId: 'app-tue-1',
  pair: 'app',
  level: 'TRAFFIC',
  scenario: 'primary_crash',
  startedAtMs: T0 - 60_000,
  endedAtMs: T0 + 600_000,
  requestedBy: 'schedule',
  verdict: 'passed',
  because: [],
  marks: { t0: T0, ...(switchedSec === undefined ? {} : { tS: T0 + switchedSec * 1_000 }) },
  results: [{ name: 'detection', sec: 30, targetSec: 30, met: true, provenance: 'measured' }],
  expectations: [],
  restore: { outcome: 'restored' },
  sampling: { periodMs: 250, largestGapMs: 400, limitMs: 1_000, valid: true },
  clientsMs: [],
  certificates: [],
  timeline: [],
  ...more,
});
