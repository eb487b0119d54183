import type { ServiceDatabase } from '../../../contracts/registration';
import type { ServiceLooks } from '../../ports/database';
import { RdsClusters } from './clusters';
import { RdsInstances } from './instances';

/** What RDS says about a database that it fails over by itself, asked in the database's own Region. */
export class RdsServiceLooks implements ServiceLooks {
  private readonly instances = new RdsInstances();
  private readonly clusters = new RdsClusters();

  public look(database: ServiceDatabase): ReturnType<ServiceLooks['look']> {
    return database.kind === 'instance' ? this.instances.view(database) : this.clusters.view(database);
  }
}
