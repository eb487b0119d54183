import { randomUUID } from 'node:crypto';
import { type AwsCall, AwsFault, type AwsReply, type AwsService, arnOf, type Claim } from '../call';
import { tag, xml, xmlError } from '../protocols';
import { clusterArn, type GlobalClusterBoard, globalArn, type LabCluster } from './global-clusters';
import type { InstanceBoard, LabInstance } from './instances';

const NAMESPACE = 'http://rds.amazonaws.com/doc/2014-10-31/';

/** RDS and Aurora in the Query protocol: looks, promotions, changes of roles, stops. */
export class Rds implements AwsService {
  public readonly name = 'rds';
  public readonly fail = xmlError(NAMESPACE);

  public constructor(
    private readonly instances: InstanceBoard,
    private readonly globals: readonly GlobalClusterBoard[] = [],
    private readonly clusters: readonly LabCluster[] = [],
  ) {}

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const form = new URLSearchParams(call.body.toString());
    const operation = form.get('Action') ?? '';
    const { region } = call;
    switch (operation) {
      case 'DescribeDBInstances':
      case 'PromoteReadReplica':
      case 'StopDBInstance': {
        const id = form.get('DBInstanceIdentifier') ?? '';
        claim(`rds:${operation}`, arnOf('rds', region, `db:${id}`));
        return wrap(operation, this.instance(operation, region, id, form));
      }
      case 'DescribeDBClusters': {
        const id = form.get('DBClusterIdentifier') ?? '';
        claim('rds:DescribeDBClusters', clusterArn(region, id));
        return wrap(operation, this.cluster(region, id));
      }
      case 'DescribeGlobalClusters':
      case 'FailoverGlobalCluster':
      case 'SwitchoverGlobalCluster':
        return wrap(operation, this.global(operation, region, form, claim));
      default:
        claim(`rds:${operation}`, '*');
        throw new AwsFault('InvalidAction', `the lab does not play rds:${operation}`);
    }
  }

  private instance(operation: string, region: string, id: string, form: URLSearchParams): string {
    if (operation === 'DescribeDBInstances') {
      return `<DBInstances>${instanceXml(this.instances.seen(region, id))}</DBInstances>`;
    }
    if (operation === 'StopDBInstance') return instanceXml(this.instances.stop(region, id));
    const days = Number(form.get('BackupRetentionPeriod') ?? 1);
    if (days < 0 || days > 35) throw new AwsFault('InvalidParameterValue', `Invalid backup retention period: ${days}.`);
    return instanceXml(this.instances.promote(region, id, days, form.get('PreferredBackupWindow') ?? undefined));
  }

  private cluster(region: string, id: string): string {
    const all = [...this.clusters, ...this.globals.flatMap((board) => board.clusters)];
    const found = all.find((cluster) => cluster.region === region && cluster.id === id);
    if (!found) throw new AwsFault('DBClusterNotFoundFault', `DBCluster ${id} not found.`, 404);
    return `<DBClusters><DBCluster>${tag('DBClusterIdentifier', found.id)}${tag('Status', found.status)}${tag('Engine', found.engine)}${tag('EngineVersion', '16.6')}${tag('BackupRetentionPeriod', found.backupRetentionDays)}${tag('DBClusterArn', clusterArn(region, id))}${membersXml(found)}</DBCluster></DBClusters>`;
  }

  private global(operation: string, region: string, form: URLSearchParams, claim: Claim): string {
    const id = form.get('GlobalClusterIdentifier') ?? '';
    const target = form.get('TargetDbClusterIdentifier') ?? '';
    claim(`rds:${operation}`, globalArn(id));
    if (target) claim(`rds:${operation}`, target);
    const board = this.globals.find((one) => one.id === id);
    if (!board) throw new AwsFault('GlobalClusterNotFoundFault', `Global cluster ${id} not found.`, 404);
    if (operation === 'DescribeGlobalClusters') return `<GlobalClusters>${globalXml(board)}</GlobalClusters>`;
    const dataLoss = form.get('AllowDataLoss') === 'true';
    const wanted = operation === 'FailoverGlobalCluster' && dataLoss ? target : board.writer();
    // A failover is ordered where the new writer is, a switchover where the old one is.
    if (wanted.split(':')[3] !== region) {
      throw new AwsFault('InvalidParameterValue', `${operation} of ${target} is not possible from ${region}.`);
    }
    board.order(target, operation === 'FailoverGlobalCluster' && dataLoss);
    return globalXml(board);
  }
}

const wrap = (operation: string, body: string) =>
  xml(
    `<${operation}Response xmlns="${NAMESPACE}"><${operation}Result>${body}</${operation}Result>` +
      `<ResponseMetadata>${tag('RequestId', randomUUID())}</ResponseMetadata></${operation}Response>`,
  );

function membersXml({ instances = {} }: LabCluster): string {
  const members = Object.entries(instances).map(
    ([id, writes]) => `<DBClusterMember>${tag('DBInstanceIdentifier', id)}${tag('IsClusterWriter', writes)}</DBClusterMember>`,
  );
  return `<DBClusterMembers>${members.join('')}</DBClusterMembers>`;
}

const instanceXml = (one: LabInstance) =>
  `<DBInstance>${tag('DBInstanceIdentifier', one.id)}${tag('DBInstanceStatus', one.status)}${tag('Engine', one.engine)}` +
  `${tag('EngineVersion', '16.6')}${tag('BackupRetentionPeriod', one.backupRetentionDays)}` +
  `${tag('PreferredBackupWindow', one.backupWindow)}${tag('MultiAZ', one.multiAz ?? false)}${tag('AvailabilityZone', one.zone)}` +
  `${tag('DBInstanceArn', arnOf('rds', one.region, `db:${one.id}`))}` +
  `${tag('ReadReplicaSourceDBInstanceIdentifier', one.source)}${replication(one)}</DBInstance>`;

const replication = (one: LabInstance) =>
  one.source === undefined
    ? ''
    : `<StatusInfos><DBInstanceStatusInfo>${tag('StatusType', 'read replication')}${tag('Normal', true)}` +
      `${tag('Status', 'replicating')}</DBInstanceStatusInfo></StatusInfos>`;

function globalXml(board: GlobalClusterBoard): string {
  const writer = board.writer();
  const change = board.underWay();
  const members = board.clusters.map(({ region, id }) => {
    const arn = clusterArn(region, id);
    return (
      `<GlobalClusterMember>${tag('DBClusterArn', arn)}${tag('IsWriter', arn === writer)}` +
      `${tag('SynchronizationStatus', 'connected')}</GlobalClusterMember>`
    );
  });
  const state = change
    ? `<FailoverState>${tag('Status', change.status)}${tag('FromDbClusterArn', change.from)}` +
      `${tag('ToDbClusterArn', change.to)}${tag('IsDataLossAllowed', change.dataLoss)}</FailoverState>`
    : '';
  return (
    `<GlobalClusterMember>${tag('GlobalClusterIdentifier', board.id)}${tag('GlobalClusterArn', globalArn(board.id))}` +
    `${tag('Status', change?.status ?? 'available')}` +
    `<GlobalClusterMembers>${members.join('')}</GlobalClusterMembers>${state}</GlobalClusterMember>`
  );
}
