import type { IConstruct } from 'constructs';
import type { DrillSettings, PairRegistration } from '../../contracts/registration';
import { Problems } from '../internal/problems';
import type { PairPlan } from './pair-rules';

/** Refuses a drill that could not move this pair, or could not see that it did. */
export function checkDrillable(pair: IConstruct, plan: PairPlan, registered: PairRegistration, { fault }: DrillSettings): void {
  const problems = new Problems();
  problems.addIf(
    plan.aliased,
    'DrillNeedsAddresses',
    'the pair answers aliases of load balancers at the apex; their addresses change, so a drill cannot tell which side answers; drill a pair with a recordName',
  );
  const kind = plan.primary.check?.kind;
  problems.addIf(
    fault.kind === 'healthCheckPath' && kind !== 'endpoint',
    'DrillNeedsEndpoint',
    `health is HealthProbe.${kind}, and DrillFault.healthCheckPath moves the path or port of an endpoint check; use DrillFault.metric, or DrillFault.functions`,
  );
  problems.addIf(
    registered.drill !== undefined,
    'SecondDrill',
    'the pair has a drill already; two would break each other; give one drill all scenarios',
  );
  problems.throwAt(pair);
}
