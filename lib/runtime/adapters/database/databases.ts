import type { DatabaseMember, DatabaseRegistration } from '../../../contracts/database';
import { unreachable } from '../../../decide/unreachable';
import type { Functions } from '../../ports';
import type { Databases, OrderAnswer } from '../../ports/database';
import { AuroraGlobal } from './aurora-global';
import { RdsClusters } from './clusters';
import { RdsInstances } from './instances';
import { OrderFunction } from './order-function';

/** Every kind of database behind one port: the registration says which. */
export class AwsDatabases implements Databases {
  private readonly instances = new RdsInstances();
  private readonly clusters = new RdsClusters();
  private readonly global = new AuroraGlobal();
  private readonly custom: OrderFunction;

  public constructor(functions: Functions) {
    this.custom = new OrderFunction(functions);
  }

  public look(registration: DatabaseRegistration, member: DatabaseMember): ReturnType<Databases['look']> {
    return this.of(registration).look(registration, member);
  }

  public promote(registration: DatabaseRegistration, candidate: DatabaseMember, epoch: number): Promise<OrderAnswer> {
    return this.of(registration).promote(registration, candidate, epoch);
  }

  public switchover(registration: DatabaseRegistration, candidate: DatabaseMember, epoch: number): Promise<OrderAnswer> {
    return this.of(registration).switchover(registration, candidate, epoch);
  }

  private of({ kind }: DatabaseRegistration): Databases {
    switch (kind) {
      case 'readReplicas':
        return this.instances;
      case 'auroraGlobal':
        return this.global;
      case 'custom':
        return this.custom;
      case 'multiAzInstance':
        return watched(this.instances);
      case 'multiAzCluster':
      case 'auroraCluster':
        return watched(this.clusters);
      default:
        return unreachable(kind);
    }
  }
}

/** The service fails these over by itself: an order of ours would only be in its way. */
function watched(looker: Pick<Databases, 'look'>): Databases {
  const refused: OrderAnswer = { kind: 'refused', because: 'the service fails this database over by itself', retryable: false };
  return {
    look: (registration, member) => looker.look(registration, member),
    promote: async () => refused,
    switchover: async () => refused,
  };
}
