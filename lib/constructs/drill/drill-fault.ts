import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { DrillSettings } from '../../contracts/registration';
import type { FailoverPair } from '../dns';

/** Functions of `DrillFault.functions`. */
export interface FunctionsFaultOptions {
  /** Breaks the primary. Called once with `{ pair, drillId }`. In the standby Region. */
  readonly inject: lambda.IFunction;
  /** Mends it. Called at least once, also when nothing was broken; must be idempotent. In the standby Region. */
  readonly restore: lambda.IFunction;
}

/** How a drill breaks the primary. */
export abstract class DrillFault {
  /**
   * Points the primary's health check at a path where the primary answers 4xx or 5xx (a TCP check at a closed port).
   *
   * The primary keeps serving; users move only when Route 53 moves them. The one control-plane call of the project, scoped to
   * this check.
   */
  public static healthCheckPath(): DrillFault {
    return new HealthCheckPathFault();
  }

  /** Two functions of your own. What they break is really broken: the primary may stop serving. */
  public static functions(options: FunctionsFaultOptions): DrillFault {
    return new FunctionsFault(options);
  }

  /**
   * Publishes a metric that an alarm of the standby Region reads, and holds the primary out by that alarm: a check beside the
   * primary's own, so that a drill never makes a dead primary look healthy. No control plane is called. For a pair whose health is
   * an alarm or calculated, or whose checks must not be changed.
   *
   * The way to the standby and back is rehearsed, **detection is not**: what is noticed is the drill's alarm, after one to three
   * minutes, assumed. The report says so, and judges the switch alone. It ends by itself when nobody publishes any more.
   *
   * Adds one health check and one more for each probe that a calculated `health` can do without. The first deployment puts a new
   * check, which starts healthy, in front of the primary's: deploy it while nothing is wrong.
   *
   * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
   */
  public static metric(): DrillFault {
    return new MetricFault();
  }

  /**
   * What the drill is told.
   *
   * @internal
   */
  public abstract _settings(pair: FailoverPair): DrillSettings['fault'];

  /**
   * Whether the drill publishes the fault, and changes no health check.
   *
   * @internal
   */
  public get _byMetric(): boolean {
    return false;
  }

  /**
   * Functions of the user, by prop.
   *
   * @internal
   */
  public abstract _functions(): Partial<FunctionsFaultOptions>;
}

class HealthCheckPathFault extends DrillFault {
  public _settings(): DrillSettings['fault'] {
    return { kind: 'healthCheckPath' };
  }

  public _functions(): Partial<FunctionsFaultOptions> {
    return {};
  }
}

class MetricFault extends DrillFault {
  public _settings(pair: FailoverPair): DrillSettings['fault'] {
    return { kind: 'metric', ...pair._holdOut() };
  }

  public override get _byMetric(): boolean {
    return true;
  }

  public _functions(): Partial<FunctionsFaultOptions> {
    return {};
  }
}

class FunctionsFault extends DrillFault {
  public constructor(private readonly options: FunctionsFaultOptions) {
    super();
  }

  public _settings(): DrillSettings['fault'] {
    return { kind: 'functions', inject: this.options.inject.functionArn, restore: this.options.restore.functionArn };
  }

  public _functions(): Partial<FunctionsFaultOptions> {
    return this.options;
  }
}
