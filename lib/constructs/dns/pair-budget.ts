import type { PairFacts } from '../../decide/budget';
import { numberOf } from '../../decide/timings';
import type { PairPlan } from './pair-rules';

/** What of a pair decides how fast it fails over. */
export function budgetFacts(plan: PairPlan, apex: boolean): PairFacts {
  const { protocol, intervalSec, failures, checkerRegions } = plan.primary.directProbe;
  const perRegion = numberOf('check.checkers', 'count') / numberOf('check.regions.all', 'count');
  return {
    pair: plan.name,
    check: {
      protocol,
      intervalSec,
      failures,
      checkers: checkerRegions ? checkerRegions.length * perRegion : numberOf('check.checkers', 'count'),
    },
    answer: { kind: plan.aliased ? 'elb-alias' : 'record', ttlSec: plan.ttlSec, apex },
  };
}
