import { type DBCluster, DescribeDBClustersCommand, RDSClient } from '@aws-sdk/client-rds';
import type { DatabaseMember } from '../../../contracts/database';
import type { Unknown } from '../../ports';
import type { Databases, MemberView } from '../../ports/database';
import { clientSettings, isNamed, unknownBecause } from '../clients';
import { Regional } from '../regional';
import { LOOK } from './orders';

export type FoundCluster = { readonly kind: 'cluster'; readonly cluster: DBCluster } | { readonly kind: 'absent' } | Unknown;

/** Clusters of RDS and Aurora, looked at in their own Region. */
export class RdsClusters {
  private readonly clients = new Regional((region) => new RDSClient(clientSettings({ ...LOOK, region })));

  public async view(member: Pick<DatabaseMember, 'id' | 'region'>): ReturnType<Databases['look']> {
    const found = await this.describe(member);
    return found.kind === 'cluster' ? clusterView(found.cluster) : found;
  }

  public async describe(member: Pick<DatabaseMember, 'id' | 'region'>): Promise<FoundCluster> {
    try {
      const answer = await this.clients.in(member.region).send(new DescribeDBClustersCommand({ DBClusterIdentifier: member.id }));
      const cluster = answer.DBClusters?.[0];
      return cluster ? { kind: 'cluster', cluster } : { kind: 'absent' };
    } catch (error) {
      return isNamed(error, 'DBClusterNotFoundFault') ? { kind: 'absent' } : unknownBecause(error);
    }
  }
}

export const clusterView = (cluster: DBCluster): MemberView => ({
  kind: 'member',
  id: cluster.DBClusterIdentifier ?? '',
  status: cluster.Status ?? 'not said',
  ...(cluster.BackupRetentionPeriod === undefined ? {} : { backupRetentionDays: cluster.BackupRetentionPeriod }),
  ...(cluster.Engine === undefined ? {} : { engine: cluster.Engine }),
  ...(cluster.MultiAZ === undefined ? {} : { multiAz: cluster.MultiAZ }),
  ...(cluster.EngineVersion === undefined ? {} : { engineVersion: cluster.EngineVersion }),
  ...writerIn(cluster),
});

/** Two that both say so name nobody. */
function writerIn({ DBClusterMembers: members = [] }: DBCluster): Pick<MemberView, 'writesBy'> {
  const [writer, ...others] = members.flatMap((one) => (one.IsClusterWriter ? [one.DBInstanceIdentifier] : []));
  return writer === undefined || others.length > 0 ? {} : { writesBy: writer };
}
