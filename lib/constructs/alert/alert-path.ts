import type { Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { FailoverRegions } from '../regions';

/** How urgent an alert is. */
export enum AlertSeverity {
  /** Wakes somebody: PagerDuty `critical`. */
  CRITICAL = 'critical',
  /** Can wait for the morning: PagerDuty `warning`. */
  WARNING = 'warning',
}

/** Service region of a PagerDuty account. */
export enum PagerDutyRegion {
  US = 'US',
  EU = 'EU',
}

/** Options of `AlertTarget.pagerDuty`. */
export interface PagerDutyTargetOptions {
  /** Name of the secret with the Events API v2 routing key, replicated to every Region that alerts: plain text, or JSON with `routingKey`. */
  readonly secretName: string;
  /** @default PagerDutyRegion.US */
  readonly serviceRegion?: PagerDutyRegion;
}

/** Who is told. */
export abstract class AlertTarget {
  /** PagerDuty, by Events API v2. */
  public static pagerDuty(options: PagerDutyTargetOptions): AlertTarget {
    return new PagerDutyTarget(options);
  }
  /** One mailbox, directly from the topics. The owner must confirm the subscription. */
  public static email(address: string): AlertTarget {
    return new EmailTarget(address);
  }
}
class PagerDutyTarget extends AlertTarget {
  constructor(readonly options: PagerDutyTargetOptions) {
    super();
  }
}
class EmailTarget extends AlertTarget {
  constructor(readonly address: string) {
    super();
  }
}

/** Where alerts go. */
export interface AlertPathProps {
  /** At least one. A single one warns `OnePath`: nobody would notice that it is broken. */
  readonly targets: AlertTarget[];
  /** Lets the sender read the drill journal, so that pages caused by a drill say so. @default - every page is real */
  readonly regions?: FailoverRegions;
}

/** Options of `AlertPath.addAlarm`. */
export interface AddAlarmOptions {
  /** @default AlertSeverity.CRITICAL */
  readonly severity?: AlertSeverity;
}

/** Encrypted topics, queue and PagerDuty sender: one foot per Region, made in the stack of the alarm that uses it. */
export class AlertPath extends Construct {
  constructor(scope: Construct, id: string, _props: AlertPathProps) {
    super(scope, id);
  }

  /** Sends the alarm when it fires and when it is over, through the foot of the alarm's own stack. */
  public addAlarm(_alarm: cloudwatch.Alarm, _options: AddAlarmOptions = {}): void {
    throw new Error('not there yet');
  }

  /** Topic of the foot in `stack`; makes the foot when it is not there. */
  public topicIn(_stack: Stack, _severity: AlertSeverity): sns.ITopic {
    throw new Error('not there yet');
  }
}
