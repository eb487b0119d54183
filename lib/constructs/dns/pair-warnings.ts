import type { IConstruct } from 'constructs';
import { warn } from '../internal/problems';
import type { FailoverPairProps } from './failover-pair';
import type { PairChecks } from './pair-checks';
import type { PairPlan } from './pair-rules';

/** A longer time to live warns: it counts in full against the RTO. */
const LONG_TTL_SEC = 60;

/** What is allowed and rarely wanted. */
export function warnAbout(
  pair: IConstruct,
  { ttl, alerts, regions }: FailoverPairProps,
  plan: PairPlan,
  checks: PairChecks,
): void {
  regions._pairs.countChecks(pair, checks.made);
  const kind = plan.primary.check?.kind ?? 'endpoint';
  if (kind !== 'endpoint') {
    warn(
      pair,
      'BudgetBlind',
      `health is HealthProbe.${kind}, and the budget knows the times of endpoint checks only: it judges detection as if the primary were probed by ${plan.primary.directProbe.protocol} every ${plan.primary.directProbe.intervalSec} s; let a drill measure it`,
    );
  }
  if (!alerts) warn(pair, 'NoAlerts', `nobody is told when a side of ${plan.fqdn} fails; set alerts`);
  if (ttl && plan.aliased) {
    warn(
      pair,
      'TtlIgnored',
      `ttl is set, but aliases of load balancers at the apex have 60 s; leave it out, or use a recordName`,
    );
  } else if (plan.ttlSec > LONG_TTL_SEC) {
    warn(
      pair,
      'LongTtl',
      `ttl is ${plan.ttlSec} s and counts in full against the RTO; AWS advises ${LONG_TTL_SEC} s or less; lower ttl`,
    );
  }
}
