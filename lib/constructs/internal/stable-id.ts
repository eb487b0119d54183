import type { CfnElement } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { pascal } from './dns-names';

/**
 * Gives the resource of an L2 a logical id made of stable names only.
 *
 * Moving constructs in the tree then replaces no check and no record, and resources with physical names stay deployable.
 */
export function keepId(resource: IConstruct, ...names: readonly string[]): void {
  (resource.node.defaultChild as CfnElement).overrideLogicalId(`Failover${names.map(pascal).join('')}`);
}
