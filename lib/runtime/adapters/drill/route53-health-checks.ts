import {
  GetHealthCheckCommand,
  GetHealthCheckStatusCommand,
  Route53Client,
  UpdateHealthCheckCommand,
} from '@aws-sdk/client-route-53';
import type { CheckerObservation, HealthChecks, HealthCheckView, Unknown } from '../../ports';
import { clientSettings, isNamed, unknownBecause } from '../clients';

/** Route 53's control plane lives in us-east-1, wherever this function runs. */
export class Route53HealthChecks implements HealthChecks {
  private readonly client: Route53Client;

  constructor(region: string) {
    this.client = new Route53Client(clientSettings({ region }));
  }

  public async read(id: string): Promise<HealthCheckView | Unknown> {
    try {
      const { HealthCheck: check } = await this.client.send(new GetHealthCheckCommand({ HealthCheckId: id }));
      const config = check?.HealthCheckConfig;
      if (check?.HealthCheckVersion === undefined || config?.Type === undefined) {
        return { kind: 'unknown', because: `health check ${id} came without version or type` };
      }
      return { id, version: check.HealthCheckVersion, type: config.Type, path: config.ResourcePath, port: config.Port };
    } catch (error) {
      return unknownBecause(error);
    }
  }

  public async write(
    id: string,
    version: number,
    change: { readonly path?: string; readonly port?: number },
  ): Promise<'written' | 'version-mismatch' | Unknown> {
    try {
      await this.client.send(
        new UpdateHealthCheckCommand({
          HealthCheckId: id,
          HealthCheckVersion: version,
          ...(change.path === undefined ? {} : { ResourcePath: change.path }),
          ...(change.port === undefined ? {} : { Port: change.port }),
        }),
      );
      return 'written';
    } catch (error) {
      return isNamed(error, 'HealthCheckVersionMismatch') ? 'version-mismatch' : unknownBecause(error);
    }
  }

  public async observations(id: string): Promise<readonly CheckerObservation[] | Unknown> {
    try {
      const answer = await this.client.send(new GetHealthCheckStatusCommand({ HealthCheckId: id }));
      return (answer.HealthCheckObservations ?? []).flatMap((seen) => {
        const at = seen.StatusReport?.CheckedTime;
        if (at === undefined) return [];
        const text = seen.StatusReport?.Status ?? '';
        return [{ region: seen.Region ?? '', healthy: text.startsWith('Success'), checkedAtMs: at.getTime(), text }];
      });
    } catch (error) {
      return unknownBecause(error);
    }
  }
}
