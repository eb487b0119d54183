import type { Time } from '../../../runtime/ports';
import { AwsFault, arnOf, LAB_ACCOUNT } from '../call';

export interface LabCluster {
  readonly id: string;
  readonly region: string;
  readonly status: string;
  readonly engine: string;
  readonly backupRetentionDays: number;
  /** Its instances, and whether each is said to write. */
  readonly instances?: Readonly<Record<string, boolean>>;
}

export interface RoleChange {
  readonly status: 'failing-over' | 'switching-over';
  readonly from: string;
  readonly to: string;
  readonly dataLoss: boolean;
  readonly untilMs: number;
}

export const clusterArn = (region: string, id: string) => arnOf('rds', region, `cluster:${id}`);
export const globalArn = (id: string) => `arn:aws:rds::${LAB_ACCOUNT}:global-cluster:${id}`;

/** One Aurora Global Database: its clusters, and a change of roles that takes time. */
export class GlobalClusterBoard {
  private writerArn: string;
  private change?: RoleChange;

  public constructor(
    private readonly time: Time,
    public readonly id: string,
    public readonly clusters: readonly LabCluster[],
    private readonly changeMs = 0,
  ) {
    const [first] = clusters;
    if (!first) throw new Error('a global database has a cluster');
    this.writerArn = clusterArn(first.region, first.id);
  }

  public writer(): string {
    if (this.change && this.time.nowMs() >= this.change.untilMs) {
      this.writerArn = this.change.to;
      this.change = undefined;
    }
    return this.writerArn;
  }

  public underWay(): RoleChange | undefined {
    this.writer();
    return this.change;
  }

  /** Without `dataLoss` it is a switchover, whatever the name of the call. */
  public order(target: string, dataLoss: boolean): void {
    const writer = this.writer();
    if (!this.clusters.some(({ region, id }) => clusterArn(region, id) === target)) {
      throw new AwsFault('DBClusterNotFoundFault', `DBCluster ${target} not found.`, 404);
    }
    if (this.change) throw wrongState('The global cluster is not in the available state.');
    if (target === writer) throw wrongState('The target cluster is the writer of the global cluster already.');
    const status = dataLoss ? 'failing-over' : 'switching-over';
    this.change = { status, from: writer, to: target, dataLoss, untilMs: this.time.nowMs() + this.changeMs };
  }
}

const wrongState = (message: string) => new AwsFault('InvalidGlobalClusterStateFault', message);
