import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { DrillSettings } from '../../contracts/registration';

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
   * What the drill is told.
   *
   * @internal
   */
  public abstract _settings(): DrillSettings['fault'];

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
