import { Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { isKnown, type Problems } from '../internal/problems';

/** What a source renders: the metric of one minute in its own unit, and how to read it. */
export interface BoundLag {
  readonly metric: cloudwatch.Metric;
  /** Multiplies the metric's unit to seconds. */
  readonly factor: number;
  /** Lag at which the user is paged, in seconds. */
  readonly pageSec: number;
  /** True when a negative lag says that replication does not run. */
  readonly negativeIsStopped: boolean;
  /** What synth warns about. */
  readonly warning?: { readonly code: string; readonly text: string };
}

/** Where a lag source is used. */
export interface LagContext {
  readonly scope: Construct;
  /** What the user asked for, in seconds. */
  readonly thresholdSec: number;
  readonly problems: Problems;
}

/** An alarm cannot watch a metric of another Region. */
export function checkRegion(what: string, region: string, { scope, problems }: LagContext): void {
  const own = Stack.of(scope).region;
  problems.addIf(
    isKnown(region) && isKnown(own) && region !== own,
    'WrongRegion',
    `source is in ${region} but this stack is in ${own}; an alarm reads metrics of its own Region only; make the alarms in a stack of ${what}'s Region`,
  );
}
