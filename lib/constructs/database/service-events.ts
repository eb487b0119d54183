import { Names, type Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { acknowledge } from '../internal/acknowledge';

/** Categories that on-call reads; RDS sends them best effort, so nothing waits for one. */
const CATEGORIES = ['failover', 'global-failover', 'failure', 'availability', 'low storage', 'read replica', 'recovery'];

export interface ServiceEventsProps {
  /** In the Region of the databases. */
  readonly stack: Stack;
  readonly description: string;
  readonly ids: readonly string[];
  readonly topic: sns.ITopic;
}

/**
 * Passes what RDS says about the databases on to people: a hint, never evidence.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/working-with-events.html
 */
export function followServiceEvents(scope: Construct, { stack, description, ids, topic }: ServiceEventsProps): events.Rule {
  const rule = new events.Rule(stack, `FailoverEvents-${Names.nodeUniqueId(scope.node)}`, {
    description,
    eventPattern: {
      source: ['aws.rds'],
      detailType: ['RDS DB Instance Event', 'RDS DB Cluster Event'],
      detail: { SourceIdentifier: [...ids], EventCategories: CATEGORIES },
    },
    // The topic's own policy admits rules of its account and Region; the L2 target would add a second, wider statement.
    targets: [{ bind: () => ({ arn: topic.topicArn }) }],
  });
  acknowledge(rule, {
    'Serverless-EventBusDLQ': 'A hint: RDS sends it best effort, EventBridge tries for a day, and nothing waits for it.',
  });
  return rule;
}
