import { type DBInstance, DescribeDBInstancesCommand, PromoteReadReplicaCommand, RDSClient } from '@aws-sdk/client-rds';
import type { DatabaseMember, DatabaseRegistration } from '../../../contracts/database';
import type { Unknown } from '../../ports';
import type { Databases, MemberView, OrderAnswer } from '../../ports/database';
import { clientSettings, isNamed, unknownBecause } from '../clients';
import { Regional } from '../regional';
import { failedOrder, idOf, LOOK, ORDER } from './orders';

/** Instances of RDS: read replicas that can be promoted, each asked in its own Region. */
export class RdsInstances implements Databases {
  private readonly looks = new Regional((region) => new RDSClient(clientSettings({ ...LOOK, region })));
  private readonly orders = new Regional((region) => new RDSClient(clientSettings({ ...ORDER, region })));

  public look(_registration: DatabaseRegistration, member: DatabaseMember): ReturnType<Databases['look']> {
    return this.view(member);
  }

  public async view(member: Pick<DatabaseMember, 'id' | 'region'>): ReturnType<Databases['look']> {
    const found = await this.describe(member);
    return found.kind === 'instance' ? viewOf(found.instance) : found;
  }

  /** Keeps retention and window of the backups: left out, RDS would fall back to one day and a window of its choice. */
  public async promote(_registration: DatabaseRegistration, candidate: DatabaseMember): Promise<OrderAnswer> {
    const found = await this.describe(candidate);
    if (found.kind === 'absent') return { kind: 'refused', because: `${candidate.id} does not exist`, retryable: false };
    if (found.kind === 'unknown') return { kind: 'refused', because: `nothing was ordered: ${found.because}`, retryable: true };
    if (sourceOf(found.instance) === undefined) return alone(candidate);
    const { BackupRetentionPeriod: days = 0, PreferredBackupWindow } = found.instance;
    try {
      await this.orders.in(candidate.region).send(
        new PromoteReadReplicaCommand({
          DBInstanceIdentifier: candidate.id,
          BackupRetentionPeriod: Math.max(days, 1),
          ...(PreferredBackupWindow ? { PreferredBackupWindow } : {}),
        }),
      );
      return { kind: 'accepted' };
    } catch (error) {
      return isNamed(error, 'InvalidDBInstanceStateFault') ? this.wrongState(candidate, error as Error) : failedOrder(error);
    }
  }

  public async switchover(_registration: DatabaseRegistration, candidate: DatabaseMember): Promise<OrderAnswer> {
    const because = `RDS cannot switch ${candidate.id} over: stop writes, let it catch up, promote it`;
    return { kind: 'refused', because, retryable: false };
  }

  /** The same error for a replica that is promoted already, one that is being promoted, and one that is being backed up. */
  private async wrongState(candidate: DatabaseMember, error: Error): Promise<OrderAnswer> {
    const found = await this.describe(candidate);
    if (found.kind === 'instance' && sourceOf(found.instance) === undefined) return alone(candidate);
    const status = found.kind === 'instance' ? `it is ${found.instance.DBInstanceStatus}` : 'its state is not known';
    return { kind: 'refused', because: `${error.name}: ${error.message} (${status})`, retryable: true };
  }

  private async describe(
    member: Pick<DatabaseMember, 'id' | 'region'>,
  ): Promise<{ readonly kind: 'instance'; readonly instance: DBInstance } | { readonly kind: 'absent' } | Unknown> {
    try {
      const answer = await this.looks.in(member.region).send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: member.id }));
      const instance = answer.DBInstances?.[0];
      return instance ? { kind: 'instance', instance } : { kind: 'absent' };
    } catch (error) {
      return isNamed(error, 'DBInstanceNotFoundFault') ? { kind: 'absent' } : unknownBecause(error);
    }
  }
}

const alone = (candidate: DatabaseMember): OrderAnswer => ({
  kind: 'already',
  because: `${candidate.id} replicates from nothing any more`,
});

const sourceOf = (instance: DBInstance) =>
  instance.ReadReplicaSourceDBInstanceIdentifier || instance.ReadReplicaSourceDBClusterIdentifier || undefined;

function viewOf(instance: DBInstance): MemberView {
  const source = sourceOf(instance);
  const replication = instance.StatusInfos?.find((info) => info.StatusType === 'read replication');
  return {
    kind: 'member',
    id: instance.DBInstanceIdentifier ?? '',
    status: instance.DBInstanceStatus ?? 'not said',
    ...(source === undefined ? {} : { replicaOf: idOf(source) }),
    ...(replication?.Status === undefined ? {} : { replicating: replication.Status === 'replicating' }),
    ...(instance.BackupRetentionPeriod === undefined ? {} : { backupRetentionDays: instance.BackupRetentionPeriod }),
    ...(instance.Engine === undefined ? {} : { engine: instance.Engine }),
    ...(instance.PreferredBackupWindow === undefined ? {} : { backupWindow: instance.PreferredBackupWindow }),
    managedSecret: instance.MasterUserSecret !== undefined,
    ...(instance.MultiAZ === undefined ? {} : { multiAz: instance.MultiAZ }),
    ...(instance.EngineVersion === undefined ? {} : { engineVersion: instance.EngineVersion }),
    ...(instance.AvailabilityZone === undefined ? {} : { zone: instance.AvailabilityZone }),
  };
}
