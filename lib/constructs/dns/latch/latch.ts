import { isKnown, type Problems, shown } from '../../internal/problems';

/** Options of `Latch.alarm`. */
export interface AlarmLatchOptions {
  /**
   * Counts the changes of the latch's frozen alarms, 1 to 999. Raise it only when a release of this library says so, and never
   * while the primary is latched out: the alarms of a new generation have no history, which reads as "not latched".
   *
   * @default 1
   */
  readonly generation?: number;
}

/**
 * Keeps a decision against the primary, whatever its health check says.
 *
 * Without a latch Route 53 goes back to a rebooted primary within seconds, and answers the primary when both sides are
 * unhealthy. After a database was promoted neither may happen.
 */
export abstract class Latch {
  /**
   * An alarm on a metric in the standby Region, read by health checks. From order to answer no control plane takes part; plan one
   * to two minutes (assumed, AWS publishes no figure).
   *
   * Makes two alarms and six health checks. The primary is answered while it is healthy or held, and not latched out; the
   * standby while it is healthy, or the primary is latched out.
   *
   * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-creating-values.html
   */
  public static alarm(options: AlarmLatchOptions = {}): Latch {
    return new AlarmLatch(options);
  }

  /** No latch: users go back to the primary as soon as it is healthy. A database that is promoted refuses such a pair. */
  public static none(): Latch {
    return new NoLatch();
  }

  /**
   * Generation of the alarms; undefined without a latch.
   *
   * @internal
   */
  public abstract _generation(problems: Problems): number | undefined;
}

class AlarmLatch extends Latch {
  public constructor(private readonly options: AlarmLatchOptions) {
    super();
  }

  public _generation(problems: Problems): number {
    const generation = this.options.generation ?? 1;
    problems.addIf(
      !isKnown(generation) || !Number.isInteger(generation) || generation < 1 || generation > 999,
      'LatchGeneration',
      `latch has the generation ${shown(generation)}; it is part of frozen names and takes whole numbers from 1 to 999; leave it out for 1`,
    );
    return generation;
  }
}

class NoLatch extends Latch {
  public _generation(): undefined {
    return undefined;
  }
}
