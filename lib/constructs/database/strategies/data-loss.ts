import type { Duration } from 'aws-cdk-lib';
import type { DatabaseRegistration } from '../../../contracts/database';
import { isKnown, type Problems } from '../../internal/problems';

/** Highest loss of a replica that is promoted, in seconds. */
export const MOST_LOSS_SEC = 60;
/** RDS ends replication that stood still for so long, so no replica is further behind. */
const LONGEST_LAG_MS = 30 * 86_400_000;
/** A lag sample from before the failure must be younger than this, in ms. */
const SAMPLE_AGE_MS = 300_000;

/** What a promotion may lose: the writes that the primary committed and the replica had not got when it failed. */
export abstract class DataLoss {
  /** Nothing is lost without a person's consent to the loss that is shown. Cross-Region replication is asynchronous, so each failover asks. */
  public static never(): DataLoss {
    return new BoundedLoss({ kind: 'never' });
  }

  /** Up to so many seconds of writes, as read before the failure; at most 60 s. A replica that is further behind is not promoted. */
  public static upTo(loss: Duration): DataLoss {
    return new UpTo(loss);
  }

  /** Any loss, of the replica that loses least. Still nothing is promoted whose lag was unknown before the failure. */
  public static any(): DataLoss {
    return new BoundedLoss({ kind: 'any' }, LONGEST_LAG_MS);
  }

  /**
   * What the controller is told.
   *
   * @internal
   */
  public abstract _bind(problems: Problems): Pick<DatabaseRegistration, 'dataLoss' | 'limits'>;
}

class BoundedLoss extends DataLoss {
  constructor(
    private readonly policy: DatabaseRegistration['dataLoss'],
    private readonly lagMs = MOST_LOSS_SEC * 1000,
  ) {
    super();
  }

  public _bind(): Pick<DatabaseRegistration, 'dataLoss' | 'limits'> {
    return { dataLoss: this.policy, limits: { lagMs: this.lagMs, sampleAgeMs: SAMPLE_AGE_MS } };
  }
}

class UpTo extends DataLoss {
  constructor(private readonly loss: Duration) {
    super();
  }

  public _bind(problems: Problems): Pick<DatabaseRegistration, 'dataLoss' | 'limits'> {
    const ms = this.loss.isUnresolved() ? Number.NaN : this.loss.toMilliseconds();
    problems.addIf(
      this.loss.isUnresolved(),
      'DataLoss',
      'dataLoss.upTo is only known at deploy time; the controller rests on it; give a plain Duration',
    );
    problems.addIf(
      isKnown(ms) && (ms <= 0 || ms > MOST_LOSS_SEC * 1000),
      'DataLoss',
      `dataLoss.upTo is ${ms / 1000} s; more than 0 and at most ${MOST_LOSS_SEC} s, because a replica further behind is not promoted; ` +
        'give less, or DataLoss.any(), or DataLoss.never() to be asked each time',
    );
    return { dataLoss: { kind: 'upTo', ms }, limits: { lagMs: MOST_LOSS_SEC * 1000, sampleAgeMs: SAMPLE_AGE_MS } };
  }
}
