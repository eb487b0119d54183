import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Answers findings of cdk-nag with a reason, on a construct and all below it. Users who do not run cdk-nag see nothing of it.
 *
 * Writes the metadata that `Validations.acknowledge` would write: aws-cdk-lib before 2.262 refuses ids with more than one
 * `::`, which findings on ARNs have.
 */
export function acknowledge(where: IConstruct, reasons: Readonly<Record<string, string>>): void {
  where.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, { ...reasons });
}
