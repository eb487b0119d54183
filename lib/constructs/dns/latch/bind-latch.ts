import type { Construct } from 'constructs';
import { Problems, warn } from '../../internal/problems';
import type { Beacons } from '../beacons';
import type { Registration } from '../pair-registration';
import { planLatch } from './latch-rules';
import { LATCH_CHECKS, PairLatch, type PairLatchProps } from './pair-latch';

/** Checks that the pair can be latched, makes the latch and tells those who must know. */
export function bindLatch(
  pair: Construct,
  props: Omit<PairLatchProps, 'beacons'> & { readonly beacons: Beacons; readonly registration?: Registration },
): PairLatch {
  const { plan, regions, registration } = props;
  const problems = new Problems();
  const beacons = planLatch(plan, props.beacons, problems);
  problems.throwAt(pair);
  if (!beacons) throw new Error('a latch without beacons has a problem');
  const latch = new PairLatch(pair, { ...props, beacons });
  registration?.setLatch(latch.settings);
  regions._pairs.countChecks(pair, LATCH_CHECKS);
  if (plan.aliased) {
    warn(
      pair,
      'LatchAtApex',
      'the pair answers aliases of load balancers at the apex, and Route 53 evaluates their targets: a standby whose targets are all unhealthy is not answered, so users would get the primary although it is latched out; use a recordName',
    );
  }
  return latch;
}
