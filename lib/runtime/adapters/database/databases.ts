import type { DatabaseMember, DatabaseRegistration } from '../../../contracts/database';
import { unreachable } from '../../../decide/unreachable';
import type { Functions } from '../../ports';
import type { Databases, OrderAnswer } from '../../ports/database';
import { AuroraGlobal } from './aurora-global';
import { RdsInstances } from './instances';
import { OrderFunction } from './order-function';

/** Every kind of database behind one port: the registration says which. */
export class AwsDatabases implements Databases {
  private readonly instances = new RdsInstances();
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
      default:
        return unreachable(kind);
    }
  }
}
