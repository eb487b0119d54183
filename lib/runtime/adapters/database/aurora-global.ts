import {
  DescribeGlobalClustersCommand,
  FailoverGlobalClusterCommand,
  type GlobalCluster,
  type GlobalClusterMember,
  RDSClient,
  SwitchoverGlobalClusterCommand,
} from '@aws-sdk/client-rds';
import type { DatabaseMember, DatabaseRegistration } from '../../../contracts/database';
import type { Unknown } from '../../ports';
import type { Databases, OrderAnswer } from '../../ports/database';
import { clientSettings, isNamed, unknownBecause } from '../clients';
import { Regional } from '../regional';
import { clusterView, RdsClusters } from './clusters';
import { failedOrder, idOf, LOOK, ORDER, regionOf } from './orders';

type Topology =
  | { readonly kind: 'topology'; readonly global: GlobalCluster; readonly self: GlobalClusterMember; readonly arn: string }
  | Unknown;

/**
 * Aurora Global Database. A failover and a switchover are two orders: without consent to data loss the failover call
 * silently is a switchover, and waits for a primary that is gone.
 */
export class AuroraGlobal implements Databases {
  private readonly looks = new Regional((region) => new RDSClient(clientSettings({ ...LOOK, region })));
  private readonly orders = new Regional((region) => new RDSClient(clientSettings({ ...ORDER, region })));
  private readonly clusters = new RdsClusters();

  public async look(registration: DatabaseRegistration, member: DatabaseMember): ReturnType<Databases['look']> {
    const [found, topology] = await Promise.all([this.clusters.describe(member), this.topology(registration, member)]);
    if (found.kind !== 'cluster') return found;
    if (topology.kind === 'unknown') return topology;
    const { global, self } = topology;
    const writer = global.GlobalClusterMembers?.find((other) => other.IsWriter)?.DBClusterArn;
    const isWriter = self.IsWriter === true;
    const view = clusterView(found.cluster);
    const { SynchronizationStatus: synchronization } = self;
    return {
      ...view,
      // While roles change the clusters themselves may still call themselves available.
      status: underWay(global) ?? view.status,
      isWriter,
      ...(isWriter || writer === undefined ? {} : { replicaOf: idOf(writer) }),
      ...(isWriter || synchronization === undefined ? {} : { replicating: synchronization === 'connected' }),
    };
  }

  /** In the Region of the candidate, because the other one may be gone. */
  public promote(registration: DatabaseRegistration, candidate: DatabaseMember): Promise<OrderAnswer> {
    return this.order(registration, candidate, async (topology) => {
      await this.orders.in(candidate.region).send(
        new FailoverGlobalClusterCommand({
          GlobalClusterIdentifier: topology.global.GlobalClusterIdentifier,
          TargetDbClusterIdentifier: topology.arn,
          AllowDataLoss: true,
        }),
      );
    });
  }

  /** In the Region of the writer, as the service wants it. */
  public switchover(registration: DatabaseRegistration, candidate: DatabaseMember): Promise<OrderAnswer> {
    return this.order(registration, candidate, async (topology) => {
      const writer = topology.global.GlobalClusterMembers?.find((other) => other.IsWriter)?.DBClusterArn;
      await this.orders.in(writer ? regionOf(writer) : candidate.region).send(
        new SwitchoverGlobalClusterCommand({
          GlobalClusterIdentifier: topology.global.GlobalClusterIdentifier,
          TargetDbClusterIdentifier: topology.arn,
        }),
      );
    });
  }

  private async order(
    registration: DatabaseRegistration,
    candidate: DatabaseMember,
    send: (topology: Extract<Topology, { kind: 'topology' }>) => Promise<void>,
  ): Promise<OrderAnswer> {
    const topology = await this.topology(registration, candidate);
    if (topology.kind === 'unknown')
      return { kind: 'refused', because: `nothing was ordered: ${topology.because}`, retryable: true };
    const before = doneAlready(topology, candidate);
    if (before) return before;
    try {
      await send(topology);
      return { kind: 'accepted' };
    } catch (error) {
      if (!isNamed(error, 'InvalidGlobalClusterStateFault', 'InvalidDBClusterStateFault')) return failedOrder(error);
      const now = await this.topology(registration, candidate);
      const answer = now.kind === 'topology' ? doneAlready(now, candidate) : undefined;
      return answer ?? { kind: 'refused', because: `${(error as Error).name}: ${(error as Error).message}`, retryable: true };
    }
  }

  private async topology(registration: DatabaseRegistration, member: DatabaseMember): Promise<Topology> {
    const { globalCluster } = registration;
    if (globalCluster === undefined) return { kind: 'unknown', because: 'the registration names no global cluster' };
    try {
      const answer = await this.looks
        .in(member.region)
        .send(new DescribeGlobalClustersCommand({ GlobalClusterIdentifier: globalCluster }));
      const global = answer.GlobalClusters?.[0];
      const self = global?.GlobalClusterMembers?.find(
        ({ DBClusterArn: arn = '' }) => idOf(arn) === member.id && regionOf(arn) === member.region,
      );
      if (!global || !self?.DBClusterArn) return { kind: 'unknown', because: `${member.id} is no member of ${globalCluster}` };
      return { kind: 'topology', global, self, arn: self.DBClusterArn };
    } catch (error) {
      return unknownBecause(error);
    }
  }
}

/** Word for a change of roles that is under way. */
const underWay = (global: GlobalCluster): string | undefined => global.FailoverState?.Status;

function doneAlready(
  { global, self, arn }: Extract<Topology, { kind: 'topology' }>,
  candidate: DatabaseMember,
): OrderAnswer | undefined {
  const status = underWay(global);
  if (status !== undefined && global.FailoverState?.ToDbClusterArn === arn) {
    return { kind: 'already', because: `${candidate.id} is taking over: ${status}` };
  }
  return self.IsWriter ? { kind: 'already', because: `${candidate.id} is the writer` } : undefined;
}
