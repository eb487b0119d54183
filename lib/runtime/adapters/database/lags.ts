import type { DatabaseMember, DatabaseRegistration } from '../../../contracts/database';
import type { Functions, Unknown } from '../../ports';
import type { LagSample, Lags } from '../../ports/database';
import { CloudWatchLags } from './cloudwatch-lags';
import { OrderFunction } from './order-function';

/** Lag by CloudWatch, or by the user's function where RDS knows nothing of the database. */
export class AwsLags implements Lags {
  private readonly cloudWatch = new CloudWatchLags();
  private readonly custom: OrderFunction;

  public constructor(functions: Functions) {
    this.custom = new OrderFunction(functions);
  }

  public samples(
    registration: DatabaseRegistration,
    member: DatabaseMember,
    fromMs: number,
    toMs: number,
  ): Promise<readonly LagSample[] | Unknown> {
    const by = registration.kind === 'custom' ? this.custom : this.cloudWatch;
    return by.samples(registration, member, fromMs, toMs);
  }
}
