import type { Provenance } from '../provenance';
import { SPANS } from '../timings/spans';

export type Service = 'database' | 'web' | 'api' | 'files' | 'analytics';
export const SERVICES: readonly Service[] = ['database', 'web', 'api', 'files', 'analytics'];

/** One way to fail a service over, with what it can promise at worst. */
export interface FailoverType {
  readonly service: Service;
  readonly type: string;
  readonly how: string;
  /** Worst time out of service, seconds. */
  readonly rtoSec: number;
  /** Worst stretch of lost writes, seconds. */
  readonly rpoSec: number;
  /** Also when a whole Region is lost. */
  readonly survivesRegion: boolean;
  readonly provenance: Provenance;
  /** When it is the wrong choice. */
  readonly notWhen: string;
}

const database = (id: keyof typeof SPANS, reconnectSec: number) => SPANS[id].worstSec + reconnectSec;
const reconnectSec = SPANS['db.reconnect'].worstSec;

/** Cheapest first within a service. */
// biome-ignore format: one way per line, so that the file reads and diffs as a table
export const FAILOVER_TYPES: readonly FailoverType[] = [
  { service: 'database', type: 'primary and standby in one Region', how: 'Multi-AZ instance', rtoSec: database('db.multi-az-instance', reconnectSec), rpoSec: 0, survivesRegion: false, provenance: 'documented', notWhen: 'RTO is below three minutes' },
  { service: 'database', type: 'primary and standby in one Region', how: 'Multi-AZ DB cluster, or Aurora with a replica', rtoSec: database('db.multi-az-cluster', reconnectSec), rpoSec: 0, survivesRegion: false, provenance: 'documented', notWhen: 'one instance does' },
  { service: 'database', type: 'primary and standby in two Regions', how: 'cross-Region read replica, promoted', rtoSec: database('db.replica-promotion', 320), rpoSec: 210, survivesRegion: true, provenance: 'assumed', notWhen: 'RTO is below an hour' },
  { service: 'database', type: 'primary and standby in two Regions', how: 'Aurora Global Database', rtoSec: database('db.global-failover', 365), rpoSec: 210, survivesRegion: true, provenance: 'assumed', notWhen: 'RTO is below 20 minutes, or a Region may be lost for that long' },
  { service: 'web', type: 'primary and standby', how: 'failover pair, 10 s x 2, ttl 30 s', rtoSec: 120, rpoSec: 0, survivesRegion: true, provenance: 'simulated', notWhen: 'both sides must serve at once' },
  { service: 'web', type: 'both sides serve', how: 'weighted records with a check each', rtoSec: 120, rpoSec: 0, survivesRegion: true, provenance: 'assumed', notWhen: 'state is kept on one side; only the users of the lost side notice' },
  { service: 'api', type: 'both sides serve', how: 'latency records with a check each', rtoSec: 120, rpoSec: 0, survivesRegion: true, provenance: 'assumed', notWhen: 'calls are not idempotent, or writes have one home' },
  { service: 'files', type: 'replicated', how: 'S3 replication with time control, or a Multi-Region Access Point', rtoSec: 120, rpoSec: 900, survivesRegion: true, provenance: 'documented', notWhen: 'every write must be there: 99.9 % within 15 min is the promise' },
  { service: 'analytics', type: 'warm standby', how: 'small copy, started and loaded by a person', rtoSec: 1_800, rpoSec: 300, survivesRegion: true, provenance: 'assumed', notWhen: 'nobody waits for the numbers: restore from a backup' },
];

export type Choice = { readonly kind: 'found'; readonly way: FailoverType } | { readonly kind: 'none'; readonly because: string };

/** The first, so the cheapest, way of a service that keeps both targets at worst. */
export function chooseFailover(
  service: Service,
  wanted: { readonly rtoSec: number; readonly rpoSec: number; readonly survivesRegion: boolean },
): Choice {
  const ways = FAILOVER_TYPES.filter((way) => way.service === service && (way.survivesRegion || !wanted.survivesRegion));
  const way = ways.find((w) => w.rtoSec <= wanted.rtoSec && w.rpoSec <= wanted.rpoSec);
  if (way) return { kind: 'found', way };
  const rtoSec = Math.min(...ways.map((w) => w.rtoSec));
  const rpoSec = Math.min(...ways.map((w) => w.rpoSec));
  return { kind: 'none', because: `the fastest way has RTO ${rtoSec} s, the safest RPO ${rpoSec} s at worst` };
}
