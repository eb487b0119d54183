import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type RoutingKey, routingKeyIn } from '../../../decide/alert';
import type { RoutingKeys, Time } from '../../ports';
import { clientSettings, QUICK, unknownBecause } from '../clients';

/** A key that still works is read again after this, in ms, so that a changed secret takes effect by itself. */
const KEEP_MS = 5 * 60_000;

/** Routing key in a secret of the Region, found by its name. */
export class SecretRoutingKeys implements RoutingKeys {
  private readonly client: SecretsManagerClient;
  private kept?: { readonly key: Extract<RoutingKey, { kind: 'key' }>; readonly atMs: number };

  public constructor(
    private readonly secretName: string,
    private readonly time: Pick<Time, 'nowMs'>,
    client?: SecretsManagerClient,
  ) {
    this.client = client ?? new SecretsManagerClient(clientSettings(QUICK));
  }

  public async read(fresh: boolean): Promise<RoutingKey> {
    const { kept } = this;
    if (!fresh && kept && this.time.nowMs() - kept.atMs < KEEP_MS) return kept.key;
    const read = await this.fetch();
    if (read.kind === 'key') this.kept = { key: read, atMs: this.time.nowMs() };
    // A page must not wait for Secrets Manager while a key is at hand.
    else if (!fresh && kept) return kept.key;
    return read;
  }

  private async fetch(): Promise<RoutingKey> {
    try {
      const { SecretString } = await this.client.send(new GetSecretValueCommand({ SecretId: this.secretName }));
      return SecretString === undefined
        ? { kind: 'unknown', because: `secret ${this.secretName} is binary; store the key as text` }
        : routingKeyIn(SecretString);
    } catch (error) {
      return { kind: 'unknown', because: `secret ${this.secretName}: ${unknownBecause(error).because}` };
    }
  }
}
