import type { LatchSettings } from '../../../contracts/database';
import { latchBeacons } from '../../../decide/latch';
import type { Problems } from '../../internal/problems';
import type { Beacons } from '../beacons';
import type { PairPlan } from '../pair-rules';

/** Checks that a pair can be latched, and names its beacons; undefined when a problem was added. */
export function planLatch(plan: PairPlan, beacons: Beacons, problems: Problems): LatchSettings['beacons'] | undefined {
  const latch = beacons._name('latch', plan.fqdn);
  const primaryAllowed = beacons._name('allowed-primary', plan.fqdn);
  const standbyAllowed = beacons._name('allowed-standby', plan.fqdn);
  problems.addIf(
    latch === undefined,
    'BeaconsNeeded',
    'beacons is Beacons.none(); whoever latches the primary out sees in them that it is; use Beacons.open(), or Beacons.labelled with a random label',
  );
  problems.addIf(
    plan.standby.check === undefined,
    'LatchNeedsStandbyCheck',
    'standbyHealth is HealthProbe.none() and the pair has a latch; whoever latches waits until the standby is healthy, and without a check nobody knows; give the standby https, http or tcp',
  );
  for (const [prop, side] of [['health', plan.primary] as const, ['standbyHealth', plan.standby] as const]) {
    problems.addIf(
      side.check?.kind === 'calculated',
      'LatchOverCalculated',
      `${prop} is HealthProbe.calculated and the pair has a latch, which is calculated itself; Route 53 knows one level only; give a single probe`,
    );
  }
  // The beacon `_allowed-standby-<label>._failover.` goes in front.
  const most = 253 - latchBeacons('', 'x'.repeat(32)).standbyAllowed.length;
  problems.addIf(
    plan.fqdn.length > most,
    'RecordName',
    `recordName is "${plan.fqdn}" and it has ${plan.fqdn.length} characters, at most ${most} beside the beacons of its latch; give a shorter name`,
  );
  if (latch === undefined || primaryAllowed === undefined || standbyAllowed === undefined) return undefined;
  return { latch, primaryAllowed, standbyAllowed };
}
