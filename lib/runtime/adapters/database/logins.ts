import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Unknown } from '../../ports';
import { clientSettings, QUICK, unknownBecause } from '../clients';

export interface Login {
  readonly kind: 'login';
  readonly username: string;
  readonly password: string;
  readonly dbname?: string;
}

export interface DatabaseLogins {
  read(): Promise<Login | Unknown>;
  /** Read anew next time, because a database refused it. */
  forget(): void;
}

/** User and password in a secret of the Region, found by its name, and kept while they are taken. */
export class SecretLogins implements DatabaseLogins {
  private readonly client = new SecretsManagerClient(clientSettings(QUICK));
  private kept?: Login;

  public constructor(private readonly secretName: string) {}

  public async read(): Promise<Login | Unknown> {
    if (this.kept) return this.kept;
    try {
      const { SecretString } = await this.client.send(new GetSecretValueCommand({ SecretId: this.secretName }));
      const login = loginIn(SecretString ?? '');
      if (login) this.kept = login;
      return login ?? { kind: 'unknown', because: `secret ${this.secretName} is not JSON with username and password` };
    } catch (error) {
      return { kind: 'unknown', because: `secret ${this.secretName}: ${unknownBecause(error).because}` };
    }
  }

  public forget(): void {
    this.kept = undefined;
  }
}

function loginIn(text: string): Login | undefined {
  try {
    const { username, password, dbname } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof username !== 'string' || typeof password !== 'string') return undefined;
    return { kind: 'login', username, password, ...(typeof dbname === 'string' ? { dbname } : {}) };
  } catch {
    return undefined;
  }
}
