import { type AwsEndpoint, type AwsService, clientEnvironment, startAwsEndpoint } from '../../lib/lab/aws';
import type { Time } from '../../lib/runtime/ports';

/** Time that moves only by hand. It begins now, because clients correct their clock by the server's. */
export class HandTime implements Time {
  private ms = Date.now();

  public nowMs(): number {
    return this.ms;
  }

  public async sleep(ms: number): Promise<void> {
    this.ms += ms;
  }

  public pass(ms: number): void {
    this.ms += ms;
  }
}

/** What ships, over real sockets, against services that speak the protocols of AWS. */
export async function against<T extends object>(
  time: Time,
  services: readonly AwsService[],
  make: (endpoint: AwsEndpoint) => T,
  region = 'eu-central-1',
): Promise<T & { readonly endpoint: AwsEndpoint; close(): Promise<void> }> {
  const endpoint = await startAwsEndpoint(time, services);
  Object.assign(process.env, clientEnvironment(endpoint.url, 'database-step', region));
  return { ...make(endpoint), endpoint, close: () => endpoint.close() };
}
