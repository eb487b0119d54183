import * as events from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { TRANSITION_DETAIL_TYPE, TRANSITION_SOURCE } from '../../decide/database/transition-events';
import type { FailoverPair } from '../dns';

/** Matches the transitions of one pair, and what else the options ask of an event. */
export function transitionRule(
  scope: Construct,
  id: string,
  { pairName, regions }: FailoverPair,
  options: events.OnEventOptions = {},
): events.Rule {
  const { target, crossStackScope, ...props } = options;
  const rule = new events.Rule(crossStackScope ?? scope, id, props);
  rule.addEventPattern({
    source: [TRANSITION_SOURCE],
    detailType: [TRANSITION_DETAIL_TYPE],
    detail: { pair: [pairName], namespace: [regions.controlSetName] },
  });
  rule.addTarget(target);
  return rule;
}
