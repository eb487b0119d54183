import type { TargetKinds } from './target-kinds';

/** Service region of a PagerDuty account. */
export enum PagerDutyRegion {
  /** `https://events.pagerduty.com` */
  US = 'US',
  /** `https://events.eu.pagerduty.com` */
  EU = 'EU',
}

/** Severities of PagerDuty's Events API v2; a service may page loudly or not by them. */
export enum PagerDutySeverity {
  /** Highest severity. */
  CRITICAL = 'critical',
  /** Second severity. */
  ERROR = 'error',
  /** Third severity. */
  WARNING = 'warning',
  /** Lowest severity; alerts of a running drill carry it. */
  INFO = 'info',
}

/** Options of `AlertTarget.pagerDuty`. */
export interface PagerDutyTargetOptions {
  /**
   * Name of the secret with the routing key of an Events API v2 integration: plain text, or JSON with `routingKey`.
   *
   * The same name in every Region that alerts; replicate the secret, so that each Region alerts alone. The secret is
   * encrypted with the key `aws/secretsmanager`.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
   */
  readonly secretName: string;
  /**
   * Where the account lives.
   *
   * @default PagerDutyRegion.US
   */
  readonly serviceRegion?: PagerDutyRegion;
  /**
   * Severity in PagerDuty of what comes by the critical topic. Our own events carry theirs.
   *
   * @default PagerDutySeverity.CRITICAL
   */
  readonly criticalAs?: PagerDutySeverity;
  /**
   * Severity in PagerDuty of what comes by the warning topic.
   *
   * @default PagerDutySeverity.WARNING
   */
  readonly warningAs?: PagerDutySeverity;
}

/** Who is told. */
export abstract class AlertTarget {
  /** A PagerDuty service, by Events API v2: one incident per alarm or failover, resolved when it is over. */
  public static pagerDuty(options: PagerDutyTargetOptions): AlertTarget {
    return new PagerDutyTarget(options);
  }

  /** One mailbox, directly from the topics. Its owner must confirm two subscriptions per Region. */
  public static email(address: string): AlertTarget {
    return new EmailTarget(address);
  }

  /**
   * Sorts the target into the two kinds that there are.
   *
   * @internal
   */
  public abstract _into(kinds: TargetKinds): void;
}

class PagerDutyTarget extends AlertTarget {
  public constructor(private readonly options: PagerDutyTargetOptions) {
    super();
  }
  /** @internal */
  public _into(kinds: TargetKinds): void {
    kinds.pagerDuty.push(this.options);
  }
}

class EmailTarget extends AlertTarget {
  public constructor(private readonly address: string) {
    super();
  }
  /** @internal */
  public _into(kinds: TargetKinds): void {
    kinds.emails.push(this.address);
  }
}
