import type { Provenance } from '../provenance';

/**
 * Times that vary, as four points of their distribution. Straight lines between the points; nothing is outside them.
 *
 * Where the vendor names a range only, its ends are the ends here and the points between are planning values. A drill
 * replaces them (`decide/budget/calibration`).
 */
export interface Span {
  readonly bestSec: number;
  readonly p50Sec: number;
  readonly p95Sec: number;
  readonly worstSec: number;
  readonly provenance: Provenance;
  readonly source: string;
  /** Day on which the source was read. */
  readonly date: string;
  /** What the time is, without the time. */
  readonly what: string;
}

const DOCS = 'https://docs.aws.amazon.com';
const AURORA = `${DOCS}/AmazonRDS/latest/AuroraUserGuide`;
const GLOBAL = `${AURORA}/aurora-global-database-disaster-recovery.html`;
const RDS = `${DOCS}/AmazonRDS/latest/UserGuide`;
const ALARM_CHECK = `${DOCS}/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html`;
const CHOOSE = `${DOCS}/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html`;

const span = (provenance: Provenance, points: readonly [number, number, number, number], source: string, what: string): Span => {
  const [bestSec, p50Sec, p95Sec, worstSec] = points;
  return { bestSec, p50Sec, p95Sec, worstSec, provenance, source, date: '2026-11-20', what };
};

// biome-ignore format: one span per line, so that the file reads and diffs as a table
export const SPANS = {
  'dns.effective': span('assumed', [1, 10, 30, 60], CHOOSE, "Route 53: the checkers' verdict to changed answers"),
  'client.reconnect': span('assumed', [0, 0.5, 0.95, 1], CHOOSE, 'a client that retries each second on a new connection'),

  'decide.prober': span('assumed', [10, 13.5, 16.5, 17], ALARM_CHECK, 'prober in the standby Region: 3 failures, 5 s apart, 2 s limit'),
  'decide.assess': span('assumed', [1, 3, 8, 8], GLOBAL, 'take the epoch, read the facts, pass the RPO gate'),
  'fence': span('assumed', [1, 6, 19, 20], GLOBAL, 'fence the old writer, given up after 20 s'),
  'latch.alarm': span('assumed', [45, 60, 110, 120], ALARM_CHECK, 'latch in DNS by an alarm-backed check of 60 s'),

  'db.multi-az-instance': span('documented', [60, 90, 117, 120], `${RDS}/Concepts.MultiAZ.Failover.html`, 'Multi-AZ instance failover, longer with large transactions'),
  'db.multi-az-cluster': span('documented', [10, 30, 35, 35], `${RDS}/multi-az-db-clusters-concepts-failover.html`, 'Multi-AZ DB cluster failover, longer with lag'),
  'db.aurora-replica': span('documented', [15, 30, 57, 60], `${AURORA}/Concepts.AuroraHighAvailability.html`, 'Aurora failover to a replica in the Region'),
  'db.aurora-alone': span('documented', [300, 500, 590, 600], `${AURORA}/Concepts.AuroraHighAvailability.html`, 'new Aurora writer without a replica'),
  'db.global-switchover': span('assumed', [20, 60, 200, 300], GLOBAL, 'Aurora Global switchover, planned, grows with lag'),
  'db.global-failover': span('assumed', [60, 180, 400, 600], GLOBAL, 'Aurora Global failover, "within a few minutes"'),
  'db.replica-promotion': span('assumed', [180, 600, 1_500, 1_800], `${RDS}/USER_ReadRepl.Promote.html`, 'cross-Region replica promotion, "several minutes or longer", blocked while backing up'),
  'db.reconnect': span('assumed', [1, 5, 30, 60], `${RDS}/Concepts.MultiAZ.Failover.html`, 'pools and DNS caches of the application find the new writer'),
  'db.global-endpoint': span('assumed', [5, 30, 100, 120], `${AURORA}/aurora-global-database-connecting.html`, 'global writer endpoint and caches find the new writer'),
  'db.writer-name': span('assumed', [5, 25, 70, 75], GLOBAL, 'writer name repointed, application refreshed, a write verified'),
} as const satisfies Readonly<Record<string, Span>>;

export type SpanId = keyof typeof SPANS;
