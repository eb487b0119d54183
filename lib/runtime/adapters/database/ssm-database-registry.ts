import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { DATABASE_REGISTRATION_SCHEMA, type DatabaseRegistration } from '../../../contracts/database';
import type { Unknown } from '../../ports';
import type { DatabaseRegistry } from '../../ports/database';
import { clientSettings, isNamed, unknownBecause } from '../clients';
import { LOOK } from './orders';

/** Databases of the pairs, beside their registrations. */
export class SsmDatabaseRegistry implements DatabaseRegistry {
  private readonly client = new SSMClient(clientSettings(LOOK));

  /** `path`: as of the pairs, with a slash at both ends. */
  public constructor(private readonly path: string) {}

  public async database(pair: string): Promise<DatabaseRegistration | { readonly kind: 'none' } | Unknown> {
    const name = `${this.path}${pair}/database`;
    try {
      const { Parameter: parameter } = await this.client.send(new GetParameterCommand({ Name: name }));
      return registrationIn(name, parameter?.Value ?? '');
    } catch (error) {
      if (isNamed(error, 'ParameterNotFound')) return { kind: 'none' };
      return { kind: 'unknown', because: `parameter ${name}: ${unknownBecause(error).because}` };
    }
  }
}

function registrationIn(name: string, text: string): DatabaseRegistration | Unknown {
  try {
    const document = JSON.parse(text) as DatabaseRegistration;
    if (document.schema === DATABASE_REGISTRATION_SCHEMA) return document;
    return { kind: 'unknown', because: `parameter ${name}: the document has another shape than this version reads` };
  } catch {
    return { kind: 'unknown', because: `parameter ${name}: the document is not JSON` };
  }
}
